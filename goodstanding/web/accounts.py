"""Accounts: the list, one account with its features, adding, connecting, giving up; and the operator's app."""

import asyncio
from dataclasses import dataclass
from functools import cache
from typing import Any, get_args
from zoneinfo import available_timezones

from babel import Locale
from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Redirect

from goodstanding.core.capability import PROGRAMMES, AccountType, Finding
from goodstanding.core.policy.model import Mode
from goodstanding.kernel.problems import GoodstandingError
from goodstanding.locale import Lang
from goodstanding.locale import accounts as wording
from goodstanding.usecases import (
    accounts,
    apps,
    automatic,
    connecting,
    connections,
    playbooks,
    policies,
    regions,
    resuming,
    retention,
)
from goodstanding.usecases.ports import Queries
from goodstanding.web import i18n
from goodstanding.web.desk import Desk, Form, Web, actor, back, field, lang_of, whole
from goodstanding.web.gate import cookies, is_local
from goodstanding.web.login import FormBody

CONNECTOR = "tiktok"
RETURN = "/oauth/tiktok/"
"""Where the consent page sends back to; the platform wants the slash at its end."""
COOKIE = "gs_consent"
MODES: tuple[Mode, ...] = get_args(Mode)
TYPES: tuple[AccountType, ...] = get_args(AccountType)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a feature is off, or where it is written that it is on."""

    short: str
    rule: str
    told: str
    source: str
    date: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One feature as its page shows it."""

    finding: Finding
    name: str
    reasons: tuple[Reason, ...]


def routes(desk: Desk) -> list[HTTPRouteHandler]:
    """Return the pages of this feature."""
    return [*_list_and_add(desk), *_one(desk), *_app(desk), *_consent(desk)]


def notices(desk: Desk, q: Queries, lang: Lang) -> list[tuple[connections.Notice, str]]:
    """Return what people must know about connections, each with its sentence."""
    now = desk.ctx.clock.now()
    return [(one, _sentence(one, lang, now)) for one in connections.notices(desk.ctx, q)]


def _sentence(one: connections.Notice, lang: Lang, now: int) -> str:
    at = i18n.clock_time(lang, one.at, now=now, zone=one.account.zone) if one.at is not None else ""
    return wording.notice(lang, one.code, handle=one.account.handle, at=at, detail=one.detail)


def _list_and_add(desk: Desk) -> list[HTTPRouteHandler]:
    ctx = desk.ctx

    @get("/accounts", sync_to_thread=True)
    def listed(request: Web) -> Response[Any]:
        lang = lang_of(request)

        def work(q: Queries) -> dict[str, Any]:
            found = [connections.standing_of(q, one) for one in q.accounts()]
            return {"found": found, "notices": notices(desk, q, lang), "app": apps.known(ctx, q, CONNECTOR)}

        return desk.page(request, "accounts.html", work, say=Say(lang))

    @get("/accounts/add", sync_to_thread=True)
    def add_form(request: Web) -> Response[Any]:
        form = {
            "mode": "automatic",
            "country": "NL",
            "language": lang_of(request),
            "zone": "Europe/Amsterdam",
        }
        return _add_page(desk, request, form)

    @post("/accounts/add", sync_to_thread=True)
    def add(request: Web, data: FormBody) -> Response[Any]:
        form = {name: field(data, name, most=200) for name in _FACTS}
        try:
            made = accounts.add(
                ctx,
                mode=_one_of(MODES, form["mode"]),
                handle=form["handle"],
                name=form["name"],
                country=form["country"],
                account_type=_one_of(TYPES, form["account_type"]),
                programmes=_chosen(data, "programmes"),
                language=form["language"],
                zone=form["zone"],
                who=actor(request),
            )
        except GoodstandingError as error:
            form["programmes"] = " ".join(_chosen(data, "programmes"))
            return _add_page(desk, request, form, _told(request, error), status=422)
        return back({}, f"/accounts/{made.id}", said="account_added")

    return [listed, add_form, add]


_FACTS = ("mode", "handle", "name", "country", "account_type", "language", "zone")


def _add_page(
    desk: Desk, request: Web, form: dict[str, str], problem: str = "", *, status: int = 200
) -> Response[Any]:
    values = {name: form.get(name, "") for name in (*_FACTS, "programmes")}
    return desk.page(
        request, "accounts-add.html", form=values, problem=problem, say=Say(lang_of(request)), status=status
    )


