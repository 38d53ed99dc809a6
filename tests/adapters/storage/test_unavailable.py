"""Disk full, locked, cut off: nothing is kept, it is said in our own words, and it heals without hand work."""

import sqlite3

import pytest

from goodstanding.adapters.storage import sqlite as sqlite_module
from goodstanding.adapters.storage.postgres import PostgresStore
from goodstanding.adapters.storage.sqlite import SqliteStore
from goodstanding.usecases.ports import StoreUnavailableError
from tests.support import NOW


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(sqlite_module, "BUSY_MS", 50)


@pytest.fixture
def file_store(quick, sqlite_file):
    store = SqliteStore(sqlite_file, 1)
    yield store
    store.close()


def why(store, work):
    with pytest.raises(StoreUnavailableError) as told:
        store.write(work)
    return told.value.fields["why"]


def test_disk_full(file_store):
    pages = file_store.write(lambda tx: tx._all("PRAGMA page_count")[0][0])
    file_store.write(lambda tx: tx._all(f"PRAGMA max_page_count = {pages + 2}"))
    file_store.write(lambda tx: tx.put_setting("before", "x", NOW))
    assert why(file_store, lambda tx: tx.put_setting("big", "x" * 200_000, NOW)) == "full"
    assert file_store.read(lambda q: (q.setting("before"), q.setting("big"))) == ("x", None)
    file_store.write(lambda tx: tx._all("PRAGMA max_page_count = 1000000"))
    file_store.write(lambda tx: tx.put_setting("big", "x" * 200_000, NOW))
    assert len(file_store.read(lambda q: q.setting("big"))) == 200_000


def test_disk_full_takes_the_whole_group_and_each_is_told(file_store):
    from tests.adapters.storage.test_writer import held

    pages = file_store.write(lambda tx: tx._all("PRAGMA page_count")[0][0])
    file_store.write(lambda tx: tx._all(f"PRAGMA max_page_count = {pages + 2}"))
    first, go = held(file_store)
    jobs = [file_store.submit(lambda tx, n=n: tx.put_setting(str(n), "x" * 30_000, NOW)) for n in range(5)]
    go.set()
    first.exception()
    kept = []
    for n, job in enumerate(jobs):
        told = job.exception()
        assert told is None or told.fields["why"] == "full"
        kept += [] if told else [n]
    assert [n for n in range(5) if file_store.read(lambda q, n=n: q.setting(str(n)))] == kept, (
        "what was told is what is there"
    )


def test_locked_by_another_process(file_store, sqlite_file):
    other = sqlite3.connect(sqlite_file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert why(file_store, lambda tx: tx.put_setting("a", "1", NOW)) == "locked"
    assert file_store.read(lambda q: q.setting("a")) is None, "readers go on"
    other.execute("ROLLBACK")
    other.close()
    file_store.write(lambda tx: tx.put_setting("a", "1", NOW))
    assert file_store.read(lambda q: q.setting("a")) == "1"


def test_a_damaged_file_is_told_and_nothing_else(quick, tmp_path):
    path = tmp_path / "x.db"
    path.write_bytes(b"this is no database, and long enough to be looked at " * 40)
    with pytest.raises(sqlite3.DatabaseError):
        SqliteStore(path, 1)


def cut(postgres, address):
    name = address.split("?")[0].rsplit("/", 1)[1]
    postgres.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")


@pytest.mark.postgres
def test_a_cut_connection_heals(postgres, postgres_address):
    store = PostgresStore(postgres_address, 1)
    try:
        store.write(lambda tx: tx.put_setting("a", "1", NOW))
        assert store.read(lambda q: q.setting("a")) == "1"
        cut(postgres, postgres_address)
        assert why(store, lambda tx: tx.put_setting("a", "2", NOW)) == "lost"
        with pytest.raises(StoreUnavailableError):
            store.read(lambda q: q.setting("a"))
        store.write(lambda tx: tx.put_setting("a", "3", NOW))
        assert store.read(lambda q: q.setting("a")) == "3"
    finally:
        store.close()


@pytest.mark.postgres
def test_a_connection_cut_inside_a_transaction_keeps_nothing(postgres, postgres_address):
    store = PostgresStore(postgres_address, 1)

    def work(tx):
        tx.put_setting("a", "1", NOW)
        cut(postgres, postgres_address)
        tx.put_setting("b", "1", NOW)

    try:
        assert why(store, work) == "lost"
        assert store.read(lambda q: (q.setting("a"), q.setting("b"))) == (None, None)
    finally:
        store.close()


@pytest.mark.postgres
def test_a_server_that_is_gone_and_comes_back(postgres, postgres_address):
    store = PostgresStore(postgres_address, 1)
    name = postgres_address.split("?")[0].rsplit("/", 1)[1]
    try:
        store.write(lambda tx: tx.put_setting("a", "1", NOW))
        postgres.run(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        cut(postgres, postgres_address)
        for _ in range(3):
            assert why(store, lambda tx: tx.put_setting("a", "2", NOW)) == "lost"
        postgres.run(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
        store.write(lambda tx: tx.put_setting("a", "4", NOW))
        assert store.read(lambda q: q.setting("a")) == "4"
    finally:
        store.close()


@pytest.mark.postgres
def test_two_transactions_in_each_others_way_both_end(postgres_address):
    """A deadlock is broken by the server; the loser runs again by itself."""
    import threading

    one, two = PostgresStore(postgres_address, 1), PostgresStore(postgres_address, 1)
    one.write(lambda tx: [tx.put_setting("a", "0", NOW), tx.put_setting("b", "0", NOW)])
    meet = threading.Barrier(2)
    tried = {"one": 0, "two": 0}

    def work(name, first, second):
        def run(tx):
            tried[name] += 1
            tx.put_setting(first, name, NOW)
            if tried[name] == 1:
                meet.wait(10)
            tx.put_setting(second, name, NOW)

        return run

    try:
        futures = [one.submit(work("one", "a", "b")), two.submit(work("two", "b", "a"))]
        assert [f.result(20) for f in futures] == [None, None]
        assert sum(tried.values()) > 2, "somebody had to come again"
        assert len(set(one.read(lambda q: (q.setting("a"), q.setting("b"))))) == 1
    finally:
        one.close()
        two.close()
