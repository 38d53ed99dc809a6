"""The writer: one thread, one write connection, many jobs in one commit (group commit).

While one commit waits for the disk, jobs queue up and share the next one, so durability costs one `fsync`
a group. A job that fails is rolled back alone; its neighbours are committed. When the database itself fails (full,
locked, out of reach), nothing of the group is kept and every job is told so; the next group tries afresh.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, Protocol, TypeVar, cast

from goodstanding.usecases.ports import StoreUnavailableError

T = TypeVar("T")
GROUP_MAX = 256
TRIES = 5
"""How often a group is run whose only trouble was another transaction (a deadlock)."""


class Session(Protocol):
    """What the writer needs of a database connection."""

    def begin(self) -> None: ...
    def commit(self) -> None: ...
    def rollback(self) -> None: ...
    def savepoint(self) -> None: ...
    def release(self) -> None: ...
    def rollback_to_savepoint(self) -> None: ...
    def close(self) -> None: ...
    def trouble(self, error: BaseException) -> str:
        """Return why the database cannot be used (full, locked, lost, conflict, ...); empty for a job's own error."""
        ...


Job = tuple[Callable[[Any], Any], "Future[Any]"]


class Writer:
    """Runs jobs one after another on its own thread; a job's future is set after its commit."""

    def __init__(self, open_session: Callable[[], Session], *, group_max: int = GROUP_MAX) -> None:
        self._queue: SimpleQueue[Job | None] = SimpleQueue()
        self._group_max = group_max
        self._open_session = open_session
        self._door = threading.Lock()
        self._closed = False
        self._ready: Future[None] = Future()
        self._thread = threading.Thread(target=self._work, name="writer", daemon=True)
        self._thread.start()
        self._ready.result()

    def submit(self, work: Callable[[Any], T]) -> "Future[T]":
        """Queue `work`; its result (or exception) arrives after the commit."""
        future: Future[T] = Future()
        with self._door:
            if self._closed:
                future.set_exception(StoreUnavailableError(why="closed"))
            else:
                self._queue.put((work, cast("Future[Any]", future)))
        return future

    def close(self) -> None:
        """Finish what is queued and stop."""
        with self._door:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        self._thread.join()

    def _work(self) -> None:
        try:
            session = self._open_session()
        except BaseException as error:  # noqa: BLE001 - handed to whoever opens the store
            self._ready.set_exception(error)
            return
        self._ready.set_result(None)
        while (group := self._next_group()) is not None:
            self._run(session, group)
        session.close()

    def _next_group(self) -> list[Job] | None:
        first = self._queue.get()
        if first is None:
            return None
        group = [first]
        while len(group) < self._group_max and not self._queue.empty():
            job = self._queue.get()
            if job is None:
                self._queue.put(None)
                break
            group.append(job)
        return group

    def _run(self, session: Session, group: list[Job]) -> None:
        """Run a group to its commit. A future that was cancelled before its turn is left out, its job not run."""
        left = [job for job in group if job[1].set_running_or_notify_cancel()]
        for tried in range(1, TRIES + 1):
            error = self._attempt(session, left)
            if error is None:
                return
            left = [job for job in left if not job[1].done()]
            why = session.trouble(error)
            if why != "conflict" or tried == TRIES:
                told = StoreUnavailableError(why=why) if why else error
                told.__cause__ = error if why else error.__cause__
                for _, future in left:
                    future.set_exception(told)
                return

    def _attempt(self, session: Session, group: list[Job]) -> BaseException | None:
        done: list[tuple[Future[Any], Any]] = []
        try:
            session.begin()
            for work, future in group:
                session.savepoint()
                try:
                    result = work(session)
                except Exception as error:
                    if session.trouble(error):
                        raise
                    session.rollback_to_savepoint()
                    future.set_exception(error)
                else:
                    done.append((future, result))
                session.release()
            session.commit()
        except BaseException as error:  # noqa: BLE001 - nothing of the group was committed; each job is told
            _quietly(session.rollback)
            return error
        for future, result in done:
            future.set_result(result)
        return None


def _quietly(step: Callable[[], None]) -> None:
    try:
        step()
    except Exception:  # noqa: BLE001 - the first error is the one that is told
        return
