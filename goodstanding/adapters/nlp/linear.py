"""The additive model: every word and every pair of neighbours brings one vector, and a text is their sum.

The vectors of all heads lie in one Python integer, a signed field of 32 bits a head, so that adding two vectors
is one addition and the sum is exact: no rounding, no order, the same on every machine. What a word brought to a
head can be read off its own vector.
"""

import hashlib
import math
import struct
import zlib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path

import msgspec

from goodstanding.adapters.nlp import features
from goodstanding.kernel.problems import GoodstandingError

_MAGIC = b"GSMODEL1"
_FIELD_BYTES = 4
_ZERO = 128
_LIFT = 1 << 31
_LENGTHS_KEPT = 128
_BASES_MAX = 20_000
WORDS_MAX = 2_000
"""Words scored of one text; more would overrun a field and say nothing new."""


class Calibration(msgspec.Struct, frozen=True, gc=False):
    """Turns a head's raw score into a probability: p = 1 / (1 + exp(-(slope * score + offset)))."""

    slope: float = 1.0
    offset: float = 0.0

    def milli(self, score: float) -> int:
        """Return the probability in thousandths."""
        return round(1000 / (1 + math.exp(-max(-30.0, min(30.0, self.slope * score + self.offset)))))


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """What stands beside the weights."""

    name: str
    version: int
    made_for: str
    """Versions of normaliser and features, and the digest of the word lists the weights were fitted on."""
    heads: tuple[str, ...]
    scale: tuple[float, ...]
    """One step of a head's weights, so that weight = step * scale."""
    bias: tuple[float, ...]
    calibration: dict[str, dict[str, Calibration]]
    """Head -> language -> calibration. A language that is not named is not supported by that head."""
    thresholds: dict[str, dict[str, tuple[int, int]]]
    """Head -> language -> thousandths (automate below, act above), by the false-alarm budget."""
    parent: str | None = None
    """Digest of the model this one was re-fitted from."""


class ModelBrokenError(GoodstandingError):
    """A model file that is no model, is damaged, or was made for other features."""

    code = "MODEL_BROKEN"


class Weights:
    """The rows of a model. Immutable; safe to share among threads."""

    def __init__(self, header: Header, rows: bytes, *, digest: str) -> None:
        self.header = header
        self.digest = digest
        self.width = len(header.heads)
        self.rows = rows
        self._lanes = bytearray(self.width * _FIELD_BYTES)
        ones = int.from_bytes(b"\1\0\0\0" * self.width, "little")
        self._centre = ones * _ZERO
        self._lift = ones << 31
        self._unpack = struct.Struct(f"<{self.width}I").unpack
        self._step = tuple(scale / features.UNIT for scale in header.scale)
        self._steps = [self._shared(length) for length in range(_LENGTHS_KEPT)]
        self._bases: dict[int, tuple[float, ...]] = {}

    def vector(self, found: Sequence[features.Feature]) -> int:
        """Return the sum of the rows of some features, packed."""
        total = 0
        for row, weight in found:
            total += self._row(row) * weight
        return total

    def fields(self, vector: int) -> tuple[int, ...]:
        """Return the sum for each head, lifted by 2^31."""
        return self._unpack((vector + self._lift).to_bytes(self.width * _FIELD_BYTES, "little"))

    def scores(self, words: int, whole: int, length: int) -> list[float]:
        """Return each head's raw score: words and neighbours over the root of their number, the text in full."""
        base = self._bases.get(whole)
        if base is None:
            base = self._base(whole)
        steps = self._steps[length] if length < len(self._steps) else self._shared(length)
        return [
            (field - _LIFT) * step + start
            for field, step, start in zip(self.fields(words), steps, base, strict=True)
        ]

    def _base(self, whole: int) -> tuple[float, ...]:
        """Return the scores of a text of no words; texts are alike in this far oftener than in their words."""
        if len(self._bases) >= _BASES_MAX:
            self._bases.clear()
        values = zip(self.values(whole), self.header.bias, strict=True)
        base = self._bases[whole] = tuple(value + bias for value, bias in values)
        return base

    def _shared(self, length: int) -> tuple[float, ...]:
        """Return each head's step for a text of so many words."""
        share = 1 / math.sqrt(max(1, length))
        return tuple(step * share for step in self._step)

    def values(self, vector: int) -> list[float]:
        """Return what a packed vector brings to each head, in the head's own measure."""
        return [(field - _LIFT) * step for field, step in zip(self.fields(vector), self._step, strict=True)]

    def _row(self, place: int) -> int:
        start = place * self.width
        lanes = bytearray(self.width * _FIELD_BYTES)
        lanes[::_FIELD_BYTES] = self.rows[start : start + self.width]
        return int.from_bytes(lanes, "little") - self._centre


def packed(header: Header, rows: bytes) -> bytes:
    """Return a model file: magic, header, compressed rows (one byte a head, 128 is zero), and their digest."""
    about = msgspec.json.encode(header)
    body = _MAGIC + struct.pack("<I", len(about)) + about + zlib.compress(rows, 9)
    return body + hashlib.sha256(body).digest()


def read(body: bytes) -> Weights:
    """Return the weights in a model file; raises `ModelBrokenError` when the file is damaged or made for other features."""
    start = len(_MAGIC) + 4
    if body[: len(_MAGIC)] != _MAGIC or hashlib.sha256(body[:-32]).digest() != body[-32:]:
        raise ModelBrokenError(why="damaged")
    (size,) = struct.unpack_from("<I", body, len(_MAGIC))
    try:
        header = msgspec.json.decode(body[start : start + size], type=Header)
        rows = zlib.decompress(body[start + size : -32])
    except (msgspec.MsgspecError, zlib.error) as wrong:
        raise ModelBrokenError(why="damaged") from wrong
    if len(rows) != len(header.heads) * features.BUCKETS:
        raise ModelBrokenError(why="size")
    return Weights(header, rows, digest=hashlib.sha256(body).hexdigest())


@cache
def shipped() -> Weights:
    """Return the weights that ship with the product."""
    return read((files("goodstanding") / "adapters" / "nlp" / "weights" / "fast.gsm").read_bytes())


def stored(path: Path) -> Weights:
    """Return the weights of a model file; raises `ModelBrokenError` and `OSError`."""
    return read(path.read_bytes())


def spread(scores: Mapping[str, float]) -> dict[str, float]:
    """Return probabilities that sum to 1 from raw scores (softmax)."""
    top = max(scores.values())
    parts = {name: math.exp(score - top) for name, score in scores.items()}
    whole = sum(parts.values())
    return {name: part / whole for name, part in parts.items()}
