"""Assisted mode: what the platform does not let us send becomes a task, and a person in the app carries it out.

Up to the send everything is as in automatic mode: policy, delay, caps and the second check, in one transaction with
the attempt's entry. From then on a task counts as tried. Opening it asks the gates again and shows the text; from
that moment it may have been sent, so only a person's answer settles it. A task nobody opened in time is too late.
"""

from collections.abc import Sequence
from typing import Literal

import msgspec

from goodstanding.core.outbox import is_same_text
from goodstanding.core.policy.decide import Confirmation
from goodstanding.core.tasks import CODES, FAILED, LATE, REASONS, may_be_taken_back
from goodstanding.kernel.problems import GoodstandingError
from goodstanding.usecases import playbooks, policies, reserving, settling
from goodstanding.usecases.audit import Draft, append
from goodstanding.usecases.context import SYSTEM, Context, Who
from goodstanding.usecases.facts import Situation
from goodstanding.usecases.moderation import GoneError
from goodstanding.usecases.ports import Account, Act, Event, Outgoing, Queries, Transaction
from goodstanding.usecases.ports.tasks import Answer, Task
from goodstanding.usecases.talks import Talks

Standing = Literal["go", "stop", "wait", "gone"]
"""May be sent now; must not be sent any more; not now; was settled otherwise."""
HOLDER = "phone_holder"
"""The setting of an account that names who holds its phone."""
LISTED = 200
EXPIRED_AT_ONCE = 500
UNDER_A_VIDEO = 5_000
"""Open tasks looked through for those under one video."""


class NotAllowedNowError(GoodstandingError):
    """The gates say it must not be sent; fields: id, why. To say it was sent before, answer with `before=True`."""

    code = "TASK_NOT_NOW"


class UnknownReasonError(GoodstandingError):
    """That is none of the reasons; field: reason."""

    code = "TASK_REASON"


class TooLateToTakeBackError(GoodstandingError):
    """The answer is older than the minutes in which it may be taken back; field: minutes."""

    code = "TASK_SETTLED"


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """A task with what belongs to it."""

    task: Task
    outgoing: Outgoing
    event: Event
    account: Account
    handle: str
    """Of the person it is about."""
    holder: int
    """Who holds the account's phone; 0 when nobody is named."""


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """What the gates say of a task now."""

    item: Item
    standing: Standing
    code: str = ""
    """Why not."""
    retry_at: int = 0


def holder(q: Queries, account_id: int) -> int:
    """Return who holds the account's phone, 0 when nobody is named."""
    return int(q.setting(HOLDER, account_id=account_id) or 0)


def set_holder(ctx: Context, account_id: int, person_id: int, who: Who) -> None:
    """Name who holds the account's phone (0: nobody); raises `GoneError` when there is no such account or person."""

    def work(tx: Transaction) -> None:
        known = {0, *(one.id for one in tx.persons())}
        if account_id not in {one.id for one in tx.accounts()} or person_id not in known:
            raise GoneError(id=account_id)
        now = ctx.clock.now()
        tx.put_setting(HOLDER, str(person_id), now, account_id=account_id)
        body: dict[str, object] = {"act": "phone-holder", "person": person_id}
        append(ctx, tx, [Draft(account_id=account_id, kind="policy", at=now, actor=who, body=body)])

    ctx.store.write(work)


def waiting(q: Queries, *, person_id: int | None = None, limit: int = LISTED) -> list[Item]:
    """Return open tasks, soonest too late first; for `person_id` those of phones this person holds or nobody does."""
    found: list[Task] = []
    accounts = {one.id: one for one in q.accounts()}
    holders = {one: holder(q, one) for one in accounts}
    for account_id in accounts:
        if person_id is None or holders[account_id] in (0, person_id):
            found += q.open_tasks(account_id, limit)
    found = sorted(found, key=lambda one: (one.until, one.outgoing_id))[:limit]
    return _items(q, found, accounts, holders)


