"""What waited when an account's authorisation ended: the one place where a person decides about it."""

from typing import Any

from litestar import Response, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from goodstanding.kernel.problems import GoodstandingError
from goodstanding.usecases import resuming
from goodstanding.web.desk import Desk, Web, actor, back, field, trouble
from goodstanding.web.login import FormBody


def routes(desk: Desk) -> list[HTTPRouteHandler]:
    """Return the acts of this feature; what waits stands on the account's page."""

    @post("/accounts/{account_id:int}/waiting", sync_to_thread=True)
    def decide(request: Web, account_id: FromPath[int], data: FormBody) -> Response[Any]:
        here, plan = f"/accounts/{account_id}", field(data, "plan") == "yes"
        try:
            resuming.decide(desk.ctx, account_id, plan=plan, who=actor(request))
        except GoodstandingError as error:
            return back({}, here, said="error", code=trouble(error))
        desk.wake()
        return back({}, here, said="waiting_planned" if plan else "waiting_let_go")

    return [decide]
