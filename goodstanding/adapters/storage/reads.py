"""Queries of the pages, for both databases. Each touches a bounded number of rows through an index."""
# ruff: noqa: S608, SLF001 - names are ours; the statements are the siblings' own; the port says what is promised

from collections.abc import Sequence
from typing import cast

from goodstanding.adapters.storage.statements import Row, Statements
from goodstanding.adapters.storage.statements.audit import _AUDIT, _audit
from goodstanding.adapters.storage.statements.base import marks
from goodstanding.adapters.storage.statements.contacts import _CONTACT, _contact
from goodstanding.adapters.storage.statements.intake import _DECISION, _EVENT, _decision, _event
from goodstanding.adapters.storage.statements.outbox import _OUTGOING, _outgoing
from goodstanding.adapters.storage.statements.review import _CASE, _case
from goodstanding.usecases.ports import AuditRow, Case, Contact, DecisionRow, Event, Outgoing, Queries
from goodstanding.usecases.reads import ProblemRow

_DUE = "state IN ('planned','sending','unknown')"
"""The condition of the partial index on what is due; a query must repeat it to use the index."""
_SPENT = "state IN ('planned','task','sending','sent','unknown')"

_IN_LANGUAGE = (
    "code = 'LANGUAGE_UNREAD' AND EXISTS (SELECT 1 FROM event e WHERE e.workspace_id = review_case.workspace_id"
    " AND e.id = review_case.event_id AND e.language = ?)"
)
_TAGGED = (
    "EXISTS (SELECT 1 FROM event_tag t WHERE t.workspace_id = review_case.workspace_id"
    " AND t.account_id = review_case.account_id AND t.event_id = review_case.event_id AND t.tag = ?)"
)


