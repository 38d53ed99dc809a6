"""Reading accounts: which look is due, what it asks for, and what is sure afterwards.

Webhooks drive; reading finds what they missed. Looks at posts stand in a table with the time they are due, so a
process that dies loses nothing and a look that was broken off goes on where it stopped. One process reads at a time,
within what the app may call; what is sent goes first.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from goodstanding.core import polling
from goodstanding.core.targets import is_ours
from goodstanding.kernel.timing import DAY, HOUR, MINUTE, SECOND
from goodstanding.usecases import read_back
from goodstanding.usecases.context import Context
from goodstanding.usecases.ports import Account, Queries, Transaction, Video
from goodstanding.usecases.ports.feed import (
    MESSAGES,
    CommentPage,
    ListedComment,
    ListedVideo,
    ReadFailedError,
    Watch,
)
from goodstanding.usecases.reading_rules import reading_rules
from goodstanding.usecases.reconcile import MISSING, SINCE, open_gap, since_of, take_listed

T = TypeVar("T")
EVERY_POST = ""
"""The watch with this id stands for the list of posts itself."""
NO_POST = (EVERY_POST, MESSAGES)
"""What is watched and is no post."""
NEVER = 1 << 52
"""An instant that does not come."""
LOOKS = 20
"""Looks taken up in one step."""
LEASE_SECONDS = 90
PLAN_EVERY = 10 * MINUTE
CROWDED = 3
"""So many accounts made to wait in one step: it is the app's limit, so everybody rests."""
TITLE_CHARS = 200
TURN = "reading"
COMMENTS, EVERYTHING, UNREADABLE = "comments", "everything", "unreadable"
CONNECTION, NOT_ALLOWED = "connection", "not_allowed"
"""Why something is not sure: a look broke off (newest comments, or everything), an entry could not be read, the
account must be connected again, or it may not be read."""


@dataclass(slots=True)
class _Look:
    """A look under way."""

    account: Account
    watch: Watch
    begun_at: int
    cursor: int
    newest_at: int
    calls: int = 0
    unreadable: int = 0
    beyond: int = 0
    """Lists of messages that were full before they reached what is known."""
    is_done: bool = False

    @property
    def is_sweep(self) -> bool:
        return self.watch.kind == "sweep"


