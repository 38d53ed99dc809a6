"""Business Messaging calls: conversations, messages, sending, media, capabilities."""

import re
from functools import partial
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from goodstanding.sandbox.call import Call, OfAccount, Page, Route, Routes, Text
from goodstanding.sandbox.inbox import Conversation, Message
from goodstanding.sandbox.numbers import read_numbers
from goodstanding.sandbox.shapes import Ad, Emoji, Quote, ShortLink, Tag
from goodstanding.sandbox.state import DAY_MS, ApiError, Comment

_LINK = re.compile(r"(?i)\bhttps?://|\bwww\.|\b[\w-]+\.(?:com|net|org|nl|be|eu|io|me|co|shop|example)\b")
_RULES = read_numbers().messages
_Unset = UnsetType
Role = Literal["BUSINESS_ACCOUNT", "PERSONAL_ACCOUNT"]


# --- what calls take ---


class ConversationQuery(OfAccount, kw_only=True):
    """Conversations the account has accepted or answered (SINGLE) or not yet (STRANGER)."""

    conversation_type: Literal["STRANGER", "SINGLE"]
    limit: Annotated[int, msgspec.Meta(ge=1, le=_RULES.conversations_max)] = _RULES.conversations_max
    cursor: Annotated[int, msgspec.Meta(ge=0, le=2**53)] = 0


class ContentQuery(OfAccount, kw_only=True):
    """A conversation; `+` in its id must be sent as `%2B`."""

    conversation_id: Text


class TextContent(msgspec.Struct, kw_only=True):
    """A text."""

    body: Annotated[str, msgspec.Meta(min_length=1, max_length=_RULES.text_characters_max)]


class ImageContent(msgspec.Struct, kw_only=True):
    """An uploaded image."""

    media_id: Text


class PostContent(msgspec.Struct, kw_only=True):
    """An own post."""

    item_id: Text


class Button(msgspec.Struct, kw_only=True):
    """An answer to tap; `id` comes back when it is tapped."""

    type: Literal["REPLY"]
    title: Annotated[str, msgspec.Meta(min_length=1, max_length=_RULES.link_title_max)]
    id: Annotated[str, msgspec.Meta(min_length=1, max_length=_RULES.button_id_max)]


class Card(msgspec.Struct, kw_only=True):
    """A question with answers to tap."""

    type: Literal["QA_BUTTON_CARD", "QA_LINK_CARD"]
    title: Annotated[str, msgspec.Meta(min_length=1, max_length=_RULES.card_title_max)]
    buttons: Annotated[list[Button], msgspec.Meta(min_length=1, max_length=_RULES.card_buttons_max)]


class CommentReply(msgspec.Struct, kw_only=True):
    """A comment that is answered by a message."""

    comment_id: Text


class DirectReplyTarget(msgspec.Struct, kw_only=True):
    """Comment-to-message, instead of a conversation."""

    reply_type: Literal["COMMENT_REPLY"]
    comment_reply: CommentReply


class SendOrder(OfAccount, kw_only=True):
    """A message: a conversation or a comment, and exactly the content that its type names."""

    message_type: Literal["TEXT", "IMAGE", "SHARE_POST", "TEMPLATE", "SENDER_ACTION"]
    recipient_type: Literal["CONVERSATION"] | None = None
    recipient: str | None = None
    direct_reply: DirectReplyTarget | None = None
    text: TextContent | None = None
    image: ImageContent | None = None
    share_post: PostContent | None = None
    template: Card | None = None
    sender_action: Literal["TYPING", "MARK_READ"] | None = None
    referenced_message_info: Quote | None = None


class MediaUpload(OfAccount, kw_only=True):
    """An image to send later."""

    media_type: Literal["IMAGE"]


class MediaDownload(OfAccount, kw_only=True):
    """An image or video of a message."""

    conversation_id: Text
    message_id: Text
    media_id: Text
    media_type: Literal["IMAGE", "VIDEO"]


class CapabilityQuery(OfAccount, kw_only=True):
    """What may be sent in a conversation."""

    conversation_id: Text
    conversation_type: Literal["STRANGER", "SINGLE"]
    capability_types: list[Literal["IMAGE_SEND"]]


# --- what calls give ---


class Referral(msgspec.Struct, kw_only=True):
    """What led to a conversation."""

    ad: list[Ad]
    short_link: list[ShortLink]


class ConversationShown(msgspec.Struct, kw_only=True):
    """A conversation; who it is with is not told here."""

    conversation_id: str
    update_time: int
    referral: Referral | _Unset = UNSET


