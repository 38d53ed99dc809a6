"""Webhooks on their way: signed, repeated until answered with 200, bounded in number and in parallel."""

import asyncio
import contextlib
import heapq
from collections import Counter, deque
from collections.abc import Callable
from typing import Literal

import aiohttp
import msgspec

from goodstanding.sandbox.clock import MILLISECONDS, VirtualClock
from goodstanding.sandbox.faults import Faults
from goodstanding.sandbox.numbers import Webhooks
from goodstanding.sandbox.state import Event
from goodstanding.sandbox.wire import comment_body, event_body, sign

_OK = 200
_ATTEMPT_SECONDS = 10.0
_HISTORY_MAX = 80


class Attempt(msgspec.Struct, frozen=True, gc=False):
    """One try: virtual time, the HTTP status that came back (0 for none), and how it was spoilt."""

    at_ms: int
    status: int
    spoilt: str = ""


class Delivery(msgspec.Struct, kw_only=True):
    """One event on its way to one callback."""

    number: int
    event: Event
    first_ms: int
    due_ms: int
    copy: bool = False
    status: Literal["waiting", "sending", "delivered", "given_up", "held", "handed_over", "lost"] = "waiting"
    attempts: list[Attempt] = msgspec.field(default_factory=list)


class Deliveries:
    """The queue of events, the sender, and the log of both."""

    def __init__(
        self,
        *,
        clock: VirtualClock,
        numbers: Webhooks,
        faults: Faults,
        app_id: str,
        secret: str,
        callback: Callable[[Event], str | None],
        parallel: int = 8,
        queue_max: int = 200_000,
        log_max: int = 200_000,
    ) -> None:
        self.log: deque[Delivery] = deque(maxlen=log_max)
        self.held: deque[Delivery] = deque()
        self.counts: Counter[str] = Counter()
        self.queue_max = queue_max
        self._clock = clock
        self._numbers = numbers
        self._faults = faults
        self._app_id = app_id
        self._secret = secret
        self._callback = callback
        self._heap: list[tuple[int, int, Delivery]] = []
        self._serial = 0
        self._wake = asyncio.Event()
        self._room = asyncio.Semaphore(parallel)
        self._parallel = parallel
        self._sending: set[asyncio.Task[None]] = set()

    # --- in ---

    def add(self, event: Event) -> None:
        """Queue an event for its subscriber; without one, or without room, it is counted and dropped."""
        if self._callback(event) is None:
            self.counts["no_callback"] += 1
            return
        spoil = self._faults.webhooks
        if spoil.hold:
            try:
                self.hold(event)
            except OverflowError:
                self.counts["no_room"] += 1
            return
        if self._faults.happens(spoil.lost):
            self.counts["lost"] += 1
            self._new(event, due_ms=self._clock.now_ms(), copy=False).status = "lost"
            return
        self._queue(event, extra_seconds=self._delay(), copy=False)
        if self._faults.happens(spoil.duplicate):
            self._queue(event, extra_seconds=self._faults.between(spoil.reorder_seconds), copy=True)

    def hold(self, event: Event) -> None:
        """Keep an event until somebody fetches it with `take_held`; raises `OverflowError` without room."""
        if len(self.held) >= self.queue_max:
            raise OverflowError("no room for more held deliveries")
        delivery = self._new(event, due_ms=event.at_ms, copy=False)
        delivery.status = "held"
        self.held.append(delivery)

    def take_held(self, limit: int, *, peek: bool = False) -> list[tuple[Delivery, bytes, str]]:
        """Hand over held deliveries, oldest first, each with its raw body and a fresh signature."""
        chosen = [self.held[index] for index in range(min(limit, len(self.held)))]
        if not peek:
            for delivery in chosen:
                self.held.popleft()
                delivery.status = "handed_over"
        now = self._clock.now_ms() // MILLISECONDS
        bodies = [self.body(delivery.event) for delivery in chosen]
        return [
            (delivery, body, sign(secret=self._secret, t=now, body=body))
            for delivery, body in zip(chosen, bodies, strict=True)
        ]

    def body(self, event: Event) -> bytes:
        """Return the raw body of an event; the same bytes at each attempt."""
        comment = event.comment
        if comment is None:
            return event_body(
                app_id=self._app_id,
                open_id=event.open_id,
                event=event.name,
                at_ms=event.at_ms,
                content=event.content or {},
            )
        return comment_body(
            app_id=self._app_id,
            open_id=event.open_id,
            action=event.action,
            at_ms=event.at_ms,
            comment_id=comment.comment_id,
            video_id=comment.video_id,
            parent_comment_id=comment.parent_id,
            unique_identifier=comment.unique_identifier,
            text=comment.text,
        )

    def wake(self) -> None:
        """The clock changed: look again at what is due."""
        self._wake.set()

    @property
    def waiting(self) -> int:
        """Deliveries queued for now or later."""
        return len(self._heap)

    async def settle(self, timeout_seconds: float) -> bool:
        """Wait until nothing is due or on its way; False when that took longer than allowed."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_seconds):
                while self._sending or (self._heap and self._heap[0][0] <= self._clock.now_ms()):  # noqa: ASYNC110 - due is a matter of the clock, no event tells it
                    await asyncio.sleep(0.005)
                return True
        return False

    # --- out ---

    async def run(self) -> None:
        """Send what is due, forever; never more than `parallel` at once."""
        connector = aiohttp.TCPConnector(limit=self._parallel)
        timeout = aiohttp.ClientTimeout(total=_ATTEMPT_SECONDS)
        async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
            while True:
                await self._room.acquire()
                delivery = await self._next_due()
                delivery.status = "sending"
                task = asyncio.create_task(self._attempt(session, delivery))
                self._sending.add(task)
                task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        self._room.release()

    async def _next_due(self) -> Delivery:
        while True:
            self._wake.clear()
            seconds: float | None = None
            if self._heap:
                seconds = self._clock.real_seconds_until(self._heap[0][0])
                if seconds == 0:
                    return heapq.heappop(self._heap)[2]
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._wake.wait()

    async def _attempt(self, session: aiohttp.ClientSession, delivery: Delivery) -> None:
        url = self._callback(delivery.event)
        status, spoilt = 0, ""
        if url is not None:
            body = self.body(delivery.event)
            signature, spoilt = self._signature(body)
            headers = {
                "Content-Type": "application/json",
                "Tiktok-Signature": signature,
                "webhook-schema-version": "1.0",
                "x-tt-logid": f"sbx{delivery.number:020d}",
            }
            with contextlib.suppress(aiohttp.ClientError, TimeoutError, OSError):
                async with session.post(url, data=body, headers=headers, allow_redirects=False) as answer:
                    status = answer.status
        if len(delivery.attempts) < _HISTORY_MAX:
            delivery.attempts.append(Attempt(self._clock.now_ms(), status, spoilt))
        self._after(delivery, status)

    def _signature(self, body: bytes) -> tuple[str, str]:
        spoil = self._faults.webhooks
        t = self._clock.now_ms() // MILLISECONDS
        if self._faults.happens(spoil.bad_signature):
            return sign(secret=f"not {self._secret}", t=t, body=body), "bad_signature"
        if self._faults.happens(spoil.stale):
            return sign(secret=self._secret, t=t - spoil.stale_seconds, body=body), "stale"
        return sign(secret=self._secret, t=t, body=body), ""

    def _after(self, delivery: Delivery, status: int) -> None:
        self.counts[f"http_{status}"] += 1
        if status == _OK:
            delivery.status = "delivered"
            self.counts["delivered"] += 1
            return
        step = min(
            self._numbers.first_retry_seconds * 2 ** min(len(delivery.attempts) - 1, 32),
            self._numbers.longest_retry_seconds,
        )
        delivery.due_ms = self._clock.now_ms() + step * MILLISECONDS
        if delivery.due_ms > delivery.first_ms + self._numbers.retry_hours * 3_600 * MILLISECONDS:
            delivery.status = "given_up"
            self.counts["given_up"] += 1
            return
        delivery.status = "waiting"
        self._push(delivery)

    def _delay(self) -> float:
        spoil = self._faults.webhooks
        delay = self._faults.between(spoil.delay_seconds_max)
        return delay + spoil.reorder_seconds if self._faults.happens(spoil.reorder) else delay

    def _queue(self, event: Event, *, extra_seconds: float, copy: bool) -> None:
        if len(self._heap) >= self.queue_max:
            self.counts["no_room"] += 1
            return
        due = self._clock.now_ms() + int(extra_seconds * MILLISECONDS)
        self._push(self._new(event, due_ms=due, copy=copy))

    def _new(self, event: Event, *, due_ms: int, copy: bool) -> Delivery:
        self._serial += 1
        now = self._clock.now_ms()
        delivery = Delivery(number=self._serial, event=event, first_ms=now, due_ms=due_ms, copy=copy)
        self.log.append(delivery)
        return delivery

    def _push(self, delivery: Delivery) -> None:
        heapq.heappush(self._heap, (delivery.due_ms, delivery.number, delivery))
        self._wake.set()
