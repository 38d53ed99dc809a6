"""What the platform sends by itself for an account, after a review; and comment-to-message."""

from collections.abc import Callable
from typing import Any, Literal

import msgspec

from goodstanding.sandbox.agenda import Agenda
from goodstanding.sandbox.inbox import HOUR_MS, Conversation, Inbox, Message
from goodstanding.sandbox.numbers import Numbers
from goodstanding.sandbox.personas import comment_to_message_closed
from goodstanding.sandbox.state import Account, ApiError, Comment, Event, State

Kind = Literal["WELCOME_MESSAGE", "SUGGESTED_QUESTION", "CHAT_PROMPT"]
OBJECTS: dict[Kind, str] = {
    "WELCOME_MESSAGE": "welcome_message",
    "SUGGESTED_QUESTION": "suggested_question",
    "CHAT_PROMPT": "chat_prompt",
}
_FLAGGED_MAX = 100_000
_HIGH_INTENT = frozenset(["price", "link", "info"])
"""Kinds of the crowd's comments that the platform's classifier would flag."""


class AutoMessage(msgspec.Struct, kw_only=True):
    """One automatic message; it is used when approved, not switched off, and its kind is switched on."""

    auto_message_id: str
    open_id: str
    kind: Kind
    content: dict[str, str]
    audit_status: Literal["REVIEWING", "APPROVED", "REJECTED"] = "REVIEWING"
    disabled: bool = False
    revision: int = 0


