"""We answer only in languages we are sure of; seen is `language:thousandths`."""

from goodstanding.core.policy.document import Policy
from goodstanding.core.policy.gate import SENDS, Answers, Gate, Look, Ready
from goodstanding.core.policy.model import GateTrace
from goodstanding.core.policy.platform import PlatformRules
from goodstanding.kernel.reasons import Code


def _build(policy: Policy, _platform: PlatformRules) -> Look:
    say = Answers("language")
    ours = frozenset(policy.gates.languages)
    least = policy.gates.language_milli_min
    wanted = f"{','.join(sorted(ours))}>={least}"

    def answer(seen: tuple[str, int] | None) -> GateTrace:
        if seen is None:
            return say.missing("signals", wanted)
        language, milli = seen
        shown = f"{language}:{milli}"
        if language in ours and milli >= least:
            return say.allow(wanted, shown)
        return say.refuse(Code.LANGUAGE_UNSURE, wanted, shown, language=language, milli=milli, needed=least)

    answers = Ready(answer)
    return lambda facts: answers[
        None if facts.signals is None else (facts.signals.language, facts.signals.language_milli)
    ]


GATE = Gate(
    id="language",
    guards=SENDS,
    codes=(Code.LANGUAGE_UNSURE, Code.FACT_MISSING),
    source="own",
    build=_build,
    at_sending=False,
    numbers=("gates.languages", "gates.language_milli_min"),
)
