"""Clocks. Time never goes back, and a jump that nobody can explain is a doubt that stops sending."""

import threading
import time
from collections.abc import Callable

DRIFT_MAX = 60_000
"""Wall clock against monotonic clock since they were last compared with the platform, milliseconds: more is a jump."""
REFERENCE_MAX = 30_000
"""Wall clock against the platform's own time, milliseconds."""
GAP_MAX = 7 * 24 * 3_600_000
"""Since the last persisted instant, milliseconds: more would empty every 7-day window unseen."""


def _wall() -> int:
    return time.time_ns() // 1_000_000


def _steady() -> int:
    return time.monotonic_ns() // 1_000_000


class SystemClock:
    """The machine's clock, watched.

    Between two comparisons with the platform time runs with the monotonic clock, so a step of the wall clock moves no
    window; it only raises a doubt. `persisted` is the last instant the database has seen. A clock nobody has compared
    yet is in doubt too. A doubt ends by itself when the platform's time agrees with the wall clock within 30 seconds,
    or when a person confirms the time; only then may time go back, to what is now known to be right. So two instants
    with such a comparison between them may be up to 60 seconds nearer to each other, or further apart, than they seem.
    """

    def __init__(
        self, *, persisted: int = 0, wall: Callable[[], int] = _wall, steady: Callable[[], int] = _steady
    ) -> None:
        self._wall, self._steady = wall, steady
        self._lock = threading.Lock()
        self._high = persisted
        self._anchor = (wall(), steady())
        self._doubt = "CLOCK_UNHEARD"
        self._apart = abs(self._anchor[0] - persisted) if persisted else 0
        if persisted and self._anchor[0] - persisted > GAP_MAX:
            self._doubt = "CLOCK_GAP"
        if persisted and persisted - self._anchor[0] > DRIFT_MAX:
            self._doubt = "CLOCK_BEHIND"

    def now(self) -> int:
        with self._lock:
            return self._now()

    def doubt(self) -> str:
        with self._lock:
            self._now()
            return self._doubt

    def apart(self) -> int:
        """Return how far off time seemed when the doubt arose, milliseconds."""
        return self._apart

    def hear(self, reference: int) -> None:
        with self._lock:
            now = self._now()
            apart = abs(self._wall() - reference)
            if apart > REFERENCE_MAX:
                self._doubt, self._apart = "CLOCK_APART", apart
            elif self._doubt or abs(now - reference) > REFERENCE_MAX:
                self._settle()

    def confirm(self) -> None:
        """A person confirms that the wall clock is right."""
        with self._lock:
            self._settle()

    def real_seconds(self, span: int) -> float:
        return span / 1000

    def _now(self) -> int:
        running = self._anchor[0] + self._steady() - self._anchor[1]
        apart = abs(self._wall() - running)
        if not self._doubt and apart > DRIFT_MAX:
            self._doubt, self._apart = "CLOCK_JUMP", apart
        self._high = max(self._high, running)
        return self._high

    def _settle(self) -> None:
        self._doubt = ""
        self._anchor = (self._wall(), self._steady())
        self._high = self._anchor[0]


class DemoClock:
    """A clock for demo and drills: starts anywhere, runs at any speed, can jump ahead; never in doubt."""

    def __init__(self, *, start: int, speed: float = 1.0, steady: Callable[[], int] = _steady) -> None:
        self._steady = steady
        self._lock = threading.Lock()
        self._base, self._at, self._speed = start, steady(), speed

    def now(self) -> int:
        with self._lock:
            return self._now()

    def doubt(self) -> str:
        return ""

    def apart(self) -> int:
        """Return 0: the demo's clock is right by definition."""
        return 0

    def hear(self, reference: int) -> None:
        """The demo's platform follows this clock, not the other way round."""

    def real_seconds(self, span: int) -> float:
        return span / 1000 / self._speed if self._speed else 3600.0

    @property
    def speed(self) -> float:
        """How many times faster than real time it runs."""
        return self._speed

    def set_speed(self, speed: float) -> None:
        with self._lock:
            self._base, self._at, self._speed = self._now(), self._steady(), speed

    def advance(self, span: int) -> None:
        """Jump ahead by `span` milliseconds; never back."""
        with self._lock:
            self._base, self._at = self._now() + max(0, span), self._steady()

    def _now(self) -> int:
        return self._base + int((self._steady() - self._at) * self._speed)
