"""Tasks, made for a phone: what to send in the app, with its text, a way there, until when, and what came of it."""

from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from goodstanding.core.tasks import REASONS, profile_link, video_link
from goodstanding.kernel.problems import GoodstandingError
from goodstanding.kernel.timing import MINUTE
from goodstanding.usecases import playbooks, tasks
from goodstanding.usecases.moderation import GoneError
from goodstanding.usecases.ports import Queries
from goodstanding.web.desk import Desk, Web, actor, back, field, trouble, who, whole
from goodstanding.web.login import FormBody

SHOWN = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Ways into the app."""

    video: str
    profile: str


def routes(desk: Desk) -> list[HTTPRouteHandler]:
    """Return the pages of this feature."""
    return [*_lists(desk), *_answers(desk)]


def _lists(desk: Desk) -> list[HTTPRouteHandler]:
    ctx = desk.ctx

    @get("/tasks", sync_to_thread=True)
    def tasks_page(request: Web) -> Response[Any]:
        mine = request.query_params.get("of", "mine") != "all"
        me = who(request).id

        def work(q: Queries) -> dict[str, Any]:
            found = tasks.waiting(q, person_id=me if mine else None, limit=SHOWN + 1)
            since = ctx.clock.now() - playbooks.task_numbers().undo_minutes * MINUTE
            return {
                "items": found[:SHOWN],
                "has_more": len(found) > SHOWN,
                "all_count": sum(q.open_task_count(one.id, SHOWN + 1) for one in q.accounts()),
                "answered": [
                    one for one in tasks.answered(q, since=since) if one.task.answer in ("sent", "not_sent")
                ],
                "videos": _titles(q),
                "holders": {one.id: tasks.holder(q, one.id) for one in q.accounts()},
                "people": q.persons(),
            }

        return desk.page(request, "tasks.html", work, mine=mine)

    @get("/tasks/{outgoing_id:int}", sync_to_thread=True)
    def task_page(request: Web, outgoing_id: FromPath[int]) -> Response[Any]:
        try:
            opened = tasks.look(ctx, outgoing_id)
        except GoneError as error:
            raise NotFoundException from error
        item = opened.item
        links = playbooks.task_book().links
        ways = Links(
            video=video_link(links, account=item.account.handle, video_id=item.event.video_id),
            profile=profile_link(links, handle=item.handle),
        )
        return desk.page(
            request, "task.html", lambda q: {"videos": _titles(q)}, opened=opened, item=item, ways=ways, reasons=REASONS
        )  # fmt: skip

    return [tasks_page, task_page]


def _titles(q: Queries) -> dict[str, str]:
    return {video.id: video.title for account in q.accounts() for video in q.videos(account.id)}


def _answers(desk: Desk) -> list[HTTPRouteHandler]:
    ctx = desk.ctx

    @post("/tasks/{outgoing_id:int}/open", sync_to_thread=True)
    def open_(request: Web, outgoing_id: FromPath[int], data: FormBody) -> Response[Any]:
        page = f"/tasks/{outgoing_id}"
        try:
            tasks.open_task(ctx, outgoing_id, actor(request))
        except GoodstandingError as error:
            return back({}, "/tasks", said="error", code=trouble(error))
        return back(data, page)

    @post("/tasks/{outgoing_id:int}/sent", sync_to_thread=True)
    def sent(request: Web, outgoing_id: FromPath[int], data: FormBody) -> Response[Any]:
        before = field(data, "before") == "yes"
        try:
            tasks.sent(ctx, outgoing_id, actor(request), before=before)
        except tasks.NotAllowedNowError as error:
            return back({}, f"/tasks/{outgoing_id}", said="error", code=trouble(error))
        except GoodstandingError as error:
            return back({}, "/tasks", said="error", code=trouble(error))
        return back({}, "/tasks", said="task_sent")

    @post("/tasks/{outgoing_id:int}/not-sent", sync_to_thread=True)
    def not_sent(request: Web, outgoing_id: FromPath[int], data: FormBody) -> Response[Any]:
        try:
            tasks.not_sent(ctx, outgoing_id, actor(request), field(data, "reason"))
        except tasks.UnknownReasonError as error:
            return back({}, f"/tasks/{outgoing_id}", said="error", code=trouble(error))
        except GoodstandingError as error:
            return back({}, "/tasks", said="error", code=trouble(error))
        return back({}, "/tasks", said="task_not_sent")

    @post("/tasks/{outgoing_id:int}/take-back", sync_to_thread=True)
    def take_back(request: Web, outgoing_id: FromPath[int], data: FormBody) -> Response[Any]:
        try:
            tasks.take_back(ctx, outgoing_id, actor(request))
        except GoodstandingError as error:
            return back(data, "/tasks", said="error", code=trouble(error))
        return back(data, f"/tasks/{outgoing_id}", said="task_back")

    @post("/tasks/holder", sync_to_thread=True)
    def holder(request: Web, data: FormBody) -> Response[Any]:
        try:
            tasks.set_holder(ctx, whole(field(data, "account")), whole(field(data, "person")), actor(request))
        except GoodstandingError as error:
            return back(data, "/tasks", said="error", code=trouble(error))
        return back(data, "/tasks", said="holder")

    return [open_, sent, not_sent, take_back, holder]
