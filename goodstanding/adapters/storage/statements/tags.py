"""The statements of tags."""

from collections.abc import Sequence

from goodstanding.adapters.storage.statements.base import Base
from goodstanding.usecases.ports.tags import EventTag

_TAG = "account_id, event_id, tag, word, why"


class TagStatements(Base):
    """What tags read and write."""

    def tags_of(self, event_ids: Sequence[int]) -> list[EventTag]:
        where, param = self._among("e.id", event_ids)
        rows = self._all(
            "SELECT t.account_id, t.event_id, t.tag, t.word, t.why FROM event e CROSS JOIN event_tag t"
            f" WHERE e.workspace_id = ? AND {where} AND t.workspace_id = e.workspace_id AND t.account_id = e.account_id"
            " AND t.event_id = e.id",
            (self.workspace_id, param),
        )
        found = [EventTag(account_id=r[0], event_id=r[1], tag=r[2], word=r[3], why=r[4]) for r in rows]
        return sorted(found, key=lambda one: (one.event_id, one.tag))

    def add_tags(self, rows: Sequence[EventTag]) -> None:
        self._insert(
            "event_tag",
            _TAG,
            [(one.account_id, one.event_id, one.tag, one.word, one.why) for one in rows],
            "ON CONFLICT (workspace_id, account_id, event_id, tag) DO NOTHING",
        )

    def erase_tags(self, contact_id: int) -> int:
        return self._run(
            "DELETE FROM event_tag WHERE workspace_id = ? AND (account_id, event_id) IN"
            " (SELECT account_id, id FROM event WHERE workspace_id = ? AND contact_id = ?)",
            (self.workspace_id, self.workspace_id, contact_id),
        )
