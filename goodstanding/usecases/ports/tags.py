"""Ports of tags on comments and messages."""

from collections.abc import Sequence
from typing import Protocol

import msgspec


class EventTag(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One tag on a comment or message."""

    account_id: int
    event_id: int
    tag: str
    word: str
    """What it was put for, in the account's own words: a brand term, never a person's."""
    why: str
    """The head that told, as a code."""


class TagQueries(Protocol):
    """What may be read of tags."""

    def tags_of(self, event_ids: Sequence[int]) -> list[EventTag]:
        """Return the tags of these events, by event and tag."""
        ...


class TagChanges(Protocol):
    """What may be changed about tags."""

    def add_tags(self, rows: Sequence[EventTag]) -> None:
        """Put tags; one that is there stays as it is."""
        ...

    def erase_tags(self, contact_id: int) -> int:
        """Take the tags off everything a person wrote; returns how many."""
        ...
