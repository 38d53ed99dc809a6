"""The log of platform calls: what was asked, what was answered, and what really happened."""

from collections import Counter, deque

import msgspec


class Entry(msgspec.Struct, kw_only=True, gc=False):
    """One platform call. `accepted` is the truth: the act took effect, whatever the caller got to see."""

    number: int
    at_ms: int
    method: str
    endpoint: str
    act: str
    request_id: str
    business_id: str = ""
    video_id: str = ""
    comment_id: str = ""
    """The comment that came into being, or that was hidden, shown, liked or deleted."""
    cause: str = ""
    """The comment that was answered or acted upon."""
    message_id: str = ""
    """The message that was sent, and the conversation it went to."""
    conversation_id: str = ""
    text: str = ""
    action: str = ""
    code: int | None = None
    """The code the caller was sent; `None` when it was sent none."""
    message: str = ""
    http_status: int | None = None
    accepted: bool = False
    changed: bool = False
    """Accepted, and an act that writes: reply, comment, hide, like, delete, message, publish."""
    shadow_hidden: bool = False
    fault: str = ""


class Journal:
    """The latest calls, bounded; the counts, complete."""

    def __init__(self, *, entries_max: int) -> None:
        self.entries: deque[Entry] = deque(maxlen=entries_max)
        self.counts: Counter[tuple[str, str]] = Counter()
        self.replies_by_cause: Counter[str] = Counter()
        self.total = 0
        self._causes_max = entries_max

    def add(self, entry: Entry) -> None:
        """Keep one entry and count it."""
        self.entries.append(entry)
        self.counts[entry.endpoint, str(entry.code)] += 1
        if entry.accepted and entry.act == "reply" and len(self.replies_by_cause) < self._causes_max:
            self.replies_by_cause[entry.cause] += 1

    def next_number(self) -> int:
        """Return the number of the next call, from 1."""
        self.total += 1
        return self.total

    def doubled(self) -> dict[str, int]:
        """Return the comments that were answered more than once, with how often."""
        return {cause: count for cause, count in self.replies_by_cause.items() if count > 1}

    def select(
        self, *, after: int = 0, act: str = "", accepted: bool | None = None, limit: int = 1000
    ) -> list[Entry]:
        """Return entries with a number above `after`, oldest first."""
        found: list[Entry] = []
        for entry in self.entries:
            if len(found) >= limit:
                break
            if entry.number <= after or (act and entry.act != act):
                continue
            if accepted is not None and entry.accepted != accepted:
                continue
            found.append(entry)
        return found
