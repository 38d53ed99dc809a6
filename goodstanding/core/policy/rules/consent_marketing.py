"""Consent for marketing: an explicit yes, asked only when the wording is promotional (R32)."""

from goodstanding.core.policy.document import Policy
from goodstanding.core.policy.gate import SENDS, Answers, Gate, Look, Ready
from goodstanding.core.policy.model import GateTrace
from goodstanding.core.policy.platform import PlatformRules
from goodstanding.kernel.reasons import Code


def _build(_policy: Policy, _platform: PlatformRules) -> Look:
    say = Answers("consent_marketing")

    def answer(state: str | None) -> GateTrace:
        if state is None:
            return say.missing("contact", "given")
        if state == "given":
            return say.allow("given", state)
        code = Code.CONSENT_MISSING if state == "absent" else Code.CONSENT_WITHDRAWN
        return say.refuse(code, "given", state, purpose="marketing")

    answers = Ready(answer)
    return lambda facts: answers[None if facts.contact is None else facts.contact.marketing]


GATE = Gate(
    id="consent_marketing",
    guards=SENDS,
    codes=(Code.CONSENT_MISSING, Code.CONSENT_WITHDRAWN, Code.FACT_MISSING),
    source="TT-DEV-2",
    build=_build,
)
