"""Ports of the tasks: acts that a person carries out in the app, and phones that are paired."""

from collections.abc import Sequence
from typing import Literal, Protocol

import msgspec

Answer = Literal["", "sent", "not_sent", "late", "withdrawn"]
"""What became of a task; empty while nobody has answered."""


class Task(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An act offered to a person; the act itself is the outgoing of the same id, in the state `task`."""

    outgoing_id: int
    account_id: int
    created_at: int
    until: int
    """Until when it makes sense; after that it is too late."""
    opened_by: str
    """Who saw the text, as the log names them (`person:1`); from then on it may have been sent."""
    opened_at: int | None
    answered_by: str
    answered_at: int | None
    answer: Answer


class PairedPhone(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A phone that signed in by a one-time link; `session` is the name its session is kept under."""

    id: int
    person_id: int
    label: str
    session: str
    created_at: int
    revoked_at: int | None


class TaskQueries(Protocol):
    """What may be read of tasks."""

    def task(self, outgoing_id: int) -> Task | None: ...
    def open_tasks(self, account_id: int, limit: int) -> list[Task]:
        """Return tasks without an answer, soonest too late first."""
        ...

    def open_task_count(self, account_id: int, most: int) -> int: ...
    def answered_tasks(self, account_id: int, since: int, limit: int) -> list[Task]:
        """Return tasks answered after `since`, newest first."""
        ...

    def paired_phones(self) -> list[PairedPhone]: ...
    def alike(
        self, account_id: int, video_id: str, texts: Sequence[str], *, last: int
    ) -> list[tuple[str, str]]:
        """Return (handle, text) of comments under a video with one of these texts, among the `last` events of all."""
        ...


class TaskChanges(Protocol):
    """What may be changed of tasks."""

    def offer_tasks(self, rows: Sequence[Task]) -> None:
        """Make planned acts tasks, tried at the time the task was made; a task that was there begins anew."""
        ...

    def open_task(self, outgoing_id: int, who: str, at: int) -> None: ...
    def answer_task(self, outgoing_id: int, answer: Answer, who: str, at: int) -> None: ...
    def unanswer_task(self, outgoing_id: int) -> None:
        """Take the answer back; who opened it stays."""
        ...

    def unmark_answered(self, account_id: int, external_ids: Sequence[str]) -> None:
        """Take back `mark_answered`."""
        ...

    def add_paired_phone(self, row: PairedPhone) -> None: ...
    def revoke_phone(self, phone_id: int, at: int) -> bool: ...
