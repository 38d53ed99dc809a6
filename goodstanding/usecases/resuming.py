"""After an account is connected again: what was held since its authorisation ended is planned anew, or let go.

A person decides once, for all of it, knowing how much is still fresh. Nothing is planned that the gates would refuse now,
and what is planned is asked again like everything else when it is due. Nobody deciding is letting go: it stays held and ages.
"""

import msgspec

from goodstanding.kernel.problems import GoodstandingError
from goodstanding.kernel.reasons import Code
from goodstanding.kernel.timing import MINUTE
from goodstanding.usecases import connections, policies, reserving
from goodstanding.usecases.audit import act_draft, append
from goodstanding.usecases.context import Context, Who
from goodstanding.usecases.ended import ENDED, WAITING
from goodstanding.usecases.facts import Situation
from goodstanding.usecases.ports import Account, Outgoing, Queries, Transaction
from goodstanding.usecases.talks import Talks

LOOKED_AT = 50_000
SPREAD = 30 * MINUTE
"""What is planned again leaves at a moment of its own within so long."""


class NothingWaitsError(GoodstandingError):
    """Nothing is held for this account any more; field: account."""

    code = "NOTHING_WAITS"


class NotConnectedError(GoodstandingError):
    """The account must be connected and released before anything of it is planned; field: account."""

    code = "NOT_CONNECTED_YET"


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """What is held for an account whose authorisation ended."""

    since: int
    """When it ended."""
    acts: tuple[Outgoing, ...]
    fresh: tuple[Outgoing, ...]
    """Those that no gate refuses now; empty as long as the account is not connected and released."""
    connected: bool

    def count(self, act: str = "") -> int:
        """Return how many acts there are, of one kind or of all."""
        return sum(not act or one.act == act for one in self.acts)


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """What became of it."""

    planned: int
    let_go: int


def waiting(ctx: Context, q: Queries, account_id: int) -> Waiting | None:
    """Return what is held for an account; None when nothing is. Raises `NoAccountError`."""
    since = q.setting(WAITING, account_id=account_id)
    if not since:
        return None
    account = connections.account_of(q, account_id)
    held = [
        one
        for one in q.outgoing_in_state("held", limit=LOOKED_AT, account_id=account_id)
        if one.code == Code.AUTHORISATION_ENDED
    ]
    if not held:
        return None
    known = q.connection(account_id)
    connected = known is not None and known.state not in ENDED and not account.killed
    fresh = _fresh(ctx, q, account, held) if connected else []
    return Waiting(since=int(since), acts=tuple(held), fresh=tuple(fresh), connected=connected)


def decide(ctx: Context, account_id: int, *, plan: bool, who: Who) -> Decided:
    """Plan what is still fresh and let the rest go, or let all of it go. Raises `NothingWaitsError`, `NotConnectedError`."""

    def work(tx: Transaction) -> Decided:
        found = waiting(ctx, tx, account_id)
        if found is None:
            raise NothingWaitsError(account=account_id)
        if plan and not found.connected:
            raise NotConnectedError(account=account_id)
        now, drafts = ctx.clock.now(), []
        again = {one.id for one in found.fresh} if plan else set()
        for one in found.acts:
            state = "planned" if one.id in again else "cancelled"
            changes: dict[str, object] = {"state": state, "settled_at": now}
            if one.id in again:
                wait = MINUTE + ctx.chance.keyed("resume", one.id) % SPREAD
                changes |= {"code": "", "settled_at": None, "not_before": max(one.not_before, now + wait)}
            tx.change_outgoing(one.id, changes)
            body: dict[str, object] = {"act": one.act, "state": state, "code": Code.AUTHORISATION_ENDED}
            drafts.append(act_draft(one, "result", now, body))
        append(ctx, tx, drafts)
        if len(found.acts) < LOOKED_AT:
            tx.put_setting(WAITING, "", now, account_id=account_id)
        done = Decided(planned=len(again), let_go=len(found.acts) - len(again))
        body = {
            "act": "waiting-decided",
            "planned": done.planned,
            "let_go": done.let_go,
            "ended": found.since,
        }
        connections.log(ctx, tx, account_id, who, body)
        return done

    return ctx.store.write(work)


def _fresh(ctx: Context, q: Queries, account: Account, held: list[Outgoing]) -> list[Outgoing]:
    """Return those that no gate refuses for good now."""
    policy = policies.compiled(ctx, q, account.policy_hash)
    events = q.events(list({one.event_id for one in held}))
    of_events = q.outgoing_of_events(list(events))
    ids = list({one.contact_id for one in held if one.contact_id})
    contacts = q.contacts(ids)
    now = ctx.clock.now()
    situation = Situation(ctx, q, account=account, policy=policy, now=now, contacts=ids, planning=False)
    talks = Talks(q, contacts.values(), planning=False)
    fresh = []
    for one in held:
        event = events.get(one.event_id)
        if event is None or event.state in ("erased", "deleted"):
            continue
        others = of_events[event.id]
        contact = contacts.get(one.contact_id)
        answer = reserving.ask_gates(policy, situation, talks, one, event, contact, others)
        refused = {g.reason.code for g in answer.gates if g.verdict == "refuse" and g.reason is not None}
        if refused <= reserving.WAITS:
            fresh.append(one)
    return fresh
