"""The dispatcher: the only place that reaches the platform's sending calls.

What the platform does not let us do goes the same way up to the call and becomes a task for a person (`tasks`).

Claim a lane; read what is due in a second statement (one statement for both would read an old snapshot and send
twice); ask the hard gates again on fresh facts under the subjects' locks; commit `sending` and the audit
`attempt`; call; settle with the fence. An outcome that is not known is never repeated blindly.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from goodstanding.core.outbox import approval_hash
from goodstanding.core.policy.compile import CompiledPolicy
from goodstanding.core.policy.decide import Confirmation, confirm
from goodstanding.core.policy.model import Act, GateTrace, MessageFacts
from goodstanding.core.policy.rules.capability import by_hand
from goodstanding.core.tasks import makes_sense_until
from goodstanding.kernel.reasons import Code
from goodstanding.kernel.timing import MINUTE
from goodstanding.usecases import playbooks, policies, warnings
from goodstanding.usecases.audit import Draft, append
from goodstanding.usecases.cases import open_case
from goodstanding.usecases.context import SYSTEM, Context, Who
from goodstanding.usecases.facts import Situation, freeze_facts
from goodstanding.usecases.ports import (
    Account,
    Contact,
    Event,
    Outgoing,
    OutgoingState,
    Queries,
    SendPermit,
    SendResult,
    Transaction,
)
from goodstanding.usecases.ports.tasks import Task
from goodstanding.usecases.talks import Talks, first_part

T = TypeVar("T")
BATCH = 32
"""Acts reserved at once."""
LEASE_SECONDS = 60
CALL_SECONDS = 30
"""A call that has not answered by then is given up, its outcome unknown."""
CHECK_AGAIN = 2 * MINUTE
"""Between two looks for an act of unknown outcome."""
WAIT_AGAIN = 5 * MINUTE
"""Between two tries of what a freeze, a kill switch or a doubtful clock holds up."""
WAITS = frozenset({Code.FREEZE, Code.KILL_SWITCH, Code.CLOCK_UNSURE})
"""Refusals that pass: what they stop waits and is asked again. Any other refusal is final."""
DOUBT_LOOK = 5_000
"""Acts looked through for those that may go on while the clock is in doubt."""
GIVE_UP = 15 * MINUTE
"""After which a person is asked."""


class Reserved(msgspec.Struct, frozen=True, kw_only=True):
    """Acts that are `sending` and committed, with leave to call."""

    permits: tuple[SendPermit, ...]
    epoch: int
    """The freeze epoch they were confirmed in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatcher:
    """Sends what is due, lane by lane. `owner` names this process in the leases."""

    ctx: Context
    owner: str
    concurrency: int = 1
    """Platform calls under way at once in a lane."""
    batch: int = BATCH
    look_seconds: float = 0.0
    """How long a look at freezes, kill switch and consent holds for acts that wait for their turn in a batch."""

    async def send_due(self) -> int:
        """Send one batch of one lane; returns how many acts were taken up (0: nothing is due)."""
        claim = await self._write(self._claim)
        if claim is None:
            return 0
        account_id, fence = claim
        is_held = True
        try:
            reserved, taken = await self._write(lambda tx: self._reserve(tx, account_id, fence))
            is_held = bool(reserved.permits)
            if reserved.permits:
                results = await self._carry_out(reserved)
                await self._write(lambda tx: self._settle(tx, reserved, results, fence))
                is_held = False
            return taken
        finally:
            if is_held:
                await self._write(lambda tx: tx.free_lane(account_id, fence))

    def _reserve(self, tx: Transaction, account_id: int, fence: int) -> tuple[Reserved, int]:
        """Reserve what is due; a lane with nothing to send is free again at once."""
        reserved, taken = reserve(self.ctx, tx, account_id, fence, self.batch, self._lease())
        if not reserved.permits:
            tx.free_lane(account_id, fence)
        return reserved, taken

    def _settle(self, tx: Transaction, reserved: Reserved, results: Sequence[SendResult], fence: int) -> None:
        settle(self.ctx, tx, reserved.permits, results)
        tx.free_lane(reserved.permits[0].account.id, fence)

    async def look_for_unknown(self) -> int:
        """Read back acts of unknown outcome; returns how many were looked at.

        Not while the clock is in doubt: that an act is absent rests on how long ago it was tried.
        """
        now = self.ctx.clock.now()
        if self.ctx.clock.doubt():
            return 0
        accounts, rows = await asyncio.to_thread(self.ctx.store.read, lambda q: _unknown(q, now))
        for row in rows:
            account = accounts[row.account_id]
            found = await self._find_again(account, row)
            await self._write(lambda tx, row=row, found=found: settle_unknown(self.ctx, tx, row.id, found))  # type: ignore[misc]  # bound at once
        return len(rows)

    async def _find_again(self, account: Account, row: Outgoing) -> SendResult:
        try:
            return await self.ctx.platforms[account.connector].find_again(account, row)
        except Exception:  # noqa: BLE001 - one answer nobody can read must not keep the others waiting
            return SendResult(state="unknown", code="NO_ANSWER")

    async def recover(self) -> int:
        """Turn what a dead process left `sending` into `unknown`; returns how many."""
        return await self._write(lambda tx: recover(self.ctx, tx))

    def _claim(self, tx: Transaction) -> tuple[int, int] | None:
        now = self.ctx.clock.now()
        return tx.claim_lane(self.owner, now, now + self._lease(), now)

    def _lease(self) -> int:
        return int(LEASE_SECONDS / max(self.ctx.clock.real_seconds(1000), 1e-6) * 1000)

    async def _carry_out(self, reserved: Reserved) -> list[SendResult]:
        """Make the calls in order, `concurrency` at once; acts that waited too long or lost their ground are not made."""
        permits = reserved.permits
        results = [SendResult(state="later", code="BATCH_LATE")] * len(permits)
        turns = iter(enumerate(permits))
        time = asyncio.get_running_loop().time
        begun = looked = time()
        void: dict[int, str] = {}

        async def work() -> None:
            nonlocal looked, void
            for position, permit in turns:
                if time() - begun > CALL_SECONDS:
                    return  # others may take the rest for lost by now
                if position >= self.concurrency and time() - looked >= self.look_seconds:
                    rest = permits[position:]
                    void = self.ctx.store.read(lambda q, rest=rest: _void(q, rest, reserved.epoch))  # type: ignore[misc]  # bound at once
                    looked = time()
                if held_back := warnings.held_back(permit, permits[:position], results):
                    results[position] = SendResult(state="later", code=held_back)
                elif permit.outgoing.id in void:
                    results[position] = SendResult(state="later", code=void[permit.outgoing.id])
                else:
                    results[position] = await self._call(permit)

        await asyncio.gather(*(work() for _ in range(min(self.concurrency, len(permits)))))
        return results

    async def _call(self, permit: SendPermit) -> SendResult:
        platform = self.ctx.platforms[permit.account.connector]
        try:
            async with asyncio.timeout(CALL_SECONDS):
                return await platform.carry_out(permit)
        except Exception:  # noqa: BLE001 - whatever went wrong, the act may have happened
            return SendResult(state="unknown", code="NO_ANSWER")

    async def _write(self, work: Callable[[Transaction], T]) -> T:
        return await asyncio.wrap_future(self.ctx.store.submit(work))


