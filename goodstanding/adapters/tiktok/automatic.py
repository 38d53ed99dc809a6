"""TikTok's own automatic messages, read (portal 1832184619749377). Each kind keeps its words in an object of its own."""

from typing import Any

import msgspec

from goodstanding.usecases.ports.automatic import AutomaticKind, AutomaticMessage, AutomaticMessages

_OBJECTS = {
    "WELCOME_MESSAGE": ("welcome_message", "", "content"),
    "SUGGESTED_QUESTION": ("suggested_question", "question", "answer"),
    "CHAT_PROMPT": ("chat_prompt", "title", "content"),
}
"""Where each kind keeps its title and its text."""
_SWITCH = {"ENABLE": True, "DISABLE": False}


class _One(msgspec.Struct):
    auto_message_id: str | int
    audit_status: str = ""
    operation_status: str = ""
    welcome_message: dict[str, Any] | None = None
    suggested_question: dict[str, Any] | None = None
    chat_prompt: dict[str, Any] | None = None


class Listed(msgspec.Struct):
    """The answer."""

    operation_status: str = ""
    auto_messages: list[msgspec.Raw] | None = None


_one = msgspec.json.Decoder(_One).decode


def read(kind: AutomaticKind, listed: Listed) -> AutomaticMessages:
    """Return what an answer says; an entry that cannot be read costs itself alone."""
    found, unreadable = [], 0
    for raw in listed.auto_messages or ():
        try:
            found.append(_message(kind, _one(raw)))
        except (msgspec.DecodeError, UnicodeDecodeError):
            unreadable += 1
    return AutomaticMessages(
        kind=kind,
        on=_SWITCH.get(listed.operation_status),
        messages=tuple(found),
        unreadable=unreadable,
    )


def _message(kind: AutomaticKind, one: _One) -> AutomaticMessage:
    name, title, text = _OBJECTS[kind]
    content = getattr(one, name) or {}
    return AutomaticMessage(
        id=str(one.auto_message_id),
        title=str(content.get(title, "")) if title else "",
        text=str(content.get(text, "")),
        audit=one.audit_status,
        on=_SWITCH.get(one.operation_status),
    )
