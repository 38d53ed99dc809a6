"""Acts that only a person may ask for: like, take a like back, write under an own post, delete an own comment."""

from typing import Any

from litestar import Response, post
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from goodstanding.usecases import clicks
from goodstanding.usecases.ports.feed import ClickResult
from goodstanding.web.desk import Desk, Form, Web, back, field, trouble, who
from goodstanding.web.login import FormBody

SAID = {"done": "clicked", "failed": "click_failed", "unknown": "click_unknown", "later": "click_later"}


def routes(desk: Desk) -> list[HTTPRouteHandler]:
    """Return the acts of this feature; they stand on other pages."""
    ctx = desk.ctx

    @post("/comment/{event_id:int}/click/{act:str}")
    async def click(
        request: Web, event_id: FromPath[int], act: FromPath[str], data: FormBody
    ) -> Response[Any]:
        wanted = next((one for one in clicks.ACTS if one == act and one != "comment"), None)
        if wanted is None:
            raise NotFoundException
        try:
            result = await clicks.click_comment(ctx, event_id, wanted, person_id=who(request).id)
        except clicks.ClickRefusedError as error:
            return back(data, f"/comment/{event_id}", said="error", code=trouble(error))
        return _told(data, f"/comment/{event_id}", result)

    @post("/registry/video/{account_id:int}/{video_id:str}/comment")
    async def write(
        request: Web, account_id: FromPath[int], video_id: FromPath[str], data: FormBody
    ) -> Response[Any]:
        text = field(data, "text", most=5_000)
        try:
            result = await clicks.write_comment(ctx, account_id, video_id, text, person_id=who(request).id)
        except clicks.ClickRefusedError as error:
            return back(data, "/registry", said="error", code=trouble(error))
        return _told(data, "/registry", result)

    return [click, write]


def _told(data: Form, default: str, result: ClickResult) -> Response[Any]:
    return back(data, default, said=SAID[result.state])
