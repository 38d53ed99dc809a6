"""The writer: one thread, one write connection, many jobs in one commit (group commit).

While one commit waits for the disk, jobs queue up and share the next one, so durability costs one `fsync`
a group. A job that fails is rolled back alone; its neighbours are committed.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, Protocol, TypeVar, cast

T = TypeVar("T")
GROUP_MAX = 256


class Session(Protocol):
    """What the writer needs of a database connection."""

    def begin(self) -> None: ...
    def commit(self) -> None: ...
    def rollback(self) -> None: ...
    def savepoint(self) -> None: ...
    def release(self) -> None: ...
    def rollback_to_savepoint(self) -> None: ...
    def close(self) -> None: ...


Job = tuple[Callable[[Any], Any], "Future[Any]"]


class Writer:
    """Runs jobs one after another on its own thread; a job's future is set after its commit."""

    def __init__(self, open_session: Callable[[], Session], *, group_max: int = GROUP_MAX) -> None:
        self._queue: SimpleQueue[Job | None] = SimpleQueue()
        self._group_max = group_max
        self._open_session = open_session
        self._ready: Future[None] = Future()
        self._thread = threading.Thread(target=self._work, name="writer", daemon=True)
        self._thread.start()
        self._ready.result()

    def submit(self, work: Callable[[Any], T]) -> "Future[T]":
        """Queue `work`; its result (or exception) arrives after the commit."""
        future: Future[T] = Future()
        self._queue.put((work, cast("Future[Any]", future)))
        return future

    def close(self) -> None:
        """Finish what is queued and stop."""
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
        done: list[tuple[Future[Any], Any]] = []
        try:
            session.begin()
            for work, future in group:
                session.savepoint()
                try:
                    result = work(session)
                except Exception as error:  # noqa: BLE001 - belongs to the job, not to the group
                    session.rollback_to_savepoint()
                    future.set_exception(error)
                else:
                    done.append((future, result))
                session.release()
            session.commit()
        except BaseException as error:  # noqa: BLE001 - nothing of the group was committed; each job is told
            _quietly(session.rollback)
            for _, future in group:
                if not future.done():
                    future.set_exception(error)
            return
        for future, result in done:
            future.set_result(result)


def _quietly(step: Callable[[], None]) -> None:
    try:
        step()
    except Exception:  # noqa: BLE001 - the first error is the one that is told
        return
