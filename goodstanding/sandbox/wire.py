"""What goes over the wire to a callback: bodies of events and their signature."""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

import msgspec

_encode = msgspec.json.Encoder().encode


class _Envelope(msgspec.Struct):
    client_key: str
    event: str
    create_time: int
    user_openid: str
    content: str


class CommentContent(msgspec.Struct):
    """The content of `comment.update`: its ids are numbers of 19 digits, its time is in milliseconds."""

    comment_id: int
    video_id: int
    parent_comment_id: int
    comment_type: str
    comment_action: str
    timestamp: int
    unique_identifier: str
    text: str


def event_body(*, app_id: str, open_id: str, event: str, at_ms: int, content: Mapping[str, Any]) -> bytes:
    """Return the raw body of any event; `content` becomes a string that holds JSON."""
    return _encode(_Envelope(app_id, event, at_ms // 1000, open_id, _encode(content).decode()))


def comment_body(
    *,
    app_id: str,
    open_id: str,
    action: str,
    at_ms: int,
    comment_id: str,
    video_id: str,
    parent_comment_id: str,
    unique_identifier: str,
    text: str,
) -> bytes:
    """Return the raw body of a `comment.update`: numeric ids, parent 0 at the top, milliseconds."""
    parent = int(parent_comment_id or 0)
    content = CommentContent(
        int(comment_id),
        int(video_id),
        parent,
        "reply" if parent else "comment",
        action,
        at_ms,
        unique_identifier,
        text,
    )
    return _encode(_Envelope(app_id, "comment.update", at_ms // 1000, open_id, _encode(content).decode()))


def sign(*, secret: str, t: int, body: bytes) -> str:
    """Return the value of `Tiktok-Signature`: HMAC-SHA256 over `t`, a full stop and the raw body.

    Source: developers.tiktok.com/doc/webhooks-verification; `t` in seconds.
    """
    digest = hmac.new(secret.encode(), b"%d.%s" % (t, body), hashlib.sha256).hexdigest()
    return f"t={t},s={digest}"
