"""Imports: the original is kept first, then read; what is new goes in, what is broken is listed, all can be taken back.

A file is read in batches of one transaction each, and each is sealed. Whatever it holds has a natural key, so that the
same file again, or a newer one that overlaps it, adds only what is new. Where an import stopped half-way (the process
ended), running it again completes it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import BinaryIO

import msgspec

from goodstanding.usecases.context import Context, Who
from goodstanding.usecases.import_basis import (
    AlreadyInError,
    Counts,
    Importer,
    OriginalGoneError,
    QuestionsLeftError,
    UnknownImportError,
    account_of,
    as_json,
    imported,
    open_original,
    seal,
)
from goodstanding.usecases.import_rows import Seen, Taking, count_known, problem_row, sorted_out, unpack
from goodstanding.usecases.import_undo import erase_original, undo
from goodstanding.usecases.ports import Queries, Transaction
from goodstanding.usecases.ports.imports import (
    Answers,
    ColumnUse,
    ImportedFile,
    ImportKind,
    ItemRow,
    Original,
    OriginalWriter,
    ProblemRow,
    Question,
    Reading,
    Refused,
    RefusedFileError,
    Row,
)
from goodstanding.usecases.regions import plain

__all__ = [
    "AlreadyInError",
    "Counts",
    "Importer",
    "Look",
    "OriginalGoneError",
    "QuestionsLeftError",
    "UnknownImportError",
    "all_problems",
    "answers_of",
    "counts_of",
    "imported",
    "keep",
    "look",
    "open_original",
    "preview",
    "run",
    "sweep",
    "undo",
    "values_of",
]

BATCH = 500
WAITING = ("kept", "asked", "checked")
"""States of an import that nothing of is in yet."""
RECENT = 100
"""Imports among which one that waits for an answer is looked for."""
Progress = Callable[[int], object]
"""Told how many bytes of the original have been read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a file shows before it goes in."""

    questions: list[Question]
    columns: list[ColumnUse]
    counts: Counts
    problems: list[Refused]
    """The first of them."""
    cut: bool = False


# -- keeping -------------------------------------------------------------------------------------------------


def keep(
    importer: Importer, writer: OriginalWriter, *, account_id: int, kind: ImportKind, name: str, who: Who
) -> ImportedFile:
    """Make what was written to `writer` durable, and a new import of it. Nothing is read yet.

    Raises `RefusedFileError` when the file that was here already was erased at this very moment.
    """
    ctx = importer.ctx
    known = ctx.store.read(lambda q: q.original(account_id, writer.digest))
    there = known is not None and known.erased_at is None
    key_id = known.key_id if known and there else ctx.store.write(lambda tx: tx.ids("contact"))
    writer.keep(key_id, known=there)

    def work(tx: Transaction) -> ImportedFile:
        now = ctx.clock.now()
        before = tx.original(account_id, writer.digest)
        row = Original(account_id=account_id, digest=writer.digest, size=writer.size, key_id=key_id, at=now)
        if before is None:
            tx.add_original(row)
        elif before.erased_at is not None:
            tx.change_original(
                account_id, row.digest, {"key_id": key_id, "erased_at": None, "why": "", "at": now}
            )
        if there and (before is None or before.erased_at is not None):
            raise RefusedFileError(reason="UPLOAD_CUT")  # what we leaned on is gone; nothing is changed
        waiting = _waiting(tx, account_id, kind, row.digest)
        if waiting is not None:
            return waiting
        file = ImportedFile(
            id=tx.ids("imported_file"),
            account_id=account_id,
            kind=kind,
            name=name[:200],
            digest=row.digest,
            state="kept",
            code="",
            options=as_json(Answers()),
            counts=as_json(Counts()),
            actor=":".join(who),
            at=now,
            ended_at=None,
        )
        tx.add_imported_file(file)
        body: dict[str, object] = {"act": "kept", "kind": kind, "sha256": row.digest, "size": row.size}
        seal(ctx, tx, file, who, body)
        return file

    file = ctx.store.write(work)
    _drop_twin(importer, account_id, writer.digest, key_id)
    return file


def _drop_twin(importer: Importer, account_id: int, digest: str, key_id: int) -> None:
    """Of one file that came in twice at once, one copy stays: a second one no erasure would ever find."""
    ctx = importer.ctx
    kept = ctx.store.read(lambda q: q.original(account_id, digest))
    if kept is not None and kept.key_id != key_id:
        ctx.vault.destroy(key_id, ctx.clock.now())
        importer.originals.drop(digest, key_id)


def _waiting(tx: Transaction, account_id: int, kind: ImportKind, digest: str) -> ImportedFile | None:
    """Return the import of this very file that waits to go on, if there is one: it is the one that is meant."""
    recent = tx.imported_files(account_id=account_id, before=0, limit=RECENT)
    same = (one for one in recent if one.digest == digest and one.kind == kind)
    return next((one for one in same if one.state in WAITING), None)


def sweep(importer: Importer) -> int:
    """Remove the bytes of originals whose key is gone already, and what never came in whole; returns the former's count."""
    importer.originals.tidy()
    gone = importer.ctx.store.read(lambda q: q.originals_erased())
    for one in gone:
        importer.originals.drop(one.digest, one.key_id)
    return len(gone)


