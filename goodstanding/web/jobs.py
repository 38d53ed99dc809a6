"""Work that takes longer than a page may: runs in a thread, shows its progress, can be stopped, survives a reload."""

import itertools
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

KEPT = 20
"""Finished jobs whose result stays readable."""


class StoppedError(Exception):
    """A person stopped the job."""


@dataclass(slots=True)
class Job:
    """One piece of long work. `result` is set when `state` is `done`."""

    id: int
    kind: str
    """The template that shows it: `backtest` or `verify`."""
    about: Mapping[str, Any]
    total: int
    """How much there is to do, as far as known; 0 when it is not."""
    state: Literal["running", "done", "stopped", "failed"] = "running"
    done: int = 0
    result: Any = None
    error: str = ""
    seconds: float = 0.0
    _stop: threading.Event = field(default_factory=threading.Event)
    _ended: threading.Event = field(default_factory=threading.Event)

    def step(self, count: int) -> None:
        """Note progress; raises `StoppedError` once a person asked to stop."""
        self.done += count
        if self._stop.is_set():
            raise StoppedError

    def stop(self) -> None:
        """Ask to stop at the next step."""
        self._stop.set()

    def wait(self, seconds: float) -> None:
        """Wait a moment for the end, so that short work needs no second page."""
        self._ended.wait(seconds)


class Jobs:
    """The jobs of this process. One of a kind runs at a time; a restart forgets them."""

    def __init__(self) -> None:
        self._jobs: dict[int, Job] = {}
        self._ids = itertools.count(1)
        self._lock = threading.Lock()

    def start(
        self, kind: str, work: Callable[[Job], Any], *, total: int = 0, about: Mapping[str, Any]
    ) -> Job:
        """Run `work` in a thread of its own; while one of this kind runs, that one is returned instead."""
        with self._lock:
            for job in self._jobs.values():
                if job.kind == kind and job.state == "running":
                    return job
            job = Job(id=next(self._ids), kind=kind, about=about, total=total)
            self._jobs[job.id] = job
            for old in [one.id for one in self._jobs.values() if one.state != "running"][:-KEPT]:
                del self._jobs[old]
        threading.Thread(target=_run, args=(job, work), name=f"job-{kind}", daemon=True).start()
        return job

    def get(self, job_id: int) -> Job | None:
        """Return a job that is still known."""
        return self._jobs.get(job_id)


def _run(job: Job, work: Callable[[Job], Any]) -> None:
    start = time.monotonic()
    try:
        job.result = work(job)
        job.state = "done"
    except StoppedError:
        job.state = "stopped"
    except Exception as error:  # noqa: BLE001 - shown on the job's page instead of lost with the thread
        job.error = getattr(error, "code", type(error).__name__)
        job.state = "failed"
    finally:
        job.seconds = time.monotonic() - start
        job._ended.set()  # noqa: SLF001 - this is the job's own runner
