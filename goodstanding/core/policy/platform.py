"""The platform's own rules as dated data: what no policy can loosen, and what is refused in words."""

import tomllib
from typing import Literal

import msgspec

from goodstanding.kernel.problems import Invalid, Problem


class PlatformRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rule of the platform in our own wording, with where and when it was read."""

    id: str
    nl: str
    en: str
    source: str
    date: str
    confidence: Literal["documented", "vendor", "derived"]
    strength: Literal["gate", "linter", "note"]
    """`gate`: code refuses; `linter`: checked in policies; `note`: shown as advice."""
    refuses: tuple[str, ...] = ()
    """Words in `then` that ask for what this rule forbids."""
    phrases: tuple[str, ...] = ()
    """Phrases a template may not hold."""


class PlatformNumbers(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Hard numbers; each names its rule in `sources`."""

    message_window_hours: int
    messages_per_window: int
    reply_chars_max: int
    reply_chars_warn: int
    message_chars_max: int
    message_margin_minutes: int
    """Nothing is planned for the last minutes of a window."""
    card_title_chars_max: int
    card_button_chars_max: int
    sources: dict[str, str]


class PlatformRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One dated reading of the platform's rules."""

    id: str
    read_on: str
    numbers: PlatformNumbers
    rules: tuple[PlatformRule, ...]

    def refusing(self, word: str) -> PlatformRule | None:
        """Return the rule that forbids the act called `word`."""
        return next((rule for rule in self.rules if word in rule.refuses), None)

    def rule(self, rule_id: str) -> PlatformRule | None:
        """Return the rule with this id."""
        return next((rule for rule in self.rules if rule.id == rule_id), None)


def read_platform_rules(text: str) -> PlatformRules:
    """Read a file of platform rules; raises `Invalid` when it is not one."""
    try:
        return msgspec.convert(tomllib.loads(text), PlatformRules)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise Invalid((Problem(code="BAD_PLATFORM_RULES", fields={"detail": str(error)}),)) from error
