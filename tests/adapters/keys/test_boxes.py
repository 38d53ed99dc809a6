"""Where wrapped keys lie, on both databases: durable, destroyed for good, and healing."""

import sqlite3

import pytest

from goodstanding.adapters.keys.boxes import PostgresKeyBox, SqliteKeyBox
from goodstanding.usecases.ports import StoreUnavailableError


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def opened(request, tmp_path):
    """A function that opens the same box again and again."""
    if request.param == "sqlite":
        yield lambda workspace=1: SqliteKeyBox(tmp_path / "keys.db", workspace)
    else:
        address = request.getfixturevalue("postgres_address")
        yield lambda workspace=1: PostgresKeyBox(address, workspace)


@pytest.fixture
def box(opened):
    box = opened()
    yield box
    box.close()


def test_keys_are_kept_first_come(opened, box):
    assert box.known([]) == set()
    box.add([(1, b"a"), (2, b"\x00\xff")])
    box.add([(1, b"later"), (3, b"c")])
    assert box.known([1, 2, 3, 4]) == {1, 2, 3}
    again = opened()
    assert [again.get(n) for n in (1, 2, 3, 4)] == [b"a", b"\x00\xff", b"c", None]
    again.close()


def test_a_destroyed_key_stays_destroyed(opened, box):
    box.add([(1, b"a")])
    box.destroy(1, 5)
    box.destroy(7, 5)
    box.add([(1, b"b"), (7, b"b")])
    assert (box.get(1), box.get(7)) == (None, None)
    assert box.known([1, 7]) == {1, 7}, "so that no new key is made"


def test_named_keys_are_kept_first_come(box):
    assert box.named("signing") is None
    box.add_named("signing", b"a")
    box.add_named("signing", b"b")
    assert box.named("signing") == b"a"


def test_workspaces_have_their_own(opened, box):
    other = opened(2)
    box.add([(1, b"a")])
    box.add_named("x", b"a")
    assert (other.get(1), other.named("x"), other.known([1])) == (None, None, set())
    other.close()


def test_nothing_of_a_destroyed_key_is_left_in_the_files(tmp_path):
    box = SqliteKeyBox(tmp_path / "keys.db", 1)
    needle = b"the-wrapped-key-of-somebody-0123456789"
    box.add([(n, needle) for n in range(1, 4)])
    for n in range(1, 4):
        box.destroy(n, 0)
    box.close()
    assert not any(needle in path.read_bytes() for path in tmp_path.iterdir())


def test_a_locked_file_heals(tmp_path):
    path = tmp_path / "keys.db"
    box = SqliteKeyBox(path, 1)
    box._connection.execute("PRAGMA busy_timeout = 20")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailableError) as told:
        box.add([(1, b"a")])
    assert told.value.fields == {"why": "locked"}
    other.execute("ROLLBACK")
    other.close()
    box.add([(1, b"a")])
    assert box.get(1) == b"a"
    box.close()


def test_a_full_disk_heals(tmp_path):
    box = SqliteKeyBox(tmp_path / "keys.db", 1)
    pages = box._connection.execute("PRAGMA page_count").fetchone()[0]
    box._connection.execute(f"PRAGMA max_page_count = {pages + 1}")
    with pytest.raises(StoreUnavailableError) as told:
        box.add([(n, b"x" * 4000) for n in range(9)])
    assert told.value.fields == {"why": "full"}
    assert box.known(range(9)) == set()
    box._connection.execute("PRAGMA max_page_count = 10000")
    box.add([(n, b"x" * 4000) for n in range(9)])
    assert len(box.known(range(9))) == 9
    box.close()


@pytest.mark.postgres
def test_a_cut_connection_heals(postgres, postgres_address):
    box = PostgresKeyBox(postgres_address, 1)
    box.add([(1, b"a")])
    name = postgres_address.split("?")[0].rsplit("/", 1)[1]
    postgres.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
    with pytest.raises(StoreUnavailableError):
        box.get(1)
    assert box.get(1) == b"a"
    box.add([(2, b"b")])
    assert box.get(2) == b"b"
    box.close()
