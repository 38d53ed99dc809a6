"""The control calls under `/_sandbox/`: seed, crowd, clock, faults, and everything that can be looked at."""

import asyncio
from collections.abc import Iterator
from itertools import islice
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from litestar import MediaType, Request, Response, Router, get, post
from litestar.connection import ASGIConnection
from litestar.exceptions import HTTPException
from litestar.handlers import BaseRouteHandler

from goodstanding.sandbox.clock import MILLISECONDS, iso, parse_iso
from goodstanding.sandbox.crowd import HARMFUL_SHARE, LANGUAGES, make_comments
from goodstanding.sandbox.deliveries import Delivery
from goodstanding.sandbox.faults import Fault, WebhookFaults
from goodstanding.sandbox.pages import control_page
from goodstanding.sandbox.state import SCOPES, Account, ApiError, Comment, Grant, Video
from goodstanding.sandbox.world import World

_CHUNK = 1000
_GLANCE = 0.05
_encode = msgspec.json.Encoder().encode
_Count = Annotated[int, msgspec.Meta(ge=1, le=10_000_000)]
_Request = Request[Any, Any, Any]
_Answer = Response[bytes]
_T = TypeVar("_T")


class SeedOrder(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Accounts and videos to add, and accounts to grant tokens for without a consent page."""

    accounts: list[Account] = []
    videos: list[Video] = []
    grant: list[str] = []
    scopes: tuple[str, ...] = SCOPES


class CrowdOrder(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Comments to make. With `deliver` false they exist at once and their webhooks wait to be fetched."""

    count: _Count
    seed: int = 1
    spread_seconds: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    harmful_share: Annotated[float, msgspec.Meta(ge=0, le=1)] = HARMFUL_SHARE
    languages: dict[str, float] = msgspec.field(default_factory=lambda: dict(LANGUAGES))
    spike: bool = False
    deliver: bool = True
    open_id: str = ""
    """Whose videos; the first account when empty."""
    video_ids: list[str] = []


class CommentOrder(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One comment by one viewer."""

    text: str
    video_id: str
    viewer: str = "viewer0001"
    parent_comment_id: str = ""
    hidden: bool = False
    likes: int = 0


class ModerateOrder(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The viewer deletes a comment, or the owner hides or shows it in the app."""

    comment_id: str
    action: Literal["delete", "hide", "show"]


class ClockOrder(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Changes to the virtual clock, made in this order: set, advance, speed, freeze."""

    set: str | None = None
    advance_seconds: float | None = None
    speed: float | None = None
    freeze: bool | None = None


class InjectOrder(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Faults to order. `clear` comes first."""

    clear: bool = False
    fault: Fault | None = None
    faults: list[Fault] = []
    webhooks: WebhookFaults | None = None
    limits: bool | None = None


class RevokeOrder(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The user takes the authorization back; reasons are those of `authorization.removed`."""

    open_id: str
    reason: Annotated[int, msgspec.Meta(ge=0, le=5)] = 1


class SettleOrder(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """How long to wait for what is due, in real seconds."""

    timeout_seconds: Annotated[float, msgspec.Meta(gt=0, le=600)] = 30.0


class DeliveriesQuery(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What to see of the deliveries."""

    pending: bool = False
    peek: bool = False
    limit: Annotated[int, msgspec.Meta(ge=0)] = 500
    after: int = 0
    status: str = ""


class CallsQuery(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What to see of the calls."""

    after: int = 0
    limit: Annotated[int, msgspec.Meta(ge=0)] = 1000
    act: str = ""
    accepted: bool | None = None


class TranscriptQuery(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What to see of the comments."""

    video_id: str = ""
    limit: Annotated[int, msgspec.Meta(ge=0)] = 1000


def _json(value: Any, status: int = 200) -> _Answer:
    return Response(_encode(value), status_code=status, media_type=MediaType.JSON)


async def _read(request: _Request, kind: type[_T]) -> _T:
    try:
        return msgspec.json.decode(await request.body() or b"{}", type=kind)
    except (msgspec.DecodeError, msgspec.ValidationError) as wrong:
        raise HTTPException(status_code=400, detail=str(wrong)) from None


def _world(request: _Request) -> World:
    world = request.app.state.world
    assert isinstance(world, World)
    return world


def _asked(request: _Request, kind: type[_T]) -> _T:
    try:
        return msgspec.convert(dict(request.query_params), kind, strict=False)
    except msgspec.ValidationError as wrong:
        raise HTTPException(status_code=400, detail=str(wrong)) from None


def _asks_for_json(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """A page of another site can post forms to a loopback address, but no JSON."""
    kind = connection.headers.get("content-type", "")
    if connection.scope.get("method") == "POST" and not kind.startswith("application/json"):
        raise HTTPException(status_code=415, detail="send application/json")


def _refused(_: _Request, refusal: ApiError) -> _Answer:
    return _json({"code": refusal.code, "message": refusal.message}, status=400)


@get("/", media_type=MediaType.HTML)
async def page(request: _Request) -> str:
    """Describe the control calls."""
    return control_page(_world(request))


@post("/seed", status_code=200)
async def seed(request: _Request) -> _Answer:
    """Add accounts and videos, and give tokens."""
    world, order = _world(request), await _read(request, SeedOrder)
    for account in order.accounts:
        world.state.add_account(account)
    for video in order.videos:
        world.state.add_video(video)
    grants = [world.state.grant(open_id=open_id, scopes=order.scopes) for open_id in order.grant]
    return _json(overview(world) | {"grants": [_granted(world, grant) for grant in grants]})


@post("/crowd", status_code=200)
async def crowd(request: _Request) -> _Answer:
    """Let the crowd write: now, over a span of virtual time, or into the held deliveries."""
    world, order = _world(request), await _read(request, CrowdOrder)
    waiting = world.deliveries.waiting if order.deliver else len(world.deliveries.held)
    spread = order.deliver and order.spread_seconds > 0
    if not spread and order.count > world.settings.queue_max - waiting:
        raise HTTPException(status_code=409, detail="no room for so many deliveries")
    comments = _crowd_of(world, order)
    if spread:
        world.in_background(_let_appear(world, comments))
        return _json({"made": 0, "coming": order.count, "held": len(world.deliveries.held)})
    made = await _appear_now(world, comments, hold=not order.deliver)
    return _json({"made": made, "coming": 0, "held": len(world.deliveries.held)})


@post("/comment", status_code=200)
async def comment(request: _Request) -> _Answer:
    """Let one viewer write one comment."""
    world, order = _world(request), await _read(request, CommentOrder)
    made = _single(world, order)
    world.state.receive(made)
    return _json({"comment_id": made.comment_id, "create_ms": made.create_ms})


@post("/moderate", status_code=200)
async def moderate(request: _Request) -> _Answer:
    """Delete, hide or show a comment as if it was done in the app."""
    world, order = _world(request), await _read(request, ModerateOrder)
    found = world.state.comment(order.comment_id)
    if order.action == "delete":
        world.state.delete(found)
    else:
        world.state.set_hidden(found, hidden=order.action == "hide")
    return _json({"comment_id": found.comment_id, "hidden": found.hidden, "deleted": found.deleted})


@post("/revoke", status_code=200)
async def revoke(request: _Request) -> _Answer:
    """Take a user's authorization back."""
    order = await _read(request, RevokeOrder)
    return _json({"grants_ended": _world(request).state.revoke(order.open_id, reason=order.reason)})


@get("/clock")
async def read_clock(request: _Request) -> _Answer:
    """Tell the virtual time."""
    return _json(_clock(_world(request)))


@post("/clock", status_code=200)
async def set_clock(request: _Request) -> _Answer:
    """Change the virtual clock."""
    world = _world(request)
    _change_clock(world, await _read(request, ClockOrder))
    return _json(_clock(world))


@post("/inject", status_code=200)
async def inject(request: _Request) -> _Answer:
    """Order faults, and tell which are ordered."""
    world = _world(request)
    _inject(world, await _read(request, InjectOrder))
    faults = world.faults
    return _json({"faults": faults.ordered, "webhooks": faults.webhooks, "limits": world.throttle.enabled})


@post("/settle", status_code=200)
async def settle(request: _Request) -> _Answer:
    """Wait until nothing is due or on its way."""
    order = await _read(request, SettleOrder)
    return _json({"settled": await _world(request).deliveries.settle(order.timeout_seconds)})


@get("/deliveries")
async def deliveries(request: _Request) -> _Answer:
    """Hand over held deliveries, or tell the log."""
    world, asked = _world(request), _asked(request, DeliveriesQuery)
    if asked.pending:
        return _json(_pending(world, limit=asked.limit, peek=asked.peek))
    chosen = (
        one
        for one in world.deliveries.log
        if one.number > asked.after and (not asked.status or one.status == asked.status)
    )
    return _json(
        {
            "counts": world.deliveries.counts,
            "waiting": world.deliveries.waiting,
            "held": len(world.deliveries.held),
            "deliveries": [_delivery(one) for one in islice(chosen, asked.limit)],
        }
    )


@get("/calls")
async def calls(request: _Request) -> _Answer:
    """Tell the platform calls and what really came of each."""
    journal, asked = _world(request).journal, _asked(request, CallsQuery)
    entries = journal.select(after=asked.after, act=asked.act, accepted=asked.accepted, limit=asked.limit)
    counts = [
        {"endpoint": endpoint, "code": code, "count": count}
        for (endpoint, code), count in journal.counts.items()
    ]
    return _json({"total": journal.total, "counts": counts, "doubled": journal.doubled(), "calls": entries})


@get("/transcript")
async def transcript(request: _Request) -> _Answer:
    """Tell comments and replies as a viewer would find them."""
    asked = _asked(request, TranscriptQuery)
    return _json({"videos": _transcript(_world(request), video_id=asked.video_id, limit=asked.limit)})


@get("/state")
async def state(request: _Request) -> _Answer:
    """Tell accounts, videos, counts and settings."""
    return _json(overview(_world(request)))


def control_routes() -> Router:
    """Return the router of the control calls; the application's state carries the `world`."""
    return Router(
        path="/_sandbox",
        route_handlers=[
            page, seed, crowd, comment, moderate, revoke, read_clock, set_clock, inject, settle,
            deliveries, calls, transcript, state,
        ],
        guards=[_asks_for_json],
        exception_handlers={ApiError: _refused},
    )  # fmt: skip


def overview(world: World) -> dict[str, Any]:
    """Return the accounts, videos, counts and settings, without secrets."""
    state = world.state
    return {
        "app_id": world.settings.app_id,
        "clock": _clock(world),
        "accounts": list(state.accounts.values()),
        "videos": [
            msgspec.structs.asdict(video) | {"comments": len(state.threads[video.item_id].ids)}
            for video in state.videos.values()
        ],
        "comments": len(state.comments),
        "comments_forgotten": state.forgotten,
        "deliveries": {
            "waiting": world.deliveries.waiting,
            "held": len(world.deliveries.held),
            "counts": world.deliveries.counts,
        },
        "crowds_running": len(world.background),
        "calls": world.journal.total,
        "doubled_replies": len(world.journal.doubled()),
        "limits": world.throttle.enabled,
        "webhooks": {name: known.callback_url for name, known in world.subscriptions.items()},
        "assumed": world.numbers.assumed,
    }


def _granted(world: World, grant: Grant) -> dict[str, Any]:
    now = world.clock.now_ms()
    return {
        "open_id": grant.open_id,
        "access_token": grant.access_token,
        "refresh_token": grant.refresh_token,
        "expires_in": (grant.access_until_ms - now) // MILLISECONDS,
        "refresh_token_expires_in": (grant.refresh_until_ms - now) // MILLISECONDS,
        "scope": ",".join(sorted(grant.scopes)),
    }


# --- the crowd ---


def _crowd_of(world: World, order: CrowdOrder) -> Iterator[Comment]:
    open_id = order.open_id or next(iter(world.state.accounts))
    known = [video.item_id for video in world.state.videos_of(open_id)]
    video_ids = order.video_ids or known
    if not video_ids or not set(video_ids) <= set(known):
        raise ApiError(40007, "The account has no such video.")
    now = world.clock.now_ms()
    span = int(order.spread_seconds * MILLISECONDS)
    first = world.crowd_serial
    world.crowd_serial += order.count
    made = make_comments(
        order.count,
        order.seed,
        start_ms=now if order.deliver else now - span,
        spread_ms=span,
        harmful_share=order.harmful_share,
        languages=order.languages,
        spike=order.spike,
        video_ids=tuple(video_ids),
        first=first,
    )
    return (
        Comment(
            comment_id=one["comment_id"],
            video_id=one["video_id"],
            parent_id="",
            unique_identifier=one["unique_identifier"],
            username=one["username"],
            display_name=one["display_name"],
            text=one["text"],
            create_ms=one["timestamp"],
            likes=one["likes"],
            kind=one["kind"],
        )
        for one in made
    )


async def _appear_now(world: World, comments: Iterator[Comment], *, hold: bool) -> int:
    made = 0
    for comment in comments:
        event = world.state.receive(comment, tell=not hold)
        if hold:
            world.deliveries.hold(event)
        made += 1
        if made % _CHUNK == 0:
            await asyncio.sleep(0)
    return made


async def _let_appear(world: World, comments: Iterator[Comment]) -> None:
    """Each comment appears when the virtual clock reaches it."""
    for comment in comments:
        while (seconds := world.clock.real_seconds_until(comment.create_ms)) != 0:  # noqa: ASYNC110 - waits for a clock that can be changed meanwhile, not for an event
            await asyncio.sleep(_GLANCE if seconds is None else min(seconds, _GLANCE))
        world.state.receive(comment)


def _single(world: World, order: CommentOrder) -> Comment:
    state = world.state
    if order.video_id not in state.videos:
        raise ApiError(40007, "The video does not exist.")
    parent = order.parent_comment_id
    if parent:
        state.comment(parent)
    now = world.clock.now_ms()
    return Comment(
        comment_id=state.new_id(now),
        video_id=order.video_id,
        parent_id=parent,
        unique_identifier=f"+Sbx{order.viewer}",
        username=order.viewer,
        display_name=order.viewer,
        text=order.text,
        create_ms=now,
        likes=order.likes,
        hidden=order.hidden,
        kind="ordered",
    )


# --- clock and faults ---


def _clock(world: World) -> dict[str, Any]:
    now = world.clock.now_ms()
    return {"now_ms": now, "iso": iso(now), "speed": world.clock.speed, "frozen": world.clock.frozen}


def _change_clock(world: World, order: ClockOrder) -> None:
    try:
        instant = None if order.set is None else parse_iso(order.set)
        if order.speed is not None:
            world.clock.run_at(order.speed)
    except ValueError as wrong:
        raise HTTPException(status_code=400, detail=str(wrong)) from None
    if instant is not None:
        world.clock.jump(instant)
    if order.advance_seconds is not None:
        world.clock.advance(order.advance_seconds)
    if order.freeze is not None:
        world.clock.freeze(still=order.freeze)
    world.deliveries.wake()


def _inject(world: World, order: InjectOrder) -> None:
    if order.clear:
        world.faults.clear()
    try:
        for fault in [*([order.fault] if order.fault else []), *order.faults]:
            world.faults.order(fault)
    except ValueError as wrong:
        raise HTTPException(status_code=400, detail=str(wrong)) from None
    if order.webhooks is not None:
        world.faults.webhooks = order.webhooks
    if order.limits is not None:
        world.throttle.enabled = order.limits
        world.throttle.reset()


# --- looking ---


def _pending(world: World, *, limit: int, peek: bool) -> dict[str, Any]:
    taken = world.deliveries.take_held(limit, peek=peek)
    return {
        "deliveries": [
            {
                "number": delivery.number,
                "event": delivery.event.name,
                "headers": {"Tiktok-Signature": signature, "Content-Type": "application/json"},
                "body": body.decode(),
            }
            for delivery, body, signature in taken
        ],
        "left": len(world.deliveries.held),
    }


def _delivery(delivery: Delivery) -> dict[str, Any]:
    event = delivery.event
    return {
        "number": delivery.number,
        "event": event.name,
        "action": event.action,
        "comment_id": event.comment.comment_id if event.comment else "",
        "status": delivery.status,
        "copy": delivery.copy,
        "first_ms": delivery.first_ms,
        "due_ms": delivery.due_ms,
        "attempts": [msgspec.structs.asdict(attempt) for attempt in delivery.attempts],
    }


def _transcript(world: World, *, video_id: str, limit: int) -> list[dict[str, Any]]:
    state = world.state
    chosen = [video for video in state.videos.values() if not video_id or video.item_id == video_id]
    return [
        {
            "video_id": video.item_id,
            "caption": video.caption,
            "comments": [
                _spoken(world, state.comments[comment_id])
                for comment_id in islice(state.threads[video.item_id].ids, limit)
            ],
        }
        for video in chosen
    ]


def _spoken(world: World, comment: Comment) -> dict[str, Any]:
    replies = [world.state.comments[reply] for reply in comment.replies if reply in world.state.comments]
    return {
        "comment_id": comment.comment_id,
        "at": iso(comment.create_ms),
        "username": comment.username,
        "text": comment.text,
        "kind": comment.kind,
        "owner": comment.owner,
        "hidden": comment.hidden,
        "shadow_hidden": comment.shadow_hidden,
        "deleted": comment.deleted,
        "replies": [_spoken(world, reply) for reply in replies],
    }
