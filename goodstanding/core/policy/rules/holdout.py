"""People in a control group never get automation (INV14)."""

from goodstanding.core.policy.document import Policy
from goodstanding.core.policy.gate import SENDS, Answers, Gate, Look, Ready
from goodstanding.core.policy.model import GateTrace
from goodstanding.core.policy.platform import PlatformRules
from goodstanding.kernel.reasons import Code


def _build(_policy: Policy, _platform: PlatformRules) -> Look:
    say = Answers("holdout")

    def answer(held: bool | None) -> GateTrace:
        if held is None:
            return say.missing("contact", "no")
        return say.refuse(Code.HOLDOUT, "no", "yes") if held else say.allow("no", "no")

    answers = Ready(answer)
    return lambda facts: answers[None if facts.contact is None else facts.contact.holdout]


GATE = Gate(
    id="holdout",
    guards=SENDS,
    codes=(Code.HOLDOUT, Code.FACT_MISSING),
    source="own",
    build=_build,
    reads=("contact.holdout",),
    for_person=False,
)
