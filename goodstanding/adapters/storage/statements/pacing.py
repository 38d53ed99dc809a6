"""The statements of the pace: leases of calls, and the few numbers beside them."""

from abc import abstractmethod
from collections.abc import Sequence

from goodstanding.adapters.storage.statements.base import Base
from goodstanding.kernel.timing import MINUTE, SECOND
from goodstanding.usecases.ports.pacing import CLOCK, REST, TODAY, Lease, Spent, Used

_LEASE = "account_id, id, app, product, endpoint, tokens, until"
_CLOCK_ROW = "SELECT value FROM call_mark WHERE workspace_id = ? AND account_id = 0 AND app = ? AND name = ?"
_USED = (
    "SELECT COALESCE(SUM(CASE WHEN until > ? THEN tokens ELSE 0 END), 0), COALESCE(SUM(tokens), 0),"
    " COALESCE(SUM(CASE WHEN product = ? AND until > ? THEN tokens ELSE 0 END), 0),"
    " COALESCE(SUM(CASE WHEN product = ? THEN tokens ELSE 0 END), 0),"
    " COALESCE(SUM(CASE WHEN account_id = ? AND endpoint = ? THEN tokens ELSE 0 END), 0)"
    " FROM call_lease WHERE workspace_id = ? AND app = ? AND until > ?"
)


class PacingStatements(Base):
    """What all processes share of the pace."""

    @abstractmethod
    def server_now(self) -> int:
        """Return the database's own time, UTC milliseconds: the one clock all its processes see."""

    def calls_used(self, app: str, *, now: int, product: str, account_id: int, endpoint: str) -> Used:
        second = now - SECOND
        values = (
            second,
            product,
            second,
            product,
            account_id,
            endpoint,
            self.workspace_id,
            app,
            now - MINUTE,
        )
        row = self._one(_USED, values)
        assert row is not None
        found = [int(one) for one in row]
        return Used(
            app_second=found[0], app_minute=found[1], product_second=found[2], product_minute=found[3],
            endpoint_minute=found[4],
        )  # fmt: skip

    def lease_ends(
        self, app: str, *, since: int, product: str = "", account_id: int = 0, endpoint: str = ""
    ) -> list[tuple[int, int]]:
        sql = "SELECT until, tokens FROM call_lease WHERE workspace_id = ? AND app = ? AND until > ?"
        values: list[object] = [self.workspace_id, app, since]
        if product:
            sql, values = f"{sql} AND product = ?", [*values, product]
        if endpoint:
            sql, values = f"{sql} AND account_id = ? AND endpoint = ?", [*values, account_id, endpoint]
        return [(r[0], r[1]) for r in self._all(f"{sql} ORDER BY until", values)]

    def call_marks(self, app: str) -> dict[tuple[int, str], int]:
        sql = "SELECT account_id, name, value FROM call_mark WHERE workspace_id = ? AND app = ?"
        return {(r[0], r[1]): int(r[2]) for r in self._all(sql, (self.workspace_id, app))}

    def lock_calls(self, app: str) -> None:
        lock = f"{_CLOCK_ROW}{self._for_update}"
        if self._one(lock, (self.workspace_id, app, CLOCK)) is None:
            tail = "ON CONFLICT (workspace_id, account_id, app, name) DO NOTHING"
            self._insert("call_mark", "account_id, app, name, value", [(0, app, CLOCK, 0)], tail)
            self._one(lock, (self.workspace_id, app, CLOCK))

    def put_call_mark(self, app: str, name: str, value: int, *, account_id: int = 0) -> None:
        tail = "ON CONFLICT (workspace_id, account_id, app, name) DO UPDATE SET value = excluded.value"
        self._insert("call_mark", "account_id, app, name, value", [(account_id, app, name, value)], tail)

    def count_today(self, app: str, day: int, calls: int) -> None:
        tail = (
            "ON CONFLICT (workspace_id, account_id, app, name)"
            " DO UPDATE SET value = call_mark.value + excluded.value"
        )
        self._insert("call_mark", "account_id, app, name, value", [(0, app, f"{TODAY}{day}", calls)], tail)
        if (
            self.call_marks(app)[0, f"{TODAY}{day}"] == calls
        ):  # a day begins; yesterday stays, should the clock be set back
            sql = "DELETE FROM call_mark WHERE workspace_id = ? AND account_id = 0 AND app = ? AND name LIKE ? AND name < ?"
            self._run(sql, (self.workspace_id, app, f"{TODAY}%", f"{TODAY}{day - 1}"))

    def add_lease(self, row: Lease) -> None:
        values = (row.account_id, row.id, row.app, row.product, row.endpoint, row.tokens, row.until)
        self._insert("call_lease", _LEASE, [values])

    def settle_leases(self, rows: Sequence[Spent]) -> None:
        for row in rows:
            if row.tokens:
                self._change(
                    "call_lease", {"tokens": row.tokens, "until": row.until}, "account_id = ? AND id = ?",
                    (row.account_id, row.id),
                )  # fmt: skip
            else:
                sql = "DELETE FROM call_lease WHERE workspace_id = ? AND account_id = ? AND id = ?"
                self._run(sql, (self.workspace_id, row.account_id, row.id))

    def drop_leases(self, app: str, before: int, *, rests_before: int) -> None:
        sql = "DELETE FROM call_lease WHERE workspace_id = ? AND app = ? AND until <= ?"
        self._run(sql, (self.workspace_id, app, before))
        sql = "DELETE FROM call_mark WHERE workspace_id = ? AND app = ? AND name LIKE ? AND value <= ?"
        self._run(sql, (self.workspace_id, app, f"{REST}%", rests_before))
