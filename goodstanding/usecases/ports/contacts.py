"""Ports of people outside: contacts, whom to leave alone, and erasing one."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec


class Contact(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A person outside."""

    id: int
    account_id: int
    external_id: str
    handle: str
    suppressed: bool
    holdout: bool
    wrote_at: int | None
    labels: str
    answer: str
    marketing: str


class ContactQueries(Protocol):
    """What may be read of people outside."""

    def contacts_by_external(self, account_id: int, external_ids: Sequence[str]) -> dict[str, Contact]: ...
    def contact(self, contact_id: int) -> Contact | None: ...
    def contacts(self, contact_ids: Sequence[int]) -> dict[int, Contact]: ...
    def suppressed(self, account_id: int, digests: Sequence[bytes]) -> set[bytes]: ...


class ContactChanges(Protocol):
    """What may be changed of people outside."""

    def add_contacts(self, rows: Sequence[Contact], at: int) -> None: ...
    def change_contact(self, contact_id: int, changes: Mapping[str, object]) -> None: ...
    def lock_contacts(self, contact_ids: Sequence[int]) -> None:
        """Serialise everything that counts against these contacts until the end of the transaction."""
        ...

    def add_suppression(self, account_id: int, digest: bytes, reason: str, at: int) -> None: ...
    def erase_contact(self, contact_id: int, at: int) -> dict[str, int]:
        """Remove the live text, handle and vault values of a contact; returns counts by table."""
        ...
