"""Direct messages on their way in: kept, decided like comments, and their taps and stops taken as consent.

A message becomes an event of its contact, decided by the policy's message side in the same transaction and sealed. What
the business itself sent comes back as an echo: one of our acts is settled by it, once; what staff wrote in the app is kept
for the conversation. Deliveries may come twice, late or in any order: the window counts from the messages' own times.
"""

from collections.abc import Mapping, Sequence

import msgspec

from goodstanding.core.consent import answer_to_pending
from goodstanding.core.policy.model import MessageFacts
from goodstanding.kernel.reasons import Code
from goodstanding.kernel.timing import MINUTE
from goodstanding.usecases import consents, policies, publications, settling
from goodstanding.usecases.audit import Draft, append
from goodstanding.usecases.comments import Arrival, contacts_of, decide_all
from goodstanding.usecases.consents import Answered
from goodstanding.usecases.context import Context
from goodstanding.usecases.ports import Account, Case, Contact, Event, Outgoing, Transaction
from goodstanding.usecases.ports.messages import (
    Conversation,
    EvidenceSource,
    MessageContent,
    ParsedMessage,
    ParsedNotice,
)
from goodstanding.usecases.talks import Talks

TAP = "tap"
READ_MARK, REFERRAL, EU = "im_mark_read_msg", "im_referral_msg", "im_receive_msg_eu"


class IncomingMessage(Arrival, frozen=True, kw_only=True, gc=False):
    """A message on its way in."""

    message: ParsedMessage
    counts: bool = False


class IncomingNotice(Arrival, frozen=True, kw_only=True, gc=False):
    """A notice on its way in."""

    notice: ParsedNotice


