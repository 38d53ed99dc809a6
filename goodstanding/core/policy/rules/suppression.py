"""Contacts on the list of people we never write to."""

from goodstanding.core.policy.document import Policy
from goodstanding.core.policy.gate import SENDS, Answers, Gate, Look, Ready
from goodstanding.core.policy.model import GateTrace
from goodstanding.core.policy.platform import PlatformRules
from goodstanding.kernel.reasons import Code


def _build(_policy: Policy, _platform: PlatformRules) -> Look:
    say = Answers("suppression")

    def answer(listed: bool | None) -> GateTrace:
        if listed is None:
            return say.missing("contact", "not listed")
        if listed:
            return say.refuse(Code.SUPPRESSED, "not listed", "listed")
        return say.allow("not listed", "not listed")

    answers = Ready(answer)
    return lambda facts: answers[None if facts.contact is None else facts.contact.suppressed]


GATE = Gate(
    id="suppression",
    guards=SENDS,
    codes=(Code.SUPPRESSED, Code.FACT_MISSING),
    source="own",
    build=_build,
    reads=("contact.suppressed",),
)
