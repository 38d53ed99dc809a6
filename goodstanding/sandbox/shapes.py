"""Shapes that both calls and webhooks carry."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, UnsetType


class Tag(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Where a message was written."""

    source: Literal["APP", "WEB", "API", "OTHERS", "UNKNOWN_SOURCE"]


class Quote(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A message that is quoted."""

    referenced_message_id: Annotated[str, msgspec.Meta(min_length=1)]


class Ad(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """An ad that led to a conversation; its time in seconds in calls, in milliseconds in webhooks."""

    advertiser_id: str
    ad_id: str
    timestamp: int
    ad_name: str
    embed_url: str
    message_material_id: str


class ShortLink(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A link that led to a conversation."""

    ref: str
    prefilled_message: str
    prefilled_message_audit_status: Literal["PASS", "REJECT"]


class Emoji(msgspec.Struct, kw_only=True):
    """An emoji that a viewer put to a message; its time in milliseconds."""

    type: Literal["EMOJI", "AI_EMOJI"]
    emoji: str
    ai_emoji_url: str | UnsetType = UNSET
    unique_identifier: str
    timestamp: int
