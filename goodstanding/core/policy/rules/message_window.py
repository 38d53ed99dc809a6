"""Messages only within the platform's window after the person's last message (TT-DM-2); seen is hours."""

from goodstanding.core.policy.document import Policy
from goodstanding.core.policy.gate import Answers, Gate, Look, Ready
from goodstanding.core.policy.model import Facts, GateTrace
from goodstanding.core.policy.platform import PlatformRules
from goodstanding.kernel.reasons import Code
from goodstanding.kernel.timing import HOUR


def _build(_policy: Policy, platform: PlatformRules) -> Look:
    say = Answers("message_window")
    window = platform.numbers.message_window_hours

    def answer(hours: int | None) -> GateTrace:
        if hours is None:
            return say.missing("contact", window)
        if hours < 0:
            return say.refuse(Code.WINDOW_CLOSED, window, None, hours=0, rule="TT-DM-1", window=window)
        if hours >= window:
            return say.refuse(Code.WINDOW_CLOSED, window, hours, hours=hours, rule="TT-DM-2", window=window)
        return say.allow(window, hours)

    answers = Ready(answer)

    def look(facts: Facts) -> GateTrace:
        if facts.contact is None:
            return answers[None]
        wrote_at = facts.contact.wrote_at
        return answers[-1 if wrote_at is None else max(0, facts.now - wrote_at) // HOUR]

    return look


GATE = Gate(
    id="message_window",
    guards=frozenset({"message"}),
    codes=(Code.WINDOW_CLOSED, Code.FACT_MISSING),
    source="TT-DM-2",
    build=_build,
)
