"""Ports of publishing: posts on their way, as far as the platform told."""

from collections.abc import Sequence
from typing import Protocol

import msgspec


class Publication(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One publication under way or past; the platform names it before the post has an id."""

    account_id: int
    publish_id: str
    status: str
    """The platform's word, or that of its webhook; empty while it told nothing."""
    reason: str
    """Why it failed, in the platform's word."""
    post_id: str
    first_at: int
    """When it became known here."""
    told_at: int
    """When the platform told the status; 0 while it told nothing."""
    next_at: int
    """When it is asked again by itself."""
    asks: int
    trouble: str
    """Why the last ask brought nothing; empty when all is well."""


class PublishingQueries(Protocol):
    """What may be read of publications."""

    def publications(self, account_id: int, *, limit: int) -> list[Publication]:
        """Return publications, the newest first."""
        ...

    def publications_of(self, account_id: int, post_ids: Sequence[str]) -> dict[str, Publication]:
        """Return the publications that became these posts, by post."""
        ...

    def publications_due(self, now: int, limit: int) -> list[Publication]:
        """Return what is to be asked by now, the longest overdue first."""
        ...


class PublishingChanges(Protocol):
    """What may be changed of publications."""

    def publication(self, account_id: int, publish_id: str) -> Publication | None:
        """Return a publication; nobody else changes it until the end of this transaction."""
        ...

    def put_publication(self, row: Publication) -> None: ...
