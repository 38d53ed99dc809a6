"""How often a platform may be called: sliding windows by app, product, account and endpoint, and the rest after a refusal.

Pure: the caller brings the time, in milliseconds. Windows slide, so no stretch of a window's length ever holds more
calls than allowed, wherever the platform begins to count.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from goodstanding.kernel.timing import DAY, MINUTE, SECOND

Key = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A group of endpoints with limits of its own; of several that fit, the longest prefix counts. 0: no limit."""

    prefix: str
    per_second: int = 0
    per_minute: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CallLimits:
    """One dated reading of a platform's limits; percentages are our own caution."""

    per_second: int
    per_minute: int
    per_day: int
    """Counted from 00:00 UTC."""
    account_endpoint_per_minute: int
    products: tuple[Product, ...] = ()
    headroom_percent: int = 100
    """Of each limit, what is used at most: calls under way may arrive closer together than they left."""
    reading_percent: int = 100
    """Of that, what reading may take; the rest stays free for what is sent."""
    pause_minute: int = 5 * MINUTE
    """How long a limit by the minute rests its key once the platform refused."""

    closed: int = 60 * MINUTE
    """How long nothing is called once the platform said that the app itself is blocked."""

    def reading_per_hour(self, endpoint: str) -> int:
        """Return how many calls an hour reading may make to endpoints like this one, all accounts together."""
        fitting = [
            one.per_minute for one in self.products if one.per_minute and endpoint.startswith(one.prefix)
        ]
        a_minute = min([self.per_minute, self.per_second * 60, *fitting])
        within_the_day = self.per_day // 24
        return min(a_minute * 60, within_the_day) * self.headroom_percent * self.reading_percent // 10_000


@dataclass(frozen=True, slots=True)
class Limit:
    """One window a call falls under; `most` already leaves the headroom free. A key ends in the window's length."""

    key: Key
    most: int

    @property
    def span(self) -> int:
        """How long the window is, milliseconds."""
        return int(self.key[-1])

    @property
    def is_shared(self) -> bool:
        """Whether what is sent and what is read meet here, so that reading leaves room."""
        return self.key[0] in ("app", "product")


def product_of(limits: CallLimits, endpoint: str) -> Product | None:
    """Return the group an endpoint belongs to: the longest prefix counts."""
    fitting = (one for one in limits.products if endpoint.startswith(one.prefix))
    return max(fitting, key=lambda one: len(one.prefix), default=None)


def limits_on(limits: CallLimits, account_id: int, endpoint: str) -> list[Limit]:
    """Return the windows a call falls under."""
    product = product_of(limits, endpoint)
    found: list[tuple[Key, int]] = [
        (("app", SECOND), limits.per_second),
        (("app", MINUTE), limits.per_minute),
        ((account_id, endpoint, MINUTE), limits.account_endpoint_per_minute),
    ]
    if product is not None:
        found += [
            (("product", product.prefix, SECOND), product.per_second),
            (("product", product.prefix, MINUTE), product.per_minute),
        ]
    return [Limit(key, _share(most, limits.headroom_percent)) for key, most in found if most]


def room(limits: CallLimits, limit: Limit, *, urgent: bool) -> int:
    """Return how many calls a window may hold when the next is urgent, or when it only reads."""
    return limit.most if urgent or not limit.is_shared else _share(limit.most, limits.reading_percent)


def room_today(limits: CallLimits, *, urgent: bool) -> int:
    """Return how many calls a day may hold when the next is urgent, or when it only reads."""
    most = _share(limits.per_day, limits.headroom_percent)
    return most if urgent else _share(most, limits.reading_percent)


def rest_of(
    limits: CallLimits, full: Sequence[Limit], *, today: int, now: int, day_left: int
) -> tuple[Key, int]:
    """Return the key to rest after a refusal, and until when; `full` are the windows the call was at the end of.

    The platform does not say which limit it means. The one we are closest to is taken; while none is close, the whole
    app rests, for then somebody else calls under it.
    """
    if today >= room_today(limits, urgent=True):
        return ("app", MINUTE), now + day_left
    key = max(full, key=lambda one: one.span).key if full else ("app", MINUTE)
    span = SECOND if key[-1] == SECOND else limits.pause_minute
    return key, (now // SECOND + 1) * SECOND if span == SECOND else now + span


def _share(most: int, percent: int) -> int:
    return max(1, most * percent // 100)


@dataclass(slots=True)
class _Window:
    """The calls of the last `span` milliseconds under one key."""

    span: int
    times: deque[int] = field(default_factory=deque)

    def free_at(self, now: int, most: int) -> int:
        """Return when one more call keeps to `most`; `now` when it does already."""
        while self.times and self.times[0] <= now - self.span:
            self.times.popleft()
        over = len(self.times) - most
        return now if over < 0 else self.times[over] + self.span


class Calls:
    """Every call made under one app, and whether another may follow."""

    def __init__(self, limits: CallLimits) -> None:
        self._limits = limits
        self._windows: dict[Key, _Window] = {}
        self._rests: dict[Key, int] = {}
        """Key -> until when the platform's refusal closes it."""
        self._day = (0, 0)

    def take(self, account_id: int, endpoint: str, *, now: int, urgent: bool) -> int:
        """Note a call and return 0, or return how many milliseconds it must wait; `urgent` is what is sent."""
        windows = list(self._under(account_id, endpoint))
        waits = [
            max(self._rests.get(one.key, 0), window.free_at(now, room(self._limits, one, urgent=urgent)))
            - now
            for one, window in windows
        ]
        waits.append(self._day_wait(now, urgent=urgent))
        if (wait := max(waits)) > 0:
            return wait
        for _, window in windows:
            window.times.append(now)
        self._day = (now // DAY, self._today(now) + 1)
        return 0

    def refused(self, account_id: int, endpoint: str, *, now: int) -> int:
        """The platform says that a limit is reached: rest its key and return for how long (milliseconds)."""
        full = [
            one for one, window in self._under(account_id, endpoint) if window.free_at(now, one.most) > now
        ]
        key, until = rest_of(
            self._limits, full, today=self._today(now), now=now, day_left=(now // DAY + 1) * DAY - now
        )
        self._rests[key] = max(self._rests.get(key, 0), until)
        return until - now

    def close(self, *, now: int) -> int:
        """The platform blocked the app: everything rests; return for how long (milliseconds)."""
        until = max(self._rests.get(("app", MINUTE), 0), now + self._limits.closed)
        self._rests["app", MINUTE] = until
        return until - now

    def _under(self, account_id: int, endpoint: str) -> Iterator[tuple[Limit, _Window]]:
        """Yield the windows a call falls under."""
        for one in limits_on(self._limits, account_id, endpoint):
            yield one, self._windows.setdefault(one.key, _Window(one.span))

    def _day_wait(self, now: int, *, urgent: bool) -> int:
        most = room_today(self._limits, urgent=urgent)
        return 0 if self._today(now) < most else (now // DAY + 1) * DAY - now

    def _today(self, now: int) -> int:
        day, count = self._day
        return count if day == now // DAY else 0
