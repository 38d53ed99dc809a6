"""When a message leaves: at the wished time, but never so late that the window might be closed (I6, TT-DM-2).

The answer is the earliest of the wished time and the window's end less a margin; where quiet hours lie between, before
them rather than after the end. Where no such time is left a person is asked while the window is still open.
"""

from goodstanding.core.policy.gate import Answers
from goodstanding.core.policy.model import Facts, GateTrace
from goodstanding.core.policy.platform import PlatformRules
from goodstanding.core.policy.rules.quiet_hours import Quiet
from goodstanding.kernel.reasons import Code
from goodstanding.kernel.timing import HOUR, MINUTE

ID = "message_time"
CODES = (Code.DELAY, Code.WINDOW_CLOSED)
SOURCE = "TT-DM-2"


class Timer:
    """The times of messages under one policy."""

    __slots__ = ("_margin", "_quiet", "_say", "_window")

    def __init__(self, platform: PlatformRules, quiet: Quiet) -> None:
        self._window = platform.numbers.message_window_hours
        self._margin = platform.numbers.message_margin_minutes
        self._quiet = quiet
        self._say = Answers(ID)

    def end(self, facts: Facts) -> int | None:
        """Return the last instant at which a message may be planned, `None` when the person never wrote."""
        wrote_at = None if facts.contact is None else facts.contact.wrote_at
        return None if wrote_at is None else wrote_at + self._window * HOUR - self._margin * MINUTE

    def plan(self, facts: Facts, *, earliest: int, wished: int, spread: int) -> tuple[int, GateTrace]:
        """Return when to send and what to say of it. `spread`: milliseconds after quiet hours, so not all go at once."""
        last = self.end(facts)
        if last is None or facts.now >= last + self._margin * MINUTE:  # the window itself refuses
            return wished, self._say.allow("", "")
        at = min(max(earliest, wished), last)
        resting = self._rest(facts, at)
        if resting is not None:
            begins, ends = resting
            at = ends + spread if ends + spread <= last else ends if ends <= last else begins - MINUTE
        left = max(0, last - facts.now) // HOUR
        if not earliest <= at <= last:
            hours = self._window - left
            return last, self._say.review(
                Code.WINDOW_CLOSED, self._window, hours, hours=hours, rule=SOURCE, window=self._window
            )
        if at <= earliest:
            return at, self._say.allow(self._window, left)
        return at, self._say.defer(Code.DELAY, self._window, left, free_at=at, delay_ms=at - facts.now)

    def _rest(self, facts: Facts, at: int) -> tuple[int, int] | None:
        """Return the quiet hours around `at`, as instants, or nothing when it is not quiet then."""
        trace = self._quiet.look(now=facts.now, minute=facts.minute, at=at)
        if trace.reason is None:
            return None
        ends = int(trace.reason.fields["free_at"])
        quiet_minutes = 24 * 60 - self._quiet.awake_minutes
        return ends - quiet_minutes * MINUTE, ends
