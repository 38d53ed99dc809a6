"""The wording that was used least, and a person when all wordings were used too often (R5, TT-SPAM-1, TT-SPAM-4).

Seen is the number of near-duplicates of the wording chosen, under the video and among the last texts together.
"""

from collections.abc import Callable

from goodstanding.core.policy.document import Policy, Template
from goodstanding.core.policy.gate import Answers, Ready
from goodstanding.core.policy.model import Facts, GateTrace, WordingFact
from goodstanding.kernel.reasons import Code

ID = "similar"
CODES = (Code.SIMILAR_TEXT, Code.LANGUAGE_UNSURE, Code.FACT_MISSING)
SOURCE = "TT-SPAM-1"
NUMBERS = ("similar.video_day_max", "similar.recent_max")
Choice = tuple[GateTrace, int]
"""What the gate says, and the wording chosen (-1: none)."""


def chooser(policy: Policy, template: Template) -> Callable[[Facts], Choice]:
    """Return the function that picks a wording of `template` in the language of the comment."""
    say = Answers(ID)
    similar = policy.similar
    wanted = f"video<={similar.video_day_max},recent<={similar.recent_max}"
    missing = say.missing("wording", wanted)
    video_max, recent_max, template_id = similar.video_day_max, similar.recent_max, template.id
    fine: Ready[int, GateTrace] = Ready(lambda least: say.allow(wanted, least))
    least_sure = policy.gates.language_milli_min
    counts: dict[str, int] = {
        language: len(template.variants(language)) for language in policy.gates.languages
    }

    def choose(facts: Facts) -> Choice:
        if facts.wording is None or facts.signals is None:
            return missing, -1
        language = facts.signals.language
        known = counts.get(language, 0)
        if known == 0:
            milli = facts.signals.language_milli
            return say.refuse(
                Code.LANGUAGE_UNSURE, wanted, language, language=language, milli=milli, needed=least_sure
            ), -1
        fresh: list[WordingFact] = []
        stale: list[WordingFact] = []
        for one in facts.wording:
            if one.template == template_id and one.language == language and 0 <= one.variant < known:
                fits = one.similar_video <= video_max and one.similar_recent <= recent_max
                (fresh if fits else stale).append(one)
        if fresh:
            least = min([one.similar_video + one.similar_recent for one in fresh])
            best = sorted([one.variant for one in fresh if one.similar_video + one.similar_recent == least])
            return fine[least], best[facts.chance % len(best)]
        if not stale:
            return missing, -1
        one = min(stale, key=lambda one: (one.similar_video + one.similar_recent, one.variant))
        over = one.similar_video > video_max
        return say.review(
            Code.SIMILAR_TEXT,
            wanted,
            one.similar_video + one.similar_recent,
            allowed=video_max if over else recent_max,
            similar=one.similar_video if over else one.similar_recent,
        ), one.variant

    return choose