# -- looking -------------------------------------------------------------------------------------------------


def preview(
    importer: Importer, reading: Reading, account_id: int, *, progress: Progress | None = None
) -> Look:
    """Read a file through and say what would become of it; nothing is stored. Raises `RefusedFileError`."""
    questions = reading.questions()
    counts = Counts(preview=True)
    problems: list[Refused] = []
    if not [one for one in questions if one.name != "map"]:
        seen = Seen(importer.ctx, account_of(importer.ctx, account_id))
        for batch in _batches(reading, progress):
            rows = sorted_out(batch, importer.ctx.clock.now())
            refused = [one for one in rows if isinstance(one, Refused)]
            counts.refused += len(refused)
            problems += refused[: BATCH - len(problems)]
            importer.ctx.store.read(partial(count_known, seen=seen, batch=rows, counts=counts))
        _finish_counts(importer, reading, account_id, counts)
    return Look(
        questions=questions, columns=reading.columns(), counts=counts, problems=problems, cut=reading.cut
    )


def look(
    importer: Importer, file_id: int, answers: Answers, *, who: Who, progress: Progress | None = None
) -> tuple[ImportedFile, Look | None]:
    """Look through a kept file with these answers and note what it shows; None when it was refused.

    Raises `UnknownImportError`, `AlreadyInError` or `OriginalGoneError`.
    """
    file = imported(importer.ctx, file_id)
    if file.state not in WAITING:
        raise AlreadyInError(state=file.state)
    try:
        stream, reading = importer.reading(file, answers)
        with stream:
            found = preview(importer, reading, file.account_id, progress=_told(progress, stream))
    except RefusedFileError as refusal:
        return _refuse(importer.ctx, file, refusal, who), None
    file_id = file.id
    found.counts.questions = found.questions
    found.counts.columns = [
        msgspec.structs.replace(one, examples=one.examples if file.kind == "studio" else ())
        for one in found.columns
    ]

    def work(tx: Transaction) -> None:
        tx.drop_import_problems(file_id)
        rows = [problem_row(number, one) for number, one in enumerate(found.problems, 1)]
        tx.add_import_problems(file.account_id, file_id, rows)
        state = "asked" if found.questions else "checked"
        changes = {"state": state, "options": as_json(answers), "counts": as_json(found.counts)}
        tx.change_imported_file(file_id, changes)

    importer.ctx.store.write(work)
    return imported(importer.ctx, file_id), found


