"""A read sees one moment."""

import threading

from tests.support import NOW


def test_a_read_is_one_snapshot(bench):
    store = bench.store
    store.write(lambda tx: tx.put_setting("a", "1", NOW))
    seen = []

    def work(q):
        seen.append(q.setting("a"))
        thread = threading.Thread(target=lambda: store.write(lambda tx: tx.put_setting("a", "2", NOW)))
        thread.start()
        thread.join(10)
        seen.append(q.setting("a"))

    store.read(work)
    assert seen == ["1", "1"]
    assert store.read(lambda q: q.setting("a")) == "2"


def test_a_reader_cannot_write(bench):
    import pytest

    with pytest.raises(Exception, match=r"(?i)read.?only"):
        bench.store.read(lambda q: q.put_setting("a", "1", NOW))
    bench.store.write(lambda tx: tx.put_setting("a", "1", NOW))
    assert bench.store.read(lambda q: q.setting("a")) == "1"


def test_a_failed_read_leaves_the_reader_usable(bench):
    import pytest

    with pytest.raises(ZeroDivisionError):
        bench.store.read(lambda q: 1 // 0)
    assert bench.store.read(lambda q: q.setting("a")) is None
