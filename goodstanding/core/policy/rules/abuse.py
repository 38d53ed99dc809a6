"""No automatic answer to abuse, hate, threats, sexual text or swearing: it goes to a person (INV4)."""

from operator import attrgetter

from goodstanding.core.policy.document import Policy
from goodstanding.core.policy.gate import SENDS, Answers, Gate, Look, Ready
from goodstanding.core.policy.model import GateTrace
from goodstanding.core.policy.platform import PlatformRules
from goodstanding.kernel.reasons import Code

_HEADS = ("abuse", "hate", "threat", "sexual")


def _build(policy: Policy, _platform: PlatformRules) -> Look:
    say = Answers("abuse")
    gates = policy.gates
    bounds = tuple(getattr(gates, f"{head}_milli_below") for head in _HEADS)
    wanted = f"{','.join(f'{head}<{below}' for head, below in zip(_HEADS, bounds, strict=True))}"
    scores_of = attrgetter(*[f"{head}_milli" for head in _HEADS], "profanity")

    def answer(seen: tuple[int | None, ...] | None) -> GateTrace:
        if seen is None:
            return say.missing("signals", wanted, verdict="review")
        *scores, profanity = seen
        found = list(zip(_HEADS, scores, bounds, strict=True))
        over = [(score, head) for head, score, below in found if score is not None and score >= below]
        if over:
            milli, head = max(over)
            return say.review(Code.ABUSE, wanted, f"{head}:{milli}", head=head, milli=milli)
        if profanity is not None and profanity > gates.profanity_max:
            return say.review(Code.ABUSE, wanted, f"profanity:{profanity}", head="profanity", milli=profanity)
        for head, score, _ in found:
            if score is None:
                return say.missing(head, wanted, verdict="review")
        if profanity is None:
            return say.missing("profanity", wanted, verdict="review")
        milli, head = max((score or 0, head) for head, score, _ in found)
        return say.allow(wanted, f"{head}:{milli}")

    answers = Ready(answer)
    return lambda facts: answers[None if facts.signals is None else scores_of(facts.signals)]


GATE = Gate(
    id="abuse",
    guards=SENDS,
    codes=(Code.ABUSE, Code.FACT_MISSING),
    source="own",
    build=_build,
    at_sending=False,
    numbers=(*(f"gates.{head}_milli_below" for head in _HEADS), "gates.profanity_max"),
)
