"""The pace of calls that all processes keep together: short leases of calls, counted in the database.

A lease counts as used until it ends; its process then writes what it really used. So the windows hold what was called
and what may still be called, and no race can overrun them. A process that dies costs its lease, a second.

Time is the database's own, made steady: it never runs backwards, and a jump ahead of what a process itself saw pass is
taken out, so that setting a clock empties no window.
"""

import asyncio
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, TypeVar

import msgspec

from goodstanding.core.calling import (
    CallLimits,
    Key,
    Limit,
    limits_on,
    product_of,
    rest_of,
    room,
    room_today,
)
from goodstanding.kernel.timing import DAY, MINUTE, SECOND
from goodstanding.usecases.ports import Queries, Store, StoreUnavailableError, Transaction
from goodstanding.usecases.ports.pacing import CLOCK, REST, TODAY, Lease, Spent, Used

T = TypeVar("T")
LEASE = SECOND
"""How long a lease may be used."""
BATCH = 4
"""Calls leased at most at once, by what only reads; what is sent leases one."""
_SHARE = 4
"""Of what is free, a lease of several takes this part at most: others find room."""
_TRIES = 3
_OFFSET = "offset"
_DROP_EVERY = 16
"""Leases between two times that what is over is forgotten."""
_DRIFT_MS, _DRIFT_PART = 100, 1000
"""By how much two clocks may differ over a span: so many milliseconds and this part of it."""


class Limits(Protocol):
    """The dated limits of an app at a level; an unknown level is the lowest."""

    def __call__(self, level: str) -> CallLimits:
        """Return the limits of a level."""
        ...


def steady_ms() -> int:
    """Return milliseconds that only ever pass."""
    return time.monotonic_ns() // 1_000_000


def level_setting(connector: str) -> str:
    """Return the name of the setting that holds the level of the operator's app."""
    return f"app_level:{connector}"


def level_of(q: Queries, connector: str) -> str:
    """Return the level the operator states for the app; empty for the one every app starts with."""
    return q.setting(level_setting(connector)) or ""


class _Held(msgspec.Struct):
    """A lease of this process: how much is left, how long it holds and when it was used, by the steady clock."""

    lease: Lease
    at: int
    """When it was given, by the shared clock."""
    steady_at: int
    left: int
    used_at: int = 0

    def spent(self) -> Spent:
        """Return what became of it. The last use is never told earlier than it was."""
        used = self.lease.tokens - self.left
        until = min(self.at + max(self.used_at - self.steady_at, 0) + 1, self.lease.until)
        return Spent(id=self.lease.id, account_id=self.lease.account_id, tokens=used, until=until)


class _Given(msgspec.Struct, frozen=True):
    """What the database said: a lease, or how long to wait."""

    held: _Held | None
    wait: int
    at: int
    steady_at: int


class _Moment(msgspec.Struct, frozen=True):
    """What the lock gave: the shared clock, the database's own, this process's, and the numbers kept beside."""

    now: int
    raw: int
    steady: int
    marks: Mapping[tuple[int, str], int]

    @property
    def day(self) -> int:
        """Days since 1970, UTC."""
        return self.raw // DAY

    @property
    def today(self) -> int:
        """Calls of this day so far."""
        return self.marks.get((0, f"{TODAY}{self.day}"), 0)

    @property
    def day_left(self) -> int:
        """Milliseconds until the next day begins."""
        return (self.day + 1) * DAY - self.raw


