"""Viewers who write messages: what they write follows from a seed, and they react to what they are sent."""

import random
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Literal, NamedTuple

from goodstanding.sandbox.agenda import Agenda
from goodstanding.sandbox.crowd import (
    HARMFUL_SHARE,
    LANGUAGES,
    TABLE,
    VIEWERS_MIN,
    Choice,
    all_slots,
    choices,
    viewer_name,
)
from goodstanding.sandbox.inbox import Conversation, Inbox, Message
from goodstanding.sandbox.insights import chance
from goodstanding.sandbox.numbers import read_data
from goodstanding.sandbox.state import ApiError

Habit = Literal["", "yes", "no", "stop", "silent"]
HABITS: Mapping[Habit, float] = {"yes": 0.55, "no": 0.15, "stop": 0.10, "silent": 0.20}
"""How viewers react to a card: tap the first button, the last one, write stop, or nothing."""
_FASTEST, _SLOWEST = 20, 600
"""Seconds a viewer takes to react."""
_MINORS = {"minor": 13}
_EU = ("NL", "BE", "DE", "FR")


class Letter(NamedTuple):
    """One message to come, with the truth about it."""

    at_ms: int
    unique_identifier: str
    username: str
    country: str
    """Empty for the account's own country."""
    age: int
    habit: Habit
    text: str
    language: str
    kind: str
    harmful: bool


def make_letters(
    count: int,
    seed: int,
    *,
    start_ms: int,
    spread_ms: int,
    harmful_share: float = HARMFUL_SHARE,
    eu_share: float = 0.1,
    languages: Mapping[str, float] = LANGUAGES,
    spike: bool = False,
) -> Iterator[Letter]:
    """Yield `count` messages in the order of time; the same arguments give the same messages.

    With `spike` four fifths of them come in the last fifth of the time.

    The writers come from the same town as those who comment, under the same identifiers. Raises `ValueError`
    for an unknown language.
    """
    draws = random.Random(f"letters {seed}")  # noqa: S311 - repeatable by seed, guards nothing
    weights = tuple(sorted(languages.items()))
    plain, harmful_table = _table("messages.toml", weights), _table("harmful.toml", weights)
    for index in range(count):
        harmful = draws.random() < harmful_share
        language, kind, templates = (harmful_table if harmful else plain)[int(draws.random() * TABLE)]
        parts = templates[int(draws.random() * len(templates))]
        text = "".join(part if isinstance(part, str) else draws.choice(part) for part in parts)
        viewer = int(draws.random() * draws.random() * max(VIEWERS_MIN, count // 3))
        identifier = f"+SbxViewer{viewer:06d}"
        part = (index + draws.random()) / count
        if spike:
            part = part * 4 if part < 0.2 else 0.8 + (part - 0.2) / 4  # noqa: PLR2004 - the fifths of the docstring
        yield Letter(
            at_ms=start_ms + int(part * spread_ms),
            unique_identifier=identifier,
            username=viewer_name(viewer),
            country=_EU[viewer % len(_EU)] if draws.random() < eu_share else "",
            age=_MINORS.get(kind, 19 + viewer % 50),
            habit=habit_of(identifier),
            text=text,
            language=language,
            kind=kind,
            harmful=harmful,
        )


def habit_of(identifier: str) -> Habit:
    """Return how a viewer of the crowd reacts to a card; always the same for the same viewer."""
    draw = chance("habit", identifier)
    for habit, share in HABITS.items():
        draw -= share
        if draw < 0:
            return habit
    return "silent"


@cache
def _table(name: str, languages: tuple[tuple[str, float], ...]) -> tuple[Choice, ...]:
    data = read_data(name)
    slots = data if "slots" in data else read_data("crowd.toml")
    return choices(data, all_slots(slots), dict(languages))


class Reactions:
    """What viewers of the crowd do when the business writes to them: read, tap, or ask to stop."""

    def __init__(self, *, inbox: Inbox, agenda: Agenda) -> None:
        self._inbox = inbox
        self._agenda = agenda
        self.done: dict[str, int] = {"yes": 0, "no": 0, "stop": 0}
        inbox.on_sent.append(self._react)

    def _react(self, conversation: Conversation, message: Message) -> None:
        viewer = conversation.viewer
        if not viewer.habit or message.source not in ("API", "APP", "WEB"):
            return
        wait = _FASTEST + (_SLOWEST - _FASTEST) * chance("wait", message.message_id)
        self._agenda.after(wait / 2, lambda _: self._read(conversation))
        if message.kind == "template" and viewer.habit != "silent":
            self._agenda.after(wait, lambda _: self._answer(conversation, message))

    def _read(self, conversation: Conversation) -> None:
        self._inbox.read(conversation.open_id, conversation.viewer)

    def _answer(self, conversation: Conversation, card: Message) -> None:
        viewer = conversation.viewer
        self.done[viewer.habit] += 1
        if viewer.habit == "stop":
            self._inbox.write(conversation.open_id, viewer, content={"body": "stop"})
            return
        buttons: list[dict[str, Any]] = card.content["buttons"]
        button = buttons[0] if viewer.habit == "yes" else buttons[-1]
        try:
            self._inbox.tap(conversation.open_id, viewer, message_id=card.message_id, button_id=button["id"])
        except ApiError:  # the card is older than what is kept of this conversation
            self.done[viewer.habit] -= 1