class ConversationPage(Page, kw_only=True):
    """Conversations of the last 90 days, the latest first."""

    conversations: list[ConversationShown]


class Participant(msgspec.Struct, kw_only=True):
    """One side of a conversation."""

    role: Role
    id: str
    display_name: str
    profile_image: str
    is_follower: bool


class Side(msgspec.Struct, kw_only=True):
    """Who a message is from or to."""

    role: Role
    id: str


class MessageShown(msgspec.Struct, kw_only=True):
    """A message with the content that its type names; its time in milliseconds."""

    message_id: str
    conversation_id: str
    sender: str
    recipient: str
    timestamp: int
    message_type: Literal["TEXT", "IMAGE", "SHARE_POST", "VIDEO", "EMOJI", "STICKER", "TEMPLATE", "OTHER"]
    from_user: Side
    to_user: Side
    message_tag: Tag
    text: dict[str, str] | _Unset = UNSET
    image: dict[str, str] | _Unset = UNSET
    share_post: dict[str, str] | _Unset = UNSET
    video: dict[str, str] | _Unset = UNSET
    sticker: dict[str, str] | _Unset = UNSET
    emoji: dict[str, str] | _Unset = UNSET
    template: Card | _Unset = UNSET
    auto_message_type: str | _Unset = UNSET
    reactions: list[Emoji] | _Unset = UNSET
    referenced_message_info: Quote | _Unset = UNSET


class Contents(msgspec.Struct, kw_only=True):
    """The latest messages of a conversation, the newest first, and its two sides."""

    participants: list[Participant]
    messages: list[MessageShown]


class SentMessage(msgspec.Struct, kw_only=True):
    """The id of what was sent; empty for a sender action."""

    message_id: str


class Sent(msgspec.Struct, kw_only=True):
    """What was sent."""

    message: SentMessage


class MediaId(msgspec.Struct, kw_only=True):
    """An uploaded image, for 30 days."""

    media_id: str


class DownloadAddress(msgspec.Struct, kw_only=True):
    """An address for 24 hours, to be fetched with the access token in `x-user`."""

    download_url: str


class Capability(msgspec.Struct, kw_only=True):
    """Whether something may be sent."""

    capability_type: Literal["IMAGE_SEND"]
    capability_result: bool


class Capabilities(msgspec.Struct, kw_only=True):
    """What may be sent in a conversation."""

    capability_infos: list[Capability]


# --- reading ---


def _conversation(call: Call, conversation_id: str) -> Conversation:
    found = call.world.inbox.conversation(conversation_id, open_id=call.account.open_id)
    if call.world.inbox.is_eu(found):
        raise ApiError(40007, "The conversation does not exist.")
    return found


def conversation_list(call: Call, asked: ConversationQuery) -> ConversationPage:
    """List conversations, the latest first; those with viewers in the EEA, CH and UK are left out."""
    rules = call.world.numbers.messages
    since = call.world.clock.now_ms() - rules.history_days * DAY_MS
    found = [
        one
        for one in call.world.inbox.of_account(call.account.open_id)
        if one.kind == asked.conversation_type and one.update_ms >= since and not call.world.inbox.is_eu(one)
    ][: rules.conversations_max]
    page = found[asked.cursor : asked.cursor + asked.limit]
    end = min(asked.cursor + asked.limit, len(found)) if page else asked.cursor
    return ConversationPage(
        conversations=[_shown_conversation(one) for one in page],
        cursor=end,
        has_more=end < len(found),
    )


