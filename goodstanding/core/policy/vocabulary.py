"""What conditions are written in: bounded types, plain readings of text and time, and what every condition does.

A condition does two things: `observer()` gives the function that takes what it needs out of the facts (a small
hashable value), `judge(seen)` says whether that satisfies it and what to show. Splitting them lets the engine keep
ready-made traces for values it has met before.
"""

import re
import unicodedata
from collections.abc import Callable, Hashable, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from goodstanding.core.policy.model import ConditionTrace, Facts

Seen = Any
"""What an observer hands to its judge: hashable, small, `None` when the fact is missing."""
Observer = Callable[[Facts, "frozenset[str] | None", "str | None"], Seen]
"""Takes facts, the words of the text, and the text as ` word word ` (both `None` when there is no text)."""
Direction = Literal["up", "down", "more", "fewer", ""]
"""What makes a condition match more often: a higher or lower number, more or fewer entries."""

Intent = Literal[
    "price",
    "link",
    "info",
    "product_question",
    "question",
    "collab",
    "complaint",
    "thanks",
    "minor",
    "crisis",
]
TRIGGERS: tuple[Intent, ...] = ("info", "link", "price", "product_question", "question")
"""Intents that may start an automatic answer: questions and requests only (R8)."""
Head = Literal["abuse", "hate", "threat", "sexual", "spam", "worst"]
HEADS: tuple[Head, ...] = ("abuse", "hate", "threat", "sexual", "spam")
Kind = Literal["email", "phone", "iban", "url", "handle", "price"]
Language = Literal["nl", "en"]
Milli = Annotated[int, Field(ge=0, le=1000)]
Word = Annotated[str, StringConstraints(min_length=1, max_length=60)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,40}$")]
TimeOfDay = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]

_word = re.compile(r"\w+")
_spaced = {code: " " for code in range(128) if not (chr(code).isalnum() or chr(code) == "_")}
"""ASCII marks that part words, for the quick way through plain text."""


def looser(direction: Direction, **bounds: Any) -> Any:
    """Return a field whose value matches more often in `direction`; used by the comparison of policies."""
    return Field(json_schema_extra={"looser": direction}, **bounds)


def words_of(text: str) -> list[str]:
    """Return the words of `text`, composed and in lower case, so a bank matches whole words only."""
    if text.isascii():
        return text.lower().translate(_spaced).split()
    return _word.findall(unicodedata.normalize("NFKC", text).casefold())


def minutes(time: str) -> int:
    """Return `HH:MM` as minute of the day."""
    return int(time[:2]) * 60 + int(time[3:])


def between(minute: int, start: int, end: int) -> bool:
    """Tell whether `minute` lies in [start, end), over midnight when `end` is not after `start`."""
    return start <= minute < end if start < end else minute >= start or minute < end


class Condition(BaseModel):
    """One thing a rule asks of the facts."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    needs_text: ClassVar[bool] = False

    @property
    def slot(self) -> Hashable:
        """What the observer takes: conditions with the same slot share one observer."""
        return str(vars(self)["kind"])

    @property
    def wanted(self) -> str | int:
        """What is asked, in one short value for the trace."""
        raise NotImplementedError

    def observer(self) -> Observer:
        """Return the function that takes what this condition needs out of the facts."""
        raise NotImplementedError

    def judge(self, seen: Seen) -> tuple[bool | None, str | int | None]:
        """Return whether `seen` satisfies the condition (`None`: not known) and what to show."""
        raise NotImplementedError

    def trace(self, seen: Seen) -> ConditionTrace:
        """Return the trace for `seen`."""
        ok, shown = self.judge(seen)
        return ConditionTrace(kind=vars(self)["kind"], ok=ok, seen=shown, wanted=self.wanted)

    def fields(self) -> Mapping[str, str | int]:
        """Return the fields of this condition's sentence."""
        return {"wanted": self.wanted}
