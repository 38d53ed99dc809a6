"""Ports of models: what people corrected, which model is in use, and the shelf the models stand on."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Protocol

import msgspec

from goodstanding.core.labels import Labelled
from goodstanding.kernel.problems import GoodstandingError
from goodstanding.usecases.ports.services import Classifier

Trouble = Literal["", "missing", "damaged", "features"]
"""Why a model cannot be used: its file is gone, damaged, or made for other features than this version reads."""


class Correction(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One answer of a person against a model's. The text stays with its comment and is erased with the person."""

    id: int
    account_id: int
    event_id: int
    contact_id: int
    """0 where nobody is known to have written it."""
    head: str
    said: str
    was: str
    """What the model said; empty when it abstained or failed."""
    was_milli: int | None
    model: str
    language: str
    source: str
    """`core.labels.Source`"""
    act_id: int | None
    """The act that said it by the way."""
    by: str
    at: int
    undone_at: int | None = None
    undone_by: str = ""


class ModelUse(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """From when on a model was in use."""

    id: int
    digest: str
    """Empty: the one that ships."""
    before: str
    by: str
    at: int
    figures: str
    """What was known of it then, as JSON."""


class CorrectionQueries(Protocol):
    """What may be read of corrections and models."""

    def corrections(self, *, before: int, limit: int) -> list[Correction]:
        """Return corrections, the newest first, taken back or not."""
        ...

    def corrections_held(self, *, after: int, limit: int) -> list[Correction]:
        """Return those that hold, the oldest first."""
        ...

    def corrections_of_event(self, event_id: int) -> list[Correction]: ...
    def correction(self, correction_id: int) -> Correction | None: ...
    def correction_count(self) -> int:
        """Return how many hold."""
        ...

    def newest_decisions(self, limit: int) -> list[tuple[int, str]]:
        """Return (event, outcome) of what was decided last, the newest first."""
        ...

    def model_in_use(self) -> ModelUse | None:
        """Return the newest choice; None while nobody chose."""
        ...

    def model_uses(self, limit: int) -> list[ModelUse]:
        """Return choices, the newest first."""
        ...


class CorrectionChanges(Protocol):
    """What may be changed of them."""

    def add_corrections(self, rows: Sequence[Correction]) -> None: ...
    def undo_corrections(self, ids: Sequence[int], at: int, by: str) -> int:
        """Take back those that still hold; returns how many."""
        ...

    def erase_corrections(self, contact_id: int) -> int: ...
    def add_model_use(self, row: ModelUse) -> None: ...


class ModelError(GoodstandingError):
    """A model that cannot be used; fields: digest, and for a file that is there what is wrong with it."""

    code = "MODEL"

    def __init__(self, code: str, **fields: str) -> None:
        super().__init__(**fields)
        self.code = code


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A model on the shelf."""

    digest: str
    shipped: bool = False
    trouble: Trouble = ""
    name: str = ""
    version: int = 0
    parent: str = ""
    card: Mapping[str, Any] = {}
    """What was measured of it when it was made; empty when nothing was kept."""


class Refitted(msgspec.Struct, frozen=True, kw_only=True):
    """A model that was just made."""

    digest: str
    changed: int
    """Weights that differ from the parent's."""
    skipped: int
    """Answers it has no head for."""


class Shelf(Protocol):
    """The models of this installation: the one that ships, and those made here."""

    def shipped(self) -> Kept: ...
    def kept(self) -> list[Kept]:
        """Return what was made here, by digest; a damaged file stands among them with its trouble."""
        ...

    def look(self, digest: str) -> Kept:
        """Return a model by its whole digest (empty: the one that ships), with its trouble if it has any."""
        ...

    def classifier(self, digest: str, home: str = "") -> Classifier:
        """Return a classifier by a model; raises `ModelError`."""
        ...

    def refit(
        self,
        parent: str,
        rows: Sequence[Labelled],
        anchors: Sequence[str],
        *,
        seed: int,
        progress: Callable[[int, int], None],
    ) -> Refitted:
        """Make a model a small step away from `parent` and put it on the shelf; the same input makes the same file.

        It answers the rows better and the anchors as before. Raises `ModelError`.
        """
        ...

    def describe(self, digest: str, card: Mapping[str, Any]) -> None:
        """Keep what was measured of a model beside it."""
        ...


class Serving(Protocol):
    """The model in use, in this process."""

    def look(self) -> Trouble:
        """Take up what is in use now; returns why it cannot be used, in which case the shipped one serves."""
        ...
