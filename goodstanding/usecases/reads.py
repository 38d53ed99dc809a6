"""The port of the pages' own queries: lists and counts that no use case needs to decide anything."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from goodstanding.usecases.ports import AuditRow, Case, Contact, DecisionRow, Event, Outgoing, Queries


class ProblemRow(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery that could not be handled; `body` is the vault's ciphertext."""

    id: int
    account_id: int
    received_at: int
    state: str
    problem: str
    body: bytes | None


class PageReads(Protocol):
    """Queries for pages. Each reads a bounded number of rows, whatever is stored."""

    def open_counts(self, q: Queries, most: int) -> dict[str, int]:
        """Return open cases by queue, counting at most `most` cases."""
        ...

    def open_cases(
        self,
        q: Queries,
        *,
        queue: str,
        code: str,
        after: tuple[int, int],
        limit: int,
        language: str = "",
        tag: str = "",
    ) -> list[Case]:
        """Return open cases by due time after (due_at, id); empty strings filter nothing.

        `language`: only texts in this language that nothing here reads. `tag`: only comments and messages with this tag.
        """
        ...

    def open_languages(self, q: Queries, most: int) -> dict[str, int]:
        """Return open cases of texts nothing here reads by language, counting at most `most` cases."""
        ...

    def open_tags(self, q: Queries, most: int) -> dict[str, int]:
        """Return how many of at most `most` open cases are of comments or messages with each tag."""
        ...

    def cases_after(self, q: Queries, case_id: int, most: int) -> int:
        """Count open cases newer than `case_id`, at most `most`."""
        ...

    def newest_case(self, q: Queries) -> int:
        """Return the highest id of all cases, 0 when there is none."""
        ...

    def cases(self, q: Queries, event_ids: Sequence[int]) -> dict[int, Case]:
        """Return the newest case of each event that has one."""
        ...

    def decided(self, q: Queries, *, outcome: str, before: int, limit: int) -> list[DecisionRow]:
        """Return decisions of an outcome (empty: any) below event id `before`, newest first."""
        ...

    def decisions(self, q: Queries, event_ids: Sequence[int]) -> dict[int, DecisionRow]:
        """Return the decisions of these events by event id."""
        ...

    def events(self, q: Queries, ids: Sequence[int]) -> dict[int, Event]:
        """Return events by id."""
        ...

    def changes_of(self, q: Queries, event: Event) -> list[Event]:
        """Return what was told about a comment later (deleted, hidden, shown), oldest first."""
        ...

    def contacts(self, q: Queries, ids: Sequence[int]) -> dict[int, Contact]:
        """Return contacts by id."""
        ...

    def outgoing(self, q: Queries, ids: Sequence[int]) -> dict[int, Outgoing]:
        """Return acts on the platform by id."""
        ...

    def outgoing_of(self, q: Queries, event: Event) -> list[Outgoing]:
        """Return all acts on the platform about a comment, oldest first."""
        ...

    def planned(self, q: Queries, limit: int) -> list[Outgoing]:
        """Return what leaves next, soonest first."""
        ...

    def planned_count(self, q: Queries, most: int) -> int:
        """Count planned replies and messages, at most `most`."""
        ...

    def attempted(
        self, q: Queries, *, account_id: int, acts: Sequence[str], since: int, most: int
    ) -> list[int]:
        """Return the attempt times after `since`, oldest first, at most `most`."""
        ...

    def video_titles(self, q: Queries, ids: Sequence[str]) -> dict[str, str]:
        """Return the titles of those videos that have one."""
        ...

    def log_of(self, q: Queries, event_id: int) -> list[AuditRow]:
        """Return the log's entries about an event, oldest first."""
        ...

    def log_stretch(self, q: Queries, *, kind: str, low: int, high: int, limit: int) -> list[AuditRow]:
        """Return entries of a kind with low <= seq < high, newest first."""
        ...

    def newest_delivery(self, q: Queries) -> int:
        """Return the highest id of all deliveries, 0 when there is none."""
        ...

    def problems(self, q: Queries, *, low: int, high: int, limit: int) -> list[ProblemRow]:
        """Return unreadable and unknown deliveries with low < id < high, newest first."""
        ...

    def waiting(self, q: Queries, most: int) -> tuple[int, int | None]:
        """Return how many deliveries are not read yet (at most `most`) and when the oldest came."""
        ...

    def totals(self, q: Queries) -> dict[str, dict[str, int]]:
        """Return deliveries by state, decisions by outcome and acts by state; slow, for metrics only."""
        ...
