"""The registry: campaigns, and the posts that belong to them."""

import csv
import io
from typing import Any

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from goodstanding.core.registry import CLASSES, CampaignNameError
from goodstanding.kernel.problems import GoodstandingError
from goodstanding.usecases import registry
from goodstanding.usecases.ports import Account, Queries
from goodstanding.web.desk import Desk, Form, Web, actor, back, field, trouble, whole
from goodstanding.web.login import FormBody

PAGE = 50
CSV_CHARS = 1_000_000


def routes(desk: Desk) -> list[HTTPRouteHandler]:
    """Return the pages of this feature."""
    return [*_lists(desk), *_campaigns(desk)]


def _lists(desk: Desk) -> list[HTTPRouteHandler]:
    ctx = desk.ctx

    @get("/registry", sync_to_thread=True)
    def page(request: Web) -> Response[Any]:
        return _page(desk, request)

    @post("/registry/video", sync_to_thread=True)
    def assign(request: Web, data: FormBody) -> Response[Any]:
        try:
            registry.assign(
                ctx,
                account_id=whole(field(data, "account")),
                video_id=field(data, "video", most=64),
                campaign_id=field(data, "campaign", most=64),
                video_class=field(data, "class", most=20),
                who=actor(request),
            )
        except GoodstandingError as error:
            return back(data, "/registry", said="error", code=trouble(error))
        return back(data, "/registry", said="assigned")

    @post("/registry/import", sync_to_thread=True)
    def bring_in(request: Web, data: FormBody) -> Response[Any]:
        text = field(data, "csv", most=CSV_CHARS)
        entries = registry.entries_in(csv.DictReader(io.StringIO(text)))
        found = registry.bring_in(
            ctx,
            account_id=_account_id(desk, whole(field(data, "account"))),
            entries=entries,
            who=actor(request),
        )
        return _page(
            desk,
            request,
            account_id=whole(field(data, "account")),
            imported=found,
            pasted=text if found.problems else "",
        )

    return [page, assign, bring_in]


def _campaigns(desk: Desk) -> list[HTTPRouteHandler]:
    ctx = desk.ctx

    @post("/registry/campaign", sync_to_thread=True)
    def add(request: Web, data: FormBody) -> Response[Any]:
        account_id = whole(field(data, "account"))
        try:
            registry.add_campaign(
                ctx,
                account_id=account_id,
                campaign_id=field(data, "id", most=80),
                title=field(data, "title", most=200),
                campaign_class=field(data, "class", most=20),
                approver_id=whole(field(data, "approver")) or None,
                who=actor(request),
            )
        except (CampaignNameError, registry.RegistryError) as error:
            return _page(desk, request, account_id=account_id, form=data, error=error)
        return back(data, f"/registry?account={account_id}", said="campaign_added")

    @get("/registry/campaign/{account_id:int}/{campaign_id:str}", sync_to_thread=True)
    def edit_page(request: Web, account_id: FromPath[int], campaign_id: FromPath[str]) -> Response[Any]:
        def work(q: Queries) -> dict[str, Any]:
            found = q.campaign(account_id, campaign_id)
            if found is None:
                raise NotFoundException
            videos = [one for one in q.videos(account_id) if one.campaign == campaign_id]
            return {"campaign": found, "videos": videos[:PAGE], "count": len(videos), "people": q.persons()}

        return desk.page(request, "campaign.html", work, classes=CLASSES)

    @post("/registry/campaign/{account_id:int}/{campaign_id:str}", sync_to_thread=True)
    def edit(
        request: Web, account_id: FromPath[int], campaign_id: FromPath[str], data: FormBody
    ) -> Response[Any]:
        here = f"/registry/campaign/{account_id}/{campaign_id}"
        try:
            registry.edit_campaign(
                ctx,
                account_id=account_id,
                campaign_id=campaign_id,
                version=whole(field(data, "version")),
                title=field(data, "title", most=200),
                campaign_class=field(data, "class", most=20),
                approver_id=whole(field(data, "approver")) or None,
                who=actor(request),
            )
        except registry.RegistryError as error:
            return back({}, here, said="error", code=trouble(error))
        return back({}, f"/registry?account={account_id}", said="campaign_changed")

    return [add, edit_page, edit]


def _page(
    desk: Desk,
    request: Web,
    *,
    account_id: int = 0,
    form: Form | None = None,
    error: GoodstandingError | None = None,
    imported: registry.Imported | None = None,
    pasted: str = "",
) -> Response[Any]:
    """Answer with the registry of an account; after a refusal with what was filled in and why."""
    asked = account_id or whole(request.query_params.get("account", ""))
    start = max(0, whole(request.query_params.get("from", "")))
    filled = {name: field(form or {}, name, most=200) for name in ("id", "title", "class", "approver")}

    def work(q: Queries) -> dict[str, Any]:
        account = _chosen(q, asked)
        campaigns = q.campaigns(account.id) if account else []
        videos = sorted(q.videos(account.id), key=lambda one: one.id, reverse=True) if account else []
        counts: dict[str, int] = {}
        for one in videos:
            counts[one.campaign] = counts.get(one.campaign, 0) + 1
        return {
            "account": account,
            "campaigns": campaigns,
            "counts": counts,
            "videos": videos[start : start + PAGE],
            "video_count": len(videos),
            "next": start + PAGE if len(videos) > start + PAGE else 0,
            "people": q.persons(),
            "month": registry.month_of(desk.ctx.clock.now()),
        }

    bad = error is not None or (imported is not None and imported.problems)
    return desk.page(
        request, "registry.html", work, status=422 if bad else 200, classes=CLASSES, filled=filled, error=error,
        imported=imported, pasted=pasted,
    )  # fmt: skip


def _chosen(q: Queries, asked: int) -> Account | None:
    accounts = q.accounts()
    return next((one for one in accounts if one.id == asked), accounts[0] if accounts else None)


def _account_id(desk: Desk, asked: int) -> int:
    found = desk.read(lambda q: _chosen(q, asked))
    if found is None:
        raise NotFoundException
    return found.id
