"""Conditions on who, where, when and how much: contact, video, volume, time, counters, replies and messages."""

from collections.abc import Hashable, Mapping
from typing import Annotated, Literal

from pydantic import StringConstraints

from goodstanding.core.policy.model import Facts, VideoClass, message_of
from goodstanding.core.policy.vocabulary import (
    Condition,
    Name,
    Observer,
    Seen,
    TimeOfDay,
    between,
    looser,
    minutes,
)


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
