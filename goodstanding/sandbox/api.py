"""The platform's calls under `/open_api/v1.3`, as a table from path and method to a function.

A call is answered without waiting for anything; what has to wait (a hanging connection) is said in `Answer`.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import msgspec

from goodstanding.sandbox.clock import MILLISECONDS, iso
from goodstanding.sandbox.faults import Fault
from goodstanding.sandbox.journal import Entry
from goodstanding.sandbox.state import Account, ApiError, Comment, Grant, Video
from goodstanding.sandbox.world import World

BASE = "/open_api/v1.3"
JSON = b"application/json"
_encode = msgspec.json.Encoder().encode
_GATEWAY_PAGE = (
    b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
)
_FAULT_MESSAGES = {40100: "Too many requests. Please retry later."}
_WRITES = frozenset({"reply", "comment", "hide", "like", "delete"})


class Answer(NamedTuple):
    """What goes back. `manner` is how: at once, after `seconds`, never, or with the line cut."""

    status: int
    content_type: bytes
    body: bytes
    request_id: str
    manner: str = "now"
    seconds: float = 0.0


class Call:
    """One call as its function sees it: checked parameters, the grant, and the log entry it fills in."""

    __slots__ = ("_account", "entry", "grant", "params", "world")

    def __init__(self, world: World, params: Mapping[str, Any], entry: Entry) -> None:
        self.world = world
        self.params = params
        self.entry = entry
        self.grant: Grant | None = None
        self._account: Account | None = None

    def admit(self, access_token: str, scope: str | None) -> None:
        """Check token, account and scope; raises `ApiError`."""
        self.grant = self.world.state.grant_of(access_token)
        business_id = self.text("business_id")
        if business_id != self.grant.open_id:
            raise ApiError(40001, "No permission to operate this business_id.")
        if scope is not None and scope not in self.grant.scopes:
            raise ApiError(40001, f"The user did not grant the scope {scope}.")
        self._account = self.world.state.accounts[business_id]

    @property
    def account(self) -> Account:
        """The account the call is made for."""
        assert self._account is not None
        return self._account

    def text(self, name: str, *, default: str | None = None) -> str:
        """Return a string parameter; 40002 when it is missing or something else."""
        value = self.params.get(name, default)
        if not isinstance(value, str) or (not value and default is None):
            raise ApiError(40002, f"Param {name} is missing or invalid.")
        return value

    def number(self, name: str, *, default: int, least: int, most: int) -> int:
        """Return a whole number within its bounds."""
        raw = self.params.get(name, default)
        try:
            value = int(raw)
        except (TypeError, ValueError):
            raise ApiError(40002, f"Param {name} is not a number.") from None
        if not least <= value <= most:
            raise ApiError(40002, f"Param {name} must be {least} to {most}.")
        return value

    def choice(self, name: str, options: tuple[str, ...], *, default: str | None = None) -> str:
        """Return one of `options`."""
        value = self.text(name, default=default)
        if value not in options:
            raise ApiError(40002, f"Param {name} must be one of {', '.join(options)}.")
        return value

    def structured(self, name: str, kind: type[Any], *, default: Any) -> Any:
        """Return a list or object, which a GET carries as JSON text."""
        value = self.params.get(name)
        if value is None:
            return default
        try:
            if isinstance(value, str):
                return msgspec.json.decode(value, type=kind)
            return msgspec.convert(value, kind)
        except (msgspec.DecodeError, msgspec.ValidationError):
            raise ApiError(40002, f"Param {name} is invalid.") from None

    def target(self, name: str = "comment_id") -> Comment:
        """Return the named comment under one of the account's own videos."""
        state = self.world.state
        comment = state.comment(self.text(name))
        if state.videos[comment.video_id].open_id != self.account.open_id:
            raise ApiError(40007, "The comment does not exist.")
        self.entry.cause = comment.comment_id
        self.entry.video_id = comment.video_id
        return comment


# --- consent and tokens ---


def _check_app(call: Call, id_name: str, secret_name: str) -> None:
    settings = call.world.settings
    if call.text(id_name) != settings.app_id:
        raise ApiError(40113, "The app does not exist.")
    if call.text(secret_name) != settings.app_secret:
        raise ApiError(40110, "The secret does not match.")


