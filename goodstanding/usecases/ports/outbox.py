"""Ports of the outbox: what is planned and done on the platform, and the lanes that send it."""

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

import msgspec

OutgoingState = Literal["held", "planned", "task", "sending", "sent", "failed", "unknown", "cancelled"]
SendAct = Literal["reply", "message", "hide", "unhide"]


class Outgoing(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Something planned to be done on the platform."""

    id: int
    account_id: int
    event_id: int
    act: SendAct
    ordinal: int
    contact_id: int
    video_id: str
    target_id: str
    """The platform's id of the comment that is answered or hidden."""
    rule: str
    template: str
    variant: int
    language: str
    text: str
    state: OutgoingState
    code: str
    not_before: int
    attempt_at: int | None
    settled_at: int | None
    fence: int
    provider_ref: str
    approved_by: int | None
    approved_hash: bytes | None
    approved_until: int | None
    created_at: int


class Spent(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One act that counts against limits. `at` is the attempt, or the planned time while it is planned."""

    act: str
    contact_id: int
    rule: str
    video_id: str
    at: int
    sent: bool
    """False while only planned."""


class OutboxQueries(Protocol):
    """What may be read of the outbox."""

    def outgoing(self, outgoing_id: int) -> Outgoing | None: ...
    def outgoing_of_event(self, event_id: int) -> list[Outgoing]: ...
    def outgoing_of_contact(self, contact_id: int) -> list[Outgoing]: ...
    def outgoing_of_events(self, event_ids: Sequence[int]) -> dict[int, list[Outgoing]]: ...
    def outgoing_due(self, account_id: int, now: int, limit: int) -> list[Outgoing]: ...
    def outgoing_in_state(
        self, state: str, *, limit: int, account_id: int | None = None
    ) -> list[Outgoing]: ...

    def next_due(self) -> int | None:
        """Return the earliest `not_before` of planned acts."""
        ...

    def spent(self, account_id: int, since: int, contacts: Sequence[int] | None) -> list[Spent]:
        """Return acts that count, of these contacts (or of the whole account), newest last."""
        ...

    def recent_texts(self, limit: int, *, planned: bool) -> list[str]:
        """Return the workspace's last texts, newest first; with `planned` those that wait as well."""
        ...

    def texts_since(self, account_id: int, since: int, *, planned: bool) -> list[tuple[str, str, int]]:
        """Return (video, text, times) of what an account sent after `since`; with `planned` what waits as well."""
        ...


class OutboxChanges(Protocol):
    """What may be changed of the outbox."""

    def add_outgoing(self, rows: Sequence[Outgoing]) -> None: ...
    def change_outgoing(self, outgoing_id: int, changes: Mapping[str, object]) -> None: ...
    def reserve_outgoing(self, ids: Sequence[int], fence: int, at: int) -> None:
        """Make planned acts `sending` under this fence."""
        ...

    def sending(self, claims: Sequence[tuple[int, int]]) -> set[int]:
        """Lock those of (id, fence) that are still `sending` under their fence, and return their ids."""
        ...

    def settle_many(self, rows: Sequence[tuple[int, Mapping[str, object]]]) -> None:
        """Change acts by id; every row names the same columns."""
        ...

    def settle_outgoing(self, outgoing_id: int, fence: int, changes: Mapping[str, object]) -> bool:
        """Change an act that is `sending` under this fence; False when someone else settled it first."""
        ...

    def ensure_lanes(self, account_ids: Sequence[int]) -> None: ...
    def claim_lane(self, owner: str, now: int, until: int, due: int) -> tuple[int, int] | None:
        """Lease one free lane that has something due by `due`; returns (account, fence) or nothing."""
        ...

    def hold_lane(self, account_id: int, fence: int, until: int) -> bool:
        """Extend a lease; False when it was lost. Locks the lane's row until the end of the transaction."""
        ...

    def free_lane(self, account_id: int, fence: int) -> None: ...
