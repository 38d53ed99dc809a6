"""The heads of the semantic extra: what 384 numbers say of a text, alone and beside the fast path.

A score is linear in the numbers and in a few units that each see all of them. What is made of it is fitted on texts
that neither path learned from: a curve for the heads alone, and one for both paths together, by language.
"""

import hashlib
import math
import struct
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from operator import mul

import msgspec

from goodstanding.adapters.nlp.judging import HARMS, MOODS, UNTOLD
from goodstanding.adapters.nlp.linear import Calibration, ModelBrokenError

_MAGIC = b"GSHEADS1"
_STEEPEST = 30.0
_LEAST, _MOST = 2, 998
"""Thousandths between which the fast path's word is weighed; what is surer says no more."""


class Together(msgspec.Struct, frozen=True, gc=False):
    """Weighs both paths: logit p = fast * logit(fast path) + semantic * score + offset."""

    fast: float
    semantic: float
    offset: float

    def milli(self, fast: int, score: float) -> int:
        """Return the probability in thousandths."""
        inner = min(_MOST, max(_LEAST, fast)) / 1000
        return _milli(self.fast * math.log(inner / (1 - inner)) + self.semantic * score + self.offset)


class Moods(msgspec.Struct, frozen=True, gc=False):
    """Weighs both paths' moods: a row for each of negative, neutral and positive."""

    rows: tuple[tuple[float, ...], ...]
    """Weights of: the fast path's mood (-1 to 1), its size, the three scores, and 1."""

    def milli(self, fast: int | None, scores: Sequence[float]) -> int:
        """Return P(positive) - P(negative) in thousandths."""
        felt = (fast or 0) / 1000
        seen = (felt, abs(felt), *scores, 1.0)
        return _mood([sum(map(mul, row, seen)) for row in self.rows])


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """What stands beside the weights."""

    name: str
    made_for: str
    """The engine and the preparation of texts that the heads were fitted on."""
    fast: str
    """Digest of the fast path's weights that the two were weighed with."""
    heads: tuple[str, ...]
    width: int
    units: int
    alone: dict[str, dict[str, Calibration]]
    """Head -> language, or `und` for any other -> calibration of the heads alone."""
    together: dict[str, dict[str, Together]]
    """Head -> language -> weighing. A language that is not named was not measured."""
    moods: dict[str, Moods]
    """Language, or `und` -> weighing."""


class Heads:
    """The weights of all heads. Immutable; safe to share among threads."""

    def __init__(self, header: Header, numbers: Sequence[float], *, digest: str) -> None:
        self.header = header
        self.digest = digest
        width, units, count = header.width, header.units, len(header.heads)
        cut = _Cutter(numbers)
        self._units = [(cut.take(width), cut.take(1)[0]) for _ in range(units)]
        self._direct = [cut.take(width) for _ in range(count)]
        self._through = [cut.take(units) for _ in range(count)]
        self._bias = cut.take(count)
        self._moods = slice(header.heads.index(MOODS[0]), header.heads.index(MOODS[-1]) + 1)
        self._place = {head: at for at, head in enumerate(header.heads)}

    @property
    def model(self) -> str:
        """Return name and digest, as decisions hold them."""
        return f"{self.header.name}:{self.digest[:16]}"

    def scores(self, vector: Sequence[float]) -> tuple[float, ...]:
        """Return the raw score of each head, in the header's order."""
        hidden = [max(0.0, sum(map(mul, row, vector)) + bias) for row, bias in self._units]
        return tuple(
            sum(map(mul, direct, vector)) + sum(map(mul, through, hidden)) + bias
            for direct, through, bias in zip(self._direct, self._through, self._bias, strict=True)
        )

    def harm(self, head: str, scores: Sequence[float], *, fast: int | None, language: str) -> int:
        """Return the probability of a harm in thousandths, in the light of the fast path where it spoke."""
        score = scores[self._place[head]]
        weighing = self.header.together[head].get(language)
        if fast is not None and weighing is not None:
            return weighing.milli(fast, score)
        alone = self.header.alone[head]
        return (alone.get(language) or alone[UNTOLD]).milli(score)

    def mood(self, scores: Sequence[float], *, fast: int | None, language: str) -> int:
        """Return P(positive) - P(negative) in thousandths."""
        moods = self.header.moods
        return (moods.get(language) or moods[UNTOLD]).milli(fast, scores[self._moods])

    def mood_alone(self, scores: Sequence[float]) -> int:
        """Return P(positive) - P(negative) in thousandths, whatever the fast path says."""
        return _mood(scores[self._moods])


class _Cutter:
    def __init__(self, numbers: Sequence[float]) -> None:
        self._numbers, self._at = numbers, 0

    def take(self, count: int) -> tuple[float, ...]:
        start, self._at = self._at, self._at + count
        return tuple(self._numbers[start : self._at])


def size(header: Header) -> int:
    """Return how many numbers belong to a header."""
    heads = len(header.heads)
    return header.units * (header.width + 1) + heads * (header.width + header.units + 1)


def packed(header: Header, numbers: Sequence[float]) -> bytes:
    """Return a file of heads: magic, header, numbers in half precision, and their digest."""
    about = msgspec.json.encode(header)
    body = _MAGIC + struct.pack("<I", len(about)) + about + struct.pack(f"<{len(numbers)}e", *numbers)
    return body + hashlib.sha256(body).digest()


def read(body: bytes) -> Heads:
    """Return the heads in a file; raises `ModelBrokenError` when it is damaged."""
    start = len(_MAGIC) + 4
    if body[: len(_MAGIC)] != _MAGIC or hashlib.sha256(body[:-32]).digest() != body[-32:]:
        raise ModelBrokenError(why="damaged")
    (length,) = struct.unpack_from("<I", body, len(_MAGIC))
    try:
        header = msgspec.json.decode(body[start : start + length], type=Header)
    except msgspec.MsgspecError as wrong:
        raise ModelBrokenError(why="damaged") from wrong
    rest = body[start + length : -32]
    if len(rest) != 2 * size(header) or not {*HARMS, *MOODS} <= {*header.heads}:
        raise ModelBrokenError(why="size")
    numbers = struct.unpack(f"<{len(rest) // 2}e", rest)
    return Heads(header, numbers, digest=hashlib.sha256(body).hexdigest())


@cache
def shipped() -> Heads:
    """Return the heads that ship with the product."""
    try:
        body = (files("goodstanding") / "adapters" / "nlp" / "weights" / "semantic.gsh").read_bytes()
    except OSError as wrong:
        raise ModelBrokenError(why="damaged") from wrong
    return read(body)


def _mood(scores: Sequence[float]) -> int:
    bad, plain, good = (math.exp(one - max(scores)) for one in scores)
    return round(1000 * (good - bad) / (bad + plain + good))


def _milli(odds: float) -> int:
    return round(1000 / (1 + math.exp(-max(-_STEEPEST, min(_STEEPEST, odds)))))
