"""Telling SQLite's planner what a grown database looks like, from the first day.

Every key begins with `workspace_id`, which has one value in a file. Without statistics the planner takes that for a
fine choice and walks a whole table. `ANALYZE` on a day with ten comments would teach it no better, so the shape of
a million comments is written into `sqlite_stat1`: for each index how many rows share its first one, two, … columns
(https://www.sqlite.org/fileformat2.html#stat1tab).
"""

from sqlalchemy.engine import Connection

ROWS = 1_000_000
FEW = {
    "workspace_id": 1,
    "account_id": 2,
    "connector": 1,
    "state": 6,
    "act": 4,
    "kind": 8,
    "outcome": 6,
    "level": 16,
    "video_id": 500,
    "queue": 5,
}
"""Columns with few values, and how many; any other column has about as many as there are rows."""
PARTIAL = 10_000
"""Rows of an index over what is open, due or new."""


def steer(connection: Connection) -> None:
    """Write the statistics of every index; a later `ANALYZE` may replace them by real ones."""
    connection.exec_driver_sql("ANALYZE")
    connection.exec_driver_sql("DELETE FROM sqlite_stat1")
    tables = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    for (table,) in tables:
        if table.startswith("sqlite_") or table == "alembic_version":
            continue
        for _, index, _, _, partial in connection.exec_driver_sql(f"PRAGMA index_list({table})").fetchall():
            columns = [
                row[2] for row in connection.exec_driver_sql(f"PRAGMA index_info('{index}')").fetchall()
            ]
            shape = _shape(columns, PARTIAL if partial else ROWS)
            connection.exec_driver_sql(
                "INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)", (table, index, shape)
            )


def _shape(columns: list[str], rows: int) -> str:
    """Return `rows` and how many of them share each prefix of `columns`."""
    shares, sharing = [], rows
    for column in columns:
        sharing = max(1, sharing // min(FEW.get(column, rows), rows))
        shares.append(sharing)
    return " ".join(map(str, (rows, *shares)))