def waiting_under(q: Queries, account_id: int, video_id: str) -> list[Item]:
    """Return the open tasks of one account that are about comments under one video."""
    account = next((one for one in q.accounts() if one.id == account_id), None)
    if account is None:
        return []
    found = _items(q, q.open_tasks(account_id, UNDER_A_VIDEO), {account_id: account}, {account_id: 0})
    return [one for one in found if one.outgoing.video_id == video_id]


def answered(q: Queries, *, since: int, limit: int = 20) -> list[Item]:
    """Return tasks answered after `since`, newest first."""
    accounts = {one.id: one for one in q.accounts()}
    holders = {one: holder(q, one) for one in accounts}
    found = [task for account_id in accounts for task in q.answered_tasks(account_id, since, limit)]
    found = sorted(found, key=lambda one: -(one.answered_at or 0))[:limit]
    return _items(q, found, accounts, holders, state=None)


def _items(
    q: Queries,
    tasks: Sequence[Task],
    accounts: dict[int, Account],
    holders: dict[int, int],
    *,
    state: str | None = "task",
) -> list[Item]:
    acts = {one.outgoing_id: q.outgoing(one.outgoing_id) for one in tasks}
    events = q.events(list({one.event_id for one in acts.values() if one is not None}))
    contacts = q.contacts(
        list({one.contact_id for one in acts.values() if one is not None and one.contact_id})
    )
    found = []
    for task in tasks:
        one = acts[task.outgoing_id]
        if one is None or one.event_id not in events or (state is not None and one.state != state):
            continue
        contact = contacts.get(one.contact_id)
        found.append(
            Item(
                task=task, outgoing=one, event=events[one.event_id], account=accounts[task.account_id],
                handle="" if contact is None else contact.handle, holder=holders[task.account_id],
            )
        )  # fmt: skip
    return found


def look(ctx: Context, outgoing_id: int) -> Opened:
    """Return a task and what the gates say of it now, changing nothing. Raises `GoneError`."""

    def work(q: Queries) -> Opened:
        item = _item(q, outgoing_id)
        if item.outgoing.state != "task":
            return Opened(item=item, standing="gone", code=item.outgoing.code)
        standing, code, retry_at = _standing(_ask(ctx, q, item.outgoing, item.event), item, ctx.clock.now())
        return Opened(item=item, standing=standing, code=code, retry_at=retry_at)

    return ctx.store.read(work)


def open_task(ctx: Context, outgoing_id: int, who: Who) -> Opened:
    """Ask the gates again and hand the text to a person, from when on it may have been sent. Raises `GoneError`.

    What must not be sent any more is cancelled here, unless somebody may have sent it before.
    """

    def work(tx: Transaction) -> Opened:
        tx.lock_contacts([item.contact_id] if (item := tx.outgoing(outgoing_id)) and item.contact_id else [])
        found = _item(tx, outgoing_id)
        one, now = found.outgoing, ctx.clock.now()
        if one.state != "task":
            return Opened(item=found, standing="gone", code=one.code)
        answer = _ask(ctx, tx, one, found.event)
        standing, code, retry_at = _standing(answer, found, now)
        if standing == "go":
            if found.task.opened_at is None:
                tx.open_task(one.id, ":".join(who), now)
                tx.change_outgoing(one.id, {"attempt_at": now})
                _note(ctx, tx, one, who, "task-open")
        elif standing == "stop" and found.task.opened_at is None:
            _settle(ctx, tx, one, SYSTEM, "withdrawn", state="cancelled", code=code)
        return Opened(item=_item(tx, outgoing_id), standing=standing, code=code, retry_at=retry_at)

    return ctx.store.write(work)


