"""The writer thread: one commit for many, a failure for one, and never a dead thread."""

import threading
from concurrent.futures import CancelledError, wait

import pytest

from goodstanding.adapters.storage.writer import TRIES, Writer
from goodstanding.usecases.ports import StoreUnavailableError
from tests.support import NOW


def held(store):
    """Keep the writer busy until the returned event is set."""
    begun, go = threading.Event(), threading.Event()

    def work(_tx):
        begun.set()
        assert go.wait(10)

    future = store.submit(work)
    assert begun.wait(10)
    return future, go


def test_a_failing_job_hurts_none_of_its_neighbours(store):
    first, go = held(store)

    def bad(tx):
        tx.put_setting("b", "x", NOW)
        raise ValueError("b")

    jobs = [
        store.submit(lambda tx, n=n: tx.put_setting(n, "x", NOW)) if n != "b" else store.submit(bad)
        for n in "abc"
    ]
    go.set()
    wait([first, *jobs])
    with pytest.raises(ValueError, match="b"):
        jobs[1].result()
    assert [store.read(lambda q, n=n: q.setting(n)) for n in "abc"] == ["x", None, "x"]


def test_a_refusal_of_the_database_is_the_jobs_own(store):
    first, go = held(store)
    jobs = [store.submit(lambda tx, n=n: tx.put_setting(n, None if n == "b" else "x", NOW)) for n in "abc"]
    go.set()
    wait([first, *jobs])
    with pytest.raises(Exception, match=r"(?i)null"):
        jobs[1].result()
    assert [store.read(lambda q, n=n: q.setting(n)) for n in "abc"] == ["x", None, "x"]


def test_jobs_run_in_order_and_see_each_other(store):
    futures = [store.submit(lambda tx: tx.ids("n")) for _ in range(200)]
    assert [f.result() for f in futures] == list(range(1, 201))


def test_a_cancelled_future_is_skipped_and_the_writer_lives(store):
    first, go = held(store)
    gone = store.submit(lambda tx: tx.put_setting("gone", "x", NOW))
    assert gone.cancel()
    assert not first.cancel(), "what runs is not cancelled"
    go.set()
    assert store.write(lambda tx: tx.setting("gone")) is None
    with pytest.raises(CancelledError):
        gone.result()


def test_a_result_is_told_only_after_the_commit(bench):
    bench.store.write(lambda tx: tx.put_setting("a", "1", NOW))
    assert bench.another().read(lambda q: q.setting("a")) == "1"


def test_a_closed_store_says_so(store):
    store.close()
    with pytest.raises(StoreUnavailableError) as told:
        store.write(lambda tx: tx.accounts())
    assert told.value.fields == {"why": "closed"}
    store.close()


def test_a_store_that_cannot_be_opened_says_why(tmp_path):
    def broken():
        raise OSError("no")

    with pytest.raises(OSError, match="no"):
        Writer(broken)


class Deadlocked:
    """A session whose first commits lose against another transaction."""

    def __init__(self, losses):
        self.losses, self.log = losses, []

    def begin(self):
        self.log.append("begin")

    def commit(self):
        if self.losses:
            self.losses -= 1
            raise RuntimeError("conflict")
        self.log.append("commit")

    def rollback(self):
        self.log.append("rollback")

    def savepoint(self): ...
    def release(self): ...
    def rollback_to_savepoint(self): ...
    def close(self): ...
    def trouble(self, error):
        return str(error) if str(error) == "conflict" else ""


@pytest.mark.parametrize("losses", [0, 1, TRIES - 1])
def test_a_conflict_is_tried_again(losses):
    session = Deadlocked(losses)
    writer = Writer(lambda: session)
    assert writer.submit(lambda _: 5).result() == 5
    writer.close()
    assert session.log == ["begin", "rollback"] * losses + ["begin", "commit"]


def test_a_conflict_that_lasts_is_told():
    writer = Writer(lambda: Deadlocked(TRIES))
    with pytest.raises(StoreUnavailableError) as told:
        writer.submit(lambda _: 5).result()
    assert told.value.fields == {"why": "conflict"}
    assert writer.submit(lambda _: 6).result() == 6
    writer.close()
