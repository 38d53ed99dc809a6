"""How long pages take with many comments stored: p95 as a client on the same machine sees it, one request at a time.

    python -m bench.pages [--comments N | --full] [--requests N] [--json]

Beside it the same page of an installation with nothing stored.
"""

import argparse
import http.client
import sys
import time

from bench.door import SECRET, port_of
from bench.measuring import START, Bar, end, python, show, temporary
from bench.serving import SESSION
from bench.stored import stored

NEEDED_MS = 100
FULL = 1_000_000
HOUR_MS = 3_600_000
PAGES = {"Today": "/", "Moderation": "/review", "All comments": "/comments", "Audit": "/audit"}
PATHS = list(PAGES.values())


class Visitor:
    """A signed-in person on one connection."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def get(self, path: str) -> tuple[float, int]:
        """Return the milliseconds of a page and its bytes; every page must answer 200."""
        start = time.perf_counter()
        self._connection.request("GET", path, headers={"Cookie": f"gs_session={SESSION}"})
        answer = self._connection.getresponse()
        body = answer.read()
        spent = (time.perf_counter() - start) * 1000
        assert answer.status == 200, f"{path}: {answer.status} {answer.getheader('location')}"
        return spent, len(body)


def p95(values: list[float]) -> float:
    return sorted(values)[max(0, -(-len(values) * 95 // 100) - 1)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--comments", type=int, default=100_000)
    parser.add_argument("--full", action="store_true", help="1,000,000 comments")
    parser.add_argument("--requests", type=int, default=40, help="of each page")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    count = FULL if given.full else given.comments
    clock = str(START + HOUR_MS)
    with temporary() as folder:
        places = {"full": str(stored(count)), "empty": str(folder / "empty")}
        processes = {
            name: python("bench.serving", "--data", data, "--secret", SECRET, "--no-worker", "--clock", clock)
            for name, data in places.items()
        }
        try:
            visitors = {name: Visitor(port_of(process)) for name, process in processes.items()}
            spent: dict[tuple[str, str], list[float]] = {(n, p): [] for n in visitors for p in PATHS}
            for number in range(given.requests + 2):
                for name, visitor in visitors.items():
                    for path in PATHS:
                        took, _ = visitor.get(path)
                        if number >= 2:  # the first two warm up
                            spent[name, path].append(took)
        finally:
            for process in processes.values():
                end(process)
    bars = [
        Bar(
            what=f"{page}, {count:,} comments stored, p95", needed=NEEDED_MS, measured=p95(spent["full", path]), unit="ms",
            better="less", peer=f"the page of an empty installation ({p95(spent['empty', path]):.0f} ms)",
            ratio=p95(spent["empty", path]) / p95(spent["full", path]),
        )
        for page, path in PAGES.items()
    ]  # fmt: skip
    return show(bars, as_json=given.json)


if __name__ == "__main__":
    sys.exit(main())
