"""Taking an import back: what only it brought goes, and the kept file if that is wished."""

from collections import Counter
from functools import partial

import msgspec

from goodstanding.usecases.context import Context, Who
from goodstanding.usecases.import_basis import CannotUndoError, Counts, Importer, as_json, imported, seal
from goodstanding.usecases.ports import Queries, Transaction
from goodstanding.usecases.ports.imports import ImportedFile, LinkKind, Original

UNDONE_AT_ONCE = 1_000
EVERY = 1_000_000
IN = ("reading", "done", "cut")
"""States of an import that something came in by."""


def undo(importer: Importer, file_id: int, *, who: Who, original: bool = False) -> ImportedFile:
    """Remove what only this import brought; with `original` also the kept file, when no other import is of it.

    A comment on which something was sent, or a person acted, stays. Raises `UnknownImportError` or `CannotUndoError`.
    """
    ctx = importer.ctx
    file = imported(ctx, file_id)
    if file.state == "undone" and not original:
        raise CannotUndoError(state=file.state)
    undone: Counter[str] = Counter()
    destroyed: list[int] = []
    kinds: tuple[LinkKind, ...] = ("item", "metric", "event", "contact", "new-contact")
    for kind in kinds:
        while True:
            gone = ctx.store.write(partial(_undo_some, ctx, file=file, kind=kind, who=who))
            if gone is None:
                break
            undone.update({kind: len(gone)})
            if kind == "new-contact":
                destroyed += gone
    for contact_id in destroyed:
        ctx.vault.destroy(contact_id, ctx.clock.now())

    def work(tx: Transaction) -> None:
        counts = msgspec.json.decode(file.counts, type=Counts)
        counts.undone = {name: number for name, number in undone.items() if name != "contact"}
        tx.drop_import_problems(file_id)
        changes = {"state": "undone", "ended_at": ctx.clock.now(), "counts": as_json(counts)}
        tx.change_imported_file(file_id, changes)
        seal(ctx, tx, file, who, {"act": "undone", "removed": dict(counts.undone)})

    ctx.store.write(work)
    if original and not ctx.store.read(lambda q: _still_wanted(q, file)):
        erase_original(importer, file, "DROPPED", who)
    ctx.store.forget()
    return imported(ctx, file_id)


def _still_wanted(q: Queries, file: ImportedFile) -> bool:
    """Tell whether another import of the very same file is in."""
    others = q.imported_files(account_id=file.account_id, before=0, limit=EVERY)
    return any(one.digest == file.digest and one.id != file.id and one.state in IN for one in others)


def _undo_some(
    ctx: Context, tx: Transaction, file: ImportedFile, kind: LinkKind, who: Who
) -> list[int] | None:
    """Take some links back, and what no other import holds; None when there are none left."""
    refs = tx.import_refs(file.id, kind, UNDONE_AT_ONCE)
    if not refs:
        return None
    free = sorted(tx.unlink_import(file.id, kind, refs))
    gone: list[int] = []
    if free and kind == "item":
        tx.drop_imported_items(free)
        gone = free
    elif free and kind == "metric":
        tx.drop_studio_metrics(free)
        gone = free
    elif free and kind == "event":
        gone = sorted(tx.drop_imported_events(free))
    elif free and kind == "new-contact":
        gone = sorted(tx.drop_unused_contacts(free))
        tx.drop_ties(gone)
        _pass_on(tx, file, set(free) - set(gone))
    seal(ctx, tx, file, who, {"act": "undo", "what": kind, "removed": len(gone)})
    return gone


def _pass_on(tx: Transaction, file: ImportedFile, contacts: set[int]) -> None:
    """Leave contacts that are still needed to another import that holds them: it will take them along one day."""
    for contact_id, heir in tx.import_holders("contact", sorted(contacts)).items() if contacts else ():
        tx.link_import(file.account_id, heir, "new-contact", [contact_id])


def erase_original(importer: Importer, file: ImportedFile, why: str, who: Who) -> None:
    """Make the kept file unreadable and remove it; its hash stays."""
    ctx = importer.ctx

    def work(tx: Transaction) -> Original | None:
        row = tx.original(file.account_id, file.digest)
        if row is None or row.erased_at is not None:
            return None
        tx.change_original(file.account_id, file.digest, {"erased_at": ctx.clock.now(), "why": why})
        seal(ctx, tx, file, who, {"act": "original-erased", "sha256": file.digest, "why": why})
        return row

    row = ctx.store.write(work)
    if row is not None:
        ctx.vault.destroy(row.key_id, ctx.clock.now())
        importer.originals.drop(row.digest, row.key_id)