def _one(desk: Desk) -> list[HTTPRouteHandler]:
    ctx = desk.ctx

    @get("/accounts/{account_id:int}", sync_to_thread=True)
    def shown(request: Web, account_id: FromPath[int]) -> Response[Any]:
        return _account_page(desk, request, account_id)

    @post("/accounts/{account_id:int}", sync_to_thread=True)
    def save(request: Web, account_id: FromPath[int], data: FormBody) -> Response[Any]:
        who = actor(request)
        try:
            country = connections.country_code(field(data, "country", most=20))
            accounts.change(
                ctx, account_id, who=who, mode=_one_of(MODES, field(data, "mode")), name=field(data, "name", most=200),
                language=field(data, "language"), zone=field(data, "zone", most=100),
            )  # fmt: skip
            connections.state_facts(
                ctx, account_id, who=who, country=country, account_type=_one_of(TYPES, field(data, "account_type")),
                approved=field(data, "approved") == "yes", programmes=_chosen(data, "programmes"),
            )  # fmt: skip
        except GoodstandingError as error:
            return _account_page(desk, request, account_id, _told(request, error), status=422)
        return back({}, f"/accounts/{account_id}", said="account_saved")

    @post("/accounts/{account_id:int}/country", sync_to_thread=True)
    def country(request: Web, account_id: FromPath[int], data: FormBody) -> Response[Any]:
        """State the country that the account's own export tells; everything else stays as it is."""
        try:
            given = field(data, "country", most=20)
            connections.state_facts(ctx, account_id, who=actor(request), country=given)
        except GoodstandingError as error:
            return _account_page(desk, request, account_id, _told(request, error), status=422)
        return back({}, f"/accounts/{account_id}", said="account_saved")

    @post("/accounts/{account_id:int}/postpone", sync_to_thread=True)
    def postpone(request: Web, account_id: FromPath[int], data: FormBody) -> Response[Any]:
        """Put off the deletion of what is kept of an account whose consent ended."""
        days = field(data, "days", most=10)
        try:
            retention.postpone(
                ctx,
                account_id,
                days=int(days) if days.isascii() and days.isdigit() else 0,
                reason=field(data, "reason", most=1_000),
                who=actor(request),
            )
        except GoodstandingError as error:
            return _account_page(desk, request, account_id, _told(request, error), status=422)
        return back({}, f"/accounts/{account_id}", said="deletion_postponed")

    @post("/accounts/{account_id:int}/switch", sync_to_thread=True)
    def switch(request: Web, account_id: FromPath[int], data: FormBody) -> Response[Any]:
        desk.read(lambda q: _there(q, account_id))
        killed = field(data, "killed") == "yes"
        accounts.set_killed(ctx, account_id, killed=killed, who=actor(request))
        desk.wake()
        return back({}, f"/accounts/{account_id}", said="account_stopped" if killed else "account_released")

    @post("/accounts/{account_id:int}/link", sync_to_thread=True)
    def link(request: Web, account_id: FromPath[int], data: FormBody) -> Response[Any]:
        try:
            if field(data, "drop"):
                connecting.drop_creator_link(ctx, account_id, who=actor(request))
                return back({}, f"/accounts/{account_id}", said="link_dropped")
            made = connecting.creator_link(ctx, account_id, who=actor(request))
        except GoodstandingError as error:
            return _account_page(desk, request, account_id, _told(request, error), status=409)
        address = f"{_base(desk, request)}/connect/{made.token}"
        return _account_page(desk, request, account_id, made=address)

    @post("/accounts/{account_id:int}/disconnect")
    async def disconnect(request: Web, account_id: FromPath[int], data: FormBody) -> Response[Any]:
        try:
            force = field(data, "force") == "yes"
            await connecting.revoke(ctx, account_id, who=actor(request), force=force)
        except GoodstandingError as error:
            told = _told(request, error)
            return await asyncio.to_thread(_account_page, desk, request, account_id, told, status=409)
        return back({}, f"/accounts/{account_id}", said="disconnected")

    @get("/accounts/{account_id:int}/automatic")
    async def automatic_page(request: Web, account_id: FromPath[int]) -> Response[Any]:
        """What TikTok itself sends in the account's name, asked for now."""
        found = await asyncio.to_thread(desk.read, lambda q: _standing(q, account_id))
        problem, shown = "", automatic.Shown(account=found.account, finding=automatic.finding_of(found))
        try:
            shown = await automatic.look(ctx, account_id)
        except GoodstandingError as error:
            problem = _told(request, error)
        return await asyncio.to_thread(
            desk.page, request, "account-automatic.html", account=shown.account, finding=shown.finding,
            groups=shown.groups, row=row_of(shown.finding, lang_of(request)), problem=problem, say=Say(lang_of(request)),
            status=502 if problem else 200,
        )  # fmt: skip

    @get(
        [
            f"/accounts/{{account_id:int}}/{name}"
            for name in ("link", "disconnect", "switch", "country", "postpone")
        ],
        sync_to_thread=False,
    )
    def again(account_id: FromPath[int]) -> Response[Any]:
        """A page that answered a form was loaded again."""
        return back({}, f"/accounts/{account_id}")

    return [shown, save, country, postpone, switch, link, disconnect, automatic_page, again]


