"""Reading 100,000 exported comments: from bytes to values, and all the way into the database; beside plain `json.load`.

Bar: 100,000 comments read in at most 5 s. The peer loads the whole file into memory and walks it once, without
natural keys, without dates checked, and loses everything when the file is cut; it stands here as a measure of the floor.
Run: `python -m bench.imports [--comments 100000] [--rounds 3] [--json]`.
"""

import argparse
import io
import json
import sys
import time
from pathlib import Path

from bench.measuring import Bar, installation, interleaved, open_accounts, show, temporary

BAR_SECONDS = 5
BAR_COMMENTS = 100_000


def export(count):
    """Return an export with `count` own comments, as TikTok writes one."""
    comments = [
        {
            "date": f"2026-{n % 12 + 1:02d}-{n % 28 + 1:02d} {n % 24:02d}:{n // 24 % 60:02d}:{n % 60:02d} UTC",
            "comment": f"Thank you! That is the pan from part {n}.",
            "photo": "N/A",
            "video": "",
            "sticker": "N/A",
            "originalPostUrl": "https://www.tiktok.com/@bench/video/7672400000000000101",
        }
        for n in range(count)
    ]
    return json.dumps({"Comment": {"Comments": {"CommentsList": comments}}}).encode()


def read(raw):
    """Read the file as the product does; returns seconds of CPU."""
    from goodstanding.adapters.files.rules import limits
    from goodstanding.adapters.files.tiktok_export import ExportReading

    start = time.process_time()
    rows = sum(1 for _ in ExportReading(io.BytesIO(raw), limits(), own="bench").rows())
    assert rows
    return time.process_time() - start


def plainly(raw):
    """Load the file whole and walk it."""
    start = time.process_time()
    found = json.load(io.BytesIO(raw))
    rows = [(one["date"], one["comment"]) for one in found["Comment"]["Comments"]["CommentsList"]]
    assert rows
    return time.process_time() - start


def whole(folder, raw):
    """Keep, read and store the file, then import it again; returns CPU seconds of both."""
    from goodstanding.bootstrap import importer
    from goodstanding.usecases import imports

    app = installation(folder)
    open_accounts(app, 1)
    made = importer(app)
    seconds = []
    for _ in range(2):
        start = time.process_time()
        writer = made.originals.writer(made.upload_bytes_max)
        writer.write(raw)
        who = ("system", "bench")
        file = imports.keep(
            made, writer, account_id=1, kind="tiktok-export", name="user_data_tiktok.json", who=who
        )
        file = imports.run(made, file.id, who=who)
        seconds.append(time.process_time() - start)
    counts = imports.counts_of(file)
    assert counts.added == 0, counts
    app.close()
    return seconds, counts.known


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--comments", type=int, default=BAR_COMMENTS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    raw = export(given.comments)
    found = interleaved(given.rounds, {"ours": lambda: read(raw), "json.load": lambda: plainly(raw)})
    scale = BAR_COMMENTS / given.comments
    with temporary() as folder:
        (first, again), known = whole(Path(folder), raw)
    bar = Bar(
        what="reading 100,000 exported comments", needed=BAR_SECONDS, measured=found["ours"] * scale,
        unit="s of one core", better="less", peer="json.load and a loop", ratio=found["json.load"] / found["ours"],
    )  # fmt: skip
    stored = Bar(
        what="100,000 exported comments, from file to sealed rows", needed=12, measured=first * scale, unit="s of CPU",
        better="less",
    )  # fmt: skip
    notes = [
        f"{len(raw) / 1e6:.1f} MB; the same file again: {again * scale:.2f} s of CPU for 100,000, {known:,} known, 0 added"
    ]
    return show([bar, stored], as_json=given.json, notes=notes)


if __name__ == "__main__":
    sys.exit(main())
