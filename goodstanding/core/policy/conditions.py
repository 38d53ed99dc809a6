"""The closed vocabulary of conditions. Each is bounded, reads facts only, and knows when it does not know.

A condition does two things: `observer()` gives the function that takes what it needs out of the facts (a small
hashable value), `judge(seen)` says whether that satisfies it and what to show. Splitting them lets the engine keep
ready-made traces for values it has met before.
"""

import re
import unicodedata
from collections.abc import Callable, Hashable, Mapping
from operator import attrgetter
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from goodstanding.core.policy.model import ConditionTrace, Facts, VideoClass, message_of

Seen = Any
"""What an observer hands to its judge: hashable, small, `None` when the fact is missing."""
Observer = Callable[[Facts, "frozenset[str] | None", "str | None"], Seen]
"""Takes facts, the words of the text, and the text as ` word word ` (both `None` when there is no text)."""
Direction = Literal["up", "down", "more", "fewer", ""]
"""What makes a condition match more often: a higher or lower number, more or fewer entries."""

Intent = Literal[
    "price",
    "link",
    "info",
    "product_question",
    "question",
    "collab",
    "complaint",
    "thanks",
    "minor",
    "crisis",
]
TRIGGERS: tuple[Intent, ...] = ("info", "link", "price", "product_question", "question")
"""Intents that may start an automatic answer: questions and requests only (R8)."""
Head = Literal["abuse", "hate", "threat", "sexual", "spam", "worst"]
HEADS: tuple[Head, ...] = ("abuse", "hate", "threat", "sexual", "spam")
Kind = Literal["email", "phone", "iban", "url", "handle", "price"]
Language = Literal["nl", "en"]
Milli = Annotated[int, Field(ge=0, le=1000)]
Word = Annotated[str, StringConstraints(min_length=1, max_length=60)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,40}$")]
TimeOfDay = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]

_word = re.compile(r"\w+")
_spaced = {code: " " for code in range(128) if not (chr(code).isalnum() or chr(code) == "_")}
"""ASCII marks that part words, for the quick way through plain text."""


def looser(direction: Direction, **bounds: Any) -> Any:
    """Return a field whose value matches more often in `direction`; used by the comparison of policies."""
    return Field(json_schema_extra={"looser": direction}, **bounds)


def words_of(text: str) -> list[str]:
    """Return the words of `text`, composed and in lower case, so a bank matches whole words only."""
    if text.isascii():
        return text.lower().translate(_spaced).split()
    return _word.findall(unicodedata.normalize("NFKC", text).casefold())


def minutes(time: str) -> int:
    """Return `HH:MM` as minute of the day."""
    return int(time[:2]) * 60 + int(time[3:])


def between(minute: int, start: int, end: int) -> bool:
    """Tell whether `minute` lies in [start, end), over midnight when `end` is not after `start`."""
    return start <= minute < end if start < end else minute >= start or minute < end


class Condition(BaseModel):
    """One thing a rule asks of the facts."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    needs_text: ClassVar[bool] = False

    @property
    def slot(self) -> Hashable:
        """What the observer takes: conditions with the same slot share one observer."""
        return str(vars(self)["kind"])

    @property
    def wanted(self) -> str | int:
        """What is asked, in one short value for the trace."""
        raise NotImplementedError

    def observer(self) -> Observer:
        """Return the function that takes what this condition needs out of the facts."""
        raise NotImplementedError

    def judge(self, seen: Seen) -> tuple[bool | None, str | int | None]:
        """Return whether `seen` satisfies the condition (`None`: not known) and what to show."""
        raise NotImplementedError

    def trace(self, seen: Seen) -> ConditionTrace:
        """Return the trace for `seen`."""
        ok, shown = self.judge(seen)
        return ConditionTrace(kind=vars(self)["kind"], ok=ok, seen=shown, wanted=self.wanted)

    def fields(self) -> Mapping[str, str | int]:
        """Return the fields of this condition's sentence."""
        return {"wanted": self.wanted}


def _intents(facts: Facts, _words: object, _plain: object) -> Seen:
    return None if facts.signals is None else facts.signals.intents


_scores = attrgetter(*[f"{head}_milli" for head in HEADS])


