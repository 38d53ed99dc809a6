"""A picture that a person sends in a conversation: checked, handed to the platform, then sent as everything else.

The file is kept nowhere: the log seals its digest, the platform keeps the picture for thirty days under an id, and that
id goes through the outbox with all checks.
"""

import asyncio
import hashlib

from goodstanding.kernel.problems import GoodstandingError
from goodstanding.usecases import connections, moderation, playbooks
from goodstanding.usecases.context import Context, person
from goodstanding.usecases.moderation import GoneError
from goodstanding.usecases.ports import Account, Queries
from goodstanding.usecases.ports.feed import ReadFailedError

_TYPES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
"""By the first bytes: what a file calls itself proves nothing."""


class PictureError(GoodstandingError):
    """The picture was not handed over; the code says why.

    PICTURE_TYPE, PICTURE_SIZE, PICTURE_NONE, PICTURE_CLOSED, or for what the platform answered (field: answer)
    PICTURE_LATER, PICTURE_REFUSED.
    """

    def __init__(self, code: str, **fields: str | int) -> None:
        self.code = code
        super().__init__(**fields)


def check(content: bytes) -> str:
    """Return the media type of a picture the platform takes; raises `PictureError`."""
    rules = playbooks.picture_rules()
    if not content:
        raise PictureError("PICTURE_NONE")
    if len(content) > rules.bytes_max:
        raise PictureError("PICTURE_SIZE", most=rules.bytes_max, source=rules.source, date=rules.date)
    media_type = next((name for start, name in _TYPES.items() if content.startswith(start)), "")
    if media_type not in rules.types:
        raise PictureError("PICTURE_TYPE", source=rules.source, date=rules.date)
    return media_type


async def send(ctx: Context, event_id: int, person_id: int, content: bytes) -> int:
    """Hand a picture to the platform and plan it as an answer to a message; returns the act's id.

    Window, quota, consent, freeze, and whether both sides' countries allow pictures are asked when it leaves. Raises
    `PictureError`, `GoneError`.
    """
    media_type = check(content)
    account = await asyncio.to_thread(ctx.store.read, lambda q: _account(q, event_id))
    try:
        media_id = await ctx.platforms[account.connector].upload_picture(account, media_type, content)
    except ReadFailedError as error:
        later = error.kind in ("wait", "retry")
        raise PictureError("PICTURE_LATER" if later else "PICTURE_REFUSED", answer=error.answer) from error
    body = {
        "act": "picture", "event": event_id, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content),
        "type": media_type,
    }  # fmt: skip

    def note_and_answer() -> int:
        ctx.store.write(lambda tx: connections.log(ctx, tx, account.id, person(person_id), body))
        return moderation.answer(ctx, event_id, person_id, text=media_id, content="image")

    return await asyncio.to_thread(note_and_answer)


def _account(q: Queries, event_id: int) -> Account:
    """Return the account of a message, where messages go through the platform now."""
    event = q.event(event_id)
    if event is None or event.kind != "message" or event.contact_id is None:
        raise GoneError(id=event_id)
    account = next(one for one in q.accounts() if one.id == event.account_id)
    closed = account.mode == "assisted" or account.killed or not account.can_message
    if closed or account.id not in q.has_credentials():
        raise PictureError("PICTURE_CLOSED")
    return account
