"""Tasks and paired phones on both databases: what they promise, which moves the database lets through, and the plans."""

import pytest

from goodstanding.usecases.ports.tasks import PairedPhone, Task
from tests import support
from tests.adapters.storage.test_plans import WALKS, plans
from tests.support import NOW


def task(number, **changes):
    values = {
        "outgoing_id": number, "account_id": 1, "created_at": NOW, "until": NOW + number, "opened_by": "", "opened_at": None,
        "answered_by": "", "answered_at": None, "answer": "",
    }  # fmt: skip
    return Task(**values | changes)


@pytest.fixture
def filled(store):
    def work(tx):
        tx.add_outgoing([support.outgoing(n) for n in (1, 2, 3)])
        tx.offer_tasks([task(n) for n in (3, 1, 2)])

    store.write(work)
    return store


def test_offering_makes_tasks_that_are_tried(filled):
    def look(q):
        return [t.outgoing_id for t in q.open_tasks(1, 10)], q.outgoing(1), q.spent(1, NOW - 1, [1])

    order, one, spent = filled.read(look)
    assert order == [1, 2, 3]
    assert (one.state, one.attempt_at) == ("task", NOW)
    assert [s.sent for s in spent] == [True] * 3
    assert filled.read(
        lambda q: (q.open_tasks(1, 2)[-1].outgoing_id, q.open_task_count(1, 2), q.open_tasks(2, 9))
    ) == (2, 2, [])


def test_opening_and_answering(filled):
    filled.write(lambda tx: tx.open_task(1, "person:1", NOW + 5))
    filled.write(lambda tx: tx.answer_task(1, "sent", "person:1", NOW + 6))
    filled.write(lambda tx: tx.answer_task(1, "late", "system:x", NOW + 7))
    found = filled.read(lambda q: q.task(1))
    assert found == task(
        1, opened_by="person:1", opened_at=NOW + 5, answered_by="person:1", answered_at=NOW + 6, answer="sent"
    )
    assert filled.read(lambda q: [t.outgoing_id for t in q.answered_tasks(1, NOW, 9)]) == [1]
    filled.write(lambda tx: tx.unanswer_task(1))
    assert filled.read(lambda q: q.task(1)) == task(1, opened_by="person:1", opened_at=NOW + 5)


def test_offering_again_begins_anew(filled):
    filled.write(lambda tx: tx.open_task(1, "person:1", NOW + 5))
    filled.write(lambda tx: tx.answer_task(1, "withdrawn", "person:1", NOW + 6))
    filled.write(lambda tx: tx.change_outgoing(1, {"state": "cancelled"}))
    filled.write(lambda tx: tx.change_outgoing(1, {"state": "planned"}))
    filled.write(lambda tx: tx.offer_tasks([task(1, created_at=NOW + 9, until=NOW + 99)]))
    assert filled.read(lambda q: q.task(1)) == task(1, created_at=NOW + 9, until=NOW + 99)


@pytest.mark.parametrize("state", ["sent", "failed", "cancelled"])
@pytest.mark.parametrize(
    ("code", "may"), [("BY_HAND", True), ("BY_HAND_GONE", True), ("", False), ("BY_PERSON", False)]
)
def test_only_a_persons_answer_goes_back(filled, state, code, may):
    filled.write(lambda tx: tx.change_outgoing(1, {"state": state, "code": code}))

    def back():
        filled.write(lambda tx: tx.change_outgoing(1, {"state": "task", "code": ""}))

    if may:
        back()
        assert filled.read(lambda q: q.outgoing(1)).state == "task"
    else:
        with pytest.raises(Exception, match="not allowed"):
            back()


@pytest.mark.parametrize("state", ["sending", "unknown", "planned"])
def test_a_task_never_becomes_a_call(filled, state):
    with pytest.raises(Exception, match="not allowed"):
        filled.write(lambda tx: tx.change_outgoing(1, {"state": state}))


def test_unmarking(store):
    store.write(lambda tx: tx.add_events([support.event(1, answered=True)]))
    store.write(lambda tx: tx.unmark_answered(1, ["c1"]))
    assert not store.read(lambda q: q.event(1)).answered


def test_phones(store):
    one = PairedPhone(id=1, person_id=7, label="Lotte", session="ab", created_at=NOW, revoked_at=None)
    store.write(lambda tx: tx.add_paired_phone(one))
    assert store.read(lambda q: q.paired_phones()) == [one]
    assert store.write(lambda tx: tx.revoke_phone(1, NOW)) is True
    assert store.write(lambda tx: tx.revoke_phone(1, NOW)) is False


CALLS = {
    "task": (1,),
    "open_tasks": (1, 10),
    "open_task_count": (1, 10),
    "answered_tasks": (1, 0, 10),
    "open_task": (1, "x", 1),
    "answer_task": (1, "sent", "x", 1),
    "unmark_answered": (1, ["a"]),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_statement_of_tasks_goes_by_its_key(sqlite_file, name):
    """The index of open tasks holds open tasks only, so walking one account's part of it is no walk of the table."""
    found = plans(sqlite_file, name, CALLS[name])
    assert found
    walks = [step for step in found if WALKS.search(step) and "ix_task_open" not in step]
    assert [step for step in walks if "SCAN t" not in step or "SUBQUERY" in step] == []


def test_an_old_database_keeps_its_acts(tmp_path, monkeypatch):
    """The upgrade copies the table of acts in SQLite: every row, index and trigger is there afterwards."""
    import sqlite3

    from alembic import command

    from goodstanding.adapters.storage import migrate
    from goodstanding.adapters.storage.sqlite import SqliteStore

    path = tmp_path / "old.db"
    engine = migrate.engine_for(f"sqlite:///{path}")
    with engine.begin() as connection:
        config = migrate._config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    engine.dispose()
    with sqlite3.connect(path) as connection:
        connection.execute(
            "INSERT INTO outgoing (workspace_id, account_id, id, event_id, act, contact_id, video_id, target_id, rule, template,"
            " variant, language, text, state, not_before, created_at)"
            " VALUES (1, 1, 5, 5, 'reply', 1, 'v', 'c', '', '', 0, 'nl', 'Hoi', 'sent', 0, 0)"
        )
        before = {
            r[0] for r in connection.execute("SELECT name FROM sqlite_master WHERE tbl_name = 'outgoing'")
        }
    connection.close()
    migrate.prepare_sqlite(path)
    with sqlite3.connect(path) as connection:
        after = {
            r[0] for r in connection.execute("SELECT name FROM sqlite_master WHERE tbl_name = 'outgoing'")
        }
    connection.close()
    assert before == after
    store = SqliteStore(path, 1)
    assert store.read(lambda q: q.outgoing(5)).text == "Hoi"
    with pytest.raises(Exception, match="not allowed"):
        store.write(lambda tx: tx.change_outgoing(5, {"state": "task"}))
    store.close()
