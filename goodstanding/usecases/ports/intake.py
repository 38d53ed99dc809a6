"""Ports of intake: deliveries, the comments in them, the decisions about them, and how many there were."""

from collections.abc import Sequence
from typing import Literal, Protocol

import msgspec

DeliveryState = Literal["new", "read", "unknown", "unreadable"]


class Delivery(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One webhook call as received; `body` is the vault's ciphertext."""

    id: int
    account_id: int
    connector: str
    digest: bytes
    received_at: int
    body: bytes


class Event(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A comment (or what happened to one), as stored."""

    id: int
    account_id: int
    connector: str
    external_id: str
    action: str
    kind: str
    contact_id: int | None
    video_id: str
    parent_id: str
    text: str | None
    language: str
    source: str
    at: int
    received_at: int
    own: bool
    state: str
    answered: bool


class DecisionRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The columns of a decision; its sealed record lies in the vault under `seq`."""

    account_id: int
    event_id: int
    seq: int
    policy_hash: str
    outcome: str
    rule: str
    code: str
    at: int


class VolumeRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Counts of one ten-minute slot."""

    slot: int
    comments: int
    replied: int
    hidden: int
    reviewed: int
    rest: int


class IntakeQueries(Protocol):
    """What may be read of intake."""

    def new_deliveries(self, limit: int) -> list[Delivery]: ...
    def deliveries_by_state(self) -> dict[str, int]: ...
    def problem_deliveries(self, limit: int) -> list[tuple[Delivery, str, str]]: ...
    def known_events(
        self, account_id: int, connector: str, external_ids: Sequence[str]
    ) -> dict[tuple[str, str], int]:
        """Return event ids by (external id, action)."""
        ...

    def event(self, event_id: int) -> Event | None: ...
    def event_texts(self, event_ids: Sequence[int]) -> dict[int, str | None]: ...
    def decision(self, event_id: int) -> DecisionRow | None: ...
    def decisions(self, *, after: int, limit: int, account_id: int | None = None) -> list[DecisionRow]: ...
    def events(self, event_ids: Sequence[int]) -> dict[int, Event]: ...
    def volumes(self, account_id: int, since: int) -> list[VolumeRow]: ...
    def volume_sums(self, account_id: int, *, since: int, recent: int) -> tuple[int, int, int | None]:
        """Return comments after slot `recent`, comments from `since` up to it, and the first such slot."""
        ...


class IntakeChanges(Protocol):
    """What may be changed of intake."""

    def add_deliveries(self, rows: Sequence[Delivery]) -> int:
        """Keep what is new; a repeated digest is dropped. Returns how many were new."""
        ...

    def claim_deliveries(self, ids: Sequence[int]) -> set[int]:
        """Lock those that are still new and return their ids."""
        ...

    def settle_deliveries(self, rows: Sequence[tuple[int, DeliveryState, str | None]]) -> None:
        """Set state and problem by id; a delivery that was read gives up its body."""
        ...

    def add_events(self, rows: Sequence[Event]) -> None: ...
    def set_event_state(self, account_id: int, changes: Sequence[tuple[str, str]]) -> None:
        """Set the state of comments by (external id, state)."""
        ...

    def mark_answered(self, account_id: int, external_ids: Sequence[str]) -> None: ...
    def add_decisions(self, rows: Sequence[DecisionRow]) -> None: ...
    def add_volume(self, account_id: int, slot: int, counts: tuple[int, int, int, int, int]) -> None: ...