def sent(ctx: Context, outgoing_id: int, who: Who, *, before: bool = False) -> None:
    """A person says: I sent it. `before` says so of a text that must not be sent now, but was sent earlier.

    Raises `GoneError`, and `NotAllowedNowError` when the gates refuse it and `before` was not said.
    """

    def work(tx: Transaction) -> None:
        found = _open_item(tx, outgoing_id)
        one, now = found.outgoing, ctx.clock.now()
        standing, code, _ = _standing(_ask(ctx, tx, one, found.event), found, now)
        if standing != "go" and not before:
            raise NotAllowedNowError(id=outgoing_id, why=code)
        if found.task.opened_at is None:
            tx.change_outgoing(one.id, {"attempt_at": now})
        against = {"against": code} if standing != "go" else {}
        _settle(ctx, tx, one, who, "sent", state="sent", code=CODES["sent"], extra=against)
        settling.apply(tx, [one])

    ctx.store.write(work)


def seen(ctx: Context, tx: Transaction, outgoing_id: int, text: str, who: Who) -> bool:
    """The text of a task stands on the platform's screen: settle it as sent. False when it is another task by now.

    Nobody need have opened it: who wrote it in the app did so. It may be taken back like any other answer.
    """
    one = tx.outgoing(outgoing_id)
    if one is None or one.state != "task" or tx.task(outgoing_id) is None or not is_same_text(one.text, text):
        return False
    if one.contact_id:
        tx.lock_contacts([one.contact_id])
    found = _item(tx, outgoing_id)
    if found.task.opened_at is None:
        tx.change_outgoing(one.id, {"attempt_at": ctx.clock.now()})
    _settle(ctx, tx, one, who, "sent", state="sent", code=CODES["seen"])
    settling.apply(tx, [one])
    return True


def not_sent(ctx: Context, outgoing_id: int, who: Who, reason: str) -> None:
    """A person says: I did not send it, and why (`core.tasks.REASONS`). Raises `GoneError`, `UnknownReasonError`."""
    if reason not in REASONS:
        raise UnknownReasonError(reason=reason)

    def work(tx: Transaction) -> None:
        one = _open_item(tx, outgoing_id).outgoing
        state: Literal["failed", "cancelled"] = "failed" if reason in FAILED else "cancelled"
        _settle(ctx, tx, one, who, "not_sent", state=state, code=CODES[reason])

    ctx.store.write(work)


def take_back(ctx: Context, outgoing_id: int, who: Who) -> None:
    """Take an answer back within some minutes: the task is open again. Raises `GoneError`, `TooLateToTakeBackError`."""

    def work(tx: Transaction) -> None:
        found = _item(tx, outgoing_id)
        task, one, now = found.task, found.outgoing, ctx.clock.now()
        numbers = playbooks.task_numbers()
        if (
            task.answer not in ("sent", "not_sent")
            or task.answered_at is None
            or one.code not in CODES.values()
        ):
            raise GoneError(id=outgoing_id)
        if not may_be_taken_back(numbers, now=now, answered_at=task.answered_at):
            raise TooLateToTakeBackError(minutes=numbers.undo_minutes)
        tx.change_outgoing(one.id, {"state": "task", "code": "", "settled_at": None})
        tx.unanswer_task(one.id)
        if task.answer == "sent":
            _undo_effects(tx, one)
        _note(ctx, tx, one, who, f"undo-task-{task.answer}")

    ctx.store.write(work)


def expire(ctx: Context) -> int:
    """Settle tasks that nobody opened and that make no sense any more as too late; returns how many."""

    def work(tx: Transaction) -> int:
        now, count = ctx.clock.now(), 0
        for account in tx.accounts():
            for task in tx.open_tasks(account.id, EXPIRED_AT_ONCE):
                if task.until > now:
                    break
                one = tx.outgoing(task.outgoing_id)
                if task.opened_at is None and one is not None and one.state == "task":
                    _settle(ctx, tx, one, SYSTEM, "late", state="cancelled", code=LATE)
                    count += 1
        return count

    return ctx.store.write(work)


def _ask(ctx: Context, q: Queries, one: Outgoing, event: Event) -> Confirmation:
    """Ask the gates about a task, which does not count against itself."""
    account = next(a for a in q.accounts() if a.id == one.account_id)
    policy = policies.compiled(ctx, q, account.policy_hash)
    contacts = [one.contact_id] if one.contact_id else []
    situation = Situation(
        ctx,
        q,
        account=account,
        policy=policy,
        now=ctx.clock.now(),
        contacts=contacts,
        planning=False,
        without=one,
    )
    contact = q.contact(one.contact_id) if one.contact_id else None
    talks = Talks(q, [contact] if contact else [], planning=False)
    return reserving.ask_gates(policy, situation, talks, one, event, contact, q.outgoing_of_event(event.id))


