"""Spam gets no answer and asks for nobody's time."""

from goodstanding.core.policy.document import Policy
from goodstanding.core.policy.gate import SENDS, Answers, Gate, Look, Ready
from goodstanding.core.policy.model import GateTrace
from goodstanding.core.policy.platform import PlatformRules
from goodstanding.kernel.reasons import Code


def _build(policy: Policy, _platform: PlatformRules) -> Look:
    say = Answers("spam")
    below = policy.gates.spam_milli_below

    def answer(milli: int | None) -> GateTrace:
        if milli is None:
            return say.missing("spam", below, verdict="review")
        if milli >= below:
            return say.refuse(Code.SPAM, below, milli, milli=milli)
        return say.allow(below, milli)

    answers = Ready(answer)
    return lambda facts: answers[None if facts.signals is None else facts.signals.spam_milli]


GATE = Gate(
    id="spam",
    guards=SENDS,
    codes=(Code.SPAM, Code.FACT_MISSING),
    source="TT-SPAM-1",
    build=_build,
    at_sending=False,
    numbers=("gates.spam_milli_below",),
)
