"""From raw scores to what is said of a text: calibrated, and silent where a head was never taught."""

import math
from collections.abc import Mapping, Sequence
from math import exp
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
_SURE = 7.7
"""Log odds beyond which a probability rounds to 0 or 1 in thousandths."""
_CLIPPED = 30.0
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
            (head, place[head], min(map(_least, header.calibration[head].values())))
            for head in sorted(INTENTS)
        ]
        self._moods = slice(place["negative"], place["positive"] + 1)
        self._tongues = [
            (head.removeprefix(LANGUAGE), at) for head, at in place.items() if head.startswith(LANGUAGE)
        ]
        self._taught = frozenset(tongue for tongue, _ in self._tongues)
        self._home = next((k for k, (tongue, _) in enumerate(self._tongues) if tongue == home), None)
        self._first_tongue = min(at for _, at in self._tongues)
        self._fitted: dict[tuple[str, bool], list[tuple[str, int, float | None, float]]] = {}
        together = [at for _, at in self._tongues] == list(
            range(self._first_tongue, self._first_tongue + len(self._tongues))
        )
        self._spoken = (
            slice(self._first_tongue, self._first_tongue + len(self._tongues)) if together else None
        )

    def judged(self, scores: Sequence[float], *, ruled: Ruled, script: str) -> Judged:
        """Return what the scores say, given what the rules found and the language that the letters speak for."""
        tongue, certainty = self._language(scores, ruled=ruled, script=script)
        told = tongue if tongue != UNTOLD else (ruled.language if ruled.listed else UNTOLD)
        known = ruled.listed or (told != UNTOLD and told in self._calibration["abuse"])
        harm = self._harmed(scores, told, ruled=ruled, known=known)
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
        tongues = (
            list(scores[self._spoken])
            if self._spoken is not None
            else [scores[at] for _, at in self._tongues]
        )
        if self._home is not None:
            tongues[self._home] += _HOME_ODDS
        top = max(tongues)
        near = top - _FAR
        milli = round(1000 / sum([exp(score - top) for score in tongues if score > near]))
        if milli < _LANGUAGE_MILLI_MIN:
            if ruled.certainty >= _LANGUAGE_MILLI_MIN:
                return ruled.language, ruled.certainty
            return (script, _LANGUAGE_MILLI_MIN) if script else (UNTOLD, 0)
        tongue = self._tongues[tongues.index(top)][0]
        if ruled.certainty > milli or tongue == ruled.language:
            return ruled.language, max(milli, ruled.certainty)
        return tongue, milli

    def _harmed(
        self, scores: Sequence[float], tongue: str, *, ruled: Ruled, known: bool
    ) -> dict[str, int | None]:
        if not known:
            return {head: _found(head, ruled) or None for head in HARMS}
        spoken = (tongue, ruled.listed)
        fitted = self._fitted.get(spoken)
        if fitted is None:
            fitted = self._fitted[spoken] = [self._fit(head, at, *spoken) for head, at in self._harms]
        harm: dict[str, int | None] = {}
        for head, at, slope, offset in fitted:
            if slope is None:
                harm[head] = _found(head, ruled) or None
                continue
            odds = slope * scores[at] + offset
            milli = 0
            if odds > -_SURE:
                milli = round(1000 / (1 + exp(-odds))) if odds < _SURE else 1000
            harm[head] = max(milli, _found(head, ruled)) if milli >= _DOUBTED else milli
        return harm

    def _fit(self, head: str, at: int, tongue: str, listed: bool) -> tuple[str, int, float | None, float]:  # noqa: FBT001 - half of a key
        by_tongue = self._calibration[head]
        calibration = by_tongue.get(tongue) or (by_tongue[UNTOLD] if listed else None)
        return (head, at, calibration.slope, calibration.offset) if calibration else (head, at, None, 0.0)

    def _milli(self, head: str, score: float, tongue: str, *, listed: bool) -> int | None:
        by_tongue = self._calibration[head]
        calibration = by_tongue.get(tongue) or (by_tongue[UNTOLD] if listed else None)
        return calibration.milli(score) if calibration else None

    def _wishes(self, scores: Sequence[float], tongue: str, *, ruled: Ruled) -> tuple[tuple[str, int], ...]:
        found: list[tuple[str, int]] = []
        said = ruled.scores
        for head, at, low in self._intents:
            milli = 0
            if scores[at] > low:
                milli = self._milli(head, scores[at], tongue, listed=ruled.listed) or 0
            elif head not in said:
                continue
            rule = ruled.scores.get(head, 0)
            if rule > milli and (milli >= _DOUBTED or head in _ALWAYS_TOLD or not ruled.listed):
                milli = rule
            if milli >= _INTENT_MILLI_MIN:
                found.append((head, milli))
        return tuple(found)

    def _mood(self, scores: Sequence[float]) -> int:
        """Return P(positive) - P(negative)."""
        a, b, c = scores[self._moods]
        if -_CLIPPED < a < _CLIPPED and -_CLIPPED < b < _CLIPPED and -_CLIPPED < c < _CLIPPED:
            bad, plain, good = exp(a), exp(b), exp(c)
        else:
            bad, plain, good = (exp(max(-_CLIPPED, min(_CLIPPED, score))) for score in (a, b, c))
        return round(1000 * (good - bad) / (bad + plain + good))


def _least(calibration: linear.Calibration) -> float:
    """Return the score below which an intent is neither told nor believed."""
    least = min(_INTENT_MILLI_MIN, _DOUBTED)
    odds = math.log(least / (1000 - least))
    return (odds - calibration.offset) / calibration.slope - 0.1


def _found(head: str, ruled: Ruled) -> int:
    return ruled.spam if head == "spam" else int(getattr(ruled.harm, head))
