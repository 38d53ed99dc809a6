"""One comment's whole story: facts, decision, record and effects, in one transaction with its audit entry."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import msgspec

from goodstanding.core import brand_risk, names
from goodstanding.core.brand_risk import Brands
from goodstanding.core.outbox import is_same_text
from goodstanding.core.policy.compile import CompiledPolicy
from goodstanding.core.policy.decide import decide
from goodstanding.core.policy.model import Decision, Effect, Facts, MessageFacts, message_of
from goodstanding.core.policy.sealing import record_bytes
from goodstanding.core.signals import Signals
from goodstanding.kernel.reasons import Code
from goodstanding.kernel.timing import HOUR, MINUTE
from goodstanding.usecases import brands, joining, policies, settling
from goodstanding.usecases.audit import Draft, append
from goodstanding.usecases.context import Context, Who
from goodstanding.usecases.facts import SLOT, Situation
from goodstanding.usecases.ports import (
    Account,
    Case,
    Contact,
    DecisionRow,
    Event,
    Outgoing,
    ParsedComment,
    SendAct,
    Transaction,
)
from goodstanding.usecases.ports.tags import EventTag

STATES = {"delete": "deleted", "hidden": "hidden", "friends_only": "hidden", "public": "public"}
"""What a change does to the state of its comment."""
FROM_FILES = frozenset({"import"})
"""Sources that bring comments of any age at once: they are no rush of viewers and do not count as volume."""


UNSURE = 200
"""Acts of unknown outcome looked through for one whose echo came."""


class Arrival(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What is on its way in. `raw` is the payload as received."""

    raw: bytes
    source: str
    received_at: int
    signals: Signals | None = None
    """None when understanding failed, or where there is no text: a change, a notice."""
    counts: bool = True
    """Whether it is part of the volume of now; a message never is."""


class Incoming(Arrival, frozen=True, kw_only=True, gc=False):
    """A comment, or a change of one, on its way in."""

    comment: ParsedComment


class Telling(Protocol):
    """What a batch of messages has beside the facts of comments."""

    def describe(self, event: Event, contact: Contact | None) -> MessageFacts | msgspec.UnsetType:
        """Return the facts that only a message has."""
        ...

    def planned(self, contact_id: int, *, question: bool) -> None:
        """Hear that a message was planned."""
        ...


