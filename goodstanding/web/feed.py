"""The feed: what is sure, what was found late, which replies were hidden, and the captures of insights."""

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from goodstanding.usecases import reading, reconcile, snapshots
from goodstanding.usecases.ports import Account, Queries
from goodstanding.usecases.ports.feed import Gap, GapFigures, ReplyWatch, Watch
from goodstanding.web.desk import Desk, Web, back, whole
from goodstanding.web.login import FormBody

GAPS = 10
POSTS = 20
CAPTURES = 60


class Meter(msgspec.Struct, frozen=True, kw_only=True):
    """One account's gap meter with what stands behind it."""

    account: Account
    figures: GapFigures
    talk: GapFigures | None
    """The same of messages, where they are read."""
    connected: bool
    refused: snapshots.Refused | None
    gaps: list[Gap]
    hidden: list[ReplyWatch]
    watches: list[Watch]
    more_watches: int


def meter(desk: Desk, q: Queries, account: Account, connected: set[int]) -> Meter:
    """Return an account's meter."""
    watches = [
        one
        for one in q.watches(account.id)
        if one.video_id not in reading.NO_POST and one.next_at != reading.NEVER
    ]
    return Meter(
        account=account,
        figures=reconcile.figures(desk.ctx, q, account.id),
        talk=reconcile.talk_figures(desk.ctx, q, account.id),
        connected=account.id in connected,
        refused=snapshots.refused_of(q, account.id),
        gaps=q.gaps(account.id, limit=GAPS),
        hidden=q.reply_watches(account.id, state="hidden", limit=GAPS),
        watches=sorted(watches, key=lambda one: one.next_at)[:POSTS],
        more_watches=max(0, len(watches) - POSTS),
    )


def routes(desk: Desk) -> list[HTTPRouteHandler]:
    """Return the pages of this feature."""
    reads, ctx = desk.parts.reads, desk.ctx

    @get("/feed", sync_to_thread=True)
    def feed(request: Web) -> Response[Any]:
        def work(q: Queries) -> dict[str, Any]:
            connected = q.has_credentials()
            meters = [meter(desk, q, one, connected) for one in q.accounts()]
            ids = {w.video_id for m in meters for w in m.watches} | {
                g.video_id for m in meters for g in m.gaps
            }
            return {"meters": meters, "titles": reads.video_titles(q, sorted(ids))}

        return desk.page(request, "feed.html", work)

    @post("/feed/{account_id:int}/look", sync_to_thread=True)
    def look(account_id: FromPath[int], data: FormBody) -> Response[Any]:
        _account(desk, account_id)
        reading.look_soon(ctx, account_id)
        desk.wake()
        return back(data, "/feed", said="looking")

    @get("/feed/captures", sync_to_thread=True)
    def captures(request: Web) -> Response[Any]:
        asked = whole(request.query_params.get("account", ""))
        subject = request.query_params.get("subject", "")[:64]
        before = whole(request.query_params.get("before", ""))

        def work(q: Queries) -> dict[str, Any]:
            accounts = q.accounts()
            account = next((one for one in accounts if one.id == asked), accounts[0] if accounts else None)
            rows = (
                q.snapshots(account.id, subject=subject, before=before, limit=CAPTURES + 1) if account else []
            )
            shown = rows[:CAPTURES]
            return {
                "account": account,
                "subject": subject,
                "rows": [snapshots.check(q, one) for one in shown],
                "titles": reads.video_titles(q, sorted({one.subject for one in shown})),
                "next": shown[-1].id if len(rows) > CAPTURES else 0,
                "first_page": not before,
            }

        return desk.page(request, "captures.html", work)

    @get("/feed/captures/{number:int}", sync_to_thread=True)
    def capture(request: Web, number: FromPath[int]) -> Response[Any]:
        def work(q: Queries) -> dict[str, Any]:
            try:
                found = snapshots.read_back(q, number)
            except snapshots.GoneSnapshotError as error:
                raise NotFoundException from error
            return {
                "one": found,
                "title": reads.video_titles(q, [found.snapshot.subject]).get(found.snapshot.subject, ""),
                "plain": sorted(
                    (name, value)
                    for name, value in found.insights.items()
                    if not isinstance(value, list | dict)
                ),
                "raw": _pretty(found.body),
            }

        return desk.page(request, "capture.html", work)

    return [feed, look, captures, capture]


def _account(desk: Desk, account_id: int) -> Account:
    found = next((one for one in desk.read(lambda q: q.accounts()) if one.id == account_id), None)
    if found is None:
        raise NotFoundException
    return found


def _pretty(body: bytes) -> str:
    try:
        return msgspec.json.format(body, indent=2).decode("utf-8", "replace")
    except msgspec.DecodeError:
        return body[:2000].decode("utf-8", "replace")
