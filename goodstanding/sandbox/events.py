"""The contents of webhooks, kind by kind: what is told is checked against them, and the OpenAPI file shows them."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from goodstanding.sandbox.shapes import Ad, Emoji, Quote, ShortLink, Tag
from goodstanding.sandbox.wire import CommentContent

_Unset = UnsetType
_Milliseconds = Annotated[int, msgspec.Meta(ge=0, description="Milliseconds since 1970.")]
_Seconds = Annotated[int, msgspec.Meta(ge=0, description="Seconds since 1970.")]


class _Content(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Any content."""


class EventUser(_Content, kw_only=True):
    """Who it is from or to."""

    id: str
    role: Literal["business_account", "personal_account"]


class _Between(_Content, kw_only=True):
    """What is told of the two sides."""

    from_: str = msgspec.field(name="from")
    to: str
    unique_identifier: str
    from_user: EventUser
    to_user: EventUser


class EventText(_Content, kw_only=True):
    """A text."""

    body: str


class EventMedia(_Content, kw_only=True):
    """An image or video."""

    media_id: str


class EventPost(_Content, kw_only=True):
    """A post."""

    video_id: str | _Unset = UNSET
    item_id: str | _Unset = UNSET
    embed_url: str


class EventAddress(_Content, kw_only=True):
    """A sticker or emoji."""

    url: str


class EventReaction(Emoji, kw_only=True, forbid_unknown_fields=True):
    """An emoji that was put to a message or taken away."""

    operation: Literal["ADD", "REMOVE"]
    original_msg_id: str


class EventButton(_Content, kw_only=True):
    """A button of a card."""

    text: str
    type: str
    id: str


class EventElement(_Content, kw_only=True):
    """The question of a card and its buttons."""

    title: str
    buttons: list[EventButton]


class EventCard(_Content, kw_only=True):
    """A card; the call that sent it writes it in another way."""

    type: Literal["qa_button_card", "qa_link_card"]
    elements: list[EventElement]


class EventTap(_Content, kw_only=True):
    """Which button of which card was tapped."""

    reply_source_msg_id: str
    reply_source_unique_id: str


class MessageContent(_Between, kw_only=True):
    """A message of a viewer, or the echo of one of the business; the field its `type` names is there."""

    conversation_id: str
    message_id: str
    timestamp: _Milliseconds
    type: Literal["text", "image", "video", "share_post", "sticker", "emoji", "reaction", "template", "other"]
    is_follower: bool
    scene_type: int
    message_tag: Tag
    text: EventText | _Unset = UNSET
    image: EventMedia | _Unset = UNSET
    video: EventMedia | _Unset = UNSET
    share_post: EventPost | _Unset = UNSET
    sticker: EventAddress | _Unset = UNSET
    emoji: EventAddress | _Unset = UNSET
    reaction: list[EventReaction] | _Unset = UNSET
    template: EventCard | _Unset = UNSET
    referenced_message_info: Quote | _Unset = UNSET
    auto_message_type: Literal["WELCOME_MESSAGE", "SUGGESTED_QUESTION", "AUTO_REPLY"] | _Unset = UNSET
    reply_source_payload: EventTap | _Unset = UNSET


class EuMessageContent(_Content, kw_only=True):
    """A message of a viewer in the EEA, Switzerland or the United Kingdom: no text, no sender."""

    to: str
    to_user: EventUser
    timestamp: _Milliseconds


class ReadUpTo(_Content, kw_only=True):
    """Up to when everything was read."""

    last_read_timestamp: _Milliseconds


class ReadContent(_Between, kw_only=True):
    """A viewer has read."""

    conversation_id: str
    timestamp: _Milliseconds
    read: ReadUpTo


class EventReferral(_Content, kw_only=True):
    """Where a viewer came from."""

    source: Literal["ad", "short_link"]
    ad: Ad | _Unset = UNSET
    short_link: ShortLink | _Unset = UNSET


class ReferralContent(_Between, kw_only=True):
    """A viewer arrived by a link or an ad."""

    conversation_id: str
    timestamp: _Milliseconds
    referral: EventReferral


class HighIntentContent(_Between, kw_only=True):
    """A comment that may be answered by a message; its video is not told."""

    comment_id: str
    comment_text: str
    is_follower: bool
    timestamp: _Milliseconds


class _AutoMessageContent(_Content, kw_only=True):
    """What is told of an automatic message; the object its type names is there."""

    auto_message_id: str
    auto_message_type: Literal["WELCOME_MESSAGE", "SUGGESTED_QUESTION", "CHAT_PROMPT"]
    timestamp: _Milliseconds
    welcome_message: dict[str, str] | _Unset = UNSET
    suggested_question: dict[str, str] | _Unset = UNSET
    chat_prompt: dict[str, str] | _Unset = UNSET


class AutoMessageConfigContent(_AutoMessageContent, kw_only=True):
    """An automatic message was made, changed, deleted or switched."""

    auto_message_action: Literal["CREATE", "UPDATE", "DELETE", "ENABLE", "DISABLE"]


class AutoMessageAuditContent(_AutoMessageContent, kw_only=True):
    """The review of an automatic message has ended."""

    audit_status: Literal["APPROVED", "REJECTED"]


class BrandMentionContent(_Content, kw_only=True):
    """Somebody mentioned the account, hours ago."""

    type_of_event: Literal["CREATE", "EDIT", "PRIVACY_CHANGE"]
    mention_type: Literal["VIDEO_MENTION", "VIDEO MENTION", "COMMENT"]
    video_id: str
    video_create_time: _Seconds
    open_id_of_mentioned_user: str
    unique_name_of_mentioned_user: str
    unique_identifier: str
    share_url: str
    video_caption: str
    comment_id: str


class PublishContent(_Content, kw_only=True):
    """How far a publication is."""

    publish_id: str
    publish_type: Literal["DIRECT_PUBLISH"]
    reason: str | _Unset = UNSET
    post_id: str | _Unset = UNSET


class RemovedContent(_Content, kw_only=True):
    """The authorization has ended: 0 unknown, 1 by the user, 2 account deleted, 3 age, 4 banned, 5 by the app."""

    reason: Annotated[int, msgspec.Meta(ge=0, le=5)]


EVENTS: dict[str, type[msgspec.Struct]] = {
    "comment.update": CommentContent,
    "im_receive_msg": MessageContent,
    "im_send_msg": MessageContent,
    "im_receive_msg_eu": EuMessageContent,
    "im_mark_read_msg": ReadContent,
    "im_referral_msg": ReferralContent,
    "im_receive_high_intent_comment": HighIntentContent,
    "im_auto_message_config_update": AutoMessageConfigContent,
    "im_auto_message_audit_update": AutoMessageAuditContent,
    "brand.mention.event": BrandMentionContent,
    "post.publish.complete": PublishContent,
    "post.publish.failed": PublishContent,
    "post.publish.publicly_available": PublishContent,
    "post.publish.no_longer_publicly_available": PublishContent,
    "authorization.removed": RemovedContent,
}


def check(name: str, content: dict[str, Any]) -> None:
    """Refuse to tell what is not described; raises `msgspec.ValidationError`, which is a fault of the sandbox."""
    msgspec.convert(content, EVENTS[name])
