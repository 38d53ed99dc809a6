"""Consent to answer: made by the person's own question, ended by STOP or a withdrawal (INV1)."""

from goodstanding.core.policy.document import Policy
from goodstanding.core.policy.gate import SENDS, Answers, Gate, Look, Ready
from goodstanding.core.policy.model import Facts, GateTrace
from goodstanding.core.policy.platform import PlatformRules
from goodstanding.kernel.reasons import Code


def _build(_policy: Policy, _platform: PlatformRules) -> Look:
    say = Answers("consent")

    def answer(state: str | None) -> GateTrace:
        if state is None:
            return say.missing("contact", "given")
        if state == "given":
            return say.allow("given", state)
        if state == "absent":
            return say.refuse(Code.CONSENT_MISSING, "given", state, purpose="answer")
        return say.refuse(Code.CONSENT_WITHDRAWN, "given", state, purpose="answer")

    answers = Ready(answer)

    def look(facts: Facts) -> GateTrace:
        if facts.signals is not None and facts.signals.answer == "stop":
            return answers["stop"]
        return answers[None if facts.contact is None else facts.contact.answer]

    return look


GATE = Gate(
    id="consent",
    guards=SENDS,
    codes=(Code.CONSENT_MISSING, Code.CONSENT_WITHDRAWN, Code.FACT_MISSING),
    source="own",
    build=_build,
    reads=("contact.answer", "signals.answer"),
    numbers=("gates.consent_required",),
)
