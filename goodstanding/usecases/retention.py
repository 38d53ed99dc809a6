"""What is kept of an account whose consent ended, until when, and its deletion (TT-DEV-4).

From the day the authorisation is gone a clock runs (`connections.removed`; the number of days is a dated datum). When it
has run out, the people of that account are erased in the same way as on their own request, a batch at a time; then its
captures, the titles of its posts and the contents of its deliveries go. The log with its hashes stays, stays verifiable,
and so do the numbers of what was decided. An owner may put the day off, with a reason that is sealed. Connecting again
stops the clock. The content of a delivery that could not be handled goes by its age too, whoever's it is.
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
    captures: int = 0
    titles: int = 0
    deliveries: int = 0
    """Deliveries whose content was deleted, or that are not read any more."""


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


def forget_unread(ctx: Context) -> int:
    """Delete the content of deliveries that could not be handled and are old; returns how many those were."""
    before = ctx.clock.now() - playbooks.connect_rules().numbers.unread_days * DAY
    accounts = [0, *(one.id for one in ctx.store.read(lambda q: q.accounts()))]
    found = ctx.store.read(lambda q: [one for one in accounts if q.kept_contents(one, before=before)])
    return sum(ctx.store.write(lambda tx, one=one: _forget_unread(ctx, tx, one, before)) for one in found)  # type: ignore[misc]  # bound at once


def _forget_unread(ctx: Context, tx: Transaction, account_id: int, before: int) -> int:
    count = tx.forget_contents([one.id for one in tx.kept_contents(account_id, before=before)])
    if count:
        body: dict[str, object] = {"basis": "age", "delivery": count}
        now = ctx.clock.now()
        append(ctx, tx, [Draft(account_id=account_id, kind="erasure", at=now, actor=SYSTEM, body=body)])
    return count


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
        rest: dict[str, int] = {}
        if done.done:
            rest = tx.forget_account(account_id)
            done = msgspec.structs.replace(
                done, captures=rest["snapshot"], titles=rest["video"], deliveries=rest["delivery"]
            )
        tx.put_setting(DONE, msgspec.json.encode(done).decode(), now, account_id=account_id)
        counts |= rest
        if people or any(rest.values()):
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
