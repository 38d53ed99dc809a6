"""Control calls about how the sandbox runs: clock, faults, options, and everything that can be looked at."""

from itertools import islice
from typing import Annotated, Any

import msgspec
from litestar.exceptions import HTTPException

from goodstanding.sandbox.call import Nothing
from goodstanding.sandbox.clock import MILLISECONDS, iso, parse_iso
from goodstanding.sandbox.deliveries import Delivery
from goodstanding.sandbox.faults import Fault, Share, WebhookFaults
from goodstanding.sandbox.numbers import Level
from goodstanding.sandbox.state import Comment
from goodstanding.sandbox.world import World

_Limit = Annotated[int, msgspec.Meta(ge=0, le=10_000_000)]
_LATEST_MS = 253_000_000_000_000
"""Some time in the year 9987: the end of the virtual clock."""
_Milliseconds = Annotated[int, msgspec.Meta(ge=0, le=300_000_000)]
_SHUFFLE_SECONDS = 2.0


class ClockOrder(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Changes to the virtual clock, made in this order: set, advance, speed, freeze."""

    set: str | None = None
    advance_seconds: Annotated[float, msgspec.Meta(ge=-1e9, le=1e9)] | None = None
    speed: Annotated[float, msgspec.Meta(gt=0, le=1e6)] | None = None
    freeze: bool | None = None


class InjectOrder(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Faults to order. `clear` comes first."""

    clear: bool = False
    fault: Fault | None = None
    faults: list[Fault] = []
    webhooks: WebhookFaults | None = None
    limits: bool | None = None
    level: Level | None = None
    """The level of the app, which its limits depend on."""


class SettleOrder(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """How long to wait for what is due, in real seconds."""

    timeout_seconds: Annotated[float, msgspec.Meta(gt=0, le=600)] = 30.0


class DeliveriesQuery(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What to see of the deliveries."""

    pending: bool = False
    peek: bool = False
    limit: _Limit = 500
    after: int = 0
    status: str = ""


class CallsQuery(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What to see of the calls."""

    after: int = 0
    limit: _Limit = 1000
    act: str = ""
    accepted: bool | None = None


class TranscriptQuery(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What to see of the comments."""

    video_id: str = ""
    limit: _Limit = 1000


class WebhookFaultsOrder(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """How deliveries go wrong from now on; what is not named stays as it was. Shares are 0 to 1."""

    hold: bool | None = None
    """Nothing is sent: events wait until they are fetched at `deliveries?pending=1`."""
    lost: Share | None = None
    duplicate: Share | None = None
    shuffle: Share | None = None
    """Deliveries that others overtake."""
    shuffle_ms: _Milliseconds | None = None
    """By how much, in virtual milliseconds; 2,000 when only `shuffle` is named."""
    delay_ms: _Milliseconds | None = None
    """The longest delay, in virtual milliseconds."""
    bad_signature: Share | None = None
    stale: Share | None = None
    echo_first: Share | None = None


class OptionsOrder(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Assumed behaviour to change; what is not named stays as it was."""

    block_links: bool | None = None
    conversations_per_day: Annotated[int, msgspec.Meta(ge=0)] | None = None
    legacy_pin: bool | None = None
    short_pages: bool | None = None
    bounce_returning: bool | None = None


async def read_clock(world: World, _: Nothing) -> dict[str, Any]:
    """Tell the virtual time."""
    return _clock(world)


async def set_clock(world: World, order: ClockOrder) -> dict[str, Any]:
    """Change the virtual clock, which is also in every Date header."""
    _change_clock(world, order)
    world.agenda.run_due()
    return _clock(world)


async def inject(world: World, order: InjectOrder) -> dict[str, Any]:
    """Order faults, set limits and the app's level, and tell how they stand.

    `endpoint` of a fault is the end of a path, such as `comment/reply/create/`, or `*`.
    """
    _inject(world, order)
    faults = world.faults
    throttle = world.throttle
    return {
        "faults": faults.ordered,
        "webhooks": faults.webhooks,
        "limits": throttle.enabled,
        "level": throttle.level,
    }


async def webhook_faults(world: World, order: WebhookFaultsOrder) -> dict[str, Any]:
    """Let webhooks be held, lost, doubled, overtaken, late, wrongly signed or stale from now on."""
    spoil = world.faults.webhooks
    named = {"shuffle": "reorder"}
    if order.shuffle is not None and order.shuffle_ms is None:
        spoil.reorder_seconds = _SHUFFLE_SECONDS
    for name in order.__struct_fields__:
        value = getattr(order, name)
        if value is None:
            continue
        if name == "delay_ms":
            spoil.delay_seconds_max = value / MILLISECONDS
        elif name == "shuffle_ms":
            spoil.reorder_seconds = value / MILLISECONDS
        else:
            setattr(spoil, named.get(name, name), value)
    return {"webhooks": spoil}


async def add_fault(world: World, order: Fault) -> dict[str, Any]:
    """Order one fault: for the next `times` calls, or by `probability`; `inject` with `clear` ends all."""
    return await inject(world, InjectOrder(fault=order))


async def options(world: World, order: OptionsOrder) -> dict[str, Any]:
    """Change assumed behaviour, and tell how it stands."""
    for name in order.__struct_fields__:
        value = getattr(order, name)
        if value is not None:
            setattr(world.options, name, value)
    return {"options": world.options}


async def settle(world: World, order: SettleOrder) -> dict[str, Any]:
    """Wait until no webhook is due or on its way."""
    return {"settled": await world.deliveries.settle(order.timeout_seconds)}


async def deliveries(world: World, asked: DeliveriesQuery) -> dict[str, Any]:
    """Tell the log of webhooks; with `pending` hand over the held ones, each once, or look with `peek`."""
    if asked.pending:
        return _pending(world, limit=asked.limit, peek=asked.peek)
    chosen = (
        one
        for one in world.deliveries.log
        if one.number > asked.after and (not asked.status or one.status == asked.status)
    )
    return {
        "counts": world.deliveries.counts,
        "waiting": world.deliveries.waiting,
        "held": len(world.deliveries.held),
        "deliveries": [_delivery(one) for one in islice(chosen, asked.limit)],
    }


async def calls(world: World, asked: CallsQuery) -> dict[str, Any]:
    """Tell the platform calls and what really came of each.

    `accepted` means it took effect, whatever the caller was sent; `comment_id` is what came into being or was
    acted upon; `cause` is the comment that was answered; `doubled` lists comments answered more than once.
    """
    journal = world.journal
    entries = journal.select(after=asked.after, act=asked.act, accepted=asked.accepted, limit=asked.limit)
    counts = [
        {"endpoint": endpoint, "code": code, "count": count}
        for (endpoint, code), count in journal.counts.items()
    ]
    return {"total": journal.total, "counts": counts, "doubled": journal.doubled(), "calls": entries}


async def transcript(world: World, asked: TranscriptQuery) -> dict[str, Any]:
    """Tell comments, replies and messages as they stand, with what is hidden marked."""
    return {
        "videos": _transcript(world, video_id=asked.video_id, limit=asked.limit),
        "conversations": _conversations(world, limit=asked.limit),
    }


async def state(world: World, _: Nothing) -> dict[str, Any]:
    """Tell accounts, videos, counts and settings."""
    return overview(world)


async def assumed(world: World, _: Nothing) -> dict[str, Any]:
    """Tell what the platform does not document and this sandbox had to choose."""
    return {"as_of": world.numbers.as_of, "assumed": world.numbers.assumed}


CALLS = (
    ("GET", "/clock", read_clock, Nothing),
    ("POST", "/clock", set_clock, ClockOrder),
    ("POST", "/inject", inject, InjectOrder),
    ("POST", "/faults", add_fault, Fault),
    ("POST", "/webhooks/faults", webhook_faults, WebhookFaultsOrder),
    ("POST", "/options", options, OptionsOrder),
    ("POST", "/settle", settle, SettleOrder),
    ("GET", "/deliveries", deliveries, DeliveriesQuery),
    ("GET", "/calls", calls, CallsQuery),
    ("GET", "/transcript", transcript, TranscriptQuery),
    ("GET", "/state", state, Nothing),
    ("GET", "/assumed", assumed, Nothing),
)


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
        "conversations": len(world.inbox.conversations),
        "options": world.options,
        "doubled_replies": len(world.journal.doubled()),
        "limits": world.throttle.enabled,
        "level": world.throttle.level,
        "webhooks": {name: known.callback_url for name, known in world.subscriptions.items()},
        "assumed": world.numbers.assumed,
    }


# --- clock and faults ---


def _clock(world: World) -> dict[str, Any]:
    now = world.clock.now_ms()
    return {"now_ms": now, "iso": iso(now), "speed": world.clock.speed, "frozen": world.clock.frozen}


def _change_clock(world: World, order: ClockOrder) -> None:
    clock = world.clock
    try:
        instant = clock.now_ms() if order.set is None else parse_iso(order.set)
    except (ValueError, OverflowError) as wrong:
        raise HTTPException(status_code=400, detail=str(wrong)) from None
    moved = order.advance_seconds or 0.0
    if not 0 <= instant + moved * MILLISECONDS <= _LATEST_MS:
        raise HTTPException(status_code=400, detail="the virtual clock runs from 1970 to 9987")
    if order.speed is not None:
        clock.run_at(order.speed)
    if order.set is not None:
        clock.jump(instant)
    if order.advance_seconds is not None:
        clock.advance(order.advance_seconds)
    if order.freeze is not None:
        clock.freeze(still=order.freeze)
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
    if order.level is not None:
        world.throttle.level = order.level
    if order.limits is not None or order.level is not None:
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
        "open_id": event.open_id,
        "action": event.action,
        "comment_id": event.comment.comment_id if event.comment else "",
        "content": event.content or {},
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


def _conversations(world: World, *, limit: int) -> list[dict[str, Any]]:
    return [
        {
            "conversation_id": one.conversation_id,
            "business_id": one.open_id,
            "viewer": one.viewer,
            "kind": one.kind,
            "sent_in_window": one.sent,
            "messages": list(one.messages),
        }
        for one in islice(world.inbox.conversations.values(), limit)
    ]
