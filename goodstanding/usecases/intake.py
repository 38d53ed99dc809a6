"""Keep first, handle later: deliveries are kept as they came, then read in batches."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import msgspec

from goodstanding.core.signals import Signals
from goodstanding.usecases import accounts, messages
from goodstanding.usecases.comments import Handled, Incoming, handle
from goodstanding.usecases.context import Context
from goodstanding.usecases.ports import (
    Account,
    Delivery,
    DeliveryState,
    Parsed,
    ParsedComment,
    ParsedOther,
    Platform,
    StoreUnavailableError,
    Transaction,
    Unreadable,
)
from goodstanding.usecases.ports.feed import Heard
from goodstanding.usecases.ports.messages import ParsedMessage, ParsedNotice

if TYPE_CHECKING:
    from concurrent.futures import Future

BATCH = 500
"""Deliveries read at once."""


class Arrived(msgspec.Struct, frozen=True, gc=False):
    """A verified webhook call: its raw body and when it came."""

    body: bytes
    received_at: int


def accept(ctx: Context, connector: str, arrived: Sequence[Arrived]) -> "Future[int]":
    """Keep verified deliveries; the future gives how many were new, once they are durable."""
    platform = ctx.platforms[connector]
    sealed = [
        (
            platform.recipient(a.body),
            hashlib.sha256(a.body).digest(),
            a.received_at,
            ctx.vault.lock(0, a.body),
        )
        for a in arrived
    ]

    def work(tx: Transaction) -> int:
        by_external = tx.account_ids(connector, list({recipient for recipient, _, _, _ in sealed}))
        first = tx.ids("delivery", len(sealed))
        rows = [
            Delivery(
                id=number,
                account_id=by_external.get(recipient, 0),
                connector=connector,
                digest=digest,
                received_at=at,
                body=body,
            )
            for number, (recipient, digest, at, body) in enumerate(sealed, first)
        ]
        new = tx.add_deliveries(rows)
        if new < len(rows):
            _count_repeats(tx, platform, rows, arrived)
        return new

    return ctx.store.submit(work)


def _count_repeats(
    tx: Transaction, platform: Platform, rows: Sequence[Delivery], arrived: Sequence[Arrived]
) -> None:
    """Count the deliveries that had come before, byte for byte, by their account."""
    kept = tx.kept_deliveries(rows[0].id, len(rows))
    repeats: Counter[tuple[int, Heard]] = Counter(
        (row.account_id, _what_it_tells(platform, one.body))
        for row, one in zip(rows, arrived, strict=True)
        if row.id not in kept
    )
    for (account_id, of), count in repeats.items():
        tx.count_duplicates(account_id, count, rows[0].received_at, of=of)


def _what_it_tells(platform: Platform, body: bytes) -> Heard:
    try:
        return "messages" if isinstance(platform.parse(body), ParsedMessage) else "comments"
    except Exception:  # noqa: BLE001 - it came before and lies there as a problem; this only counts
        return "comments"


def read_new(ctx: Context, *, limit: int = BATCH) -> int:
    """Read, understand and handle up to `limit` kept deliveries; returns how many were taken."""
    deliveries = ctx.store.read(lambda q: q.new_deliveries(limit))
    if not deliveries:
        return 0
    parsed = [_parse(ctx, d) for d in deliveries]
    homes = {a.id: a.language for a in ctx.store.read(lambda q: q.accounts())}
    texts = [words_of(found) for _, found in parsed]
    signals = understand(ctx, texts, [homes.get(d.account_id, "") for d in deliveries])
    try:
        ctx.store.write(lambda tx: _handle_all(ctx, tx, deliveries, parsed, signals))
    except StoreUnavailableError:
        raise
    except Exception:  # noqa: BLE001 - one delivery that cannot be handled must not hold up the others
        for one in zip(deliveries, parsed, signals, strict=True):
            _handle_alone(ctx, *one)
    return len(deliveries)


def words_of(found: Parsed) -> str | None:
    """Return the text of what came in that is to be understood."""
    if isinstance(found, ParsedComment):
        return found.text if found.action == "insert" else None
    if isinstance(found, ParsedMessage):
        return None if found.own or found.kind == "reaction" else found.text or None
    return None


def _handle_alone(
    ctx: Context, delivery: Delivery, parsed: tuple[bytes, Parsed], signals: Signals | None
) -> None:
    """Handle one delivery; what cannot be handled is kept and shown as a problem."""
    try:
        ctx.store.write(lambda tx: _handle_all(ctx, tx, [delivery], [parsed], [signals]))
    except StoreUnavailableError:
        raise
    except Exception:  # noqa: BLE001 - whatever it is, the body is kept for a person to look at
        ctx.store.write(lambda tx: _set_aside(tx, delivery.id))


def _set_aside(tx: Transaction, delivery_id: int) -> None:
    if tx.claim_deliveries([delivery_id]):
        tx.settle_deliveries([(delivery_id, "unreadable", "HANDLING_FAILED")])


def understand(ctx: Context, texts: Sequence[str | None], homes: Sequence[str]) -> list[Signals | None]:
    """Return signals for each text, read by the classifier of its account's language.

    None for no text, and for all of a language whose classifier fails: a failed model means no automatic act,
    never a lost comment.
    """
    found: list[Signals | None] = [None] * len(texts)
    by_home: dict[str, list[int]] = defaultdict(list)
    for place, (text, home) in enumerate(zip(texts, homes, strict=True)):
        if text is not None:
            by_home[home].append(place)
    for home, places in by_home.items():
        classifier = ctx.homes.get(home, ctx.classifier)
        try:
            answers = classifier.signals([texts[place] or "" for place in places])
            for place, answer in zip(places, answers, strict=True):
                found[place] = answer
        except Exception:  # noqa: BLE001 - see above
            for place in places:
                found[place] = None
    return found


def _parse(ctx: Context, delivery: Delivery) -> tuple[bytes, Parsed]:
    body = ctx.vault.unlock(0, delivery.body)
    if body is None:
        return b"", Unreadable(problem="KEY_GONE")
    try:
        return body, ctx.platforms[delivery.connector].parse(body)
    except Exception:  # noqa: BLE001 - a reader that trips over a payload is a problem of that payload alone
        return body, Unreadable(problem="HANDLING_FAILED")


def _handle_all(
    ctx: Context,
    tx: Transaction,
    deliveries: Sequence[Delivery],
    parsed: Sequence[tuple[bytes, Parsed]],
    signals: Sequence[Signals | None],
) -> list[Handled]:
    claimed = tx.claim_deliveries([d.id for d in deliveries])
    known: dict[int, Account] = {a.id: a for a in tx.accounts()}
    by_account: dict[int, list[Incoming]] = defaultdict(list)
    talk: dict[int, list[messages.IncomingMessage]] = defaultdict(list)
    notices: dict[int, list[messages.IncomingNotice]] = defaultdict(list)
    settled: list[tuple[int, DeliveryState, str | None]] = []
    for delivery, (raw, found), signal in zip(deliveries, parsed, signals, strict=True):
        if delivery.id not in claimed:
            continue
        state, problem = _fate(found, delivery.account_id in known)
        settled.append((delivery.id, state, problem))
        if state == "read" and isinstance(found, ParsedComment):
            by_account[delivery.account_id].append(
                Incoming(
                    comment=found,
                    raw=raw,
                    source="webhook",
                    received_at=delivery.received_at,
                    signals=signal,
                )
            )
        elif state == "read" and isinstance(found, ParsedMessage):
            talk[delivery.account_id].append(
                messages.IncomingMessage(
                    message=found, raw=raw, source="webhook", received_at=delivery.received_at, signals=signal
                )
            )
        elif state == "read" and isinstance(found, ParsedNotice):
            notices[delivery.account_id].append(
                messages.IncomingNotice(
                    notice=found, raw=raw, source="webhook", received_at=delivery.received_at
                )
            )
        elif state == "read" and isinstance(found, ParsedOther):
            _act_on(ctx, tx, known[delivery.account_id], found)
    tx.settle_deliveries(settled)
    _handle_talk(ctx, tx, known, talk, notices)
    return [
        _handle_account(ctx, tx, known[account_id], incoming) for account_id, incoming in by_account.items()
    ]


def _handle_account(ctx: Context, tx: Transaction, account: Account, incoming: Sequence[Incoming]) -> Handled:
    """Handle what came by webhook; what had been read before counts as come, the rest of what is known as repeated."""
    handled = handle(ctx, tx, account, incoming)
    if handled.repeated:
        now = ctx.clock.now()
        ids = sorted({one.comment.external_id for one in incoming if one.comment.action == "insert"})
        repeated = handled.repeated - tx.mark_came(account.id, ids, now)
        if repeated > 0:
            tx.count_duplicates(account.id, repeated, now)
    return handled


def _handle_talk(
    ctx: Context,
    tx: Transaction,
    known: dict[int, Account],
    talk: dict[int, list[messages.IncomingMessage]],
    notices: dict[int, list[messages.IncomingNotice]],
) -> None:
    """Handle messages and notices. Every contact of the batch is locked before the first entry is sealed."""
    for account_id, incoming in talk.items():
        messages.lock(tx, known[account_id], [one.message.person for one in incoming])
    for account_id, incoming in talk.items():
        _count_talk(ctx, tx, account_id, incoming, messages.handle(ctx, tx, known[account_id], incoming))
    for account_id, noticed in notices.items():
        messages.note(ctx, tx, known[account_id], noticed)


def _count_talk(
    ctx: Context,
    tx: Transaction,
    account_id: int,
    incoming: Sequence[messages.IncomingMessage],
    taken: messages.Taken,
) -> None:
    """Count messages that came by webhook: those read back before have come after all, the rest known is repeated."""
    now, ids = ctx.clock.now(), {one.message.external_id for one in incoming}
    if taken.settled:
        tx.mark_came(account_id, sorted(taken.settled), now)
    again = sorted(ids - set(taken.new) - set(taken.settled))
    if taken.repeated:
        repeated = taken.repeated - (tx.mark_came(account_id, again, now) if again else 0)
        if repeated > 0:
            tx.count_duplicates(account_id, repeated, now, of="messages")


def _fate(parsed: Parsed, account_known: bool) -> tuple[Literal["read", "unknown", "unreadable"], str | None]:  # noqa: FBT001 - two private callers
    if isinstance(parsed, Unreadable):
        return "unreadable", parsed.problem
    if not account_known:
        return "unknown", "UNKNOWN_ACCOUNT"
    if isinstance(parsed, ParsedOther) and not parsed.known:
        return "unknown", f"UNKNOWN_EVENT {parsed.event[:80]}"
    return "read", None


def _act_on(ctx: Context, tx: Transaction, account: Account, other: ParsedOther) -> None:
    """The only event we act on that is no comment: the platform took our authorisation away."""
    accounts.disconnect(ctx, tx, account, reason=other.detail or other.event, at=other.at)


def take_in(ctx: Context, account_id: int, comments: Sequence[ParsedComment], *, source: str) -> Handled:
    """Handle comments that came without a webhook (polled or imported), deduplicated with the rest."""
    now = ctx.clock.now()
    account = next(a for a in ctx.store.read(lambda q: q.accounts()) if a.id == account_id)
    texts = [c.text if c.action == "insert" else None for c in comments]
    signals = understand(ctx, texts, [account.language] * len(texts))
    incoming = [
        Incoming(comment=c, raw=msgspec.json.encode(c), source=source, received_at=now, signals=s)
        for c, s in zip(comments, signals, strict=True)
    ]

    def work(tx: Transaction) -> Handled:
        account = next(a for a in tx.accounts() if a.id == account_id)
        return handle(ctx, tx, account, incoming)

    return ctx.store.write(work)