def reserve(
    ctx: Context, tx: Transaction, account_id: int, fence: int, limit: int, lease: int
) -> tuple[Reserved, int]:
    """Confirm what is due in a lane held under `fence` and make it `sending`; returns it and how much was due."""
    now = ctx.clock.now()
    nothing = Reserved(permits=(), epoch=0)
    if not tx.hold_lane(account_id, fence, now + lease):
        return nothing, 0
    due = _due(ctx, tx, account_id, now, limit)
    if not due:
        return nothing, 0
    contacts = sorted({o.contact_id for o in due if o.contact_id})
    tx.lock_contacts(contacts)
    account = next(a for a in tx.accounts() if a.id == account_id)
    policy = policies.compiled(ctx, tx, account.policy_hash)
    if any(counter.scope == "workspace" for counter in policy.counters):
        tx.lock_audit()  # the one lock of the whole workspace: lanes of two processes share these counters
    situation = Situation(ctx, tx, account=account, policy=policy, now=now, contacts=contacts, planning=False)
    round_ = _Round(ctx, tx, due, account=account, policy=policy, situation=situation, fence=fence)
    permits = [permit for one in due if (permit := round_.ask(one)) is not None]
    round_.finish()
    return Reserved(permits=tuple(permits), epoch=situation.freeze.epoch), len(due)


