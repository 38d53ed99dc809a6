"""The classifier: rules over listed words, and a linear model that reads the rules' findings beside the words."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from goodstanding.adapters.nlp import extract, features, judging, kin, language, linear, normalise, reading
from goodstanding.adapters.nlp.lists import Lexicon, shipped
from goodstanding.adapters.nlp.rules import Ruled, Rules
from goodstanding.core.signals import Signals

VERSION = "fast-1"
"""Name and version of the code; any change of a result changes it."""

_TEXTS_MAX = 20_000
_TEXT_LENGTH_MAX = 80
_PAIRS_MAX = 80_000


class Sums(msgspec.Struct, frozen=True, gc=False):
    """What a text brings to the model, in packed vectors."""

    words: int
    """Of words and neighbours; counts for 1 / sqrt(number of words)."""
    whole: int
    """Of the text as a whole; counts in full."""
    length: int
    """By how many words the sum counts as spread (`features.breadth`)."""


class Adder:
    """Adds up the vectors of a text."""

    def __init__(self, bring: reading.Bring) -> None:
        self._bring = bring
        self._pairs: dict[tuple[tuple[str, str], tuple[str, str]], int] = {}
        self._company: dict[int, int] = {}
        self._whole: dict[tuple[str, ...], int] = {}

    def sums(self, text: str, *, tokens: Sequence[reading.Token], ruled: Ruled) -> Sums:
        """Return what the tokens of `text` and the text itself bring."""
        tokens = tokens[: linear.WORDS_MAX]
        words = company = 0
        before = _EDGE
        pairs = self._pairs
        for token in tokens:
            here = token.paired
            both = (before, here)
            brought = pairs.get(both)
            words += token.brings + (self._pair(both) if brought is None else brought)
            company |= token.company
            before = here
        if tokens:
            words += self._pair((before, _EDGE))
        whole = self._all(features.of_text(text, length=len(tokens), rules=ruled.told()))
        if company & (company - 1):
            whole += self._together(company)
        return Sums(words, whole, features.breadth([token.paired for token in tokens]))

    def _pair(self, both: tuple[tuple[str, str], tuple[str, str]]) -> int:
        brought = self._pairs.get(both)
        if brought is None:
            if len(self._pairs) >= _PAIRS_MAX:
                self._pairs.clear()
            (first, left), (second, right) = both
            brought = self._pairs[both] = self._bring(features.of_pair(first, second, classes=(left, right)))
        return brought

    def _all(self, names: tuple[str, ...]) -> int:
        brought = self._whole.get(names)
        if brought is None:
            if len(self._whole) >= _TEXTS_MAX:
                self._whole.clear()
            brought = self._whole[names] = self._bring(features.named(names))
        return brought

    def _together(self, company: int) -> int:
        if company not in self._company:
            if len(self._company) >= _TEXTS_MAX:
                self._company.clear()
            self._company[company] = self._bring(features.of_company(company))
        return self._company[company]


class Classifier:
    """Finds signals by lists and model. The same text always gives the same signals.

    Scores are calibrated probabilities in thousandths. In a language a head was never taught the head abstains
    (`None`), unless a listed word or phrase was found. `home` is the language told for a text of words that
    several languages share (`link?`); without it such a text is `und`, though no head abstains. A text that is an exact
    answer (`ja, graag`) wishes only what the rules find: the model would take it for the answer to a call.
    """

    def __init__(
        self,
        lexicon: Lexicon | None = None,
        weights: linear.Weights | None = None,
        *,
        home: Literal["nl", "en"] | None = None,
    ) -> None:
        self._lexicon = lexicon or shipped()
        self.weights = weights or linear.shipped()
        self._home = home
        parts = (VERSION, normalise.VERSION, *((home,) if home else ()))
        self.model = f"{'+'.join(parts)}:{self._lexicon.digest[:8]}{self.weights.digest[:16]}"
        self._reader = reading.Reader(self._lexicon, self.weights.vector, kin.shipped().groups)
        self._rules = Rules(self._lexicon, home=home)
        self._adder = Adder(self.weights.vector)
        self._judge = judging.Judge(self.weights.header, home=home)
        self._texts: dict[str, Signals] = {}

    def signals(self, texts: Sequence[str]) -> list[Signals]:
        """Return the signals of each text, in order; any string is accepted."""
        return [self._texts.get(text) or self._remembered(text) for text in texts]

    def fresh(self, text: str) -> Signals:
        """Return the signals of `text` without looking in the memory of whole texts."""
        read = self._reader.read(text)
        ruled = self._rules.found(read)
        sums = self._adder.sums(text, tokens=read.tokens, ruled=ruled)
        scores = self.weights.scores(sums.words, sums.whole, sums.length)
        judged = self._judge.judged(scores, ruled=ruled, script=language.by_script(text))
        answer = extract.answer(text, exact=self._lexicon.answers, scores=ruled.scores)
        return Signals(
            model=self.model,
            language=judged.language,
            language_milli=judged.certainty,
            sentiment_milli=judged.sentiment,
            abuse_milli=judged.harm["abuse"],
            hate_milli=judged.harm["hate"],
            threat_milli=judged.harm["threat"],
            sexual_milli=judged.harm["sexual"],
            spam_milli=judged.harm["spam"],
            profanity=ruled.harm.profanity if judged.known or ruled.harm.profanity else None,
            intents=ruled.wishes() if answer else judged.intents,
            answer=answer,
            contains=ruled.contains,
            hits=ruled.hits(read.tokens),
        )

    def scores(self, text: str) -> list[float]:
        """Return the raw score of every head of the model, in the model's order."""
        read = self._reader.read(text)
        sums = self._adder.sums(text, tokens=read.tokens, ruled=self._rules.found(read))
        return self.weights.scores(sums.words, sums.whole, sums.length)

    def _remembered(self, text: str) -> Signals:
        found = self.fresh(text)
        if len(text) <= _TEXT_LENGTH_MAX:
            if len(self._texts) >= _TEXTS_MAX:
                self._texts.clear()
            self._texts[text] = found
        return found


_EDGE = ("", "")
