"""No automatic answer to negative text: it goes to a person (INV4, R29)."""

from goodstanding.core.policy.document import Policy
from goodstanding.core.policy.gate import SENDS, Answers, Gate, Look, Ready
from goodstanding.core.policy.model import GateTrace
from goodstanding.core.policy.platform import PlatformRules
from goodstanding.kernel.reasons import Code


def _build(policy: Policy, _platform: PlatformRules) -> Look:
    say = Answers("sentiment")
    floor = policy.gates.sentiment_milli_min

    def answer(milli: int | None) -> GateTrace:
        if milli is None:
            return say.missing("sentiment", floor, verdict="review")
        if milli < floor:
            return say.review(Code.SENTIMENT_LOW, floor, milli, floor=floor, milli=milli)
        return say.allow(floor, milli)

    answers = Ready(answer)
    return lambda facts: answers[None if facts.signals is None else facts.signals.sentiment_milli]


GATE = Gate(
    id="sentiment",
    guards=SENDS,
    codes=(Code.SENTIMENT_LOW, Code.FACT_MISSING),
    source="own",
    build=_build,
    at_sending=False,
    numbers=("gates.sentiment_milli_min",),
)