def _refuse(ctx: Context, file: ImportedFile, refusal: RefusedFileError, who: Who) -> ImportedFile:
    """Note that a file was refused, and why; its original stays."""
    reason = str(refusal.fields.get("reason", refusal.code))
    fields = {name: value for name, value in refusal.fields.items() if name != "reason"}

    def work(tx: Transaction) -> None:
        counts = msgspec.json.decode(file.counts, type=Counts)
        counts.fields = fields
        changes = {"state": "refused", "code": reason, "ended_at": ctx.clock.now(), "counts": as_json(counts)}
        tx.change_imported_file(file.id, changes)
        seal(ctx, tx, file, who, {"act": "refused", "code": reason})

    ctx.store.write(work)
    return imported(ctx, file.id)


# -- taking in -----------------------------------------------------------------------------------------------


def run(
    importer: Importer,
    file_id: int,
    *,
    who: Who,
    answers: Answers | None = None,
    progress: Progress | None = None,
) -> ImportedFile:
    """Take in what is new in a kept file; returns the import with its counts.

    Raises `UnknownImportError`, `AlreadyInError`, `OriginalGoneError`, and `QuestionsLeftError` before anything went in.
    """
    ctx = importer.ctx
    file = imported(ctx, file_id)
    if file.state not in (*WAITING, "reading"):
        raise AlreadyInError(state=file.state)
    told = answers or msgspec.json.decode(file.options, type=Answers)
    try:
        stream, reading = importer.reading(file, told)
    except RefusedFileError as refusal:
        return _refuse(ctx, file, refusal, who)
    with stream:
        open_questions = [one.name for one in reading.questions()]
        if open_questions:
            raise QuestionsLeftError(names=", ".join(open_questions))
        ctx.store.write(lambda tx: _begin(tx, file, told))
        taking = Taking(importer, file, who)
        try:
            for batch in _batches(reading, _told(progress, stream)):
                taking.take(batch)
        except RefusedFileError as refusal:
            taking.note()
            return _refuse(ctx, imported(ctx, file_id), refusal, who)
        _finish_counts(importer, reading, file.account_id, taking.counts)
        taking.end(cut=reading.cut)
    if taking.counts.withheld:
        erase_original(importer, file, "ERASED_PERSON", who)
    return imported(ctx, file_id)


def _begin(tx: Transaction, file: ImportedFile, answers: Answers) -> None:
    tx.drop_import_problems(file.id)
    tx.change_imported_file(
        file.id, {"state": "reading", "options": as_json(answers), "code": "", "ended_at": None}
    )


def counts_of(file: ImportedFile) -> Counts:
    """Return what became of a file."""
    return msgspec.json.decode(file.counts, type=Counts)


def answers_of(file: ImportedFile) -> Answers:
    """Return what a person said about a file."""
    return msgspec.json.decode(file.options, type=Answers)


def all_problems(ctx: Context, file_id: int) -> Iterator[ProblemRow]:
    """Yield every kept problem of an import."""
    after = 0
    while rows := ctx.store.read(partial(_problems_after, file_id, after)):
        yield from rows
        after = rows[-1].number


def _problems_after(file_id: int, after: int, q: Queries) -> list[ProblemRow]:
    return q.import_problems(file_id, after=after, limit=BATCH)


def values_of(ctx: Context, row: ItemRow) -> dict[str, str] | None:
    """Return what an imported item says; None when its person was erased."""
    plain = ctx.vault.unlock(row.contact_id, row.cipher)
    return None if plain is None else unpack(plain)[0]


def _batches(reading: Reading, progress: Progress | None) -> Iterator[list[Row]]:
    rows = reading.rows()
    while batch := list(islice(rows, BATCH)):
        yield batch
        if progress is not None:
            progress(0)


def _told(progress: Progress | None, stream: BinaryIO) -> Progress | None:
    """Return what tells the place in the original."""
    return None if progress is None else lambda _: progress(stream.tell())


def _finish_counts(importer: Importer, reading: Reading, account_id: int, counts: Counts) -> None:
    counts.left_out = dict(sorted(reading.left_out.items(), key=lambda one: -one[1])[:50])
    if counts.region:
        stated = importer.ctx.store.read(lambda q: importer.country(q, account_id))
        counts.region = plain(counts.region)
        counts.region_stated = stated
        counts.region_differs = stated if stated and stated != counts.region else ""
