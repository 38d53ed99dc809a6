"""Freeze and lift: two presses, a plain form, and what would happen said beforehand."""

from typing import Any, get_args

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from goodstanding.kernel.problems import GoodstandingError
from goodstanding.usecases import incidents
from goodstanding.usecases.ports import FreezeScope, Queries
from goodstanding.web.desk import OPEN_MOST, Desk, Web, actor, back, field, trouble, whole
from goodstanding.web.items import sends
from goodstanding.web.login import FormBody

SCOPES: tuple[FreezeScope, ...] = get_args(FreezeScope)
EXAMPLES = 5


def routes(desk: Desk) -> list[HTTPRouteHandler]:
    """Return the pages of this feature."""
    reads, ctx = desk.parts.reads, desk.ctx

    def what_is_planned(q: Queries) -> dict[str, Any]:
        return {
            "planned_count": reads.planned_count(q, OPEN_MOST + 1),
            "sends": sends(reads, q, reads.planned(q, EXAMPLES)),
            "history": q.freezes(active_only=False)[-20:][::-1],
        }

    @get("/freeze", sync_to_thread=True)
    def freeze_page(request: Web) -> Response[Any]:
        return desk.page(request, "freeze.html", what_is_planned, scopes=SCOPES)

    @post("/freeze", sync_to_thread=True)
    def freeze(request: Web, data: FormBody) -> Response[Any]:
        scope: FreezeScope = next((one for one in SCOPES if one == field(data, "scope")), "everything")
        account_id = whole(field(data, "account"))
        if account_id not in {0, *(one.id for one in desk.read(lambda q: q.accounts()))}:
            account_id = 0
        incidents.freeze(
            ctx,
            reason=field(data, "reason", most=500),
            who=actor(request),
            scope=scope,
            account_id=account_id,
        )
        return back({}, "/", said="frozen")

    @get("/lift/{freeze_id:int}", sync_to_thread=True)
    def lift_page(request: Web, freeze_id: FromPath[int]) -> Response[Any]:
        def work(q: Queries) -> dict[str, Any]:
            found = next((one for one in q.freezes(active_only=True) if one.id == freeze_id), None)
            if found is None:
                raise NotFoundException
            return {"freeze": found, **what_is_planned(q)}

        return desk.page(request, "lift.html", work)

    @post("/lift/{freeze_id:int}", sync_to_thread=True)
    def lift(request: Web, freeze_id: FromPath[int], data: FormBody) -> Response[Any]:
        discard = field(data, "planned") == "discard"
        try:
            incidents.lift(ctx, freeze_id, who=actor(request), discard=discard)
        except GoodstandingError as error:
            return back({}, "/freeze", said="error", code=trouble(error))
        desk.wake()
        return back({}, "/", said="lifted_empty" if discard else "lifted")

    return [freeze_page, freeze, lift_page, lift]
