"""TikTok's webhooks about messages, publishing and mentions, as values. Ids become exact decimal or plain strings.

Source: portal 1832190670631937, 1810521709205505, 1825113658431489, and payloads seen in public clients. Unknown
fields are ignored, an unknown type of message is kept under its own name, and nothing is ever dropped in silence.
"""

from collections.abc import Callable
from typing import Annotated, Any

import msgspec

from goodstanding.usecases.ports import ParsedOther, Unreadable
from goodstanding.usecases.ports.messages import ParsedMessage, ParsedNotice

_Instant = Annotated[int, msgspec.Meta(ge=0, lt=1 << 53)]
"""Milliseconds; beyond this no database of ours could keep it."""
_Id = str | Annotated[int, msgspec.Meta(ge=0)]
BUSINESS = "BUSINESS_ACCOUNT"
WORD_MAX = 80
"""The platform's own words (types, reasons, states) are kept up to here."""


class _User(msgspec.Struct):
    id: str = ""
    role: str = ""


class _Said(msgspec.Struct, kw_only=True):
    """What a message holds, in webhooks and in lists alike."""

    timestamp: _Instant
    message_id: str = ""
    from_user: _User = msgspec.field(default_factory=_User)
    to_user: _User = msgspec.field(default_factory=_User)
    text: Any = None
    image: Any = None
    video: Any = None
    reaction: Any = None
    share_post: Any = None
    template: Any = None
    message_tag: Any = None
    auto_message_type: str | None = None
    referenced_message_info: Any = None
    reply_source_payload: Any = None


class _Message(_Said, rename={"sender": "from"}, kw_only=True):
    conversation_id: Annotated[str, msgspec.Meta(min_length=1)]
    type: str
    sender: str = ""
    to: str = ""
    unique_identifier: str = ""


class _Listed(_Said, kw_only=True):
    message_type: Annotated[str, msgspec.Meta(min_length=1)]
    sender: str = ""
    recipient: str = ""


class _Notice(msgspec.Struct, rename={"sender": "from"}):
    timestamp: _Instant | None = None
    sender: str = ""
    unique_identifier: str = ""
    to_user: _User = msgspec.field(default_factory=_User)
    conversation_id: str = ""
    comment_id: _Id = ""
    video_id: _Id = ""
    publish_id: _Id = ""
    post_id: _Id = ""
    publish_type: str = ""
    reason: Any = ""
    read: Any = None
    referral: Any = None
    auto_message_id: _Id = ""
    auto_message_type: str = ""
    auto_message_action: str = ""
    audit_status: str = ""
    type_of_event: str = ""
    mention_type: str = ""


_message = msgspec.json.Decoder(_Message).decode
_listed = msgspec.json.Decoder(_Listed).decode
_notice = msgspec.json.Decoder(_Notice).decode
_TROUBLE = (msgspec.DecodeError, UnicodeDecodeError, UnicodeEncodeError, RecursionError)
_Told = tuple[str, dict[str, str]]
"""A notice's natural key and its values."""


def parse(
    event: str, content: str, *, account: str, sent_at: int
) -> ParsedMessage | ParsedNotice | ParsedOther | Unreadable | None:
    """Return what an event of these families says, `None` for any other event. `sent_at`: the envelope's time, ms."""
    if event in ("im_receive_msg", "im_send_msg"):
        return _parse_message(event, content, account)
    told = NOTICES.get(event) or (_publishing if event.startswith("post.publish.") else None)
    if told is None:
        return ParsedOther(event=_word(event), known=False) if event.startswith("im_") else None
    try:
        notice = _notice(content.encode("utf-8", "surrogatepass"))
    except _TROUBLE:
        return Unreadable(problem="NOTICE_CONTENT")
    if notice.timestamp is None:
        notice.timestamp = sent_at
    key, data = told(notice)
    return ParsedNotice(
        event=event,
        key=clean(key),
        at=notice.timestamp,
        person=clean(notice.unique_identifier),
        handle=clean(notice.sender),
        conversation_id=clean(notice.conversation_id),
        data=tuple(sorted((name, _word(value)) for name, value in data.items() if value)),
    )


def _parse_message(event: str, content: str, account: str) -> ParsedMessage | Unreadable:
    try:
        m = _message(content.encode("utf-8", "surrogatepass"))
    except _TROUBLE:
        return Unreadable(problem="MESSAGE_CONTENT")
    own = event == "im_send_msg"
    person = m.to_user.id if own else (m.unique_identifier or m.from_user.id)
    kind = _word(m.type.lower())
    original = _part(_first(m.reaction), "original_msg_id")
    external_id = m.message_id or (f"{original}:{kind}:{m.timestamp}" if original else "")
    if not person or person == account or not external_id:
        return Unreadable(problem="MESSAGE_CONTENT")
    return _message_of(
        m, conversation_id=m.conversation_id, external_id=external_id, person=person,
        handle=m.to if own else m.sender, own=own, kind=kind,
    )  # fmt: skip


def listed(raw: bytes, conversation_id: str, account: str) -> ParsedMessage:
    """Return a message as a conversation's list has it; raises `ValueError` for one that cannot be told apart.

    Roles are in capitals here, types too, and a shared post is told by its address alone.
    """
    m = _listed(raw)
    role = m.from_user.role.upper()
    own = role == BUSINESS if role else m.from_user.id == account
    person = m.to_user.id if own else m.from_user.id
    if not person or person == account or not m.message_id:
        raise ValueError("a message without id or person")
    return _message_of(
        m, conversation_id=conversation_id, external_id=m.message_id, person=person,
        handle=m.recipient if own else m.sender, own=own, kind=_word(m.message_type.lower()),
    )  # fmt: skip


