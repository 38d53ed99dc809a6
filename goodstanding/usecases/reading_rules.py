"""The shipped numbers of reading an account, from the package."""

from functools import cache
from importlib.resources import files

import msgspec

from goodstanding.core.polling import LookRules, Tier
from goodstanding.kernel.timing import HOUR, MINUTE

READING_FILE = "reading-2026-11"


class PlatformPromises(msgspec.Struct, frozen=True, kw_only=True):
    """What the platform promises of webhooks and lists."""

    webhook_minutes: int
    webhook_hours: int
    ordered_comments: int
    ids_in_a_call: int

    @property
    def grace(self) -> int:
        """Milliseconds within which a webhook is not late."""
        return self.webhook_minutes * MINUTE

    @property
    def horizon(self) -> int:
        """Milliseconds after which a webhook comes no more."""
        return self.webhook_hours * HOUR


class MessageRules(msgspec.Struct, frozen=True, kw_only=True):
    """How conversations are read."""

    conversations_listed: int
    messages_listed: int
    every_minutes: int
    beyond_hours: int


class VisibilityRules(msgspec.Struct, frozen=True, kw_only=True):
    """How it is checked that our replies become visible."""

    wait_minutes: int
    again_minutes: int
    give_up_hours: int
    look_back_hours: int
    flags_to_trip: int
    flag_window_hours: int


class PublishingRules(msgspec.Struct, frozen=True, kw_only=True):
    """How often it is asked how far a post on its way is, and how far back mentions are looked up."""

    ask_minutes: int
    ask_minutes_max: int
    give_up_hours: int
    asks_in_a_step: int
    mention_days: int


class SnapshotRules(msgspec.Struct, frozen=True, kw_only=True):
    """When insights are captured."""

    hour_utc: int
    account_days: int
    account_days_daily: int
    video_days: int


class ReadingRules(msgspec.Struct, frozen=True, kw_only=True):
    """One dated reading."""

    version: str
    platform: PlatformPromises
    looks: LookRules
    messages: MessageRules
    visibility: VisibilityRules
    publishing: PublishingRules
    snapshots: SnapshotRules


@cache
def reading_rules() -> ReadingRules:
    """Return the numbers in force; raises `msgspec.ValidationError` if the file is damaged."""
    raw = (files("goodstanding.playbooks") / "platform" / f"{READING_FILE}.toml").read_bytes()
    found = msgspec.toml.decode(raw)
    looks = LookRules(**found["looks"], tiers=tuple(Tier(**one) for one in found["tiers"]))
    return ReadingRules(
        version=found["version"],
        platform=msgspec.convert(found["platform"], PlatformPromises),
        looks=looks,
        messages=msgspec.convert(found["messages"], MessageRules),
        visibility=msgspec.convert(found["visibility"], VisibilityRules),
        publishing=msgspec.convert(found["publishing"], PublishingRules),
        snapshots=msgspec.convert(found["snapshots"], SnapshotRules),
    )
