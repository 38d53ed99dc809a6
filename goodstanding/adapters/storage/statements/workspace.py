"""Statements of the workspace: its accounts, its team, their settings and the videos of the accounts."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from goodstanding.adapters.storage.statements.base import Base, Row
from goodstanding.usecases.ports import Account, Person, Video

if TYPE_CHECKING:
    from goodstanding.core.policy.model import Mode, VideoClass

_ACCOUNT = (
    "account_id, connector, external_id, identifier, handle, name, mode, zone, language, killed, can_reply, can_hide,"
    " can_message, bucket_milli, bucket_at, spike_paused, policy_hash"
)
_PERSON = "id, name, email, password_hash, role, language, created_at"


def _account(r: Row) -> Account:
    return Account(
        id=r[0], connector=r[1], external_id=r[2], identifier=r[3], handle=r[4], name=r[5], mode=cast("Mode", r[6]), zone=r[7],
        language=r[8], killed=bool(r[9]), can_reply=bool(r[10]), can_hide=bool(r[11]), can_message=bool(r[12]),
        bucket_milli=r[13], bucket_at=r[14], spike_paused=bool(r[15]), policy_hash=r[16],
    )  # fmt: skip


def _person(r: Row) -> Person:
    return Person(
        id=r[0], name=r[1], email=r[2], password_hash=r[3], role=r[4], language=r[5], created_at=r[6]
    )


class WorkspaceStatements(Base):
    """Statements of the workspace: its accounts, its team, their settings and the videos of the accounts."""

    def accounts(self) -> list[Account]:
        sql = f"SELECT {_ACCOUNT} FROM account WHERE workspace_id = ? ORDER BY account_id"
        return [_account(r) for r in self._all(sql, (self.workspace_id,))]

    def account_of(self, connector: str, external_id: str) -> Account | None:
        sql = f"SELECT {_ACCOUNT} FROM account WHERE workspace_id = ? AND connector = ? AND external_id = ?"
        row = self._one(sql, (self.workspace_id, connector, external_id))
        return _account(row) if row else None

    def account_ids(self, connector: str, external_ids: Sequence[str]) -> dict[str, int]:
        where, param = self._among("external_id", external_ids)
        sql = f"SELECT external_id, account_id FROM account WHERE workspace_id = ? AND connector = ? AND {where}"
        return {r[0]: r[1] for r in self._all(sql, (self.workspace_id, connector, param))}

    def setting(self, name: str, *, account_id: int = 0) -> str | None:
        row = self._one(
            "SELECT value FROM setting WHERE workspace_id = ? AND account_id = ? AND name = ?",
            (self.workspace_id, account_id, name),
        )
        return str(row[0]) if row else None

    def persons(self) -> list[Person]:
        sql = f"SELECT {_PERSON} FROM person WHERE workspace_id = ? ORDER BY id"
        return [_person(r) for r in self._all(sql, (self.workspace_id,))]

    def stored_value(self, namespace: str, name: str) -> tuple[bytes, int | None] | None:
        row = self._one(
            "SELECT value, expires_at FROM stored_value"
            " WHERE workspace_id = ? AND account_id = 0 AND namespace = ? AND name = ?",
            (self.workspace_id, namespace, name),
        )
        return (bytes(row[0]), row[1]) if row else None

    def videos(self, account_id: int) -> list[Video]:
        rows = self._all(
            "SELECT id, account_id, title, class, campaign FROM video WHERE workspace_id = ? AND account_id = ?",
            (self.workspace_id, account_id),
        )
        return [
            Video(id=r[0], account_id=r[1], title=r[2], video_class=cast("VideoClass", r[3]), campaign=r[4])
            for r in rows
        ]

    def ensure_workspace(self, at: int) -> None:
        self._run(
            "INSERT INTO workspace (id, name, created_at) VALUES (?, 'Goodstanding', ?) ON CONFLICT (id) DO NOTHING",
            (self.workspace_id, at),
        )

    def put_setting(self, name: str, value: str, at: int, *, account_id: int = 0) -> None:
        self._run(
            "INSERT INTO setting (workspace_id, account_id, name, value, at) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (workspace_id, account_id, name) DO UPDATE SET value = excluded.value, at = excluded.at",
            (self.workspace_id, account_id, name, value, at),
        )

    def put_stored_value(self, namespace: str, name: str, value: bytes, expires_at: int | None) -> None:
        self._run(
            "INSERT INTO stored_value (workspace_id, account_id, namespace, name, value, expires_at)"
            " VALUES (?, 0, ?, ?, ?, ?) ON CONFLICT (workspace_id, account_id, namespace, name)"
            " DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at",
            (self.workspace_id, namespace, name, value, expires_at),
        )

    def drop_stored_value(self, namespace: str, name: str | None) -> None:
        only, extra = ("", ()) if name is None else (" AND name = ?", (name,))
        self._run(
            f"DELETE FROM stored_value WHERE workspace_id = ? AND account_id = 0 AND namespace = ?{only}",
            (self.workspace_id, namespace, *extra),
        )

    def drop_expired_values(self, now: int) -> int:
        return self._run(
            "DELETE FROM stored_value WHERE workspace_id = ? AND expires_at IS NOT NULL AND expires_at <= ?",
            (self.workspace_id, now),
        )

    def add_account(self, account: Account, at: int) -> None:
        a = account
        self._insert(
            "account",
            f"{_ACCOUNT}, created_at",
            [
                (
                    a.id, a.connector, a.external_id, a.identifier, a.handle, a.name, a.mode, a.zone, a.language, int(a.killed),
                    int(a.can_reply), int(a.can_hide), int(a.can_message), a.bucket_milli, a.bucket_at,
                    int(a.spike_paused), a.policy_hash, at,
                )
            ],
        )  # fmt: skip

    def change_account(self, account_id: int, changes: Mapping[str, object]) -> None:
        self._change("account", changes, "account_id = ?", (account_id,))

    def credentials(self, account_id: int) -> bytes | None:
        row = self._one(
            "SELECT credentials FROM account WHERE workspace_id = ? AND account_id = ?",
            (self.workspace_id, account_id),
        )
        return bytes(row[0]) if row and row[0] is not None else None

    def add_person(self, person: Person) -> None:
        p = person
        row = (p.id, p.name, p.email, p.password_hash, p.role, p.language, p.created_at)
        self._insert("person", f"account_id, {_PERSON}", [(0, *row)])

    def change_person(self, person_id: int, changes: Mapping[str, object]) -> None:
        self._change("person", changes, "id = ?", (person_id,))

    def add_videos(self, videos: Sequence[Video], at: int) -> None:
        rows = [(v.account_id, v.id, v.title, v.video_class, v.campaign, at) for v in videos]
        self._insert(
            "video", "account_id, id, title, class, campaign, created_at", rows,
            "ON CONFLICT (workspace_id, account_id, id) DO NOTHING",
        )  # fmt: skip
