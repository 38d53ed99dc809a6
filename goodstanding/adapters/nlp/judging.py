"""From raw scores to what is said of a text: calibrated, and silent where a head was never taught."""

import math
from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from goodstanding.adapters.nlp import linear
from goodstanding.adapters.nlp.extract import INTENTS
from goodstanding.adapters.nlp.rules import Ruled

HARMS = ("abuse", "hate", "threat", "sexual", "spam")
MOODS = ("negative", "neutral", "positive")
LANGUAGE = "lang:"
UNTOLD = "und"
"""No language, or too little to tell."""

_HOME_ODDS = math.log(6)
_FAR = 12.0
"""A score so far below the best adds less than a hundredth of a thousandth."""
_LANGUAGE_MILLI_MIN = 500
_SCRIPT_MILLI = 950
_INTENT_MILLI_MIN = 100
_DOUBTED = 50
"""What a rule found stands, unless the model, which has seen the finding, holds it for less likely than one in twenty."""
_ALWAYS_TOLD = frozenset(("crisis", "minor"))
"""Intents where a phrase alone is enough: missing one does more harm than asking a person once too often."""


class Judged(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What rules and model together say of a text, in thousandths; `None` where a head abstains."""

    language: str
    certainty: int
    known: bool
    """Whether heads were taught this language, or the lists hold for the text."""
    sentiment: int | None
    harm: Mapping[str, int | None]
    intents: tuple[tuple[str, int], ...]


class Judge:
    """Reads the scores of one model."""

    def __init__(self, header: linear.Header, *, home: Literal["nl", "en"] | None) -> None:
        place = {head: at for at, head in enumerate(header.heads)}
        self._calibration = header.calibration
        self._harms = [(head, place[head]) for head in HARMS]
        self._intents = [
            (head, place[head], min(map(_least, header.calibration[head].values()))) for head in sorted(INTENTS)
        ]
        self._moods = slice(place["negative"], place["positive"] + 1)
        self._tongues = [(head.removeprefix(LANGUAGE), at) for head, at in place.items() if head.startswith(LANGUAGE)]
        self._taught = frozenset(tongue for tongue, _ in self._tongues)
        self._home = next((k for k, (tongue, _) in enumerate(self._tongues) if tongue == home), None)

    def judged(self, scores: Sequence[float], *, ruled: Ruled, script: str) -> Judged:
        """Return what the scores say, given what the rules found and the language that the letters speak for."""
        tongue, certainty = self._language(scores, ruled=ruled, script=script)
        told = tongue if tongue != UNTOLD else (ruled.language if ruled.listed else UNTOLD)
        known = ruled.listed or (told != UNTOLD and told in self._calibration["abuse"])
        harm = {head: self._risk(head, scores[at], told, known=known, ruled=ruled) for head, at in self._harms}
        intents = self._wishes(scores, told, ruled=ruled)
        mood = self._mood(scores) if ruled.listed or told in self._calibration["sentiment"] else None
        return Judged(
            language=tongue, certainty=certainty, known=known, sentiment=mood, harm=harm, intents=intents
        )

    def _language(self, scores: Sequence[float], *, ruled: Ruled, script: str) -> tuple[str, int]:
        if not ruled.worded:
            return UNTOLD, 0
        if script and script not in self._taught:
            return script, _SCRIPT_MILLI
        tongues = [scores[at] for _, at in self._tongues]
        if self._home is not None:
            tongues[self._home] += _HOME_ODDS
        top = max(tongues)
        milli = round(1000 / sum([math.exp(score - top) for score in tongues if score > top - _FAR]))
        if milli < _LANGUAGE_MILLI_MIN:
            return (script, _LANGUAGE_MILLI_MIN) if script else (UNTOLD, 0)
        return self._tongues[tongues.index(top)][0], milli

    def _risk(self, head: str, score: float, tongue: str, *, known: bool, ruled: Ruled) -> int | None:
        rule = _found(head, ruled)
        if not known:
            return rule or None
        milli = self._milli(head, score, tongue, listed=ruled.listed)
        if milli is None:
            return rule or None
        return max(milli, rule) if milli >= _DOUBTED else milli

    def _milli(self, head: str, score: float, tongue: str, *, listed: bool) -> int | None:
        by_tongue = self._calibration[head]
        calibration = by_tongue.get(tongue) or (by_tongue[UNTOLD] if listed else None)
        return calibration.milli(score) if calibration else None

    def _wishes(self, scores: Sequence[float], tongue: str, *, ruled: Ruled) -> tuple[tuple[str, int], ...]:
        found: list[tuple[str, int]] = []
        for head, at, low in self._intents:
            milli = 0
            if scores[at] > low:
                milli = self._milli(head, scores[at], tongue, listed=ruled.listed) or 0
            rule = ruled.scores.get(head, 0)
            if rule > milli and (milli >= _DOUBTED or head in _ALWAYS_TOLD or not ruled.listed):
                milli = rule
            if milli >= _INTENT_MILLI_MIN:
                found.append((head, milli))
        return tuple(found)

    def _mood(self, scores: Sequence[float]) -> int:
        """Return P(positive) - P(negative)."""
        bad, plain, good = (math.exp(max(-30.0, min(30.0, score))) for score in scores[self._moods])
        return round(1000 * (good - bad) / (bad + plain + good))


def _least(calibration: linear.Calibration) -> float:
    """Return the score below which an intent is neither told nor believed."""
    least = min(_INTENT_MILLI_MIN, _DOUBTED)
    odds = math.log(least / (1000 - least))
    return (odds - calibration.offset) / calibration.slope - 0.1


def _found(head: str, ruled: Ruled) -> int:
    return ruled.spam if head == "spam" else int(getattr(ruled.harm, head))
