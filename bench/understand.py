"""Comments understood per CPU second with every head, beside classifiers people use today, and what it takes.

    python -m bench.understand [FILE.jsonl[.gz] ...] [--rounds N] [--json]

Warm: every word was seen before, no whole text is remembered. Cold: a new classifier, every word for the first
time. Peers answer one question each (VADER: sentiment, alt-profanity-check: English profanity, in one batch, as
it is fastest). Files hold lines with a field `text`.
"""

import argparse
import gzip
import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.measuring import ROOT, Bar, interleaved, number, resident, show
from goodstanding.adapters.nlp.classifier import Classifier

WARM_NEEDED = 20_000
MEMORY_NEEDED_MB = 120
IMPORT_NEEDED_S = 0.5
TEXTS = 10_000
OPENINGS = ["omg", "wow", "haha", "hey", "echt", "Love", "I", "ik", "this", "die", "wat een", "so", "zo"]
MIDDLES = """
love this video so much
vind dit echt heel mooi
can't stop watching
is really good
wat kost die jas
where did you get that shirt
mooie kleur staat je goed
makes my day
ga ik ook proberen
looks amazing on you
heb je een link
moet ik ook hebben
waar is dit
first time seeing this
so funny
dit is te grappig
keep it up
blijf zo doorgaan
my friend told me about you
je bent een topper
how do you do that
""".strip().split("\n")
ENDINGS = ["", "!", "!!", "?", " 😂", " 😍😍", " 🔥", " haha", " <3", " xx", "...", " lol", " ❤️"]


def generated(count: int) -> list[str]:
    chance = random.Random(7)
    return [
        f"{chance.choice(OPENINGS)} {chance.choice(MIDDLES)}{chance.choice(ENDINGS)}"
        + (f" @viewer{chance.randrange(count)}" if chance.random() < 0.1 else "")
        for _ in range(count)
    ]


def longer(count: int) -> list[str]:
    """Return comments of two to four sentences, as long as those that ask or tell something."""
    chance = random.Random(11)
    short = generated(count)
    return [" ".join(chance.choices(short, k=chance.randint(2, 4))) for _ in range(count)]


def texts_of(path: Path) -> list[str]:
    body = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [json.loads(line)["text"] for line in body.splitlines() if line]


def rate_of(work: Callable[[], object], texts: Sequence[str]) -> Callable[[], float]:
    """Return a work that tells how many texts it did per CPU second."""

    def measured() -> float:
        start = time.process_time()
        work()
        return len(texts) / (time.process_time() - start)

    return measured


def peers(texts: Sequence[str]) -> dict[str, Callable[[], object]]:
    """Return what each peer that is installed does with the texts."""
    from profanity_check import predict_prob
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    scored = SentimentIntensityAnalyzer().polarity_scores
    return {
        "VADER": lambda: [scored(text) for text in texts],
        "alt-profanity-check": lambda: predict_prob(list(texts)),
    }


def rates(texts: Sequence[str], rounds: int) -> dict[str, float]:
    """Return texts per CPU second, medians of interleaved rounds."""
    warm = Classifier()
    works: dict[str, Callable[[], object]] = {
        "warm": lambda: [warm.fresh(text) for text in texts],
        "remembered": lambda: warm.signals(texts),
        **peers(texts),
    }
    for work in works.values():
        work()
    found = interleaved(rounds, {name: rate_of(work, texts) for name, work in works.items()})
    return found | interleaved(rounds, {"cold": lambda: cold(texts)})


def cold(texts: Sequence[str]) -> float:
    """Return texts per CPU second of a new classifier, which saw no word before."""
    new = Classifier()
    return rate_of(lambda: [new.fresh(text) for text in texts], texts)()


_READY = """
import time
from goodstanding.adapters.nlp.classifier import Classifier
classifier = Classifier()
classifier.fresh("wat kost die jas?")
print(time.process_time(), flush=True)
"""
"""CPU seconds from the start of the interpreter to the first answer."""
_BARE = "import time; print(time.process_time(), flush=True)"
_FULL = (
    _READY
    + """
import random, sys
chance = random.Random(7)
letters = "etaoinsrhldcumfpgwybvk"
words = ["".join(chance.choices(letters, k=chance.randint(2, 10))) for _ in range(50_000)]
for _ in range(100_000):
    classifier.signals([" ".join(chance.choices(words, k=8))])
print("read", flush=True)
"""
)
"""100,000 comments of words nobody listed: what is remembered is at its bounds."""


def started(code: str, *, lines: int = 1) -> tuple[float, float]:
    """Return what a process of its own prints first, and its resident memory after `lines` lines, MB."""
    process = subprocess.Popen(
        [sys.executable, "-c", f"{code}\nimport sys; sys.stdin.read()"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    said = [process.stdout.readline() for _ in range(lines)]
    memory = resident(process.pid)
    process.communicate("")
    return float(said[0]), memory


def taken(rounds: int) -> tuple[dict[str, float], float, float]:
    """Return seconds to get ready and memory: when loaded, and after 100,000 comments of unknown words."""
    seconds = interleaved(rounds, {"ready": lambda: started(_READY)[0], "bare": lambda: started(_BARE)[0]})
    return seconds, statistics.median(started(_READY)[1] for _ in range(3)), started(_FULL, lines=2)[1]


def bars_of(
    found: dict[str, float], long: dict[str, float], seconds: dict[str, float], loaded: float, full: float
) -> list[Bar]:
    """Return the promises."""
    warm, vader, profanity = found["warm"], found["VADER"], found["alt-profanity-check"]
    return [
        Bar(
            what="understand, all heads, warm", needed=WARM_NEEDED, measured=warm, unit="texts per CPU second", better="more",
            peer=f"VADER, one head ({number(vader)}/s)", ratio=warm / vader,
        ),
        Bar(
            what="understand beside VADER, short comments", needed=1, measured=warm / vader, unit="times", better="more",
            peer=f"alt-profanity-check, one head in batch ({number(profanity)}/s)", ratio=warm / profanity,
        ),
        Bar(
            what="understand beside VADER, longer comments", needed=1, measured=long["warm"] / long["VADER"], unit="times",
            better="more",
        ),
        Bar(
            what="understand: start, lists and weights, first answer", needed=IMPORT_NEEDED_S,
            measured=seconds["ready"] - seconds["bare"], unit="CPU s", better="less",
        ),
        Bar(what="understand: memory, all loaded", needed=MEMORY_NEEDED_MB, measured=loaded, unit="MB", better="less"),
        Bar(
            what="understand: memory, 100,000 comments of unknown words", needed=MEMORY_NEEDED_MB, measured=full, unit="MB",
            better="less",
        ),
    ]  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    texts, more_said = generated(TEXTS), longer(TEXTS)
    found, long = rates(texts, given.rounds), rates(more_said, given.rounds)
    notes = [
        told("short", texts, found),
        told("longer", more_said, long),
        *(
            told(path.name, more, rates(more, given.rounds))
            for path in given.files
            if (more := texts_of(path))
        ),
    ]
    return show(bars_of(found, long, *taken(given.rounds)), as_json=given.json, notes=notes)


def told(name: str, texts: Sequence[str], found: dict[str, float]) -> str:
    """Return the rates of one set of texts as a line."""
    length = statistics.mean(map(len, texts))
    said = ", ".join(f"{what} {number(rate)}/s" for what, rate in found.items())
    return f"{name}, {len(texts):,} texts of {length:.0f} characters: {said}"


if __name__ == "__main__":
    sys.exit(main())