class Taken(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What became of a batch."""

    decided: int = 0
    echoes: int = 0
    noted: int = 0
    repeated: int = 0
    new: tuple[str, ...] = ()
    """Messages that were kept, or that settled an act of ours, by this batch."""
    settled: tuple[str, ...] = ()
    """Echoes of acts that were settled before."""


Pair = tuple[IncomingMessage, Event]


def lock(tx: Transaction, account: Account, people: Sequence[str]) -> None:
    """Lock the contacts of a batch before anything is sealed: what is sent to them at this moment waits, or is seen."""
    known = tx.contacts_by_external(account.id, list(dict.fromkeys(people)))
    tx.lock_contacts(sorted(one.id for one in known.values()))


def handle(ctx: Context, tx: Transaction, account: Account, incoming: Sequence[IncomingMessage]) -> Taken:
    """Record messages of one account, settle what they settle, and decide what the people outside wrote."""
    known = tx.known_events(account.id, account.connector, [i.message.external_id for i in incoming])
    fresh = _unknown(known, incoming)
    if not fresh:
        return Taken(repeated=len(incoming))
    now = ctx.clock.now()
    contacts = contacts_of(ctx, tx, account.id, {i.message.person: i.message.handle for i in fresh}, now)
    foreign, known_echoes = _settle_echoes(ctx, tx, [i for i in fresh if i.message.own], contacts)
    kept = [i for i in fresh if not i.message.own] + foreign
    taken = Taken(
        echoes=sum(i.message.own for i in fresh),
        noted=sum(i.message.kind == "reaction" for i in fresh),
        repeated=len(incoming) - len(fresh),
        new=tuple(i.message.external_id for i in fresh if i.message.external_id not in known_echoes),
        settled=known_echoes,
    )
    if not kept:
        return taken
    contacts = _talk_on(tx, account, kept, contacts, now)
    pairs = _events(tx, account, kept, contacts)
    theirs = [pair for pair in pairs if _asks(pair[0].message)]
    rest = [pair for pair in pairs if not _asks(pair[0].message)]
    if rest:
        append(ctx, tx, [_event_draft(i, e, now) for i, e in rest])
    contacts, taps = _hear(ctx, tx, account, theirs, contacts)
    if theirs:
        people = {one.id: one for one in contacts.values()}
        telling = _Telling(
            Talks(tx, people.values(), planning=True), taps, {e.id: i.message for i, e in theirs}
        )
        decide_all(ctx, tx, account, theirs, people, now, telling)
    return msgspec.structs.replace(taken, decided=len(theirs))


class _Telling:
    """The facts of a batch of messages."""

    def __init__(self, talks: Talks, taps: Mapping[int, str], messages: Mapping[int, ParsedMessage]) -> None:
        self._talks, self._taps, self._messages = talks, taps, messages
        self.planned = talks.planned

    def describe(self, event: Event, contact: Contact | None) -> MessageFacts | msgspec.UnsetType:
        if contact is None:
            return msgspec.UNSET
        tap = self._taps.get(event.id, "")
        return self._talks.facts(contact, form=TAP if tap else self._messages[event.id].kind, tap=tap)


def _unknown(
    known: Mapping[tuple[str, str], int], incoming: Sequence[IncomingMessage]
) -> list[IncomingMessage]:
    seen = set(known)
    fresh = []
    for one in incoming:
        key = (one.message.external_id, _action(one.message))
        if key not in seen:
            seen.add(key)
            fresh.append(one)
    return fresh


def _action(message: ParsedMessage) -> str:
    return f"reaction@{message.at}" if message.kind == "reaction" else "insert"


def _asks(message: ParsedMessage) -> bool:
    """Tell whether a message is one of the person's own, to be decided; a reaction says nothing and opens nothing."""
    return not message.own and message.kind != "reaction"


def _settle_echoes(
    ctx: Context, tx: Transaction, echoes: Sequence[IncomingMessage], contacts: Mapping[str, Contact]
) -> tuple[list[IncomingMessage], tuple[str, ...]]:
    """Settle our acts whose echo this is; returns what others sent for the account, and echoes of settled acts."""
    if not echoes:
        return [], ()
    ids = [contacts[i.message.person].id for i in echoes]
    acts = tx.message_acts(ids)
    contents = tx.message_contents([one.id for of in acts.values() for one in of])
    foreign, settled_before = [], []
    for one in echoes:
        mine = acts[contacts[one.message.person].id]
        if any(act.provider_ref == one.message.external_id for act in mine):
            settled_before.append(one.message.external_id)
            continue
        act = _act_of(one.message, mine, contents)
        if act is None or not settling.settle_message(ctx, tx, act, one.message.external_id):
            foreign.append(one)
            continue
        settled = msgspec.structs.replace(act, state="sent", provider_ref=one.message.external_id)
        acts[act.contact_id] = [settled if other.id == act.id else other for other in mine]
    return foreign, tuple(settled_before)


def _act_of(
    echo: ParsedMessage, acts: Sequence[Outgoing], contents: Mapping[int, MessageContent]
) -> Outgoing | None:
    """Return the act whose echo this may be: sent by the interface, to this conversation, with this content."""
    if echo.via != "API":
        return None
    forms = {"card": "template"}
    for act in acts:
        content = contents.get(act.id)
        form = "text" if content is None else forms.get(content.kind, content.kind)
        under_way = act.state in ("sending", "unknown") or (
            act.state == "planned" and act.code == "READ_BACK"
        )
        alike = echo.kind == form and (form == "image" or echo.text.strip() == act.text.strip())
        if under_way and alike and act.target_id in ("", echo.conversation_id):
            return act
    return None


def _talk_on(
    tx: Transaction,
    account: Account,
    kept: Sequence[IncomingMessage],
    contacts: Mapping[str, Contact],
    now: int,
) -> dict[str, Contact]:
    """Renew conversations and the time of the person's latest message; returns the contacts as they are now."""
    wrote: dict[str, int] = {}
    rows = []
    for one in kept:
        m = one.message
        at = said_at(one)
        if _asks(m):
            wrote[m.person] = max(at, wrote.get(m.person, 0))
        rows.append(
            Conversation(
                account_id=account.id, external_id=m.conversation_id, contact_id=contacts[m.person].id,
                kind="SINGLE" if m.own else "STRANGER", wrote_at=at if _asks(m) else None, read_at=None, referral="",
                created_at=now,
            )
        )  # fmt: skip
    tx.put_conversations(rows)
    renewed = dict(contacts)
    for person, at in wrote.items():
        contact = contacts[person]
        latest = later(contact.wrote_at, at)
        if latest != contact.wrote_at:
            tx.change_contact(contact.id, {"wrote_at": latest})
            renewed[person] = msgspec.structs.replace(contact, wrote_at=latest)
    return renewed


def said_at(one: IncomingMessage) -> int:
    """Return when a message was written, by its own time; one from the future counts from its arrival."""
    return min(one.message.at, one.received_at)


def later(before: int | None, at: int) -> int:
    """Return the later of two times; what comes late never takes a window back or opens it again."""
    return at if before is None else max(before, at)


def _events(
    tx: Transaction,
    account: Account,
    kept: Sequence[IncomingMessage],
    contacts: Mapping[str, Contact],
) -> list[Pair]:
    """Keep the messages as events. One that was overtaken by an answer counts as answered from the start."""
    first = tx.ids("event", len(kept))
    talks = Talks(tx, contacts.values(), planning=True)
    pairs = []
    for number, one in enumerate(kept, first):
        m = one.message
        event = Event(
            id=number, account_id=account.id, connector=account.connector, external_id=m.external_id, action=_action(m),
            kind="message", contact_id=contacts[m.person].id, video_id="", parent_id=m.conversation_id,
            text="" if m.kind in ("share_post", "reaction") else m.text,
            language=one.signals.language if one.signals else "", source=one.source,
            at=said_at(one), received_at=one.received_at, own=m.own, state="note", answered=False,
        )  # fmt: skip
        if _asks(m) and talks.answered(event):
            event = msgspec.structs.replace(event, answered=True)
        pairs.append((one, event))
    tx.add_events([event for _, event in pairs])
    return pairs


def _hear(
    ctx: Context, tx: Transaction, account: Account, theirs: Sequence[Pair], contacts: Mapping[str, Contact]
) -> tuple[dict[str, Contact], dict[int, str]]:
    """Take taps, answers in words and stops as consent; returns the contacts as they are now, and what was tapped."""
    renewed, taps = dict(contacts), {}
    speaking = [(i, e) for i, e in theirs if i.message.button or (i.signals and i.signals.answer)]
    acts = tx.message_acts([contacts[i.message.person].id for i, _ in speaking]) if speaking else {}
    contents = tx.message_contents([one.id for of in acts.values() for one in of])
    for one, event in speaking:
        contact = renewed[one.message.person]
        asked = [(act, contents[act.id]) for act in acts[contact.id] if act.id in contents]
        answered, tap = _consent_in(ctx, tx, one, event, contact, asked)
        if tap:
            taps[event.id] = tap
        if answered is None:
            continue
        recorded = consents.record(ctx, tx, answered, who=("platform", account.connector))
        if recorded is not None:
            renewed[one.message.person] = recorded.contact
    return renewed, taps


def _consent_in(
    ctx: Context,
    tx: Transaction,
    one: IncomingMessage,
    event: Event,
    contact: Contact,
    asked: Sequence[tuple[Outgoing, MessageContent]],
) -> tuple[Answered | None, str]:
    """Return what a message says about consent, and for a true tap which answer it was."""
    m = one.message
    said = Answered(
        contact=contact, purpose="answer", answer="withdrawn", text_version="", source="message",
        source_id=m.external_id, at=event.at, event_id=event.id, values={"received": m.text.encode()},
    )  # fmt: skip
    found = _tapped(ctx, tx, m, asked) if m.button else None
    if found is not None:
        said = msgspec.structs.replace(said, values={**said.values, "button": m.button.encode()})
        return _to_question(said, *found, source="button"), f"{found[1].purpose}:{found[2]}"
    pending = _pending(asked)
    reply = answer_to_pending(one.signals.answer if one.signals else None, pending=pending is not None)
    if reply == "withdrawn":
        return said, ""
    if pending is not None and reply in ("given", "refused") and contact.marketing == "absent":
        word = "yes" if reply == "given" else "no"
        return _to_question(said, *pending, word, source="message"), f"{pending[1].purpose}:{word}"
    return None, ""


def _to_question(
    said: Answered, act: Outgoing, content: MessageContent, word: str, *, source: EvidenceSource
) -> Answered:
    """Return an answer as one to a question of ours, with the text as it was shown."""
    return msgspec.structs.replace(
        said, purpose="marketing", answer="given" if word == "yes" else "refused", text_version=content.version,
        source=source, question_id=act.provider_ref, values={**said.values, "shown": act.text.encode()},
    )  # fmt: skip


def _tapped(
    ctx: Context, tx: Transaction, m: ParsedMessage, asked: Sequence[tuple[Outgoing, MessageContent]]
) -> tuple[Outgoing, MessageContent, str] | None:
    """Return the question a tap answers: one of ours, sent to this very person, with this very button.

    A tap is also proof that the question arrived, so an act of unknown outcome is settled by it.
    """
    for act, content in asked:
        if content.kind != "card" or m.button not in [button for button, _ in content.buttons]:
            continue
        is_known = act.provider_ref == m.card and act.state == "sent"
        if is_known or (
            act.provider_ref == ""
            and act.state in ("sending", "unknown")
            and m.card
            and settling.settle_message(ctx, tx, act, m.card)
        ):
            known = msgspec.structs.replace(act, provider_ref=m.card)
            return known, content, "yes" if m.button == content.buttons[0][0] else "no"
    return None


def _pending(
    asked: Sequence[tuple[Outgoing, MessageContent]],
) -> tuple[Outgoing, MessageContent] | None:
    """Return the latest question that reached the person."""
    sent = [(act, content) for act, content in asked if content.kind == "card" and act.state == "sent"]
    return sent[-1] if sent else None


def note(ctx: Context, tx: Transaction, account: Account, notices: Sequence[IncomingNotice]) -> int:
    """Keep notices: read marks and referrals on their conversation, everything as a sealed event; returns how many were new."""
    known = tx.known_events(account.id, account.connector, [i.notice.key for i in notices])
    fresh = list({(i.notice.key, i.notice.event): i for i in reversed(notices)}.values())[::-1]
    fresh = [i for i in fresh if (i.notice.key, i.notice.event) not in known]
    if not fresh:
        return 0
    now = ctx.clock.now()
    people = {i.notice.person: i.notice.handle for i in fresh if i.notice.person}
    contacts = contacts_of(ctx, tx, account.id, people, now) if people else {}
    rows = [row for i in fresh if (row := _conversation_of(account, i, contacts, now)) is not None]
    if rows:
        tx.put_conversations(rows)
    first = tx.ids("event", len(fresh))
    events = [
        Event(
            id=number, account_id=account.id, connector=account.connector, external_id=i.notice.key, action=i.notice.event,
            kind="message" if i.notice.event == EU else "notice",
            contact_id=contacts[i.notice.person].id if i.notice.person else None, video_id="",
            parent_id=i.notice.conversation_id, text=None, language="", source=i.source,
            at=min(i.notice.at, i.received_at), received_at=i.received_at, own=False, state="note", answered=False,
        )
        for number, i in enumerate(fresh, first)
    ]  # fmt: skip
    tx.add_events(events)
    _ask_to_read(ctx, tx, account, [e for e in events if e.action == EU], now)
    append(ctx, tx, [_notice_draft(i, e, now) for i, e in zip(fresh, events, strict=True)])
    for one in fresh:
        publications.note(tx, account, one.notice, now=now)
    return len(fresh)


def _conversation_of(
    account: Account, one: IncomingNotice, contacts: Mapping[str, Contact], now: int
) -> Conversation | None:
    notice = one.notice
    if notice.event not in (READ_MARK, REFERRAL) or not notice.conversation_id or not notice.person:
        return None
    data = dict(notice.data)
    read_at = min(int(data.get("read_at", 0)), one.received_at) or None
    referral = data.get("ref", "") or (f"ad:{data['ad']}" if "ad" in data else "")
    return Conversation(
        account_id=account.id, external_id=notice.conversation_id, contact_id=contacts[notice.person].id, kind="STRANGER",
        wrote_at=None, read_at=read_at if notice.event == READ_MARK else None, referral=referral, created_at=now,
    )  # fmt: skip


def _ask_to_read(ctx: Context, tx: Transaction, account: Account, events: Sequence[Event], now: int) -> None:
    """Ask a person to look in the app for what the platform does not show us."""
    if not events:
        return
    policy = policies.compiled(ctx, tx, account.policy_hash)
    queue = policy.policy.review.queue
    first = tx.ids("case", len(events))
    tx.add_cases(
        [
            Case(
                id=number, account_id=account.id, event_id=event.id, outgoing_id=None, queue=queue, code=Code.READ_IN_APP,
                state="open", resolution="", created_at=now,
                due_at=now + policies.target_minutes(policy, queue) * MINUTE, claimed_by=None, claim_until=None,
                version=0, resolved_by=None, resolved_at=None,
            )
            for number, event in enumerate(events, first)
        ]
    )  # fmt: skip


def _event_draft(one: IncomingMessage, event: Event, now: int) -> Draft:
    body: dict[str, object] = {"action": event.action, "own": event.own, "source": event.source}
    if event.own:
        body["via"] = one.message.via
    return Draft(
        account_id=event.account_id,
        kind="event",
        at=now,
        actor=("platform", event.connector),
        event_id=event.id,
        refs={"event": event.id},
        body=body,
        contact_id=event.contact_id or 0,
        values={"payload": one.raw},
    )


def _notice_draft(one: IncomingNotice, event: Event, now: int) -> Draft:
    return Draft(
        account_id=event.account_id,
        kind="event",
        at=now,
        actor=("platform", event.connector),
        event_id=event.id,
        refs={"event": event.id},
        body={"action": event.action, "own": False, "source": event.source},
        contact_id=event.contact_id or 0,
        values={"payload": one.raw},
    )
