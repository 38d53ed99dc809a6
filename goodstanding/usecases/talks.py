"""Conversations as decisions see them: the window's use, what was said after a message, and who was greeted.

Everything is counted from what is stored, never from a counter that could drift: our acts by when they were tried, what
staff wrote in the app by its own time. The window begins with the person's latest message by that message's own time,
so one that comes late opens nothing again.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from goodstanding.core.policy.compile import CompiledPolicy
from goodstanding.core.policy.model import MessageFacts
from goodstanding.usecases.namesakes import Kin
from goodstanding.usecases.ports import Contact, Event, Outgoing, Queries

TRIED = frozenset({"task", "sending", "sent", "unknown"})
"""States of an act that may have reached the person."""
MEANT = TRIED | {"planned"}
ASKED = MEANT | {"held"}


class Talks:
    """The conversations of some contacts of one account, read once for a batch. `planning` counts planned acts too."""

    def __init__(self, q: Queries, contacts: Iterable[Contact], *, planning: bool) -> None:
        known = {one.id: one for one in contacts}
        self._states = MEANT if planning else TRIED
        ids = list(known)
        account_id = next((one.account_id for one in known.values()), 0)
        kin = Kin(q, account_id, ids)
        self._acts = q.message_acts(ids) if ids else {}
        self._elsewhere = _elsewhere(q, kin, ids)
        said = [*self._acts.values(), *self._elsewhere.values()]
        cards = [one.id for acts in said for one in acts if one.template]
        self._cards = {number for number, one in q.message_contents(cards).items() if one.kind == "card"}
        since = min((c.wrote_at for c in known.values() if c.wrote_at is not None), default=0)
        refs = {one.provider_ref for acts in self._acts.values() for one in acts if one.provider_ref}
        self._more: Counter[int] = Counter()
        self._asked: set[int] = set()
        self._by_others: dict[int, list[int]] = defaultdict(list)
        for contact_id, external_id, at in q.own_messages(ids, since - 1) if ids else ():
            if external_id not in refs:
                self._by_others[contact_id].append(at)

    def facts(self, contact: Contact, *, form: str, tap: str = "", leave_out: int = 0) -> MessageFacts:
        """Return what a decision about a message of this contact may depend on, act `leave_out` aside."""
        acts = [one for one in self._acts.get(contact.id, ()) if one.id != leave_out]
        return MessageFacts(
            asked=contact.id in self._asked
            or any(one.id in self._cards and one.state in ASKED for one in (*acts, *self._theirs(contact))),
            first=not any(one.approved_by is None and one.state == "sent" for one in acts),
            form=form,
            tap=tap,
            used=self._used(contact, acts),
        )

    def _used(self, contact: Contact, acts: Sequence[Outgoing]) -> int:
        begins = contact.wrote_at
        if begins is None:
            return 0
        more = self._more[contact.id]
        counted = (*acts, *self._theirs(contact))
        ours = [one for one in counted if one.state in self._states and _when(one) >= begins]
        return more + len(ours) + sum(at >= begins for at in self._by_others.get(contact.id, ()))

    def _theirs(self, contact: Contact) -> Sequence[Outgoing]:
        """Return what went to this person where it is known by another name."""
        return self._elsewhere.get(contact.id, ())

    def answered(self, event: Event) -> bool:
        """Tell whether the person was written to after this message: by staff in the app, or about a later message."""
        contact_id = event.contact_id or 0
        acts = self._acts.get(contact_id, ())
        return any(at >= event.at for at in self._by_others.get(contact_id, ())) or any(
            one.event_id != event.id and one.state in TRIED and _when(one) > event.at for one in acts
        )

    def answers(
        self, one: Outgoing, event: Event, others: Sequence[Outgoing], policy: CompiledPolicy
    ) -> bool:
        """Tell whether what an act would answer was answered otherwise by now; `others` are the acts of its event.

        A conversation goes on: what a person approved is one more message, a question follows its answer, and what
        was wished for later comes after whatever was said meanwhile.
        """
        alike = [o for o in others if o.id != one.id and o.act == one.act and o.state in TRIED]
        if one.act != "message":
            return event.answered or bool(alike)
        if one.approved_by is not None or one.ordinal:
            return False
        ready = policy.by_rid.get(one.rule)
        if ready is not None and ready.after:
            return bool(alike)
        return bool(alike) or event.answered or self.answered(event)

    def planned(self, contact_id: int, *, question: bool) -> None:
        """Count a message that was planned in this batch."""
        self._more[contact_id] += 1
        if question:
            self._asked.add(contact_id)

    def reserved(self, one: Outgoing) -> None:
        """Count an act that was reserved in this batch."""
        known = [other for other in self._acts.get(one.contact_id, ()) if other.id != one.id]
        self._acts[one.contact_id] = [*known, one]


def _elsewhere(q: Queries, kin: Kin, ids: Sequence[int]) -> dict[int, list[Outgoing]]:
    """Return the messages to whoever is one with each of these contacts."""
    pairs = {one: others for one in ids if (others := kin.one_with(one))}
    if not pairs:
        return {}
    acts = q.message_acts(sorted({other for others in pairs.values() for other in others}))
    return {one: [act for other in others for act in acts[other]] for one, others in pairs.items()}


def first_part(one: Outgoing, others: Sequence[Outgoing]) -> Outgoing | None:
    """Return the message that a question follows: the question is of no use without it."""
    if one.act != "message" or one.approved_by is not None or not one.ordinal:
        return None
    return next((o for o in others if o.act == "message" and o.ordinal == 0), None)


def _when(one: Outgoing) -> int:
    return one.not_before if one.attempt_at is None else one.attempt_at
