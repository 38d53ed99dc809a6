"""Comments without an app: pasted from the platform's screen or typed, looked over, and taken in."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from goodstanding.kernel.problems import GoodstandingError
from goodstanding.usecases import paste
from goodstanding.usecases.paste import Row, VideoChoice
from goodstanding.usecases.ports import Queries
from goodstanding.web import i18n
from goodstanding.web.desk import Desk, Form, Web, actor, back, field, lang_of, trouble, whole
from goodstanding.web.login import FormBody

_EMPTY = dict.fromkeys(("account", "known", "link", "title", "text", "author", "comment"), "")
TEXT_MAX = 200_000
"""Characters of a pasted text."""
ZONES = (
    "Europe/Amsterdam",
    "Europe/Brussels",
    "Europe/London",
    "Europe/Berlin",
    "UTC",
    "America/New_York",
    "Asia/Jakarta",
)


def routes(desk: Desk) -> list[HTTPRouteHandler]:
    """Return the pages of this feature."""
    return [*_pasting(desk), *_by_hand(desk)]


def _pasting(desk: Desk) -> list[HTTPRouteHandler]:
    ctx = desk.ctx

    def form_page(
        request: Web, form: Mapping[str, str], *, error: str = "", status: int = 200
    ) -> Response[Any]:
        return desk.page(request, "paste.html", _videos, form={**_EMPTY, **form}, error=error, status=status)

    @get("/paste", sync_to_thread=True)
    def paste_page(request: Web) -> Response[Any]:
        return form_page(request, {"account": request.query_params.get("account", "")})

    @post("/paste/preview", sync_to_thread=True)
    def preview(request: Web, data: FormBody) -> Response[Any]:
        form = _fields(data)
        try:
            found = paste.preview(ctx, whole(form["account"]), _choice(form), form["text"])
        except GoodstandingError as error:
            return form_page(request, form, error=trouble(error), status=422)
        if not found.rows:
            return form_page(request, form, error="PASTE_NOTHING", status=422)
        return desk.page(
            request,
            "paste-preview.html",
            form=form,
            found=found,
            local=_local_of(desk, whole(form["account"])),
        )

    @post("/paste/take", sync_to_thread=True)
    def take(request: Web, data: FormBody) -> Response[Any]:
        form = _fields(data)
        account_id = whole(form["account"])
        zone = _zone(desk, account_id)
        rows = [
            _row(data, number, zone, ctx.clock.now())
            for number in range(paste.ROWS_MAX)
            if f"take-{number}" in data
        ]
        seen = [
            msgspec.structs.replace(
                _row(data, number, zone, ctx.clock.now()), task=whole(field(data, f"task-{number}"))
            )
            for number in range(paste.ROWS_MAX)
            if f"seen-{number}" in data
        ]
        try:
            done = paste.take(ctx, account_id, _choice(form), rows, actor(request), seen=seen)
        except GoodstandingError as error:
            return form_page(request, form, error=trouble(error), status=422)
        desk.wake()
        return desk.page(request, "paste-done.html", done=done, form=form)

    @post("/paste/hand", sync_to_thread=True)
    def hand(request: Web, data: FormBody) -> Response[Any]:
        form = _fields(data)
        account_id = whole(form["account"])
        row = Row(author=field(data, "author"), text=field(data, "comment"), at=ctx.clock.now())
        row = msgspec.structs.replace(row, at=_at(field(data, "at"), _zone(desk, account_id), row.at))
        try:
            done = paste.take(ctx, account_id, _choice(form), [row], actor(request), source="hand")
        except GoodstandingError as error:
            kept = {**form, "author": row.author, "comment": row.text}
            return form_page(request, kept, error=trouble(error), status=422)
        desk.wake()
        return desk.page(request, "paste-done.html", done=done, form=form)

    return [paste_page, preview, take, hand]


def _by_hand(desk: Desk) -> list[HTTPRouteHandler]:
    @get("/by-hand", sync_to_thread=True)
    def start_page(request: Web) -> Response[Any]:
        return desk.page(
            request,
            "by-hand.html",
            form={"handle": "", "name": "", "zone": "", "language": lang_of(request)},
            error=None,
            zones=ZONES,
        )

    @post("/by-hand", sync_to_thread=True)
    def start(request: Web, data: FormBody) -> Response[Any]:
        form = {name: field(data, name, most=100) for name in ("handle", "name", "language", "zone")}
        try:
            account = paste.open_without_app(desk.ctx, **form, who=actor(request))
        except paste.BadAccountError as error:
            return desk.page(request, "by-hand.html", form=form, error=error, zones=ZONES, status=422)
        return back({}, f"/paste?account={account.id}", said="by_hand")

    return [start_page, start]


def _videos(q: Queries) -> dict[str, Any]:
    return {"videos": {one.id: q.videos(one.id)[-50:][::-1] for one in q.accounts()}}


def _fields(data: Form) -> dict[str, str]:
    form = {name: field(data, name) for name in ("account", "known", "link", "title")}
    return {**form, "text": field(data, "text", most=TEXT_MAX)}


def _choice(form: Mapping[str, str]) -> VideoChoice:
    known = form["known"]
    return VideoChoice(
        known="" if form["link"] or form["title"] else known, link=form["link"], title=form["title"]
    )


def _zone(desk: Desk, account_id: int) -> str:
    found = desk.read(lambda q: next((one.zone for one in q.accounts() if one.id == account_id), "UTC"))
    return str(found)


def _local_of(desk: Desk, account_id: int) -> Any:
    zone = _zone(desk, account_id)
    return lambda instant: i18n.local(instant, zone).strftime("%Y-%m-%dT%H:%M")


def _row(data: Form, number: int, zone: str, now: int) -> Row:
    at = field(data, f"at-{number}")
    return Row(
        author=field(data, f"author-{number}"), text=field(data, f"text-{number}", most=paste.TEXT_MAX),
        at=_at(at, zone, now), nth=max(1, whole(field(data, f"nth-{number}"), 1)),
        dated=bool(at) and at != field(data, f"undated-{number}"),
    )  # fmt: skip


def _at(text: str, zone: str, default: int) -> int:
    """Return the instant of a `datetime-local` field in the account's zone."""
    try:
        moment = datetime.fromisoformat(text)
        zoned = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))
        return int(zoned.timestamp() * 1000)
    except (ValueError, OverflowError):
        return default
