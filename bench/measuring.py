"""What the scripts share: bars, medians of interleaved rounds, CPU seconds, an installation to measure."""

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from goodstanding.bootstrap import App

ROOT = Path(__file__).resolve().parent.parent
START = 1_790_000_000_000
"""Where the clock of a measured installation starts, and where the invented crowd begins."""
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One promise about speed or size, and what was measured."""

    what: str
    needed: float
    measured: float
    """Median of the rounds."""
    unit: str
    better: Literal["more", "less"]
    peer: str = ""
    ratio: float | None = None
    """Measured here over measured of the peer, in the same run, so that more is better."""

    @property
    def holds(self) -> bool:
        """Tell whether the promise is kept."""
        return self.measured >= self.needed if self.better == "more" else self.measured <= self.needed


def show(bars: Sequence[Bar], *, as_json: bool, notes: Sequence[str] = ()) -> int:
    """Print what was measured; returns the exit code (1 when a promise is not kept)."""
    if as_json:
        print(
            json.dumps({"bars": [{**asdict(one), "holds": one.holds} for one in bars], "notes": list(notes)})
        )
    else:
        for one in bars:
            print(line(one))
        for note in notes:
            print(f"  {note}")
    return 0 if all(one.holds for one in bars) else 1


def line(bar: Bar) -> str:
    """Return a bar as one line of a table."""
    sign = ">=" if bar.better == "more" else "<="
    peer = "" if bar.ratio is None else f"  {bar.ratio:.2f}x {bar.peer}"
    mark = "ok  " if bar.holds else "MISS"
    return f"{mark} {bar.what}: {number(bar.measured)} {bar.unit} (bar {sign} {number(bar.needed)}){peer}"


def number(value: float) -> str:
    """Return a number as a person writes it."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def interleaved(rounds: int, works: Mapping[str, Callable[[], float]]) -> dict[str, float]:
    """Run every work once a round, in turn; returns the median of what each returned."""
    found: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            found[name].append(work())
    return {name: statistics.median(values) for name, values in found.items()}


def cpu_of(pid: int) -> float:
    """Return the CPU seconds of a running process, all threads, and of its children that ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(int(ticks) for ticks in fields[11:15]) / _TICKS


def resident(pid: int) -> float:
    """Return the resident memory of a running process, MB (10^6)."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) * 1024 / 1e6


def peak_memory() -> float:
    """Return the most memory this process had, MB (10^6)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


@contextmanager
def temporary() -> Iterator[Path]:
    """Give a folder that is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="goodstanding-bench-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def cache() -> Path:
    """Return the folder for what is costly to build, outside the tree."""
    folder = Path(tempfile.gettempdir()) / "goodstanding-bench-cache"
    folder.mkdir(exist_ok=True)
    return folder


def installation(folder: Path) -> "App":
    """Open an installation on SQLite as the product does, with a clock of its own."""
    from goodstanding.bootstrap import open_app
    from goodstanding.settings import Settings

    return open_app(Settings(data=folder, demo_speed=1.0, demo_start=START))


def open_accounts(app: "App", count: int, *, policy_hash: str = "") -> list[str]:
    """Open `count` accounts under a policy (the careful one if none is named); returns their ids at the platform."""
    from goodstanding.usecases import accounts, playbooks, policies
    from goodstanding.usecases.ports import Account

    chosen = policy_hash or policies.read(playbooks.policy_text("careful")).hash
    names = [f"-000BenchOpenId{number:04d}" for number in range(1, count + 1)]
    for number, name in enumerate(names, 1):
        account = Account(
            id=number, connector="tiktok", external_id=name, identifier=f"+Bench{number:04d}", handle=f"bench{number}",
            name=f"Bench {number}", mode="sandbox", zone="Europe/Amsterdam", language="nl", killed=False, can_reply=True,
            can_hide=True, can_message=False, bucket_milli=10**9, bucket_at=app.clock.now(), spike_paused=False,
            policy_hash=chosen,
        )  # fmt: skip
        app.ctx.store.write(lambda tx, account=account: accounts.open_account(app.ctx, tx, account))
    return names


def crowd(count: int, open_id: str, *, seed: int = 7, first: int = 0) -> list[bytes]:
    """Return webhook bodies of invented comments."""
    from goodstanding.sandbox.crowd import make_comments, webhook_bodies

    return webhook_bodies(make_comments(count, seed, start_ms=START, first=first), "bench", open_id)


def keep(app: "App", bodies: Sequence[bytes], *, batch: int = 500) -> None:
    """Accept bodies as the door does, `batch` a commit."""
    from goodstanding.usecases import intake

    for start in range(0, len(bodies), batch):
        arrived = [intake.Arrived(body, app.clock.now()) for body in bodies[start : start + batch]]
        intake.accept(app.ctx, "tiktok", arrived).result()


def read_all(app: "App") -> None:
    """Read, understand, decide and store all that is kept."""
    from goodstanding.usecases import intake

    while intake.read_new(app.ctx):
        pass


def python(module: str, *arguments: str) -> "subprocess.Popen[str]":
    """Start a module of this tree in a process of its own; its first line says that it is ready."""
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


def end(process: "subprocess.Popen[str]") -> None:
    """Stop a process that was started here."""
    process.terminate()
    try:
        process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
