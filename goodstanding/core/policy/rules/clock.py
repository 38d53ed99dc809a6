"""The clock must be sure: a jump would empty or fill every window."""

from goodstanding.core.policy.document import Policy
from goodstanding.core.policy.gate import SENDS, Answers, Gate, Look, Ready
from goodstanding.core.policy.model import GateTrace  # noqa: TC001 imported alike in every gate
from goodstanding.core.policy.platform import PlatformRules
from goodstanding.kernel.reasons import Code


def _build(_policy: Policy, _platform: PlatformRules) -> Look:
    say = Answers("clock")
    answers: Ready[bool, GateTrace] = Ready(
        lambda sure: say.allow("sure", "sure") if sure else say.refuse(Code.CLOCK_UNSURE, "sure", "unsure")
    )
    return lambda facts: answers[facts.clock_sure]


GATE = Gate(
    id="clock", guards=SENDS, codes=(Code.CLOCK_UNSURE,), source="own", build=_build, reads=("clock_sure",)
)
