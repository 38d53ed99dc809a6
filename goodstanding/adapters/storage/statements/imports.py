"""The statements of imports: originals, files, problems, what came from where, and taking it back."""

from collections.abc import Mapping, Sequence
from typing import cast

from goodstanding.adapters.storage.schema import metadata
from goodstanding.adapters.storage.statements.base import Base, Row
from goodstanding.usecases.ports.imports import (
    FileState,
    ImportedFile,
    ImportKind,
    ItemRow,
    LinkKind,
    MetricRow,
    Original,
    ProblemRow,
)

_ORIGINAL = "account_id, digest, size, key_id, at, erased_at, why"
_FILE = "id, account_id, kind, name, digest, state, code, options, counts, actor, at, ended_at"
_ITEM = "id, section, digest, contact_id, at, video_id, cipher"
_METRIC = "id, scope, subject, day, metric, value, unit, exact"
_METRIC_KEY = "scope || ':' || subject || ':' || metric || ':' || day || ':' || value || ':' || unit"
_NOT_REFERRING = frozenset({"import_link", "vault", "review_case"})
"""Tables that name a contact without keeping it: links fall with it, the vault goes by entries."""


def _original(r: Row) -> Original:
    return Original(account_id=r[0], digest=r[1], size=r[2], key_id=r[3], at=r[4], erased_at=r[5], why=r[6])


def _file(r: Row) -> ImportedFile:
    return ImportedFile(
        id=r[0], account_id=r[1], kind=cast("ImportKind", r[2]), name=r[3], digest=r[4], state=cast("FileState", r[5]),
        code=r[6], options=r[7], counts=r[8], actor=r[9], at=r[10], ended_at=r[11],
    )  # fmt: skip


def _item(r: Row) -> ItemRow:
    return ItemRow(
        id=r[0], section=r[1], digest=r[2], contact_id=r[3], at=r[4], video_id=r[5], cipher=bytes(r[6])
    )


def _metric(r: Row) -> MetricRow:
    return MetricRow(
        id=r[0], scope=r[1], subject=r[2], day=r[3], metric=r[4], value=r[5], unit=r[6], exact=bool(r[7])
    )


