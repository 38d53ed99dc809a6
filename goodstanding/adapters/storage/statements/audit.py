"""Statements of the log: entries, the nodes of its tree, checkpoints, and the personal values beside it."""

from abc import abstractmethod
from collections.abc import Iterator, Sequence

from goodstanding.adapters.storage.statements.base import Base, Row
from goodstanding.usecases.ports import AuditRow, Checkpoint, VaultRow

_AUDIT = "seq, account_id, kind, at, event_id, body, hash"


def _audit(r: Row) -> AuditRow:
    return AuditRow(
        seq=r[0], account_id=r[1], kind=r[2], at=r[3], event_id=r[4], body=bytes(r[5]), hash=bytes(r[6])
    )


class AuditStatements(Base):
    """Statements of the log: entries, the nodes of its tree, checkpoints, and the personal values beside it."""

    def audit_head(self) -> tuple[int, bytes]:
        row = self._one(
            "SELECT size, frontier FROM audit_head WHERE workspace_id = ? AND account_id = 0",
            (self.workspace_id,),
        )
        return (row[0], bytes(row[1])) if row else (0, b"")

    def audit_entries(self, start: int, stop: int) -> list[AuditRow]:
        sql = f"SELECT {_AUDIT} FROM audit_entry WHERE workspace_id = ? AND seq >= ? AND seq < ? ORDER BY seq"
        return [_audit(r) for r in self._all(sql, (self.workspace_id, start, stop))]

    def audit_after(self, seq: int, limit: int) -> list[AuditRow]:
        sql = f"SELECT {_AUDIT} FROM audit_entry WHERE workspace_id = ? AND seq > ? ORDER BY seq LIMIT ?"
        return [_audit(r) for r in self._all(sql, (self.workspace_id, seq, limit))]

    def audit_of_event(self, event_id: int) -> list[AuditRow]:
        sql = f"SELECT {_AUDIT} FROM audit_entry WHERE workspace_id = ? AND event_id = ? ORDER BY seq"
        return [_audit(r) for r in self._all(sql, (self.workspace_id, event_id))]

    def audit_newest(self, *, before: int, limit: int, kind: str | None = None) -> list[AuditRow]:
        only = "" if kind is None else "AND kind = ?"
        sql = f"SELECT {_AUDIT} FROM audit_entry WHERE workspace_id = ? AND seq < ? {only} ORDER BY seq DESC LIMIT ?"
        extra = () if kind is None else (kind,)
        return [_audit(r) for r in self._all(sql, (self.workspace_id, before, *extra, limit))]

    def audit_hashes(self, start: int, stop: int) -> list[bytes]:
        rows = self._all(
            "SELECT hash FROM audit_entry WHERE workspace_id = ? AND seq >= ? AND seq < ? ORDER BY seq",
            (self.workspace_id, start, stop),
        )
        return [bytes(r[0]) for r in rows]

    def audit_node(self, level: int, position: int) -> bytes:
        row = self._one(
            "SELECT hash FROM audit_node WHERE workspace_id = ? AND account_id = 0 AND level = ? AND position = ?",
            (self.workspace_id, level, position),
        )
        if row is None:
            raise LookupError(f"audit node {level}/{position}")
        return bytes(row[0])

    def audit_nodes(self) -> Iterator[tuple[int, int, bytes]]:
        rows = self._stream(
            "SELECT level, position, hash FROM audit_node WHERE workspace_id = ? AND account_id = 0"
            " ORDER BY (position + 1) << CAST(level AS INTEGER), level",
            (self.workspace_id,),
        )
        for r in rows:
            yield r[0], r[1], bytes(r[2])

    def checkpoints(self) -> list[Checkpoint]:
        rows = self._all(
            "SELECT c.size, coalesce(e.at, 0), c.note FROM checkpoint c LEFT JOIN audit_entry e"
            " ON e.workspace_id = c.workspace_id AND e.seq = c.size - 1"
            " WHERE c.workspace_id = ? AND c.account_id = 0 ORDER BY c.size",
            (self.workspace_id,),
        )
        return [Checkpoint(size=r[0], at=r[1], note=r[2]) for r in rows]

    def vault_rows(self, seqs: Sequence[int]) -> dict[int, VaultRow]:
        where, param = self._among("seq", seqs)
        sql = f"SELECT seq, account_id, contact_id, cipher FROM vault WHERE workspace_id = ? AND {where}"
        return {
            r[0]: VaultRow(seq=r[0], account_id=r[1], contact_id=r[2], cipher=bytes(r[3]))
            for r in self._all(sql, (self.workspace_id, param))
        }

    @abstractmethod
    def lock_audit(self) -> None: ...

    def add_audit(
        self, rows: Sequence[AuditRow], nodes: Sequence[tuple[int, int, bytes]], size: int, frontier: bytes
    ) -> None:
        values = [(a.seq, a.account_id, a.kind, a.at, a.event_id, a.body, a.hash) for a in rows]
        self._insert("audit_entry", _AUDIT, values)
        if nodes:
            self._insert("audit_node", "account_id, level, position, hash", [(0, *node) for node in nodes])
        self._run(
            "INSERT INTO audit_head (workspace_id, account_id, size, frontier) VALUES (?, 0, ?, ?)"
            " ON CONFLICT (workspace_id) DO UPDATE SET size = excluded.size, frontier = excluded.frontier",
            (self.workspace_id, size, frontier),
        )

    def add_checkpoint(self, row: Checkpoint) -> None:
        self._insert(
            "checkpoint", "account_id, size, note", [(0, row.size, row.note)],
            "ON CONFLICT (workspace_id, size) DO NOTHING",
        )  # fmt: skip

    def add_vault(self, rows: Sequence[VaultRow]) -> None:
        self._insert(
            "vault",
            "seq, account_id, contact_id, cipher",
            [(v.seq, v.account_id, v.contact_id, v.cipher) for v in rows],
        )
