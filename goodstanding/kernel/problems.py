"""Trouble, in two kinds: what a person gave us is wrong (a value), or the outside world failed (an exception)."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong with something a person gave us; words are made at the edge from `code` and `fields`."""

    code: str
    line: int | None = None
    """Line in the file, from 1."""
    fields: Mapping[str, str | int] = field(default_factory=dict)


class GoodstandingError(Exception):
    """The outside world failed. Carries a code and fields; turned into words at the edge."""

    code = "ERROR"

    def __init__(self, **fields: str | int) -> None:
        super().__init__(self.code, fields)
        self.fields = fields


class Invalid(GoodstandingError):  # noqa: N818 - reads as what it says: the input is invalid
    """Input was refused; nothing was changed."""

    code = "INVALID"

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(count=len(problems))
        self.problems = problems

    def __str__(self) -> str:
        return "; ".join(f"line {p.line}: {p.code} {dict(p.fields)}" for p in self.problems)
