"""The account's kill switch stops every automatic act, hiding included."""

from goodstanding.core.policy.document import Policy
from goodstanding.core.policy.gate import ALL_ACTS, Answers, Gate, Look, Ready
from goodstanding.core.policy.model import GateTrace
from goodstanding.core.policy.platform import PlatformRules
from goodstanding.kernel.reasons import Code


def _build(_policy: Policy, _platform: PlatformRules) -> Look:
    say = Answers("kill_switch")

    def answer(killed: bool | None) -> GateTrace:
        if killed is None:
            return say.missing("account", "off")
        return say.refuse(Code.KILL_SWITCH, "off", "on") if killed else say.allow("off", "off")

    answers = Ready(answer)
    return lambda facts: answers[None if facts.account is None else facts.account.killed]


GATE = Gate(
    id="kill_switch",
    guards=ALL_ACTS,
    codes=(Code.KILL_SWITCH, Code.FACT_MISSING),
    source="own",
    build=_build,
    reads=("account.killed",),
)