class ImportStatements(Base):
    """What imports read and write."""

    # -- queries --

    def original(self, account_id: int, digest: str) -> Original | None:
        sql = f"SELECT {_ORIGINAL} FROM original WHERE workspace_id = ? AND account_id = ? AND digest = ?"
        row = self._one(sql, (self.workspace_id, account_id, digest))
        return _original(row) if row else None

    def originals_erased(self) -> list[Original]:
        sql = f"SELECT {_ORIGINAL} FROM original WHERE workspace_id = ? AND erased_at IS NOT NULL"
        return [_original(r) for r in self._all(sql, (self.workspace_id,))]

    def originals_of_contact(self, contact_id: int) -> list[Original]:
        columns = ", ".join(f"o.{name.strip()}" for name in _ORIGINAL.split(","))
        sql = (
            f"SELECT DISTINCT {columns} FROM import_link l"
            " JOIN imported_file f ON f.workspace_id = l.workspace_id AND f.id = l.file_id"
            " JOIN original o ON o.workspace_id = f.workspace_id AND o.account_id = f.account_id AND o.digest = f.digest"
            " WHERE l.workspace_id = ? AND l.kind = 'contact' AND l.ref = ? AND o.erased_at IS NULL"
        )
        return [_original(r) for r in self._all(sql, (self.workspace_id, contact_id))]

    def imported_file(self, file_id: int) -> ImportedFile | None:
        sql = f"SELECT {_FILE} FROM imported_file WHERE workspace_id = ? AND id = ?"
        row = self._one(sql, (self.workspace_id, file_id))
        return _file(row) if row else None

    def imported_files(self, *, account_id: int | None, before: int, limit: int) -> list[ImportedFile]:
        mine = "" if account_id is None else "AND account_id = ?"
        extra = () if account_id is None else (account_id,)
        sql = f"SELECT {_FILE} FROM imported_file WHERE workspace_id = ? {mine} AND id < ? ORDER BY id DESC LIMIT ?"
        return [_file(r) for r in self._all(sql, (self.workspace_id, *extra, before or 2**62, limit))]

    def import_problems(self, file_id: int, *, after: int, limit: int) -> list[ProblemRow]:
        sql = (
            "SELECT number, place, code, fields FROM import_problem"
            " WHERE workspace_id = ? AND file_id = ? AND number > ? ORDER BY number LIMIT ?"
        )
        rows = self._all(sql, (self.workspace_id, file_id, after, limit))
        return [ProblemRow(number=r[0], place=r[1], code=r[2], fields=r[3]) for r in rows]

    def imported_items(self, account_id: int, digests: Sequence[str]) -> dict[str, int]:
        where, param = self._among("digest", digests)
        sql = f"SELECT digest, id FROM imported_item WHERE workspace_id = ? AND account_id = ? AND {where}"
        return {r[0]: r[1] for r in self._all(sql, (self.workspace_id, account_id, param))}

    def items_of_file(self, file_id: int, *, after: int, limit: int) -> list[ItemRow]:
        columns = ", ".join(f"i.{name.strip()}" for name in _ITEM.split(","))
        sql = (
            f"SELECT {columns} FROM import_link l JOIN imported_item i ON i.workspace_id = l.workspace_id AND i.id = l.ref"
            " WHERE l.workspace_id = ? AND l.file_id = ? AND l.kind = 'item' AND l.ref > ? ORDER BY l.ref LIMIT ?"
        )
        return [_item(r) for r in self._all(sql, (self.workspace_id, file_id, after, limit))]

    def studio_metrics(self, account_id: int, keys: Sequence[str]) -> dict[str, int]:
        subjects = sorted({":".join(key.split(":")[1:-4]) for key in keys})
        where, param = self._among("subject", subjects)
        scopes, scope_param = self._among("scope", sorted({key.split(":", 1)[0] for key in keys}))
        days, day_param = self._among("day", sorted({key.split(":")[-3] for key in keys}))
        sql = (
            f"SELECT {_METRIC_KEY}, id FROM studio_metric"
            f" WHERE workspace_id = ? AND account_id = ? AND {scopes} AND {where} AND {days}"
        )
        wanted = set(keys)
        rows = self._all(sql, (self.workspace_id, account_id, scope_param, param, day_param))
        return {r[0]: r[1] for r in rows if r[0] in wanted}

    def metrics_of_file(self, file_id: int, *, after: int, limit: int) -> list[MetricRow]:
        columns = ", ".join(f"m.{name.strip()}" for name in _METRIC.split(","))
        sql = (
            f"SELECT {columns} FROM import_link l JOIN studio_metric m ON m.workspace_id = l.workspace_id AND m.id = l.ref"
            " WHERE l.workspace_id = ? AND l.file_id = ? AND l.kind = 'metric' AND l.ref > ? ORDER BY l.ref LIMIT ?"
        )
        return [_metric(r) for r in self._all(sql, (self.workspace_id, file_id, after, limit))]

    def import_refs(self, file_id: int, kind: LinkKind, limit: int) -> list[int]:
        sql = "SELECT ref FROM import_link WHERE workspace_id = ? AND file_id = ? AND kind = ? ORDER BY ref LIMIT ?"
        return [r[0] for r in self._all(sql, (self.workspace_id, file_id, kind, limit))]

    def comments_with_text(
        self, account_id: int, texts: Sequence[str]
    ) -> list[tuple[str, str, str, int, str]]:
        where, param = self._among("e.text", texts)
        sql = (
            "SELECT coalesce(c.handle, ''), e.video_id, e.text, e.at, e.source FROM event e"
            " LEFT JOIN contact c ON c.workspace_id = e.workspace_id AND c.id = e.contact_id"
            f" WHERE e.workspace_id = ? AND e.account_id = ? AND e.action = 'insert' AND {where}"
        )
        return [
            (r[0], r[1], r[2], r[3], r[4]) for r in self._all(sql, (self.workspace_id, account_id, param))
        ]

    def erased_digests(self, account_id: int, digests: Sequence[bytes]) -> set[bytes]:
        found = set()
        for digest in digests:
            row = self._one(
                "SELECT 1 FROM suppression WHERE workspace_id = ? AND account_id = ? AND digest = ? AND reason = 'erased'",
                (self.workspace_id, account_id, digest),
            )
            if row:
                found.add(digest)
        return found

    # -- changes --

    def add_original(self, row: Original) -> None:
        o = row
        values = (o.account_id, o.digest, o.size, o.key_id, o.at, o.erased_at, o.why)
        self._insert("original", _ORIGINAL, [values])

    def change_original(self, account_id: int, digest: str, changes: Mapping[str, object]) -> None:
        self._change("original", changes, "account_id = ? AND digest = ?", (account_id, digest))

    def drop_original(self, account_id: int, digest: str) -> None:
        sql = "DELETE FROM original WHERE workspace_id = ? AND account_id = ? AND digest = ?"
        self._run(sql, (self.workspace_id, account_id, digest))

    def add_imported_file(self, row: ImportedFile) -> None:
        f = row
        values = (
            f.id, f.account_id, f.kind, f.name, f.digest, f.state, f.code, f.options, f.counts, f.actor, f.at, f.ended_at,
        )  # fmt: skip
        self._insert("imported_file", _FILE, [values])

    def change_imported_file(self, file_id: int, changes: Mapping[str, object]) -> None:
        self._change("imported_file", changes, "id = ?", (file_id,))

    def add_import_problems(self, account_id: int, file_id: int, rows: Sequence[ProblemRow]) -> None:
        values = [(account_id, file_id, r.number, r.place, r.code, r.fields) for r in rows]
        self._insert("import_problem", "account_id, file_id, number, place, code, fields", values)

    def drop_import_problems(self, file_id: int) -> None:
        sql = "DELETE FROM import_problem WHERE workspace_id = ? AND file_id = ?"
        self._run(sql, (self.workspace_id, file_id))

    def add_imported_items(self, account_id: int, rows: Sequence[ItemRow]) -> None:
        values = [
            (account_id, r.id, r.section, r.digest, r.contact_id, r.at, r.video_id, r.cipher) for r in rows
        ]
        self._insert(
            "imported_item",
            f"account_id, {_ITEM}",
            values,
            "ON CONFLICT (workspace_id, account_id, digest) DO NOTHING",
        )

    def add_studio_metrics(self, account_id: int, rows: Sequence[MetricRow]) -> None:
        values = [
            (account_id, r.id, r.scope, r.subject, r.day, r.metric, r.value, r.unit, int(r.exact))
            for r in rows
        ]
        self._insert(
            "studio_metric", f"account_id, {_METRIC}", values,
            "ON CONFLICT (workspace_id, account_id, scope, subject, metric, day, value, unit) DO NOTHING",
        )  # fmt: skip

    def link_import(self, account_id: int, file_id: int, kind: LinkKind, refs: Sequence[int]) -> None:
        self._insert(
            "import_link",
            "account_id, file_id, kind, ref",
            [(account_id, file_id, kind, ref) for ref in refs],
            "ON CONFLICT (workspace_id, file_id, kind, ref) DO NOTHING",
        )

    def unlink_import(self, file_id: int, kind: LinkKind, refs: Sequence[int]) -> set[int]:
        where, param = self._among("ref", refs)
        w = self.workspace_id
        self._run(
            f"DELETE FROM import_link WHERE workspace_id = ? AND file_id = ? AND kind = ? AND {where}",
            (w, file_id, kind, param),
        )
        held = self._all(
            f"SELECT ref FROM import_link WHERE workspace_id = ? AND kind = ? AND {where}", (w, kind, param)
        )
        return set(refs) - {r[0] for r in held}

    def import_holders(self, kind: LinkKind, refs: Sequence[int]) -> dict[int, int]:
        where, param = self._among("ref", refs)
        sql = f"SELECT ref, min(file_id) FROM import_link WHERE workspace_id = ? AND kind = ? AND {where} GROUP BY ref"
        return {r[0]: r[1] for r in self._all(sql, (self.workspace_id, kind, param))}

    def drop_imported_items(self, ids: Sequence[int]) -> int:
        where, param = self._among("id", ids)
        return self._run(
            f"DELETE FROM imported_item WHERE workspace_id = ? AND {where}", (self.workspace_id, param)
        )

    def drop_studio_metrics(self, ids: Sequence[int]) -> int:
        where, param = self._among("id", ids)
        return self._run(
            f"DELETE FROM studio_metric WHERE workspace_id = ? AND {where}", (self.workspace_id, param)
        )

    def drop_imported_events(self, ids: Sequence[int]) -> set[int]:
        w = self.workspace_id
        where, param = self._among("id", ids)
        only = self._all(
            f"SELECT id FROM event WHERE workspace_id = ? AND {where} AND source = 'import' AND answered = 0"
            " AND NOT EXISTS (SELECT 1 FROM outgoing o WHERE o.workspace_id = event.workspace_id AND o.event_id = event.id"
            " AND o.state NOT IN ('held','planned','cancelled'))"
            " AND NOT EXISTS (SELECT 1 FROM act a WHERE a.workspace_id = event.workspace_id AND a.event_id = event.id)",
            (w, param),
        )
        gone = [r[0] for r in only]
        if not gone:
            return set()
        by_event, event_param = self._among("event_id", gone)
        self._run(
            "DELETE FROM vault WHERE workspace_id = ? AND seq IN"
            f" (SELECT seq FROM audit_entry WHERE workspace_id = ? AND {by_event})",
            (w, w, event_param),
        )
        for table in ("decision", "outgoing", "review_case"):
            self._run(f"DELETE FROM {table} WHERE workspace_id = ? AND {by_event}", (w, event_param))
        by_id, id_param = self._among("id", gone)
        self._run(f"DELETE FROM event WHERE workspace_id = ? AND {by_id}", (w, id_param))
        return set(gone)

    def drop_unused_contacts(self, ids: Sequence[int]) -> set[int]:
        """Whatever table has a column `contact_id` may hold a contact: asked of the schema, so none is forgotten."""
        w = self.workspace_id
        where, param = self._among("id", ids)
        holders = [
            table.name
            for table in metadata.tables.values()
            if "contact_id" in table.columns and table.name not in _NOT_REFERRING
        ]
        free = " ".join(
            f"AND NOT EXISTS (SELECT 1 FROM {name} t WHERE t.workspace_id = contact.workspace_id AND t.contact_id = contact.id)"
            for name in holders
        )
        sql = f"SELECT id FROM contact WHERE workspace_id = ? AND {where} AND suppressed = 0 {free}"
        gone = [r[0] for r in self._all(sql, (w, param))]
        if gone:
            by_id, id_param = self._among("id", gone)
            self._run(f"DELETE FROM contact WHERE workspace_id = ? AND {by_id}", (w, id_param))
        return set(gone)

    def erase_imported(self, contact_id: int) -> dict[str, int]:
        w = self.workspace_id
        self._run(
            "DELETE FROM import_link WHERE workspace_id = ? AND kind = 'item' AND ref IN"
            " (SELECT id FROM imported_item WHERE workspace_id = ? AND contact_id = ?)",
            (w, w, contact_id),
        )
        return {
            "imported_item": self._run(
                "DELETE FROM imported_item WHERE workspace_id = ? AND contact_id = ?", (w, contact_id)
            )
        }
