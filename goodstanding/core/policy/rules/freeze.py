"""A freeze of all sending. Hiding goes on: in an incident it is needed most."""

from goodstanding.core.policy.document import Policy
from goodstanding.core.policy.gate import SENDS, Answers, Gate, Look, Ready
from goodstanding.core.policy.model import GateTrace
from goodstanding.core.policy.platform import PlatformRules
from goodstanding.kernel.reasons import Code


def _build(_policy: Policy, _platform: PlatformRules) -> Look:
    say = Answers("freeze")

    def answer(sends: bool | None) -> GateTrace:
        if sends is None:
            return say.missing("freeze", "none")
        return say.refuse(Code.FREEZE, "none", "sends", scope="sends") if sends else say.allow("none", "none")

    answers = Ready(answer)
    return lambda facts: answers[None if facts.freeze is None else facts.freeze.sends]


GATE = Gate(
    id="freeze",
    guards=SENDS,
    codes=(Code.FREEZE, Code.FACT_MISSING),
    source="TT-ENF-1",
    build=_build,
    reads=("freeze.sends",),
)
