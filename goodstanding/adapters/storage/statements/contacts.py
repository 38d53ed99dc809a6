"""Statements of people outside: contacts, whom to leave alone, and erasing one."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence

from goodstanding.adapters.storage.statements.base import Base, Row, marks
from goodstanding.usecases.ports import Contact

_CONTACT = "id, account_id, external_id, handle, suppressed, holdout, wrote_at, labels, answer, marketing"


def _contact(r: Row) -> Contact:
    return Contact(
        id=r[0], account_id=r[1], external_id=r[2], handle=r[3], suppressed=bool(r[4]), holdout=bool(r[5]), wrote_at=r[6],
        labels=r[7], answer=r[8], marketing=r[9],
    )  # fmt: skip


class ContactStatements(Base):
    """Statements of people outside: contacts, whom to leave alone, and erasing one."""

    def contacts_by_external(self, account_id: int, external_ids: Sequence[str]) -> dict[str, Contact]:
        where, param = self._among("external_id", external_ids)
        sql = f"SELECT {_CONTACT} FROM contact WHERE workspace_id = ? AND account_id = ? AND {where}"
        return {r[2]: _contact(r) for r in self._all(sql, (self.workspace_id, account_id, param))}

    def contact(self, contact_id: int) -> Contact | None:
        sql = f"SELECT {_CONTACT} FROM contact WHERE workspace_id = ? AND id = ?"
        row = self._one(sql, (self.workspace_id, contact_id))
        return _contact(row) if row else None

    def contacts(self, contact_ids: Sequence[int]) -> dict[int, Contact]:
        where, param = self._among("id", contact_ids)
        sql = f"SELECT {_CONTACT} FROM contact WHERE workspace_id = ? AND {where}"
        return {r[0]: _contact(r) for r in self._all(sql, (self.workspace_id, param))}

    def suppressed(self, account_id: int, digests: Sequence[bytes]) -> set[bytes]:
        if not digests:
            return set()
        sql = (
            "SELECT digest FROM suppression WHERE workspace_id = ? AND account_id IN (0, ?)"
            f" AND digest IN ({marks(len(digests))})"
        )
        return {bytes(r[0]) for r in self._all(sql, (self.workspace_id, account_id, *digests))}

    @abstractmethod
    def lock_contacts(self, contact_ids: Sequence[int]) -> None: ...

    def add_contacts(self, rows: Sequence[Contact], at: int) -> None:
        values = [
            (
                c.id, c.account_id, c.external_id, c.handle, int(c.suppressed), int(c.holdout), c.wrote_at, c.labels,
                c.answer, c.marketing, at,
            )
            for c in rows
        ]  # fmt: skip
        self._insert("contact", f"{_CONTACT}, created_at", values)

    def change_contact(self, contact_id: int, changes: Mapping[str, object]) -> None:
        self._change("contact", changes, "id = ?", (contact_id,))

    def add_suppression(self, account_id: int, digest: bytes, reason: str, at: int) -> None:
        self._insert(
            "suppression", "account_id, digest, reason, at", [(account_id, digest, reason, at)],
            "ON CONFLICT (workspace_id, account_id, digest) DO NOTHING",
        )  # fmt: skip

    def erase_contact(self, contact_id: int, at: int) -> dict[str, int]:
        w = self.workspace_id
        return {
            "vault": self._run(
                "DELETE FROM vault WHERE workspace_id = ? AND contact_id = ?", (w, contact_id)
            ),
            "event": self._run(
                "UPDATE event SET text = NULL, state = 'erased' WHERE workspace_id = ? AND contact_id = ?",
                (w, contact_id),
            ),
            "outgoing": self._run(
                "UPDATE outgoing SET text = '' WHERE workspace_id = ? AND contact_id = ?", (w, contact_id)
            ),
            "contact": self._change(
                "contact",
                {"handle": "", "external_id": f"erased:{contact_id}", "erased_at": at},
                "id = ?",
                (contact_id,),
            ),
        }