class Automation:
    """The automatic messages and the setting of comment-to-message, and the only functions that change them."""

    def __init__(
        self, *, state: State, inbox: Inbox, numbers: Numbers, agenda: Agenda, emit: Callable[[Event], None]
    ) -> None:
        self.messages: dict[str, AutoMessage] = {}
        self.enabled: dict[tuple[str, Kind], bool] = {}
        self.direct_reply: dict[str, bool] = {}
        self.high_intent: dict[str, bool] = {}
        """Comments flagged as high-intent, the latest only, and whether they were answered by a message."""
        self.reject_next = False
        """Whether the next review ends in a rejection."""
        self._state = state
        self._inbox = inbox
        self._numbers = numbers
        self._agenda = agenda
        self._emit = emit
        inbox.on_written.append(self._react)
        state.on_received.append(self._classify)

    # --- automatic messages ---

    def of_account(self, open_id: str, kind: Kind) -> list[AutoMessage]:
        """Return an account's automatic messages of a kind, in their order."""
        return [one for one in self.messages.values() if one.open_id == open_id and one.kind == kind]

    def message(self, open_id: str, auto_message_id: str, kind: Kind) -> AutoMessage:
        """Return an account's automatic message; 40007 otherwise."""
        known = self.messages.get(auto_message_id)
        if known is None or known.open_id != open_id or known.kind != kind:
            raise ApiError(40007, "The automatic message does not exist.")
        return known

    def create(self, open_id: str, kind: Kind, content: dict[str, str]) -> AutoMessage:
        """Add a message, which is reviewed first; 40002 for too many or the same twice."""
        rules = self._numbers.auto_messages
        most = {
            "WELCOME_MESSAGE": rules.welcome_messages,
            "SUGGESTED_QUESTION": rules.suggested_questions,
            "CHAT_PROMPT": rules.chat_prompts,
        }[kind]
        own = self.of_account(open_id, kind)
        if len(own) >= most:
            raise ApiError(40002, f"An account has at most {most} of {kind}.")
        if any(one.content == content for one in own):
            raise ApiError(40002, "There is such an automatic message already.")
        made = AutoMessage(
            auto_message_id=str(int.from_bytes(self._state.opaque("auto")[:7], "big")),
            open_id=open_id,
            kind=kind,
            content=content,
        )
        self.messages[made.auto_message_id] = made
        self._tell_change(made, "CREATE")
        self._review(made)
        return made

    def update(self, known: AutoMessage, content: dict[str, str]) -> None:
        """Change a message, which is reviewed again; 40002 while it is reviewed or after a rejection."""
        if known.audit_status != "APPROVED":
            raise ApiError(40002, f"A message that is {known.audit_status} cannot be updated.")
        known.content, known.audit_status = content, "REVIEWING"
        self._tell_change(known, "UPDATE")
        self._review(known)

    def delete(self, known: AutoMessage) -> None:
        """Take a message away; 40002 for the welcome message, which can only be switched off."""
        if known.kind == "WELCOME_MESSAGE":
            raise ApiError(40002, "The welcome message cannot be deleted, only switched off.")
        del self.messages[known.auto_message_id]
        self._tell_change(known, "DELETE")

    def sort(self, open_id: str, ids: list[str]) -> None:
        """Put the chat prompts in an order; 40002 unless exactly all are named."""
        own = {one.auto_message_id for one in self.of_account(open_id, "CHAT_PROMPT")}
        if len(ids) != len(own) or set(ids) != own:
            raise ApiError(40002, "Param auto_message_ids must name all chat prompts once.")
        for auto_message_id in ids:
            self.messages[auto_message_id] = self.messages.pop(auto_message_id)

    def switch(self, open_id: str, kind: Kind, *, on: bool) -> None:
        """Switch a kind on or off; switching on disables what exists of the two kinds that come in numbers."""
        if on and kind != "WELCOME_MESSAGE" and not self.enabled.get((open_id, kind)):
            for one in self.of_account(open_id, kind):
                one.disabled = True
        self.enabled[open_id, kind] = on
        own = self.of_account(open_id, kind)
        if on and kind == "WELCOME_MESSAGE" and not own:
            name = self._state.accounts[open_id].display_name
            made = self.create(open_id, kind, {"content": f"Welcome to {name}."})
            own = [made]
        for one in own:
            self._tell_change(one, "ENABLE" if on else "DISABLE")

    def serving(self, open_id: str, kind: Kind) -> list[AutoMessage]:
        """Return what is in use."""
        if not self.enabled.get((open_id, kind)):
            return []
        own = self.of_account(open_id, kind)
        return [one for one in own if one.audit_status == "APPROVED" and not one.disabled]

    def _review(self, made: AutoMessage) -> None:
        made.revision += 1
        revision, rejected = made.revision, self.reject_next
        self.reject_next = False

        def decide(at_ms: int) -> None:
            if made.revision != revision or made.auto_message_id not in self.messages:
                return
            made.audit_status = "REJECTED" if rejected else "APPROVED"
            content = self._event_content(made, at_ms) | {"audit_status": made.audit_status}
            self._emit(
                Event(name="im_auto_message_audit_update", open_id=made.open_id, at_ms=at_ms, content=content)
            )

        self._agenda.after(self._numbers.auto_messages.review_seconds, decide)

    def _tell_change(self, made: AutoMessage, action: str) -> None:
        now = self._state.clock.now_ms()
        content = self._event_content(made, now) | {"auto_message_action": action}
        self._emit(
            Event(name="im_auto_message_config_update", open_id=made.open_id, at_ms=now, content=content)
        )

    def _event_content(self, made: AutoMessage, at_ms: int) -> dict[str, Any]:
        return {
            "auto_message_id": made.auto_message_id,
            "auto_message_type": made.kind,
            "timestamp": at_ms,
            OBJECTS[made.kind]: made.content,
        }

    def _react(self, conversation: Conversation, message: Message) -> None:
        """Send what the platform sends by itself: a welcome at first, an answer to a suggested question."""
        written = sum(1 for one in conversation.messages if not one.from_business)
        if written == 1:
            for one in self.serving(conversation.open_id, "WELCOME_MESSAGE"):
                self._send(conversation, one, one.content["content"])
        text = message.content.get("body", "") if message.kind == "text" else ""
        for one in self.serving(conversation.open_id, "SUGGESTED_QUESTION"):
            if one.content["question"] == text:
                self._send(conversation, one, one.content["answer"])

    def _send(self, conversation: Conversation, one: AutoMessage, text: str) -> None:
        self._inbox.send(
            conversation,
            kind="text",
            content={"body": text},
            source="OTHERS",
            auto_type=one.kind,
            counts=False,
        )

    # --- comment-to-message ---

    def flag(self, comment: Comment) -> bool:
        """The platform's classifier takes a comment for high-intent; told when the account uses the feature."""
        open_id = self._state.videos[comment.video_id].open_id
        account = self._state.accounts[open_id]
        if not self.direct_reply.get(open_id, account.comment_to_message):
            return False
        now = self._state.clock.now_ms()
        self.high_intent.setdefault(comment.comment_id, False)
        if len(self.high_intent) > _FLAGGED_MAX:
            self.high_intent.pop(next(iter(self.high_intent)))
        content = {
            "from": comment.username,
            "to": account.username,
            "unique_identifier": comment.unique_identifier,
            "from_user": {"id": comment.unique_identifier, "role": "personal_account"},
            "to_user": {"id": open_id, "role": "business_account"},
            "comment_id": comment.comment_id,
            "comment_text": comment.text,
            "is_follower": self._inbox.viewer(comment.unique_identifier).is_follower,
            "timestamp": now,
        }
        self._emit(Event(name="im_receive_high_intent_comment", open_id=open_id, at_ms=now, content=content))
        return True

    def reply_problem(self, account: Account, comment: Comment) -> str | None:
        """Return why a comment cannot be answered by a message, or `None`. Source: portal 1832184403754242."""
        closed = comment_to_message_closed(account, self._numbers.regions)
        if closed is not None:
            return closed
        if not self.direct_reply.get(account.open_id, account.comment_to_message):
            return "Comment-to-message is switched off."
        return self._comment_problem(comment) or self._commenter_problem(account, comment)

    def _comment_problem(self, comment: Comment) -> str | None:
        hours = self._numbers.messages.comment_age_hours
        if comment.parent_id:
            return "Only a first-level comment can be answered by a message."
        if comment.comment_id not in self.high_intent:
            return "The comment was not flagged as high-intent."
        if self._state.clock.now_ms() - comment.create_ms > hours * HOUR_MS:
            return f"The comment is older than {hours} hours."
        if self.high_intent[comment.comment_id]:
            return "The comment was answered by a message already."
        return None

    def _commenter_problem(self, account: Account, comment: Comment) -> str | None:
        hours, regions = self._numbers.messages.quiet_hours, self._numbers.regions
        viewer = self._inbox.viewer(comment.unique_identifier)
        if viewer.age < regions.comment_to_message_age:
            return "The commenter is too young."
        if (viewer.country or account.country) not in regions.commenters:
            return "The commenter is registered where comment-to-message is not offered."
        known = self._inbox.between(account.open_id, viewer)
        latest = known.messages[-1].at_ms if known is not None and known.messages else None
        if latest is not None and self._state.clock.now_ms() - latest < hours * HOUR_MS:
            return f"There were messages with the commenter in the last {hours} hours."
        return None

    def reply(
        self, account: Account, comment: Comment, *, kind: str, content: Any
    ) -> tuple[Conversation, Message]:
        """Answer a comment by a message; the caller has asked `reply_problem`."""
        viewer = self._inbox.viewer(comment.unique_identifier, username=comment.username)
        conversation = self._inbox.begin(account, viewer)
        message = self._inbox.send(conversation, kind=kind, content=content, counts=False)
        self.high_intent[comment.comment_id] = True
        return conversation, message

    def _classify(self, comment: Comment) -> None:
        if comment.kind in _HIGH_INTENT and not comment.parent_id:
            self.flag(comment)
