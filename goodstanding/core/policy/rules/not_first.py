"""We never write first: a message needs an earlier message of that person (TT-DM-1)."""

from goodstanding.core.policy.document import Policy
from goodstanding.core.policy.gate import Answers, Gate, Look, Ready
from goodstanding.core.policy.model import GateTrace
from goodstanding.core.policy.platform import PlatformRules
from goodstanding.kernel.reasons import Code


def _build(_policy: Policy, _platform: PlatformRules) -> Look:
    say = Answers("not_first")

    def answer(wrote: bool | None) -> GateTrace:
        if wrote is None:
            return say.missing("contact", "yes")
        return say.allow("yes", "yes") if wrote else say.refuse(Code.NOT_FIRST, "yes", "no", rule="TT-DM-1")

    answers = Ready(answer)
    return lambda facts: answers[None if facts.contact is None else facts.contact.wrote_at is not None]


GATE = Gate(
    id="not_first",
    guards=frozenset({"message"}),
    codes=(Code.NOT_FIRST, Code.FACT_MISSING),
    source="TT-DM-1",
    build=_build,
)
