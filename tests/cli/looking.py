"""What the tests of the commands look at: printed JSON and the stored rows."""

import json
import sqlite3
from contextlib import closing


def said(result):
    """Return the JSON that a command printed; nothing else may stand beside it."""
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    return json.loads(result.stdout)


def rows(folder, sql, *params):
    """Ask the database of a folder."""
    with closing(sqlite3.connect(folder / "goodstanding.db")) as db, db:
        return db.execute(sql, params).fetchall()


def attack(folder, sql, *params):
    """Change stored data as somebody with the file would: first away with the triggers."""
    with closing(sqlite3.connect(folder / "goodstanding.db")) as db, db:
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            db.execute(f"DROP TRIGGER {name}")
        assert db.execute(sql, params).rowcount == 1