def _due(ctx: Context, tx: Transaction, account_id: int, now: int, limit: int) -> list[Outgoing]:
    """Return what may be asked about now.

    While the clock is in doubt only hiding goes on, and nothing is put off: a doubtful time would say until when.
    """
    if not ctx.clock.doubt():
        return tx.outgoing_due(account_id, now, limit)
    due = tx.outgoing_due(account_id, now, DOUBT_LOOK)
    return [one for one in due if one.act in ("hide", "unhide")][:limit]


class _Round:
    """One reservation: asks the gates for each act and notes the answers."""

    def __init__(
        self,
        ctx: Context,
        tx: Transaction,
        due: Sequence[Outgoing],
        *,
        account: Account,
        policy: CompiledPolicy,
        situation: Situation,
        fence: int,
    ) -> None:
        self._ctx, self._tx, self._account, self._policy = ctx, tx, account, policy
        self._situation, self._fence = situation, fence
        events = list({one.event_id for one in due})
        self._events, self._of_event = tx.events(events), tx.outgoing_of_events(events)
        self._contacts = tx.contacts(list({one.contact_id for one in due if one.contact_id}))
        self._reserved: list[int] = []
        self._tasks: list[Task] = []
        self._drafts: list[Draft] = []
        self._bucket = situation.bucket
        self._talks = Talks(tx, self._people(due), planning=False)
        self._contents = tx.message_contents([one.id for one in due if one.act == "message"])
        self._resting: dict[str, tuple[str, int]] = {}
        """Automatic acts that the whole account must wait with: the rest of the batch need not be asked one by one."""

    def _people(self, due: Sequence[Outgoing]) -> list[Contact]:
        """Return those to whom messages are due; nobody when there are only replies."""
        ids = {one.contact_id for one in due if one.act == "message"}
        return [contact for contact in self._contacts.values() if contact.id in ids]

    def ask(self, one: Outgoing) -> SendPermit | None:
        """Return leave to call, or None after noting why not."""
        event = self._events.get(one.event_id)
        if event is None or event.state in ("erased", "deleted"):
            self._stop(one, "COMMENT_GONE")
        elif one.act in ("hide", "unhide") and self._under_way(one):
            self._wait(one, "UNDER_WAY", MINUTE)
        elif (before := first_part(one, self._of_event[event.id])) and before.state != "sent":
            if before.state in ("planned", "sending", "unknown"):
                self._wait(one, "AFTER_ANSWER", MINUTE)
            else:
                self._stop(one, before.code or "BY_PERSON")
        elif one.approved_by is None and one.act in self._resting:
            self._wait(one, *self._resting[one.act])
        elif one.approved_by is None and self._misfits(one, event):
            self._to_person(one, Code.WORDING_CLOSED)
        else:
            answer = self._confirm(one, event)
            if answer.verdict == "allow":
                return self._permit(one)
            self._obey(one, answer)
        return None

    def _misfits(self, one: Outgoing, event: Event) -> bool:
        """Whether these words suit messages as they were when it was planned, and messages were opened or closed since."""
        now_open = self._account.can_message
        named = {t.id for t in self._policy.in_use[event.kind, now_open]}
        before = {t.id for t in self._policy.in_use[event.kind, not now_open]}
        return one.template in before - named

    def _obey(self, one: Outgoing, answer: Confirmation) -> None:
        """Note what was answered instead of leave."""
        code = answer.reasons[0].code if answer.reasons else ""
        refused = [g.reason.code for g in answer.gates if g.verdict == "refuse" and g.reason is not None]
        final = [refusal for refusal in refused if refusal not in WAITS]
        if refused == [Code.CAPABILITY] and one.approved_by is None:
            self._not_offered(one)
        elif final:
            self._stop(one, final[0])
        elif refused:
            self._wait(one, refused[0], WAIT_AGAIN)
        elif answer.verdict == "review":
            self._to_person(one, code)
        else:
            span = max(answer.retry_at - self._situation.now, MINUTE)
            self._wait(one, code, span)
            if any(_is_for_all(g) for g in answer.gates if g.verdict == "defer"):
                self._resting[one.act] = (code, span)

    def _under_way(self, one: Outgoing) -> bool:
        """Whether hiding or showing this comment is on its way or of unknown outcome: the order would be anyone's guess."""
        others = self._of_event[one.event_id]
        return any(
            o.id != one.id and o.act in ("hide", "unhide") and o.state in ("task", "sending", "unknown")
            for o in others
        )

    def _wait(self, one: Outgoing, code: str, span: int) -> None:
        self._tx.change_outgoing(one.id, {"not_before": self._situation.now + span, "code": code})

    def finish(self) -> None:
        """Store what was reserved and the bucket, and seal the attempts."""
        if self._reserved:
            self._tx.reserve_outgoing(self._reserved, self._fence, self._situation.now)
        if self._tasks:
            self._tx.offer_tasks(self._tasks)
        if self._situation.bucket != self._bucket:
            bucket = self._situation.bucket
            self._tx.change_account(self._account.id, {"bucket_milli": bucket.milli, "bucket_at": bucket.at})
        if self._situation.paused != self._account.spike_paused:
            self._tx.change_account(self._account.id, {"spike_paused": self._situation.paused})
        if self._drafts:
            append(self._ctx, self._tx, self._drafts)

    def _confirm(self, one: Outgoing, event: Event) -> Confirmation:
        contact = self._contacts.get(one.contact_id)
        return ask_gates(
            self._policy, self._situation, self._talks, one, event, contact, self._of_event[event.id]
        )

    def _permit(self, one: Outgoing) -> SendPermit | None:
        now = self._situation.now
        has_token = one.act not in ("reply", "message") or self._situation.take_token()
        if not has_token and one.approved_by is None:
            self._wait(one, "BUCKET_EMPTY", MINUTE)
            return None
        one = self._addressed(one)
        self._situation.note_planned(
            one.act, contact_id=one.contact_id, rule=one.rule, video_id=one.video_id, at=now, text=one.text
        )
        account = self._account
        is_task = by_hand(
            mode=account.mode, act=_act(one), can_message=account.can_message, target_id=one.target_id
        )
        body: dict[str, object] = {"act": one.act, "by": "person"} if is_task else {"act": one.act}
        self._drafts.append(_draft(one, "attempt", now, body, text=one.text))
        state: OutgoingState = "task" if is_task else "sending"
        under_way = msgspec.structs.replace(one, state=state, attempt_at=now, fence=self._fence)
        if one.act == "message":
            self._talks.reserved(under_way)
        others = self._of_event[one.event_id]
        self._of_event[one.event_id] = [under_way if o.id == one.id else o for o in others]
        if is_task:
            self._tasks.append(self._task(one))
            return None
        self._reserved.append(one.id)
        return SendPermit(account=account, outgoing=under_way, content=self._contents.get(one.id))

    def _addressed(self, one: Outgoing) -> Outgoing:
        """Return a message with its conversation, and with the words the first automatic one must begin with (R60)."""
        if one.act != "message":
            return one
        event = self._events[one.event_id]
        changes: dict[str, object] = {}
        if event.kind != "message":
            found = self._tx.conversation_of(one.contact_id)
            changes["target_id"] = "" if found is None else found.external_id
        contact = self._contacts.get(one.contact_id)
        if one.approved_by is None and one.id not in self._contents and contact is not None:
            is_first = self._talks.facts(contact, form="text", leave_out=one.id).first
            text = policies.disclosed(self._policy, one.language, one.text) if is_first else one.text
            if text != one.text:
                changes["text"] = text
        if not changes:
            return one
        self._tx.change_outgoing(one.id, changes)
        return msgspec.structs.replace(one, **changes)

    def _task(self, one: Outgoing) -> Task:
        """Return the task that an act becomes: from now on it counts as tried."""
        now, event, contact = (
            self._situation.now,
            self._events[one.event_id],
            self._contacts.get(one.contact_id),
        )
        until = makes_sense_until(
            playbooks.task_numbers(), _act(one), now=now, written_at=event.at,
            age_hours_max=self._policy.policy.gates.age_hours_max, wrote_at=None if contact is None else contact.wrote_at,
            window_hours=playbooks.platform_rules().numbers.message_window_hours, approved_until=one.approved_until,
        )  # fmt: skip
        return Task(
            outgoing_id=one.id, account_id=one.account_id, created_at=now, until=until, opened_by="", opened_at=None,
            answered_by="", answered_at=None, answer="",
        )  # fmt: skip

    def _stop(self, one: Outgoing, code: str) -> None:
        now = self._situation.now
        self._tx.change_outgoing(one.id, {"state": "cancelled", "code": code, "settled_at": now})
        self._drafts.append(_draft(one, "result", now, {"act": one.act, "state": "cancelled", "code": code}))

    def _not_offered(self, one: Outgoing) -> None:
        """The platform offers this no more since it was planned: a person sees it, for the app still does."""
        waits = any(case.state == "open" for case in self._tx.cases_of_event(one.event_id))
        if one.act == "reply" and not waits:
            self._to_person(one, Code.CAPABILITY)
            return
        self._stop(one, Code.CAPABILITY)
        if not waits:
            case = open_case(self._tx, self._policy, one, Code.CAPABILITY, self._situation.now)
            self._tx.add_cases([case])

    def _to_person(self, one: Outgoing, code: str) -> None:
        now = self._situation.now
        self._tx.change_outgoing(one.id, {"state": "held", "code": code})
        self._tx.add_cases([open_case(self._tx, self._policy, one, code, now)])
        self._drafts.append(_draft(one, "result", now, {"act": one.act, "state": "held", "code": code}))