@dataclass(slots=True)
class Reader:
    """Reads what is due. `owner` names this process."""

    ctx: Context
    owner: str
    stretch: int = polling.ONE
    _planned_at: int = 0
    _standing: frozenset[tuple[int, bool]] = frozenset()
    """Accounts whose messages were last looked at, as they stood."""
    _refused: set[int] = field(default_factory=set)
    """Accounts whose look had to wait in this step."""
    _rules: polling.LookRules = field(default_factory=lambda: reading_rules().looks)

    async def has_turn(self) -> bool:
        """Take or keep the turn: one process reads at a time, and none while the clock is in doubt."""
        now = self.ctx.clock.now()
        if self.ctx.clock.doubt():
            return False
        lease = int(LEASE_SECONDS * SECOND / max(self.ctx.clock.real_seconds(SECOND), 1e-6))
        return await self._write(lambda tx: tx.take_turn(TURN, self.owner, now=now, until=now + lease))

    async def step(self) -> int:
        """Take up what is due; returns how many looks made progress (0: rest a while)."""
        if not await self.has_turn():
            return 0
        ctx, now = self.ctx, self.ctx.clock.now()
        accounts, connected = await asyncio.to_thread(ctx.store.read, served)
        await self._begin_new(connected, now)
        is_planned = now - self._planned_at < PLAN_EVERY
        standing = frozenset((one.id, one.can_message) for one in connected.values())
        if standing != self._standing or not is_planned:
            await self._watch_messages(connected, now)
            self._standing = standing
        if not is_planned:
            await self.plan(accounts)
        due = await asyncio.to_thread(ctx.store.read, lambda q: q.watches_due(now, LOOKS))
        progress = 0
        self._refused.clear()
        for watch in due:
            if len(self._refused) >= CROWDED:
                return 0
            account = connected.get(watch.account_id)
            if account is None:
                await self._write(lambda tx, watch=watch: self._put_off(tx, watch, CONNECTION, HOUR))  # type: ignore[misc]  # bound at once
            elif await self.look(account, watch):
                progress += 1
        return progress

    async def plan(self, accounts: dict[int, Account]) -> None:
        """Stretch all intervals so that what is planned fits what the app may call."""
        now = self.ctx.clock.now()
        budgets = [
            per_hour
            for platform in self.ctx.platforms.values()
            if (per_hour := platform.reading_per_hour()) is not None
        ]
        wanted = await asyncio.to_thread(
            self.ctx.store.read, lambda q: sum(demand(self._rules, q.watches(one), now) for one in accounts)
        )
        self.stretch = polling.stretch_of(wanted // polling.ONE, min(budgets)) if budgets else polling.ONE
        self._planned_at = now

    async def look(self, account: Account, watch: Watch) -> bool:
        """Make one look, or a part of it; returns whether the platform gave anything."""
        now = self.ctx.clock.now()
        watch = self._at_hand(watch, now)
        one = _Look(
            account=account,
            watch=watch,
            begun_at=watch.begun_at or now,
            cursor=watch.cursor,
            newest_at=watch.newest_at,
        )
        try:
            await self._work(watch.video_id)(one)
        except ReadFailedError as error:
            trouble = error
            await self._write(lambda tx: self._failed(tx, one, trouble))
            return one.calls > 0
        await self._write(lambda tx: self._finish(tx, one))
        return True

    def _work(self, watched: str) -> Callable[[_Look], Awaitable[None]]:
        if watched == MESSAGES:
            return self._read_messages
        return self._list_posts if watched == EVERY_POST else self._read_post

    def _at_hand(self, watch: Watch, now: int) -> Watch:
        """Return the look that is due now: everything, when the newest comments alone have been read for too long."""
        if watch.video_id in NO_POST or watch.begun_at or watch.kind == "sweep":
            return watch
        is_due = polling.is_sweep_due(self._rules, _post_of(watch), now, stretch=self.stretch)
        return msgspec.structs.replace(watch, kind="sweep") if is_due else watch

    # --- the list of posts ---

    async def _list_posts(self, one: _Look) -> None:
        platform = self.ctx.platforms[one.account.connector]
        while one.calls < self._rules.calls_in_a_look:
            page = await platform.video_page(one.account, before=one.cursor or None)
            one.calls += 1
            one.unreadable += page.unreadable
            new = await asyncio.to_thread(note_posts, self.ctx, one.account.id, page.videos)
            is_stuck = page.more and not 0 < page.cursor < (one.cursor or NEVER)
            one.unreadable += is_stuck
            if not page.more or is_stuck or (not one.is_sweep and not new):
                one.is_done = True
                return
            one.cursor = page.cursor

    # --- messages ---

    async def _read_messages(self, one: _Look) -> None:
        account, watch = one.account, one.watch
        floor = await asyncio.to_thread(
            self.ctx.store.read, lambda q: read_back.floor_of(q, account.id, watch.sure_until)
        )
        talk = read_back.Talk(account=account, floor=floor, reached=one.cursor, newest_at=one.newest_at)
        try:
            await read_back.read(self.ctx, talk, most=self._rules.calls_in_a_look)
        finally:
            one.cursor, one.newest_at, one.calls = talk.reached, talk.newest_at, talk.calls
            one.unreadable, one.beyond, one.is_done = talk.unreadable, talk.beyond, talk.is_done

    # --- the comments of a post ---

    async def _read_post(self, one: _Look) -> None:
        account, watch = one.account, one.watch
        platform = self.ctx.platforms[account.connector]
        is_whole = watch.cursor == 0
        floor = watch.sure_until - self._rules.overlap_minutes * MINUTE
        seen = 0
        while one.calls < self._rules.calls_in_a_look:
            asked_at = self.ctx.clock.now()
            page = await platform.comment_page(
                account, watch.video_id, cursor=one.cursor, replies=one.is_sweep
            )
            one.calls += 1
            replies = await self._further_replies(one, page) if one.is_sweep else []
            await self._take(one, [*page.comments, *replies], asked_at)
            one.unreadable += page.unreadable
            seen += len(page.comments) + page.unreadable
            is_stuck = page.more and page.cursor <= one.cursor
            in_order = is_whole and seen <= reading_rules().platform.ordered_comments
            has_met = bool(page.comments) and min(c.at for c in page.comments) < floor
            has_met = not one.is_sweep and in_order and has_met
            if not page.more or is_stuck or has_met:
                one.unreadable += is_stuck and not has_met  # there is more that cannot be asked for
                await self._look_at_planned(one)
                one.is_done = True
                return
            one.cursor = page.cursor

    async def _further_replies(self, one: _Look, page: CommentPage) -> list[ListedComment]:
        """Return the replies that a list of comments does not show by itself."""
        platform = self.ctx.platforms[one.account.connector]
        found: list[ListedComment] = []
        for comment in page.comments:
            if comment.replies is not None and comment.replies <= len(comment.listed_replies):
                continue  # a count that is absent is no zero
            cursor, more = 0, True
            while more:
                replies = await platform.reply_page(
                    one.account, one.watch.video_id, comment.id, cursor=cursor
                )
                one.calls += 1
                one.unreadable += replies.unreadable
                found += replies.comments
                more = replies.more and replies.cursor > cursor
                cursor = replies.cursor
        return found

    async def _look_at_planned(self, one: _Look) -> None:
        """Look for the comments that something planned is about: what is gone must not be answered."""
        account, video_id = one.account, one.watch.video_id
        planned = await asyncio.to_thread(self.ctx.store.read, lambda q: q.acts_waiting(account.id, video_id))
        waiting = [target for target in planned if not is_ours(target)]
        most = reading_rules().platform.ids_in_a_call
        for start in range(0, len(waiting), most):
            part = waiting[start : start + most]
            asked_at = self.ctx.clock.now()
            page = await self.ctx.platforms[account.connector].comments_by_id(account, video_id, part)
            one.calls += 1
            there = {comment.id for comment in page.comments}
            gone = [] if page.unreadable or page.more else [ext for ext in part if ext not in there]
            await self._take(one, page.comments, asked_at, gone)

    async def _take(
        self, one: _Look, listed: Sequence[ListedComment], asked_at: int, gone: Sequence[str] = ()
    ) -> None:
        account_id, video_id = one.account.id, one.watch.video_id
        one.newest_at = max([one.newest_at, *(comment.at for comment in listed)])
        await asyncio.to_thread(
            take_listed, self.ctx, account_id, video_id, listed, asked_at=asked_at, gone=gone
        )

    # --- what is sure afterwards ---

    def _finish(self, tx: Transaction, one: _Look) -> None:
        """Note how far a look came: it is done, or goes on in its next turn."""
        now, watch = self.ctx.clock.now(), one.watch
        self._tell_beyond(tx, one, now)
        if not one.is_done:
            if one.unreadable and watch.video_id == MESSAGES:
                open_gap(tx, watch.account_id, MESSAGES, UNREADABLE, now)
            tx.change_watch(watch.account_id, watch.video_id, _progress(one) | {"next_at": now})
            return
        swept = one.begun_at if one.is_sweep else watch.swept_until
        kind, next_at = self._next(one, swept, now)
        tx.change_watch(
            watch.account_id, watch.video_id,
            {
                "cursor": 0, "begun_at": 0, "failures": 0, "newest_at": one.newest_at,
                "sure_until": _sure_until(one), "swept_until": swept, "kind": kind, "next_at": next_at,
            },
        )  # fmt: skip
        filled = [MISSING, COMMENTS, *([EVERYTHING] if one.is_sweep else [])]
        if one.unreadable:
            open_gap(tx, watch.account_id, watch.video_id, UNREADABLE, now)
        elif one.is_sweep and not (watch.begun_at and watch.video_id == MESSAGES):
            filled.append(UNREADABLE)  # of messages only a look that came to its end at once tells that
        tx.close_gaps(watch.account_id, watch.video_id, filled, now)
        tx.close_gaps(watch.account_id, _whole_of(watch), [CONNECTION, NOT_ALLOWED], now)
        if watch.video_id == MESSAGES:
            read_back.close_beyond(tx, watch.account_id, now)

    def _next(self, one: _Look, swept: int, now: int) -> tuple[str, int]:
        """Return what the next look is and when."""
        if one.watch.video_id == MESSAGES:
            every = reading_rules().messages.every_minutes * MINUTE
            return "sweep", now + every * self.stretch // polling.ONE
        if one.watch.video_id == EVERY_POST:
            next_at = now + self._rules.listing_minutes * MINUTE * self.stretch // polling.ONE
            return "top" if swept // DAY == next_at // DAY else "sweep", next_at
        post = polling.Post(published_at=one.watch.published_at, newest_at=one.newest_at, swept_until=swept)
        next_at = now + polling.interval(self._rules, post, now, stretch=self.stretch)
        sweeps = polling.is_sweep_due(self._rules, post, next_at, stretch=self.stretch)
        return "sweep" if sweeps else "top", next_at

    def _tell_beyond(self, tx: Transaction, one: _Look, now: int) -> None:
        if one.beyond:
            open_gap(tx, one.watch.account_id, one.watch.video_id, read_back.BEYOND, now)

    def _failed(self, tx: Transaction, one: _Look, error: ReadFailedError) -> None:
        """Note why a look broke off, and when it is tried again."""
        now, watch = self.ctx.clock.now(), one.watch
        self._tell_beyond(tx, one, now)
        if error.kind == "wait":
            self._refused.add(watch.account_id)
            changes = _progress(one) | {"next_at": now + max(error.wait_ms, SECOND)}
            tx.change_watch(watch.account_id, watch.video_id, changes)
        elif error.kind == "absent" and watch.video_id not in NO_POST:
            gone = {"next_at": NEVER, "sure_until": NEVER, "swept_until": NEVER}
            tx.change_watch(watch.account_id, watch.video_id, gone)
            tx.close_gaps(watch.account_id, watch.video_id, [MISSING, COMMENTS, EVERYTHING, UNREADABLE], now)
        elif error.kind in ("reauthorise", "capability"):
            why = CONNECTION if error.kind == "reauthorise" else NOT_ALLOWED
            self._put_off(tx, watch, why, HOUR)
        else:
            again = now + polling.after_failure(self._rules, watch.failures)
            changes = {"cursor": 0, "begun_at": 0, "failures": watch.failures + 1, "next_at": again}
            tx.change_watch(watch.account_id, watch.video_id, changes)
            why = EVERYTHING if one.is_sweep else COMMENTS
            open_gap(tx, watch.account_id, watch.video_id, why, now)

    def _put_off(self, tx: Transaction, watch: Watch, why: str, span: int) -> None:
        """Nothing of the account can be read now: one gap says so for all its posts, one for its messages."""
        now = self.ctx.clock.now()
        changes = {"cursor": 0, "begun_at": 0, "next_at": now + span}
        tx.change_watch(watch.account_id, watch.video_id, changes)
        open_gap(tx, watch.account_id, _whole_of(watch), why, now)

    async def _watch_messages(self, connected: dict[int, Account], now: int) -> None:
        """Watch the conversations of accounts whose messages are open, and let go of those that were closed."""

        def changed(q: Queries) -> list[tuple[Account, bool]]:
            found = []
            for one in connected.values():
                is_open, is_watched = read_back.is_open(q, one), q.watch(one.id, MESSAGES) is not None
                if is_open != is_watched:
                    found.append((one, is_open))
            return found

        for account, is_open in await asyncio.to_thread(self.ctx.store.read, changed):
            work = begin_messages if is_open else end_messages
            await self._write(lambda tx, work=work, account=account: work(tx, account.id, now))  # type: ignore[misc]  # bound at once

    async def _begin_new(self, connected: dict[int, Account], now: int) -> None:
        """Start reading accounts that were connected since."""
        unread = await asyncio.to_thread(
            self.ctx.store.read, lambda q: [one for one in connected if not since_of(q, one)]
        )
        for account_id in unread:
            await self._write(lambda tx, account_id=account_id: begin(tx, account_id, now))  # type: ignore[misc]  # bound at once

    async def _write(self, work: Callable[[Transaction], T]) -> T:
        return await asyncio.wrap_future(self.ctx.store.submit(work))


def begin(tx: Transaction, account_id: int, now: int) -> None:
    """Start reading an account: from now on it is known what webhooks missed."""
    tx.put_setting(SINCE, str(now), now, account_id=account_id)
    tx.add_watches([_watch(account_id, EVERY_POST, now, now)])


def begin_messages(tx: Transaction, account_id: int, now: int) -> None:
    """Watch an account's conversations."""
    tx.add_watches([_watch(account_id, MESSAGES, now, now)])


def end_messages(tx: Transaction, account_id: int, now: int) -> None:
    """Messages are closed to us: nothing is read, so nothing is missing here."""
    tx.drop_watch(account_id, MESSAGES)
    whys = [MISSING, COMMENTS, EVERYTHING, UNREADABLE, CONNECTION, NOT_ALLOWED, read_back.BEYOND]
    tx.close_gaps(account_id, MESSAGES, whys, now)


def _sure_until(one: _Look) -> int:
    """Return until when everything was read. A conversation that could not be read is read again with the next look."""
    if one.watch.video_id == MESSAGES and one.unreadable:
        return max(one.watch.sure_until, one.begun_at - reading_rules().messages.beyond_hours * HOUR)
    return one.begun_at


def _whole_of(watch: Watch) -> str:
    """Return what a gap is about that concerns more than one post."""
    return MESSAGES if watch.video_id == MESSAGES else EVERY_POST


def note_posts(ctx: Context, account_id: int, posts: Sequence[ListedVideo]) -> int:
    """Put posts into the registry and under watch; returns how many were not watched before."""
    if not posts:
        return 0

    def work(tx: Transaction) -> int:
        now = ctx.clock.now()
        tx.add_videos(
            [
                Video(
                    id=one.id, account_id=account_id, title=one.caption[:TITLE_CHARS], video_class="unknown", campaign=""
                )
                for one in posts
            ],
            now,
        )  # fmt: skip
        return tx.add_watches([_watch(account_id, one.id, one.published_at or now, now) for one in posts])

    return ctx.store.write(work)


def look_soon(ctx: Context, account_id: int) -> int:
    """Let every post of an account be looked at in the next turns; returns how many posts that are."""

    def work(tx: Transaction) -> int:
        now = ctx.clock.now()
        due = [one for one in tx.watches(account_id) if one.next_at != NEVER]
        for one in due:
            tx.change_watch(account_id, one.video_id, {"next_at": min(one.next_at, now)})
        return sum(one.video_id not in NO_POST for one in due)

    return ctx.store.write(work)


def demand(rules: polling.LookRules, watches: list[Watch], now: int) -> int:
    """Return the calls an hour (thousandths) that an account's posts ask for, unstretched."""
    posts = [_post_of(one) for one in watches if one.video_id not in NO_POST and one.next_at != NEVER]
    listing = HOUR * polling.ONE // (rules.listing_minutes * MINUTE) if watches else 0
    if any(one.video_id == MESSAGES for one in watches):
        calls = len(read_back.KINDS) * HOUR * polling.ONE
        listing += calls // (reading_rules().messages.every_minutes * MINUTE)
    return listing + sum(polling.calls_per_hour(rules, post, now) for post in posts)


def _post_of(watch: Watch) -> polling.Post:
    return polling.Post(
        published_at=watch.published_at, newest_at=watch.newest_at, swept_until=watch.swept_until
    )


def _progress(one: _Look) -> dict[str, object]:
    """Return what a look that goes on later must remember."""
    return {
        "kind": one.watch.kind,
        "cursor": one.cursor,
        "begun_at": one.begun_at,
        "newest_at": one.newest_at,
    }


def _watch(account_id: int, video_id: str, published_at: int, now: int) -> Watch:
    return Watch(
        account_id=account_id, video_id=video_id, published_at=published_at, newest_at=0, sure_until=0, swept_until=0,
        next_at=now, kind="sweep", cursor=0, begun_at=0, failures=0,
    )  # fmt: skip


def served(q: Queries) -> tuple[dict[int, Account], dict[int, Account]]:
    """Return all accounts, and those that hold an access token."""
    accounts = {one.id: one for one in q.accounts()}
    with_token = q.has_credentials()
    return accounts, {number: one for number, one in accounts.items() if number in with_token}
