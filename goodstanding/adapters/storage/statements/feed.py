"""The statements of reading an account: watches, gaps, what was found late, own replies, captures."""

from collections.abc import Mapping, Sequence
from typing import Literal, cast

from goodstanding.adapters.storage.statements.base import Base, Row
from goodstanding.kernel.timing import DAY
from goodstanding.usecases.ports.feed import (
    MESSAGES,
    Gap,
    GapFigures,
    Heard,
    Late,
    ReplyWatch,
    Snapshot,
    Watch,
)

_WATCH = "account_id, video_id, published_at, newest_at, sure_until, swept_until, next_at, kind, cursor, begun_at, failures"
_GAP = "id, account_id, video_id, why, opened_at, closed_at, found"
_LATE = "account_id, external_id, video_id, happened_at, found_at, came_at"
_REPLY = "account_id, outgoing_id, event_id, video_id, provider_ref, sent_at, due_at, state, looked_at"
_SNAPSHOT = "id, account_id, kind, subject, day, taken_at, digest, seq"
_OWNER = "workspace_id = ? AND account_id = ?"


def _watch(r: Row) -> Watch:
    return Watch(
        account_id=r[0], video_id=r[1], published_at=r[2], newest_at=r[3], sure_until=r[4], swept_until=r[5], next_at=r[6],
        kind=r[7], cursor=r[8], begun_at=r[9], failures=r[10],
    )  # fmt: skip


def _gap(r: Row) -> Gap:
    return Gap(id=r[0], account_id=r[1], video_id=r[2], why=r[3], opened_at=r[4], closed_at=r[5], found=r[6])


def _late(r: Row) -> Late:
    return Late(
        account_id=r[0], external_id=r[1], video_id=r[2], happened_at=r[3], found_at=r[4], came_at=r[5]
    )


def _reply(r: Row) -> ReplyWatch:
    return ReplyWatch(
        account_id=r[0], outgoing_id=r[1], event_id=r[2], video_id=r[3], provider_ref=r[4], sent_at=r[5], due_at=r[6],
        state=r[7], looked_at=r[8],
    )  # fmt: skip


def _snapshot(r: Row) -> Snapshot:
    return Snapshot(
        id=r[0], account_id=r[1], kind=cast("Literal['account', 'video']", r[2]), subject=r[3], day=r[4], taken_at=r[5],
        digest=bytes(r[6]), seq=r[7],
    )  # fmt: skip