def ask_gates(
    policy: CompiledPolicy,
    situation: Situation,
    talks: Talks,
    one: Outgoing,
    event: Event,
    contact: Contact | None,
    of_event: Sequence[Outgoing],
) -> Confirmation:
    """Ask the hard gates about an act on fresh facts; `of_event` are all acts on its comment."""
    message: MessageFacts | msgspec.UnsetType = msgspec.UNSET
    if one.act == "message" and contact is not None:
        message = talks.facts(contact, form="text", leave_out=one.id)
    facts = situation.facts(event, contact, None, message)
    mine = facts.comment
    if mine is not None and one.act in ("reply", "message"):
        answered = talks.answers(one, event, of_event, policy)
        facts = msgspec.structs.replace(facts, comment=msgspec.structs.replace(mine, answered=answered))
    if mine is not None and one.act == "unhide":
        facts = msgspec.structs.replace(facts, comment=msgspec.structs.replace(mine, public=True))
    approved = None if one.approved_by is None else _approval_holds(one, situation.now)
    return confirm(
        policy, facts, act=_act(one), rule=one.rule, approved_text_hash_ok=approved, not_before=one.not_before
    )


def _approval_holds(one: Outgoing, now: int) -> bool:
    bound = approval_hash(event_id=one.event_id, act=one.act, target_id=one.target_id, text=one.text)
    return one.approved_hash == bound and (one.approved_until or 0) >= now


