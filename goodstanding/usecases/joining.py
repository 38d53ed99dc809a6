"""Tying, joining and separating contacts that may be the same person.

A tie follows the handles by itself: made when exactly one contact with the platform's id bears the handle of one known by
it alone, undone when that contact comes under another handle or the handle is seen at a second id. Only a person joins two,
and may undo it. Every step is sealed.
"""

from collections.abc import Mapping, Sequence

import msgspec

from goodstanding.core import names
from goodstanding.core.names import handle_key
from goodstanding.kernel.problems import GoodstandingError
from goodstanding.usecases import consents
from goodstanding.usecases.audit import Draft, append
from goodstanding.usecases.context import SYSTEM, Context, Who
from goodstanding.usecases.namesakes import HOLDS_BACK
from goodstanding.usecases.ports import Contact, Queries, Transaction
from goodstanding.usecases.ports.namesakes import Tie, TieState

FORM_DIGEST = 32
"""Letters of the keyed digest in the id of somebody who filled in a form."""


class NotNamesakesError(GoodstandingError):
    """These two cannot be joined or separated as they stand now; field: why (gone, state, other)."""

    code = "NOT_NAMESAKES"


class Other(msgspec.Struct, frozen=True, kw_only=True):
    """Another contact that may be the same person, as its tie stands."""

    tie: Tie
    contact: Contact


def form_id(ctx: Context, account_id: int, kind: str, address: str) -> str:
    """Return the id of somebody who gave this address (`email` or `handle`) in a form of ours."""
    digest = ctx.chance.keyed_digest("form-contact", f"{account_id}:{kind}:{address}").hex()
    return f"{names.BY_FORM}{digest[:FORM_DIGEST]}"


def names_of(ctx: Context, account_id: int, key: str) -> list[str]:
    """Return the ids under which the bearer of a handle may be known without the platform's id."""
    return [names.by_handle(key), form_id(ctx, account_id, "handle", key)] if key else []


def kept_away(ctx: Context, q: Queries, account_id: int, people: Mapping[str, str]) -> set[str]:
    """Return those (of external id -> handle) to whom nothing automatic may ever be sent, under whatever name it was said."""
    if not q.has_suppressed(account_id):
        return set()
    asked = [
        (ctx.chance.keyed_digest("suppression", f"{account_id}:{name}"), external)
        for external, handle in people.items()
        for name in (external, *_names_kept(external, handle))
    ]
    found = q.suppressed(account_id, [digest for digest, _ in asked])
    return {external for digest, external in asked if digest in found}


def _names_kept(external: str, handle: str) -> tuple[str, ...]:
    key = handle_key(handle) if names.is_the_platforms(external) else ""
    return (names.by_handle(key),) if key else ()


def names_kept(contact: Contact) -> tuple[str, ...]:
    """Return all names under which a contact that wants nothing of us must be known again: its id, and its handle."""
    return (contact.external_id, *_names_kept(contact.external_id, contact.handle))


def others(q: Queries, contact: Contact) -> list[Other]:
    """Return who else this person is or may be, newest tie first."""
    ties = q.ties_of([contact.id])
    ends = {tie.named_id if tie.known_id == contact.id else tie.known_id: tie for tie in ties}
    found = q.contacts(sorted(ends))
    pairs = [Other(tie=tie, contact=found[end]) for end, tie in ends.items() if end in found]
    return sorted(pairs, key=lambda one: one.tie.at, reverse=True)


def met_by_name(ctx: Context, tx: Transaction, fresh: Sequence[Contact], keys: Sequence[str]) -> None:
    """Tie contacts that are new and known by a name alone to whoever bears it; `keys` are their handles, in order."""
    if not fresh:
        return
    account_id, now = fresh[0].account_id, ctx.clock.now()
    known: dict[str, list[int]] = {}
    for one in tx.contacts(tx.bearers(account_id, sorted(set(keys)))).values():
        if names.is_the_platforms(one.external_id):
            known.setdefault(one.handle, []).append(one.id)
    rows = []
    for contact, key in zip(fresh, keys, strict=True):
        found = sorted(known.get(key, ()))
        state: TieState = "same" if len(found) == 1 else "apart"
        rows += [_tie(contact, one, state, now) for one in found] or [_tie(contact, 0, "alone", now)]
    tx.put_ties(rows)
    _seal(ctx, tx, [row for row in rows if row.known_id], SYSTEM)


def met_by_id(ctx: Context, tx: Transaction, fresh: Sequence[Contact]) -> None:
    """Tie contacts with the platform's id that are new, or bear another handle than before."""
    if not fresh or not tx.has_ties(fresh[0].account_id):
        return
    account_id = fresh[0].account_id
    by_name = {name: one for one in fresh for name in names_of(ctx, account_id, handle_key(one.handle))}
    named = tx.contacts_by_external(account_id, list(by_name))
    for contact in fresh:
        mine = names_of(ctx, account_id, handle_key(contact.handle))
        for one in (named[name] for name in mine if name in named):
            _meet(ctx, tx, one, contact)


