"""Random and hostile strings through everything that reads a text: `python -m tests.fuzz_understand`.

No string may raise, every answer keeps its bounds, and the work for a string grows with its length and no faster.
Work is counted in calls of functions, so that a busy machine changes no verdict; the clock is only told.
"""

import argparse
import random
import sys
import time
import unicodedata

from goodstanding.adapters.nlp import normalise
from goodstanding.adapters.nlp.classifier import Classifier

SEED = 20261122
LONG = 100_000
LONG_SHARE = 1_000
"""One string in so many is of `LONG` characters."""
CALLS_PER_CHARACTER = 120
CALLS_AT_LEAST = 3_000
"""What a string costs however short it is: a new word, its spellings, the rules and the model."""

_HOSTILE = (
    "\ud800\udfff\udc00\ud83d",
    "\u202e\u202d\u2066\u2067\u2069\u200e\u200f\u061c",
    "\u0300\u0336\u0489\u20dd\u0e47\u1ab0",
    "\u200b\u200c\u200d\u00ad\ufeff\u2060\u034f\ufe0f",
    "\x00\x01\x07\x1b\x7f\x85\u2028\u2029\t\n\r ",
    "0134578@$!|€£+*'\"_-.,~/\\<>&#?%()[]{}=:;^",
    "авеіѕорсухԁһӏαορτυｉｄ𝓲𝕕𝔬ⓣ🅰🇳🇱",
    "🔥😂❤🖕🏿👩🏽💀\U000e0061\U0001f3fb",
    "ﷺ㍿ﬃǆ½Ⅷ①ͅΐẞıİß\u1e9b\u0344",
    "abcdefghijklmnopqrstuvwxyz",
    "0123456789",
    "كيفحالك你好नमस्तेสวัสดีשלוםこんにちは",
)
_SHAPES = (
    "http://", "www.a.", "a@b.", "@_.", "NL91", "+31 6", "€ 1.", "1,1.", "(((", "<b", "<<<", "</a", "k.", "k ", "k*", "!a!", "''", "a'b",
    "ja ", "STOP ", "mijn naam is ", "I'm ", "f**k", ":-)", "<3", "...", "?!", "\u0301", "a\u0301", "\ud83d", "😂", "x@x", "0 ", "06-1", "**", "-_",
)  # fmt: skip


def strings(count, seed, *, long=LONG, share=LONG_SHARE):
    """Yield `count` strings, the same for the same seed."""
    chance = random.Random(seed)
    for number in range(count):
        yield string(chance, long if number % share == share - 1 else None)


def string(chance, length=None):
    """Return one string: of any characters, of one script, of one shape over and over, or of pieces of them all."""
    kind = chance.randrange(5)
    wanted = length or min(int(chance.expovariate(1 / 24)) + 1, 400)
    if kind == 0:
        return "".join(map(chr, chance.choices(range(0x110000), k=wanted)))
    if kind == 1:
        return "".join(chance.choices(chance.choice(_HOSTILE) + " ", k=wanted))
    if kind == 2:
        shape = chance.choice(_SHAPES)
        return (shape * (wanted // len(shape) + 1))[:wanted]
    if kind == 3:
        return chance.choice(chance.choice(_HOSTILE)) * wanted
    pieces = (*_SHAPES, *map("".join, _HOSTILE))
    return "".join(chance.choices(pieces, k=wanted // 3 + 1))[:wanted]


def bounds(found):
    """Return what is wrong with a classifier's answer, or an empty string."""
    milli = {
        name: getattr(found, f"{name}_milli")
        for name in ("abuse", "hate", "threat", "sexual", "spam", "language")
    } | dict(found.intents)
    wrong = [name for name, value in milli.items() if value is not None and not 0 <= value <= 1000]
    if found.sentiment_milli is not None and not -1000 <= found.sentiment_milli <= 1000:
        wrong.append("sentiment")
    if found.profanity is not None and not 0 <= found.profanity <= 3:
        wrong.append("profanity")
    return ", ".join(wrong)


def places(text):
    """Return what is wrong with the places of a text's words, or an empty string."""
    found = normalise.aligned(text)
    before = 0
    for _, start, end in found:
        if not 0 <= start < end <= len(text) or start < before:
            return f"place {start}-{end} after {before} in {len(text)} characters"
        before = start
    return ""


def read_length(text):
    """Return how many characters are read of a text: in compatibility form, where one sign may stand for eighteen."""
    return len(unicodedata.normalize("NFKC", text[: normalise.LENGTH_MAX]))


def calls(work):
    """Return how many functions `work` called, of Python and of C: its cost without a clock."""
    count = 0

    def seen(_frame, event, _argument):
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(seen)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def fuzz(count, seed, *, counted, tell=None):
    """Read `count` strings; returns the microseconds of the dearest character. Raises on any broken promise.

    The work of every string with a number divisible by `counted` is counted, and of every long one.
    """
    classifier = Classifier()
    dearest = 0.0
    for number, text in enumerate(strings(count, seed)):
        begun = time.process_time()
        if number % counted and len(text) < LONG:
            found = classifier.fresh(text)
        else:
            answers = []
            cost = calls(lambda text=text, answers=answers: answers.append(classifier.fresh(text)))
            found = answers[0]
            allowed = CALLS_AT_LEAST + CALLS_PER_CHARACTER * read_length(text)
            assert cost <= allowed, (
                f"{cost} calls for {len(text)} characters (string {number} of seed {seed})"
            )
        wrong = bounds(found) or places(text)
        assert not wrong, f"{wrong}: {text[:80]!r} (string {number} of seed {seed})"
        dearest = max(dearest, (time.process_time() - begun) * 1e6 / max(read_length(text), 100))
        if tell and number % 50_000 == 49_999:
            tell(f"{number + 1:,} strings, dearest {dearest:.1f} us a character")
    return dearest


def main():
    """Run the long form."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz_understand", description=__doc__)
    parser.add_argument("--strings", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--counted", type=int, default=50, help="count the work of one string in so many")
    asked = parser.parse_args()
    begun = time.process_time()
    dearest = fuzz(
        asked.strings, asked.seed, counted=asked.counted, tell=lambda line: print(line, flush=True)
    )
    print(
        f"{asked.strings:,} strings, {asked.strings // LONG_SHARE:,} of them of {LONG:,} characters: no error,"
        f" at most {dearest:.1f} us a character (of 100 at least), {time.process_time() - begun:.0f} CPU s"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