def _standing(answer: Confirmation, item: Item, now: int) -> tuple[Standing, str, int]:
    if item.event.state in ("erased", "deleted"):
        return "stop", "COMMENT_GONE", 0
    refused = [g.reason.code for g in answer.gates if g.verdict == "refuse" and g.reason is not None]
    final = [code for code in refused if code not in reserving.WAITS]
    if final:
        return "stop", final[0], 0
    if refused:
        return "wait", refused[0], now + reserving.WAIT_AGAIN
    if item.task.until <= now:
        return "stop", LATE, 0
    if answer.verdict != "allow":
        code = answer.reasons[0].code if answer.reasons else ""
        return "wait", code, answer.retry_at
    return "go", "", 0


def _item(q: Queries, outgoing_id: int) -> Item:
    task = q.task(outgoing_id)
    accounts = {one.id: one for one in q.accounts()}
    holders = {one: holder(q, one) for one in accounts}
    found = _items(q, [task], accounts, holders, state=None) if task is not None else []
    if not found:
        raise GoneError(id=outgoing_id)
    return found[0]


def _open_item(tx: Transaction, outgoing_id: int) -> Item:
    one = tx.outgoing(outgoing_id)
    if one is not None and one.contact_id:
        tx.lock_contacts([one.contact_id])
    found = _item(tx, outgoing_id)
    if found.outgoing.state != "task":
        raise GoneError(id=outgoing_id)
    return found


def _settle(
    ctx: Context,
    tx: Transaction,
    one: Outgoing,
    who: Who,
    answer: Answer,
    *,
    state: Literal["sent", "failed", "cancelled"],
    code: str,
    extra: dict[str, str] | None = None,
) -> None:
    now = ctx.clock.now()
    tx.change_outgoing(one.id, {"state": state, "code": code, "settled_at": now})
    tx.answer_task(one.id, answer, ":".join(who), now)
    _keep_act(tx, one, who, f"task-{answer}", now)
    body: dict[str, object] = {"act": one.act, "state": state, "code": code, **(extra or {})}
    append(ctx, tx, [_draft(one, "result", now, who, body)])


def _note(ctx: Context, tx: Transaction, one: Outgoing, who: Who, what: str) -> None:
    now = ctx.clock.now()
    _keep_act(tx, one, who, what, now)
    append(ctx, tx, [_draft(one, "review", now, who, {"act": what})])


def _keep_act(tx: Transaction, one: Outgoing, who: Who, kind: str, now: int) -> None:
    """Keep what a person did for the list of recent acts; opening is no act of its own there."""
    if who[0] != "person" or kind == "task-open":
        return
    tx.add_act(
        Act(
            id=tx.ids("act"), account_id=one.account_id, person_id=int(who[1]), kind=kind, event_id=one.event_id, case_id=None,
            outgoing_id=one.id, data="", at=now, undone_at=None,
        )
    )  # fmt: skip


def _draft(
    one: Outgoing, kind: Literal["result", "review"], now: int, who: Who, body: dict[str, object]
) -> Draft:
    return Draft(
        account_id=one.account_id, kind=kind, at=now, actor=who, event_id=one.event_id,
        refs={"event": one.event_id, "outgoing": one.id}, body=body, contact_id=one.contact_id,
    )  # fmt: skip


def _undo_effects(tx: Transaction, one: Outgoing) -> None:
    """Take back what `settling.apply` noted on the comment."""
    if one.act == "reply":
        tx.unmark_answered(one.account_id, [one.target_id])
    elif one.act in ("hide", "unhide"):
        tx.set_event_state(one.account_id, [(one.target_id, "public" if one.act == "hide" else "hidden")])
