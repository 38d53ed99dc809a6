"""The statements of namesakes."""

from collections.abc import Sequence
from typing import cast

from goodstanding.adapters.storage.statements.base import Base, Row
from goodstanding.usecases.ports.namesakes import Tie, TieState

_TIE = 'account_id, named_id, known_id, state, at, apart_at, "by"'


def _tie(r: Row) -> Tie:
    return Tie(
        account_id=r[0], named_id=r[1], known_id=r[2], state=cast("TieState", r[3]), at=r[4], apart_at=r[5], by=r[6]
    )  # fmt: skip


class NamesakeStatements(Base):
    """What namesakes read and write."""

    def has_ties(self, account_id: int) -> bool:
        sql = "SELECT 1 FROM namesake WHERE workspace_id = ? AND account_id = ? LIMIT 1"
        return self._one(sql, (self.workspace_id, account_id)) is not None

    def has_suppressed(self, account_id: int) -> bool:
        sql = "SELECT 1 FROM suppression WHERE workspace_id = ? AND account_id = ? LIMIT 1"
        return self._one(sql, (self.workspace_id, account_id)) is not None

    def ties_of(self, contact_ids: Sequence[int]) -> list[Tie]:
        found: dict[tuple[int, int], Tie] = {}
        for end in ("named_id", "known_id"):
            where, param = self._among(end, contact_ids)
            sql = f"SELECT {_TIE} FROM namesake WHERE workspace_id = ? AND {where} AND known_id <> 0"
            for row in self._all(sql, (self.workspace_id, param)):
                found[row[1], row[2]] = _tie(row)
        return [found[pair] for pair in sorted(found)]

    def bearers(self, account_id: int, handles: Sequence[str]) -> list[int]:
        where, param = self._among("handle", handles)
        sql = f"SELECT id FROM contact WHERE workspace_id = ? AND account_id = ? AND {where} ORDER BY id"
        return [r[0] for r in self._all(sql, (self.workspace_id, account_id, param))]

    def open_ties(self, account_id: int, limit: int) -> list[Tie]:
        sql = (
            f"SELECT {_TIE} FROM namesake WHERE workspace_id = ? AND account_id = ? AND state IN ('same','apart')"
            " ORDER BY at DESC, named_id DESC LIMIT ?"
        )
        return [_tie(r) for r in self._all(sql, (self.workspace_id, account_id, limit))]

    def put_ties(self, rows: Sequence[Tie]) -> None:
        self._insert(
            "namesake",
            _TIE,
            [(t.account_id, t.named_id, t.known_id, t.state, t.at, t.apart_at, t.by) for t in rows],
            "ON CONFLICT (workspace_id, account_id, named_id, known_id) DO UPDATE SET state = excluded.state,"
            ' at = excluded.at, apart_at = excluded.apart_at, "by" = excluded."by"',
        )
        paired = [(self.workspace_id, t.account_id, t.named_id) for t in rows if t.known_id]
        if paired:
            self._many(
                "DELETE FROM namesake WHERE workspace_id = ? AND account_id = ? AND named_id = ? AND known_id = 0",
                paired,
            )

    def drop_ties(self, contact_ids: Sequence[int]) -> int:
        left, param = self._among("known_id", [one for one in contact_ids if one])
        self._run(
            "INSERT INTO namesake (workspace_id, account_id, named_id, known_id, state, at)"
            " SELECT DISTINCT workspace_id, account_id, named_id, 0, 'alone', 0 FROM namesake"
            f" WHERE workspace_id = ? AND {left} ON CONFLICT DO NOTHING",
            (self.workspace_id, param),
        )
        count = 0
        for end in ("named_id", "known_id"):
            where, param = self._among(end, [one for one in contact_ids if one])
            count += self._run(
                f"DELETE FROM namesake WHERE workspace_id = ? AND {where}", (self.workspace_id, param)
            )
        return count
