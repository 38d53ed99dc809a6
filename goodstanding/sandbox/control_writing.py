"""Control calls about what viewers do: comment, write, tap, read, arrive; one by one or as a crowd."""

import asyncio
from collections.abc import Iterator
from typing import Annotated, Any, Literal

import msgspec
from litestar.exceptions import HTTPException

from goodstanding.sandbox.clock import MILLISECONDS
from goodstanding.sandbox.crowd import HARMFUL_SHARE, LANGUAGES, make_comments
from goodstanding.sandbox.faults import Share
from goodstanding.sandbox.inbox import Conversation, Message
from goodstanding.sandbox.insights import chance
from goodstanding.sandbox.message_crowd import Letter, habit_of, make_letters
from goodstanding.sandbox.personas import messages_closed
from goodstanding.sandbox.state import ApiError, Comment
from goodstanding.sandbox.world import World

_CHUNK = 1000
_GLANCE = 0.05
_Count = Annotated[int, msgspec.Meta(ge=1, le=10_000_000)]
_Span = Annotated[float, msgspec.Meta(ge=0, le=31_536_000)]
_Weight = Annotated[float, msgspec.Meta(ge=0, le=1_000_000)]
_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class CrowdOrder(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Comments to make. With `deliver` false they exist at once and their webhooks wait to be fetched."""

    count: _Count
    seed: int = 1
    spread_seconds: _Span = 0.0
    harmful_share: Annotated[float, msgspec.Meta(ge=0, le=1)] = HARMFUL_SHARE
    languages: dict[str, _Weight] = msgspec.field(default_factory=lambda: dict(LANGUAGES))
    spike: bool = False
    deliver: bool = True
    open_id: str = ""
    """Whose videos; the first account when empty."""
    video_ids: list[str] = []
    then_message: Share = 0.0
    """The share of these viewers who also write a message to the account, within ten minutes."""
    message_when_answered: Share = 0.0
    """The share of these viewers who write to the account within ten minutes of its reply to their comment."""


class MessageCrowdOrder(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Messages to make. The writers react to cards: they tap, refuse, ask to stop, or keep silent."""

    business_id: str
    count: _Count
    seed: int = 1
    spread_seconds: _Span = 0.0
    harmful_share: Share = HARMFUL_SHARE
    eu_share: Share = 0.1
    """Writers in the EEA, whose messages are announced without text or sender."""
    languages: dict[str, _Weight] = msgspec.field(default_factory=lambda: dict(LANGUAGES))
    spike: bool = False


class CommentOrder(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One comment by one viewer."""

    text: str
    video_id: str
    viewer: _Name = "viewer0001"
    parent_comment_id: str = ""
    hidden: bool = False
    likes: int = 0


class MessageOrder(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One message by one viewer. `text` is the text, or the address or id the other kinds carry; `other` carries nothing."""

    business_id: str
    viewer: _Name
    text: str
    kind: Literal["text", "image", "video", "sticker", "emoji", "share_post", "other"] = "text"
    country: str | None = None
    """Where the viewer is registered from now on; the account's own country until it is said."""
    age: int | None = None
    is_follower: bool | None = None
    referenced_message_id: str = ""


class TapOrder(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A button of a card that a viewer taps."""

    business_id: str
    viewer: _Name
    message_id: str
    button_id: str


class ReactionOrder(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """An emoji that a viewer puts to a message, or takes away."""

    business_id: str
    viewer: _Name
    message_id: str
    emoji: Annotated[str, msgspec.Meta(min_length=1, max_length=16)] = "❤️"
    ai_emoji_url: str = ""
    """The picture of an emoji that was made by AI, which makes it one."""
    remove: bool = False


class ViewerOrder(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A viewer and an account."""

    business_id: str
    viewer: _Name


class ReferralOrder(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A viewer who arrives by a `tiktok.me` link, or by an ad when `ad_id` is given."""

    business_id: str
    viewer: _Name
    ref: str = ""
    prefilled_message: str = ""
    ad_id: str = ""


class AppSendOrder(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A message that the owner or staff sends in the app, or that the app sends by itself."""

    business_id: str
    viewer: _Name
    text: str
    source: Literal["APP", "WEB"] = "APP"
    auto_reply: bool = False
    """A keyword reply that was set up in the app, and that nobody wrote."""


async def crowd(world: World, order: CrowdOrder) -> dict[str, Any]:
    """Let the crowd comment.

    With `deliver` true the comments appear over the coming `spread_seconds` of virtual time and are announced.
    With `deliver` false they exist at once, dated in the past `spread_seconds`, and their signed webhooks wait
    at `deliveries?pending=1`.
    """
    waiting = world.deliveries.waiting if order.deliver else len(world.deliveries.held)
    spread = order.deliver and order.spread_seconds > 0
    if not spread and order.count > world.settings.queue_max - waiting:
        raise HTTPException(status_code=409, detail="no room for so many deliveries")
    _check_languages(order.languages)
    comments = _crowd_of(world, order)
    if spread:
        world.in_background(_let_appear(world, comments, order))
        return {"made": 0, "coming": order.count, "held": len(world.deliveries.held)}
    made = await _appear_now(world, comments, order)
    return {"made": made, "coming": 0, "held": len(world.deliveries.held)}


async def comment(world: World, order: CommentOrder) -> dict[str, Any]:
    """Let one viewer write one comment."""
    made = _single(world, order)
    world.state.receive(made)
    return {"comment_id": made.comment_id, "create_ms": made.create_ms}


async def write_message(world: World, order: MessageOrder) -> dict[str, Any]:
    """Let a viewer write a message to an account, which opens the window of 48 hours."""
    world.account(order.business_id)
    viewer = world.inbox.viewer(
        order.viewer, country=order.country, age=order.age, is_follower=order.is_follower
    )
    made = world.inbox.write(
        order.business_id,
        viewer,
        kind=order.kind,
        content=_content(world, order),
        referenced=order.referenced_message_id,
    )
    return _written(world, *made)


async def tap(world: World, order: TapOrder) -> dict[str, Any]:
    """Let a viewer tap a button of a card; its label comes back as text, with the button's own id."""
    viewer = world.inbox.viewer(order.viewer)
    made = world.inbox.tap(order.business_id, viewer, message_id=order.message_id, button_id=order.button_id)
    return _written(world, *made)


async def react(world: World, order: ReactionOrder) -> dict[str, Any]:
    """Let a viewer put an emoji to a message; that opens no window."""
    conversation = world.inbox.react(
        order.business_id,
        world.inbox.viewer(order.viewer),
        message_id=order.message_id,
        emoji=order.emoji,
        ai_emoji_url=order.ai_emoji_url,
        remove=order.remove,
    )
    return {"conversation_id": conversation.conversation_id}


async def read_messages(world: World, order: ViewerOrder) -> dict[str, Any]:
    """Let a viewer read what the account wrote."""
    conversation = world.inbox.read(order.business_id, world.inbox.viewer(order.viewer))
    return {"conversation_id": conversation.conversation_id}


async def refer(world: World, order: ReferralOrder) -> dict[str, Any]:
    """Let a viewer arrive by a link or an ad, without writing yet."""
    now = world.clock.now_ms()
    account = world.account(order.business_id)
    referral: dict[str, Any]
    if order.ad_id:
        ad = {
            "advertiser_id": "7000000000000000001", "ad_id": order.ad_id, "timestamp": now,
            "ad_name": "Invented ad", "embed_url": "", "message_material_id": "",
        }  # fmt: skip
        referral = {"source": "ad", "ad": ad}
    else:
        link = {
            "ref": order.ref,
            "prefilled_message": order.prefilled_message,
            "prefilled_message_audit_status": "PASS",
        }
        referral = {"source": "short_link", "short_link": link}
    conversation = world.inbox.refer(account.open_id, world.inbox.viewer(order.viewer), referral)
    return {"conversation_id": conversation.conversation_id}


async def accept_request(world: World, order: ViewerOrder) -> dict[str, Any]:
    """Let the owner accept a viewer's request in the app; what was held back is announced now."""
    conversation = _conversation(world, order.business_id, order.viewer)
    return {"conversation_id": conversation.conversation_id, "told": world.inbox.accept(conversation)}


async def send_in_app(world: World, order: AppSendOrder) -> dict[str, Any]:
    """Let staff, or a keyword reply of the app, answer a viewer; the echo says so."""
    conversation = _conversation(world, order.business_id, order.viewer)
    message = world.inbox.send(
        conversation,
        kind="text",
        content={"body": order.text},
        source="OTHERS" if order.auto_reply else order.source,
        auto_type="AUTO_REPLY" if order.auto_reply else "",
        counts=False,
    )
    if not order.auto_reply:
        conversation.kind = "SINGLE"
    return {"conversation_id": conversation.conversation_id, "message_id": message.message_id}


# --- the crowd ---


def _check_languages(weights: dict[str, float]) -> None:
    if not set(weights) <= set(LANGUAGES) or not sum(weights.values()):
        raise HTTPException(status_code=400, detail=f"languages are {', '.join(LANGUAGES)}")


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


async def _appear_now(world: World, comments: Iterator[Comment], order: CrowdOrder) -> int:
    made = 0
    for comment in comments:
        event = world.state.receive(comment, tell=order.deliver)
        if not order.deliver:
            world.deliveries.hold(event)
        _follow_up(world, comment, order)
        made += 1
        if made % _CHUNK == 0:
            await asyncio.sleep(0)
    return made


async def _let_appear(world: World, comments: Iterator[Comment], order: CrowdOrder) -> None:
    """Each comment appears when the virtual clock reaches it."""
    for comment in comments:
        await _reach(world, comment.create_ms)
        world.state.receive(comment)
        _follow_up(world, comment, order)


async def _reach(world: World, instant_ms: int) -> None:
    while (seconds := world.clock.real_seconds_until(instant_ms)) != 0:  # noqa: ASYNC110 - waits for a clock that can be changed meanwhile, not for an event
        await asyncio.sleep(_GLANCE if seconds is None else min(seconds, _GLANCE))


def _follow_up(world: World, comment: Comment, order: CrowdOrder) -> None:
    """Some of those who comment write a message as well, now or once they are answered."""
    draw = chance("then message", comment.comment_id)
    if draw < order.then_message:
        _write_info(world, comment, 30 + 570 * draw / order.then_message)
    elif draw < order.then_message + order.message_when_answered:
        wait = 30 + 570 * (draw - order.then_message) / order.message_when_answered
        world.state.when_answered(comment, lambda: _write_info(world, comment, wait))


def _write_info(world: World, comment: Comment, wait: float) -> None:
    open_id = world.state.videos[comment.video_id].open_id
    viewer = world.inbox.viewer(
        comment.unique_identifier, username=comment.username, habit=habit_of(comment.unique_identifier)
    )
    world.agenda.after(wait, lambda _: world.inbox.write(open_id, viewer, content={"body": "INFO"}))


async def message_crowd(world: World, order: MessageCrowdOrder) -> dict[str, Any]:
    """Let the crowd write messages over the coming `spread_seconds` of virtual time, at once when it is 0."""
    world.account(order.business_id)
    if order.count > world.settings.queue_max - world.deliveries.waiting:
        raise HTTPException(status_code=409, detail="no room for so many deliveries")
    _check_languages(order.languages)
    letters = list(
        make_letters(
            order.count,
            order.seed,
            start_ms=world.clock.now_ms(),
            spread_ms=int(order.spread_seconds * MILLISECONDS),
            harmful_share=order.harmful_share,
            eu_share=order.eu_share,
            languages=order.languages,
            spike=order.spike,
        )
    )
    if order.spread_seconds:
        world.in_background(_let_write(world, order.business_id, letters))
        return {"made": 0, "coming": order.count}
    for letter in letters:
        _write_letter(world, order.business_id, letter)
    return {"made": order.count, "coming": 0}


async def _let_write(world: World, business_id: str, letters: list[Letter]) -> None:
    for letter in letters:
        await _reach(world, letter.at_ms)
        _write_letter(world, business_id, letter)


def _write_letter(world: World, business_id: str, letter: Letter) -> None:
    viewer = world.inbox.viewer(
        letter.unique_identifier,
        username=letter.username,
        display_name=letter.username.replace("_", " ").rstrip("0123456789").title(),
        country=letter.country,
        age=letter.age,
        habit=letter.habit,
    )
    world.inbox.write(business_id, viewer, content={"body": letter.text})


def _single(world: World, order: CommentOrder) -> Comment:
    state = world.state
    if order.video_id not in state.videos:
        raise ApiError(40007, "The video does not exist.")
    parent = order.parent_comment_id
    if parent:
        state.comment(parent)
    now = world.clock.now_ms()
    viewer = world.inbox.viewer(order.viewer)
    return Comment(
        comment_id=state.new_id(now),
        video_id=order.video_id,
        parent_id=parent,
        unique_identifier=viewer.unique_identifier,
        username=viewer.username,
        display_name=viewer.display_name,
        text=order.text,
        create_ms=now,
        likes=order.likes,
        hidden=order.hidden,
        kind="ordered",
    )


# --- messages ---


def _conversation(world: World, business_id: str, viewer: str) -> Conversation:
    found = world.inbox.between(business_id, world.inbox.viewer(viewer))
    if found is None:
        raise ApiError(40007, "There is no such conversation.")
    return found


def _content(world: World, order: MessageOrder) -> dict[str, Any]:
    if order.kind == "text":
        return {"body": order.text}
    if order.kind in ("image", "video"):
        return {"media_id": order.text or f"sbxMedia{world.state.opaque('media').hex()[:24]}"}
    if order.kind == "share_post":
        return {"video_id": order.text, "embed_url": f"https://www.tiktok.com/player/v1/{order.text}"}
    return {} if order.kind == "other" else {"url": order.text}


def _written(world: World, conversation: Conversation, message: Message) -> dict[str, Any]:
    account = world.state.accounts[conversation.open_id]
    closed = messages_closed(account, world.numbers.regions)
    return {
        "conversation_id": conversation.conversation_id,
        "message_id": message.message_id,
        "unique_identifier": conversation.viewer.unique_identifier,
        "at_ms": message.at_ms,
        "announced": closed is None and conversation.accepted,
        "why_not": closed[1] if closed else "",
    }


CALLS = (
    ("POST", "/crowd", crowd, CrowdOrder),
    ("POST", "/crowd/messages", message_crowd, MessageCrowdOrder),
    ("POST", "/comment", comment, CommentOrder),
    ("POST", "/messages", write_message, MessageOrder),
    ("POST", "/taps", tap, TapOrder),
    ("POST", "/reactions", react, ReactionOrder),
    ("POST", "/reads", read_messages, ViewerOrder),
    ("POST", "/referrals", refer, ReferralOrder),
    ("POST", "/requests/accept", accept_request, ViewerOrder),
    ("POST", "/app/messages", send_in_app, AppSendOrder),
)
