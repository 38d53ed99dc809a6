"""A minor, a crisis, a collaboration or a complaint: a person decides, whatever the rules say (R31, TT-DM-4)."""

from goodstanding.core.policy.document import Policy
from goodstanding.core.policy.gate import ALL_ACTS, Answers, Gate, Look, Ready
from goodstanding.core.policy.model import Facts, GateTrace
from goodstanding.core.policy.platform import PlatformRules
from goodstanding.kernel.reasons import Code

_ALWAYS = ("crisis", "minor", "complaint", "collab")
"""Most pressing first."""


def _build(policy: Policy, _platform: PlatformRules) -> Look:
    say = Answers("human")
    least = policy.gates.human_milli_min
    asked = (*_ALWAYS, *sorted(set(policy.gates.human_intents) - set(_ALWAYS)))
    wanted = f"{','.join(asked)}<{least}"

    def answer(intents: tuple[tuple[str, int], ...] | None) -> GateTrace:
        if intents is None:
            return say.missing("signals", wanted, verdict="review")
        for why in asked:
            milli = next((milli for name, milli in intents if name == why), 0)
            if milli >= least:
                return say.review(Code.HUMAN_REQUIRED, wanted, f"{why}:{milli}", why=why, milli=milli)
        return say.allow(wanted, "")

    answers = Ready(answer)
    own = say.allow(wanted, "own")

    def look(facts: Facts) -> GateTrace:
        if facts.comment is not None and facts.comment.own:
            return own
        return answers[None if facts.signals is None else facts.signals.intents]

    return look


GATE = Gate(
    id="human",
    guards=ALL_ACTS,
    codes=(Code.HUMAN_REQUIRED, Code.FACT_MISSING),
    source="TT-DM-4",
    build=_build,
    reads=("signals.intents", "comment.own"),
    opens_case=True,
    at_sending=False,
    numbers=("gates.human_milli_min", "gates.human_intents"),
)