def _token_object(call: Call, grant: Grant) -> dict[str, Any]:
    now = call.world.clock.now_ms()
    call.entry.business_id = grant.open_id
    return {
        "access_token": grant.access_token,
        "token_type": "Bearer",
        "scope": ",".join(sorted(grant.scopes)),
        "expires_in": (grant.access_until_ms - now) // MILLISECONDS,
        "refresh_token": grant.refresh_token,
        "refresh_token_expires_in": (grant.refresh_until_ms - now) // MILLISECONDS,
        "open_id": grant.open_id,
    }


def _check_grant_type(call: Call, wanted: str) -> None:
    if call.text("grant_type") != wanted:
        raise ApiError(40108, "The grant_type is not supported.")


def token(call: Call) -> dict[str, Any]:
    """Exchange an authorization code."""
    _check_app(call, "client_id", "client_secret")
    _check_grant_type(call, "authorization_code")
    grant = call.world.state.exchange(call.text("auth_code"), redirect_uri=call.text("redirect_uri"))
    return _token_object(call, grant)


def refresh_token(call: Call) -> dict[str, Any]:
    """Renew an access token."""
    _check_app(call, "client_id", "client_secret")
    _check_grant_type(call, "refresh_token")
    return _token_object(call, call.world.state.refresh(call.text("refresh_token")))


def revoke(call: Call) -> dict[str, Any]:
    """End the account's authorization on the developer's side."""
    _check_app(call, "client_id", "client_secret")
    grant = call.world.state.grant_of(call.text("access_token"))
    call.entry.business_id = grant.open_id
    call.world.state.revoke(grant.open_id, reason=5)
    return {}


def token_info(call: Call) -> dict[str, Any]:
    """Tell what a token may do."""
    if call.text("app_id") != call.world.settings.app_id:
        raise ApiError(40113, "The app does not exist.")
    grant = call.world.state.grant_of(call.text("access_token"))
    return {
        "app_id": call.world.settings.app_id,
        "creator_id": grant.open_id,
        "scope": ",".join(sorted(grant.scopes)),
    }


# --- account and videos ---

_PROFILE: Mapping[str, tuple[str, Callable[[World, Account], Any]]] = {
    "display_name": ("user.info.basic", lambda _, account: account.display_name),
    "profile_image": (
        "user.info.basic",
        lambda _, account: f"https://sandbox.invalid/{account.username}.jpg",
    ),
    "username": ("user.info.username", lambda _, account: account.username),
    "profile_deep_link": (
        "user.info.profile",
        lambda _, account: f"https://www.tiktok.com/@{account.username}",
    ),
    "bio_description": ("user.info.profile", lambda _, account: account.bio),
    "is_verified": ("user.info.profile", lambda _, account: account.is_verified),
    "is_business_account": ("user.account.type", lambda _, account: account.is_business),
    "following_count": ("user.info.stats", lambda _, account: account.following),
    "followers_count": ("user.info.stats", lambda _, account: account.followers),
    "total_likes": ("user.info.stats", lambda _, account: account.total_likes),
    "videos_count": ("user.info.stats", lambda world, account: len(world.state.videos_of(account.open_id))),
}
_METRICS = frozenset(
    [
        "video_views",
        "unique_video_views",
        "profile_views",
        "likes",
        "comments",
        "shares",
        "phone_number_clicks",
        "lead_submissions",
        "app_download_clicks",
        "bio_link_clicks",
        "email_clicks",
        "address_clicks",
        "daily_total_followers",
        "daily_new_followers",
        "daily_lost_followers",
        "engaged_audience",
        "audience_activity",
        "audience_ages",
        "audience_genders",
        "audience_countries",
        "audience_cities",
    ]
)


def profile(call: Call) -> dict[str, Any]:
    """Tell the account's profile; figures this cut does not have are absent, as the platform's may be."""
    fields = call.structured("fields", list[str], default=["display_name", "profile_image"])
    assert call.grant is not None
    found: dict[str, Any] = {}
    for name in fields:
        if name in _METRICS:
            continue
        known = _PROFILE.get(name)
        if known is None:
            raise ApiError(40002, f"Field {name} is invalid.")
        if known[0] not in call.grant.scopes:
            raise ApiError(40001, f"The user did not grant the scope {known[0]}.")
        found[name] = known[1](call.world, call.account)
    return found


def _comment_count(world: World, video: Video) -> int:
    return len(world.state.threads[video.item_id].ids)