def _is_for_all(gate: GateTrace) -> bool:
    """Tell whether what a gate puts off, it puts off for the whole account."""
    if gate.reason is None:
        return False
    if gate.reason.code == Code.CAP:
        return str(gate.reason.fields.get("counter", "")).startswith(("account/", "workspace/"))
    return gate.reason.code in (Code.BUCKET_EMPTY, Code.VOLUME_SPIKE, Code.QUIET_HOURS)


def settle(
    ctx: Context, tx: Transaction, permits: Sequence[SendPermit], results: Sequence[SendResult]
) -> None:
    """Write down what the platform answered. A result that comes late never overwrites a surer one."""
    now = ctx.clock.now()
    answers = [(permit.outgoing, result) for permit, result in zip(permits, results, strict=True)]
    mine = tx.sending([(one.id, one.fence) for one, _ in answers])
    settled = [(one, result) for one, result in answers if one.id in mine or _is_news(tx, one, result)]
    by_columns: dict[tuple[str, ...], list[tuple[int, dict[str, object]]]] = defaultdict(list)
    for one, result in settled:
        changes = _changes(result, now)
        by_columns[tuple(changes)].append((one.id, changes))
    for rows in by_columns.values():
        tx.settle_many(rows)
    apply(tx, [one for one, result in settled if result.state == "sent"])
    warnings.take(ctx, tx, settled)
    if settled:
        append(
            ctx,
            tx,
            [
                _draft(one, "result", now, {"act": one.act, "state": result.state, "code": result.code})
                for one, result in settled
            ],
        )


