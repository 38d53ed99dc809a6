"""TikTok's payloads: the webhook's signature and contents, and the envelope of the API."""

import hashlib
import hmac
from importlib.resources import files
from typing import Annotated, Literal

import msgspec

from goodstanding.adapters.tiktok import wire_messages
from goodstanding.usecases.ports import Parsed, ParsedComment, ParsedOther, Unreadable

ACTIONS = {
    "insert": "insert",
    "delete": "delete",
    "set_to_hidden": "hidden",
    "set_to_friends_only": "friends_only",
    "set_to_public": "public",
}
KNOWN_EVENTS = frozenset({"authorization.removed"})


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """The platform's numbers for the wire, as dated data."""

    tolerance_seconds: int
    future_seconds: int
    body_bytes_max: int


def rules() -> Rules:
    """Return the shipped numbers."""
    text = (files("goodstanding.playbooks") / "platform" / "tiktok-api-2026-11.toml").read_text(
        encoding="utf-8"
    )
    data = msgspec.toml.decode(text)
    return msgspec.convert(data["webhook"], Rules)


class _Envelope(msgspec.Struct):
    event: str
    user_openid: str
    content: str = ""
    create_time: int = 0


class _Recipient(msgspec.Struct):
    user_openid: str = ""


_Id = Annotated[int, msgspec.Meta(ge=0)] | Annotated[str, msgspec.Meta(pattern="^[0-9]+$", max_length=40)]
"""A number in every payload seen; as text it is the same id."""
_Instant = Annotated[int, msgspec.Meta(ge=0, lt=1 << 53)]
"""Milliseconds; beyond this no database of ours could keep it."""


class _Comment(msgspec.Struct):
    comment_id: _Id
    video_id: _Id
    comment_action: str
    timestamp: _Instant
    unique_identifier: str
    parent_comment_id: _Id | None = 0
    text: str | None = ""
    username: str | None = ""


_SECONDS_MAX = 1 << 40
"""Later than this no database of ours could keep a time in milliseconds."""


class _Removal(msgspec.Struct):
    reason: int = 0


_removal = msgspec.json.Decoder(_Removal).decode
_envelope = msgspec.json.Decoder(_Envelope).decode
_recipient = msgspec.json.Decoder(_Recipient).decode
_comment = msgspec.json.Decoder(_Comment).decode


def verify(
    body: bytes, header: str, *, secret: bytes, now: int, rules: Rules
) -> Literal["ok", "bad", "stale"]:
    """Check a webhook's signature over its raw bytes, then its age. `now` in milliseconds.

    Source: developers.tiktok.com/doc/webhooks-verification.
    """
    fields = _parts(header)
    stamp, given = fields.get("t", ""), fields.get("s", "")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):  # noqa: PLR2004 - seconds have ten digits
        return "bad"
    expected = hmac.new(secret, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), given.encode()):
        return "bad"
    age = now // 1000 - int(stamp)
    return "ok" if -rules.future_seconds <= age <= rules.tolerance_seconds else "stale"


def _parts(header: str) -> dict[str, str]:
    """Return the parts of a signature header by name."""
    pairs = (part.partition("=") for part in header.split(","))
    return {name.strip(): value.strip() for name, _, value in pairs}


def signed_at(header: str) -> int | None:
    """Return the time in a signature header, milliseconds; only to be trusted after `verify`."""
    stamp = _parts(header).get("t", "")
    return int(stamp) * 1000 if stamp.isascii() and stamp.isdigit() else None


def recipient(body: bytes) -> str:
    """Return the account a delivery is for; empty when it cannot be told."""
    try:
        return _clean(_recipient(body).user_openid)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""


def parse(body: bytes) -> Parsed:
    """Return what a delivery says. Ids are kept as exact decimal strings."""
    try:
        envelope = _envelope(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Unreadable(problem="NOT_THE_ENVELOPE")
    if envelope.event != "comment.update":
        return _other(envelope)
    try:
        c = _comment(envelope.content.encode("utf-8", "surrogatepass"))
    except (msgspec.DecodeError, UnicodeDecodeError, UnicodeEncodeError):
        return Unreadable(problem="COMMENT_CONTENT")
    action = ACTIONS.get(c.comment_action)
    if action is None:
        return ParsedOther(event=f"comment.update:{_clean(c.comment_action)}", known=False)
    return ParsedComment(
        external_id=str(c.comment_id),
        video_id=str(c.video_id),
        parent_id="" if c.parent_comment_id in (None, 0, "0") else str(c.parent_comment_id),
        action=action,
        author=_clean(c.unique_identifier),
        handle=_clean(c.username or ""),
        text=_clean(c.text or ""),
        at=c.timestamp,
    )


def _reason(content: str) -> str:
    """Return the number of a removal's reason (developers.tiktok.com/doc/webhooks-events); 0, unknown, when it has none."""
    try:
        return str(_removal(content.encode("utf-8", "surrogatepass")).reason)
    except (msgspec.DecodeError, UnicodeDecodeError, UnicodeEncodeError):
        return "0"


def _other(envelope: _Envelope) -> Parsed:
    sent_at = max(0, min(envelope.create_time, _SECONDS_MAX)) * 1000
    found = wire_messages.parse(
        envelope.event, envelope.content, account=envelope.user_openid, sent_at=sent_at
    )
    if found is not None:
        return found
    known = envelope.event in KNOWN_EVENTS
    return ParsedOther(
        event=_clean(envelope.event),
        known=known,
        detail=_reason(envelope.content) if known else "",
        at=sent_at,
    )


def _clean(text: str) -> str:
    """Return `text` without null characters, which Postgres cannot keep."""
    return text.replace("\x00", "\ufffd") if "\x00" in text else text
