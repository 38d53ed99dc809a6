"""Captures of insights: once a day, hashed as they came, the hash sealed in the log.

The platform drops reach and watch time of quiet posts and stops all figures after a year; what was captured stays.
A figure the platform did not give is absent from the capture, never a zero.
"""

import asyncio
import hashlib
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import msgspec

from goodstanding.kernel.canonical import canonical
from goodstanding.kernel.problems import GoodstandingError
from goodstanding.kernel.timing import DAY, HOUR, SECOND
from goodstanding.usecases import connections
from goodstanding.usecases.audit import Draft, append
from goodstanding.usecases.context import Context
from goodstanding.usecases.ports import Account, Queries, Transaction
from goodstanding.usecases.ports.connections import Profile
from goodstanding.usecases.ports.feed import AccountPage, ListedVideo, ReadFailedError, Snapshot, VideoPage
from goodstanding.usecases.reading import NEVER, note_posts, served
from goodstanding.usecases.reading_rules import reading_rules

if TYPE_CHECKING:
    from goodstanding.core.capability import AccountType

T = TypeVar("T")
PROGRESS = "feed_snapshot"
"""Setting of an account: how far the captures of a day are (`Progress`)."""
REFUSED = "feed_refused"
"""Setting of an account: what its owner did not allow (`Refused`)."""
PAGE = 200


class GoneSnapshotError(GoodstandingError):
    """There is no capture with this number; field: id."""

    code = "GONE"


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far the captures of a day are."""

    day: str
    account: bool = False
    before: int = 0
    """The posts older than this are still to be captured; 0 for all."""
    done: bool = False


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """Which groups of figures the owner's grant does not cover, and when that was seen."""

    missing_scopes: tuple[str, ...]
    at: int


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """A capture, read back.

    `state`: `whole`, `changed` (the bytes are not what was hashed), `unsealed` (the log says otherwise) or `lost`.
    """

    snapshot: Snapshot
    state: Literal["whole", "changed", "unsealed", "lost"]
    body: bytes
    """The canonical bytes as stored now."""
    insights: Mapping[str, Any]


@dataclass(slots=True)
class Capturer:
    """Captures what is due, one call a step."""

    ctx: Context
    _rest: dict[int, int] = field(default_factory=dict)
    """Account -> not before, after a failure."""

    async def step(self) -> int:
        """Make one capture call for each account that is due; returns how many made progress."""
        _, connected = await asyncio.to_thread(self.ctx.store.read, served)
        progress = 0
        for account in connected.values():
            now = self.ctx.clock.now()
            if self._rest.get(account.id, 0) > now:
                continue
            state = await asyncio.to_thread(self.ctx.store.read, lambda q, a=account: due(self.ctx, q, a.id))
            if state is None:
                self._rest[account.id] = now + HOUR // 6
                continue
            try:
                await self._capture(account, state)
                progress += 1
            except ReadFailedError as error:
                self._rest[account.id] = now + (max(error.wait_ms, SECOND) if error.kind == "wait" else HOUR)
        return progress

    async def _capture(self, account: Account, state: Progress) -> None:
        platform = self.ctx.platforms[account.connector]
        if not state.account:
            since, until = await asyncio.to_thread(
                self.ctx.store.read, lambda q: _days(self.ctx, q, account.id)
            )
            page = await platform.account_page(account, since=since, until=until)
            await self._write(lambda tx: keep_account(self.ctx, tx, account, page, (since, until), state))
            return
        posts = await platform.video_page(account, before=state.before or None, insights=True)
        await asyncio.to_thread(note_posts, self.ctx, account.id, posts.videos)
        await self._write(lambda tx: keep_posts(self.ctx, tx, account, posts, state))

    async def _write(self, work: Callable[[Transaction], T]) -> T:
        return await asyncio.wrap_future(self.ctx.store.submit(work))


def due(ctx: Context, q: Queries, account_id: int) -> Progress | None:
    """Return how far today's captures are, or None when there is nothing to capture now."""
    now = ctx.clock.now()
    kept = q.setting(PROGRESS, account_id=account_id)
    state = msgspec.json.decode(kept, type=Progress) if kept else None
    today = _day(now)
    if state is not None and state.day == today:
        return None if state.done else state
    if state is not None and state.done and now % DAY < reading_rules().snapshots.hour_utc * HOUR:
        return None
    return Progress(day=today)


def keep_account(
    ctx: Context,
    tx: Transaction,
    account: Account,
    page: AccountPage,
    days: tuple[str, str],
    state: Progress,
) -> None:
    """Keep an account's figures, and what its profile says of its kind."""
    body = {"since": days[0], "until": days[1], "insights": page.insights}
    now = ctx.clock.now()
    refused = Refused(missing_scopes=page.missing_scopes, at=now)
    tx.put_setting(REFUSED, msgspec.json.encode(refused).decode(), now, account_id=account.id)
    _put(tx, account.id, msgspec.structs.replace(state, account=True), now)
    stored = next(one for one in tx.accounts() if one.id == account.id)
    connections.learn_in(ctx, tx, stored, _profile(page), who=("platform", account.connector))
    _keep(ctx, tx, account.id, "account", [(account.external_id, body)], state.day)


