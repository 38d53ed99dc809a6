"""Consent with its evidence: recorded, computed, withdrawn. The one place that changes a contact's consent.

Every answer about consent (a tap on our card, a form, a person's own words) is sealed and kept as a row that names its
source. The state on the contact is computed from all of them (`core.consent`): a withdrawal always wins, and after one
only an explicit yes restores. What the evidence consists of (the text shown, the answer received) lies in the vault
under the contact's key.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import msgspec

from goodstanding.core.consent import ConsentEvent, ConsentState, Purpose
from goodstanding.core.consent import state_of as computed
from goodstanding.usecases import withdrawing
from goodstanding.usecases.audit import Draft, append
from goodstanding.usecases.context import Context, Who
from goodstanding.usecases.namesakes import Kin
from goodstanding.usecases.ports import Contact, Queries, Transaction
from goodstanding.usecases.ports.messages import ConsentEvidence, EvidenceAnswer, EvidenceSource

CHANNEL = "message"
NOTHING: Mapping[str, bytes] = MappingProxyType({})


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """One answer about consent, on its way in."""

    contact: Contact
    purpose: Purpose
    answer: EvidenceAnswer
    text_version: str
    """The version of the text that asked, such as `v3`; empty for an answer nobody asked for (STOP)."""
    source: EvidenceSource
    source_id: str
    """What it rests on: message id, receipt id, act id. The same source counts once for a purpose."""
    at: int
    """When the person answered, milliseconds; a time that has not come yet counts as now."""
    question_id: str = ""
    """The message or form that asked."""
    event_id: int | None = None
    """The event in which it came, for the story of that event."""
    values: Mapping[str, bytes] = NOTHING
    """Personal values that belong to the proof (the question as shown, the answer as received)."""


class Consents(msgspec.Struct, frozen=True, kw_only=True):
    """The consent of one contact for each purpose."""

    answer: ConsentState
    marketing: ConsentState


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an answer."""

    seq: int
    """Its entry in the log."""
    contact: Contact
    """The contact with the consent it has now."""
    cancelled: int
    """Planned acts that a withdrawal stopped."""


def record(ctx: Context, tx: Transaction, answered: Answered, *, who: Who) -> Recorded | None:
    """Seal and keep an answer and renew the contact's consent; `None` when this source was recorded before.

    A withdrawal of `answer` ends every purpose and stops what is planned for the person. Call it with the contact
    locked, or let it lock: on Postgres a sending of the same moment waits.
    """
    contact, now = answered.contact, ctx.clock.now()
    kin = Kin(tx, contact.account_id, [contact.id])
    tx.lock_contacts(kin.everyone())
    known = tx.consent_evidence(contact.id)
    key = (answered.purpose, answered.source, answered.source_id)
    if any((one.purpose, one.source, one.source_id) == key for one in known):
        return None
    stopped = _stops(tx, answered, [contact.id, *kin.reached_with(contact.id, now)], now)
    seq = append(ctx, tx, [_draft(answered, who, now), *stopped])
    fresh = ConsentEvidence(
        id=tx.ids("consent_evidence"), account_id=contact.account_id, contact_id=contact.id, purpose=answered.purpose,
        answer=answered.answer, text_version=answered.text_version, source=answered.source,
        source_id=answered.source_id, question_id=answered.question_id, at=min(answered.at, now), seq=seq,
    )  # fmt: skip
    tx.add_consent_evidence([fresh])
    consents = renew(ctx, tx, [contact.id, *kin.one_with(contact.id, confirmed=True)])
    renewed = msgspec.structs.replace(contact, answer=consents.answer, marketing=consents.marketing)
    return Recorded(seq=seq, contact=renewed, cancelled=len(stopped))


def withdraw(
    ctx: Context,
    tx: Transaction,
    contact: Contact,
    *,
    source: EvidenceSource,
    source_id: str,
    at: int,
    who: Who,
    event_id: int | None = None,
    values: Mapping[str, bytes] = NOTHING,
) -> Recorded | None:
    """The person wants nothing more of us: end every consent and stop what is planned."""
    answered = Answered(
        contact=contact,
        purpose="answer",
        answer="withdrawn",
        text_version="",
        source=source,
        source_id=source_id,
        at=at,
        event_id=event_id,
        values=values,
    )
    return record(ctx, tx, answered, who=who)


def renew(ctx: Context, tx: Transaction, contact_ids: Sequence[int]) -> Consents:
    """Work out anew what these contacts agree to, from their own answers and of whom a person joined with them.

    Returns the first one's.
    """
    found = []
    for contact_id in contact_ids:
        consents = state_of(tx, contact_id, now=ctx.clock.now())
        tx.change_contact(contact_id, {"answer": consents.answer, "marketing": consents.marketing})
        found.append(consents)
    return found[0]


def state_of(q: Queries, contact_id: int, *, now: int) -> Consents:
    """Return the consent of a contact at `now`, computed from its evidence and of whom a person joined with it."""
    evidence = q.consent_evidence(contact_id)
    contact = q.contact(contact_id)
    if contact is not None:
        for other in Kin(q, contact.account_id, [contact_id]).one_with(contact_id, confirmed=True):
            evidence += q.consent_evidence(other)
    return _computed(evidence, now)


def _computed(evidence: list[ConsentEvidence], now: int) -> Consents:
    """Compute each purpose. That somebody wrote to us is itself a consent to be answered, though not an explicit one."""
    wrote = ConsentEvent(purpose="answer", change="given", at=0)
    events = [
        wrote,
        *(
            ConsentEvent(
                purpose=one.purpose,
                change="given" if one.answer == "given" else "withdrawn",
                at=one.at,
                explicit=one.answer == "given",
            )
            for one in evidence
        ),
    ]
    return Consents(
        answer=computed(events, purpose="answer", channel=CHANNEL, now=now),
        marketing=computed(events, purpose="marketing", channel=CHANNEL, now=now),
    )


def _stops(tx: Transaction, answered: Answered, contact_ids: Sequence[int], now: int) -> list[Draft]:
    if answered.answer == "given" or answered.purpose != "answer":
        return []
    return [
        draft for one in contact_ids for draft in withdrawing.stop_planned(tx, one, "CONSENT_WITHDRAWN", now)
    ]


def _draft(answered: Answered, who: Who, now: int) -> Draft:
    refs: dict[str, int | str] = {"contact": answered.contact.id}
    if answered.event_id is not None:
        refs["event"] = answered.event_id
    proof = {"source": answered.source_id.encode(), "question": answered.question_id.encode()}
    return Draft(
        account_id=answered.contact.account_id,
        kind="consent",
        at=now,
        actor=who,
        event_id=answered.event_id,
        refs=refs,
        body={
            "answer": answered.answer,
            "answered_at": min(answered.at, now),
            "purpose": answered.purpose,
            "source": answered.source,
            "text_version": answered.text_version,
        },
        contact_id=answered.contact.id,
        values={**{name: value for name, value in proof.items() if value}, **answered.values},
    )
