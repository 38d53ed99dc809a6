"""What every page shares: reading in one snapshot, rendering with the frame around it, going back after an act."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

from litestar import Request, Response
from litestar.datastructures import Cookie
from litestar.response import Redirect
from litestar.utils.scope.state import ScopeState

from goodstanding.core import limits
from goodstanding.kernel.problems import GoodstandingError
from goodstanding.kernel.timing import HOUR
from goodstanding.locale import Lang
from goodstanding.usecases import policies
from goodstanding.usecases.context import Context, Who, person
from goodstanding.usecases.facts import SLOT, bucket_rule, spike_thresholds, volume_now
from goodstanding.usecases.ports import Account, DecisionRow, FreezeRow, Person, Queries
from goodstanding.web import i18n
from goodstanding.web.assets import Assets
from goodstanding.web.gate import Visit, visit_of
from goodstanding.web.jobs import Jobs
from goodstanding.web.parts import DemoControls, WebParts

T = TypeVar("T")
Web = Request[Any, Any, Any]
Form = dict[str, Any]
OPEN_MOST = 10_000
"""Open cases are counted up to here; beyond it the page says `10,000+`."""


STATES = ("running", "slowed", "spike", "frozen", "killed")
"""How automation stands, from best to worst."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How automation stands for one account."""

    account: Account
    state: str
    """One of `STATES`."""
    freeze: FreezeRow | None
    per_hour: int
    usual: int
    threshold: int
    slow_above: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One installation's pages."""

    parts: WebParts
    demo: DemoControls | None
    assets: Assets
    jobs: Jobs
    wake: Callable[[], None]

    @property
    def ctx(self) -> Context:
        """The use cases' world."""
        return self.parts.ctx

    def read(self, work: Callable[[Queries], T]) -> T:
        """Read in one snapshot."""
        return self.ctx.store.read(work)

    def page(
        self,
        request: Web,
        template: str,
        work: Callable[[Queries], Mapping[str, Any]] | None = None,
        *,
        status: int = 200,
        cookies: list[Cookie] | None = None,
        **values: Any,
    ) -> Response[bytes]:
        """Answer with a template, with the frame's values and `work`'s from the same snapshot."""
        visit = visit_of(request.scope)

        def everything(q: Queries) -> dict[str, Any]:
            return {**self._frame(q, visit), **(work(q) if work else {})}

        context = {**self.read(everything), **values}
        return self.render(request, template, context, status=status, cookies=cookies)

    def render(
        self,
        request: Web,
        template: str,
        context: Mapping[str, Any],
        *,
        status: int = 200,
        cookies: list[Cookie] | None = None,
    ) -> Response[bytes]:
        """Answer with a template, with these values only."""
        visit = visit_of(request.scope)
        zone = str(context.get("zone", "Europe/Amsterdam"))
        now = self.ctx.clock.now()
        text = (
            i18n.environment(visit.lang)
            .get_template(template)
            .render(
                {
                    **i18n.helpers(visit.lang, now=now, zone=zone),
                    "now": now,
                    "zone": zone,
                    "lang": visit.lang,
                    "person": visit.person,
                    "asset": self.assets.url,
                    "csrf": ScopeState.from_scope(request.scope).csrf_token or "",
                    "path": request.url.path,
                    "here": _here(request),
                    "said": request.query_params.get("said", ""),
                    "said_act": request.query_params.get("act", ""),
                    "said_code": request.query_params.get("code", ""),
                    "demo": self.demo,
                    **context,
                }
            )
        )
        return Response(
            content=text.encode(),
            media_type="text/html; charset=utf-8",
            status_code=status,
            cookies=cookies or [],
        )

    def _frame(self, q: Queries, visit: Visit) -> dict[str, Any]:
        accounts = q.accounts()
        queues = self.parts.reads.open_counts(q, OPEN_MOST + 1)
        freezes = q.freezes(active_only=True)
        standings = [self._standing(q, one, freezes) for one in accounts]
        return {
            "accounts": accounts,
            "zone": accounts[0].zone if accounts else "Europe/Amsterdam",
            "queues": queues,
            "open_count": sum(queues.values()),
            "task_count": sum(q.open_task_count(one.id, OPEN_MOST + 1) for one in accounts),
            "by_hand": any(one.mode == "assisted" for one in accounts),
            "freezes": freezes,
            "standings": standings,
            "worst": max(standings, key=lambda one: STATES.index(one.state), default=None),
            "doubt": self.ctx.clock.doubt(),
            "rule_title": self._rule_titles(visit.lang),
            "persons": {str(one.id): one.name for one in q.persons()},
            "visit": visit,
        }

    def _rule_titles(self, lang: Lang) -> Callable[[DecisionRow], str]:
        """Return what names the rule of a decision, in the words of the version that decided."""

        def title(decision: DecisionRow) -> str:
            ready = self.ctx.compiled.get(decision.policy_hash)
            ready = ready or self.read(lambda q: policies.compiled(self.ctx, q, decision.policy_hash))
            rules = ready.policy.rules
            found = next((one.title for one in rules if one.rid == decision.rule), None)
            return decision.rule if found is None else found.nl if lang == "nl" else found.en

        return title

    def _standing(self, q: Queries, account: Account, freezes: list[FreezeRow]) -> Standing:
        policy = policies.compiled(self.ctx, q, account.policy_hash)
        now = self.ctx.clock.now()
        per_hour, usual = volume_now(q, account.id, now)
        thresholds = spike_thresholds(policy)
        spike = limits.next_pause(
            paused=account.spike_paused, per_hour=per_hour, baseline=usual, thresholds=thresholds
        )
        freeze = next((one for one in freezes if one.account_id in (0, account.id)), None)
        slow_above = bucket_rule(policy).slow_above_per_hour
        state = (
            "killed"
            if account.killed
            else "frozen"
            if freeze
            else "spike"
            if spike
            else "slowed"
            if per_hour > slow_above
            else "running"
        )
        return Standing(
            account=account,
            state=state,
            freeze=freeze,
            per_hour=per_hour,
            usual=usual,
            threshold=limits.spike_threshold(usual, thresholds),
            slow_above=slow_above,
        )

    def last_day(self, q: Queries) -> dict[str, int]:
        """Return what became of the comments of the last 24 hours, all accounts together."""
        since = (self.ctx.clock.now() - 24 * HOUR) // SLOT
        rows = [row for account in q.accounts() for row in q.volumes(account.id, since)]
        return {
            "comments": sum(r.comments for r in rows),
            "replied": sum(r.replied for r in rows),
            "hidden": sum(r.hidden for r in rows),
            "reviewed": sum(r.reviewed for r in rows),
            "left": sum(r.rest for r in rows),
        }