def _is_news(tx: Transaction, one: Outgoing, result: SendResult) -> bool:
    """Tell whether a late answer says more than what is known: the act was given up as of unknown outcome."""
    current = tx.outgoing(one.id)
    return current is not None and current.state == "unknown" and result.state in ("sent", "failed")


def settle_unknown(ctx: Context, tx: Transaction, outgoing_id: int, found: SendResult) -> None:
    """Settle an act of unknown outcome with what a read-back found; after 15 minutes a person is asked."""
    one = tx.outgoing(outgoing_id)
    if one is None or one.state != "unknown":
        return
    now = ctx.clock.now()
    body: dict[str, object] = {"act": one.act, "state": found.state, "code": "READ_BACK"}
    if found.state == "sent":
        tx.change_outgoing(one.id, _changes(found, now))
        apply(tx, [one])
    elif found.state == "failed":
        tx.change_outgoing(
            one.id, {"state": "planned", "attempt_at": None, "not_before": now, "code": "READ_BACK"}
        )
        body["state"] = "planned"
    elif now - (one.attempt_at or now) < GIVE_UP:
        tx.change_outgoing(one.id, {"not_before": now + CHECK_AGAIN})
        return
    else:
        if tx.cases_of_event(one.event_id) and one.code == "OUTCOME_UNKNOWN":
            tx.change_outgoing(one.id, {"not_before": now + GIVE_UP})
            return
        account = next(a for a in tx.accounts() if a.id == one.account_id)
        policy = policies.compiled(ctx, tx, account.policy_hash)
        tx.change_outgoing(one.id, {"not_before": now + GIVE_UP, "code": "OUTCOME_UNKNOWN"})
        tx.add_cases([open_case(tx, policy, one, "OUTCOME_UNKNOWN", now)])
        body["code"] = "OUTCOME_UNKNOWN"
    append(ctx, tx, [_draft(one, "result", now, body)])


def settle_echo(ctx: Context, tx: Transaction, one: Outgoing, provider_ref: str) -> None:
    """Our own reply came back as an event: an unknown outcome is known now."""
    now = ctx.clock.now()
    tx.change_outgoing(one.id, _changes(SendResult(state="sent", provider_ref=provider_ref), now))
    if one.state == "task":
        tx.answer_task(one.id, "sent", ":".join(SYSTEM), now)
    append(ctx, tx, [_draft(one, "result", now, {"act": one.act, "state": "sent", "code": "ECHO"})])


def settle_message(ctx: Context, tx: Transaction, one: Outgoing, provider_ref: str) -> bool:
    """A message of ours was seen on the platform, perhaps before our own call was answered: settle it, once.

    False when it was settled meanwhile. What was planned again because it could not be found is not sent again.
    """
    now = ctx.clock.now()
    sent = _changes(SendResult(state="sent", provider_ref=provider_ref), now)
    state = "sent"
    if not tx.settle_from(one.id, ("sending", "unknown"), sent):
        state = "cancelled"
        changes = {"state": state, "code": "ECHO", "settled_at": now, "provider_ref": provider_ref}
        if one.state != "planned" or not tx.settle_from(one.id, ("planned",), changes):
            return False
    apply(tx, [one])
    append(ctx, tx, [_draft(one, "result", now, {"act": one.act, "state": state, "code": "ECHO"})])
    return True


def withdraw(ctx: Context, tx: Transaction, one: Outgoing, code: str) -> bool:
    """Cancel what has surely not left: planned, held, or a task nobody opened. False otherwise.

    A task was an attempt, so its result is sealed; everything else is the caller's to seal.
    """
    now = ctx.clock.now()
    if one.state == "task":
        task = tx.task(one.id)
        if task is None or task.opened_at is not None:
            return False
        tx.answer_task(one.id, "withdrawn", ":".join(SYSTEM), now)
    elif one.state not in ("planned", "held"):
        return False
    tx.change_outgoing(one.id, {"state": "cancelled", "code": code, "settled_at": now})
    if one.state == "task":
        append(ctx, tx, [_draft(one, "result", now, {"act": one.act, "state": "cancelled", "code": code})])
    return True