def renamed(ctx: Context, tx: Transaction, contact: Contact, handle: str) -> Contact:
    """The platform tells of a known contact under another handle: the name it bore is no proof of anything any more."""
    tx.change_contact(contact.id, {"handle": handle})
    after = msgspec.structs.replace(contact, handle=handle)
    if tx.has_ties(contact.account_id):
        _separate(ctx, tx, [tie for tie in tx.ties_of([contact.id]) if tie.known_id == contact.id], SYSTEM)
        met_by_id(ctx, tx, [after])
    return after


def join(ctx: Context, named_id: int, known_id: int, *, who: Who) -> None:
    """A person says that two contacts are one: from now on everything is shared. Raises `NotNamesakesError`."""

    def work(tx: Transaction) -> None:
        tx.lock_contacts(sorted((named_id, known_id)))
        tie = _between(tx, named_id, known_id)
        if tie.state == "joined" or any(
            one.state == "joined" and one.known_id != known_id for one in tx.ties_of([named_id])
        ):
            raise NotNamesakesError(why="state" if tie.state == "joined" else "other")
        _put(ctx, tx, msgspec.structs.replace(tie, state="joined", apart_at=0), who)
        consents.renew(ctx, tx, [named_id, known_id])

    ctx.store.write(work)


def separate(ctx: Context, named_id: int, known_id: int, *, who: Who) -> None:
    """A person says that two contacts are not one, or undoes a joining. Raises `NotNamesakesError`.

    What was refused on either side until now stays refused on both, and what was used of a limit stays used.
    """

    def work(tx: Transaction) -> None:
        tx.lock_contacts(sorted((named_id, known_id)))
        tie = _between(tx, named_id, known_id)
        if tie.state == "apart":
            raise NotNamesakesError(why="state")
        _separate(ctx, tx, [tie], who)

    ctx.store.write(work)


def _between(tx: Transaction, named_id: int, known_id: int) -> Tie:
    found = [tie for tie in tx.ties_of([named_id]) if tie.known_id == known_id]
    if not found:
        raise NotNamesakesError(why="gone")
    return found[0]


def _meet(ctx: Context, tx: Transaction, named: Contact, known: Contact) -> None:
    """Tie two: as the same when the name was never seen at another id, else all come apart."""
    ties = tx.ties_of([named.id])
    elsewhere = [tie for tie in ties if tie.known_id != known.id]
    before = next((tie for tie in ties if tie.known_id == known.id), None)
    if not elsewhere:
        if before is None or (before.state == "apart" and not before.by.startswith("person:")):
            _put(ctx, tx, _tie(named, known.id, "same", ctx.clock.now()), SYSTEM)
        return
    _separate(ctx, tx, elsewhere, SYSTEM)
    if before is None:
        _put(ctx, tx, _tie(named, known.id, "apart", ctx.clock.now()), SYSTEM)


def _separate(ctx: Context, tx: Transaction, ties: Sequence[Tie], who: Who) -> None:
    """Bring ties apart. What holds back was shared until now and stays so on both sides."""
    now = ctx.clock.now()
    for tie in ties:
        if tie.state == "apart":
            continue
        ends = tx.contacts([tie.named_id, tie.known_id])
        if len(ends) == 2:  # noqa: PLR2004 - both ends are there
            _carry(ctx, tx, ends[tie.named_id], ends[tie.known_id])
            _carry(ctx, tx, ends[tie.known_id], ends[tie.named_id])
        _put(ctx, tx, msgspec.structs.replace(tie, state="apart", apart_at=now), who)
        if tie.state == "joined":
            consents.renew(ctx, tx, [tie.named_id, tie.known_id])


def _carry(ctx: Context, tx: Transaction, source: Contact, target: Contact) -> None:
    """Write on `target` what holds back at `source`: each refusal as the person gave it, and the suppression."""
    if source.suppressed and not target.suppressed:
        tx.change_contact(target.id, {"suppressed": True})
    theirs = set(source.labels.split())
    mine = set(target.labels.split())
    if theirs & HOLDS_BACK - mine:
        tx.change_contact(target.id, {"labels": " ".join(sorted(mine | theirs & HOLDS_BACK))})
    for one in tx.consent_evidence(source.id):
        if one.answer != "given":
            consents.record(
                ctx,
                tx,
                consents.Answered(
                    contact=target, purpose=one.purpose, answer=one.answer, text_version=one.text_version,
                    source=one.source, source_id=one.source_id, at=one.at, question_id=one.question_id,
                ),
                who=SYSTEM,
            )  # fmt: skip


def _tie(named: Contact, known_id: int, state: TieState, now: int) -> Tie:
    return Tie(account_id=named.account_id, named_id=named.id, known_id=known_id, state=state, at=now)


def _put(ctx: Context, tx: Transaction, tie: Tie, who: Who) -> None:
    kept = msgspec.structs.replace(tie, at=ctx.clock.now(), by=":".join(who))
    tx.put_ties([kept])
    _seal(ctx, tx, [kept], who)


def _seal(ctx: Context, tx: Transaction, ties: Sequence[Tie], who: Who) -> None:
    if not ties:
        return
    drafts = [
        Draft(
            account_id=tie.account_id, kind="review", at=ctx.clock.now(), actor=who,
            refs={"contact": tie.known_id, "namesake": tie.named_id}, body={"act": "namesake", "state": tie.state},
        )
        for tie in ties
    ]  # fmt: skip
    append(ctx, tx, drafts)
