"""What the platform does by itself later: reviews, publications, viewers who answer after a while."""

import heapq
from collections.abc import Callable

from goodstanding.sandbox.clock import VirtualClock


class Agenda:
    """Acts with a virtual time; each is done once, in the order of their times, when the clock has passed it."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._heap: list[tuple[int, int, Callable[[int], object]]] = []
        self._serial = 0

    def after(self, seconds: float, act: Callable[[int], object]) -> None:
        """Plan `act`, which is told its virtual time in milliseconds, `seconds` from now."""
        self._serial += 1
        due = self._clock.now_ms() + int(seconds * 1000)
        heapq.heappush(self._heap, (due, self._serial, act))

    def run_due(self) -> int:
        """Do what is due; returns how many acts that were."""
        done = 0
        while self._heap and self._heap[0][0] <= self._clock.now_ms():
            due, _, act = heapq.heappop(self._heap)
            act(due)
            done += 1
        return done

    @property
    def waiting(self) -> int:
        """Acts that are still to come."""
        return len(self._heap)
