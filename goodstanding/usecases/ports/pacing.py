"""Ports of the pace of calls: how often a platform is called, by all processes together."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

CLOCK = "clock"
"""The mark that holds the shared clock; its row is the lock."""
TODAY = "day "
"""What the mark begins with that counts the calls of a day (days since 1970, UTC)."""
REST = "rest "
"""What the marks begin with that say until when something rests."""


class Lease(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Leave for some calls to one endpoint in the name of one account, until a moment of the shared clock."""

    id: str
    account_id: int
    app: str
    """The connector whose app is called under."""
    product: str
    """The prefix of the group the endpoint belongs to; empty for none."""
    endpoint: str
    tokens: int
    until: int


class Spent(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What became of a lease: how many of its calls were made, and when the last one was."""

    id: str
    account_id: int
    tokens: int
    until: int


class Used(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How many calls are counted in each window a call falls under."""

    app_second: int
    app_minute: int
    product_second: int
    product_minute: int
    endpoint_minute: int


class Pacing(Protocol):
    """How often one process may call. Waits are milliseconds, 0 for none."""

    def reading_per_hour(self) -> int:
        """Return how many calls an hour reading may make, all accounts together."""
        ...

    async def ask(self, account_id: int, endpoint: str, *, urgent: bool) -> int:
        """Note a call and return 0, or return how long it must wait; `urgent` is what is sent."""
        ...

    async def slow_down(self, account_id: int, endpoint: str) -> int:
        """The platform said that a limit is reached: rest, and return for how long."""
        ...

    async def shut(self) -> int:
        """The platform blocked the app: everything rests; return for how long."""
        ...


class PacingQueries(Protocol):
    """What may be read of the pace."""

    def calls_used(self, app: str, *, now: int, product: str, account_id: int, endpoint: str) -> Used:
        """Count what is leased or called, by the shared clock."""
        ...

    def lease_ends(
        self, app: str, *, since: int, product: str = "", account_id: int = 0, endpoint: str = ""
    ) -> list[tuple[int, int]]:
        """Return (until, tokens) of what still counts after `since`, the earliest first; empty names filter nothing."""
        ...

    def call_marks(self, app: str) -> Mapping[tuple[int, str], int]:
        """Return the numbers kept beside the leases, by account and name."""
        ...


class PacingChanges(Protocol):
    """What may be written of the pace."""

    def lock_calls(self, app: str) -> None:
        """Wait until no other process leases under this app."""
        ...

    def server_now(self) -> int:
        """Return the database's own time, UTC milliseconds: the one clock all its processes see."""
        ...

    def put_call_mark(self, app: str, name: str, value: int, *, account_id: int = 0) -> None: ...
    def count_today(self, app: str, day: int, calls: int) -> None:
        """Add to the calls of a day (days since 1970, UTC); the days before the last are forgotten."""
        ...

    def add_lease(self, row: Lease) -> None: ...
    def settle_leases(self, rows: Sequence[Spent]) -> None:
        """Write what became of leases; a lease of which nothing was used goes."""
        ...

    def drop_leases(self, app: str, before: int, *, rests_before: int) -> None:
        """Forget leases and rests that ended before these moments of the shared clock."""
        ...
