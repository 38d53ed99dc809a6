"""Namesakes on both databases: what the statements promise, their plans, and an old database that gains its ties."""

import sqlite3

import msgspec
import pytest
from alembic import command

from goodstanding.adapters.storage import migrate
from goodstanding.adapters.storage.sqlite import SqliteStore
from goodstanding.usecases.namesakes import Kin
from goodstanding.usecases.ports.connections import AppRow
from goodstanding.usecases.ports.namesakes import Tie
from tests import support
from tests.adapters.storage.test_plans import WALKS, plans
from tests.support import NOW


def tie(named, known, state="same", **more):
    return Tie(account_id=1, named_id=named, known_id=known, state=state, at=NOW, **more)


@pytest.fixture
def filled(store):
    def work(tx):
        tx.add_contacts(
            [
                support.contact(1, handle="anna"),
                support.contact(2, external_id="handle:anna", handle="anna", answer="withdrawn"),
                support.contact(3, handle="bo"),
            ],
            NOW,
        )
        tx.put_ties([tie(2, 0, "alone")])

    store.write(work)
    return store


def test_ties_are_kept_replaced_and_forgotten(filled):
    assert filled.read(lambda q: (q.has_ties(1), q.has_ties(2), q.ties_of([1, 2]))) == (True, False, [])
    filled.write(lambda tx: tx.put_ties([tie(2, 1)]))
    filled.write(lambda tx: tx.put_ties([tie(2, 1, "apart", apart_at=5, by="person:1"), tie(2, 3, "apart")]))
    found = filled.read(lambda q: q.ties_of([2]))
    assert found == [tie(2, 1, "apart", apart_at=5, by="person:1"), tie(2, 3, "apart")]
    assert filled.read(lambda q: q.ties_of([3])) == [tie(2, 3, "apart")]
    assert filled.read(lambda q: [t.known_id for t in q.open_ties(1, 9)]) == [1, 3]
    assert filled.write(lambda tx: tx.drop_ties([1, 3])) == 2
    assert filled.read(lambda q: (q.has_ties(1), q.ties_of([2]))) == (True, []), (
        "the name itself is still known"
    )
    filled.write(lambda tx: tx.drop_ties([2]))
    assert not filled.read(lambda q: q.has_ties(1))


def test_bearers_are_found_by_handle(filled):
    assert filled.read(lambda q: (q.bearers(1, ["anna"]), q.bearers(1, ["bo", "x"]), q.bearers(2, ["anna"]))) == (
        [1, 2], [3], [],
    )  # fmt: skip


def test_the_list_of_people_never_written_to_is_empty_or_not(filled):
    assert not filled.read(lambda q: q.has_suppressed(1))
    filled.write(lambda tx: tx.add_suppression(1, b"d", "stop", NOW))
    assert filled.read(lambda q: (q.has_suppressed(1), q.has_suppressed(2))) == (True, False)


def test_what_holds_back_is_read_from_either_end(filled):
    filled.write(lambda tx: tx.put_ties([tie(2, 1)]))
    one = filled.read(lambda q: Kin(q, 1, [1, 3]).as_one(q.contact(1)))
    assert one.answer == "withdrawn"
    assert filled.read(lambda q: Kin(q, 1, [1, 3]).everyone()) == [1, 2, 3]
    assert filled.read(lambda q: Kin(q, 1, [3]).everyone()) == [3]


def test_another_workspace_sees_nothing(bench):
    bench.store.write(lambda tx: tx.put_ties([tie(2, 1)]))
    other = bench.another(workspace=2)
    assert other.read(lambda q: (q.has_ties(1), q.ties_of([1, 2]))) == (False, [])


def test_the_secret_before_is_kept_with_its_end(store):
    row = AppRow(
        connector="tiktok", client_id="7", secret=b"s", webhook_secret=None, permissions="accounts", changed_at=1,
        before_secret=b"o", before_until=NOW,
    )  # fmt: skip
    store.write(lambda tx: tx.put_platform_app(row))
    assert store.read(lambda q: q.platform_app("tiktok")) == row
    none = msgspec.structs.replace(row, before_secret=None, before_until=None)
    store.write(lambda tx: tx.put_platform_app(none))
    assert store.read(lambda q: q.platform_app("tiktok")) == none


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("has_ties", (1,)), ("ties_of", ([1, 2],)), ("bearers", (1, ["a"])), ("has_suppressed", (1,))],
)
def test_a_statement_goes_by_its_key(sqlite_file, name, arguments):
    found = plans(sqlite_file, name, arguments)
    assert found
    limited = ("has_ties", "has_suppressed")
    """They stop at the first row of an account, so the account is key enough."""
    assert name in limited or [step for step in found if WALKS.search(step)] == []


def test_an_old_database_gains_its_ties(tmp_path):
    path = tmp_path / "old.db"
    engine = migrate.engine_for(f"sqlite:///{path}")
    with engine.begin() as connection:
        config = migrate._config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0006")
    engine.dispose()
    people = [
        (1, "+A", "@Anna"), (2, "handle:anna", "anna"), (3, "+B", "bo"), (4, "+C", "Bo"), (5, "handle:bo", "bo"),
        (6, "handle:cas", "cas"), (7, "name:dirk", "Dirk"), (8, "erased:8", ""),
    ]  # fmt: skip
    with sqlite3.connect(path) as connection:
        connection.executemany(
            "INSERT INTO contact (workspace_id, account_id, id, external_id, handle, created_at) VALUES (1, 1, ?, ?, ?, 0)",
            people,
        )
    connection.close()
    migrate.prepare_sqlite(path)
    store = SqliteStore(path, 1)
    found = store.read(lambda q: [(t.named_id, t.known_id, t.state) for t in q.ties_of([2, 5, 6, 7])])
    assert found == [(2, 1, "same"), (5, 3, "apart"), (5, 4, "apart")]
    assert store.read(lambda q: [q.contact(n).handle for n in (1, 4, 7)]) == ["anna", "bo", "Dirk"]
    store.close()
