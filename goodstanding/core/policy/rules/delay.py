"""The sending delay: uniform between two numbers, drawn from the event's keyed hash, so it replays (R25)."""

from collections.abc import Callable

from goodstanding.core.policy.document import Policy
from goodstanding.core.policy.gate import Answers
from goodstanding.core.policy.model import GateTrace
from goodstanding.kernel.reasons import Code
from goodstanding.kernel.timing import MINUTE

ID = "delay"
CODES = (Code.DELAY,)
SOURCE = "TT-SPAM-4"
NUMBERS = ("pacing.delay_minutes_min", "pacing.delay_minutes_max")
_CHANCES = 2**32


def delayer(policy: Policy) -> tuple[Callable[[int], int], Callable[[int, int], GateTrace]]:
    """Return the function from chance to milliseconds, and the one that says so for (now, milliseconds)."""
    least = policy.pacing.delay_minutes_min * MINUTE
    span = policy.pacing.delay_minutes_max * MINUTE - least + 1
    say = Answers(ID)
    wanted = f"{policy.pacing.delay_minutes_min}-{policy.pacing.delay_minutes_max}"

    def draw(chance: int) -> int:
        return least + (chance % _CHANCES) * span // _CHANCES

    def trace(now: int, delay: int) -> GateTrace:
        if delay == 0:
            return say.allow(wanted, 0)
        return say.defer(Code.DELAY, wanted, delay // MINUTE, free_at=now + delay, delay_ms=delay)

    return draw, trace
