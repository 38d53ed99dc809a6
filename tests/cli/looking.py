"""What the tests of the commands share: the demo as a process, printed JSON, the stored rows."""

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

ROOT = Path(__file__).parents[2]


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


def seed_demo(folder, *, comments=300, seed=7, more=("--one-account",)):
    """Run `goodstanding demo --seed-only` in a process of its own."""
    command = [sys.executable, "-m", "goodstanding", "demo", "--seed-only", "--data", str(folder)]
    command += ["--comments", str(comments), "--seed", str(seed), "--port", "0", *more]
    env = {**os.environ, "GOODSTANDING_LANG": "en", "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, capture_output=True, text=True, timeout=120, env=env, check=False)