def _account_page(
    desk: Desk, request: Web, account_id: int, problem: str = "", *, made: str = "", status: int = 200
) -> Response[Any]:
    """Show one account; `problem` says what did not work, `made` is a link just made for the creator."""
    lang, base = lang_of(request), _base(desk, request)

    def work(q: Queries) -> dict[str, Any]:
        _there(q, account_id)
        found = connections.standing(q, account_id)
        asked, granted = found.connection.asked.split(), found.connection.scopes.split()
        return {
            "one": found,
            "rows": [row_of(finding, lang) for finding in found.findings],
            "idle": [
                (rule.title.nl if lang == "nl" else rule.title.en, row_of(finding, lang))
                for rule, finding in connections.idle_rules(
                    policies.compiled(desk.ctx, q, found.account.policy_hash).policy, found
                )
            ],
            "conflicts": [(one, _told_in(one, lang)) for one in found.conflicts],
            "missing": [scope for scope in asked if scope not in granted],
            "notices": [n for n in notices(desk, q, lang) if n[0].account.id == account_id],
            "app": apps.known(desk.ctx, q, CONNECTOR),
            "link_until": connecting.link_until(desk.ctx, q, account_id),
            "table": playbooks.capabilities(),
            "automatic": row_of(automatic.finding_of(found), lang),
            "export": regions.told(q, account_id),
            "held": resuming.waiting(desk.ctx, q, account_id),
            "deleted": retention.deleted(q, account_id),
            "postpone_most": playbooks.connect_rules().numbers.postpone_days_max,
        }

    return desk.page(
        request,
        "account.html",
        work,
        problem=problem,
        made=made,
        reachable=bool(base),
        say=Say(lang),
        status=status,
    )


def _app(desk: Desk) -> list[HTTPRouteHandler]:
    ctx = desk.ctx

    def page(
        request: Web, form: dict[str, str] | None, problem: str = "", status: int = 200
    ) -> Response[Any]:
        lang = lang_of(request)

        def work(q: Queries) -> dict[str, Any]:
            known = apps.known(ctx, q, CONNECTOR)
            kept = {"client_id": known.client_id, "permissions": " ".join(known.permissions)} if known else {}
            return {
                "known": known is not None,
                "secrets": apps.webhook_secrets(ctx, q, CONNECTOR),
                "accepted": apps.accepted(q, CONNECTOR),
                "overlap": apps.OVERLAP_HOURS,
                "overlap_most": apps.OVERLAP_HOURS_MAX,
                "level": apps.level(q, CONNECTOR),
                "form": form or {"client_id": "", "permissions": "accounts", **kept},
            }

        return desk.page(
            request, "accounts-app.html", work, problem=problem, given=apps.is_given(ctx, CONNECTOR),
            told=wording.onboarding(lang), base=_base(desk, request), returns=RETURN,
            permissions=tuple(playbooks.connect_rules().scopes), levels=playbooks.call_levels(), say=Say(lang), status=status,
        )  # fmt: skip

    @get("/accounts/app", sync_to_thread=True)
    def app_form(request: Web) -> Response[Any]:
        return page(request, None)

    @post("/accounts/app", sync_to_thread=True)
    def keep_app(request: Web, data: FormBody) -> Response[Any]:
        chosen = _chosen(data, "permissions")
        try:
            apps.keep(
                ctx, CONNECTOR, client_id=field(data, "client_id"), secret=field(data, "secret"),
                webhook_secret=field(data, "webhook_secret"), permissions=chosen, who=actor(request),
                overlap_hours=whole(field(data, "overlap", most=10), apps.OVERLAP_HOURS),
            )  # fmt: skip
        except GoodstandingError as error:
            form = {"client_id": field(data, "client_id"), "permissions": " ".join(["accounts", *chosen])}
            return page(request, form, _told(request, error), 422)
        return back({}, "/accounts/app", said="app_saved")

    @post("/accounts/app/overlap", sync_to_thread=True)
    def end_overlap(request: Web) -> Response[Any]:
        """Accept the webhook secret before no longer."""
        apps.end_overlap(ctx, CONNECTOR, who=actor(request))
        return back({}, "/accounts/app", said="overlap_ended")

    @post("/accounts/app/level", sync_to_thread=True)
    def keep_level(request: Web, data: FormBody) -> Response[Any]:
        try:
            apps.state_level(ctx, CONNECTOR, field(data, "level"), who=actor(request))
        except GoodstandingError as error:
            return page(request, None, _told(request, error), 422)
        return back({}, "/accounts/app", said="level_saved")

    @get("/accounts/app/level", sync_to_thread=False)
    def level_again() -> Response[Any]:
        """A page that answered a form was loaded again."""
        return back({}, "/accounts/app")

    return [app_form, keep_app, end_overlap, keep_level, level_again]


