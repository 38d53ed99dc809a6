"""A freeze of promotion: asked only when the wording is promotional."""

from goodstanding.core.policy.document import Policy
from goodstanding.core.policy.gate import SENDS, Answers, Gate, Look, Ready
from goodstanding.core.policy.model import GateTrace
from goodstanding.core.policy.platform import PlatformRules
from goodstanding.kernel.reasons import Code


def _build(_policy: Policy, _platform: PlatformRules) -> Look:
    say = Answers("freeze_promotion")

    def answer(frozen: bool | None) -> GateTrace:
        if frozen is None:
            return say.missing("freeze", "none")
        if frozen:
            return say.refuse(Code.FREEZE, "none", "promotion", scope="promotion")
        return say.allow("none", "none")

    answers = Ready(answer)
    return lambda facts: answers[None if facts.freeze is None else facts.freeze.promotion]


GATE = Gate(
    id="freeze_promotion", guards=SENDS, codes=(Code.FREEZE, Code.FACT_MISSING), source="own", build=_build
)