def _risks(facts: Facts, _words: object, _plain: object) -> Seen:
    signals = facts.signals
    if signals is None:
        return None
    hits = signals.hits
    return (_scores(signals), tuple([head for head, _ in hits])) if hits else (_scores(signals), ())


class IntentIn(Condition):
    """One of the intents was found at or above a score."""

    kind: Literal["intent_in"] = "intent_in"
    intents: Annotated[tuple[Intent, ...], looser("more", min_length=1, max_length=10)]
    milli: Annotated[Milli, looser("down")] = 850

    @property
    def slot(self) -> Hashable:
        """All intents."""
        return "intents"

    @property
    def wanted(self) -> str:
        """The intents and the score."""
        return f"{','.join(sorted(self.intents))}>={self.milli}"

    def observer(self) -> Observer:
        """All intents found."""
        return _intents

    def judge(self, seen: Seen) -> tuple[bool | None, str | int | None]:
        """Look for the best of the asked intents."""
        if seen is None:
            return None, None
        best = max(((score, name) for name, score in seen if name in self.intents), default=None)
        return (False, "") if best is None else (best[0] >= self.milli, f"{best[1]}:{best[0]}")

    def fields(self) -> Mapping[str, str | int]:
        """Return intents and score."""
        return {"intents": ", ".join(sorted(self.intents)), "milli": self.milli}


class IntentAtLeast(Condition):
    """One intent was found at or above a score."""

    kind: Literal["intent_at_least"] = "intent_at_least"
    intent: Intent
    milli: Annotated[Milli, looser("down")]
    below: Annotated[int, looser("up", ge=1, le=1001)] = 1001

    @property
    def slot(self) -> Hashable:
        """All intents."""
        return "intents"

    @property
    def wanted(self) -> str:
        """The intent and the score."""
        return f"{self.intent}>={self.milli}" + (f",<{self.below}" if self.below <= 1000 else "")  # noqa: PLR2004 thousandths

    def observer(self) -> Observer:
        """All intents found."""
        return _intents

    def judge(self, seen: Seen) -> tuple[bool | None, str | int | None]:
        """Compare the score; an intent that was not found scores 0."""
        if seen is None:
            return None, None
        score = next((score for name, score in seen if name == self.intent), 0)
        return self.milli <= score < self.below, score

    def fields(self) -> Mapping[str, str | int]:
        """Return intent and score."""
        return {"intent": self.intent, "milli": self.milli, "below": min(self.below, 1000)}


class SentimentBelow(Condition):
    """The text is more negative than a score."""

    kind: Literal["sentiment_below"] = "sentiment_below"
    milli: Annotated[int, looser("up", ge=-1000, le=1000)]

    @property
    def wanted(self) -> int:
        """The score."""
        return self.milli

    def observer(self) -> Observer:
        """The sentiment."""
        return lambda facts, _words, _plain: None if facts.signals is None else facts.signals.sentiment_milli

    def judge(self, seen: Seen) -> tuple[bool | None, str | int | None]:
        """Compare."""
        return (None, None) if seen is None else (seen < self.milli, seen)

    def fields(self) -> Mapping[str, str | int]:
        """Return the score."""
        return {"milli": self.milli}


class ScoreAtLeast(Condition):
    """A risk score lies in [milli, below), if asked with or without a listed word behind it."""

    kind: Literal["score_at_least"] = "score_at_least"
    head: Head
    milli: Annotated[Milli, looser("down")]
    below: Annotated[int, looser("up", ge=1, le=1001)] = 1001
    hit: Literal["any", "listed", "unlisted"] = "any"

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if self.below <= self.milli:
            raise ValueError("below must lie above milli")
        return self

    @property
    def wanted(self) -> str:
        """The head, the band and whether a list must agree."""
        upper = f",<{self.below}" if self.below <= 1000 else ""  # noqa: PLR2004 thousandths
        return f"{self.head}>={self.milli}{upper}" + ("" if self.hit == "any" else f" {self.hit}")

    def observer(self) -> Observer:
        """All scores, and the heads that have a listed word."""
        return _risks

    def judge(self, seen: Seen) -> tuple[bool | None, str | int | None]:
        """Compare the (worst) score; a head that abstained leaves the answer open unless others settle it."""
        if seen is None:
            return None, None
        all_scores, listed = seen
        heads = HEADS if self.head == "worst" else (self.head,)
        scores = all_scores if self.head == "worst" else (all_scores[HEADS.index(self.head)],)
        known = [score for score in scores if score is not None]
        top = max(known, default=None)
        if top is not None and top >= self.below:
            return False, top
        strong = [
            head
            for head, score in zip(heads, scores, strict=True)
            if score is not None and score >= self.milli
        ]
        in_list = any(head in listed for head in strong)
        fits = bool(strong) and (self.hit == "any" or in_list == (self.hit == "listed"))
        open_end = len(known) < len(scores)
        if open_end and not (fits and self.below > 1000 and self.hit != "unlisted"):  # noqa: PLR2004 thousandths
            return None, top
        return fits, top

    def fields(self) -> Mapping[str, str | int]:
        """Return head and band."""
        return {
            "head": self.head,
            "milli": self.milli,
            "below": min(self.below, 1000),
            "hit": f"hit_{self.hit}",
        }


