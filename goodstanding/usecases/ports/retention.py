"""What is kept of an account beside its people: captures, titles of posts, and deliveries that could not be read."""

from collections.abc import Sequence
from typing import Protocol

import msgspec


class KeptDelivery(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A delivery whose content is still here because it could not be handled; `body` as the vault locked it."""

    id: int
    account_id: int
    received_at: int
    body: bytes


class RetentionQueries(Protocol):
    """What may be read of it."""

    def kept_contents(self, account_id: int, *, before: int | None = None) -> list[KeptDelivery]:
        """Return an account's deliveries (0: of accounts nobody knows) that could not be handled and still hold content.

        With `before` only those that came earlier.
        """
        ...


class RetentionChanges(Protocol):
    """What may be deleted of it."""

    def forget_contents(self, ids: Sequence[int]) -> int:
        """Delete the content of deliveries; that they came, and why they could not be handled, stays."""
        ...

    def forget_account(self, account_id: int) -> dict[str, int]:
        """Delete an account's captures, the titles of its posts and all content of its deliveries; returns counts.

        A delivery that nobody has read yet is not read any more.
        """
        ...
