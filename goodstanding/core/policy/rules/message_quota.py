"""At most so many messages after each message of the person, whoever of us sent them (TT-DM-2); seen is how many."""

from goodstanding.core.policy.document import Policy
from goodstanding.core.policy.gate import MESSAGES, Answers, Gate, Look, Ready
from goodstanding.core.policy.model import Facts, GateTrace, message_of
from goodstanding.core.policy.platform import PlatformRules
from goodstanding.kernel.reasons import Code


def _build(_policy: Policy, platform: PlatformRules) -> Look:
    say = Answers("message_quota")
    most = platform.numbers.messages_per_window

    def answer(used: int | None) -> GateTrace:
        if used is None:
            return say.missing("message", most)
        if used >= most:
            return say.refuse(Code.QUOTA_USED, most, used, limit=most, rule="TT-DM-2", used=used)
        return say.allow(most, used)

    answers = Ready(answer)

    def look(facts: Facts) -> GateTrace:
        message = message_of(facts)
        return answers[None if message is None else message.used]

    return look


GATE = Gate(
    id="message_quota",
    guards=frozenset({"message"}),
    codes=(Code.QUOTA_USED, Code.FACT_MISSING),
    source="TT-DM-2",
    build=_build,
    kinds=MESSAGES,
)