def lang_of(request: Web) -> Lang:
    """Return the language of whoever asks."""
    return visit_of(request.scope).lang


def who(request: Web) -> Person:
    """Return who is signed in; the gate has made sure somebody is."""
    found = visit_of(request.scope).person
    assert found is not None
    return found


def actor(request: Web) -> Who:
    """Return who is signed in, as the log names them."""
    return person(who(request).id)


def field(form: Form, name: str, *, most: int = 2000) -> str:
    """Return a form field as trimmed text; of repeated fields the last, cut at `most` characters.

    The sign with number zero, which Postgres keeps in no text, is left out.
    """
    value = form.get(name, "")
    if isinstance(value, list):
        value = value[-1] if value else ""
    return value.replace("\x00", "").strip()[:most] if isinstance(value, str) else ""


def whole(text: str, default: int = 0) -> int:
    """Return a whole number of up to 15 digits, or `default`."""
    plain = text.strip().replace("\N{MINUS SIGN}", "-")
    digits = plain.removeprefix("-")
    return int(plain) if digits.isascii() and digits.isdigit() and len(digits) <= 15 else default  # noqa: PLR2004 - exact in every JSON reader


def back(form: Form, default: str, *, said: str = "", act: int = 0, code: str = "") -> Redirect:
    """Go back to the page an act came from, with what to say there."""
    target = field(form, "back") or default
    parts = urlsplit(target)
    if parts.scheme or parts.netloc or not parts.path.startswith("/") or parts.path.startswith(("//", "/\\")):
        parts = urlsplit(default)
    extra = [
        (name, value) for name, value in (("said", said), ("act", str(act or "")), ("code", code)) if value
    ]
    kept = [
        part for part in parts.query.split("&") if part and part.split("=")[0] not in ("said", "act", "code")
    ]
    query = "&".join([*kept, urlencode(extra)]) if extra else "&".join(kept)
    return Redirect(parts.path + (f"?{query}" if query else ""), status_code=303)


def trouble(error: GoodstandingError) -> str:
    """Return the code under which the words for an error stand."""
    return error.code


def _here(request: Web) -> str:
    query = "&".join(
        part
        for part in request.scope["query_string"].decode("latin-1").split("&")
        if part and part.split("=")[0] not in ("said", "act", "code")
    )
    return request.url.path + (f"?{query}" if query else "")