def keep_posts(ctx: Context, tx: Transaction, account: Account, page: VideoPage, state: Progress) -> None:
    """Keep a page of posts' figures and note how far the day is."""
    now = ctx.clock.now()
    oldest = now - reading_rules().snapshots.video_days * DAY
    young = [one for one in page.videos if one.published_at is None or one.published_at >= oldest]
    is_stuck = not 0 < page.cursor < (state.before or NEVER)
    done = not page.more or is_stuck or (bool(page.videos) and not young)
    after = msgspec.structs.replace(state, before=page.cursor, done=done)
    _put(tx, account.id, after, now)
    before = refused_of(tx, account.id)
    known = before.missing_scopes if before else ()
    if new := tuple(one for one in page.missing_scopes if one not in known):
        refused = Refused(missing_scopes=(*known, *new), at=now)
        tx.put_setting(REFUSED, msgspec.json.encode(refused).decode(), now, account_id=account.id)
    if young:
        _keep(ctx, tx, account.id, "video", [(one.id, _post(one)) for one in young], state.day)


def refused_of(q: Queries, account_id: int) -> Refused | None:
    """Return which figures could not be read at the last capture."""
    kept = q.setting(REFUSED, account_id=account_id)
    return msgspec.json.decode(kept, type=Refused) if kept else None


def read_back(q: Queries, snapshot_id: int) -> Checked:
    """Read a capture and compute its hash again; raises `GoneSnapshotError`."""
    found = q.snapshot(snapshot_id)
    if found is None:
        raise GoneSnapshotError(id=snapshot_id)
    return check(q, found)


def check(q: Queries, snapshot: Snapshot) -> Checked:
    """Compare a capture with its hash, and its hash with the sealed entry."""
    packed = q.snapshot_body(snapshot.account_id, snapshot.digest)
    if packed is None:
        return Checked(snapshot=snapshot, state="lost", body=b"", insights={})
    try:
        body = zlib.decompress(packed)
    except zlib.error:
        return Checked(snapshot=snapshot, state="changed", body=packed, insights={})
    if hashlib.sha256(body).digest() != snapshot.digest:
        return Checked(snapshot=snapshot, state="changed", body=body, insights={})
    state: Literal["whole", "unsealed"] = "whole" if _is_sealed(q, snapshot) else "unsealed"
    insights = msgspec.json.decode(body)["insights"]
    return Checked(snapshot=snapshot, state=state, body=body, insights=insights)


def every(q: Queries, account_id: int, *, kind: str = "", subject: str = "") -> Iterator[Checked]:
    """Yield all captures of an account, newest first, each checked."""
    before = 0
    while rows := q.snapshots(account_id, kind=kind, subject=subject, before=before, limit=PAGE):
        for row in rows:
            yield check(q, row)
        before = rows[-1].id


def _profile(page: AccountPage) -> Profile:
    """Return what a page says of the account's kind; what it leaves out stays as it is known."""
    kind: AccountType | None = None
    if page.business is not None:
        kind = "business" if page.business else "personal"
    return Profile(
        handle=page.handle,
        name=page.name,
        account_type=kind,
        verified=page.verified,
        followers=page.followers,
    )


def _post(one: ListedVideo) -> dict[str, Any]:
    return {"insights": one.insights}


def _keep(
    ctx: Context,
    tx: Transaction,
    account_id: int,
    kind: Literal["account", "video"],
    captures: Sequence[tuple[str, Mapping[str, Any]]],
    day: str,
) -> None:
    """Hash, seal and keep captures."""
    now = ctx.clock.now()
    first = tx.ids("snapshot", len(captures))
    bodies = [canonical({"kind": kind, "subject": subject, **body}) for subject, body in captures]
    digests = [hashlib.sha256(body).digest() for body in bodies]
    seq = append(
        ctx, tx,
        [
            Draft(
                account_id=account_id, kind="event", at=now, actor=("platform", "tiktok"),
                body={
                    "action": "snapshot", "kind": kind, "day": day,
                    "digests": {subject: digest.hex() for (subject, _), digest in zip(captures, digests, strict=True)},
                },
            )
        ],
    )  # fmt: skip
    rows = [
        Snapshot(
            id=number, account_id=account_id, kind=kind, subject=subject, day=day, taken_at=now, digest=digest, seq=seq
        )
        for number, (subject, _), digest in zip(range(first, first + len(captures)), captures, digests, strict=True)
    ]  # fmt: skip
    tx.add_snapshots(
        rows, {digest: zlib.compress(body, 9) for digest, body in zip(digests, bodies, strict=True)}
    )


def _is_sealed(q: Queries, snapshot: Snapshot) -> bool:
    rows = q.audit_entries(snapshot.seq, snapshot.seq + 1)
    if not rows:
        return False
    body = msgspec.json.decode(rows[0].body).get("body", {})
    sealed = body.get("digests", {}).get(snapshot.subject)
    return bool(sealed == snapshot.digest.hex() and body.get("day") == snapshot.day)


def _put(tx: Transaction, account_id: int, state: Progress, now: int) -> None:
    tx.put_setting(PROGRESS, msgspec.json.encode(state).decode(), now, account_id=account_id)


def _days(ctx: Context, q: Queries, account_id: int) -> tuple[str, str]:
    """Return the first and last day to ask for: all there are at first, then the last days again."""
    rules, now = reading_rules().snapshots, ctx.clock.now()
    had = q.snapshots(account_id, kind="account", limit=1)
    span = rules.account_days_daily if had else rules.account_days
    today = datetime.fromtimestamp(now / SECOND, UTC).date()
    return (today - timedelta(days=span - 1)).isoformat(), (today - timedelta(days=1)).isoformat()


def _day(now: int) -> str:
    return datetime.fromtimestamp(now / SECOND, UTC).date().isoformat()