class ProfanityAtLeast(Condition):
    """Swearing of a severity."""

    kind: Literal["profanity_at_least"] = "profanity_at_least"
    severity: Annotated[int, looser("down", ge=1, le=3)]

    @property
    def wanted(self) -> int:
        """The severity."""
        return self.severity

    def observer(self) -> Observer:
        """The severity found."""
        return lambda facts, _words, _plain: None if facts.signals is None else facts.signals.profanity

    def judge(self, seen: Seen) -> tuple[bool | None, str | int | None]:
        """Compare."""
        return (None, None) if seen is None else (seen >= self.severity, seen)

    def fields(self) -> Mapping[str, str | int]:
        """Return the severity."""
        return {"severity": self.severity}


class ContainsAny(Condition):
    """The text holds one of the bank's words or phrases, as whole words."""

    kind: Literal["contains_any"] = "contains_any"
    bank: Name = "words"
    words: Annotated[tuple[Word, ...], looser("more", min_length=1, max_length=200)]
    needs_text: ClassVar[bool] = True

    @field_validator("words")
    @classmethod
    def _has_words(cls, words: tuple[str, ...]) -> tuple[str, ...]:
        for word in words:
            if not words_of(word):
                raise ValueError(f"{word!r} holds no letter or digit")
        return words

    @property
    def slot(self) -> Hashable:
        """The words of the bank."""
        return ("words", self.words)

    @property
    def wanted(self) -> str:
        """The name of the bank."""
        return self.bank

    def observer(self) -> Observer:
        """The first word of the bank, in the order of the alphabet, that stands in the text; empty if none does."""
        bank = sorted({" ".join(words_of(word)) for word in self.words})
        single = frozenset(word for word in bank if " " not in word)
        phrases = tuple(f" {word} " for word in bank if " " in word)

        def observe(_facts: Facts, words: frozenset[str] | None, plain: str | None) -> Seen:
            if words is None or plain is None:
                return None
            if single.isdisjoint(words):
                if not phrases:
                    return ""
                found = [phrase.strip() for phrase in phrases if phrase in plain]
            else:
                found = [*(single & words), *(phrase.strip() for phrase in phrases if phrase in plain)]
            return min(found, default="")

        return observe

    def judge(self, seen: Seen) -> tuple[bool | None, str | int | None]:
        """Tell whether a word was found."""
        return (None, None) if seen is None else (bool(seen), seen)

    def fields(self) -> Mapping[str, str | int]:
        """Return the first words of the bank."""
        shown = 6
        more = len(self.words) - shown
        return {"words": ", ".join(self.words[:shown]) + (f" (+{more})" if more > 0 else "")}


class ContainsKind(Condition):
    """The text holds an e-mail address, a link or another kind of thing."""

    kind: Literal["contains_kind"] = "contains_kind"
    kinds: Annotated[tuple[Kind, ...], looser("more", min_length=1, max_length=6)]

    @property
    def wanted(self) -> str:
        """The kinds."""
        return ",".join(sorted(self.kinds))

    def observer(self) -> Observer:
        """All kinds found."""
        return lambda facts, _words, _plain: None if facts.signals is None else facts.signals.contains

    def judge(self, seen: Seen) -> tuple[bool | None, str | int | None]:
        """Look for one of the kinds."""
        if seen is None:
            return None, None
        found = sorted(set(seen) & set(self.kinds))
        return bool(found), ",".join(found)

    def fields(self) -> Mapping[str, str | int]:
        """Return the kinds."""
        return {"kinds": ", ".join(sorted(self.kinds))}


