"""The statements that end what is kept of an account beside its people."""

from collections.abc import Sequence

from goodstanding.adapters.storage.statements.base import Base
from goodstanding.usecases.ports.retention import KeptDelivery

_OWNER = "workspace_id = ? AND account_id = ?"
_KEPT = "state IN ('unknown','unreadable') AND body IS NOT NULL"


class RetentionStatements(Base):
    """Captures, titles, and the contents of deliveries."""

    def kept_contents(self, account_id: int, *, before: int | None = None) -> list[KeptDelivery]:
        sql = (
            f"SELECT id, account_id, received_at, body FROM delivery WHERE {_OWNER} AND {_KEPT}"
            f"{'' if before is None else ' AND received_at < ?'} ORDER BY received_at"
        )
        bound = () if before is None else (before,)
        return [
            KeptDelivery(id=r[0], account_id=r[1], received_at=r[2], body=bytes(r[3]))
            for r in self._all(sql, (self.workspace_id, account_id, *bound))
        ]

    def forget_contents(self, ids: Sequence[int]) -> int:
        where, param = self._among("id", ids)
        return self._change("delivery", {"body": None}, f"{_KEPT} AND {where}", (param,))

    def forget_account(self, account_id: int) -> dict[str, int]:
        owner = (self.workspace_id, account_id)
        unread = {"state": "unreadable", "problem": "ERASED", "body": None}
        return {
            "snapshot": self._run(f"DELETE FROM snapshot WHERE {_OWNER}", owner),
            "snapshot_body": self._run(f"DELETE FROM snapshot_body WHERE {_OWNER}", owner),
            "video": self._change("video", {"title": ""}, "account_id = ? AND title <> ''", (account_id,)),
            "delivery": self._change("delivery", {"body": None}, f"account_id = ? AND {_KEPT}", (account_id,))
            + self._change("delivery", unread, "account_id = ? AND state = 'new'", (account_id,)),
        }
