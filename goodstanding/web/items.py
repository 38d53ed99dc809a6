"""Rows with what belongs to them: a case or a decision with its comment, its author, its video and its reply."""

from collections.abc import Sequence

import msgspec

from goodstanding.usecases.ports import Case, Contact, DecisionRow, Event, Outgoing, Queries
from goodstanding.usecases.reads import PageReads


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a list."""

    event: Event
    contact: Contact | None = None
    video: str = ""
    case: Case | None = None
    decision: DecisionRow | None = None
    outgoing: Outgoing | None = None


def of_cases(reads: PageReads, q: Queries, cases: Sequence[Case]) -> list[Item]:
    """Return cases with their comments."""
    acts = reads.outgoing(q, [one.outgoing_id for one in cases if one.outgoing_id is not None])
    decisions = reads.decisions(q, [one.event_id for one in cases])
    around = _Around(reads, q, [one.event_id for one in cases])
    return [
        around.item(
            one.event_id,
            case=one,
            decision=decisions.get(one.event_id),
            outgoing=acts.get(one.outgoing_id or 0),
        )
        for one in cases
        if one.event_id in around.events
    ]


def of_decisions(reads: PageReads, q: Queries, decisions: Sequence[DecisionRow]) -> list[Item]:
    """Return decisions with their comments and cases."""
    ids = [one.event_id for one in decisions]
    around, cases = _Around(reads, q, ids), reads.cases(q, ids)
    return [
        around.item(one.event_id, decision=one, case=cases.get(one.event_id))
        for one in decisions
        if one.event_id in around.events
    ]


def sends(reads: PageReads, q: Queries, planned: Sequence[Outgoing]) -> list[Item]:
    """Return planned acts with the comments they answer."""
    around = _Around(reads, q, [one.event_id for one in planned])
    return [around.item(one.event_id, outgoing=one) for one in planned if one.event_id in around.events]


class _Around:
    """Comments, authors and videos of a page, read once."""

    def __init__(self, reads: PageReads, q: Queries, ids: Sequence[int]) -> None:
        self.events = reads.events(q, ids)
        found = self.events.values()
        self._contacts = reads.contacts(q, [one.contact_id for one in found if one.contact_id is not None])
        self._videos = reads.video_titles(q, sorted({one.video_id for one in found}))

    def item(
        self,
        event_id: int,
        *,
        case: Case | None = None,
        decision: DecisionRow | None = None,
        outgoing: Outgoing | None = None,
    ) -> Item:
        event = self.events[event_id]
        return Item(
            event=event,
            contact=self._contacts.get(event.contact_id or 0),
            video=self._videos.get(event.video_id, ""),
            case=case,
            decision=decision,
            outgoing=outgoing,
        )