class StoredReads:
    """The port `PageReads` over the statements of either database."""

    def open_counts(self, q: Queries, most: int) -> dict[str, int]:
        s = _statements(q)
        rows = s._all(
            "SELECT queue, count(*) FROM (SELECT queue FROM review_case WHERE workspace_id = ? AND state = 'open' LIMIT ?) t"
            " GROUP BY queue",
            (s.workspace_id, most),
        )
        return {r[0]: r[1] for r in rows}

    def open_cases(
        self,
        q: Queries,
        *,
        queue: str,
        code: str,
        after: tuple[int, int],
        limit: int,
        language: str = "",
        tag: str = "",
    ) -> list[Case]:
        s = _statements(q)
        filters = (("queue = ?", queue), ("code = ?", code), (_IN_LANGUAGE, language), (_TAGGED, tag))
        only = "".join(f" AND {condition}" for condition, value in filters if value)
        extra = [value for _, value in filters if value]
        sql = (
            f"SELECT {_CASE} FROM review_case WHERE workspace_id = ? AND account_id = ? AND state = 'open'{only}"
            " AND (due_at, id) > (?, ?) ORDER BY due_at, id LIMIT ?"
        )
        found: list[Case] = []
        for account_id in _account_ids(s):
            found += [_case(r) for r in s._all(sql, (s.workspace_id, account_id, *extra, *after, limit))]
        return sorted(found, key=lambda one: (one.due_at, one.id))[:limit]

    def open_languages(self, q: Queries, most: int) -> dict[str, int]:
        s = _statements(q)
        rows = s._all(
            "SELECT e.language, count(*) FROM (SELECT workspace_id, event_id FROM review_case WHERE workspace_id = ?"
            " AND state = 'open' AND code = 'LANGUAGE_UNREAD' LIMIT ?) c CROSS JOIN event e"
            " WHERE e.workspace_id = c.workspace_id AND e.id = c.event_id GROUP BY e.language",
            (s.workspace_id, most),
        )
        return {r[0] or "und": r[1] for r in sorted(rows, key=lambda r: (-r[1], r[0]))}

    def open_tags(self, q: Queries, most: int) -> dict[str, int]:
        s = _statements(q)
        rows = s._all(
            "SELECT t.tag, count(*) FROM (SELECT workspace_id, account_id, event_id FROM review_case WHERE workspace_id = ?"
            " AND state = 'open' LIMIT ?) c CROSS JOIN event_tag t"
            " WHERE t.workspace_id = c.workspace_id AND t.account_id = c.account_id AND t.event_id = c.event_id GROUP BY t.tag",
            (s.workspace_id, most),
        )
        return {r[0]: r[1] for r in rows}

    def cases_after(self, q: Queries, case_id: int, most: int) -> int:
        s = _statements(q)
        row = s._one(
            "SELECT count(*) FROM (SELECT 1 FROM review_case WHERE workspace_id = ? AND id > ? AND state = 'open' LIMIT ?) t",
            (s.workspace_id, case_id, most),
        )
        return int(row[0]) if row else 0

    def newest_case(self, q: Queries) -> int:
        return _newest(q, "review_case")

    def cases(self, q: Queries, event_ids: Sequence[int]) -> dict[int, Case]:
        s = _statements(q)
        rows = [_case(r) for r in _by(s, "review_case", _CASE, "event_id", event_ids)]
        return {one.event_id: one for one in sorted(rows, key=lambda one: one.id)}

    def decided(self, q: Queries, *, outcome: str, before: int, limit: int) -> list[DecisionRow]:
        s = _statements(q)
        if not outcome:
            sql = f"SELECT {_DECISION} FROM decision WHERE workspace_id = ? AND event_id < ? ORDER BY event_id DESC LIMIT ?"
            return [_decision(r) for r in s._all(sql, (s.workspace_id, before, limit))]
        sql = (
            f"SELECT {_DECISION} FROM decision WHERE workspace_id = ? AND account_id = ? AND outcome = ? AND event_id < ?"
            " ORDER BY event_id DESC LIMIT ?"
        )
        found: list[DecisionRow] = []
        for account_id in _account_ids(s):
            found += [_decision(r) for r in s._all(sql, (s.workspace_id, account_id, outcome, before, limit))]
        return sorted(found, key=lambda one: -one.event_id)[:limit]

    def decisions(self, q: Queries, event_ids: Sequence[int]) -> dict[int, DecisionRow]:
        s = _statements(q)
        return {
            one.event_id: one for one in map(_decision, _by(s, "decision", _DECISION, "event_id", event_ids))
        }

    def events(self, q: Queries, ids: Sequence[int]) -> dict[int, Event]:
        return {one.id: one for one in map(_event, _by_ids(q, "event", _EVENT, ids))}

    def changes_of(self, q: Queries, event: Event) -> list[Event]:
        s = _statements(q)
        sql = (
            f"SELECT {_EVENT} FROM event WHERE workspace_id = ? AND account_id = ? AND connector = ? AND external_id = ?"
            " LIMIT 200"
        )
        rows = s._all(sql, (s.workspace_id, event.account_id, event.connector, event.external_id))
        found = [one for one in map(_event, rows) if one.id != event.id]
        return sorted(found, key=lambda one: one.id)

    def contacts(self, q: Queries, ids: Sequence[int]) -> dict[int, Contact]:
        return {one.id: one for one in map(_contact, _by_ids(q, "contact", _CONTACT, ids))}

    def outgoing(self, q: Queries, ids: Sequence[int]) -> dict[int, Outgoing]:
        return {one.id: one for one in map(_outgoing, _by_ids(q, "outgoing", _OUTGOING, ids))}

    def outgoing_of(self, q: Queries, event: Event) -> list[Outgoing]:
        s = _statements(q)
        sql = f"SELECT {_OUTGOING} FROM outgoing WHERE workspace_id = ? AND account_id = ? AND event_id = ? ORDER BY id"
        return [_outgoing(r) for r in s._all(sql, (s.workspace_id, event.account_id, event.id))]

    def planned(self, q: Queries, limit: int) -> list[Outgoing]:
        s = _statements(q)
        sql = (
            f"SELECT {_OUTGOING} FROM outgoing WHERE workspace_id = ? AND account_id = ? AND state = 'planned' AND {_DUE}"
            " ORDER BY not_before LIMIT ?"
        )
        found: list[Outgoing] = []
        for account_id in _account_ids(s):
            found += [_outgoing(r) for r in s._all(sql, (s.workspace_id, account_id, limit))]
        return sorted(found, key=lambda one: (one.not_before, one.id))[:limit]

    def planned_count(self, q: Queries, most: int) -> int:
        s = _statements(q)
        sql = (
            "SELECT count(*) FROM (SELECT 1 FROM outgoing WHERE workspace_id = ? AND account_id = ? AND state = 'planned'"
            f" AND {_DUE} AND act IN ('reply','message') LIMIT ?) t"
        )
        return sum(int(s._all(sql, (s.workspace_id, one, most))[0][0]) for one in _account_ids(s))

    def attempted(
        self, q: Queries, *, account_id: int, acts: Sequence[str], since: int, most: int
    ) -> list[int]:
        s = _statements(q)
        sql = (
            "SELECT attempt_at FROM outgoing WHERE workspace_id = ? AND account_id = ?"
            f" AND act IN ({marks(len(acts))}) AND attempt_at > ? AND {_SPENT} ORDER BY attempt_at LIMIT ?"
        )
        return [r[0] for r in s._all(sql, (s.workspace_id, account_id, *acts, since, most))]

    def video_titles(self, q: Queries, ids: Sequence[str]) -> dict[str, str]:
        wanted = set(ids)
        s = _statements(q)
        rows = s._all("SELECT id, title FROM video WHERE workspace_id = ?", (s.workspace_id,))
        return {r[0]: r[1] for r in rows if r[1] and r[0] in wanted}

    def log_of(self, q: Queries, event_id: int) -> list[AuditRow]:
        s = _statements(q)
        sql = f"SELECT {_AUDIT} FROM audit_entry WHERE workspace_id = ? AND event_id = ?"
        return sorted(map(_audit, s._all(sql, (s.workspace_id, event_id))), key=lambda one: one.seq)

    def log_stretch(self, q: Queries, *, kind: str, low: int, high: int, limit: int) -> list[AuditRow]:
        s = _statements(q)
        sql = (
            f"SELECT {_AUDIT} FROM audit_entry WHERE workspace_id = ? AND seq >= ? AND seq < ? AND kind = ?"
            " ORDER BY seq DESC LIMIT ?"
        )
        return [_audit(r) for r in s._all(sql, (s.workspace_id, low, high, kind, limit))]

    def newest_delivery(self, q: Queries) -> int:
        return _newest(q, "delivery")

    def problems(self, q: Queries, *, low: int, high: int, limit: int) -> list[ProblemRow]:
        s = _statements(q)
        rows = s._all(
            "SELECT id, account_id, received_at, state, problem, body FROM delivery"
            " WHERE workspace_id = ? AND id > ? AND id < ? AND state IN ('unknown','unreadable') ORDER BY id DESC LIMIT ?",
            (s.workspace_id, low, high, limit),
        )
        return [
            ProblemRow(
                id=r[0], account_id=r[1], received_at=r[2], state=r[3], problem=r[4] or "",
                body=None if r[5] is None else bytes(r[5]),
            )
            for r in rows
        ]  # fmt: skip

    def waiting(self, q: Queries, most: int) -> tuple[int, int | None]:
        s = _statements(q)
        row = s._one(
            "SELECT count(*), min(received_at) FROM (SELECT received_at FROM delivery"
            " WHERE workspace_id = ? AND state = 'new' ORDER BY id LIMIT ?) t",
            (s.workspace_id, most),
        )
        return (int(row[0]), row[1]) if row else (0, None)

    def totals(self, q: Queries) -> dict[str, dict[str, int]]:
        s = _statements(q)
        volume = s._one(
            "SELECT sum(replied), sum(hidden), sum(reviewed), sum(rest) FROM volume WHERE workspace_id = ?",
            (s.workspace_id,),
        )
        acts = s._all(
            "SELECT state, count(*) FROM outgoing WHERE workspace_id = ? GROUP BY state", (s.workspace_id,)
        )
        outcomes = ("replied", "hidden", "reviewed", "left")
        return {
            "deliveries": q.deliveries_by_state(),
            "decisions": {name: int((volume or ())[place] or 0) for place, name in enumerate(outcomes)},
            "acts": {r[0]: r[1] for r in acts},
        }


