"""The statements of messages and consent."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

import msgspec

from goodstanding.adapters.storage.statements.base import Base, Row, marks
from goodstanding.adapters.storage.statements.intake import _EVENT, _event
from goodstanding.adapters.storage.statements.outbox import _OUTGOING, _outgoing
from goodstanding.usecases.ports import Event, Outgoing
from goodstanding.usecases.ports.messages import ConsentEvidence, Conversation, MessageContent

if TYPE_CHECKING:
    from goodstanding.core.consent import Purpose
    from goodstanding.usecases.ports.messages import ContentKind, EvidenceAnswer, EvidenceSource

_CONVERSATION = "account_id, external_id, contact_id, kind, wrote_at, read_at, referral, created_at"
_CONTENT = "account_id, outgoing_id, kind, purpose, version, buttons"
_EVIDENCE = (
    "id, account_id, contact_id, purpose, answer, text_version, source, source_id, question_id, at, seq"
)
_MINE = "action = 'insert' AND kind = 'message'"


def _conversation(r: Row) -> Conversation:
    return Conversation(
        account_id=r[0], external_id=r[1], contact_id=r[2], kind="SINGLE" if r[3] == "SINGLE" else "STRANGER",
        wrote_at=r[4], read_at=r[5], referral=r[6], created_at=r[7],
    )  # fmt: skip


def _content(r: Row) -> MessageContent:
    buttons = msgspec.json.decode(r[5], type=tuple[tuple[str, str], ...]) if r[5] else ()
    kind = cast("ContentKind", r[2])
    return MessageContent(
        account_id=r[0], outgoing_id=r[1], kind=kind, purpose=r[3], version=r[4], buttons=buttons
    )


def _evidence(r: Row) -> ConsentEvidence:
    return ConsentEvidence(
        id=r[0], account_id=r[1], contact_id=r[2], purpose=cast("Purpose", r[3]), answer=cast("EvidenceAnswer", r[4]),
        text_version=r[5], source=cast("EvidenceSource", r[6]), source_id=r[7], question_id=r[8], at=r[9], seq=r[10],
    )  # fmt: skip


class MessageStatements(Base):
    """Conversations, contents of messages, evidence of consent."""

    def conversations(self, account_id: int, external_ids: Sequence[str]) -> dict[str, Conversation]:
        where, param = self._among("external_id", external_ids)
        sql = (
            f"SELECT {_CONVERSATION} FROM conversation WHERE workspace_id = ? AND account_id = ? AND {where}"
        )
        return {r[1]: _conversation(r) for r in self._all(sql, (self.workspace_id, account_id, param))}

    def conversation_of(self, contact_id: int) -> Conversation | None:
        sql = (
            f"SELECT {_CONVERSATION} FROM conversation WHERE workspace_id = ? AND contact_id = ?"
            " ORDER BY coalesce(wrote_at, 0) DESC, external_id LIMIT 1"
        )
        row = self._one(sql, (self.workspace_id, contact_id))
        return _conversation(row) if row else None

    def messages_of(self, contact_id: int, *, limit: int) -> list[Event]:
        sql = f"SELECT {_EVENT} FROM event WHERE workspace_id = ? AND contact_id = ? AND {_MINE} ORDER BY id DESC LIMIT ?"
        rows = self._all(sql, (self.workspace_id, contact_id, limit))
        return sorted(map(_event, rows), key=lambda one: (one.at, one.id))

    def own_messages(self, contact_ids: Sequence[int], since: int) -> list[tuple[int, str, int]]:
        where, param = self._among("contact_id", contact_ids)
        sql = (
            "SELECT contact_id, external_id, at FROM event"
            f" WHERE workspace_id = ? AND {where} AND own = 1 AND {_MINE} AND at > ?"
        )
        return [(r[0], r[1], r[2]) for r in self._all(sql, (self.workspace_id, param, since))]

    def message_acts(self, contact_ids: Sequence[int]) -> dict[int, list[Outgoing]]:
        where, param = self._among("contact_id", contact_ids)
        sql = f"SELECT {_OUTGOING} FROM outgoing WHERE workspace_id = ? AND {where} AND act = 'message' ORDER BY id"
        found: dict[int, list[Outgoing]] = {contact_id: [] for contact_id in contact_ids}
        for r in self._all(sql, (self.workspace_id, param)):
            found[r[5]].append(_outgoing(r))
        return found

    def message_contents(self, outgoing_ids: Sequence[int]) -> dict[int, MessageContent]:
        if not outgoing_ids:
            return {}
        where, param = self._among("outgoing_id", outgoing_ids)
        sql = f"SELECT {_CONTENT} FROM message_content WHERE workspace_id = ? AND {where}"
        return {r[1]: _content(r) for r in self._all(sql, (self.workspace_id, param))}

    def consent_evidence(self, contact_id: int) -> list[ConsentEvidence]:
        sql = (
            f"SELECT {_EVIDENCE} FROM consent_evidence WHERE workspace_id = ? AND contact_id = ? ORDER BY id"
        )
        return [_evidence(r) for r in self._all(sql, (self.workspace_id, contact_id))]

    def put_conversations(self, rows: Sequence[Conversation]) -> None:
        values = [
            (
                c.account_id,
                c.external_id,
                c.contact_id,
                c.kind,
                c.wrote_at,
                c.read_at,
                c.referral,
                c.created_at,
            )
            for c in rows
        ]
        later = ", ".join(
            f"{name} = CASE WHEN conversation.{name} > coalesce(excluded.{name}, -1) THEN conversation.{name}"
            f" ELSE excluded.{name} END"
            for name in ("wrote_at", "read_at")
        )
        self._insert(
            "conversation", _CONVERSATION, values,
            f"ON CONFLICT (workspace_id, account_id, external_id) DO UPDATE SET {later}, contact_id = excluded.contact_id,"
            " kind = CASE WHEN conversation.kind = 'SINGLE' THEN 'SINGLE' ELSE excluded.kind END,"
            " referral = CASE WHEN excluded.referral = '' THEN conversation.referral ELSE excluded.referral END",
        )  # fmt: skip

    def add_message_contents(self, rows: Sequence[MessageContent]) -> None:
        values = [
            (
                c.account_id, c.outgoing_id, c.kind, c.purpose, c.version,
                msgspec.json.encode(c.buttons).decode() if c.buttons else "",
            )
            for c in rows
        ]  # fmt: skip
        self._insert("message_content", _CONTENT, values)

    def add_consent_evidence(self, rows: Sequence[ConsentEvidence]) -> None:
        values = [
            (
                e.id, e.account_id, e.contact_id, e.purpose, e.answer, e.text_version, e.source, e.source_id,
                e.question_id, e.at, e.seq,
            )
            for e in rows
        ]  # fmt: skip
        self._insert("consent_evidence", _EVIDENCE, values)

    def settle_from(self, outgoing_id: int, states: Sequence[str], changes: Mapping[str, object]) -> bool:
        where = f"id = ? AND state IN ({marks(len(states))})"
        return self._change("outgoing", changes, where, (outgoing_id, *states)) == 1

    def erase_messages(self, contact_id: int) -> dict[str, int]:
        mine = (self.workspace_id, contact_id)
        of_contact = "WHERE workspace_id = ? AND contact_id = ?"
        self._run(f"UPDATE event SET parent_id = '' {of_contact} AND kind IN ('message','notice')", mine)
        self._run(
            f"UPDATE event SET external_id = 'erased:' || CAST(id AS TEXT) {of_contact} AND kind = 'notice'",
            mine,
        )
        self._run(f"UPDATE outgoing SET target_id = '' {of_contact} AND act = 'message'", mine)
        return {
            "conversation": self._run(
                "DELETE FROM conversation WHERE workspace_id = ? AND contact_id = ?", mine
            ),
            "consent_evidence": self._run(
                "UPDATE consent_evidence SET source_id = 'erased:' || CAST(id AS TEXT), question_id = ''"
                " WHERE workspace_id = ? AND contact_id = ?",
                mine,
            ),
        }