def _consent(desk: Desk) -> list[HTTPRouteHandler]:
    ctx = desk.ctx

    @get("/accounts/{account_id:int}/connect", sync_to_thread=True)
    def connect(request: Web, account_id: FromPath[int]) -> Response[Any]:
        desk.read(lambda q: _there(q, account_id))
        try:
            return _off(desk, request, account_id, actor(request))
        except GoodstandingError as error:
            return _account_page(desk, request, account_id, _told(request, error), status=409)

    @get("/connect/{token:str}", sync_to_thread=True, public=True)
    def creators_page(request: Web, token: FromPath[str]) -> Response[Any]:
        def work(q: Queries) -> dict[str, Any]:
            account = connecting.account_of_link(ctx, q, token)
            known = apps.keys(ctx, q, account.connector)
            asked = connecting.asked_scopes(known, connections.standing(q, account.id))
            features = playbooks.capabilities().features
            wanted = [one for one in features if one.scopes and set(one.scopes) <= set(asked)]
            return {"account": account, "wanted": [_told_in(one, lang_of(request)) for one in wanted]}

        try:
            values = desk.read(work)
        except GoodstandingError as error:
            return _outcome(desk, request, problem=_told(request, error), status=410)
        return desk.render(request, "connect.html", {**values, "token": token})

    @get("/connect/{token:str}/go", sync_to_thread=True, public=True)
    def creator_goes(request: Web, token: FromPath[str]) -> Response[Any]:
        try:
            account = desk.read(lambda q: connecting.account_of_link(ctx, q, token))
            return _off(desk, request, account.id, connecting.CREATOR, link=token)
        except GoodstandingError as error:
            return _outcome(desk, request, problem=_told(request, error), status=410)

    @get(RETURN, public=True)
    async def came_back(request: Web) -> Response[Any]:
        asked = request.query_params
        try:
            done = await connecting.finish(
                ctx,
                state=asked.get("state", "")[:200],
                nonce=cookies(request.scope).get(COOKIE, "")[:200],
                code=asked.get("code", "")[:2000],
                error=asked.get("error", "")[:200],
            )
        except GoodstandingError as error:
            told = _told(request, error)
            return await asyncio.to_thread(_outcome, desk, request, problem=told, status=409)
        desk.wake()
        return await asyncio.to_thread(_outcome, desk, request, done=done)

    return [connect, creators_page, creator_goes, came_back]


def _off(desk: Desk, request: Web, account_id: int, who: tuple[str, str], *, link: str = "") -> Response[Any]:
    """Send the browser to the platform's consent page, with a cookie that its way back needs."""
    back_to = f"{_base(desk, request)}{RETURN}"
    started = connecting.begin(desk.ctx, account_id, return_to=back_to, who=who, link=link)
    cookie = Cookie(
        key=COOKIE, value=started.nonce, max_age=started.seconds, path=RETURN.rstrip("/"), httponly=True, samesite="lax",
        secure=desk.parts.secure,
    )  # fmt: skip
    return Redirect(started.url, status_code=303, cookies=[cookie])


