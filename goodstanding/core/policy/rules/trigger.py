"""No question, no answer: some request must be found with enough certainty (R8)."""

from goodstanding.core.policy.document import Policy
from goodstanding.core.policy.gate import COMMENTS, SENDS, Answers, Gate, Look, Ready
from goodstanding.core.policy.model import GateTrace
from goodstanding.core.policy.platform import PlatformRules
from goodstanding.core.policy.vocabulary import TRIGGERS
from goodstanding.kernel.reasons import Code


def _build(policy: Policy, _platform: PlatformRules) -> Look:
    say = Answers("trigger")
    least = policy.gates.intent_milli_min

    def answer(intents: tuple[tuple[str, int], ...] | None) -> GateTrace:
        if intents is None:
            return say.missing("signals", least)
        best = max(((milli, name) for name, milli in intents if name in TRIGGERS), default=None)
        if best is None:
            return say.refuse(Code.NO_TRIGGER, least, "")
        if best[0] < least:
            return say.refuse(Code.NO_TRIGGER, least, f"{best[1]}:{best[0]}")
        return say.allow(least, f"{best[1]}:{best[0]}")

    answers = Ready(answer)
    return lambda facts: answers[None if facts.signals is None else facts.signals.intents]


GATE = Gate(
    id="trigger",
    guards=SENDS,
    codes=(Code.NO_TRIGGER, Code.FACT_MISSING),
    source="TT-DM-5",
    build=_build,
    reads=("signals.intents", "comment.own"),
    at_sending=False,
    numbers=("gates.intent_milli_min",),
    kinds=COMMENTS,
)
