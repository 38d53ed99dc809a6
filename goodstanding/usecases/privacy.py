"""Erasure: a person's data becomes unreadable at once, and the log still proves everything else."""

import re
from collections.abc import Iterable

from goodstanding.usecases import settling
from goodstanding.usecases.audit import Draft, append
from goodstanding.usecases.context import Context, Who
from goodstanding.usecases.moderation import GoneError
from goodstanding.usecases.ports import Contact, Queries, Transaction

_ESCAPED = re.compile(r"\\+u([0-9a-fA-F]{4})")


def erase(ctx: Context, contact_id: int, *, who: Who) -> dict[str, int]:
    """Remove a contact's live text and vault values and destroy the key; returns counts by table.

    What keeps us from ever writing to this person again survives as a keyed hash. Raises `GoneError`.
    """
    keys: list[int] = []

    def work(tx: Transaction) -> dict[str, int]:
        contact = tx.contact(contact_id)
        if contact is None:
            raise GoneError(id=contact_id)
        keep_away(ctx, tx, contact, "erased")
        named = naming(ctx, tx, contact)
        counts, freed = remove(ctx, tx, contact)
        counts["delivery"] = tx.forget_contents(named) if named else 0
        keys.extend(freed)
        body: dict[str, object] = {"basis": "request", **counts}
        now = ctx.clock.now()
        append(ctx, tx, [Draft(account_id=contact.account_id, kind="erasure", at=now, actor=who, body=body)])
        return counts

    counts = ctx.store.write(work)
    destroy(ctx, keys)
    return counts


def naming(ctx: Context, q: Queries, contact: Contact) -> list[int]:
    """Return the deliveries kept as not understood in which this person's id or name occurs.

    Nobody can know it of a content that is damaged, cut off or names the person in another way; those go by age.
    """
    kept = [*q.kept_contents(contact.account_id), *q.kept_contents(0)]
    found = []
    for one in kept:
        plain = ctx.vault.unlock(0, one.body)
        if plain is None:
            continue
        text = _as_written(plain)
        is_named = bool(contact.external_id) and contact.external_id in text
        if is_named or (contact.handle and f'"{contact.handle}"' in text):
            found.append(one.id)
    return found


def _as_written(body: bytes) -> str:
    """Return a body without the escapes of JSON, also of JSON within JSON."""
    text = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), body.decode("utf-8", "replace"))
    return text.replace("\\", "")


def keep_away(ctx: Context, tx: Transaction, contact: Contact, reason: str) -> None:
    """Keep, as a keyed hash alone, that nothing automatic is ever sent to this person."""
    digest = ctx.chance.keyed_digest("suppression", f"{contact.account_id}:{contact.external_id}")
    tx.add_suppression(contact.account_id, digest, reason, ctx.clock.now())


def remove(ctx: Context, tx: Transaction, contact: Contact) -> tuple[dict[str, int], list[int]]:
    """Remove all that is kept of a person; returns counts by table, and the keys to destroy once this is committed.

    Among them are the keys of kept files with something of this person in them: nobody can take one person out of a file.
    """
    now = ctx.clock.now()
    for one in tx.outgoing_of_contact(contact.id):
        settling.withdraw(ctx, tx, one, "COMMENT_GONE")
    counts = {
        **tx.erase_contact(contact.id, now),
        **tx.erase_messages(contact.id),
        **tx.erase_imported(contact.id),
    }
    originals = tx.originals_of_contact(contact.id)
    for kept in originals:
        tx.change_original(kept.account_id, kept.digest, {"erased_at": now, "why": "ERASED_PERSON"})
    counts["original"] = len(originals)
    return counts, [contact.id, *(kept.key_id for kept in originals)]


def destroy(ctx: Context, keys: Iterable[int]) -> None:
    """Destroy keys whose values are gone, and bring the deletions down to the files."""
    for key in keys:
        ctx.vault.destroy(key, ctx.clock.now())
    ctx.store.forget()
