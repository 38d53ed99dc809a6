"""Brand terms of an account: what a text must name to be tagged as a risk to a brand."""

from typing import Any

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from goodstanding.core import brand_risk
from goodstanding.usecases import brands
from goodstanding.usecases.ports import Account, Queries
from goodstanding.web.desk import Desk, Web, actor, back, field
from goodstanding.web.login import FormBody

_TEXT_MAX = 10_000


def routes(desk: Desk) -> list[HTTPRouteHandler]:
    """Return the pages of this feature."""

    @get("/accounts/{account_id:int}/brand", sync_to_thread=True)
    def page(request: Web, account_id: FromPath[int]) -> Response[Any]:
        return _page(desk, request, account_id)

    @post("/accounts/{account_id:int}/brand", sync_to_thread=True)
    def save(request: Web, account_id: FromPath[int], data: FormBody) -> Response[Any]:
        desk.read(lambda q: _account(q, account_id))
        text = field(data, "terms", most=_TEXT_MAX)
        try:
            brands.change(desk.ctx, account_id, text.splitlines(), who=actor(request))
        except brands.TooManyTermsError:
            return _page(desk, request, account_id, given=text, problem="most")
        return back({}, f"/accounts/{account_id}/brand", said="brands_saved")

    return [page, save]


def _page(
    desk: Desk, request: Web, account_id: int, *, given: str | None = None, problem: str = ""
) -> Response[Any]:
    def work(q: Queries) -> dict[str, Any]:
        kept = "\n".join(brands.terms(q, account_id))
        return {"account": _account(q, account_id), "text": kept if given is None else given}

    most = brand_risk.TERMS_MAX
    return desk.page(request, "brand.html", work, status=422 if problem else 200, problem=problem, most=most)


def _account(q: Queries, account_id: int) -> Account:
    found = next((one for one in q.accounts() if one.id == account_id), None)
    if found is None:
        raise NotFoundException
    return found
