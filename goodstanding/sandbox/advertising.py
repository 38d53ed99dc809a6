"""The two advertising calls that TikTok's own software kit needs to be tried: a token, and comments of ads.

Advertising is left out otherwise. An advertiser here is the account whose code was exchanged.
"""

from typing import Annotated, Literal

import msgspec

from goodstanding.sandbox.call import Call, Params, Routes, Text, app_route
from goodstanding.sandbox.clock import iso, parse_iso
from goodstanding.sandbox.insights import chance
from goodstanding.sandbox.state import DAY_MS, ApiError


class AdTokenRequest(Params, kw_only=True):
    """An authorization code to exchange; advertising has no redirect address here."""

    app_id: Text
    secret: Text
    auth_code: Text


class AdCommentQuery(Params, kw_only=True):
    """Comments to look for, between two days."""

    advertiser_id: Text
    start_time: Text
    end_time: Text
    search_field: Literal["ADGROUP_ID", "AD_ID", "COMMENT_ID", "CONTENT"]
    search_value: Text
    sort_field: Literal["CREATE_TIME", "LIKES", "REPLIES"] = "CREATE_TIME"
    sort_type: Literal["ASC", "DESC"] = "DESC"
    page: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 1
    page_size: Annotated[int, msgspec.Meta(ge=1, le=100)] = 10


class AdToken(msgspec.Struct, kw_only=True):
    """A token of an advertiser; it has no end."""

    access_token: str
    advertiser_ids: list[str]
    scope: list[int]


class AdComment(msgspec.Struct, kw_only=True):
    """A comment under an ad."""

    comment_id: str
    content: str
    user_name: str
    create_time: str
    likes: int
    replies: int
    comment_status: Literal["PUBLIC", "HIDDEN"]


class PageInfo(msgspec.Struct, kw_only=True):
    """Which page of how many."""

    page: int
    page_size: int
    total_number: int
    total_page: int


class AdComments(msgspec.Struct, kw_only=True):
    """A page of comments."""

    comments: list[AdComment]
    page_info: PageInfo


def advertiser_id(open_id: str) -> str:
    """Return the invented advertiser of an account."""
    return str(7_000_000_000_000_000_000 + int(chance("advertiser", open_id) * 10**15))


def access_token(call: Call, asked: AdTokenRequest) -> AdToken:
    """Exchange an authorization code for a token of an advertiser."""
    call.need_app(asked.app_id, asked.secret)
    grant = call.world.state.exchange(asked.auth_code, redirect_uri=None)
    call.entry.business_id = grant.open_id
    return AdToken(access_token=grant.access_token, advertiser_ids=[advertiser_id(grant.open_id)], scope=[4])


def comment_list(call: Call, asked: AdCommentQuery) -> AdComments:
    """List comments under the advertiser's posts."""
    grant = call.world.state.grant_of(call.received.access_token)
    if asked.advertiser_id != advertiser_id(grant.open_id):
        raise ApiError(40001, "No permission to operate this advertiser_id.")
    try:
        first, last = parse_iso(asked.start_time), parse_iso(asked.end_time) + DAY_MS
    except ValueError:
        raise ApiError(40002, "Param start_time or end_time is invalid.") from None
    state = call.world.state
    found = [
        comment
        for video in state.videos_of(grant.open_id)
        for comment in (state.comments[comment_id] for comment_id in state.threads[video.item_id].ids)
        if first <= comment.create_ms < last
        and (asked.search_field != "CONTENT" or asked.search_value.casefold() in comment.text.casefold())
        and (asked.search_field != "COMMENT_ID" or asked.search_value == comment.comment_id)
    ]
    keys = {
        "CREATE_TIME": lambda one: one.create_ms,
        "LIKES": lambda one: one.likes,
        "REPLIES": lambda one: len(one.replies),
    }
    found.sort(key=keys[asked.sort_field], reverse=asked.sort_type == "DESC")
    start = (asked.page - 1) * asked.page_size
    return AdComments(
        comments=[
            AdComment(
                comment_id=one.comment_id,
                content=one.text,
                user_name=one.username,
                create_time=iso(one.create_ms)[:19].replace("T", " "),
                likes=one.likes,
                replies=len(one.replies),
                comment_status="HIDDEN" if one.hidden else "PUBLIC",
            )
            for one in found[start : start + asked.page_size]
        ],
        page_info=PageInfo(
            page=asked.page,
            page_size=asked.page_size,
            total_number=len(found),
            total_page=-(-len(found) // asked.page_size),
        ),
    )


ROUTES: Routes = {
    "/oauth2/access_token/": {"POST": app_route(access_token, AdTokenRequest, AdToken, "token")},
    "/comment/list/": {"GET": app_route(comment_list, AdCommentQuery, AdComments, portal="1738086301876225")},
}
