"""A small step from a model to a better one: gradient steps on people's answers, held back by the model's own.

Only the weights that the answered texts touch may move. Each is pulled back to where it was, and the anchors, texts
whose answers were not contradicted, hold the model to what it said of them. Pure Python and no chance: the same
input makes the same bytes.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, cast

import msgspec

from goodstanding.adapters.nlp import features, kin, linear, reading
from goodstanding.adapters.nlp.classifier import Adder
from goodstanding.adapters.nlp.judging import HARMS, LANGUAGE, MOODS, UNTOLD
from goodstanding.adapters.nlp.lists import Lexicon, shipped
from goodstanding.adapters.nlp.rules import Rules
from goodstanding.core.labels import INTENTS, YES, Labelled

PULL = 1.0
"""How strongly a weight is pulled back to where it was."""
ANCHOR_WEIGHT = 0.5
"""What an anchor weighs beside an answer of a person."""
ROUNDS = 60
_HALF, _QUARTER = 0.5, 0.25
"""Steepest slope of softmax and of the logistic function: they bound how far one step may go."""
_ZERO = 128

Point = dict[int, float]
"""A text as the model adds it up: row of weights -> how much of it."""
Progress = Callable[[int, int], None]


class _Bag:
    """Features with their weights, which add up as the model's vectors do."""

    __slots__ = ("found",)

    def __init__(self, found: Sequence[features.Feature]) -> None:
        self.found = found

    def __add__(self, other: "_Bag | int") -> "_Bag":
        return self if isinstance(other, int) else _Bag([*self.found, *other.found])

    __radd__ = __add__


class Points:
    """Turns texts into what the model adds up."""

    def __init__(self, lexicon: Lexicon | None = None) -> None:
        lexicon = lexicon or shipped()
        bring = cast("reading.Bring", _Bag)
        self._reader = reading.Reader(lexicon, bring, kin.shipped().groups)
        self._rules = Rules(lexicon, home=None)
        self._adder = Adder(bring)

    def of(self, text: str) -> tuple[Point, str]:
        """Return the rows of a text with their shares, and the language the lists tell."""
        read = self._reader.read(text)
        ruled = self._rules.found(read)
        sums = self._adder.sums(text, tokens=read.tokens, ruled=ruled)
        share = 1 / math.sqrt(max(1, sums.length))
        point: Point = {}
        for bag, part in ((sums.words, share), (sums.whole, 1.0)):
            for row, weight in cast("Any", bag).found if bag else ():
                point[row] = point.get(row, 0.0) + weight * part / features.UNIT
        return point, ruled.language


class _Example(msgspec.Struct):
    """One text for one head: its rows, what the model says of it, and what it is to say."""

    point: Point
    start: list[float]
    wanted: list[float]
    slope: float
    offset: float
    weight: float


class Step(msgspec.Struct, frozen=True):
    """The new weights."""

    rows: bytes
    changed: int
    skipped: int


def step(
    parent: linear.Weights, rows: Sequence[Labelled], anchors: Sequence[str], *, progress: Progress
) -> Step:
    """Return the parent's weights after a small step towards the rows' answers."""
    points = Points()
    read = [points.of(row.text) for row in rows]
    free = {place for point, _ in read for place in point}
    held = [_within(points.of(text), free) for text in anchors]
    table = _Table(parent)
    body = bytearray(table.body)
    heads = sorted({head for row in rows for head in row.labels})
    changed = skipped = 0
    for number, head in enumerate(heads):
        columns = table.columns(head)
        examples = [
            made
            for row, (point, tongue) in zip(rows, read, strict=True)
            if head in row.labels
            and (made := table.example(head, point, row.lang or tongue, answer=row.labels[head])) is not None
        ]
        skipped += sum(head in row.labels for row in rows) - len(examples)
        if examples:
            examples += [
                one for at in held if (one := table.example(head, at[0], at[2], whole=at[1])) is not None
            ]
            moved = _moved(examples, len(columns), partial(_tell, progress, number, len(heads)))
            changed += table.write(body, columns, moved)
    return Step(bytes(body), changed, skipped)


def _tell(progress: Progress, head: int, heads: int, done: int) -> None:
    progress(head * ROUNDS + done, heads * ROUNDS)


def _within(read: tuple[Point, str], free: Iterable[int]) -> tuple[Point, Point, str]:
    """Return of an anchor the rows that may move, all its rows, and its language."""
    point, tongue = read
    return {row: part for row, part in point.items() if row in free}, point, tongue


