"""Ports of what governs sending: policy versions, which of them is active, and freezes."""

from typing import Literal, Protocol

import msgspec

FreezeScope = Literal["everything", "promotion", "messages"]


class FreezeRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A freeze; `account_id` 0 is every account."""

    id: int
    account_id: int
    scope: FreezeScope
    reason: str
    actor: str
    at: int
    lifted_by: str | None
    lifted_at: int | None


class PolicyVersion(msgspec.Struct, frozen=True, kw_only=True):
    """An immutable policy document, addressed by its hash."""

    hash: str
    parent: str | None
    body: str
    title: str
    actor: str
    at: int


class PolicyQueries(Protocol):
    """What may be read of what governs sending."""

    def freezes(self, *, active_only: bool) -> list[FreezeRow]: ...
    def policy(self, policy_hash: str) -> PolicyVersion | None: ...
    def policies(self) -> list[PolicyVersion]: ...
    def activations(self, account_id: int) -> list[tuple[str, str, int]]: ...


class PolicyChanges(Protocol):
    """What may be changed of what governs sending."""

    def add_freeze(self, row: FreezeRow) -> None: ...
    def lift_freeze(self, freeze_id: int, actor: str, at: int) -> bool: ...
    def add_policy(self, row: PolicyVersion) -> bool:
        """Keep a version; False when it was there already."""
        ...

    def add_activation(self, account_id: int, policy_hash: str, actor: str, at: int) -> None: ...
