"""Why a score is what it is: the exact contribution of each word, each pair of neighbours and the text as a whole.

The slow path, for one text that a person asks about. Contributions to a head add up to its score. What a pair of
neighbours brings is shared half and half by its two words; at an end of the text the one word has it all.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby, pairwise
from typing import Literal

import msgspec

from goodstanding.adapters.nlp import features, judging, kin, language, linear, normalise, reading
from goodstanding.adapters.nlp.lists import Lexicon, shipped
from goodstanding.adapters.nlp.normalise import TAG, TYPED
from goodstanding.adapters.nlp.rules import Ruled, Rules
from goodstanding.core.understood import PERSON, Head, Reason, Understood, Verdict, Word
from goodstanding.usecases.ports.understanding import Limits

_EDGE = ("", "")
_SINGLES_MIN = 3
REASONS_MAX = 3
"""Reasons told of one head."""
_TEXT_LEAST = 0.02
"""Contributions smaller than this are told of no head."""

Span = tuple[int, int]


class Whole(msgspec.Struct, frozen=True):
    """A feature of the text as a whole."""

    name: str
    brings: tuple[float, ...]


class Part(msgspec.Struct, frozen=True):
    """One word, with its place in the original text."""

    start: int
    end: int
    key: str
    own: tuple[float, ...]
    """What the word itself brings to each head."""
    shared: tuple[float, ...]
    """Its half of what it brings together with its neighbours."""


class Contributions(msgspec.Struct, frozen=True):
    """Everything a text brings to the model; for each head all of it adds up to the score."""

    heads: tuple[str, ...]
    parts: tuple[Part, ...]
    wholes: tuple[Whole, ...]
    start: tuple[float, ...]
    """Where each head stands before anything is read."""
    scores: tuple[float, ...]
    """What the model says, reckoned by itself."""


class Explainer:
    """Explains what one classifier finds; made of the same lists and weights, it reads texts in the same way."""

    def __init__(
        self,
        lexicon: Lexicon | None = None,
        weights: linear.Weights | None = None,
        *,
        home: Literal["nl", "en"] | None = None,
    ) -> None:
        self._weights = weights or linear.shipped()
        lexicon = lexicon or shipped()
        self._reader = reading.Reader(lexicon, self._weights.vector, kin.shipped().groups)
        self._rules = Rules(lexicon, home=home)
        self._judge = judging.Judge(self._weights.header, home=home)

    def contributions(self, text: str) -> Contributions:
        """Return what each part of `text` brings to each head."""
        read = self._reader.read(text)
        return self._reckoned(text, read, self._rules.found(read))

    def understood(self, text: str) -> Understood:
        """Return what is found in `text`, and why."""
        read = self._reader.read(text)
        ruled = self._rules.found(read)
        brought = self._reckoned(text, read, ruled)
        judged = self._judge.judged(brought.scores, ruled=ruled, script=language.by_script(text))
        tongue = (
            judged.language if judged.language != judging.UNTOLD else (ruled.language if ruled.listed else "")
        )
        intents = dict(judged.intents)
        found = [self._head(name, milli, text, brought, ruled, tongue) for name, milli in judged.harm.items()]
        found += [
            self._head(name, intents.get(name, 0), text, brought, ruled, tongue)
            for name in brought.heads
            if name not in judging.HARMS and name in self._weights.header.calibration and name != "sentiment"
        ]
        return Understood(
            text=text,
            language=judged.language,
            language_milli=judged.certainty,
            worded=ruled.worded,
            sentiment_milli=judged.sentiment,
            feeling=self._reasons("positive", text, brought, against="negative"),
            heads=tuple(found),
            words=_marked(brought, [one.name for one in found]),
            weights=self._weights.digest,
        )

    def _reckoned(self, text: str, read: reading.Reading, ruled: Ruled) -> Contributions:
        tokens = read.tokens[: linear.WORDS_MAX]
        length = features.breadth([token.paired for token in tokens])
        share = 1 / max(1, length) ** 0.5
        values = self._weights.values
        own = [_times(values(token.brings), share) for token in tokens]
        ends = [_EDGE, *[token.paired for token in tokens], _EDGE] if tokens else []
        pairs = [_times(values(self._pair(*both)), share) for both in pairwise(ends)]
        last = len(tokens) - 1
        shared = [
            tuple(
                a * (1.0 if at == 0 else 0.5) + b * (1.0 if at == last else 0.5)
                for a, b in zip(pairs[at], pairs[at + 1], strict=True)
            )
            for at in range(len(tokens))
        ]
        wholes = self._wholes(text, tokens, ruled)
        places = placed(text, self._reader, read.tokens)
        words = sum([token.brings for token in tokens]) + sum([self._pair(*both) for both in pairwise(ends)])
        whole = sum([self._weights.vector(found) for _, found in wholes])
        return Contributions(
            heads=self._weights.header.heads,
            parts=tuple(Part(*places[at], token.key, own[at], shared[at]) for at, token in enumerate(tokens)),
            wholes=tuple(Whole(name, tuple(values(self._weights.vector(found)))) for name, found in wholes),
            start=self._weights.header.bias,
            scores=tuple(self._weights.scores(words, whole, length)),
        )

    def _pair(self, left: tuple[str, str], right: tuple[str, str]) -> int:
        return self._weights.vector(features.of_pair(left[0], right[0], classes=(left[1], right[1])))

    @staticmethod
    def _wholes(
        text: str, tokens: Sequence[reading.Token], ruled: Ruled
    ) -> list[tuple[str, list[features.Feature]]]:
        names = features.of_text(text, length=len(tokens), rules=ruled.told())
        found = [(name, features.named([name])) for name in names]
        company = 0
        for token in tokens:
            company |= token.company
        if company & (company - 1):
            kinds = [name for place, name in enumerate(features.CLASSES) if company >> place & 1]
            together = [f"m:{a}&{b}" for at, a in enumerate(kinds) for b in kinds[at + 1 :]]
            found += [(name, [one]) for name, one in zip(together, features.of_company(company), strict=True)]
        return found

    def _head(
        self, name: str, milli: int | None, text: str, brought: Contributions, ruled: Ruled, tongue: str
    ) -> Head:
        at = brought.heads.index(name)
        limits = self._weights.header.thresholds.get(name, {}).get(tongue)
        listed = max(ruled.scores.get(name, 0), int(getattr(ruled.harm, name, 0) or 0))
        return Head(
            name=name,
            milli=milli,
            below=limits[0] if limits else None,
            above=limits[1] if limits else None,
            verdict=_verdict(milli, limits),
            listed=listed,
            start=brought.start[at],
            whole=sum([one.brings[at] for one in brought.wholes]),
            score=brought.scores[at],
            reasons=self._reasons(name, text, brought),
        )

    @staticmethod
    def _reasons(name: str, text: str, brought: Contributions, *, against: str = "") -> tuple[Reason, ...]:
        """Return what speaks loudest for a head (or for it rather than `against` another), the strongest first."""
        at = brought.heads.index(name)
        other = brought.heads.index(against) if against else -1

        def value(values: Sequence[float]) -> float:
            return values[at] - (values[other] if against else 0.0)

        found = [
            Reason(
                kind="word", what=text[start:end], value=sum(value(p.own) + value(p.shared) for p in parts)
            )
            for (start, end), parts in _together(brought.parts)
        ]
        found += [Reason(kind="text", what=one.name, value=value(one.brings)) for one in brought.wholes]
        found.sort(key=lambda one: -one.value if not against else -abs(one.value))
        least = [one for one in found if (abs(one.value) if against else one.value) >= _TEXT_LEAST]
        return tuple(least[:REASONS_MAX])


def _verdict(milli: int | None, limits: tuple[int, int] | None) -> Verdict:
    if milli is None:
        return "abstains"
    if limits is None:
        return "open"
    if milli < limits[0]:
        return "automate"
    return "act" if milli >= limits[1] else PERSON


def _times(values: Iterable[float], share: float) -> tuple[float, ...]:
    return tuple([value * share for value in values])


def _together(parts: Sequence[Part]) -> Iterator[tuple[Span, list[Part]]]:
    """Yield parts whose places overlap as one, in the order of the text."""
    begun: list[Part] = []
    end = -1
    for part in sorted(parts, key=lambda one: (one.start, one.end)):
        if begun and part.start >= end:
            yield (begun[0].start, end), begun
            begun, end = [], -1
        begun.append(part)
        end = max(end, part.end)
    if begun:
        yield (begun[0].start, end), begun


def _marked(brought: Contributions, heads: Sequence[str]) -> tuple[Word, ...]:
    places = [(head, brought.heads.index(head)) for head in heads]
    return tuple(
        Word(
            start=start,
            end=end,
            brings={head: sum([one.own[at] + one.shared[at] for one in parts]) for head, at in places},
        )
        for (start, end), parts in _together(brought.parts)
    )


def placed(text: str, reader: reading.Reader, tokens: Sequence[reading.Token]) -> list[Span]:
    """Return the place of each token in the original text; of a token without one, the whole text."""
    low = _lowered(text)
    for stretch in (low, _typed(low)):
        found = _followed(stretch, reader, tokens)
        if found is not None:
            return found
    return [(0, len(text))] * len(tokens)


class _Stretch(msgspec.Struct, frozen=True):
    """A text as the reader sees it, with the place of each of its characters in the original."""

    seen: str
    places: list[Span]


def _lowered(text: str) -> _Stretch:
    read = text[: normalise.LENGTH_MAX]
    places = [(at, at + 1) for at, letter in enumerate(read) for _ in letter.lower()]
    stretch = _Stretch(read.lower(), places)
    return _replaced(stretch, TAG, lambda _: " ") if "<" in stretch.seen else stretch


def _typed(low: _Stretch) -> _Stretch:
    return _replaced(low, TYPED, lambda found: f" <{found.lastgroup}> ")


def _replaced(stretch: _Stretch, pattern: re.Pattern[str], put: Callable[[re.Match[str]], str]) -> _Stretch:
    seen: list[str] = []
    places: list[Span] = []
    at = 0
    for found in pattern.finditer(stretch.seen):
        if found.start() == found.end():
            continue
        new = put(found)
        seen += [stretch.seen[at : found.start()], new]
        places += stretch.places[at : found.start()]
        places += [(stretch.places[found.start()][0], stretch.places[found.end() - 1][1])] * len(new)
        at = found.end()
    return _Stretch("".join([*seen, stretch.seen[at:]]), [*places, *stretch.places[at:]])


def _followed(
    stretch: _Stretch, reader: reading.Reader, tokens: Sequence[reading.Token]
) -> list[Span] | None:
    """Return the places of `tokens` if they are what the reader makes of `stretch`."""
    before = [
        (word, place)
        for chunk in re.finditer(r"\S+", stretch.seen)
        for word, place in _in_chunk(chunk, stretch, reader)
    ]
    left = list(tokens)
    found: list[Span] = []
    for single, run in groupby(before, key=lambda one: normalise.is_single(one[0])):
        words = list(run)
        if single and len(words) >= _SINGLES_MIN:
            taken = _spelled(words, left)
        else:
            taken = [place for (word, place), token in zip(words, left, strict=False) if _is(word, token)]
            if len(taken) < len(words):
                return None
        if not taken:
            return None
        found += taken
        del left[: len(taken)]
    return None if left else found


def _is(word: normalise.Word, token: reading.Token) -> bool:
    return word.form == token.word.form or word.lookalike


def _spelled(words: Sequence[tuple[normalise.Word, Span]], left: Sequence[reading.Token]) -> list[Span]:
    """Return the places of the tokens that a spelled-out word became: itself, or known words within it."""
    spelled = "".join(word.form for word, _ in words)
    whole = (words[0][1][0], words[-1][1][1])
    if left and left[0].word.form == spelled:
        return [whole]
    taken: list[Span] = []
    length = 0
    for token in left:
        if length >= len(words):
            break
        ends = length + len(token.word.form)
        inside = words[length:ends]
        taken.append((inside[0][1][0], inside[-1][1][1]))
        length = ends
    return taken if length == len(words) else []


def _in_chunk(
    chunk: re.Match[str], stretch: _Stretch, reader: reading.Reader
) -> Iterator[tuple[normalise.Word, Span]]:
    """Yield the words of a stretch without white space, each at its letters, or at the stretch if disguised."""
    start, end = chunk.span()
    at = 0
    for token in reader.chunk(chunk.group())[2]:
        form = token.word.form
        found = chunk.group().find(form, at)
        if found < 0:
            yield token.word, (stretch.places[start][0], stretch.places[end - 1][1])
        else:
            at = found + len(form)
            yield token.word, (stretch.places[start + found][0], stretch.places[start + at - 1][1])


class Explainers:
    """The port `Explains`: an explainer for each language that an account can be at home in, made when asked for."""

    def __init__(self, weights: linear.Weights | None = None) -> None:
        self._weights = weights or linear.shipped()
        self._made: dict[str, Explainer] = {}

    @property
    def weights(self) -> str:
        """The SHA-256 of the model file, hexadecimal."""
        return self._weights.digest

    def understood(self, text: str, *, home: str) -> Understood:
        """Return what is found in `text`, and why."""
        made = self._made.get(home)
        if made is None:
            made = self._made[home] = Explainer(weights=self._weights, home="en" if home == "en" else "nl")
        return made.understood(text)

    def limits(self) -> list[Limits]:
        """Return the calibration and the lines of every head."""
        header = self._weights.header
        found = []
        for head in sorted(header.calibration, key=_order(header.heads)):
            for tongue, one in sorted(header.calibration[head].items()):
                lines = header.thresholds.get(head, {}).get(tongue)
                found.append(
                    Limits(
                        head=head, language=tongue, slope=one.slope, offset=one.offset,
                        below=lines[0] if lines else None, above=lines[1] if lines else None,
                    )
                )  # fmt: skip
        return found


def _order(heads: Sequence[str]) -> Callable[[str], int]:
    place = {head: at for at, head in enumerate(heads)}
    return lambda head: place.get(head, len(place))
