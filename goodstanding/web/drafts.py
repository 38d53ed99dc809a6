"""Drafts by a language model: its settings, and a suggestion where a person answers."""

import asyncio
from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from goodstanding.core.drafts import Tongue
from goodstanding.kernel.problems import GoodstandingError
from goodstanding.locale import Lang
from goodstanding.locale import drafts as wording
from goodstanding.usecases import drafting, drafts, playbooks
from goodstanding.usecases.ports import Event, Queries
from goodstanding.web.desk import Desk, Web, actor, back, field, lang_of, trouble
from goodstanding.web.login import FormBody

COMMENT_CHARS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What stands where a person answers."""

    last: drafting.Suggestion | None
    reasons: list[str]
    """Why the last one may not be sent as it is, in words."""
    host: str
    """Where a request would go; empty when no model is set."""
    lines: int


def of_event(desk: Desk, q: Queries, event: Event, lang: Lang) -> Offer:
    """Return the last suggestion for an event, and whether another may be asked for."""
    last = drafting.suggestion(desk.ctx, q, event)
    kept = drafts.known(q)
    return Offer(
        last=last,
        reasons=[wording.why(lang, code) for code in last.codes] if last else [],
        host=drafts.host(kept.address) if kept and event.text and not event.own else "",
        lines=playbooks.draft_book().numbers.talk_lines,
    )


def routes(desk: Desk) -> list[HTTPRouteHandler]:
    """Return the pages of this feature."""
    return [*_settings(desk), *_asking(desk)]


def _settings(desk: Desk) -> list[HTTPRouteHandler]:
    ctx = desk.ctx

    @get("/drafts", sync_to_thread=True)
    def page(request: Web) -> Response[Any]:
        return _page(desk, request)

    @post("/drafts", sync_to_thread=True)
    def keep(request: Web, data: FormBody) -> Response[Any]:
        form = {name: field(data, name, most=500) for name in ("address", "model")}
        try:
            drafts.keep(ctx, **form, key=field(data, "key", most=600), who=actor(request))
        except GoodstandingError as error:
            return _page(desk, request, form=form, problem=_told(request, error), status=422)
        return back({}, "/drafts", said="drafts_saved")

    @post("/drafts/tone", sync_to_thread=True)
    def tone(request: Web, data: FormBody) -> Response[Any]:
        texts = {one: field(data, one, most=20_000) for one in drafts.TONGUES}
        try:
            for one, text in texts.items():
                drafts.set_tone(ctx, one, text, who=actor(request))
        except GoodstandingError as error:
            return _page(desk, request, tones=texts, problem=_told(request, error), status=422)
        return back({}, "/drafts", said="tone_saved")

    @post("/drafts/off", sync_to_thread=True)
    def off(request: Web) -> Response[Any]:
        drafts.off(ctx, who=actor(request))
        return back({}, "/drafts", said="drafts_off")

    @post("/drafts/test")
    async def test(request: Web, data: FormBody) -> Response[Any]:
        """Ask for a reply to an invented comment."""
        tongue = drafts.TONGUES[field(data, "language") == "en"]
        comment = field(data, "comment", most=COMMENT_CHARS)
        problem, tried = "", None
        try:
            tried = await drafting.try_out(ctx, tongue, comment, who=actor(request))
        except GoodstandingError as error:
            problem = _told(request, error)
        return await asyncio.to_thread(
            _page, desk, request, problem=problem, tried=tried, trial={"comment": comment, "language": tongue},
            status=422 if problem else 200,
        )  # fmt: skip

    @get(["/drafts/tone", "/drafts/off", "/drafts/test"], sync_to_thread=False)
    def again() -> Response[Any]:
        """A page that answered a form was loaded again."""
        return back({}, "/drafts")

    return [page, keep, tone, off, test, again]


def _page(
    desk: Desk,
    request: Web,
    *,
    form: dict[str, str] | None = None,
    tones: dict[Tongue, str] | None = None,
    tried: drafting.Tried | None = None,
    trial: dict[str, str] | None = None,
    problem: str = "",
    status: int = 200,
) -> Response[Any]:
    lang = lang_of(request)

    def work(q: Queries) -> dict[str, Any]:
        kept = drafts.known(q)
        return {
            "kept": kept,
            "form": form or {"address": kept.address if kept else "", "model": kept.model if kept else ""},
            "tones": tones or drafts.tones(q),
        }

    return desk.page(
        request, "drafts.html", work, problem=problem, tried=tried, trial=trial or {"comment": "", "language": lang},
        reasons=[wording.why(lang, code) for code in tried.codes] if tried else [], comment_most=COMMENT_CHARS,
        numbers=playbooks.draft_book().numbers, status=status,
    )  # fmt: skip


def _asking(desk: Desk) -> list[HTTPRouteHandler]:
    @post("/suggest/{event_id:int}")
    async def suggest(request: Web, event_id: FromPath[int], data: FormBody) -> Response[Any]:
        """Ask for a reply to this event; the page shows it."""
        here = f"/comment/{event_id}"
        try:
            await drafting.suggest(desk.ctx, event_id, who=actor(request))
        except GoodstandingError as error:
            return back(data, here, said="error", code=trouble(error))
        return back(data, here)

    return [suggest]


def _told(request: Web, error: GoodstandingError) -> str:
    return wording.error(lang_of(request), error.code, error.fields)