class Handled(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What became of a batch."""

    decided: int = 0
    changed: int = 0
    repeated: int = 0


def handle(ctx: Context, tx: Transaction, account: Account, incoming: Sequence[Incoming]) -> Handled:
    """Record and decide comments of one account. What was seen before is dropped; the order is kept."""
    known = tx.known_events(account.id, account.connector, [i.comment.external_id for i in incoming])
    fresh = _unknown(known, incoming)
    if not fresh:
        return Handled(repeated=len(incoming))
    now = ctx.clock.now()
    authors = {i.comment.author: i.comment.handle for i in fresh if i.comment.author}
    contacts = contacts_of(ctx, tx, account.id, authors, now)
    events = _events(tx, account, fresh, contacts)
    tx.add_events(events)
    gone = {external_id for external_id, action in known if action == "delete"}
    tx.set_event_state(account.id, [(e.external_id, "deleted") for e in events if e.external_id in gone])
    _apply_changes(ctx, tx, account, fresh, known)
    to_decide = [(i, e) for i, e in zip(fresh, events, strict=True) if e.action == "insert" and not e.own]
    rest = [(i, e) for i, e in zip(fresh, events, strict=True) if e.action != "insert" or e.own]
    if rest:
        append(ctx, tx, [_event_draft(i, e, now) for i, e in rest])
    if to_decide:
        decide_all(ctx, tx, account, to_decide, {c.id: c for c in contacts.values()}, now)
    return Handled(decided=len(to_decide), changed=len(rest), repeated=len(incoming) - len(fresh))


def _unknown(before: Iterable[tuple[str, str]], incoming: Sequence[Incoming]) -> list[Incoming]:
    known = set(before)
    fresh = []
    for one in incoming:
        c = one.comment
        key = (c.external_id, c.action if c.action in ("insert", "delete") else f"{c.action}@{c.at}")
        if key not in known:
            known.add(key)
            fresh.append(one)
    return fresh


def contacts_of(
    ctx: Context, tx: Transaction, account_id: int, people: Mapping[str, str], now: int
) -> dict[str, Contact]:
    """Return the contacts of these people (external id -> handle), made with a key where they are new."""
    known = tx.contacts_by_external(account_id, list(people))
    missing = []
    for one, handle in people.items():
        contact = known.get(one)
        if contact is None:
            missing.append(one)
        elif handle and handle != contact.handle and _has_moved(contact, handle):
            known[one] = joining.renamed(ctx, tx, contact, names.stored_handle(handle))
    if missing:
        suppressed = joining.kept_away(ctx, tx, account_id, {one: people[one] for one in missing})
        first = tx.ids("contact", len(missing))
        made = [
            Contact(
                id=first + n,
                account_id=account_id,
                external_id=one,
                handle=names.stored_handle(people[one]),
                suppressed=one in suppressed,
                holdout=False,
                wrote_at=None,
                labels="",
                answer="given",
                marketing="absent",
            )
            for n, one in enumerate(missing)
        ]
        ctx.vault.ensure(c.id for c in made)
        tx.add_contacts(made, now)
        by_name = [c for c in made if c.external_id.startswith(names.BY_HANDLE)]
        joining.met_by_name(ctx, tx, by_name, [c.external_id.removeprefix(names.BY_HANDLE) for c in by_name])
        joining.met_by_id(ctx, tx, [c for c in made if names.is_the_platforms(c.external_id)])
        known.update((c.external_id, c) for c in made)
    return known


def _has_moved(contact: Contact, handle: str) -> bool:
    """Tell whether the platform names somebody by another handle than before."""
    return names.is_the_platforms(contact.external_id) and names.stored_handle(handle) != contact.handle


def _events(
    tx: Transaction, account: Account, fresh: Sequence[Incoming], contacts: dict[str, Contact]
) -> list[Event]:
    first = tx.ids("event", len(fresh))
    events = []
    for number, one in enumerate(fresh, first):
        c = one.comment
        contact = contacts.get(c.author)
        is_insert = c.action == "insert"
        events.append(
            Event(
                id=number, account_id=account.id, connector=account.connector, external_id=c.external_id,
                action=c.action if c.action in ("insert", "delete") else f"{c.action}@{c.at}",
                kind="comment", contact_id=contact.id if contact else None, video_id=c.video_id, parent_id=c.parent_id,
                text=c.text if is_insert else None, language=one.signals.language if one.signals else "",
                source=one.source, at=c.at, received_at=one.received_at,
                own=bool(c.author) and c.author == account.identifier, state="public" if is_insert else "note", answered=False,
            )
        )  # fmt: skip
    return events


def _standing_changes(fresh: Sequence[Incoming], known: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return what the changes do, by (external id, state): the latest one counts, however late an older one comes."""
    latest: dict[str, int] = defaultdict(int)
    gone = {i.comment.external_id for i in fresh if i.comment.action == "delete"}
    for external_id, action in known:
        stamp = action.partition("@")[2]
        if stamp:
            latest[external_id] = max(latest[external_id], int(stamp))
        elif action == "delete":
            gone.add(external_id)
    changes = [i.comment for i in fresh if i.comment.action in STATES]
    for c in changes:
        if c.action != "delete":
            latest[c.external_id] = max(latest[c.external_id], c.at)
    return [
        (c.external_id, STATES[c.action])
        for c in changes
        if c.action == "delete" or (c.external_id not in gone and c.at >= latest[c.external_id])
    ]


def _apply_changes(
    ctx: Context,
    tx: Transaction,
    account: Account,
    fresh: Sequence[Incoming],
    known: Iterable[tuple[str, str]],
) -> None:
    has_changes = any(i.comment.action in STATES for i in fresh)
    changes = _standing_changes(fresh, known) if has_changes else []
    if changes:
        tx.set_event_state(account.id, changes)
    echoes = [
        i.comment
        for i in fresh
        if i.comment.action == "insert" and i.comment.author == account.identifier and i.comment.parent_id
    ]
    if echoes:
        tx.mark_answered(account.id, [c.parent_id for c in echoes])
        _settle_echoes(ctx, tx, account, echoes)


def _settle_echoes(ctx: Context, tx: Transaction, account: Account, echoes: Sequence[ParsedComment]) -> None:
    """Our own reply seen on the platform settles an act of unknown outcome, and a task that a person carried out."""
    parents = tx.known_events(account.id, account.connector, [c.parent_id for c in echoes])
    in_threads = _unsure_in_threads(tx, account.id)
    for comment in echoes:
        event_id = parents.get((comment.parent_id, "insert"))
        acts = tx.outgoing_of_event(event_id) if event_id else []
        if any(one.provider_ref == comment.external_id for one in acts):
            continue
        for one in [*acts, *in_threads.get(comment.parent_id, [])]:
            if one.act != "reply" or not is_same_text(one.text, comment.text):
                continue
            if one.state == "unknown" or (one.state == "planned" and one.code == "READ_BACK"):
                settling.settle_message(ctx, tx, one, comment.external_id)
                break
            if one.state == "task":
                settling.settle_echo(ctx, tx, one, comment.external_id)
                break


def _unsure_in_threads(tx: Transaction, account_id: int) -> dict[str, list[Outgoing]]:
    """Return replies of unknown outcome to replies, by the comment above: the platform lists ours under that one."""
    unsure = [
        one
        for state in ("unknown", "task")
        for one in tx.outgoing_in_state(state, limit=UNSURE, account_id=account_id)
        if one.act == "reply"
    ]
    events = tx.events([one.event_id for one in unsure]) if unsure else {}
    found: dict[str, list[Outgoing]] = defaultdict(list)
    for one in unsure:
        event = events.get(one.event_id)
        if event is not None and event.parent_id:
            found[event.parent_id].append(one)
    return found


def _event_draft(one: Incoming, event: Event, now: int) -> Draft:
    return Draft(
        account_id=event.account_id,
        kind="event",
        at=now,
        actor=("platform", event.connector),
        event_id=event.id,
        refs={"event": event.id},
        body={"action": one.comment.action, "own": event.own, "source": event.source},
        contact_id=event.contact_id or 0,
        values={"payload": one.raw},
    )


def decide_all(
    ctx: Context,
    tx: Transaction,
    account: Account,
    items: Sequence[tuple[Arrival, Event]],
    contacts: Mapping[int, Contact],
    now: int,
    talk: Telling | None = None,
) -> None:
    """Decide a batch of one kind of event, seal the decisions and store what they ask for."""
    policy = policies.compiled(ctx, tx, account.policy_hash)
    situation = Situation(
        ctx, tx, account=account, policy=policy, now=now, contacts=list(contacts), planning=True
    )
    plan = Plan(ctx, account, policy, now)
    own_brands = Brands(brands.terms(tx, account.id))
    drafts = []
    for one, event in items:
        contact = contacts.get(event.contact_id or 0)
        counts = event.kind == "comment" and event.source not in FROM_FILES and one.counts
        if counts:
            situation.note_comment()
        message = talk.describe(event, contact) if talk else msgspec.UNSET
        facts = situation.facts(event, contact, one.signals, message)
        decision = decide(policy, facts, event.text)
        risk = own_brands.risk(event.text, one.signals)
        if risk is not None:
            plan.tag(event, *risk)
        drafts.append(
            _decision_draft(one, event, record_bytes(facts, decision), decision, now, tag=risk is not None)
        )
        plan.take(event, contact, facts, decision, situation, counts=counts)
        if talk and decision.outcome == "message":
            for effect in decision.effects:
                if effect.act == "message":
                    talk.planned(event.contact_id or 0, question=policy.is_card(effect.template))
    first = append(ctx, tx, drafts)
    tx.add_decisions(
        [
            DecisionRow(
                account_id=account.id, event_id=e.id, seq=seq, policy_hash=d.policy, outcome=d.outcome, rule=d.rule,
                code=telling(d), at=now,
            )
            for seq, ((_, e), d) in enumerate(zip(items, plan.decisions, strict=True), first)
        ]
    )  # fmt: skip
    plan.store(tx)
    if situation.paused != account.spike_paused:
        tx.change_account(account.id, {"spike_paused": situation.paused})


def _decision_draft(
    one: Arrival, event: Event, record: bytes, decision: Decision, now: int, *, tag: bool
) -> Draft:
    actor: Who = ("rule", decision.rule) if decision.rule else ("system", "policy")
    return Draft(
        account_id=event.account_id,
        kind="decision",
        at=now,
        actor=actor,
        event_id=event.id,
        refs={"event": event.id, "policy": decision.policy},
        body={
            "outcome": decision.outcome,
            "codes": [reason.code for reason in decision.reasons],
            "source": event.source,
            **({"tag": brand_risk.TAG} if tag else {}),
        },
        contact_id=event.contact_id or 0,
        values={"payload": one.raw, "record": record},
    )


def telling(decision: Decision) -> str:
    """Return the reason code that says most: what stood against it, else the rule that matched."""
    codes = [reason.code for reason in decision.reasons]
    return next((code for code in codes if code != Code.RULE), codes[0] if codes else "")


class Plan:
    """Effects of a batch, gathered and then stored."""

    def __init__(self, ctx: Context, account: Account, policy: CompiledPolicy, now: int) -> None:
        self._ctx, self._account, self._policy, self._now = ctx, account, policy, now
        self.decisions: list[Decision] = []
        self._outgoing: list[tuple[Event, Decision, Effect, str]] = []
        self._cases: list[tuple[Event, str, str]] = []
        self._labels: dict[int, set[str]] = defaultdict(set)
        self._counts = [0, 0, 0, 0, 0]
        self._greeted: set[int] = set()
        self._tags: list[EventTag] = []
        self._until: dict[int, int | None] = {}
        """Events whose case is of no use after some instant."""

    def tag(self, event: Event, word: str, why: str) -> None:
        """Note that a text is a risk to a brand of the account's own."""
        self._tags.append(
            EventTag(account_id=event.account_id, event_id=event.id, tag=brand_risk.TAG, word=word, why=why)
        )

    def take(
        self,
        event: Event,
        contact: Contact | None,
        facts: Facts,
        decision: Decision,
        situation: Situation,
        *,
        counts: bool,
    ) -> None:
        """Note what a decision asks for; `counts`: it is part of the volume."""
        self.decisions.append(decision)
        if counts:
            self._counts[0] += 1
            self._counts[_COLUMN.get(decision.outcome, 4)] += 1
        for effect in decision.effects:
            if effect.act == "case":
                self._cases.append((event, effect.queue, telling(decision)))
                self._until[event.id] = window_end(self._policy, contact) if event.kind == "message" else None
                if (proposal := self._proposal(effect)) is not None:
                    text = policies.wording(self._policy, proposal)
                    self._outgoing.append((event, decision, proposal, text))
            elif effect.act == "label" and contact is not None:
                self._labels[contact.id] |= {*contact.labels.split(), effect.label}
            elif effect.act in ("reply", "message", "hide"):
                text = self._text(effect, facts)
                self._outgoing.append((event, decision, effect, text))
                if decision.outcome == effect.act:
                    situation.note_planned(
                        effect.act,
                        contact_id=event.contact_id or 0,
                        rule=decision.rule,
                        video_id=event.video_id,
                        at=effect.not_before,
                        text=text,
                    )

    def _text(self, effect: Effect, facts: Facts) -> str:
        """Return the text of an act; the first automatic message to somebody begins with what it is (R60)."""
        if effect.act == "hide":
            return ""
        text = policies.wording(self._policy, effect)
        message, contact = message_of(facts), facts.contact
        if (
            effect.act != "message"
            or message is None
            or contact is None
            or self._policy.is_card(effect.template)
        ):
            return text
        is_first = message.first and contact.ref not in self._greeted
        self._greeted.add(contact.ref)
        return policies.disclosed(self._policy, effect.language, text) if is_first else text

    def _proposal(self, case: Effect) -> Effect | None:
        """Return the reply a case proposes, in the account's own language when the comment's is not written."""
        for language in (case.language, self._account.language):
            known = {(t, v) for t, v, _ in self._policy.wordings(language)}
            if (case.template, case.variant) in known:
                return msgspec.structs.replace(case, language=language)
        return None

    def store(self, tx: Transaction) -> None:
        """Write acts, cases, labels and counts."""
        held = self._store_outgoing(tx)
        self._store_cases(tx, held)
        if self._tags:
            tx.add_tags(self._tags)
        for contact_id, labels in self._labels.items():
            tx.change_contact(contact_id, {"labels": " ".join(sorted(labels))})
        c = self._counts
        if c[0]:
            tx.add_volume(self._account.id, self._now // SLOT, (c[0], c[1], c[2], c[3], c[4]))

    def _store_outgoing(self, tx: Transaction) -> dict[int, int]:
        if not self._outgoing:
            return {}
        first = tx.ids("outgoing", len(self._outgoing))
        rows = [
            _outgoing(number, event, decision, effect, text, self._now)
            for number, (event, decision, effect, text) in enumerate(self._outgoing, first)
        ]
        rows = _numbered(rows)
        tx.add_outgoing(rows)
        tx.add_message_contents([content for row in rows if (content := policies.card(self._policy, row))])
        return {row.event_id: row.id for row in rows if row.state == "held"}

    def _store_cases(self, tx: Transaction, held: dict[int, int]) -> None:
        if not self._cases:
            return
        first = tx.ids("case", len(self._cases))
        tx.add_cases(
            [
                Case(
                    id=number, account_id=event.account_id, event_id=event.id, outgoing_id=held.get(event.id), queue=queue,
                    code=code, state="open", resolution="", created_at=self._now,
                    due_at=self._due(event, queue), claimed_by=None, claim_until=None,
                    version=0, resolved_by=None, resolved_at=None,
                )
                for number, (event, queue, code) in enumerate(self._cases, first)
            ]
        )  # fmt: skip

    def _due(self, event: Event, queue: str) -> int:
        """Return when a case should be handled: at its queue's target, and before it is of no use any more."""
        due = self._now + policies.target_minutes(self._policy, queue) * MINUTE
        until = self._until.get(event.id)
        return due if until is None else max(self._now, min(due, until))


def window_end(policy: CompiledPolicy, contact: Contact | None) -> int | None:
    """Return when the platform's window for messages to a contact closes, `None` when there is none."""
    if contact is None or contact.wrote_at is None:
        return None
    return contact.wrote_at + policy.platform.numbers.message_window_hours * HOUR


def _numbered(rows: Sequence[Outgoing]) -> list[Outgoing]:
    """Return the acts with an ordinal each: a question that follows a message is the second of its event."""
    seen: Counter[tuple[int, str]] = Counter()
    numbered = []
    for row in rows:
        ordinal = seen[row.event_id, row.act]
        seen[row.event_id, row.act] += 1
        numbered.append(msgspec.structs.replace(row, ordinal=ordinal) if ordinal else row)
    return numbered


def target_of(event: Event) -> str:
    """Return what the platform calls the place an answer goes to: the comment itself, or the conversation."""
    return event.parent_id if event.kind == "message" else event.external_id


_COLUMN = {"reply": 1, "message": 1, "hide": 2, "review": 3}


def _outgoing(number: int, event: Event, decision: Decision, effect: Effect, text: str, now: int) -> Outgoing:
    is_message = effect.act == "message" or (effect.act == "case" and event.kind == "message")
    act: SendAct = "hide" if effect.act == "hide" else "message" if is_message else "reply"
    return Outgoing(
        id=number, account_id=event.account_id, event_id=event.id, act=act, ordinal=0, contact_id=event.contact_id or 0,
        video_id=event.video_id, target_id=target_of(event), rule=decision.rule, template=effect.template,
        variant=effect.variant, language=effect.language, text=text,
        state="planned" if decision.outcome == effect.act else "held", code="", not_before=effect.not_before or now,
        attempt_at=None, settled_at=None, fence=0, provider_ref="", approved_by=None, approved_hash=None,
        approved_until=None, created_at=now,
    )  # fmt: skip
