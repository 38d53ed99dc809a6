"""Erasure: a person's data becomes unreadable at once, and the log still proves everything else."""

import re
from collections.abc import Iterable

from goodstanding.kernel.reasons import Code
from goodstanding.usecases import joining, withdrawing
from goodstanding.usecases.audit import Draft, append
from goodstanding.usecases.context import Context, Who
from goodstanding.usecases.moderation import GoneError
from goodstanding.usecases.namesakes import Kin
from goodstanding.usecases.ports import Contact, Queries, Transaction

_ESCAPED = re.compile(r"\\+u([0-9a-fA-F]{4})")


def erase(ctx: Context, contact_id: int, *, who: Who) -> dict[str, int]:
    """Remove a contact's live text and vault values and destroy the key; returns counts by table.

    What keeps us from ever writing to this person again survives as a keyed hash. Whoever a person joined with the
    contact goes too; whoever only bears the same handle stays, and nothing is ever sent there. Raises `GoneError`.
    """
    keys: list[int] = []

    def work(tx: Transaction) -> dict[str, int]:
        contact = tx.contact(contact_id)
        if contact is None:
            raise GoneError(id=contact_id)
        now, kin = ctx.clock.now(), Kin(tx, contact.account_id, [contact_id])
        tx.lock_contacts(kin.everyone())
        joined = kin.one_with(contact_id, confirmed=True)
        stopped = _keep_from(ctx, tx, [one for one in kin.one_with(contact_id) if one not in joined])
        counts: dict[str, int] = {}
        for one in tx.contacts([contact_id, *joined]).values():
            keep_away(ctx, tx, one, "erased")
            named = naming(ctx, tx, one)
            gone, freed = remove(ctx, tx, one)
            gone["delivery"] = tx.forget_contents(named) if named else 0
            keys.extend(freed)
            counts = {name: counts.get(name, 0) + number for name, number in gone.items()}
        body: dict[str, object] = {"basis": "request", **counts}
        erased = Draft(account_id=contact.account_id, kind="erasure", at=now, actor=who, body=body)
        append(ctx, tx, [*stopped, erased])
        return counts

    counts = ctx.store.write(work)
    destroy(ctx, keys)
    return counts


def _keep_from(ctx: Context, tx: Transaction, contact_ids: Iterable[int]) -> list[Draft]:
    """Make sure that nothing is sent to these contacts any more; returns what that stopped, to be sealed."""
    stopped: list[Draft] = []
    for one in tx.contacts(list(contact_ids)).values():
        keep_away(ctx, tx, one, "erased")
        tx.change_contact(one.id, {"suppressed": True})
        stopped += withdrawing.stop_planned(tx, one.id, Code.SUPPRESSED, ctx.clock.now())
    return stopped


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
    for name in joining.names_kept(contact):
        digest = ctx.chance.keyed_digest("suppression", f"{contact.account_id}:{name}")
        tx.add_suppression(contact.account_id, digest, reason, ctx.clock.now())


def remove(ctx: Context, tx: Transaction, contact: Contact) -> tuple[dict[str, int], list[int]]:
    """Remove all that is kept of a person; returns counts by table, and the keys to destroy once this is committed.

    Among them are the keys of kept files with something of this person in them: nobody can take one person out of a file.
    """
    now = ctx.clock.now()
    for one in tx.outgoing_of_contact(contact.id):
        withdrawing.withdraw(ctx, tx, one, "COMMENT_GONE")
    counts = {
        **tx.erase_contact(contact.id, now),
        **tx.erase_messages(contact.id),
        **tx.erase_imported(contact.id),
        "draft": tx.erase_drafts(contact.id),
        "namesake": tx.drop_ties([contact.id]),
        "correction": tx.erase_corrections(contact.id),
        "event_tag": tx.erase_tags(contact.id),
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
