"""Reserving: asking the hard gates again about what is due, and leave to call for what passes.

What is reserved is `sending`, its audit `attempt` committed, before any call. What the platform does not let us do
becomes a task for a person (`tasks`). Only this module gives leave to call.
"""

from collections.abc import Sequence

import msgspec

from goodstanding.core.outbox import approval_hash
from goodstanding.core.policy.compile import CompiledPolicy
from goodstanding.core.policy.decide import Confirmation, confirm
from goodstanding.core.policy.model import Act, GateTrace, MessageFacts
from goodstanding.core.policy.rules.capability import by_hand
from goodstanding.core.tasks import makes_sense_until
from goodstanding.kernel.reasons import Code
from goodstanding.kernel.timing import MINUTE
from goodstanding.usecases import ended, playbooks, policies
from goodstanding.usecases.audit import Draft, act_draft, append
from goodstanding.usecases.cases import open_case
from goodstanding.usecases.context import Context
from goodstanding.usecases.facts import Situation
from goodstanding.usecases.namesakes import Kin
from goodstanding.usecases.ports import (
    Account,
    Contact,
    Event,
    Outgoing,
    OutgoingState,
    SendPermit,
    Transaction,
)
from goodstanding.usecases.ports.tasks import Task
from goodstanding.usecases.talks import Talks, first_part

WAIT_AGAIN = 5 * MINUTE
"""Between two tries of what a freeze, a kill switch or a doubtful clock holds up."""
WAITS = frozenset({Code.FREEZE, Code.KILL_SWITCH, Code.CLOCK_UNSURE})
"""Refusals that pass: what they stop waits and is asked again. Any other refusal is final."""
DOUBT_LOOK = 5_000
"""Acts looked through for those that may go on while the clock is in doubt."""


class Reserved(msgspec.Struct, frozen=True, kw_only=True):
    """Acts that are `sending` and committed, with leave to call."""

    permits: tuple[SendPermit, ...]
    epoch: int
    """The freeze epoch they were confirmed in."""


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
    account = next(a for a in tx.accounts() if a.id == account_id)
    if (since := ended.ended_at(tx, account)) is not None:
        ended.hold(ctx, tx, account, since)
        return nothing, len(due)
    contacts = sorted({o.contact_id for o in due if o.contact_id})
    tx.lock_contacts(Kin(tx, account_id, contacts).everyone())
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
        pictures = {number for number, one in self._contents.items() if one.kind == "image"}
        targets = [one.target_id for one in due if one.id in pictures and one.target_id]
        self._conversations = tx.conversations(self._account.id, targets) if targets else {}
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
            mode=account.mode, target_id=one.target_id, act=_act(one), can_message=account.can_message
        )
        body: dict[str, object] = {"act": one.act, "by": "person"} if is_task else {"act": one.act}
        self._drafts.append(act_draft(one, "attempt", now, body, text=one.text))
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
        content = self._contents.get(one.id)
        talk = self._conversations.get(one.target_id)
        permit = SendPermit(account=account, outgoing=under_way, content=content)
        return permit if talk is None else msgspec.structs.replace(permit, conversation=talk.kind)

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
        self._drafts.append(
            act_draft(one, "result", now, {"act": one.act, "state": "cancelled", "code": code})
        )

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
        self._drafts.append(act_draft(one, "result", now, {"act": one.act, "state": "held", "code": code}))


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


def _act(one: Outgoing) -> Act:
    return "hide" if one.act in ("hide", "unhide") else "message" if one.act == "message" else "reply"
