"""TikTok's call limits, kept on our side: the dated numbers, and the pace of this process."""

from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

from goodstanding.core.calling import CallLimits, Calls, Product
from goodstanding.kernel.timing import MINUTE, SECOND

FILE = "tiktok-limits-2026-11.toml"


@cache
def _numbers() -> dict[str, Any]:
    found: dict[str, Any] = msgspec.toml.decode(
        (files("goodstanding.playbooks") / "platform" / FILE).read_bytes()
    )
    return found


def levels() -> tuple[str, ...]:
    """Return the names of the levels TikTok gives apps, the lowest first."""
    return tuple(_numbers()["levels"])


def call_limits(level: str = "") -> CallLimits:
    """Return the limits of an app at a level (empty: the one every app starts with); raises `KeyError`."""
    numbers = _numbers()
    rates, own = numbers["levels"][level or numbers["level"]], numbers["own"]
    return CallLimits(
        per_second=rates["per_second"],
        per_minute=rates["per_minute"],
        per_day=rates["per_day"],
        account_endpoint_per_minute=numbers["account"]["endpoint_per_minute"],
        products=(
            Product(prefix="/business/", per_minute=rates["accounts_per_minute"]),
            Product(prefix="/business/message/", per_second=numbers["messaging"]["per_second"]),
        ),
        headroom_percent=own["headroom_percent"],
        reading_percent=own["reading_percent"],
        pause_minute=numbers["pause"]["minute_seconds"] * SECOND,
        closed=own["closed_minutes"] * MINUTE,
    )


def ability_span() -> int:
    """Return for how long an answer about what may be sent in a conversation is taken for true (milliseconds)."""
    minutes: int = _numbers()["own"]["ability_minutes"]
    return minutes * MINUTE


def limits_at(level: str) -> CallLimits:
    """Return the limits of an app at a level; a level the shipped numbers do not know is the lowest."""
    return call_limits(level if level in levels() else "")


class Pace:
    """The calls of this process alone; `usecases.pacing.SharedPace` counts those of all processes.

    What is sent goes before what is read: reading leaves it room.
    """

    def __init__(self, limits: CallLimits, now: Callable[[], int]) -> None:
        self._limits, self._calls, self._now = limits, Calls(limits), now

    def reading_per_hour(self) -> int:
        """Return how many calls an hour reading may make, all accounts together."""
        return self._limits.reading_per_hour("/business/comment/list/")

    async def ask(self, account_id: int, endpoint: str, *, urgent: bool) -> int:
        """Note a call and return 0, or return how many milliseconds it must wait."""
        return self.wait(account_id, endpoint, urgent=urgent)

    async def slow_down(self, account_id: int, endpoint: str) -> int:
        """Like `throttled`, for whoever need not know which kind of pace it is."""
        return self.throttled(account_id, endpoint)

    async def shut(self) -> int:
        """Like `closed`, for whoever need not know which kind of pace it is."""
        return self.closed()

    def wait(self, account_id: int, endpoint: str, *, urgent: bool = True) -> int:
        """Note a call and return 0, or return how many milliseconds it must wait."""
        return self._calls.take(account_id, endpoint, now=self._now(), urgent=urgent)

    def throttled(self, account_id: int, endpoint: str) -> int:
        """The platform said to slow down: rest, and return for how long (milliseconds)."""
        return self._calls.refused(account_id, endpoint, now=self._now())

    def closed(self) -> int:
        """The platform blocked the app: everything rests; return for how long (milliseconds)."""
        return self._calls.close(now=self._now())
