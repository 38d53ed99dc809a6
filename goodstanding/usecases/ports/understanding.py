"""Port of explanations: what a text was understood to be, and why."""

from typing import Protocol

import msgspec

from goodstanding.core.understood import Understood


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How one head of the model is calibrated in one language, and where it would draw its lines."""

    head: str
    language: str
    """`und`: for texts of words that several languages share."""
    slope: float
    offset: float
    below: int | None
    """Thousandths below which it may go by itself; `None` where no line was drawn."""
    above: int | None
    """Thousandths from which to act."""


class Explains(Protocol):
    """Explains single texts, and tells what the model is."""

    def understood(self, text: str, *, home: str) -> Understood:
        """Return what is found in `text` for an account that is at home in `home`, and why."""
        ...

    def limits(self) -> list[Limits]:
        """Return the calibration and the lines of every head, by head and language."""
        ...

    @property
    def weights(self) -> str:
        """The SHA-256 of the model file, hexadecimal."""
        ...
