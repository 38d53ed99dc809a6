"""A message is answered when it asks something, or when it is a tap on our own card (R8)."""

from goodstanding.core.policy.document import Policy
from goodstanding.core.policy.gate import MESSAGES, SENDS, Answers, Gate, Look
from goodstanding.core.policy.model import Facts, GateTrace, message_of
from goodstanding.core.policy.platform import PlatformRules
from goodstanding.core.policy.vocabulary import TRIGGERS
from goodstanding.kernel.reasons import Code


def _build(policy: Policy, _platform: PlatformRules) -> Look:
    say = Answers("message_trigger")
    least = policy.gates.intent_milli_min

    def look(facts: Facts) -> GateTrace:
        message = message_of(facts)
        if message is not None and message.tap:
            return say.allow(least, message.tap)
        if facts.signals is None:
            return say.missing("signals", least)
        best = max(((milli, name) for name, milli in facts.signals.intents if name in TRIGGERS), default=None)
        if best is None:
            return say.refuse(Code.NO_TRIGGER, least, "")
        seen = f"{best[1]}:{best[0]}"
        return say.refuse(Code.NO_TRIGGER, least, seen) if best[0] < least else say.allow(least, seen)

    return look


GATE = Gate(
    id="message_trigger",
    guards=SENDS,
    codes=(Code.NO_TRIGGER, Code.FACT_MISSING),
    source="TT-DM-5",
    build=_build,
    at_sending=False,
    numbers=("gates.intent_milli_min",),
    kinds=MESSAGES,
)