class FeedStatements(Base):
    """What is watched and what was found."""

    def has_credentials(self) -> set[int]:
        rows = self._all(
            "SELECT account_id FROM account WHERE workspace_id = ? AND credentials IS NOT NULL",
            (self.workspace_id,),
        )
        return {r[0] for r in rows}

    def watches(self, account_id: int) -> list[Watch]:
        sql = f"SELECT {_WATCH} FROM video_watch WHERE {_OWNER} ORDER BY published_at DESC, video_id"
        return [_watch(r) for r in self._all(sql, (self.workspace_id, account_id))]

    def watch(self, account_id: int, video_id: str) -> Watch | None:
        sql = f"SELECT {_WATCH} FROM video_watch WHERE {_OWNER} AND video_id = ?"
        row = self._one(sql, (self.workspace_id, account_id, video_id))
        return None if row is None else _watch(row)

    def watches_due(self, now: int, limit: int) -> list[Watch]:
        sql = f"SELECT {_WATCH} FROM video_watch WHERE workspace_id = ? AND next_at <= ? ORDER BY next_at LIMIT ?"
        return [_watch(r) for r in self._all(sql, (self.workspace_id, now, limit))]

    def gaps(self, account_id: int, *, limit: int) -> list[Gap]:
        owner = (self.workspace_id, account_id)
        open_ = f"SELECT {_GAP} FROM feed_gap WHERE {_OWNER} AND closed_at IS NULL ORDER BY opened_at LIMIT ?"
        closed = f"SELECT {_GAP} FROM feed_gap WHERE {_OWNER} AND closed_at IS NOT NULL ORDER BY opened_at DESC LIMIT ?"
        found = [_gap(r) for r in self._all(open_, (*owner, limit))]
        rest = limit - len(found)
        return found + ([_gap(r) for r in self._all(closed, (*owner, rest))] if rest > 0 else [])

    def lates(self, account_id: int, *, limit: int) -> list[Late]:
        sql = f"SELECT {_LATE} FROM feed_late WHERE {_OWNER} ORDER BY found_at DESC, external_id LIMIT ?"
        return [_late(r) for r in self._all(sql, (self.workspace_id, account_id, limit))]

    def gap_figures(
        self, account_id: int, *, given_up: int, grace: int, of: Heard = "comments"
    ) -> GapFigures:
        sort = "=" if of == "messages" else "<>"
        account = (self.workspace_id, account_id)
        owner = (*account, MESSAGES)
        gaps = self._row(
            "SELECT count(*), min(opened_at) FROM feed_gap"
            f" WHERE {_OWNER} AND video_id {sort} ? AND closed_at IS NULL",
            owner,
        )
        first = self._row(
            "SELECT count(*), coalesce(sum(CASE WHEN found_at - happened_at > ? THEN 1 ELSE 0 END), 0),"
            " coalesce(sum(CASE WHEN came_at IS NOT NULL THEN 1 ELSE 0 END), 0),"
            " coalesce(sum(CASE WHEN came_at IS NULL AND found_at < ? THEN 1 ELSE 0 END), 0)"
            f" FROM feed_late WHERE {_OWNER} AND video_id {sort} ?",
            (grace, given_up, *owner),
        )
        counted = "messages" if of == "messages" else "count"
        twice = self._row(f"SELECT coalesce(sum({counted}), 0) FROM feed_duplicate WHERE {_OWNER}", account)
        sure = self._row(
            "SELECT coalesce(sum(CASE WHEN video_id <> '' THEN 1 ELSE 0 END), 0),"
            " min(sure_until), min(CASE WHEN video_id = '' THEN sure_until ELSE swept_until END)"
            f" FROM video_watch WHERE {_OWNER} AND video_id {sort} ?",
            owner,
        )
        return GapFigures(
            open=gaps[0],
            oldest_open=gaps[1],
            found_first=first[0],
            found_late=int(first[1]),
            came_after=int(first[2]),
            never_came=int(first[3]),
            waiting=first[0] - int(first[2]) - int(first[3]),
            duplicates=int(twice[0]),
            sure_until=sure[1] or None,
            replies_sure_until=sure[2] or None,
            watched=int(sure[0]),
        )

    def _row(self, sql: str, params: Sequence[object]) -> Row:
        row = self._one(sql, params)
        assert row is not None  # an aggregate always gives a row
        return row

    def acts_waiting(self, account_id: int, video_id: str) -> list[str]:
        rows = self._all(
            "SELECT DISTINCT target_id FROM outgoing WHERE workspace_id = ? AND account_id = ?"
            " AND state = 'planned' AND state IN ('planned','sending','unknown') AND video_id = ?",
            (self.workspace_id, account_id, video_id),
        )
        return [r[0] for r in rows]

    def replies_to_watch(self, account_id: int, *, since: int, limit: int) -> list[ReplyWatch]:
        rows = self._all(
            "SELECT o.account_id, o.id, o.event_id, o.video_id, o.provider_ref, o.attempt_at, 0, 'waiting', NULL"
            " FROM outgoing o WHERE o.workspace_id = ? AND o.account_id = ? AND o.attempt_at > ? AND o.act = 'reply'"
            " AND o.state = 'sent' AND o.provider_ref <> '' AND NOT EXISTS (SELECT 1 FROM reply_watch r"
            " WHERE r.workspace_id = o.workspace_id AND r.account_id = o.account_id AND r.outgoing_id = o.id)"
            " ORDER BY o.attempt_at LIMIT ?",
            (self.workspace_id, account_id, since, limit),
        )
        return [_reply(r) for r in rows]

    def reply_watches_due(self, account_id: int, now: int, limit: int) -> list[ReplyWatch]:
        sql = (
            f"SELECT {_REPLY} FROM reply_watch WHERE {_OWNER} AND state = 'waiting' AND due_at <= ?"
            " ORDER BY due_at LIMIT ?"
        )
        return [_reply(r) for r in self._all(sql, (self.workspace_id, account_id, now, limit))]

    def spam_flags(self, account_id: int, since: int) -> int:
        sql = f"SELECT count(*) FROM reply_watch WHERE {_OWNER} AND state = 'hidden' AND sent_at > ?"
        return int(self._row(sql, (self.workspace_id, account_id, since))[0])

    def reply_watches(self, account_id: int, *, state: str, limit: int) -> list[ReplyWatch]:
        sql = f"SELECT {_REPLY} FROM reply_watch WHERE {_OWNER} AND state = ? ORDER BY sent_at DESC LIMIT ?"
        return [_reply(r) for r in self._all(sql, (self.workspace_id, account_id, state, limit))]

    def snapshots(
        self, account_id: int, *, kind: str = "", subject: str = "", before: int = 0, limit: int
    ) -> list[Snapshot]:
        where, params = [_OWNER], [self.workspace_id, account_id]
        for condition, value in (("kind = ?", kind), ("subject = ?", subject), ("id < ?", before)):
            if value:
                where.append(condition)
                params.append(value)  # type: ignore[arg-type]  # numbers and words alike
        sql = f"SELECT {_SNAPSHOT} FROM snapshot WHERE {' AND '.join(where)} ORDER BY id DESC LIMIT ?"
        return [_snapshot(r) for r in self._all(sql, (*params, limit))]

    def snapshot(self, snapshot_id: int) -> Snapshot | None:
        sql = f"SELECT {_SNAPSHOT} FROM snapshot WHERE workspace_id = ? AND id = ?"
        row = self._one(sql, (self.workspace_id, snapshot_id))
        return None if row is None else _snapshot(row)

    def snapshot_body(self, account_id: int, digest: bytes) -> bytes | None:
        sql = f"SELECT body FROM snapshot_body WHERE {_OWNER} AND digest = ?"
        row = self._one(sql, (self.workspace_id, account_id, digest))
        return None if row is None else bytes(row[0])

    def snapshot_days(self, account_id: int) -> dict[tuple[str, str], str]:
        sql = f"SELECT kind, subject, max(day) FROM snapshot WHERE {_OWNER} GROUP BY kind, subject"
        return {(r[0], r[1]): r[2] for r in self._all(sql, (self.workspace_id, account_id))}

    # --- changes ---

    def take_turn(self, name: str, owner: str, *, now: int, until: int) -> bool:
        self._insert(
            "feed_turn", "account_id, name, owner, until", [(0, name, "", 0)],
            "ON CONFLICT (workspace_id, account_id, name) DO NOTHING",
        )  # fmt: skip
        where = "account_id = 0 AND name = ? AND (owner = ? OR until < ?)"
        return self._change("feed_turn", {"owner": owner, "until": until}, where, (name, owner, now)) == 1

    def add_watches(self, rows: Sequence[Watch]) -> int:
        values = [
            (
                w.account_id, w.video_id, w.published_at, w.newest_at, w.sure_until, w.swept_until, w.next_at, w.kind, w.cursor,
                w.begun_at, w.failures,
            )
            for w in rows
        ]  # fmt: skip
        return self._insert(
            "video_watch", _WATCH, values, "ON CONFLICT (workspace_id, account_id, video_id) DO NOTHING"
        )

    def change_watch(self, account_id: int, video_id: str, changes: Mapping[str, object]) -> None:
        self._change("video_watch", changes, "account_id = ? AND video_id = ?", (account_id, video_id))

    def drop_watch(self, account_id: int, video_id: str) -> None:
        self._run(
            f"DELETE FROM video_watch WHERE {_OWNER} AND video_id = ?",
            (self.workspace_id, account_id, video_id),
        )

    def open_gap(self, row: Gap) -> None:
        values = (row.id, row.account_id, row.video_id, row.why, row.opened_at, row.closed_at, row.found)
        tail = (
            "ON CONFLICT (workspace_id, account_id, video_id, why) WHERE closed_at IS NULL"
            " DO UPDATE SET found = feed_gap.found + excluded.found"
        )
        self._insert("feed_gap", _GAP, [values], tail)

    def close_gaps(self, account_id: int, video_id: str, whys: Sequence[str], at: int) -> int:
        among, param = self._among("why", whys)
        where = f"account_id = ? AND video_id = ? AND closed_at IS NULL AND {among}"
        return self._change("feed_gap", {"closed_at": at}, where, (account_id, video_id, param))

    def add_lates(self, rows: Sequence[Late]) -> None:
        self._insert(
            "feed_late", _LATE,
            [(r.account_id, r.external_id, r.video_id, r.happened_at, r.found_at, r.came_at) for r in rows],
            "ON CONFLICT (workspace_id, account_id, external_id) DO NOTHING",
        )  # fmt: skip

    def mark_came(self, account_id: int, external_ids: Sequence[str], at: int) -> int:
        where, param = self._among("external_id", external_ids)
        condition = f"account_id = ? AND came_at IS NULL AND {where}"
        return self._change("feed_late", {"came_at": at}, condition, (account_id, param))

    def count_duplicates(self, account_id: int, count: int, at: int, *, of: Heard = "comments") -> None:
        row = (account_id, at // DAY, *((0, count) if of == "messages" else (count, 0)))
        self._insert(
            "feed_duplicate", "account_id, day, count, messages", [row],
            "ON CONFLICT (workspace_id, account_id, day) DO UPDATE SET count = feed_duplicate.count + excluded.count,"
            " messages = feed_duplicate.messages + excluded.messages",
        )  # fmt: skip

    def kept_deliveries(self, first: int, count: int) -> set[int]:
        sql = "SELECT id FROM delivery WHERE workspace_id = ? AND id >= ? AND id < ?"
        return {r[0] for r in self._all(sql, (self.workspace_id, first, first + count))}

    def add_reply_watches(self, rows: Sequence[ReplyWatch]) -> None:
        values = [
            (
                r.account_id, r.outgoing_id, r.event_id, r.video_id, r.provider_ref, r.sent_at, r.due_at, r.state,
                r.looked_at,
            )
            for r in rows
        ]  # fmt: skip
        self._insert(
            "reply_watch", _REPLY, values, "ON CONFLICT (workspace_id, account_id, outgoing_id) DO NOTHING"
        )

    def change_reply_watch(self, account_id: int, outgoing_id: int, changes: Mapping[str, object]) -> None:
        self._change("reply_watch", changes, "account_id = ? AND outgoing_id = ?", (account_id, outgoing_id))

    def add_snapshots(self, rows: Sequence[Snapshot], bodies: Mapping[bytes, bytes]) -> None:
        account = {row.digest: row.account_id for row in rows}
        self._insert(
            "snapshot_body", "account_id, digest, body",
            [(account[digest], digest, body) for digest, body in bodies.items()],
            "ON CONFLICT (workspace_id, account_id, digest) DO NOTHING",
        )  # fmt: skip
        self._insert(
            "snapshot", _SNAPSHOT,
            [(s.id, s.account_id, s.kind, s.subject, s.day, s.taken_at, s.digest, s.seq) for s in rows],
            "ON CONFLICT (workspace_id, account_id, kind, subject, day) DO NOTHING",
        )  # fmt: skip