def _shown_conversation(one: Conversation) -> ConversationShown:
    shown = ConversationShown(conversation_id=one.conversation_id, update_time=one.update_ms)
    if one.ads or one.short_links:
        shown.referral = Referral(
            ad=[msgspec.convert(ad | {"timestamp": ad["timestamp"] // 1000}, Ad) for ad in one.ads],
            short_link=[msgspec.convert(link, ShortLink) for link in one.short_links],
        )
    return shown


def content_list(call: Call, asked: ContentQuery) -> Contents:
    """List the 20 latest messages of a conversation; there is no page behind them."""
    conversation = _conversation(call, asked.conversation_id)
    rules, account, viewer = call.world.numbers.messages, call.account, conversation.viewer
    since = call.world.clock.now_ms() - rules.history_days * DAY_MS
    kept = [one for one in conversation.messages if one.at_ms >= since][-rules.history_messages :]
    people = (
        ("BUSINESS_ACCOUNT", account.open_id, account.display_name, account.username, False),
        (
            "PERSONAL_ACCOUNT", viewer.unique_identifier, viewer.display_name, viewer.username,
            viewer.is_follower,
        ),
    )  # fmt: skip
    return Contents(
        participants=[
            msgspec.convert(
                {
                    "role": role,
                    "id": identifier,
                    "display_name": name,
                    "profile_image": call.address(f"profile/{username}"),
                    "is_follower": follows,
                },
                Participant,
            )
            for role, identifier, name, username, follows in people
        ],
        messages=[_shown_message(call, conversation, one) for one in reversed(kept)],
    )


def _shown_message(call: Call, conversation: Conversation, one: Message) -> MessageShown:
    business = {"role": "BUSINESS_ACCOUNT", "id": call.account.open_id}
    person = {"role": "PERSONAL_ACCOUNT", "id": conversation.viewer.unique_identifier}
    names = (call.account.username, conversation.viewer.username)
    found: dict[str, Any] = {
        "message_id": one.message_id,
        "conversation_id": conversation.conversation_id,
        "sender": names[0] if one.from_business else names[1],
        "recipient": names[1] if one.from_business else names[0],
        "timestamp": one.at_ms,
        "message_type": one.kind.upper(),
        "from_user": business if one.from_business else person,
        "to_user": person if one.from_business else business,
        "message_tag": {"source": one.source},
        one.kind: one.content,
    }
    if one.kind == "share_post":
        found["share_post"] = {"embed_url": one.content["embed_url"]}
    if one.reactions:
        found["reactions"] = one.reactions
    if one.auto_type:
        found["auto_message_type"] = one.auto_type
    if one.referenced:
        found["referenced_message_info"] = {"referenced_message_id": one.referenced}
    return msgspec.convert(found, MessageShown)


# --- sending ---

_OBJECTS = {"TEXT": "text", "IMAGE": "image", "SHARE_POST": "share_post", "TEMPLATE": "template"}


def send(call: Call, asked: SendOrder) -> Sent:
    """Send a message: only to somebody who wrote in the last 48 hours, at most 10, or as a direct reply."""
    if (asked.direct_reply is None) == (asked.recipient is None or asked.recipient_type is None):
        raise ApiError(40002, "Either recipient_type and recipient or direct_reply must be given.")
    kind, content = _content(call, asked)
    if asked.direct_reply is not None:
        return _send_to_comment(call, asked.direct_reply.comment_reply.comment_id, kind, content)
    assert asked.recipient is not None
    conversation = _conversation(call, asked.recipient)
    if kind == "sender_action":
        return Sent(message=SentMessage(message_id=""))
    referenced = _referenced(call, conversation, asked)
    problem = call.world.inbox.window_problem(conversation) or _link_problem(call, conversation, content)
    if problem is not None:
        raise ApiError(40064, problem)
    if kind == "image" and not _images_allowed(call, conversation):
        raise ApiError(40001, "Images cannot be sent in this conversation.")
    message = call.world.inbox.send(conversation, kind=kind, content=content, referenced=referenced)
    return _sent(call, conversation, message)


def _sent(call: Call, conversation: Conversation, message: Message) -> Sent:
    call.entry.message_id = message.message_id
    call.entry.conversation_id = conversation.conversation_id
    spoil = call.world.faults.webhooks
    if call.world.faults.happens(spoil.echo_first):
        call.late_seconds = spoil.echo_seconds
    return Sent(message=SentMessage(message_id=message.message_id))


def _content(call: Call, asked: SendOrder) -> tuple[str, Any]:
    """Return the kind and the one content object; 40002 for another, several, or one that breaks a limit."""
    names = [*_OBJECTS.values(), "sender_action"]
    given = {name: getattr(asked, name) for name in names if getattr(asked, name) is not None}
    wanted = _OBJECTS.get(asked.message_type, "sender_action")
    if set(given) != {wanted}:
        raise ApiError(40002, f"For {asked.message_type} exactly {wanted} must be given.")
    if asked.text is not None:
        call.entry.text = asked.text.body
    if asked.template is not None:
        _check_card(call, asked.template)
    if asked.share_post is not None:
        video = call.world.state.video(asked.share_post.item_id, open_id=call.account.open_id)
        address = f"https://www.tiktok.com/player/v1/{video.item_id}"
        return wanted, {"video_id": video.item_id, "embed_url": address}
    if asked.image is not None:
        call.world.shelf.upload(asked.image.media_id, open_id=call.account.open_id)
    return wanted, msgspec.to_builtins(given[wanted])


def _check_card(call: Call, card: Card) -> None:
    rules = call.world.numbers.messages
    most = rules.button_title_max if card.type == "QA_BUTTON_CARD" else rules.link_title_max
    if any(len(button.title) > most for button in card.buttons):
        raise ApiError(40002, f"A button title of {card.type} has at most {most} characters.")
    if len({button.id for button in card.buttons}) != len(card.buttons):
        raise ApiError(40002, "The ids of the buttons must differ.")


def _referenced(call: Call, conversation: Conversation, asked: SendOrder) -> str:
    if asked.referenced_message_info is None:
        return ""
    if asked.message_type != "TEXT":
        raise ApiError(40002, "Param referenced_message_info goes with TEXT only.")
    wanted = asked.referenced_message_info.referenced_message_id
    quoted = call.world.inbox.message(conversation, wanted)
    if quoted.kind not in ("text", "image", "share_post"):
        raise ApiError(40002, "Only a text, an image or a post can be quoted.")
    return quoted.message_id


def _link_problem(call: Call, conversation: Conversation, content: Any) -> str | None:
    text = content.get("body", "")
    if call.world.options.block_links and conversation.kind == "STRANGER" and _LINK.search(text):
        return "Links are blocked until the conversation has been answered."
    return None


def _send_to_comment(call: Call, comment_id: str, kind: str, content: Any) -> Sent:
    if kind == "sender_action":
        raise ApiError(40002, "A sender action needs a conversation.")
    comment: Comment = call.target(comment_id)
    problem = call.world.automation.reply_problem(call.account, comment)
    if problem is not None:
        raise ApiError(40064, problem)
    return _sent(call, *call.world.automation.reply(call.account, comment, kind=kind, content=content))


# --- media ---


def _images_allowed(call: Call, conversation: Conversation) -> bool:
    without = call.world.numbers.regions.without_media
    return call.account.country not in without and call.world.inbox.country(conversation) not in without


def media_upload(call: Call, _: MediaUpload) -> MediaId:
    """Keep an image to send: JPG or PNG, at most 3 MB, for 30 days."""
    rules = call.world.numbers.messages
    picture, data = call.picture("file", bytes_max=rules.media_bytes_max, kinds=("jpeg", "png"))
    media_id = f"sbxMedia{call.world.state.opaque('media').hex()[:24]}"
    call.world.shelf.keep(
        media_id, picture=picture, data=data, open_id=call.account.open_id, days=rules.media_days
    )
    return MediaId(media_id=media_id)


def media_download(call: Call, asked: MediaDownload) -> DownloadAddress:
    """Give an address at which an image or video of a message can be fetched."""
    conversation = _conversation(call, asked.conversation_id)
    message = call.world.inbox.message(conversation, asked.message_id)
    if message.kind != asked.media_type.lower() or message.content.get("media_id") != asked.media_id:
        raise ApiError(40007, "The message has no such media.")
    return DownloadAddress(download_url=call.address(f"message/{asked.media_id}"))


def capabilities(call: Call, asked: CapabilityQuery) -> Capabilities:
    """Tell whether images can be sent in a conversation."""
    conversation = _conversation(call, asked.conversation_id)
    return Capabilities(
        capability_infos=[
            Capability(capability_type=one, capability_result=_images_allowed(call, conversation))
            for one in asked.capability_types
        ]
    )


_READ, _SEND = "message.list.read", "message.list.send"
_route = partial(Route, product="messages")
_BASE = "/business/message"
ROUTES: Routes = {
    f"{_BASE}/conversation/list/": {
        "GET": _route(
            conversation_list, ConversationQuery, ConversationPage, scope=_READ, portal="1832184415059970"
        )
    },
    f"{_BASE}/content/list/": {
        "GET": _route(content_list, ContentQuery, Contents, scope=_READ, portal="1832184425841170")
    },
    f"{_BASE}/send/": {
        "POST": _route(send, SendOrder, Sent, "message", scope=_SEND, portal="1832184403754242")
    },
    f"{_BASE}/media/upload/": {
        "POST": _route(
            media_upload,
            MediaUpload,
            MediaId,
            "upload",
            scope=_SEND,
            upload="file",
            portal="1832184437720193",
        )
    },
    f"{_BASE}/media/download/": {
        "POST": _route(media_download, MediaDownload, DownloadAddress, scope=_READ, portal="1832184455450626")
    },
    f"{_BASE}/capabilities/get/": {
        "GET": _route(capabilities, CapabilityQuery, Capabilities, scope=_READ, portal="1836061597865986")
    },
}
