"""Originals: encrypted from the first byte, readable from anywhere, gone when their key is."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goodstanding.adapters.files import originals as module
from goodstanding.adapters.files.originals import Originals
from goodstanding.adapters.keys.boxes import SqliteKeyBox
from goodstanding.adapters.keys.vault import KeyVault
from goodstanding.usecases.ports.imports import RefusedFileError


@pytest.fixture
def place(tmp_path):
    vault = KeyVault(os.urandom(32), SqliteKeyBox(tmp_path / "keys.db", 1))
    store = Originals(tmp_path / "originals", ensure=vault.ensure, lock=vault.lock, unlock=vault.unlock)
    yield store, vault, tmp_path / "originals"
    vault.close()


def kept(store, raw, *, key_id=5, step=100_000):
    writer = store.writer()
    for start in range(0, len(raw), step):
        writer.write(raw[start : start + step])
    writer.keep(key_id, known=False)
    return writer.digest


def files(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    "size", [0, 1, 1000, module.PIECE - 1, module.PIECE, module.PIECE + 1, 2 * module.PIECE + 17]
)
def test_what_went_in_comes_out(place, size):
    store, _, folder = place
    raw = os.urandom(size)
    digest = kept(store, raw)
    with store.open(digest, 5) as source:
        assert source.read() == raw
        assert source.seek(0, os.SEEK_END) == size
        source.seek(max(0, size - 10))
        assert source.read() == raw[-10:] if size else True
    assert len(files(folder)) == 1


@given(st.integers(0, 3 * 64 + 5), st.lists(st.tuples(st.integers(0, 220), st.integers(0, 90)), max_size=8))
@settings(max_examples=60, deadline=None)
def test_any_place_can_be_read(tmp_path_factory, size, looks):
    module_piece, module.PIECE = module.PIECE, 64
    try:
        folder = tmp_path_factory.mktemp("o")
        store = Originals(
            folder,
            ensure=lambda _: None,
            lock=lambda _, b: b[::-1] + b"mark",
            unlock=lambda _, b: b[:-4][::-1],
        )
        raw = bytes(n % 251 for n in range(size))
        digest = kept(store, raw, step=37)
        with store.open(digest, 5) as source:
            for start, count in looks:
                source.seek(start)
                assert source.read(count) == raw[start : start + count]
    finally:
        module.PIECE = module_piece


def test_nothing_plain_lies_on_the_disk_at_any_time(place):
    store, _, folder = place
    needle = b"a private message between two people "
    raw = needle * 60_000
    writer = store.writer()
    writer.write(raw)
    assert all(needle not in path.read_bytes() for path in files(folder))
    writer.keep(5, known=False)
    assert all(needle not in path.read_bytes() for path in files(folder))
    assert all(path.stat().st_mode & 0o077 == 0 for path in files(folder))


def test_what_is_not_kept_leaves_nothing_behind(place):
    store, _, folder = place
    writer = store.writer()
    writer.write(b"x" * 2_000_000)
    writer.drop()
    assert files(folder) == []
    writer = store.writer(10)
    with pytest.raises(RefusedFileError) as caught:
        writer.write(b"x" * 11)
    assert caught.value.fields == {"reason": "FILE_TOO_LARGE", "limit": 10}
    writer.drop()
    assert files(folder) == []


def test_without_its_key_it_is_noise_and_a_changed_piece_is_found(place):
    store, vault, folder = place
    digest = kept(store, b"words " * 1000)
    path = files(folder)[0]
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    with pytest.raises(OSError):
        store.open(digest, 5)
    digest = kept(store, b"other " * 1000, key_id=6)
    vault.destroy(6, 1)
    with pytest.raises(OSError):
        store.open(digest, 6)
    store.drop(digest, 6)
    store.drop(digest, 6)
    with pytest.raises(FileNotFoundError):
        store.open(digest, 6)


def test_what_a_process_left_behind_on_its_way_in_goes_after_a_day(place):
    store, _, folder = place
    writers = [store.writer(), store.writer()]
    for writer in writers:
        writer.write(b"x" * 2_000_000)
    old, young = sorted(files(folder))
    os.utime(old, (1_000_000, 1_000_000))
    store.tidy()
    assert files(folder) == [young]
    for writer in writers:
        writer.drop()
    store.tidy()
    assert files(folder) == []
