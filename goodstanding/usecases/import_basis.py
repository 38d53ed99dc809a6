"""What imports have in common: their parts, their counts, what can go wrong, how an act is sealed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

import msgspec

from goodstanding.core import names
from goodstanding.kernel.problems import GoodstandingError
from goodstanding.usecases.audit import Draft, append
from goodstanding.usecases.context import Context, Who
from goodstanding.usecases.ports import Account, Queries, Transaction
from goodstanding.usecases.ports.imports import (
    Answers,
    ColumnUse,
    ImportedFile,
    ImportKind,
    Measure,
    OpenReading,
    OriginalStore,
    Question,
    Reading,
)

SOURCE = "import"
"""Where an event says it came from."""


class UnknownImportError(GoodstandingError):
    """There is no such import; field: id."""

    code = "IMPORT_UNKNOWN"


class QuestionsLeftError(GoodstandingError):
    """The file leaves something open that a person must answer first; field: names."""

    code = "IMPORT_QUESTIONS"


class AlreadyInError(GoodstandingError):
    """The import is past that: it is in, refused or taken back; field: state."""

    code = "IMPORT_PAST"


class OriginalGoneError(GoodstandingError):
    """The original is no longer there; fields: id, why."""

    code = "ORIGINAL_GONE"


class CannotUndoError(GoodstandingError):
    """The import has nothing in that could be taken back; field: state."""

    code = "IMPORT_NOT_IN"


class Tally(msgspec.Struct):
    """What became of one kind of thing."""

    added: int = 0
    known: int = 0
    """Was there already."""
    withheld: int = 0
    """Of somebody who asked for erasure: not taken in again."""


class Counts(msgspec.Struct, kw_only=True):
    """What became of a file, or (`preview`) would."""

    sections: dict[str, Tally] = {}
    refused: int = 0
    left_out: dict[str, int] = {}
    """Seen and not kept, by name."""
    without_id: int = 0
    """Comments without TikTok's id: no act on TikTok itself is possible for them, only a person's."""
    region: str = ""
    """Where the export says the account is registered."""
    region_stated: str = ""
    """The country that was stated when the file was read; empty when none was."""
    region_differs: str = ""
    """The country that was stated, when it is another."""
    fields: dict[str, str | int] = {}
    """Of a refusal: what its words name."""
    undone: dict[str, int] = {}
    preview: bool = False
    questions: list[Question] = []
    """What waits for an answer."""
    columns: list[ColumnUse] = []
    """What each column is taken for; without examples where those would be somebody's words."""

    @property
    def added(self) -> int:
        """All that is new."""
        return sum(one.added for one in self.sections.values())

    @property
    def known(self) -> int:
        """All that was there already."""
        return sum(one.known for one in self.sections.values())

    @property
    def withheld(self) -> int:
        """All that was not taken in because somebody was erased."""
        return sum(one.withheld for one in self.sections.values())


def _no_country(_q: Queries, _account_id: int) -> str:
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Importer:
    """What imports need beside the context."""

    ctx: Context
    originals: OriginalStore
    open_reading: OpenReading
    roles: Callable[[ImportKind], tuple[str, ...]]
    """What a column can mean in a file of this kind."""
    upload_bytes_max: int
    country: Callable[[Queries, int], str] = _no_country
    """The country that was stated for an account, as two letters; empty when none was."""

    def reading(self, file: ImportedFile, answers: Answers) -> tuple[BinaryIO, Reading]:
        """Open the kept original of an import. Raises `RefusedFileError` or `OriginalGoneError`."""
        stream = open_original(self, file)
        account = account_of(self.ctx, file.account_id)
        try:
            made = self.open_reading(file.kind, stream, name=file.name, own=account.handle, answers=answers)
        except BaseException:
            stream.close()
            raise
        return stream, made


def open_original(importer: Importer, file: ImportedFile) -> BinaryIO:
    """Open the kept file itself. Raises `OriginalGoneError`."""
    row = importer.ctx.store.read(lambda q: q.original(file.account_id, file.digest))
    if row is None or row.erased_at is not None:
        raise OriginalGoneError(id=file.id, why=row.why if row else "")
    try:
        return importer.originals.open(row.digest, row.key_id)
    except OSError as error:
        raise OriginalGoneError(id=file.id, why="MISSING") from error


def imported(ctx: Context, file_id: int) -> ImportedFile:
    """Return an import. Raises `UnknownImportError`."""
    found = ctx.store.read(lambda q: q.imported_file(file_id))
    if found is None:
        raise UnknownImportError(id=file_id)
    return found


def external_of(handle_: str) -> str:
    """Return how somebody is known of whom only the handle is known."""
    return names.by_handle(names.handle_key(handle_) or handle_.casefold())


def metric_key(one: Measure) -> str:
    """Return what makes a figure this one: a figure that was corrected later is another, and both are kept."""
    return f"{one.scope}:{one.subject}:{one.metric}:{one.day}:{one.value}:{one.unit}"


def as_json(value: msgspec.Struct) -> str:
    """Return a value as it is stored."""
    return msgspec.json.encode(value).decode()


def account_of(ctx: Context, account_id: int) -> Account:
    """Return an account that is there."""
    return next(one for one in ctx.store.read(lambda q: q.accounts()) if one.id == account_id)


def seal(ctx: Context, tx: Transaction, file: ImportedFile, who: Who, body: dict[str, object]) -> None:
    """Seal an act on an import."""
    draft = Draft(
        account_id=file.account_id,
        kind="import",
        at=ctx.clock.now(),
        actor=who,
        refs={"import": file.id},
        body=body,
    )
    append(ctx, tx, [draft])