class _Table:
    """A model's weights, by row and column."""

    def __init__(self, weights: linear.Weights) -> None:
        self.header = weights.header
        self.body = weights.rows
        self.width = len(self.header.heads)
        self._place = {head: at for at, head in enumerate(self.header.heads)}

    def columns(self, head: str) -> list[int]:
        """Return the columns whose scores answer a head; several for one of several answers."""
        return [self._place[name] for name in self._names(head)]

    def _names(self, head: str) -> list[str]:
        if head == "sentiment":
            return list(MOODS)
        if head == "lang":
            return [name for name in self.header.heads if name.startswith(LANGUAGE)]
        return [head] if head in self._place and head in (*HARMS, *INTENTS) else []

    def example(
        self,
        head: str,
        point: Point,
        tongue: str,
        *,
        answer: str = "",
        whole: Mapping[int, float] | None = None,
    ) -> _Example | None:
        """Return a text for a head: with a person's answer, or with the model's own; None where it has no such answer."""
        columns = self.columns(head)
        start = [self._score(point if whole is None else whole, column) for column in columns]
        if len(columns) == 1:
            by_tongue = self.header.calibration[head]
            calibration = by_tongue.get(tongue) or by_tongue.get(UNTOLD) or linear.Calibration()
            slope, offset = calibration.slope, calibration.offset
        else:
            slope, offset = 1.0, 0.0
        if not answer:
            wanted, weight = _odds(start, slope, offset), ANCHOR_WEIGHT
        elif len(columns) == 1:
            wanted, weight = [float(answer == YES)], 1.0
        else:
            names = [name.removeprefix(LANGUAGE) for name in self._names(head)]
            if answer not in names:
                return None
            wanted, weight = [float(name == answer) for name in names], 1.0
        return _Example(point, start, wanted, slope, offset, weight)

    def _score(self, point: Mapping[int, float], column: int) -> float:
        scale = self.header.scale[column]
        total: float = sum(
            part * (self.body[row * self.width + column] - _ZERO) for row, part in point.items()
        )
        return total * scale + self.header.bias[column]

    def write(self, body: bytearray, columns: Sequence[int], moved: Sequence[Point]) -> int:
        """Write the moves in whole steps of each column; returns how many weights changed."""
        changed = 0
        for column, moves in zip(columns, moved, strict=True):
            scale = self.header.scale[column]
            for row, move in moves.items():
                at = row * self.width + column
                value = max(1, min(255, round(self.body[at] + move / scale)))
                changed += value != self.body[at]
                body[at] = value
        return changed


def _odds(scores: Sequence[float], slope: float, offset: float) -> list[float]:
    """Return the probability of each answer: of yes for one column, of each column for several."""
    if len(scores) == 1:
        return [1 / (1 + math.exp(-max(-30.0, min(30.0, slope * scores[0] + offset))))]
    top = max(scores)
    parts = [math.exp(score - top) for score in scores]
    whole = sum(parts)
    return [part / whole for part in parts]


def _moved(examples: Sequence[_Example], width: int, progress: Callable[[int], None]) -> list[Point]:
    """Return how far each weight moves, by column: full-batch steps, each as long as the curve allows everywhere."""
    curve: Point = {}
    for one in examples:
        steep = one.weight * one.slope * one.slope * (_QUARTER if width == 1 else _HALF)
        sum_of_parts = sum(map(abs, one.point.values()))
        for row, part in one.point.items():
            curve[row] = curve.get(row, PULL) + steep * abs(part) * sum_of_parts
    moved: list[Point] = [dict.fromkeys(curve, 0.0) for _ in range(width)]
    for done in range(ROUNDS):
        pull = [{row: PULL * move for row, move in moves.items()} for moves in moved]
        for one in examples:
            scores = [
                start + sum([part * moves[row] for row, part in one.point.items()])
                for start, moves in zip(one.start, moved, strict=True)
            ]
            for odds, wanted, slope in zip(
                _odds(scores, one.slope, one.offset), one.wanted, pull, strict=True
            ):
                off = one.weight * one.slope * (odds - wanted)
                for row, part in one.point.items():
                    slope[row] += off * part
        for moves, slope in zip(moved, pull, strict=True):
            for row, value in slope.items():
                moves[row] -= value / curve[row]
        progress(done + 1)
    return moved