def _outcome(
    desk: Desk, request: Web, *, problem: str = "", done: connecting.Finished | None = None, status: int = 200
) -> Response[Any]:
    """Say how it ended, to whoever came back: the creator, or somebody of the team."""
    values: dict[str, Any] = {"problem": problem, "done": done, "off": [], "account": None}
    if done is not None:
        found = desk.read(lambda q: connections.standing(q, done.account_id))
        rows = [row_of(one, lang_of(request)) for one in found.findings]
        refused = set(done.missing)
        denied = [
            row
            for row in rows
            if any(w.code == "SCOPE_MISSING" and refused & set(w.detail.split()) for w in row.finding.why)
        ]
        values |= {"account": found.account, "off": [r.name for r in denied]}
    return desk.render(request, "connected.html", values, status=status)


def _base(desk: Desk, request: Web) -> str:
    """Return the address the world reaches us at; beside a sandbox on this machine, the one that was asked for."""
    if desk.parts.public_url:
        return desk.parts.public_url.rstrip("/")
    authorizer = desk.ctx.authorizers.get(CONNECTOR)
    here = authorizer is not None and authorizer.imitation and is_local(request.scope)
    return f"http://{request.headers.get('host', '')}" if here else ""


def _standing(q: Queries, account_id: int) -> connections.Standing:
    _there(q, account_id)
    return connections.standing(q, account_id)


def _there(q: Queries, account_id: int) -> None:
    if all(one.id != account_id for one in q.accounts()):
        raise NotFoundException


def _told(request: Web, error: GoodstandingError) -> str:
    return wording.error(lang_of(request), error.code, error.fields)


def _chosen(form: Form, name: str) -> list[str]:
    value = form.get(name, [])
    return [str(one) for one in (value if isinstance(value, list) else [value])][:50]


def _one_of(options: tuple[Any, ...], given: str) -> Any:
    """Return a choice of a form; something else counts as the first, as in a form that was never touched."""
    return given if given in options else options[0]


def _told_in(one: Any, lang: Lang) -> str:
    """Return the words of a line of the table of capabilities."""
    return str(one.nl if lang == "nl" else one.en)


def row_of(finding: Finding, lang: Lang) -> Row:
    """Return a feature with the words for why it is off."""
    table = playbooks.capabilities()
    feature = table.feature(finding.feature)
    off = [(table.rule(w.rule), wording.why(lang, w.code, w.detail)) for w in finding.why]
    reasons = [
        Reason(short=short, rule=rule.id, told=_told_in(rule, lang), source=rule.source, date=rule.date)
        for rule, short in off
    ] or [Reason(short="", rule=feature.id, told="", source=feature.source, date=feature.date)]
    return Row(finding=finding, name=_told_in(feature, lang), reasons=tuple(reasons))


class Say:
    """Words and choices for templates."""

    def __init__(self, lang: Lang) -> None:
        self.lang = lang
        self.modes, self.types, self.programmes, self.languages = MODES, TYPES, PROGRAMMES, accounts.LANGUAGES
        self.countries, self.zones = _countries(lang), _zones()

    def word(self, table: str, code: str) -> str:
        """Return the word of a code."""
        return wording.word(self.lang, table, code)

    def state(self, code: str, mode: str) -> str:
        """Return how a connection stands."""
        return wording.state(self.lang, code, mode)

    def removed(self, code: str) -> str:
        """Return why a connection is gone."""
        return wording.removed(self.lang, code)

    def country(self, code: str) -> str:
        """Return a country's name."""
        return dict(self.countries).get(code, code)


@cache
def _countries(lang: Lang) -> tuple[tuple[str, str], ...]:
    names = Locale.parse(i18n.LOCALES[lang]).territories
    real = [(code, name) for code, name in names.items() if len(code) == 2 and code.isalpha()]  # noqa: PLR2004 - ISO 3166 alpha-2
    skipped = {"EU", "EZ", "UN", "XA", "XB", "ZZ", "QO"}
    return tuple(sorted(((c, n) for c, n in real if c not in skipped), key=lambda one: one[1]))


@cache
def _zones() -> tuple[str, ...]:
    return tuple(sorted(one for one in available_timezones() if "/" in one and not one.startswith("Etc/")))
