"""The log at 1,000,000 entries: one inclusion proof, and the verification of everything.

    python -m bench.audit [--entries N] [--rounds N] [--json]

The log is built through the product's own `append` path (sealed entries, leaf hashes, nodes, frontier) once and kept
in the system's temporary folder. Beside the verification, the same bodies are only read and hashed.
"""

import argparse
import hashlib
import random
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bench.measuring import START, Bar, cache, installation, interleaved, show

if TYPE_CHECKING:
    from goodstanding.bootstrap import App

ENTRIES = 1_000_000
PROOF_MS = 1.0
VERIFY_SECONDS = 10.0
BATCH = 5_000


def fill(app: "App", count: int) -> None:
    """Append `count` entries like those of decisions; the last checkpoint covers them all."""
    from goodstanding.usecases import audit

    for first in range(0, count, BATCH):
        drafts = [
            audit.Draft(
                account_id=1,
                kind="decision",
                at=START + number,
                actor=("rule", "reply-price"),
                event_id=number,
                refs={"event": number, "policy": "sha256:" + "5e" * 32},
                body={"outcome": "reply", "codes": ["RULE"], "source": "webhook"},
            )
            for number in range(first, min(first + BATCH, count))
        ]
        app.ctx.store.write(lambda tx, drafts=drafts: audit.append(app.ctx, tx, drafts))
    audit.checkpoint(app.ctx, force=True)


def filled(count: int) -> Path:
    """Return the folder of a log of `count` entries, built once."""
    folder = cache() / f"log-{count}"
    if not (folder / "ready").exists():
        shutil.rmtree(folder, ignore_errors=True)
        app = installation(folder)
        fill(app, count)
        app.close()
        (folder / "ready").touch()
    return folder


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=ENTRIES)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    from goodstanding.usecases import audit

    app = installation(filled(given.entries))
    chance = random.Random(7)

    def proven() -> float:
        places = [chance.randrange(given.entries) for _ in range(200)]
        start = time.perf_counter()
        for place in places:
            assert audit.proof(app.ctx, place) is not None
        return (time.perf_counter() - start) / len(places) * 1000

    def verified() -> float:
        start = time.perf_counter()
        report = audit.verify(app.ctx)
        assert report.ok, report.problems[:3]
        assert report.entries >= given.entries
        return time.perf_counter() - start

    def hashed() -> float:
        start = time.perf_counter()

        after = -1
        while rows := app.ctx.store.read(lambda q, after=after: q.audit_after(after, 2_000)):
            for row in rows:
                hashlib.sha256(b"\x00" + row.body).digest()
            after = rows[-1].seq
        return time.perf_counter() - start

    proven()
    cost = interleaved(given.rounds, {"proof": proven, "verify": verified, "hash": hashed})
    app.close()
    per_million = 1_000_000 / given.entries
    bars = [
        Bar(
            what=f"inclusion proof at {given.entries:,} entries", needed=PROOF_MS, measured=cost["proof"], unit="ms",
            better="less",
        ),
        Bar(
            what="verification of 1,000,000 entries", needed=VERIFY_SECONDS, measured=cost["verify"] * per_million, unit="s",
            better="less", peer=f"reading and hashing alone ({cost['hash'] * per_million:.1f} s)",
            ratio=cost["hash"] / cost["verify"],
        ),
    ]  # fmt: skip
    notes = (
        [] if per_million == 1 else [f"verified {given.entries:,} entries; the time is scaled to 1,000,000"]
    )
    return show(bars, as_json=given.json, notes=notes)


if __name__ == "__main__":
    sys.exit(main())
