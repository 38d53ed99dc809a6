"""The wording that was used least, and a person when all wordings were used too often (R5, TT-SPAM-1, TT-SPAM-4)."""

from collections.abc import Callable

from goodstanding.core.policy.document import Policy, Template
from goodstanding.core.policy.gate import Answers
from goodstanding.core.policy.model import Facts, GateTrace
from goodstanding.kernel.reasons import Code

ID = "similar"
CODES = (Code.SIMILAR_TEXT, Code.FACT_MISSING)
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
    counts = {language: len(template.variants(language)) for language in policy.gates.languages}

    def choose(facts: Facts) -> Choice:
        if facts.wording is None or facts.signals is None:
            return missing, -1
        language = facts.signals.language
        known = counts.get(language, 0)
        usable = sorted(
            (one.similar_video + one.similar_recent, one.similar_video, one.similar_recent, one.variant)
            for one in facts.wording
            if one.template == template.id and one.language == language and 0 <= one.variant < known
        )
        if not usable:
            return missing, -1
        fresh = [
            one
            for one in usable
            if one[1] <= similar.video_day_max and one[2] <= similar.recent_max
        ]
        if not fresh:
            total, video, recent, variant = usable[0]
            over = video > similar.video_day_max
            return say.review(
                Code.SIMILAR_TEXT,
                wanted,
                f"video:{video},recent:{recent}",
                allowed=similar.video_day_max if over else similar.recent_max,
                similar=video if over else recent,
            ), variant
        best = [one for one in fresh if one[0] == fresh[0][0]]
        _, video, recent, variant = best[facts.chance % len(best)]
        return say.allow(wanted, f"video:{video},recent:{recent}"), variant

    return choose
