"""Ports of review: what waits for a person, and what people did."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec


class Case(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Something waiting for a person."""

    id: int
    account_id: int
    event_id: int
    outgoing_id: int | None
    queue: str
    code: str
    state: str
    resolution: str
    created_at: int
    due_at: int
    claimed_by: int | None
    claim_until: int | None
    version: int
    resolved_by: int | None
    resolved_at: int | None


class Act(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a person did, so that it can be listed and taken back."""

    id: int
    account_id: int
    person_id: int
    kind: str
    event_id: int
    case_id: int | None
    outgoing_id: int | None
    data: str
    at: int
    undone_at: int | None


class ReviewQueries(Protocol):
    """What may be read of review."""

    def case(self, case_id: int) -> Case | None: ...
    def cases_of_event(self, event_id: int) -> list[Case]: ...
    def open_cases(self, *, queue: str | None, after: tuple[int, int], limit: int) -> list[Case]: ...
    def acts(self, *, person_id: int | None, limit: int) -> list[Act]: ...
    def acts_of_event(self, event_id: int) -> list[Act]: ...
    def act(self, act_id: int) -> Act | None: ...


class ReviewChanges(Protocol):
    """What may be changed of review."""

    def add_cases(self, rows: Sequence[Case]) -> None: ...
    def change_case(self, case_id: int, version: int, changes: Mapping[str, object]) -> bool:
        """Change a case at this version (and count the version up); False when it has moved on."""
        ...

    def add_act(self, row: Act) -> None: ...
    def undo_act(self, act_id: int, at: int) -> bool: ...
