"""How well a model answers: counts and rates by head and language, over texts that people labelled."""

from collections import defaultdict
from collections.abc import Sequence

import msgspec

from goodstanding.core.labels import YES, Labelled, answers, found, milli
from goodstanding.core.signals import Signals

_BINS = 10


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """One head in one language. Rates are None where nothing of their kind was there."""

    head: str
    language: str
    rows: int
    right: int
    abstained: int
    yes: int | None
    """Rows that people said yes to; None, as all that follows, for a head of several answers."""
    precision: float | None
    recall: float | None
    f1: float | None
    calibration: float | None
    """Mean distance between how likely the model said yes and how often it was, in tenths of its scale."""
    alarms: int | None
    """Rows that people said no to and the model yes."""


def figures(rows: Sequence[Labelled], signals: Sequence[Signals]) -> list[Figures]:
    """Return figures by head and language, in the order of their names."""
    cells: dict[tuple[str, str], list[tuple[str, Signals]]] = defaultdict(list)
    for row, one in zip(rows, signals, strict=True):
        for head, said in row.labels.items():
            cells[head, row.lang or one.language].append((said, one))
    return [_figures(head, language, cell) for (head, language), cell in sorted(cells.items())]


def _figures(head: str, language: str, cell: Sequence[tuple[str, Signals]]) -> Figures:
    told = [(said, found(one, head), milli(one, head)) for said, one in cell]
    right = sum(said == answer for said, answer, _ in told)
    abstained = sum(not answer for _, answer, _ in told)
    if YES not in answers(head):
        return Figures(
            head=head, language=language, rows=len(told), right=right, abstained=abstained, yes=None, precision=None,
            recall=None, f1=None, calibration=None, alarms=None,
        )  # fmt: skip
    hits = sum(said == YES == answer for said, answer, _ in told)
    wanted = sum(said == YES for said, _, _ in told)
    given = sum(answer == YES for _, answer, _ in told)
    return Figures(
        head=head, language=language, rows=len(told), right=right, abstained=abstained, yes=wanted,
        precision=_rate(hits, given), recall=_rate(hits, wanted), f1=_rate(2 * hits, wanted + given),
        calibration=_calibration([(score, said == YES) for said, _, score in told if score is not None]), alarms=given - hits,
    )  # fmt: skip


def _rate(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _calibration(told: Sequence[tuple[int, bool]]) -> float | None:
    bins: dict[int, list[tuple[int, bool]]] = defaultdict(list)
    for score, is_yes in told:
        bins[min(_BINS - 1, score * _BINS // 1000)].append((score, is_yes))
    off = sum(
        abs(sum(score for score, _ in one) / 1000 - sum(yes for _, yes in one)) for one in bins.values()
    )
    return round(off / len(told), 4) if told else None