def _statements(q: Queries) -> Statements:
    return cast("Statements", q)


def _account_ids(s: Statements) -> list[int]:
    return [r[0] for r in s._all("SELECT account_id FROM account WHERE workspace_id = ?", (s.workspace_id,))]


def _by_ids(q: Queries, table: str, columns: str, ids: Sequence[int]) -> list[Row]:
    return _by(_statements(q), table, columns, "id", ids)


def _by(s: Statements, table: str, columns: str, name: str, ids: Sequence[int]) -> list[Row]:
    """Return the rows of these ids, looked up one by one through the index.

    SQLite has no statistics of our tables and takes `IN` after the workspace for a scan; `CROSS JOIN` keeps the order.
    """
    if not ids:
        return []
    wanted = ", ".join(["(?)"] * len(ids))
    sql = (
        f"WITH wanted (k) AS (VALUES {wanted}) SELECT {columns} FROM wanted CROSS JOIN {table} t"
        f" WHERE t.workspace_id = ? AND t.{name} = wanted.k"
    )
    return s._all(sql, (*ids, s.workspace_id))


def _newest(q: Queries, table: str) -> int:
    s = _statements(q)
    row = s._one(f"SELECT max(id) FROM {table} WHERE workspace_id = ?", (s.workspace_id,))
    return int(row[0] or 0) if row else 0
