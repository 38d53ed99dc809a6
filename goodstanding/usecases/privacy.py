"""Erasure: a person's data becomes unreadable at once, and the log still proves everything else."""

from goodstanding.usecases import settling
from goodstanding.usecases.audit import Draft, append
from goodstanding.usecases.context import Context, Who
from goodstanding.usecases.moderation import GoneError
from goodstanding.usecases.ports import Transaction


def erase(ctx: Context, contact_id: int, *, who: Who) -> dict[str, int]:
    """Remove a contact's live text and vault values and destroy the key; returns counts by table.

    What keeps us from ever writing to this person again survives as a keyed hash. Raises `GoneError`.
    """
    keys: list[int] = []
    """Of kept files with something of this person in them: nobody can take one person out of a file."""

    def work(tx: Transaction) -> dict[str, int]:
        contact = tx.contact(contact_id)
        if contact is None:
            raise GoneError(id=contact_id)
        now = ctx.clock.now()
        digest = ctx.chance.keyed_digest("suppression", f"{contact.account_id}:{contact.external_id}")
        tx.add_suppression(contact.account_id, digest, "erased", now)
        for one in tx.outgoing_of_contact(contact_id):
            settling.withdraw(ctx, tx, one, "COMMENT_GONE")
        counts = {
            **tx.erase_contact(contact_id, now),
            **tx.erase_messages(contact_id),
            **tx.erase_imported(contact_id),
        }
        originals = tx.originals_of_contact(contact_id)
        for kept in originals:
            tx.change_original(kept.account_id, kept.digest, {"erased_at": now, "why": "ERASED_PERSON"})
        keys.extend(kept.key_id for kept in originals)
        counts["original"] = len(originals)
        body: dict[str, object] = {"basis": "request", **counts}
        append(ctx, tx, [Draft(account_id=contact.account_id, kind="erasure", at=now, actor=who, body=body)])
        return counts

    counts = ctx.store.write(work)
    for key in (contact_id, *keys):
        ctx.vault.destroy(key, ctx.clock.now())
    ctx.store.forget()
    return counts
