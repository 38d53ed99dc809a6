"""Which texts the semantic heads learn from, and their vectors, kept in a file outside the tree.

    python -m model.embedded [DATA_FOLDER] [--cache FILE] [--share K/N]

Fills the file; `model.semantic` does so too, where some are missing. `--share` fills a file of its own for one of N
processes, which `model.semantic` reads beside the first.
"""

import argparse
import hashlib
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from goodstanding.adapters.nlp import embed, kin
from goodstanding.adapters.nlp.lists import shipped
from goodstanding.adapters.nlp.reading import Reader
from model import written
from model.sources import Row, opened

DATA = Path("../shared/data/nlp")
CACHE = Path(tempfile.gettempdir()) / "semantic-cache.npz"
PER_ANSWER = {
    "davidson_train": 1_400, "hatemoji_build_train": 2_600, "germeval2018_train": 1_300, "surge_toxicity_train": 400,
    "goemotions_train": 2_200, "vader_tweets_train": 900, "sms_spam_train": 900, "youtube_spam_train": 600,
    "clinc150_train": 500, "banking77_train": 300, "nlupp_train": 300,
}  # fmt: skip
"""Texts taken of an open set for each answer it gives (abuse, hate, spam and mood together)."""
XED = {"nl": 1_300, "en": 700}
_STEP = 400


def said(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


def chosen(folder: Path) -> Iterator[Row]:
    """Yield rows of the open sets, as many of each answer as are wanted, in an order that hashing gives."""
    taken: dict[tuple[object, ...], int] = {}
    rows = sorted(opened(folder), key=lambda row: hashlib.sha256(row.text.encode()).digest())
    for row in rows:
        most = XED.get(row.lang, 0) if row.source == "xed_train" else PER_ANSWER[row.source]
        told = {
            head: row.labels[head] for head in ("hate", "abuse", "spam", "sentiment") if head in row.labels
        }
        answer = (row.source, row.lang, *told.items())
        if told and taken.get(answer, 0) < most:
            taken[answer] = taken.get(answer, 0) + 1
            yield row


def all_rows(folder: Path) -> list[Row]:
    """Return our own rows and the chosen ones of the open sets."""
    return [*written.rows(), *chosen(folder)]


class Preparer:
    """Prepares texts as the product does."""

    def __init__(self) -> None:
        self._reader = Reader(shipped(), lambda _: 0, kin.shipped().groups)

    def plain(self, text: str) -> str:
        return embed.plain(text, self._reader.read(text).tokens)


class Cache:
    """Vectors by the digest of the prepared text, in half precision."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.vectors: dict[str, NDArray[np.float16]] = {}
        for file in sorted({path, *path.parent.glob(f"{path.stem}.*{path.suffix}")}):
            if file.exists():
                with np.load(file) as stored:
                    self.vectors.update(zip(stored["names"].tolist(), stored["vectors"], strict=True))

    def fill(self, texts: Sequence[str], *, until: float | None = None) -> None:
        """Embed the prepared texts that are missing, keeping the file as it goes."""
        wanted = {embed.digest(text): text for text in texts}
        missing = [(name, text) for name, text in wanted.items() if name not in self.vectors]
        if not missing:
            return
        engine, started = embed.Engine.opened(), time.monotonic()
        for at in range(0, len(missing), _STEP):
            some = missing[at : at + _STEP]
            for (name, _), vector in zip(some, engine.vectors([text for _, text in some]), strict=True):
                self.vectors[name] = np.array(vector, np.float16)
            if at // _STEP % 5 == 4 or at + _STEP >= len(missing):
                self.keep()
                said(f"{at + len(some):,} of {len(missing):,} embedded in {time.monotonic() - started:.0f} s")
            if until is not None and time.monotonic() > until:
                break

    def keep(self) -> None:
        part = self.path.with_name(f"{self.path.name}.part")
        with part.open("wb") as out:
            np.savez(out, names=np.array(list(self.vectors)), vectors=np.array(list(self.vectors.values())))
        part.replace(self.path)

    def matrix(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return one row a prepared text."""
        return np.array([self.vectors[embed.digest(text)] for text in texts], np.float64)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, nargs="?", default=DATA)
    parser.add_argument("--cache", type=Path, default=CACHE)
    parser.add_argument("--share", default="0/1")
    given = parser.parse_args()
    share, of = map(int, given.share.split("/"))
    preparer = Preparer()
    own = [preparer.plain(text.text) for text in written.texts()]
    texts = own + [preparer.plain(row.text) for row in chosen(given.data)]
    said(f"{len(own):,} of our own and {len(texts) - len(own):,} open texts")
    path = (
        given.cache if of == 1 else given.cache.with_name(f"{given.cache.stem}.{share}{given.cache.suffix}")
    )
    Cache(path).fill(texts[share::of])
    return 0


if __name__ == "__main__":
    sys.exit(main())