class SharedPace:
    """The pace of one app for this process. Without the database nothing is called."""

    def __init__(
        self,
        store: Store,
        app: str,
        limits: Limits,
        *,
        steady: Callable[[], int] = steady_ms,
        moment: Callable[[Transaction], int] = lambda tx: tx.server_now(),
    ) -> None:
        """`moment` is the time all processes see; only a demonstration, alone with its clock, brings another."""
        self._store, self._app, self._limits_at = store, app, limits
        self._steady, self._now = steady, moment
        self._owner = secrets.token_hex(6)
        self._serial = 0
        self._held: dict[tuple[int, str], list[_Held]] = {}
        self._streak: dict[tuple[int, str], int] = {}
        self._seen: tuple[int, int] | None = None
        """The shared clock and the steady one, when this process last leased."""

    def reading_per_hour(self) -> int:
        """Return how many calls an hour reading may make, all accounts together, at the level the operator states."""
        level = self._store.read(lambda q: level_of(q, self._app))
        return self._limits_at(level).reading_per_hour("/business/comment/list/")

    async def ask(self, account_id: int, endpoint: str, *, urgent: bool) -> int:
        """Note a call and return 0, or return how many milliseconds it must wait."""
        key = (account_id, endpoint)
        for _ in range(_TRIES):
            if self._use(key):
                return 0
            want = 1 if urgent else self._want(key)
            spent = self._finished()
            try:
                given = await self._write(
                    lambda tx, want=want, spent=spent: self._lease(tx, key, want, spent, urgent=urgent)  # type: ignore[misc]  # bound at once
                )
            except StoreUnavailableError:
                return SECOND
            self._seen = (given.at, given.steady_at)
            if given.held is None:
                return given.wait
            self._held.setdefault(key, []).append(given.held)
        return SECOND  # this process is held up so long that its leases end before it can use them

    async def slow_down(self, account_id: int, endpoint: str) -> int:
        """The platform said that a limit is reached: rest its key in every process; return for how long."""
        try:
            return await self._write(lambda tx: self._refused(tx, account_id, endpoint))
        except StoreUnavailableError:
            return self._limits_at("").pause_minute

    async def shut(self) -> int:
        """The platform blocked the app: everything rests, in every process; return for how long."""
        closed = self._limits_at("").closed

        def work(tx: Transaction) -> int:
            moment = self._tick(tx)
            return self._keep_rest(tx, ("app", MINUTE), moment.now + closed, moment)

        try:
            return await self._write(work)
        except StoreUnavailableError:
            return closed

    # --- what this process holds ---

    def _use(self, key: tuple[int, str]) -> bool:
        now = self._steady()
        for held in self._held.get(key, ()):
            if held.left and now < held.steady_at + LEASE:
                held.left -= 1
                held.used_at = max(now, held.steady_at)
                return True
        return False

    def _want(self, key: tuple[int, str]) -> int:
        """Return how many calls to lease: more of what was used up in its time."""
        before = self._held.get(key, [])
        used_up = bool(before) and before[-1].left == 0 and self._steady() < before[-1].steady_at + LEASE
        self._streak[key] = min(BATCH, self._streak.get(key, 1) * 2) if used_up else 1
        return self._streak[key]

    def _finished(self) -> list[Spent]:
        """Take out the leases that are used up or over, to be written down."""
        now = self._steady()
        spent: list[Spent] = []
        for key, mine in list(self._held.items()):
            over = [one for one in mine if not one.left or now >= one.steady_at + LEASE]
            spent += [one.spent() for one in over]
            self._held[key] = [one for one in mine if one not in over]
            if not self._held[key]:
                del self._held[key]
                if over and now >= over[-1].steady_at + LEASE:
                    self._streak.pop(key, None)
        return spent

    # --- in the database ---

    def _lease(
        self, tx: Transaction, key: tuple[int, str], want: int, spent: Sequence[Spent], *, urgent: bool
    ) -> _Given:
        account_id, endpoint = key
        moment = self._tick(tx)
        tx.settle_leases(spent)
        limits = self._limits_at(level_of(tx, self._app))
        free, wait = self._free(tx, limits, account_id, endpoint, moment=moment, urgent=urgent)
        if wait:
            return _Given(None, wait, moment.now, moment.steady)
        if self._serial % _DROP_EVERY == 0:
            tx.drop_leases(self._app, moment.now - MINUTE, rests_before=moment.now)
        count = max(1, min(want, free // _SHARE))
        product = product_of(limits, endpoint)
        self._serial += 1
        lease = Lease(
            id=f"{self._owner}:{self._serial}", account_id=account_id, app=self._app,
            product=product.prefix if product else "", endpoint=endpoint, tokens=count, until=moment.now + LEASE,
        )  # fmt: skip
        tx.add_lease(lease)
        tx.count_today(self._app, moment.day, count)
        return _Given(_Held(lease, moment.now, moment.steady, count), 0, moment.now, moment.steady)

    def _free(
        self, tx: Transaction, limits: CallLimits, account_id: int, endpoint: str, *, moment: _Moment, urgent: bool
    ) -> tuple[int, int]:  # fmt: skip
        """Return how many calls are free, and how long to wait while none is."""
        used = self._used(tx, limits, account_id, endpoint, moment)
        day = room_today(limits, urgent=urgent) - moment.today
        found, waits = [day], [0 if day > 0 else moment.day_left]
        for one in limits_on(limits, account_id, endpoint):
            free = room(limits, one, urgent=urgent) - _count(used, one.key)
            found.append(free)
            waits.append(max(_rest(moment, one.key) - moment.now, 0))
            if free <= 0:
                over = 1 - free
                waits.append(self._until_free(tx, one, account_id, endpoint, over=over, now=moment.now))
        return min(found), max(waits)

    def _used(
        self, tx: Transaction, limits: CallLimits, account_id: int, endpoint: str, moment: _Moment
    ) -> Used:
        product = product_of(limits, endpoint)
        prefix = product.prefix if product else ""
        return tx.calls_used(
            self._app, now=moment.now, product=prefix, account_id=account_id, endpoint=endpoint
        )

    def _until_free(
        self, tx: Transaction, limit: Limit, account_id: int, endpoint: str, *, over: int, now: int
    ) -> int:
        """Return when enough of a full window has passed, in milliseconds from now."""
        of_product = str(limit.key[1]) if limit.key[0] == "product" else ""
        of_endpoint = "" if limit.is_shared else endpoint
        for until, tokens in tx.lease_ends(
            self._app, since=now - limit.span, product=of_product, account_id=account_id, endpoint=of_endpoint
        ):
            over -= tokens
            if over <= 0:
                return max(1, until + limit.span - now)
        return limit.span

    def _refused(self, tx: Transaction, account_id: int, endpoint: str) -> int:
        moment = self._tick(tx)
        limits = self._limits_at(level_of(tx, self._app))
        used = self._used(tx, limits, account_id, endpoint, moment)
        full = [one for one in limits_on(limits, account_id, endpoint) if _count(used, one.key) >= one.most]
        today = moment.today
        key, until = rest_of(limits, full, today=today, now=moment.now, day_left=moment.day_left)
        return self._keep_rest(tx, key, until, moment)

    def _keep_rest(self, tx: Transaction, key: Key, until: int, moment: _Moment) -> int:
        """Rest a key, never for less than it rests already; return for how long."""
        until = max(until, _rest(moment, key))
        account_id, name = _rest_name(key)
        tx.put_call_mark(self._app, name, until, account_id=account_id)
        return until - moment.now

    def _tick(self, tx: Transaction) -> _Moment:
        """Take the lock and read the shared clock: the database's own, without its jumps."""
        tx.lock_calls(self._app)
        steady, raw, marks = self._steady(), self._now(tx), tx.call_marks(self._app)
        known, offset = marks.get((0, CLOCK), 0), marks.get((0, _OFFSET), 0)
        now = raw + offset
        if self._seen is not None:
            passed, saw = now - self._seen[0], steady - self._seen[1]
            if passed - saw > _DRIFT_MS + saw // _DRIFT_PART:
                now = self._seen[0] + saw  # set ahead since
        now = max(now, known)
        tx.put_call_mark(self._app, CLOCK, now)
        if now - raw != offset:
            tx.put_call_mark(self._app, _OFFSET, now - raw)
        return _Moment(now, raw, steady, marks)

    async def _write(self, work: Callable[[Transaction], T]) -> T:
        return await asyncio.wrap_future(self._store.submit(work))


def _count(used: Used, key: Key) -> int:
    """Return what a window holds."""
    is_second = key[-1] == SECOND
    if key[0] == "app":
        return used.app_second if is_second else used.app_minute
    if key[0] == "product":
        return used.product_second if is_second else used.product_minute
    return used.endpoint_minute


def _rest_name(key: Key) -> tuple[int, str]:
    """Return the account and the name under which the rest of a key is kept."""
    if key[0] == "app":
        return 0, f"{REST}app"
    if key[0] == "product":
        return 0, f"{REST}product {key[1]}"
    return int(key[0]), f"{REST}endpoint {key[1]}"


def _rest(moment: _Moment, key: Key) -> int:
    return moment.marks.get(_rest_name(key), 0)
