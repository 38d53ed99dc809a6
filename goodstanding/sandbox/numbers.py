"""The imitated platform's numbers, read from `data/platform.toml` with their sources."""

import tomllib
from functools import cache
from importlib import resources
from typing import Any, Literal

import msgspec

Level = Literal["basic", "advanced", "premium", "ultimate"]
"""What an app may be raised to; every app starts with the first."""


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """Lifetimes of codes and tokens, in seconds."""

    code_seconds: int
    access_seconds: int
    refresh_seconds: int


class Comments(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of the comment calls."""

    text_characters_max: int
    page_default: int
    page_max: int
    ids_max: int
    inline_replies_max: int
    image_bytes_max: int
    image_width_min: int
    image_height_min: int
    image_width_max: int
    image_height_max: int
    order_changes_after: int


class Videos(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of the video list."""

    page_default: int
    page_max: int


class LevelLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How often an app of one level may call."""

    app_per_second: int
    app_per_minute: int
    app_per_day: int
    accounts_per_minute: int


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How often an app may call."""

    account_endpoint_per_minute: int
    messages_per_second: int
    penalty_seconds: int
    levels: dict[Level, LevelLimits]


class Webhooks(msgspec.Struct, frozen=True, kw_only=True):
    """How deliveries are repeated."""

    retry_hours: int
    first_retry_seconds: int
    longest_retry_seconds: int
    item_list_max: int


class AntiSpam(msgspec.Struct, frozen=True, kw_only=True):
    """When repeated replies are hidden silently."""

    window_seconds: int
    remembered: int
    similarity: float
    allowed: int


class Regions(msgspec.Struct, frozen=True, kw_only=True):
    """What depends on where an account or a viewer is registered (ISO 3166 codes), and on size and age."""

    eea_ch_uk: frozenset[str]
    without_media: frozenset[str]
    comment_to_message: frozenset[str]
    commenters: frozenset[str]
    """Where a commenter may be registered to be answered by comment-to-message."""
    comment_to_message_age: int
    audience_followers_min: int


class Messages(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of Business Messaging."""

    window_hours: int
    quota: int
    conversations_per_day: int
    text_characters_max: int
    history_messages: int
    history_days: int
    conversations_max: int
    media_bytes_max: int
    media_days: int
    card_title_max: int
    card_buttons_max: int
    button_title_max: int
    link_title_max: int
    button_id_max: int
    comment_age_hours: int
    quiet_hours: int


class Addresses(msgspec.Struct, frozen=True, kw_only=True):
    """How long a temporary address works."""

    hours: int


class Insights(msgspec.Struct, frozen=True, kw_only=True):
    """How late, how far back and how long figures are kept."""

    latency_hours_min: int
    latency_hours_max: int
    look_back_days: int
    video_days: int
    quiet_days: int
    hours_of_day: int


class Publishing(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of publishing."""

    caption_units_max: int
    mentions_max: int
    photos_max: int
    seconds_max: int
    per_minute: int
    per_day: int
    processing_seconds: int
    post_id_seconds: int
    reasons: tuple[str, ...]


class AutoMessages(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of automatic messages."""

    welcome_messages: int
    suggested_questions: int
    chat_prompts: int
    welcome_characters: int
    question_characters: int
    answer_characters: int
    prompt_title_characters: int
    prompt_characters: int
    review_seconds: int


class Mentions(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of the mentions calls."""

    late_seconds: int
    detail_hours: int
    listed_max: int
    page_max: int
    days_max: int
    views_min: int


class Assumption(msgspec.Struct, frozen=True, kw_only=True):
    """Something the platform does not document and the sandbox had to choose."""

    subject: str
    text: str
    calls: tuple[str, ...] = ()
    """Calls (all that begin so), pages and events it is about; none for all of them."""

    def concerns(self, name: str) -> bool:
        """Whether it is about the call with this path, or the event of this name."""
        return name in self.calls or any(one.endswith("/") and name.startswith(one) for one in self.calls)


class Numbers(msgspec.Struct, frozen=True, kw_only=True):
    """Everything in `data/platform.toml`."""

    as_of: str
    tokens: Tokens
    comments: Comments
    videos: Videos
    limits: Limits
    webhooks: Webhooks
    antispam: AntiSpam
    regions: Regions
    messages: Messages
    addresses: Addresses
    insights: Insights
    publishing: Publishing
    auto_messages: AutoMessages
    mentions: Mentions
    assumed: tuple[Assumption, ...]


def read_data(name: str) -> dict[str, Any]:
    """Return the shipped data file `name` as plain values."""
    return tomllib.loads(resources.files("goodstanding.sandbox").joinpath("data", name).read_text("utf-8"))


@cache
def read_numbers() -> Numbers:
    """Return the shipped numbers; raises `msgspec.ValidationError` when the file is not what it should be."""
    return msgspec.convert(read_data("platform.toml"), Numbers)
