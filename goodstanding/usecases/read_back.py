"""Messages that webhooks missed: conversations are listed, and those that went on are read again.

The platform shows the latest messages of a conversation and no page behind them, so a busy conversation may hold what
nobody can fetch any more. That is told as a gap of its own kind. A message found late goes the way of every message:
the same key, the same decision, and a window that counts from the message's own time.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from goodstanding.core import capability
from goodstanding.kernel.timing import HOUR, MINUTE
from goodstanding.usecases import connections, intake, messages
from goodstanding.usecases.context import Context
from goodstanding.usecases.ports import Account, Platform, Queries, Transaction
from goodstanding.usecases.ports.feed import MESSAGES, ReadFailedError
from goodstanding.usecases.ports.messages import (
    ConversationKind,
    ListedConversation,
    MessagePage,
    ParsedMessage,
)
from goodstanding.usecases.reading_rules import reading_rules
from goodstanding.usecases.reconcile import SOURCE, note_first, since_of

KINDS: tuple[ConversationKind, ...] = ("SINGLE", "STRANGER")
BEYOND = "beyond"
"""Why something is not sure: more was said than the platform lists."""
OPEN_GAPS = 100
"""Open gaps of an account among which those that closed by time are looked for."""
_PASSED_BY = ("absent", "refused")
"""Troubles of one conversation that do not hold up the others."""


@dataclass(slots=True)
class Talk:
    """Reading an account's conversations: where it stands, and what came of it."""

    account: Account
    floor: int
    """Conversations that last went on before this have been read."""
    reached: int
    """Everything that went on before this has been read by this look; 0 for nothing yet."""
    calls: int = 0
    newest_at: int = 0
    unreadable: int = 0
    beyond: int = 0
    """Lists that were full before they reached what is known."""
    is_done: bool = False


def is_open(q: Queries, account: Account) -> bool:
    """Tell whether the platform lets this account's conversations be read."""
    return capability.is_on(connections.standing_of(q, account).findings, "messages.read")


def floor_of(q: Queries, account_id: int, sure_until: int) -> int:
    """Return from when on a look reads: a little before the last certainty, and never long before reading began."""
    rules = reading_rules().looks
    return max(
        sure_until - rules.overlap_minutes * MINUTE, since_of(q, account_id) - rules.history_hours * HOUR
    )


async def read(ctx: Context, talk: Talk, *, most: int) -> None:
    """Read the conversations that went on, the one that waited longest first; stops after `most` calls to go on later.

    Raises `ReadFailedError`; `talk` then says how far it came.
    """
    platform = ctx.platforms[talk.account.connector]
    reached = talk.reached
    for one in await _went_on(platform, talk):
        if one.updated_at > reached:
            talk.reached = reached  # those that went on in the same millisecond are read together
            if talk.calls >= most:
                return
        asked_at = ctx.clock.now()
        page = await _page(platform, talk, one)
        await asyncio.to_thread(take, ctx, talk, page, asked_at=asked_at)
        reached = one.updated_at
    talk.is_done = True


async def _went_on(platform: Platform, talk: Talk) -> list[ListedConversation]:
    """Return what is to be read now, in the order in which it went on."""
    listed = reading_rules().messages.conversations_listed
    found: list[ListedConversation] = []
    for kind in KINDS:
        of_kind: list[ListedConversation] = []
        cursor, more = 0, True
        while more:
            page = await platform.conversation_page(talk.account, kind, cursor=cursor)
            talk.calls += 1
            talk.unreadable += page.unreadable
            of_kind += page.conversations
            more = page.more and page.cursor > cursor
            talk.unreadable += page.more and not more
            cursor = page.cursor
        talk.beyond += len(of_kind) >= listed and min(one.updated_at for one in of_kind) > talk.floor
        found += of_kind
    due = [one for one in found if one.updated_at >= talk.floor and one.updated_at > talk.reached]
    return sorted(due, key=lambda one: one.updated_at)


async def _page(platform: Platform, talk: Talk, one: ListedConversation) -> MessagePage:
    talk.calls += 1
    try:
        page = await platform.message_page(talk.account, one.id)
    except ReadFailedError as error:
        if error.kind not in _PASSED_BY:
            raise
        talk.unreadable += error.kind != "absent"
        return MessagePage(messages=())
    talk.unreadable += page.unreadable
    return page


def take(ctx: Context, talk: Talk, page: MessagePage, *, asked_at: int) -> int:
    """Take in what a conversation shows, asked for at `asked_at`; returns how many messages no webhook had brought."""
    listed = sorted(page.messages, key=lambda one: (one.at, one.external_id))
    if not listed:
        return 0
    account = talk.account
    ids = [one.external_id for one in listed]
    known, since = ctx.store.read(
        lambda q: (q.known_events(account.id, account.connector, ids), since_of(q, account.id))
    )
    earliest = since - reading_rules().looks.history_hours * HOUR
    fresh = [one for one in listed if (one.external_id, "insert") not in known and one.at >= earliest]
    talk.newest_at = max(talk.newest_at, listed[-1].at)
    is_full = len(page.messages) + page.unreadable >= reading_rules().messages.messages_listed
    incoming = _understood(ctx, account, fresh, asked_at)

    def work(tx: Transaction) -> tuple[str, ...]:
        current = connections.account_of(tx, account.id)
        messages.lock(tx, current, [one.person for one in fresh])
        new = set(messages.handle(ctx, tx, current, incoming).new)
        found = [(one.external_id, one.at) for one in fresh if one.external_id in new and one.at >= since]
        note_first(ctx, tx, account.id, MESSAGES, found, asked_at)
        return tuple(new)

    new = ctx.store.write(work) if incoming else ()
    talk.beyond += is_full and listed[0].external_id in new and listed[0].at > talk.floor
    return len(new)


def _understood(
    ctx: Context, account: Account, fresh: Sequence[ParsedMessage], asked_at: int
) -> list[messages.IncomingMessage]:
    texts = [intake.words_of(one) for one in fresh]
    signals = intake.understand(ctx, texts, [account.language] * len(texts))
    return [
        messages.IncomingMessage(
            message=one, raw=msgspec.json.encode(one), source=SOURCE, received_at=asked_at, signals=signal
        )
        for one, signal in zip(fresh, signals, strict=True)
    ]


def close_beyond(tx: Transaction, account_id: int, now: int) -> None:
    """Close what lay beyond the list once nothing of it could be answered any more."""
    since = now - reading_rules().messages.beyond_hours * HOUR
    opened = [
        one.opened_at
        for one in tx.gaps(account_id, limit=OPEN_GAPS)
        if one.closed_at is None and one.video_id == MESSAGES and one.why == BEYOND
    ]
    if opened and min(opened) <= since:
        tx.close_gaps(account_id, MESSAGES, [BEYOND], now)
