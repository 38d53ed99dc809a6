"""The virtual clock: it starts anywhere, runs at any speed, stands still, and jumps."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import formatdate

MILLISECONDS = 1000


def wall_ms() -> int:
    """Return the machine's time in milliseconds; used once, to start a clock that was given no start."""
    return int(time.time() * MILLISECONDS)  # noqa: TID251 - the sandbox is its own process and has no Clock port


def parse_iso(text: str) -> int:
    """Return the milliseconds of an ISO time (UTC when it names no zone); raises `ValueError`."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return int(moment.timestamp() * MILLISECONDS)


def iso(instant_ms: int) -> str:
    """Return `2026-11-21T14:05:00.000Z`."""
    moment = datetime.fromtimestamp(instant_ms / MILLISECONDS, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{instant_ms % MILLISECONDS:03d}Z"


class VirtualClock:
    """Virtual milliseconds since 1970, derived from a monotonic clock of the machine."""

    def __init__(
        self, *, start_ms: int, speed: float = 1.0, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        if speed <= 0:
            raise ValueError("speed must be above 0; to stand still, freeze")
        self._monotonic = monotonic
        self._virtual = float(start_ms)
        self._real = monotonic()
        self._speed = speed
        self._frozen = False
        self._date = (0, "")

    @property
    def speed(self) -> float:
        """Virtual seconds per real second while it runs."""
        return self._speed

    @property
    def frozen(self) -> bool:
        """Whether it stands still."""
        return self._frozen

    def now_ms(self) -> int:
        """Return the virtual time in milliseconds."""
        return int(self._exact())

    def advance(self, seconds: float) -> None:
        """Jump by `seconds`; a negative jump turns the clock back, as real clocks sometimes do."""
        self._restart(self._exact() + seconds * MILLISECONDS)

    def jump(self, instant_ms: int) -> None:
        """Go to `instant_ms`."""
        self._restart(float(instant_ms))

    def run_at(self, speed: float) -> None:
        """Run at `speed`; raises `ValueError` at 0 or below."""
        if speed <= 0:
            raise ValueError("speed must be above 0; to stand still, freeze")
        self._restart(self._exact())
        self._speed = speed

    def freeze(self, *, still: bool) -> None:
        """Stand still, or run again."""
        self._restart(self._exact())
        self._frozen = still

    def real_seconds_until(self, instant_ms: int) -> float | None:
        """Return the real seconds until `instant_ms`; 0 when past, `None` when the clock stands still."""
        left = instant_ms - self._exact()
        if left <= 0:
            return 0.0
        return None if self._frozen else left / MILLISECONDS / self._speed

    def http_date(self) -> str:
        """Return the value of a `Date` header."""
        second = self.now_ms() // MILLISECONDS
        if second != self._date[0]:
            self._date = (second, formatdate(second, usegmt=True))
        return self._date[1]

    def _exact(self) -> float:
        if self._frozen:
            return self._virtual
        return self._virtual + (self._monotonic() - self._real) * self._speed * MILLISECONDS

    def _restart(self, virtual: float) -> None:
        self._virtual = virtual
        self._real = self._monotonic()
