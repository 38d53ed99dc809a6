"""How often a platform may be called: sliding windows by app, product, account and endpoint, and the rest after a refusal.

Pure: the caller brings the time, in milliseconds. Windows slide, so no stretch of a window's length ever holds more
calls than allowed, wherever the platform begins to count.
"""

from collections import deque
from collections.abc import Iterator
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


@dataclass(slots=True)
class _Window:
    """The calls of the last `span` milliseconds under one key."""

    span: int
    most: int
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
            max(self._rests.get(key, 0), window.free_at(now, self._most(key, window, urgent=urgent))) - now
            for key, window in windows
        ]
        waits.append(self._day_wait(now, urgent=urgent))
        if (wait := max(waits)) > 0:
            return wait
        for _, window in windows:
            window.times.append(now)
        self._day = (now // DAY, self._today(now) + 1)
        return 0

    def refused(self, account_id: int, endpoint: str, *, now: int) -> int:
        """The platform says that a limit is reached: rest its key and return for how long (milliseconds).

        It does not say which limit. The one we are closest to is taken; while none is close, the whole app rests, for
        then somebody else calls under it.
        """
        if self._today(now) >= self._share(self._limits.per_day, self._limits.headroom_percent):
            self._rests["app", MINUTE] = until = (now // DAY + 1) * DAY
            return until - now
        full = [
            (key, window)
            for key, window in self._under(account_id, endpoint)
            if window.free_at(now, window.most) > now
        ]
        key = max(full, key=lambda one: one[1].span)[0] if full else ("app", MINUTE)
        span = SECOND if key[-1] == SECOND else self._limits.pause_minute
        until = (now // SECOND + 1) * SECOND if span == SECOND else now + span
        self._rests[key] = max(self._rests.get(key, 0), until)
        return until - now

    def close(self, *, now: int) -> int:
        """The platform blocked the app: everything rests; return for how long (milliseconds)."""
        until = max(self._rests.get(("app", MINUTE), 0), now + self._limits.closed)
        self._rests["app", MINUTE] = until
        return until - now

    def _under(self, account_id: int, endpoint: str) -> Iterator[tuple[Key, _Window]]:
        """Yield the windows a call falls under; a key ends in the window's length."""
        limits = self._limits
        product = max(
            (one for one in limits.products if endpoint.startswith(one.prefix)),
            key=lambda one: len(one.prefix),
            default=None,
        )
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
        for key, most in found:
            if most:
                span = int(key[-1])
                yield (
                    key,
                    self._windows.setdefault(key, _Window(span, self._share(most, limits.headroom_percent))),
                )

    def _most(self, key: Key, window: _Window, *, urgent: bool) -> int:
        shared = key[0] in ("app", "product")
        return window.most if urgent or not shared else self._share(window.most, self._limits.reading_percent)

    def _day_wait(self, now: int, *, urgent: bool) -> int:
        most = self._share(self._limits.per_day, self._limits.headroom_percent)
        most = most if urgent else self._share(most, self._limits.reading_percent)
        return 0 if self._today(now) < most else (now // DAY + 1) * DAY - now

    def _today(self, now: int) -> int:
        day, count = self._day
        return count if day == now // DAY else 0

    @staticmethod
    def _share(most: int, percent: int) -> int:
        return max(1, most * percent // 100)