_VIDEO: Mapping[str, Callable[[World, Video], Any]] = {
    "item_id": lambda _, video: video.item_id,
    "media_type": lambda _, __: "VIDEO",
    "is_ad": lambda _, __: False,
    "create_time": lambda _, video: str(video.create_ms // MILLISECONDS),
    "caption": lambda _, video: video.caption,
    "thumbnail_url": lambda _, video: f"https://sandbox.invalid/{video.item_id}.jpg",
    "share_url": lambda world, video: (
        f"https://www.tiktok.com/@{world.state.accounts[video.open_id].username}/video/{video.item_id}"
    ),
    "embed_url": lambda _, video: f"https://www.tiktok.com/player/v1/{video.item_id}",
    "video_duration": lambda _, video: video.duration,
    "video_views": lambda _, video: video.views,
    "reach": lambda _, video: video.views * 17 // 20,
    "likes": lambda _, video: video.likes,
    "comments": _comment_count,
    "shares": lambda _, video: video.shares,
    "favorites": lambda _, video: video.favorites,
}
_VIDEO_INSIGHTS = frozenset(
    [
        "total_time_watched",
        "average_time_watched",
        "full_video_watched_rate",
        "new_followers",
        "profile_views",
        "website_clicks",
        "phone_number_clicks",
        "lead_submissions",
        "app_download_clicks",
        "email_clicks",
        "address_clicks",
        "video_view_retention",
        "engagement_likes",
        "impression_sources",
        "audience_countries",
        "audience_cities",
        "audience_genders",
        "audience_types",
    ]
)


class _VideoFilters(msgspec.Struct, frozen=True):
    video_ids: list[str] | None = None


def video_list(call: Call) -> dict[str, Any]:
    """List the account's posts, newest first, from before `cursor` (milliseconds)."""
    fields: list[str] = call.structured("fields", list[str], default=["item_id"])
    if "item_id" not in fields:
        raise ApiError(40002, "fields must contain item_id.")
    for name in fields:
        if name not in _VIDEO and name not in _VIDEO_INSIGHTS:
            raise ApiError(40002, f"Field {name} is invalid.")
    wanted = call.structured("filters", _VideoFilters, default=_VideoFilters()).video_ids
    bounds = call.world.numbers.videos
    cursor = call.number("cursor", default=call.world.clock.now_ms(), least=0, most=2**53)
    count = call.number("max_count", default=bounds.page_default, least=1, most=bounds.page_max)
    found = [
        video
        for video in call.world.state.videos_of(call.account.open_id)
        if video.create_ms < cursor and (wanted is None or video.item_id in wanted)
    ]
    page = found[:count]
    served = [name for name in fields if name in _VIDEO]
    return {
        "videos": [{name: _VIDEO[name](call.world, video) for name in served} for video in page],
        "cursor": page[-1].create_ms if page else cursor,
        "has_more": len(found) > len(page),
    }


# --- comments ---


def _shown(world: World, comment: Comment, *, inline: int = 0, public: bool = False) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "comment_id": comment.comment_id,
        "video_id": comment.video_id,
        "unique_identifier": comment.unique_identifier,
        "username": comment.username,
        "display_name": comment.display_name,
        "profile_image": "",
        "create_time": str(comment.create_ms // MILLISECONDS),
        "text": comment.text,
        "likes": comment.likes,
        "replies": len(comment.replies),
        "owner": comment.owner,
        "liked": comment.liked,
        "pinned": False,
        "status": "HIDDEN" if comment.hidden else "PUBLIC",
    }
    if comment.parent_id:
        shown["parent_comment_id"] = comment.parent_id
    if inline:
        replies = _existing(world, comment.replies, public=public)
        shown["reply_list"] = [_shown(world, reply) for reply in replies[:inline]]
    return shown


def _existing(world: World, ids: list[str], *, public: bool) -> list[Comment]:
    known = (world.state.comments.get(comment_id) for comment_id in ids)
    return [
        comment
        for comment in known
        if comment is not None and not comment.deleted and not (public and comment.hidden)
    ]


def _page(call: Call, ids: list[str]) -> tuple[list[str], int, bool]:
    """Cut a page as the platform does: some come short, and far down the last one may repeat."""
    bounds = call.world.numbers.comments
    cursor = call.number("cursor", default=0, least=0, most=2**53)
    count = call.number("max_count", default=bounds.page_default, least=1, most=bounds.page_max)
    start = cursor - 1 if cursor >= bounds.order_changes_after else cursor
    page_number = cursor // count
    if call.world.settings.short_pages and count > 2 and page_number % 3 == 1:  # noqa: PLR2004 - any page of three or more can come short
        count -= 2
    end = min(start + count, len(ids))
    return ids[start:end], max(end, cursor), end < len(ids)


def _sorting(call: Call) -> tuple[str, str]:
    field = call.choice("sort_field", ("likes", "replies", "create_time"), default="create_time")
    name = "sort_type" if "sort_type" in call.params else "sort_order"
    return field, call.choice(name, ("asc", "desc", "smart"), default="smart")


def comment_list(call: Call) -> dict[str, Any]:
    """List the comments of a post, or some of its comments and replies by id."""
    world = call.world
    bounds = world.numbers.comments
    video = world.state.video(call.text("video_id"), open_id=call.account.open_id)
    public = call.choice("status", ("PUBLIC", "ALL"), default="ALL") == "PUBLIC"
    with_replies = call.text("include_replies", default="false").lower() == "true"
    inline = bounds.inline_replies_max if with_replies else 0
    wanted: list[str] | None = call.structured("comment_ids", list[str], default=None)
    field, order = _sorting(call)
    if wanted is not None:
        if len(wanted) > bounds.ids_max:
            raise ApiError(40002, f"comment_ids takes at most {bounds.ids_max}.")
        found = [c for c in _existing(world, wanted, public=public) if c.video_id == video.item_id]
        page, cursor, more = [comment.comment_id for comment in found], len(found), False
    else:
        ids = world.state.listing(video.item_id, field=field, order=order, public=public)
        page, cursor, more = _page(call, ids)
    comments = [
        _shown(world, world.state.comments[comment_id], inline=inline, public=public) for comment_id in page
    ]
    return {"comments": comments, "cursor": cursor, "has_more": more}


def reply_list(call: Call) -> dict[str, Any]:
    """List the replies to a comment, oldest first."""
    world = call.world
    world.state.video(call.text("video_id"), open_id=call.account.open_id)
    comment = call.target()
    public = call.choice("status", ("PUBLIC", "ALL"), default="ALL") == "PUBLIC"
    field, order = _sorting(call)
    replies = _existing(world, comment.replies, public=public)
    if order != "smart":
        keys: Mapping[str, Callable[[Comment], int]] = {
            "likes": lambda reply: reply.likes,
            "replies": lambda reply: len(reply.replies),
            "create_time": lambda reply: reply.create_ms,
        }
        replies.sort(key=keys[field], reverse=order == "desc")
    page, cursor, more = _page(call, [reply.comment_id for reply in replies])
    comments = [_shown(world, world.state.comments[comment_id]) for comment_id in page]
    return {"comments": comments, "cursor": cursor, "has_more": more}


def _new_text(call: Call) -> str:
    text = call.text("text")
    most = call.world.numbers.comments.text_characters_max
    call.entry.text = text
    if not text.strip():
        raise ApiError(40002, "Param text is empty.")
    if len(text) > most:
        raise ApiError(40002, f"Param text is longer than {most} characters.")
    return text


def _created(call: Call, comment: Comment) -> dict[str, Any]:
    call.entry.comment_id = comment.comment_id
    call.entry.shadow_hidden = comment.shadow_hidden
    data: dict[str, Any] = {
        "comment_id": comment.comment_id,
        "video_id": comment.video_id,
        "unique_identifier": comment.unique_identifier,
        "create_time": str(comment.create_ms // MILLISECONDS),
        "text": comment.text,
    }
    if comment.parent_id:
        data["parent_comment_id"] = comment.parent_id
    return data


def comment_create(call: Call) -> dict[str, Any]:
    """Write a comment under an own post."""
    video = call.world.state.video(call.text("video_id"), open_id=call.account.open_id)
    text = _new_text(call)
    comment = call.world.state.write(account=call.account, video_id=video.item_id, text=text, target=None)
    return _created(call, comment)


def reply_create(call: Call) -> dict[str, Any]:
    """Reply to a comment under an own post."""
    video = call.world.state.video(call.text("video_id"), open_id=call.account.open_id)
    text = _new_text(call)
    target = call.target()
    if target.video_id != video.item_id:
        raise ApiError(40007, "The comment does not belong to this video.")
    comment = call.world.state.write(account=call.account, video_id=video.item_id, text=text, target=target)
    return _created(call, comment)


def comment_like(call: Call) -> dict[str, Any]:
    """Like a comment, or take the like back."""
    action = call.entry.action = call.choice("action", ("LIKE", "UNLIKE"))
    comment = call.target()
    call.entry.comment_id = comment.comment_id
    wanted = action == "LIKE"
    if comment.liked != wanted:
        comment.liked = wanted
        comment.likes += 1 if wanted else -1
    return {}


def comment_hide(call: Call) -> dict[str, Any]:
    """Hide a comment, or show it again."""
    action = call.entry.action = call.choice("action", ("HIDE", "UNHIDE"))
    video = call.world.state.video(call.text("video_id"), open_id=call.account.open_id)
    comment = call.target()
    if comment.video_id != video.item_id:
        raise ApiError(40007, "The comment does not belong to this video.")
    call.entry.comment_id = comment.comment_id
    call.world.state.set_hidden(comment, hidden=action == "HIDE")
    return {}


def comment_delete(call: Call) -> dict[str, Any]:
    """Delete an own comment; those of others can only be hidden."""
    comment = call.target()
    call.entry.comment_id = comment.comment_id
    if comment.unique_identifier != call.account.unique_identifier:
        raise ApiError(40001, "Only the account's own comments can be deleted.")
    call.world.state.delete(comment)
    return {}


# --- webhook configuration ---


def webhook_update(call: Call) -> dict[str, Any]:
    """Set the callback of a category."""
    _check_app(call, "app_id", "secret")
    items: list[str] = call.structured("item_list", list[str], default=[])
    if len(items) > call.world.numbers.webhooks.item_list_max:
        raise ApiError(40002, "item_list is too long.")
    call.world.subscribe(call.text("event_type"), call.text("callback_url"), set(items))
    return _subscription(call)


def webhook_list(call: Call) -> dict[str, Any]:
    """Tell the callback of a category; no `callback_url` means there is none."""
    _check_app(call, "app_id", "secret")
    return _subscription(call)


def webhook_delete(call: Call) -> dict[str, Any]:
    """Remove a category's callback, or only some posts from its list."""
    _check_app(call, "app_id", "secret")
    event_type = call.text("event_type")
    items: list[str] = call.structured("item_list", list[str], default=[])
    known = call.world.subscriptions.get(event_type)
    if known is not None and items:
        known.item_list -= set(items)
    else:
        call.world.subscriptions.pop(event_type, None)
    return {}


def _subscription(call: Call) -> dict[str, Any]:
    event_type = call.text("event_type")
    known = call.world.subscriptions.get(event_type)
    data: dict[str, Any] = {"app_id": call.world.settings.app_id, "event_type": event_type}
    if known is not None:
        data["callback_url"] = known.callback_url
        if known.item_list:
            data["item_list"] = sorted(known.item_list)
    return data


def _absent(_: Call) -> dict[str, Any]:
    raise ApiError(40008, "This endpoint is not implemented.")


# --- the table ---


class Route(NamedTuple):
    """One call: its function, what it does, and what it needs."""

    function: Callable[[Call], dict[str, Any]]
    act: str = "read"
    token: bool = True
    scope: str | None = None


ROUTES: Mapping[str, Mapping[str, Route]] = {
    "/tt_user/oauth2/token/": {"POST": Route(token, "token", token=False)},
    "/tt_user/oauth2/refresh_token/": {"POST": Route(refresh_token, "refresh", token=False)},
    "/tt_user/oauth2/revoke/": {"POST": Route(revoke, "revoke", token=False)},
    "/tt_user/token_info/get/": {"POST": Route(token_info, token=False)},
    "/business/get/": {"GET": Route(profile)},
    "/business/video/list/": {"GET": Route(video_list, scope="video.list")},
    "/business/comment/list/": {"GET": Route(comment_list, scope="comment.list")},
    "/business/comment/reply/list/": {"GET": Route(reply_list, scope="comment.list")},
    "/business/comment/create/": {"POST": Route(comment_create, "comment", scope="comment.list.manage")},
    "/business/comment/reply/create/": {"POST": Route(reply_create, "reply", scope="comment.list.manage")},
    "/business/comment/like/": {"POST": Route(comment_like, "like", scope="comment.list.manage")},
    "/business/comment/hide/": {"POST": Route(comment_hide, "hide", scope="comment.list.manage")},
    "/business/comment/delete/": {"POST": Route(comment_delete, "delete", scope="comment.list.manage")},
    "/business/webhook/update/": {"POST": Route(webhook_update, "webhook", token=False)},
    "/business/webhook/list/": {"GET": Route(webhook_list, token=False)},
    "/business/webhook/delete/": {"POST": Route(webhook_delete, "webhook", token=False)},
} | {
    path: {"GET": Route(_absent, token=False), "POST": Route(_absent, token=False)}
    for path in (
        "/business/comment/pin/",
        "/business/comment/image/upload/",
        "/business/video/settings/",
        "/business/video/publish/",
        "/business/photo/publish/",
        "/business/publish/status/",
        "/business/hashtag/suggestion/",
        "/business/benchmark/",
    )
}


def respond(world: World, *, method: str, path: str, query: bytes, access_token: str, body: bytes) -> Answer:
    """Answer one platform call and log it; never raises."""
    number = world.journal.next_number()
    now = world.clock.now_ms()
    request_id = f"{iso(now)[:19].translate(_DIGITS_ONLY)}{number:08X}"
    methods = ROUTES.get(path.removeprefix(BASE)) if path.startswith(BASE) else None
    if methods is None:
        return Answer(404, b"text/plain", b"404 page not found", request_id)
    route = methods.get(method)
    if route is None:
        return Answer(405, b"text/plain", b"405 method not allowed", request_id)
    entry = Entry(
        number=number,
        at_ms=now,
        method=method,
        endpoint=path.removeprefix(BASE),
        act=route.act,
        request_id=request_id,
    )
    fault = world.faults.take(path)
    answer = _answer(world, route, entry, fault, query=query, access_token=access_token, body=body)
    world.journal.add(entry)
    return answer


_DIGITS_ONLY = str.maketrans("", "", "-:T")


def _answer(
    world: World,
    route: Route,
    entry: Entry,
    fault: Fault | None,
    *,
    query: bytes,
    access_token: str,
    body: bytes,
) -> Answer:
    data: dict[str, Any] = {}
    try:
        params = _params(entry.method, query, body)
        call = Call(world, params, entry)
        for name in ("business_id", "video_id"):
            value = params.get(name)
            if isinstance(value, str):
                setattr(entry, name, value)
        if route.token:
            call.admit(access_token, route.scope)
        if fault is not None and not fault.commits:
            return _spoilt(entry, fault)
        _check_limits(world, entry)
        data = route.function(call)
    except ApiError as refusal:
        entry.code, entry.message = refusal.code, refusal.message
    else:
        entry.code, entry.message = 0, "OK"
        entry.accepted = True
        entry.changed = route.act in _WRITES
    if fault is not None:
        return _spoilt(entry, fault, data)
    return _enveloped(entry, data)


def _params(method: str, query: bytes, body: bytes) -> Mapping[str, Any]:
    if method == "GET":
        return dict(parse_qsl(query.decode("utf-8", "replace"), keep_blank_values=True))
    try:
        params = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        raise ApiError(40000, "The body is not JSON.") from None
    if not isinstance(params, dict):
        raise ApiError(40000, "The body is not a JSON object.")
    return params


def _check_limits(world: World, entry: Entry) -> None:
    broken = world.throttle.refuse(
        app_id=world.settings.app_id,
        open_id=entry.business_id,
        endpoint=entry.endpoint,
        now_ms=entry.at_ms,
    )
    if broken is not None:
        raise ApiError(40100, _FAULT_MESSAGES[40100])


def _spoilt(entry: Entry, fault: Fault, data: dict[str, Any] | None = None) -> Answer:
    entry.fault = fault.kind
    if fault.kind == "slow":
        return _enveloped(entry, data or {})._replace(manner="late", seconds=fault.seconds)
    if fault.kind in ("server_error", "throttle"):
        entry.code = 40100 if fault.kind == "throttle" else fault.code
        entry.message = _FAULT_MESSAGES.get(entry.code, "System error. Please try again later.")
        return _enveloped(entry, {})
    entry.code = None
    if fault.kind == "gateway_page":
        entry.http_status = 502
        return Answer(502, b"text/html", _GATEWAY_PAGE, entry.request_id)
    manner = "never" if fault.kind == "timeout_after_commit" else "cut"
    return Answer(0, b"", b"", entry.request_id, manner=manner, seconds=fault.seconds)


def _enveloped(entry: Entry, data: dict[str, Any]) -> Answer:
    entry.http_status = 200
    body = _encode(
        {"code": entry.code, "message": entry.message, "request_id": entry.request_id, "data": data}
    )
    return Answer(200, JSON, body, entry.request_id)
