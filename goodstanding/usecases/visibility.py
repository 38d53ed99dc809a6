"""Whether our replies are seen: the platform hides near-identical ones without a word, and never says so.

A reply is expected to be told as public. When that does not come within the dated time, it is read back; a hidden one
is a sign that the platform takes us for spam: it is counted, sealed, and the account's sending is frozen until a
person lifts it.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from goodstanding.kernel.timing import HOUR, MINUTE
from goodstanding.usecases import incidents
from goodstanding.usecases.audit import Draft, append
from goodstanding.usecases.context import SYSTEM, Context
from goodstanding.usecases.ports import Account, Transaction
from goodstanding.usecases.ports.feed import ListedComment, ReadFailedError, ReplyWatch
from goodstanding.usecases.reading import served
from goodstanding.usecases.reading_rules import VisibilityRules, reading_rules
from goodstanding.usecases.reconcile import since_of

T = TypeVar("T")
LIMIT = 200
"""Replies looked at in one step, for each account."""
SPAM_FLAG = "SPAM_FLAG"
"""Why an account is frozen: a reply was hidden."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visibility:
    """Looks after the replies of all accounts."""

    ctx: Context

    async def step(self) -> int:
        """Watch what was sent and judge what is due; returns how many replies were judged."""
        _, connected = await asyncio.to_thread(self.ctx.store.read, served)
        judged = 0
        for account in connected.values():
            await self._write(lambda tx, account=account: self._watch(tx, account))  # type: ignore[misc]  # bound at once
            judged += await self._judge_due(account)
        return judged

    def _watch(self, tx: Transaction, account: Account) -> None:
        """Watch the replies that were sent since the account is read."""
        rules = reading_rules().visibility
        begun = since_of(tx, account.id)
        if not begun:
            return
        since = max(begun, self.ctx.clock.now() - rules.look_back_hours * HOUR)
        sent = tx.replies_to_watch(account.id, since=since, limit=LIMIT)
        wait = rules.wait_minutes * MINUTE
        tx.add_reply_watches([msgspec.structs.replace(one, due_at=one.sent_at + wait) for one in sent])

    async def _judge_due(self, account: Account) -> int:
        now = self.ctx.clock.now()
        due = await asyncio.to_thread(
            self.ctx.store.read, lambda q: q.reply_watches_due(account.id, now, LIMIT)
        )
        told = await asyncio.to_thread(
            self.ctx.store.read,
            lambda q: q.known_events(account.id, account.connector, [one.provider_ref for one in due]),
        )
        seen = [one for one in due if is_told_public(told, one.provider_ref)]
        await self._write(lambda tx: _settle(tx, seen, "seen", now))
        by_video: dict[str, list[ReplyWatch]] = defaultdict(list)
        for one in due:
            if one not in seen:
                by_video[one.video_id].append(one)
        most = reading_rules().platform.ids_in_a_call
        for video_id, rows in by_video.items():
            for start in range(0, len(rows), most):
                part = rows[start : start + most]
                found = await self._look(account, video_id, part)
                if found is not None:
                    await self._write(lambda tx, p=part, f=found: judge(self.ctx, tx, account, p, f))  # type: ignore[misc]  # bound at once
        return len(due)

    async def _look(
        self, account: Account, video_id: str, rows: Sequence[ReplyWatch]
    ) -> dict[str, ListedComment] | None:
        """Return those of our replies that are listed, or None when that cannot be told now."""
        ids = [one.provider_ref for one in rows]
        try:
            page = await self.ctx.platforms[account.connector].comments_by_id(account, video_id, ids)
        except ReadFailedError:
            return None
        return None if page.unreadable else {one.id: one for one in page.comments}

    async def _write(self, work: Callable[[Transaction], T]) -> T:
        return await asyncio.wrap_future(self.ctx.store.submit(work))


def is_told_public(told: Mapping[tuple[str, str], int], provider_ref: str) -> bool:
    """Tell whether the platform's last word on a comment is that it is public."""
    last, is_public = -1, False
    for ext, action in told:
        name, _, stamp = action.partition("@")
        if ext == provider_ref and stamp and int(stamp) > last:
            last, is_public = int(stamp), name == "public"
    return is_public


def judge(
    ctx: Context,
    tx: Transaction,
    account: Account,
    rows: Sequence[ReplyWatch],
    found: Mapping[str, ListedComment],
) -> None:
    """Settle what a look at our replies showed; a hidden one is sealed and may freeze the account."""
    now, rules = ctx.clock.now(), reading_rules().visibility
    hidden = [one for one in rows if (listed := found.get(one.provider_ref)) is not None and listed.hidden]
    visible = [one for one in rows if one.provider_ref in found and one not in hidden]
    _settle(tx, visible, "seen", now)
    _settle(tx, hidden, "hidden", now)
    for one in rows:
        if one.provider_ref in found:
            continue
        if now - one.sent_at >= rules.give_up_hours * HOUR:
            _settle(tx, [one], "gone", now)
        else:
            again = {"looked_at": now, "due_at": now + rules.again_minutes * MINUTE}
            tx.change_reply_watch(account.id, one.outgoing_id, again)
    if hidden:
        _flag(ctx, tx, account, hidden, rules)


def _flag(
    ctx: Context, tx: Transaction, account: Account, hidden: Sequence[ReplyWatch], rules: VisibilityRules
) -> None:
    now = ctx.clock.now()
    flags = tx.spam_flags(account.id, now - rules.flag_window_hours * HOUR)
    drafts = [
        Draft(
            account_id=account.id, kind="event", at=now, actor=("platform", account.connector), event_id=one.event_id,
            refs={"event": one.event_id, "outgoing": one.outgoing_id}, body={"action": "shadow_hidden", "flags": flags},
        )
        for one in hidden
    ]  # fmt: skip
    append(ctx, tx, drafts)
    stopped = any(
        one.scope == "everything" and one.account_id in (0, account.id)
        for one in tx.freezes(active_only=True)
    )
    if flags >= rules.flags_to_trip and not stopped:
        incidents.freeze_in(ctx, tx, reason=SPAM_FLAG, who=SYSTEM, account_id=account.id)


def _settle(tx: Transaction, rows: Sequence[ReplyWatch], state: str, now: int) -> None:
    for one in rows:
        tx.change_reply_watch(one.account_id, one.outgoing_id, {"state": state, "looked_at": now})
