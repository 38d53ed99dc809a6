"""What imports need of the outside: readers of files, a place for originals, and their rows."""

from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO, Literal, Protocol

import msgspec

from goodstanding.kernel.problems import GoodstandingError, Problem

ImportKind = Literal["tiktok-export", "studio", "comments"]
FileState = Literal["kept", "asked", "checked", "reading", "done", "cut", "refused", "undone"]
"""`kept`: only the original is here. `asked`: something must be answered first. `checked`: looked through, nothing is
in yet. `reading`: rows are going in (or the process ended meanwhile). `cut`: all that was readable is in."""
LinkKind = Literal["item", "metric", "event", "contact", "new-contact"]


class RefusedFileError(GoodstandingError):
    """A file is not read at all; fields: reason (a code with its own words) and what the words name."""

    code = "FILE_REFUSED"


class Found(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One thing a person's export holds."""

    section: str
    """comment, message, group_message, post, live, gift_sent, gift_bought, coins_bought, follower, transaction, profile."""
    place: str
    """Where in the file, without anybody's name in it."""
    key: str
    """What makes it this thing and no other, whatever file it comes from; two equal ones are two things."""
    at: int | None
    """UTC milliseconds, if the file says when."""
    person: str = ""
    """Handle or name of somebody else whose words or acts these are; empty: the account's own."""
    video_id: str = ""
    values: dict[str, str] = {}


class Measure(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One figure of a report. A figure that is not there has no `Measure`: absent is not zero."""

    scope: str
    """account, video or audience."""
    subject: str
    """Video id, or `gender:Female`; empty for the account."""
    day: str
    """`2026-11-20`; empty for a total that names no day."""
    metric: str
    value: int
    unit: str
    """count; ms; ppm (millionths of a whole); micro_usd, micro_eur and so on (millionths of one)."""
    exact: bool
    """False for a rounded figure such as 1.2K."""
    place: str


class Received(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Somebody's comment under an own video."""

    place: str
    text: str
    at: int
    handle: str
    """Of its author, without @; empty when the file does not say."""
    video_id: str
    external_id: str
    """TikTok's id of it; empty when the file does not say."""
    parent_id: str


class Refused(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A row, or a stretch of the file, that could not be read."""

    place: str
    problem: Problem


Row = Found | Measure | Received | Refused


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One answer to a question; `shown` are its examples read that way."""

    value: str
    shown: tuple[str, ...] = ()


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """Something a file leaves open. `name`: map, numbers, dates, year or written."""

    name: str
    examples: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    """Empty where any value may be the answer."""


class ColumnUse(msgspec.Struct, frozen=True, kw_only=True):
    """What a column is taken for. `role` is empty for one that is left out; `sure`: told by a person."""

    table: str
    column: str
    role: str
    sure: bool
    examples: tuple[str, ...] = ()


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """What a person said about a file."""

    maps: dict[str, str] = {}
    """Column -> role (`-` leaves it out)."""
    confirmed: bool = False
    """The mapping that was shown is right."""
    numbers: Literal["", "1.500,00", "1,500.00"] = ""
    dates: Literal["", "dmy", "mdy", "ymd"] = ""
    year: int = 0
    first: str = ""
    """First day the file covers, `2025-12-20`; with `last` in place of a year."""
    last: str = ""
    written: str = ""
    """Day (`2026-11-20`) that stands for rows without a date."""


class Reading(Protocol):
    """One file, understood as far as it can be. Questions come first; while there are any, `rows` is not to be asked."""

    def questions(self) -> list[Question]: ...
    def columns(self) -> list[ColumnUse]: ...
    def rows(self) -> Iterator[Row]:
        """Yield everything in the file once. Raises `RefusedFileError` when it turns out to be hostile."""
        ...

    @property
    def left_out(self) -> Mapping[str, int]:
        """What was seen and not kept, by name; complete after `rows`."""
        ...

    @property
    def cut(self) -> bool:
        """Whether the file ends too early; known after `rows`."""
        ...


class OpenReading(Protocol):
    """The way to a reading."""

    def __call__(
        self, kind: ImportKind, stream: BinaryIO, *, name: str, own: str, answers: Answers
    ) -> Reading:
        """Open a file; `own` is the account's handle. Raises `RefusedFileError`."""
        ...


class OriginalStore(Protocol):
    """Originals by their content, encrypted."""

    def writer(self, most: int) -> "OriginalWriter":
        """Return where to put the bytes of a new one, at most `most` of them."""
        ...

    def open(self, digest: str, key_id: int) -> BinaryIO:
        """Open for reading, decrypted and seekable. Raises `FileNotFoundError`."""
        ...

    def drop(self, digest: str, key_id: int) -> None: ...
    def tidy(self) -> None:
        """Remove what was on its way in when a process ended."""
        ...


class OriginalWriter(Protocol):
    """An original on its way in; nothing of it stays unless `keep` was called."""

    def write(self, data: bytes) -> None:
        """Take bytes; raises `RefusedFileError` (reason FILE_TOO_LARGE) beyond the bound."""
        ...

    @property
    def digest(self) -> str: ...
    @property
    def size(self) -> int: ...
    def keep(self, key_id: int, *, known: bool) -> None:
        """Make it durable under this key; `known`: it is there already, so only let go."""
        ...

    def drop(self) -> None: ...


class Original(msgspec.Struct, frozen=True, kw_only=True):
    """A kept file. `key_id` is the subject under whose key it lies in the vault."""

    account_id: int
    digest: str
    """SHA-256, hex."""
    size: int
    key_id: int
    at: int
    erased_at: int | None = None
    why: str = ""


class ImportedFile(msgspec.Struct, frozen=True, kw_only=True):
    """One import of one file."""

    id: int
    account_id: int
    kind: ImportKind
    name: str
    digest: str
    state: FileState
    code: str
    """Why it was refused; empty otherwise."""
    options: str
    """`Answers` as JSON."""
    counts: str
    """`usecases.imports.Counts` as JSON."""
    actor: str
    at: int
    ended_at: int | None


class ItemRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A `Found` as stored; `cipher` holds its values under the contact's key (0: the account's own)."""

    id: int
    section: str
    digest: str
    contact_id: int
    at: int | None
    video_id: str
    cipher: bytes


class MetricRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A `Measure` as stored."""

    id: int
    scope: str
    subject: str
    day: str
    metric: str
    value: int
    unit: str
    exact: bool


class ProblemRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A `Refused` as stored; `fields` is JSON."""

    number: int
    place: str
    code: str
    fields: str


class ImportQueries(Protocol):
    """What may be read about imports."""

    def original(self, account_id: int, digest: str) -> Original | None: ...
    def originals_erased(self) -> list[Original]:
        """Return those whose bytes may still lie around."""
        ...

    def originals_of_contact(self, contact_id: int) -> list[Original]:
        """Return the kept files that hold something of this person."""
        ...

    def imported_file(self, file_id: int) -> ImportedFile | None: ...
    def imported_files(self, *, account_id: int | None, before: int, limit: int) -> list[ImportedFile]:
        """Return imports below id `before` (0: all), newest first."""
        ...

    def import_problems(self, file_id: int, *, after: int, limit: int) -> list[ProblemRow]: ...
    def imported_items(self, account_id: int, digests: Sequence[str]) -> dict[str, int]:
        """Return ids by digest."""
        ...

    def items_of_file(self, file_id: int, *, after: int, limit: int) -> list[ItemRow]:
        """Return what an import brought or found again, in the order of ids."""
        ...

    def studio_metrics(self, account_id: int, keys: Sequence[str]) -> dict[str, int]:
        """Return ids by `usecases.imports.metric_key`."""
        ...

    def metrics_of_file(self, file_id: int, *, after: int, limit: int) -> list[MetricRow]: ...
    def import_refs(self, file_id: int, kind: LinkKind, limit: int) -> list[int]:
        """Return what a file is linked to."""
        ...

    def import_holders(self, kind: LinkKind, refs: Sequence[int]) -> dict[int, int]:
        """Return the oldest import that is linked to each of these."""
        ...

    def comments_with_text(
        self, account_id: int, texts: Sequence[str]
    ) -> list[tuple[str, str, str, int, str]]:
        """Return (handle, video, text, written at, source) of comments with one of these texts.

        Walks the account's comments: for files whose comments carry no id.
        """
        ...

    def erased_digests(self, account_id: int, digests: Sequence[bytes]) -> set[bytes]:
        """Return which of these people asked for erasure."""
        ...


class ImportChanges(Protocol):
    """What may be changed about imports."""

    def add_original(self, row: Original) -> None: ...
    def change_original(self, account_id: int, digest: str, changes: Mapping[str, object]) -> None: ...
    def drop_original(self, account_id: int, digest: str) -> None: ...
    def add_imported_file(self, row: ImportedFile) -> None: ...
    def change_imported_file(self, file_id: int, changes: Mapping[str, object]) -> None: ...
    def add_import_problems(self, account_id: int, file_id: int, rows: Sequence[ProblemRow]) -> None: ...
    def drop_import_problems(self, file_id: int) -> None: ...
    def add_imported_items(self, account_id: int, rows: Sequence[ItemRow]) -> None:
        """Add those whose digest is not there yet."""
        ...

    def add_studio_metrics(self, account_id: int, rows: Sequence[MetricRow]) -> None:
        """Add those that are not there yet."""
        ...

    def link_import(self, account_id: int, file_id: int, kind: LinkKind, refs: Sequence[int]) -> None: ...
    def unlink_import(self, file_id: int, kind: LinkKind, refs: Sequence[int]) -> set[int]:
        """Take links away; returns those of `refs` that no other import holds."""
        ...

    def drop_imported_items(self, ids: Sequence[int]) -> int: ...
    def drop_studio_metrics(self, ids: Sequence[int]) -> int: ...
    def drop_imported_events(self, ids: Sequence[int]) -> set[int]:
        """Remove comments that only came by import, with their decisions and what is planned.

        Returns those that were removed: one on which something was sent, or a person acted, stays.
        """
        ...

    def drop_unused_contacts(self, ids: Sequence[int]) -> set[int]:
        """Remove contacts that nothing refers to; returns those that were removed."""
        ...

    def erase_imported(self, contact_id: int) -> dict[str, int]:
        """Remove what imports hold of a contact; returns counts by table."""
        ...
