"""Comments understood per CPU second, nothing remembered of whole texts.

    python bench/understand.py [FILE.jsonl[.gz] ...]

Prints the median of five rounds for generated short comments and for each file given (field `text`).
"""

import gzip
import json
import random
import statistics
import sys
import time
from pathlib import Path

from goodstanding.adapters.nlp.classifier import Classifier

ROUNDS = 5
NEEDED_PER_SECOND = 40_000
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


def texts_of(path: Path) -> list[str]:
    body = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [json.loads(line)["text"] for line in body.splitlines() if line]


def measured(texts: list[str]) -> float:
    """Return CPU microseconds for each text, median of the rounds."""
    classifier = Classifier()
    rounds = []
    for _ in range(ROUNDS):
        start = time.process_time()
        for text in texts:
            classifier.fresh(text)
        rounds.append((time.process_time() - start) / len(texts) * 1e6)
    return statistics.median(rounds)


def main(paths: list[str]) -> int:
    sets = {"generated": generated(10_000)} | {Path(path).name: texts_of(Path(path)) for path in paths}
    for name, texts in sets.items():
        cost = measured(texts)
        length = statistics.mean(map(len, texts))
        print(
            f"{name}: {len(texts)} texts of {length:.0f} characters, {cost:.1f} us each, {1e6 / cost:,.0f}/s"
        )
        if name == "generated" and 1e6 / cost < NEEDED_PER_SECOND:
            print(f"below {NEEDED_PER_SECOND:,}/s")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
