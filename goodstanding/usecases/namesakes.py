"""Who is this person: the one reading of which contacts of an account are one.

Somebody pasted or imported is known by a handle alone, the same person from TikTok by the platform's id. While exactly one
contact with an id bears that handle, all that holds back is shared between the two, in both directions and without anybody
having to say so: opt-outs, refusals, suppression, the hold-out arm, the labels of minors and crises, and what was used of
every limit. What allows something (a yes, other labels) is shared only once a person confirmed that the two are one, because
handles change hands (`joining`).
"""

from collections import defaultdict
from collections.abc import Sequence

import msgspec

from goodstanding.kernel.timing import DAY
from goodstanding.usecases.ports import Contact, Queries

HOLDS_BACK = frozenset({"minor", "crisis"})
"""Labels that hold back and are therefore shared at once."""


AFTERWARDS = 7 * DAY
"""How long after two came apart something may leave that was planned while they were one."""


class Kin:
    """Some contacts of one account with whoever may be the same person, read once for a batch."""

    def __init__(self, q: Queries | None, account_id: int, contact_ids: Sequence[int]) -> None:
        self._ends: dict[int, list[tuple[int, str, int]]] = defaultdict(list)
        """By contact: the other one, how they are tied, and until when they were one."""
        self._others: dict[int, Contact] = {}
        self._ids = set(contact_ids)
        if q is None or not contact_ids or not q.has_ties(account_id):
            return
        for tie in q.ties_of(list(contact_ids)):
            self._ends[tie.named_id].append((tie.known_id, tie.state, tie.apart_at))
            self._ends[tie.known_id].append((tie.named_id, tie.state, tie.apart_at))
        self._ids |= set(self._ends)
        if self._ends:
            self._others = q.contacts(sorted(self._ends))

    def everyone(self) -> list[int]:
        """Return all contacts asked about and whoever is tied to one of them, in order."""
        return sorted(self._ids)

    def one_with(self, contact_id: int, *, confirmed: bool = False) -> list[int]:
        """Return the other contacts that are taken for the same person now; `confirmed`: by a person."""
        wanted = ("joined",) if confirmed else ("same", "joined")
        return [other for other, state, _ in self._ends.get(contact_id, ()) if state in wanted]

    def reached_with(self, contact_id: int, now: int) -> list[int]:
        """Return the other contacts under which something may still wait that was planned for this person."""
        return [other for other, state, until in self._ends.get(contact_id, ()) if _is_one(state, until, now)]

    def counts_for(self, contact_id: int, at: int) -> tuple[int, ...]:
        """Return the contacts whose limits an act towards this one counts against, when it was tried at `at`.

        What was done while two were one counts for both even after they came apart, and so does what was planned then:
        no comment is answered more than `AFTERWARDS` after it was written.
        """
        ends = self._ends.get(contact_id)
        if not ends:
            return (contact_id,)
        return (contact_id, *(other for other, state, until in ends if _is_one(state, until, at)))

    def as_one(self, contact: Contact) -> Contact:
        """Return a contact as a decision must see it: with what holds back wherever it is known."""
        if contact.id not in self._ends:
            return contact
        others = [self._others[one] for one in self.one_with(contact.id) if one in self._others]
        confirmed = set(self.one_with(contact.id, confirmed=True))
        labels = set(contact.labels.split())
        for one in others:
            theirs = set(one.labels.split())
            labels |= theirs if one.id in confirmed else theirs & HOLDS_BACK
        everyone = [contact, *others]
        return msgspec.structs.replace(
            contact,
            suppressed=any(one.suppressed for one in everyone),
            holdout=any(one.holdout for one in everyone),
            answer="withdrawn" if any(one.answer == "withdrawn" for one in everyone) else contact.answer,
            marketing="withdrawn"
            if any(one.marketing == "withdrawn" for one in everyone)
            else contact.marketing,
            labels=" ".join(sorted(labels)),
        )


def _is_one(state: str, until: int, at: int) -> bool:
    return state != "apart" or (until > 0 and at <= until + AFTERWARDS)


NOBODY = Kin(None, 0, ())
"""Of no contacts at all."""
