"""Policy: read as sentences, changed within bounds, compared, back-tested, activated, rolled back."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Redirect
from pydantic import BaseModel

from goodstanding.core.policy import check, diff, parse
from goodstanding.core.policy.compile import CompiledPolicy
from goodstanding.core.policy.document import Policy
from goodstanding.core.policy.explain import Line, explain_changes, explain_policy
from goodstanding.core.policy.export import to_toml
from goodstanding.core.policy.locate import locate
from goodstanding.core.policy.text_conditions import ScoreAtLeast
from goodstanding.kernel.problems import Invalid, Problem
from goodstanding.kernel.timing import DAY
from goodstanding.locale import Lang
from goodstanding.usecases import policies, replay
from goodstanding.usecases.facts import SLOT
from goodstanding.usecases.ports import Account, Queries
from goodstanding.usecases.wording import say, say_problem
from goodstanding.web.audit import PATIENCE
from goodstanding.web.desk import Desk, Form, Web, actor, back, field, lang_of, whole
from goodstanding.web.jobs import Job
from goodstanding.web.login import FormBody

TEXT_MAX = 1_000_000
EVER = 3_650 * DAY
MILLI = 1_000
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number of the policy that may be changed within its bounds."""

    path: Path
    value: int | str
    low: int | None = None
    high: int | None = None

    @property
    def name(self) -> str:
        """The field's name in the form."""
        return ".".join(str(part) for part in self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Numbers that belong together."""

    name: str
    label: str
    """For limits `scope/channel/hours`, for rules their id."""
    numbers: tuple[Number, ...]


def routes(desk: Desk) -> list[HTTPRouteHandler]:
    """Return the pages of this feature."""
    return [*_reading(desk), *_changing(desk), *_testing(desk)]


def _reading(desk: Desk) -> list[HTTPRouteHandler]:
    @get("/policy", sync_to_thread=True)
    def active(request: Web) -> Response[Any]:
        return _show(desk, request, None)

    @get("/policy/version/{short:str}", sync_to_thread=True)
    def version(request: Web, short: FromPath[str]) -> Response[Any]:
        return _show(desk, request, short)

    @get("/policy/history", sync_to_thread=True)
    def history(request: Web) -> Response[Any]:
        def work(q: Queries) -> dict[str, Any]:
            account = _account(q, request)
            return {
                "account": account,
                "versions": q.policies()[::-1],
                "activations": q.activations(account.id) if account else [],
            }

        return desk.page(request, "policy-history.html", work)

    @get("/policy/text/{short:str}", sync_to_thread=True)
    def text(short: FromPath[str]) -> Response[Any]:
        found = desk.read(lambda q: _find(desk, q, short))
        return Response(content=found[1], media_type="text/plain; charset=utf-8")

    return [active, version, history, text]


def _changing(desk: Desk) -> list[HTTPRouteHandler]:
    @get("/policy/edit/{short:str}", sync_to_thread=True)
    def edit_form(request: Web, short: FromPath[str]) -> Response[Any]:
        def work(q: Queries) -> dict[str, Any]:
            ready, _ = _find(desk, q, short)
            return {
                "groups": groups(ready.policy), "base": ready, "short": short,
                "rule_names": _rule_names(ready.policy, lang_of(request)),
            }  # fmt: skip

        return desk.page(request, "policy-edit.html", work, problems={}, others=[], given={})

    @post("/policy/edit/{short:str}", sync_to_thread=True)
    def edit(request: Web, short: FromPath[str], data: FormBody) -> Response[Any]:
        ready = desk.read(lambda q: _find(desk, q, short)[0])
        text = changed_text(ready.policy, data)
        try:
            kept = policies.keep_or_log(desk.ctx, text, actor(request), parent=ready.hash)
        except Invalid as invalid:
            lang = lang_of(request)
            known, others = _by_field(ready.policy, text, invalid.problems, lang)
            return desk.page(
                request, "policy-edit.html", status=422, groups=groups(ready.policy), base=ready, short=short,
                rule_names=_rule_names(ready.policy, lang),
                problems=known, others=others, given={str(k): str(v) for k, v in data.items()},
            )  # fmt: skip
        return back({}, f"/policy/version/{short_of(kept)}", said="policy_saved")

    @get("/policy/paste", sync_to_thread=True)
    def paste_form(request: Web) -> Response[Any]:
        return desk.page(request, "policy-paste.html", text="", findings=[])

    @post("/policy/paste", sync_to_thread=True)
    def paste(request: Web, data: FormBody) -> Response[Any]:
        text = str(data.get("text", ""))[: TEXT_MAX + 1].replace("\r\n", "\n")
        try:
            kept = policies.keep_or_log(desk.ctx, text, actor(request))
        except Invalid as invalid:
            findings = [(one.line, one.code, say_problem(lang_of(request), one)) for one in invalid.problems]
            return desk.page(request, "policy-paste.html", status=422, text=text, findings=findings)
        return back({}, f"/policy/version/{short_of(kept)}", said="policy_saved")

    @post("/policy/activate", sync_to_thread=True)
    def activate(request: Web, data: FormBody) -> Response[Any]:
        account = desk.read(lambda q: _account(q, request, whole(field(data, "account"))))
        ready = desk.read(lambda q: _find(desk, q, field(data, "version"))[0])
        if account is None:
            raise NotFoundException
        policies.activate(desk.ctx, account.id, ready.hash, actor(request))
        return back({}, "/policy", said="policy_active")

    return [edit_form, edit, paste_form, paste, activate]


def _testing(desk: Desk) -> list[HTTPRouteHandler]:
    @post("/policy/backtest", sync_to_thread=True)
    def backtest(request: Web, data: FormBody) -> Response[Any]:
        short = field(data, "version")

        def start(q: Queries) -> tuple[CompiledPolicy, Account | None, int]:
            account = _account(q, request, whole(field(data, "account")))
            since = max(0, desk.ctx.clock.now() - EVER) // SLOT
            stored = sum(row.comments for one in q.accounts() for row in q.volumes(one.id, since))
            return _find(desk, q, short)[0], account, stored

        other, account, stored = desk.read(start)

        def work(job: Job) -> replay.Compared:
            account_id = account.id if account else None
            return replay.compare(desk.ctx, other, account_id=account_id, progress=job.step)

        about = {"short": short_of(other.hash), "nl": other.policy.title.nl, "en": other.policy.title.en}
        job = desk.jobs.start("backtest", work, total=stored, about=about)
        job.wait(PATIENCE)
        return Redirect(f"/job/{job.id}", status_code=303)

    return [backtest]


def short_of(policy_hash: str) -> str:
    """Return the part of a hash that stands in addresses."""
    return policy_hash.removeprefix("sha256:")[:16]


def _find(desk: Desk, q: Queries, short: str) -> tuple[CompiledPolicy, str]:
    """Return a version and its text; raises `NotFoundException` when no version has this short hash."""
    if re.fullmatch(r"[0-9a-f]{16,64}", short):
        for one in q.policies():
            if one.hash.removeprefix("sha256:").startswith(short):
                return policies.compiled(desk.ctx, q, one.hash), one.body
    raise NotFoundException


def _account(q: Queries, request: Web, account_id: int = 0) -> Account | None:
    asked = account_id or whole(request.query_params.get("account", ""))
    accounts = q.accounts()
    return next((one for one in accounts if one.id == asked), accounts[0] if accounts else None)


def _show(desk: Desk, request: Web, short: str | None) -> Response[Any]:
    """Show one version: its sentences, its classes, and what is different from the active one."""
    lang = lang_of(request)

    def work(q: Queries) -> dict[str, Any]:
        account = _account(q, request)
        active = policies.compiled(desk.ctx, q, account.policy_hash) if account else None
        if short is not None:
            shown, text = _find(desk, q, short)
        elif active is not None:
            shown, text = active, (q.policy(active.hash) or _nothing()).body
        else:
            return {"account": None, "shown": None}
        findings = parse.read(text, shown.platform)[1]
        is_active = active is not None and active.hash == shown.hash
        changes = () if is_active or active is None else diff.compare(active.policy, shown.policy)
        return {
            "account": account,
            "shown": shown,
            "short": short_of(shown.hash),
            "title": shown.policy.title.nl if lang == "nl" else shown.policy.title.en,
            "is_active": is_active,
            "sections": _sections(lang, explain_policy(shown.policy, shown.platform)),
            "sources": shown.policy.sources,
            "classes": check.classify(shown.policy),
            "warnings": [(one.problem.line, say_problem(lang, one.problem)) for one in findings],
            "changes": [
                (one, say(lang, line))
                for one, line in zip(changes, explain_changes(changes)[1:], strict=False)
            ],
            "looser": diff.needs_second_person(changes),
            "active_short": short_of(active.hash) if active else "",
            "since": next((at for kept, _, at in q.activations(account.id) if kept == shown.hash), None)
            if account
            else None,
        }

    return desk.page(request, "policy.html", work)


def _nothing() -> Any:
    raise NotFoundException


def _sections(lang: Lang, lines: tuple[Line, ...]) -> list[tuple[str, list[tuple[Line, str]]]]:
    """Return the sentences under their headings; a heading is a line without depth that is about nothing."""
    found: list[tuple[str, list[tuple[Line, str]]]] = []
    for line in lines[1:]:
        if line.depth == 0 and not line.ref:
            found.append((say(lang, line), []))
        else:
            found[-1][1].append((line, say(lang, line)))
    return found


def groups(policy: Policy) -> list[Group]:
    """Return every number of a policy that a form may change, with its bounds."""
    found = [
        Group(name=name, label="", numbers=tuple(_numbers((name,), getattr(policy, name))))
        for name in ("gates", "pacing", "similar")
    ]
    found += [
        Group(
            name="limits", label=limit.name, numbers=tuple(_numbers(("limits", place), limit, only=("max",)))
        )
        for place, limit in enumerate(policy.limits)
    ]
    for place, rule in enumerate(policy.rules):
        for at, one in enumerate(rule.when):
            if rule.enabled and rule.then in ("hide", "review") and isinstance(one, ScoreAtLeast):
                only = ("milli", "below") if one.below <= MILLI else ("milli",)
                numbers = tuple(_numbers(("rules", place, "when", at), one, only=only))
                found.append(Group(name="rules", label=rule.rid, numbers=numbers))
    if policy.quiet_hours is not None:
        quiet = policy.quiet_hours
        times = tuple(
            Number(path=("quiet_hours", name), value=getattr(quiet, name)) for name in ("start", "end")
        )
        found.append(Group(name="quiet_hours", label="", numbers=times))
    return found


def _rule_names(policy: Policy, lang: Lang) -> dict[str, str]:
    return {rule.rid: rule.title.nl if lang == "nl" else rule.title.en for rule in policy.rules}


def _numbers(path: Path, part: BaseModel, *, only: tuple[str, ...] = ()) -> Iterator[Number]:
    for name, info in type(part).model_fields.items():
        value = getattr(part, name)
        if isinstance(value, bool) or not isinstance(value, int) or (only and name not in only):
            continue
        bounds = {
            key: getattr(one, key) for one in info.metadata for key in ("ge", "le") if hasattr(one, key)
        }
        yield Number(path=(*path, name), value=value, low=bounds.get("ge"), high=bounds.get("le"))


def changed_text(policy: Policy, form: Form) -> str:
    """Return the policy's document with the numbers of a form put in, valid or not."""
    lines = to_toml(policy).split("\n")
    places = locate("\n".join(lines))
    for group in groups(policy):
        for number in group.numbers:
            given = field(form, number.name, most=40)
            if given in ("", str(number.value)):
                continue
            place = places[number.path] - 1
            plain = isinstance(number.value, int) and re.fullmatch(r"-?(0|[1-9][0-9]{0,14})", given)
            lines[place] = _put(lines[place], str(number.path[-1]), given if plain else json.dumps(given))
    return "\n".join(lines)


def _put(line: str, key: str, value: str) -> str:
    """Return a line of TOML with the scalar of `key` replaced."""
    return re.sub(rf"({key} = )(\"[^\"]*\"|-?[0-9]+)", lambda found: found[1] + value, line)


def _by_field(
    policy: Policy, text: str, problems: tuple[Problem, ...], lang: Lang
) -> tuple[Mapping[str, str], list[str]]:
    """Return the problems by form field, and those that belong to none."""
    places = locate(text)
    names = {places[number.path]: number.name for group in groups(policy) for number in group.numbers}
    known: dict[str, str] = {}
    others = []
    for problem in problems:
        name = names.get(problem.line or 0)
        if name is None:
            others.append(say_problem(lang, problem))
        else:
            known[name] = say_problem(lang, problem)
    return known, others
