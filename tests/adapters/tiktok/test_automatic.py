"""TikTok's own automatic messages as it lists them: what is not said stays unsaid, a bad entry costs itself alone."""

import msgspec
import pytest

from goodstanding.adapters.tiktok import automatic
from goodstanding.usecases.ports.automatic import KINDS


def read(kind, data):
    return automatic.read(kind, msgspec.json.decode(msgspec.json.encode(data), type=automatic.Listed))


@pytest.mark.parametrize(
    ("kind", "content", "title", "text"),
    [
        ("WELCOME_MESSAGE", {"welcome_message": {"content": "Hoi"}}, "", "Hoi"),
        ("SUGGESTED_QUESTION", {"suggested_question": {"question": "Open?", "answer": "Ja"}}, "Open?", "Ja"),
        (
            "CHAT_PROMPT",
            {"chat_prompt": {"title": "Prijs", "content": "Wat kost het?"}},
            "Prijs",
            "Wat kost het?",
        ),
    ],
)
def test_each_kind_keeps_its_words_in_its_own_object(kind, content, title, text):
    one = {
        "auto_message_id": 7_000_000_000_000_000_123,
        "audit_status": "APPROVED",
        "operation_status": "ENABLE",
        **content,
    }
    found = read(kind, {"operation_status": "DISABLE", "auto_messages": [one]})
    (message,) = found.messages
    assert (message.id, message.title, message.text) == ("7000000000000000123", title, text)
    assert (message.audit, message.on, found.on) == ("APPROVED", True, False)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_said_stays_unsaid(kind):
    assert read(kind, {}).on is None
    found = read(kind, {"auto_messages": [{"auto_message_id": "1"}, 5, {"audit_status": "APPROVED"}, None]})
    assert (len(found.messages), found.unreadable) == (1, 3)
    assert (found.messages[0].text, found.messages[0].audit, found.messages[0].on) == ("", "", None)
