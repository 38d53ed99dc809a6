"""What is kept of an account whose consent ended, until when, and its deletion (TT-DEV-4).

From the day the authorisation is gone a clock runs (`connections.removed`; the number of days is a dated datum). When it
has run out, the people of that account are erased in the same way as on their own request, a batch at a time; the log
stays and stays verifiable. An owner may put the day off, with a reason that is sealed. Connecting again stops the clock.
"""

import msgspec

from goodstanding.kernel.problems import GoodstandingError
from goodstanding.kernel.timing import DAY
from goodstanding.usecases import connections, playbooks, privacy
from goodstanding.usecases.audit import Draft, append
from goodstanding.usecases.context import SYSTEM, Context, Who
from goodstanding.usecases.ports import Queries, Transaction

BATCH = 200
"""People erased at once; the rest follows in the next round."""
DONE = "retention_done"
"""The setting of an account that says what was deleted."""
REASON_MAX = 200


class NothingDueError(GoodstandingError):
    """No deletion is planned for this account; field: account."""

    code = "NO_RETENTION"


class NotOwnerError(GoodstandingError):
    """Only an owner may put a deletion off."""

    code = "RETENTION_OWNER"


class BadPostponeError(GoodstandingError):
    """A deletion cannot be put off like this; fields: which (days, reason), most (days)."""

    code = "RETENTION_BAD"


class Deleted(msgspec.Struct, frozen=True, kw_only=True):
    """What was deleted of an account, as far as it has come."""

    at: int
    """When the last of it was deleted."""
    people: int
    done: bool


def deleted(q: Queries, account_id: int) -> Deleted | None:
    """Return what was deleted of an account; None when nothing was."""
    kept = q.setting(DONE, account_id=account_id)
    return None if kept is None else msgspec.json.decode(kept, type=Deleted)


def carry_out_due(ctx: Context) -> int:
    """Delete a batch of every account whose day has come; returns how many people were erased."""
    now = ctx.clock.now()
    due = [
        row.account_id
        for row in ctx.store.read(lambda q: q.connections())
        if row.delete_after is not None and row.delete_after <= now
    ]
    return sum(_carry_out(ctx, account_id) for account_id in due)


def postpone(ctx: Context, account_id: int, *, days: int, reason: str, who: Who) -> int:
    """Put the deletion off until `days` from now; returns the new day. The reason is sealed, so it names nobody.

    Raises `NothingDueError`, `NotOwnerError`, `BadPostponeError`, `NoAccountError`.
    """
    most = playbooks.connect_rules().numbers.postpone_days_max
    if not 1 <= days <= most:
        raise BadPostponeError(which="days", most=most)
    said = " ".join(reason.split())
    if not 0 < len(said) <= REASON_MAX:
        raise BadPostponeError(which="reason", most=REASON_MAX)

    def work(tx: Transaction) -> int:
        account = connections.account_of(tx, account_id)
        known = tx.connection(account_id)
        if known is None or known.delete_after is None:
            raise NothingDueError(account=account_id)
        if who[0] == "person" and not any(p.role == "owner" and str(p.id) == who[1] for p in tx.persons()):
            raise NotOwnerError
        until = ctx.clock.now() + days * DAY
        tx.change_connection(account_id, {"delete_after": until})
        body = {"act": "deletion-postponed", "before": known.delete_after, "until": until, "reason": said}
        connections.log(ctx, tx, account.id, who, body)
        return until

    return ctx.store.write(work)


def _carry_out(ctx: Context, account_id: int) -> int:
    keys: list[int] = []

    def work(tx: Transaction) -> int:
        keys.clear()
        now = ctx.clock.now()
        known = tx.connection(account_id)
        if known is None or known.delete_after is None or known.delete_after > now:
            return 0  # connected again, or put off, meanwhile
        ids = tx.people_left(account_id, BATCH)
        tx.lock_contacts(ids)
        people = [found for one in ids if (found := tx.contact(one)) is not None]
        counts: dict[str, int] = {}
        for person in people:
            if person.suppressed or person.answer != "given":
                privacy.keep_away(ctx, tx, person, "ended")
            gone, freed = privacy.remove(ctx, tx, person)
            keys.extend(freed)
            counts = {name: counts.get(name, 0) + number for name, number in gone.items()}
        before = deleted(tx, account_id)
        sum_before = before.people if before is not None and not before.done else 0
        done = Deleted(at=now, people=sum_before + len(people), done=len(ids) < BATCH)
        tx.put_setting(DONE, msgspec.json.encode(done).decode(), now, account_id=account_id)
        if people:
            body: dict[str, object] = {"basis": "ended", "people": len(people), **counts}
            append(ctx, tx, [Draft(account_id=account_id, kind="erasure", at=now, actor=SYSTEM, body=body)])
        if done.done:
            tx.change_connection(account_id, {"delete_after": None})
            connections.log(ctx, tx, account_id, SYSTEM, {"act": "data-deleted", "people": done.people})
        return len(people)

    count = ctx.store.write(work)
    if keys:
        privacy.destroy(ctx, keys)
    return count
