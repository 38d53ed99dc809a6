"""Statements of what governs sending: policy versions, which of them is active, and freezes."""

from typing import cast

from goodstanding.adapters.storage.statements.base import Base, Row
from goodstanding.usecases.ports import FreezeRow, FreezeScope, PolicyVersion

_FREEZE = "id, account_id, scope, reason, actor, at, lifted_by, lifted_at"
_POLICY = "hash, parent, body, title, actor, at"


def _freeze(r: Row) -> FreezeRow:
    return FreezeRow(
        id=r[0], account_id=r[1], scope=cast("FreezeScope", r[2]), reason=r[3], actor=r[4], at=r[5], lifted_by=r[6],
        lifted_at=r[7],
    )  # fmt: skip


def _policy(r: Row) -> PolicyVersion:
    return PolicyVersion(hash=r[0], parent=r[1], body=r[2], title=r[3], actor=r[4], at=r[5])


class PolicyStatements(Base):
    """Statements of what governs sending: policy versions, which of them is active, and freezes."""

    def freezes(self, *, active_only: bool) -> list[FreezeRow]:
        only = "AND lifted_at IS NULL" if active_only else ""
        sql = f'SELECT {_FREEZE} FROM "freeze" WHERE workspace_id = ? {only} ORDER BY id'
        return [_freeze(r) for r in self._all(sql, (self.workspace_id,))]

    def policy(self, policy_hash: str) -> PolicyVersion | None:
        sql = f"SELECT {_POLICY} FROM policy_version WHERE workspace_id = ? AND hash = ?"
        row = self._one(sql, (self.workspace_id, policy_hash))
        return _policy(row) if row else None

    def policies(self) -> list[PolicyVersion]:
        sql = f"SELECT {_POLICY} FROM policy_version WHERE workspace_id = ? ORDER BY at, hash"
        return [_policy(r) for r in self._all(sql, (self.workspace_id,))]

    def activations(self, account_id: int) -> list[tuple[str, str, int]]:
        rows = self._all(
            "SELECT hash, actor, at FROM policy_activation WHERE workspace_id = ? AND account_id = ? ORDER BY id DESC",
            (self.workspace_id, account_id),
        )
        return [(r[0], r[1], r[2]) for r in rows]

    def add_freeze(self, row: FreezeRow) -> None:
        f = row
        self._insert(
            '"freeze"',
            _FREEZE,
            [(f.id, f.account_id, f.scope, f.reason, f.actor, f.at, f.lifted_by, f.lifted_at)],
        )

    def lift_freeze(self, freeze_id: int, actor: str, at: int) -> bool:
        return (
            self._change(
                '"freeze"',
                {"lifted_by": actor, "lifted_at": at},
                "id = ? AND lifted_at IS NULL",
                (freeze_id,),
            )
            == 1
        )

    def add_policy(self, row: PolicyVersion) -> bool:
        p = row
        columns = f"account_id, {_POLICY}"
        values = [(0, p.hash, p.parent, p.body, p.title, p.actor, p.at)]
        return (
            self._insert("policy_version", columns, values, "ON CONFLICT (workspace_id, hash) DO NOTHING")
            == 1
        )

    def add_activation(self, account_id: int, policy_hash: str, actor: str, at: int) -> None:
        row = (account_id, self.ids("policy_activation"), policy_hash, actor, at)
        self._insert("policy_activation", "account_id, id, hash, actor, at", [row])
