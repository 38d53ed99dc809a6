"""Ports of the log: entries, the nodes of its tree, checkpoints, and the personal values beside it."""

from collections.abc import Iterator, Sequence
from typing import Protocol

import msgspec


class AuditRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A sealed entry as stored."""

    seq: int
    account_id: int
    kind: str
    at: int
    event_id: int | None
    body: bytes
    hash: bytes


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A signed note over the log at a size."""

    size: int
    at: int
    """When the last entry it covers was sealed; not stored, so it cannot be changed apart from the log."""
    note: str


class VaultRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Ciphertext of the personal values behind an entry's commitments."""

    seq: int
    account_id: int
    contact_id: int
    cipher: bytes


class AuditQueries(Protocol):
    """What may be read of the log."""

    def audit_head(self) -> tuple[int, bytes]:
        """Return size and serialised frontier; (0, b"") for an empty log."""
        ...

    def audit_entries(self, start: int, stop: int) -> list[AuditRow]: ...
    def audit_after(self, seq: int, limit: int) -> list[AuditRow]: ...
    def audit_of_event(self, event_id: int) -> list[AuditRow]: ...
    def audit_newest(self, *, before: int, limit: int, kind: str | None = None) -> list[AuditRow]: ...
    def audit_hashes(self, start: int, stop: int) -> list[bytes]: ...
    def audit_node(self, level: int, position: int) -> bytes: ...
    def audit_nodes(self) -> Iterator[tuple[int, int, bytes]]: ...
    def checkpoints(self) -> list[Checkpoint]: ...
    def vault_rows(self, seqs: Sequence[int]) -> dict[int, VaultRow]: ...


class AuditChanges(Protocol):
    """What may be changed of the log."""

    def lock_audit(self) -> None:
        """Take the workspace's log for this transaction; take it last and keep it short."""
        ...

    def add_audit(
        self, rows: Sequence[AuditRow], nodes: Sequence[tuple[int, int, bytes]], size: int, frontier: bytes
    ) -> None: ...

    def add_checkpoint(self, row: Checkpoint) -> None: ...
    def add_vault(self, rows: Sequence[VaultRow]) -> None: ...