def _message_of(
    m: _Said, *, conversation_id: str, external_id: str, person: str, handle: str, own: bool, kind: str
) -> ParsedMessage:
    tap, original = m.reply_source_payload, _part(_first(m.reaction), "original_msg_id")
    return ParsedMessage(
        external_id=clean(external_id),
        conversation_id=clean(conversation_id),
        person=clean(person),
        handle=clean(handle),
        own=own,
        kind=kind,
        text=clean(_text(m)),
        at=m.timestamp,
        via=_word(_part(m.message_tag, "source").upper()) if own else "",
        auto=_word(m.auto_message_type or ""),
        card=clean(_part(tap, "reply_source_msg_id")),
        button=clean(_part(tap, "reply_source_unique_id")),
        quoted=clean(_part(m.referenced_message_info, "referenced_message_id")) or clean(original),
        media=clean(_part(m.image, "media_id") or _part(m.video, "media_id")),
    )


def _text(m: _Said) -> str:
    """Return the words of a message; of a card its question, of a shared post its id."""
    if isinstance(m.template, dict):
        return _part(_inner(m.template, "elements"), "title") or _part(m.template, "title")
    shared = _part(m.share_post, "video_id") or _part(m.share_post, "item_id")
    return _part(m.text, "body") or shared or _post_in(_part(m.share_post, "embed_url"))


def _post_in(address: str) -> str:
    """Return the post's id at the end of an address, empty when there is none."""
    last = address.split("?", maxsplit=1)[0].rstrip("/").rsplit("/", 1)[-1]
    return last if last.isascii() and last.isdigit() else ""


def _eu(notice: _Notice) -> _Told:
    """Somebody in the EEA, Switzerland or the UK wrote: TikTok tells neither who nor what."""
    return f"eu:{notice.timestamp}", {}


def _read(notice: _Notice) -> _Told:
    upto = _number(notice.read, "last_read_timestamp") or notice.timestamp or 0
    return f"read:{notice.conversation_id}:{upto}", {"read_at": str(upto)}


def _referral(notice: _Notice) -> _Told:
    source = _part(notice.referral, "source")
    link, ad = _inner(notice.referral, "short_link"), _inner(notice.referral, "ad")
    where = notice.conversation_id or notice.unique_identifier
    return f"referral:{where}:{notice.timestamp}", {
        "source": source, "ref": _part(link, "ref"), "ad": _part(ad, "ad_id"),
    }  # fmt: skip


def _high_intent(notice: _Notice) -> _Told:
    return str(notice.comment_id), {}


def _auto_message(notice: _Notice) -> _Told:
    change = notice.auto_message_action or notice.audit_status
    key = f"{notice.auto_message_id}:{change}:{notice.timestamp}"
    return key, {"change": change, "id": str(notice.auto_message_id), "type": notice.auto_message_type}


def _mention(notice: _Notice) -> _Told:
    comment = "" if str(notice.comment_id) in ("", "0") else str(notice.comment_id)
    key = f"{notice.video_id}:{comment}:{notice.type_of_event}:{notice.unique_identifier}"
    if notice.type_of_event != "CREATE":  # an edit can be followed by another
        key += f":{notice.timestamp}"
    return key, {
        "change": notice.type_of_event, "comment": comment, "type": notice.mention_type.replace(" ", "_"),
        "video": str(notice.video_id),
    }  # fmt: skip


def _publishing(notice: _Notice) -> _Told:
    post = str(notice.post_id)
    when = f":{notice.timestamp}" if post else ""  # a post can be shown, taken away and shown again
    return f"{notice.publish_id}:{post}{when}", {
        "post": post, "publish": str(notice.publish_id), "reason": str(notice.reason or ""), "type": notice.publish_type,
    }  # fmt: skip


NOTICES: dict[str, Callable[[_Notice], _Told]] = {
    "im_receive_msg_eu": _eu,
    "im_mark_read_msg": _read,
    "im_referral_msg": _referral,
    "im_receive_high_intent_comment": _high_intent,
    "im_auto_message_config_update": _auto_message,
    "im_auto_message_audit_update": _auto_message,
    "brand.mention.event": _mention,
}
"""Events that say one thing; `post.publish.*` come beside them."""


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, list) and value else value


def _inner(value: Any, name: str) -> Any:
    return _first(value.get(name)) if isinstance(value, dict) else None


def _part(value: Any, name: str) -> str:
    """Return a text or exact number that stands under `name`, empty when it does not."""
    found = value.get(name) if isinstance(value, dict) else None
    return str(found) if isinstance(found, str | int) and not isinstance(found, bool) else ""


def _number(value: Any, name: str) -> int:
    found = _part(value, name)
    return int(found) if found.isascii() and found.isdigit() and len(found) < 16 else 0  # noqa: PLR2004 - milliseconds have thirteen digits


def _word(text: str) -> str:
    return clean(text)[:WORD_MAX]


def clean(text: str) -> str:
    """Return `text` without null characters and lone surrogates, which Postgres and JSON cannot keep."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "\ufffd")
