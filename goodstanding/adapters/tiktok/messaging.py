"""Business Messaging: what is sent as TikTok wants it, and how a message is found again.

Source: portal 1832184403754242 (send), 1832184415059970 (conversation list), 1832184425841170 (content list),
1836061597865986 (capabilities),
1832184437720193 and 1832184455450626 (media), 1832184619749377 (automatic messages).
"""

import re
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import msgspec

from goodstanding.core.outbox import is_same_text
from goodstanding.usecases.ports import Account, Outgoing, SendResult
from goodstanding.usecases.ports.messages import ConversationKind, MessageContent, ParsedMessage

SEND = "/business/message/send/"
CONVERSATION_LIST = "/business/message/conversation/list/"
CONTENT_LIST = "/business/message/content/list/"
CAPABILITIES = "/business/message/capabilities/get/"
MEDIA_UPLOAD = "/business/message/media/upload/"
MEDIA_DOWNLOAD = "/business/message/media/download/"
ANSWERS_MAX = 10_000
"""Answers about conversations that are kept."""
AUTO_MESSAGES = "/business/message/auto_message/get/"
_POST_ID = re.compile(r"/([0-9]{10,25})(?=[/?#]|$)")


class _User(msgspec.Struct):
    id: str = ""
    role: str = ""


class _Listed(msgspec.Struct):
    message_id: str = ""
    timestamp: int = 0
    message_type: str = ""
    text: Any = None
    template: Any = None
    share_post: Any = None
    image: Any = None
    from_user: _User = msgspec.field(default_factory=_User)


class _Contents(msgspec.Struct):
    messages: list[_Listed] = []


def send_body(one: Outgoing, content: MessageContent | None) -> dict[str, object]:
    """Return the body of a send, without the business: exactly one kind of content."""
    head: dict[str, object] = {"recipient_type": "CONVERSATION", "recipient": one.target_id}
    if content is None:
        return {**head, "message_type": "TEXT", "text": {"body": one.text}}
    if content.kind == "card":
        buttons = [{"type": "REPLY", "title": title, "id": button} for button, title in content.buttons]
        template = {"type": "QA_BUTTON_CARD", "title": one.text, "buttons": buttons}
        return {**head, "message_type": "TEMPLATE", "template": template}
    if content.kind == "share_post":
        return {**head, "message_type": "SHARE_POST", "share_post": {"item_id": one.text}}
    return {**head, "message_type": "IMAGE", "image": {"media_id": one.text}}


def message_id(data: dict[str, Any] | None) -> str:
    """Return the id in the answer to a send."""
    message = (data or {}).get("message")
    found = message.get("message_id") if isinstance(message, dict) else ""
    return found if isinstance(found, str) else ""


class Abilities:
    """What may be sent in a conversation, as the platform answered, by conversation and by its type.

    An answer of one type says nothing of the other: a conversation that was answered is asked about anew.
    """

    def __init__(self, now: Callable[[], int], *, span: int) -> None:
        self._now, self._span = now, span
        self._known: OrderedDict[tuple[int, str, ConversationKind], tuple[int, bool]] = OrderedDict()

    def pictures(self, account: Account, conversation_id: str, kind: ConversationKind) -> bool | None:
        """Return what was answered not long ago, or None."""
        found = self._known.get((account.id, conversation_id, kind))
        return found[1] if found is not None and self._now() - found[0] < self._span else None

    def keep(self, account: Account, conversation_id: str, kind: ConversationKind, *, pictures: bool) -> None:
        """Keep an answer."""
        key = (account.id, conversation_id, kind)
        self._known[key] = (self._now(), pictures)
        self._known.move_to_end(key)
        if len(self._known) > ANSWERS_MAX:
            self._known.popitem(last=False)


def capability_query(conversation_id: str, kind: ConversationKind) -> dict[str, str]:
    """Return the query that asks whether pictures can be sent in a conversation, the one ability the portal lists."""
    abilities = msgspec.json.encode(["IMAGE_SEND"]).decode()
    return {"conversation_id": conversation_id, "conversation_type": kind, "capability_types": abilities}


def takes_pictures(data: dict[str, Any]) -> bool:
    """Tell whether the answer allows pictures; what it does not say is not allowed."""
    infos = data.get("capability_infos")
    return isinstance(infos, list) and any(
        isinstance(one, dict)
        and one.get("capability_type") == "IMAGE_SEND"
        and one.get("capability_result") is True
        for one in infos
    )


def media_id(data: dict[str, Any]) -> str:
    """Return the id of an uploaded picture; empty when the answer has none."""
    found = data.get("media_id")
    return found if isinstance(found, str) else ""


def media_body(account: Account, message: ParsedMessage) -> dict[str, object]:
    """Return the body that asks where a picture or video of a message can be fetched."""
    return {
        "business_id": account.external_id,
        "conversation_id": message.conversation_id,
        "message_id": message.external_id,
        "media_id": message.media,
        "media_type": "VIDEO" if message.kind == "video" else "IMAGE",
    }


def download_url(data: dict[str, Any] | None) -> str:
    """Return the address in the answer; it holds for a day and is never kept."""
    found = (data or {}).get("download_url")
    return found if isinstance(found, str) and found.startswith(("https://", "http://")) else ""


def found_in(
    data: dict[str, Any] | None, account: Account, one: Outgoing, *, now: int, absent_after: int, skew: int
) -> SendResult:
    """Look for a message of ours among a conversation's last messages.

    Twenty are listed, without paging: so a message counts as absent only while the list still reaches back to before
    it was tried, and only after `absent_after`. `skew`: how far the two clocks may lie apart, milliseconds.
    """
    listed = msgspec.convert(data or {}, _Contents).messages
    tried = one.attempt_at or now
    ours = [m for m in listed if m.from_user.id == account.external_id and m.timestamp >= tried - skew]
    for message in ours:
        if is_same_text(_words(message), one.text):
            return SendResult(state="sent", provider_ref=message.message_id)
    if now - tried < absent_after:
        return SendResult(state="unknown", code="NOT_SEEN_YET")
    if any(m.message_type == "SHARE_POST" and not _words(m) for m in ours):
        return SendResult(state="unknown", code="POST_NOT_NAMED")
    if not any(m.timestamp < tried - skew for m in listed):
        return SendResult(state="unknown", code="LIST_TOO_SHORT")
    return SendResult(state="failed", code="ABSENT")


def _post_at(address: object) -> str:
    """Return the id of the post an address shows: a list of messages tells a shared post by its address alone."""
    found = _POST_ID.search(address) if isinstance(address, str) else None
    return found[1] if found else ""


def _words(message: _Listed) -> str:
    for value, name in (
        (message.text, "body"),
        (message.template, "title"),
        (message.share_post, "item_id"),
        (message.share_post, "video_id"),
        (message.image, "media_id"),
    ):
        found = value.get(name) if isinstance(value, dict) else None
        if isinstance(found, str | int):
            return str(found).strip()
    if isinstance(message.share_post, dict):
        return _post_at(message.share_post.get("embed_url"))
    elements = message.template.get("elements") if isinstance(message.template, dict) else None
    first = elements[0] if isinstance(elements, list) and elements else {}
    return str(first.get("title", "")).strip() if isinstance(first, dict) else ""
