"""Between two thresholds of certainty a person decides. It never stops hiding.

Only requests that some rule would answer count, and none that is sure may stand beside them: so this gate takes away
nothing that the trigger gate would let through, it only asks for a person.
"""

from goodstanding.core.policy.document import Policy
from goodstanding.core.policy.gate import SENDS, Answers, Gate, Look, Ready
from goodstanding.core.policy.model import Facts, GateTrace
from goodstanding.core.policy.platform import PlatformRules
from goodstanding.core.policy.text_conditions import IntentAtLeast, IntentIn
from goodstanding.core.policy.vocabulary import TRIGGERS, Condition
from goodstanding.kernel.reasons import Code


def _asked(condition: Condition) -> tuple[str, ...]:
    if isinstance(condition, IntentIn):
        return condition.intents
    return (condition.intent,) if isinstance(condition, IntentAtLeast) else ()


def _build(policy: Policy, _platform: PlatformRules) -> Look:
    say = Answers("unsure")
    doubt, sure = policy.gates.doubt_milli_min, policy.gates.intent_milli_min
    wanted = f"<{doubt} or >={sure}"
    answered = {
        intent
        for rule in policy.rules
        if rule.enabled and rule.then in SENDS
        for condition in rule.when
        for intent in _asked(condition)
    }

    def answer(intents: tuple[tuple[str, int], ...] | None) -> GateTrace:
        if intents is None:
            return say.missing("signals", wanted, verdict="review")
        if any(name in TRIGGERS and milli >= sure for name, milli in intents):
            return say.allow(wanted, "sure")
        milli, best = max(((milli, name) for name, milli in intents if name in answered), default=(0, ""))
        if doubt <= milli < sure:
            return say.review(Code.HUMAN_REQUIRED, wanted, f"{best}:{milli}", why="unsure", milli=milli)
        return say.allow(wanted, f"{best}:{milli}" if best else "")

    answers = Ready(answer)
    own = say.allow(wanted, "own")

    def look(facts: Facts) -> GateTrace:
        if facts.comment is not None and facts.comment.own:
            return own
        return answers[None if facts.signals is None else facts.signals.intents]

    return look


GATE = Gate(
    id="unsure",
    guards=SENDS,
    codes=(Code.HUMAN_REQUIRED, Code.FACT_MISSING),
    source="own",
    build=_build,
    reads=("signals.intents", "comment.own"),
    opens_case=True,
    at_sending=False,
    numbers=("gates.doubt_milli_min", "gates.intent_milli_min"),
)