def recover(ctx: Context, tx: Transaction) -> int:
    """Make `unknown` of every act whose call can no longer be under way."""
    now = ctx.clock.now()
    stale = int(CALL_SECONDS * 2 / max(ctx.clock.real_seconds(1000), 1e-6) * 1000)
    drafts = []
    for one in tx.outgoing_in_state("sending", limit=1000):
        if now - (one.attempt_at or 0) < stale:
            continue
        if tx.settle_outgoing(one.id, one.fence, {"state": "unknown", "not_before": now}):
            drafts.append(
                _draft(one, "result", now, {"act": one.act, "state": "unknown", "code": "NO_ANSWER"})
            )
    if drafts:
        append(ctx, tx, drafts)
    return len(drafts)


def stop_planned(tx: Transaction, contact_id: int, code: str, now: int) -> list[Draft]:
    """Cancel every reply and message that waits for a person; returns the entries that say so, to be sealed."""
    waiting = [
        one
        for one in tx.outgoing_of_contact(contact_id)
        if one.state in ("planned", "held") and one.act in ("reply", "message")
    ]
    for one in waiting:
        tx.change_outgoing(one.id, {"state": "cancelled", "code": code, "settled_at": now})
    return [
        _draft(one, "result", now, {"act": one.act, "state": "cancelled", "code": code}) for one in waiting
    ]


def _void(q: Queries, permits: Sequence[SendPermit], epoch: int) -> dict[int, str]:
    """Return which permits that wait for their turn no longer hold, by act, with the reason."""
    account_id = permits[0].account.id
    account = next((a for a in q.accounts() if a.id == account_id), None)
    if account is None or account.killed:
        return {permit.outgoing.id: Code.KILL_SWITCH for permit in permits}
    sends = [p.outgoing for p in permits if p.outgoing.act in ("reply", "message")]
    if sends and freeze_facts(q, account_id).epoch != epoch:
        return {one.id: Code.FREEZE for one in sends}
    contacts = q.contacts(list({one.contact_id for one in sends}))
    found = {one.id: _unwilling(contacts.get(one.contact_id)) for one in sends}
    return {outgoing_id: code for outgoing_id, code in found.items() if code}


def _unwilling(contact: Contact | None) -> str:
    if contact is None:
        return ""
    if contact.suppressed:
        return Code.SUPPRESSED
    return "" if contact.answer == "given" else Code.CONSENT_WITHDRAWN


def _unknown(q: Queries, now: int) -> tuple[dict[int, Account], list[Outgoing]]:
    rows = [o for o in q.outgoing_in_state("unknown", limit=200) if o.not_before <= now]
    return {a.id: a for a in q.accounts()}, rows


def _act(one: Outgoing) -> Act:
    return "hide" if one.act in ("hide", "unhide") else "message" if one.act == "message" else "reply"


def _changes(result: SendResult, now: int) -> dict[str, object]:
    if result.state == "later":
        later = now + max(result.retry_after, MINUTE)
        return {"state": "planned", "attempt_at": None, "not_before": later, "code": result.code}
    if result.state == "unknown":
        return {"state": "unknown", "not_before": now + CHECK_AGAIN, "code": result.code}
    return {
        "state": result.state,
        "settled_at": now,
        "provider_ref": result.provider_ref,
        "code": result.code,
    }


def apply(tx: Transaction, happened: Sequence[Outgoing]) -> None:
    """Note on the comments what acts that happened did to them."""
    for account_id in {one.account_id for one in happened}:
        mine = [one for one in happened if one.account_id == account_id]
        states = [(one.target_id, _STATES[one.act]) for one in mine if one.act in _STATES]
        if states:
            tx.set_event_state(account_id, states)
        answered = [one.target_id for one in mine if one.act == "reply"]
        talked = [one.event_id for one in mine if one.act == "message"]
        if talked:
            answered += [event.external_id for event in tx.events(talked).values()]
        if answered:
            tx.mark_answered(account_id, answered)


_STATES = {"hide": "hidden", "unhide": "public"}


def _draft(one: Outgoing, kind: str, now: int, body: dict[str, object], *, text: str = "") -> Draft:
    actor: Who = (
        ("person", str(one.approved_by)) if one.approved_by is not None else ("rule", one.rule or "policy")
    )
    return Draft(
        account_id=one.account_id,
        kind=kind,  # type: ignore[arg-type]  # attempt or result
        at=now,
        actor=actor,
        event_id=one.event_id,
        refs={"event": one.event_id, "outgoing": one.id},
        body=body,
        contact_id=one.contact_id,
        values={"text": text.encode()} if text else {},
    )
