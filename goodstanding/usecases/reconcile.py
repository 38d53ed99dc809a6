"""What reading brings goes the way of every comment: same intake, same key. What it found first is noted."""

from collections.abc import Sequence

import msgspec

from goodstanding.core.signals import Signals
from goodstanding.kernel.timing import HOUR, MINUTE, SECOND
from goodstanding.usecases import intake
from goodstanding.usecases.comments import Incoming, handle
from goodstanding.usecases.context import Context
from goodstanding.usecases.ports import Account, Event, ParsedComment, Queries, Transaction
from goodstanding.usecases.ports.feed import MESSAGES, Gap, GapFigures, Heard, Late, ListedComment
from goodstanding.usecases.reading_rules import reading_rules

SOURCE = "poll"
SINCE = "feed_since"
"""Setting of an account: when reading it began."""
SETTLING = 10 * MINUTE
"""So long after an act of ours a list may still show how things stood before."""
MISSING = "missing"


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a page."""

    new: int = 0
    """Comments that no webhook had brought."""
    changed: int = 0


def take_listed(
    ctx: Context,
    account_id: int,
    video_id: str,
    listed: Sequence[ListedComment],
    *,
    asked_at: int,
    gone: Sequence[str] = (),
) -> Taken:
    """Take in what a list shows, asked for at `asked_at`; `gone` are comments that certainly are no longer there."""
    flat = {one.id: one for top in listed for one in (top, *top.listed_replies)}
    account, since = ctx.store.read(lambda q: (_account(q, account_id), since_of(q, account_id)))
    floor = since - reading_rules().looks.history_hours * HOUR
    ids = [*flat, *gone]
    known = ctx.store.read(lambda q: q.known_events(account_id, account.connector, ids))
    fresh = [one for one in flat.values() if (one.id, "insert") not in known and one.at >= floor]
    signals = intake.understand(ctx, [one.text for one in fresh], [account.language] * len(fresh))
    inserts = [
        (one, _incoming(_insert(account, one), asked_at, signal))
        for one, signal in zip(fresh, signals, strict=True)
    ]

    def work(tx: Transaction) -> Taken:
        known = tx.known_events(account_id, account.connector, ids)
        new = [(one, incoming) for one, incoming in inserts if (one.id, "insert") not in known]
        changes = [
            _incoming(change, asked_at, None)
            for change in (
                *_changes(tx, flat, known, asked_at),
                *(_removal(one, video_id, asked_at) for one in gone if (one, "delete") not in known),
            )
        ]
        first = [(one.id, one.at) for one, _ in new if one.at >= since]
        note_first(ctx, tx, account_id, video_id, first, asked_at)
        _name_authors(tx, account_id, list(flat.values()))
        coming = [incoming for _, incoming in sorted(new, key=lambda pair: pair[0].at)] + changes
        if coming:
            handle(ctx, tx, _account(tx, account_id), coming)
        return Taken(new=len(new), changed=len(changes))

    return ctx.store.write(work)


def since_of(q: Queries, account_id: int) -> int:
    """Return when reading an account began, to the second; 0 while it has not."""
    since = int(q.setting(SINCE, account_id=account_id) or 0)
    return since - since % SECOND  # lists tell whole seconds


def figures(ctx: Context, q: Queries, account_id: int, of: Heard = "comments") -> GapFigures:
    """Return the gap meter of an account: of its comments, or of its messages."""
    platform = reading_rules().platform
    return q.gap_figures(account_id, given_up=ctx.clock.now() - platform.horizon, grace=platform.grace, of=of)


def talk_figures(ctx: Context, q: Queries, account_id: int) -> GapFigures | None:
    """Return the gap meter of an account's messages; None while the platform does not let them be read."""
    return None if q.watch(account_id, MESSAGES) is None else figures(ctx, q, account_id, "messages")


def open_gap(tx: Transaction, account_id: int, video_id: str, why: str, at: int, *, found: int = 0) -> None:
    """Note that something under a post is not sure (`video_id` empty: of the whole account)."""
    tx.open_gap(
        Gap(
            id=tx.ids("feed_gap"), account_id=account_id, video_id=video_id, why=why, opened_at=at, closed_at=None,
            found=found,
        )
    )  # fmt: skip


def _account(q: Queries, account_id: int) -> Account:
    return next(one for one in q.accounts() if one.id == account_id)


def _insert(account: Account, one: ListedComment) -> ParsedComment:
    """Return a listed comment as intake takes it; the account itself keeps the name it is known by."""
    own = one.own and account.identifier
    return ParsedComment(
        external_id=one.id,
        video_id=one.video_id,
        parent_id=one.parent_id,
        action="insert",
        author=account.identifier if own else one.author,
        handle=one.handle,
        text=one.text,
        at=one.at,
    )


def _change(event: Event, action: str, at: int) -> ParsedComment:
    return ParsedComment(
        external_id=event.external_id,
        video_id=event.video_id,
        parent_id=event.parent_id,
        action=action,
        author="",
        handle="",
        text="",
        at=at,
    )


def _removal(external_id: str, video_id: str, at: int) -> ParsedComment:
    return ParsedComment(
        external_id=external_id, video_id=video_id, parent_id="", action="delete", author="", handle="", text="", at=at
    )  # fmt: skip


def _incoming(comment: ParsedComment, received_at: int, signals: Signals | None) -> Incoming:
    return Incoming(
        comment=comment, raw=msgspec.json.encode(comment), source=SOURCE, received_at=received_at, signals=signals
    )  # fmt: skip


def _changes(
    tx: Transaction,
    flat: dict[str, ListedComment],
    known: dict[tuple[str, str], int],
    asked_at: int,
) -> list[ParsedComment]:
    """Return what a list shows otherwise than we have it, leaving out what an act of ours may just have changed."""
    kept = {ext: known[ext, "insert"] for ext in flat if (ext, "insert") in known}
    events = tx.events(list(kept.values())) if kept else {}
    differing = [
        event
        for ext, number in kept.items()
        if (event := events.get(number)) is not None
        and event.state in ("public", "hidden")
        and (event.state == "hidden") != flat[ext].hidden
    ]
    if not differing:
        return []
    acts = tx.outgoing_of_events([event.id for event in differing])
    return [
        _change(event, "hidden" if flat[event.external_id].hidden else "public", asked_at)
        for event in differing
        if not any(
            one.act in ("hide", "unhide")
            and (one.state in ("sending", "unknown") or (one.settled_at or 0) > asked_at - SETTLING)
            for one in acts.get(event.id, [])
        )
    ]


def note_first(
    ctx: Context,
    tx: Transaction,
    account_id: int,
    video_id: str,
    first: Sequence[tuple[str, int]],
    asked_at: int,
) -> None:
    """Note what reading brought before any webhook (id, time), and the gap it reveals when that is late."""
    if not first:
        return
    tx.add_lates(
        [
            Late(
                account_id=account_id, external_id=external_id, video_id=video_id, happened_at=at, found_at=asked_at,
                came_at=None,
            )
            for external_id, at in first
        ]
    )  # fmt: skip
    late = sum(asked_at - at > reading_rules().platform.grace for _, at in first)
    if late:
        open_gap(tx, account_id, video_id, MISSING, ctx.clock.now(), found=late)


def _name_authors(tx: Transaction, account_id: int, listed: Sequence[ListedComment]) -> None:
    """Give contacts the name that webhooks leave out."""
    names = {one.author: one.handle for one in listed if one.author and one.handle}
    if not names:
        return
    for author, contact in tx.contacts_by_external(account_id, list(names)).items():
        if not contact.handle:
            tx.change_contact(contact.id, {"handle": names[author]})