class LanguageIn(Condition):
    """The text is in one of the languages."""

    kind: Literal["language_in"] = "language_in"
    languages: Annotated[
        tuple[Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")], ...],
        looser("more", min_length=1, max_length=20),
    ]

    @property
    def wanted(self) -> str:
        """The languages."""
        return ",".join(sorted(self.languages))

    def observer(self) -> Observer:
        """The language found."""
        return lambda facts, _words, _plain: None if facts.signals is None else facts.signals.language

    def judge(self, seen: Seen) -> tuple[bool | None, str | int | None]:
        """Compare."""
        return (None, None) if seen is None else (seen in self.languages, seen)

    def fields(self) -> Mapping[str, str | int]:
        """Return the languages."""
        return {"languages": ", ".join(sorted(self.languages))}


class ContactLabel(Condition):
    """The contact carries one of the labels."""

    kind: Literal["contact_label"] = "contact_label"
    labels: Annotated[tuple[Name, ...], looser("more", min_length=1, max_length=20)]

    @property
    def wanted(self) -> str:
        """The labels."""
        return ",".join(sorted(self.labels))

    def observer(self) -> Observer:
        """All labels of the contact."""
        return lambda facts, _words, _plain: None if facts.contact is None else facts.contact.labels

    def judge(self, seen: Seen) -> tuple[bool | None, str | int | None]:
        """Look for one of the labels."""
        if seen is None:
            return None, None
        found = sorted(set(seen) & set(self.labels))
        return bool(found), ",".join(found)

    def fields(self) -> Mapping[str, str | int]:
        """Return the labels."""
        return {"labels": ", ".join(sorted(self.labels))}


class VideoClassIn(Condition):
    """The video is of one of the classes."""

    kind: Literal["video_class_in"] = "video_class_in"
    classes: Annotated[tuple[VideoClass, ...], looser("more", min_length=1, max_length=4)]

    @property
    def wanted(self) -> str:
        """The classes."""
        return ",".join(sorted(self.classes))

    def observer(self) -> Observer:
        """The class of the video."""
        return lambda facts, _words, _plain: None if facts.comment is None else facts.comment.video_class

    def judge(self, seen: Seen) -> tuple[bool | None, str | int | None]:
        """Compare."""
        return (None, None) if seen is None else (seen in self.classes, seen)

    def fields(self) -> Mapping[str, str | int]:
        """Return the classes."""
        return {"classes": ", ".join(sorted(self.classes))}


class VolumeAbove(Condition):
    """More comments an hour than a number."""

    kind: Literal["volume_above"] = "volume_above"
    per_hour: Annotated[int, looser("down", ge=0, le=1_000_000)]

    @property
    def wanted(self) -> int:
        """Comments an hour."""
        return self.per_hour

    def observer(self) -> Observer:
        """Comments in the last hour."""
        return lambda facts, _words, _plain: None if facts.volume is None else facts.volume.per_hour

    def judge(self, seen: Seen) -> tuple[bool | None, str | int | None]:
        """Compare."""
        return (None, None) if seen is None else (seen > self.per_hour, seen)

    def fields(self) -> Mapping[str, str | int]:
        """Return the number."""
        return {"per_hour": self.per_hour}


class TimeBetween(Condition):
    """The local time lies between two times of day."""

    kind: Literal["time_between"] = "time_between"
    start: TimeOfDay
    end: TimeOfDay

    @property
    def wanted(self) -> str:
        """The two times."""
        return f"{self.start}-{self.end}"

    def observer(self) -> Observer:
        """The local minute."""
        return lambda facts, _words, _plain: facts.minute

    def judge(self, seen: Seen) -> tuple[bool | None, str | int | None]:
        """Compare, over midnight if need be."""
        return between(seen, minutes(self.start), minutes(self.end)), f"{seen // 60:02}:{seen % 60:02}"

    def fields(self) -> Mapping[str, str | int]:
        """Return the two times."""
        return {"start": self.start, "end": self.end}


class CounterAtLeast(Condition):
    """A limit was used so many times."""

    kind: Literal["counter_at_least"] = "counter_at_least"
    counter: Annotated[
        str,
        StringConstraints(pattern=r"^(contact|account|video|workspace)/(message|reply|hide|any)/[0-9]{1,4}$"),
    ]
    count: Annotated[int, looser("down", ge=1, le=100_000)]

    @property
    def slot(self) -> Hashable:
        """The counter."""
        return ("counter", self.counter)

    @property
    def wanted(self) -> str:
        """The counter and the number."""
        return f"{self.counter}>={self.count}"

    def observer(self) -> Observer:
        """The use of the counter."""
        name = self.counter

        def observe(facts: Facts, _words: object, _plain: object) -> Seen:
            for counter in facts.counters or ():
                if counter.name == name:
                    return counter.used
            return None

        return observe

    def judge(self, seen: Seen) -> tuple[bool | None, str | int | None]:
        """Compare."""
        return (None, None) if seen is None else (seen >= self.count, seen)

    def fields(self) -> Mapping[str, str | int]:
        """Return counter and number."""
        return {"counter": self.counter, "count": self.count}


class CommentIsReply(Condition):
    """The comment answers another comment, or does not."""

    kind: Literal["comment_is_reply"] = "comment_is_reply"
    value: bool = True

    @property
    def wanted(self) -> str:
        """Yes or no."""
        return "yes" if self.value else "no"

    def observer(self) -> Observer:
        """Whether it is a reply."""
        return lambda facts, _words, _plain: None if facts.comment is None else facts.comment.reply

    def judge(self, seen: Seen) -> tuple[bool | None, str | int | None]:
        """Compare."""
        return (None, None) if seen is None else (seen == self.value, "yes" if seen else "no")


class MessagesOpen(Condition):
    """The platform lets this account send messages, or does not."""

    kind: Literal["messages_open"] = "messages_open"
    value: bool = True

    @property
    def wanted(self) -> str:
        """Yes or no."""
        return "yes" if self.value else "no"

    def observer(self) -> Observer:
        """Whether messages are open."""
        return lambda facts, _words, _plain: None if facts.account is None else facts.account.can_message

    def judge(self, seen: Seen) -> tuple[bool | None, str | int | None]:
        """Compare."""
        return (None, None) if seen is None else (seen == self.value, "yes" if seen else "no")


class Tapped(Condition):
    """The message is a tap on a question of ours, with this answer."""

    kind: Literal["tapped"] = "tapped"
    answer: Literal["yes", "no"] = "yes"
    purpose: Literal["marketing"] = "marketing"

    @property
    def wanted(self) -> str:
        """Purpose and answer."""
        return f"{self.purpose}:{self.answer}"

    def observer(self) -> Observer:
        """What was tapped; empty for any other message and for a comment."""

        def observe(facts: Facts, _words: object, _plain: object) -> Seen:
            message = message_of(facts)
            return "" if message is None else message.tap

        return observe

    def judge(self, seen: Seen) -> tuple[bool | None, str | int | None]:
        """Compare."""
        return seen == self.wanted, seen

    def fields(self) -> Mapping[str, str | int]:
        """Return answer and purpose."""
        return {"wanted": self.answer, "purpose": self.purpose}


AnyCondition = Annotated[
    IntentIn
    | IntentAtLeast
    | SentimentBelow
    | ScoreAtLeast
    | ProfanityAtLeast
    | ContainsAny
    | ContainsKind
    | LanguageIn
    | ContactLabel
    | VideoClassIn
    | VolumeAbove
    | TimeBetween
    | CounterAtLeast
    | CommentIsReply
    | MessagesOpen
    | Tapped,
    Field(discriminator="kind"),
]
CONDITIONS: Mapping[str, type[Condition]] = {
    one.model_fields["kind"].default: one
    for one in (
        IntentIn,
        IntentAtLeast,
        SentimentBelow,
        ScoreAtLeast,
        ProfanityAtLeast,
        ContainsAny,
        ContainsKind,
        LanguageIn,
        ContactLabel,
        VideoClassIn,
        VolumeAbove,
        TimeBetween,
        CounterAtLeast,
        CommentIsReply,
        MessagesOpen,
        Tapped,
    )
}
"""Every kind of condition by its name."""
