"""What every group of statements stands on: one connection's primitives, and the workspace they are bound to."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

Row = tuple[Any, ...]
S = TypeVar("S", str, int)


def marks(count: int) -> str:
    """Return `?, ?, …`, `count` of them."""
    return ", ".join("?" * count)


def _width(columns: str) -> int:
    return columns.count(",") + 1


class Base(ABC):
    """Queries and transactions of one workspace over one connection."""

    _for_update = ""
    """What locks the rows of a SELECT; nothing where there is one writer."""

    def __init__(self, workspace_id: int) -> None:
        self.workspace_id = workspace_id

    @abstractmethod
    def _all(self, sql: str, params: Sequence[object] = ()) -> list[Row]: ...

    @abstractmethod
    def _run(self, sql: str, params: Sequence[object] = ()) -> int:
        """Execute and return the number of changed rows."""

    @abstractmethod
    def _many(self, sql: str, rows: Sequence[Sequence[object]]) -> int: ...

    @abstractmethod
    def _stream(self, sql: str, params: Sequence[object]) -> Iterator[Row]: ...

    @abstractmethod
    def _among(self, column: str, values: Sequence[S]) -> tuple[str, object]:
        """Return a condition with one placeholder, and its parameter."""

    @abstractmethod
    def ids(self, name: str, count: int = 1) -> int: ...

    def _one(self, sql: str, params: Sequence[object] = ()) -> Row | None:
        rows = self._all(sql, params)
        return rows[0] if rows else None

    def _insert(self, table: str, columns: str, rows: Sequence[Sequence[object]], tail: str = "") -> int:
        w = self.workspace_id
        sql = f"INSERT INTO {table} (workspace_id, {columns}) VALUES (?, {marks(_width(columns))}) {tail}"
        return self._many(sql, [(w, *row) for row in rows])

    def _change(self, table: str, changes: Mapping[str, object], where: str, params: Sequence[object]) -> int:
        names = ", ".join(f"{name} = ?" for name in changes)
        values = [int(v) if isinstance(v, bool) else v for v in changes.values()]
        sql = f"UPDATE {table} SET {names} WHERE workspace_id = ? AND {where}"
        return self._run(sql, (*values, self.workspace_id, *params))
