"""A conversation beside one of its messages: what was said, how long the window is open, and an answer by hand."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.exceptions import NotFoundException, PermissionDeniedException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from goodstanding.kernel.problems import GoodstandingError
from goodstanding.kernel.timing import HOUR
from goodstanding.usecases import audit, moderation, playbooks, policies
from goodstanding.usecases import pictures as handing
from goodstanding.usecases.namesakes import Kin
from goodstanding.usecases.ports import Contact, Event, Outgoing, Queries, Video
from goodstanding.usecases.ports.messages import ConsentEvidence, ParsedMessage
from goodstanding.usecases.talks import Talks
from goodstanding.web.desk import Desk, Web, back, field, trouble, who
from goodstanding.web.gate import form_token_holds
from goodstanding.web.login import FormBody

POSTS = 50
SHOWN = 40
"""Messages of a conversation that a page shows."""
ENVELOPE_BYTES = 64 << 10
"""Room for the rest of a form that carries a picture."""
EU = "im_receive_msg_eu"
PICTURES = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg"}
"""What is shown of what the platform hands over, by its first bytes; nothing else is passed on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One line of a conversation."""

    at: int
    by: Literal["person", "us", "staff"]
    text: str
    language: str = ""
    state: str = ""
    """Of our own act: planned, sent and so on."""
    event_id: int = 0
    """The message itself, for what the person wrote."""
    picture: bool = False
    """Our own act is a picture: its text is only the platform's id of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """What stands beside a message."""

    lines: list[Said]
    opened: bool
    """The person has written, so there is a window at all."""
    until: int
    """When the window closes."""
    used: int
    most: int
    read_at: int | None
    referral: str
    answer: str
    marketing: str
    pictures: bool
    """Messages go through the platform now, so a picture can be handed over."""
    posts: list[Video]
    """Our own posts, which can be shared."""
    evidence: list[ConsentEvidence]


def of_event(desk: Desk, q: Queries, event: Event) -> Conversation | None:
    """Return the conversation a message belongs to, `None` for a comment or a message without a sender."""
    contact = q.contact(event.contact_id) if event.kind == "message" and event.contact_id else None
    if contact is None:
        return None
    account = next(a for a in q.accounts() if a.id == event.account_id)
    numbers = policies.compiled(desk.ctx, q, account.policy_hash).platform.numbers
    known = q.conversation_of(contact.id)
    talks = Talks(q, [contact], planning=False)
    wrote_at = contact.wrote_at or 0
    seen = Kin(q, contact.account_id, [contact.id]).as_one(contact)
    return Conversation(
        lines=_lines(q, contact),
        opened=contact.wrote_at is not None,
        until=wrote_at + numbers.message_window_hours * HOUR,
        used=talks.facts(contact, form="text").used,
        most=numbers.messages_per_window,
        read_at=known.read_at if known else None,
        referral=known.referral if known else "",
        answer=seen.answer,
        marketing=seen.marketing,
        pictures=account.can_message and account.mode != "assisted" and not account.killed,
        posts=q.videos(event.account_id)[:POSTS],
        evidence=q.consent_evidence(contact.id),
    )


def _lines(q: Queries, contact: Contact) -> list[Said]:
    acts = q.message_acts([contact.id])[contact.id]
    shown = [one for one in acts if one.state != "cancelled"][-SHOWN:]
    pictures = drawn(q, shown)
    lines = [_of_act(one, picture=one.id in pictures) for one in shown]
    for event in q.messages_of(contact.id, limit=SHOWN):
        by: Literal["person", "staff"] = "staff" if event.own else "person"
        lines.append(
            Said(at=event.at, by=by, text=event.text or "", language=event.language, event_id=event.id)
        )
    return sorted(lines, key=lambda one: one.at)[-SHOWN:]


def drawn(q: Queries, acts: Sequence[Outgoing]) -> set[int]:
    """Return those of our acts that are pictures: their text is only the platform's id of one."""
    messages = [one.id for one in acts if one.act == "message"]
    found = q.message_contents(messages) if messages else {}
    return {number for number, one in found.items() if one.kind == "image"}


def _of_act(one: Outgoing, *, picture: bool) -> Said:
    at = one.attempt_at or one.not_before
    return Said(at=at, by="us", text=one.text, language=one.language, state=one.state, picture=picture)


def routes(desk: Desk) -> list[HTTPRouteHandler]:
    """Return what belongs to conversations beside the page of a message."""
    ctx = desk.ctx

    @post("/message/{event_id:int}/answer", sync_to_thread=True)
    def answer(request: Web, event_id: FromPath[int], data: FormBody) -> Response[Any]:
        here, me = f"/comment/{event_id}", who(request).id
        post_id, text = field(data, "post"), field(data, "text")
        try:
            if post_id and not text:
                moderation.answer(ctx, event_id, me, text=post_id, content="share_post")
            else:
                moderation.answer(ctx, event_id, me, text=text)
        except GoodstandingError as error:
            return back(data, here, said="error", code=trouble(error))
        desk.wake()
        newest = desk.read(lambda q: q.acts(person_id=me, limit=1))
        return back(data, here, said="approved", act=newest[0].id if newest else 0)

    @post(
        "/message/{event_id:int}/picture",
        exclude_from_csrf=True,  # the token of a form with a file is checked below
        request_max_body_size=playbooks.picture_rules().bytes_max + ENVELOPE_BYTES,
    )
    async def picture(request: Web, event_id: FromPath[int]) -> Response[Any]:
        """Hand a picture to TikTok and send it as an answer."""
        here, form = f"/comment/{event_id}", await request.form()
        token, file = form.get("_csrf_token"), form.get("picture")
        if not form_token_holds(ctx, request.scope, token if isinstance(token, str) else ""):
            raise PermissionDeniedException
        content = await file.read() if isinstance(file, UploadFile) else b""
        try:
            await handing.send(ctx, event_id, who(request).id, content)
        except GoodstandingError as error:
            return back({}, here, said="error", code=trouble(error))
        desk.wake()
        me = who(request).id
        newest = await asyncio.to_thread(desk.read, lambda q: q.acts(person_id=me, limit=1))
        return back({}, here, said="approved", act=newest[0].id if newest else 0)

    @get("/message/{event_id:int}/media")
    async def media(event_id: FromPath[int]) -> Response[bytes]:
        """Show a picture of a message, fetched now and kept nowhere."""
        found = desk.read(lambda q: _picture_of(desk, q, event_id))
        if found is None:
            raise NotFoundException
        event, message = found
        account = desk.read(lambda q: next(a for a in q.accounts() if a.id == event.account_id))
        content = await ctx.platforms[account.connector].picture(account, message)
        kind = next((name for start, name in PICTURES.items() if content.startswith(start)), "")
        if not kind:
            raise NotFoundException
        return Response(content=content, media_type=kind, headers={"Cache-Control": "no-store"})

    return [answer, picture, media]


def _picture_of(desk: Desk, q: Queries, event_id: int) -> tuple[Event, ParsedMessage] | None:
    """Return a message with the platform's id of its picture, from its sealed payload."""
    event = q.event(event_id)
    if event is None or event.kind != "message":
        return None
    for row in q.audit_of_event(event_id):
        sealed = audit.disclose(desk.ctx, q.vault_rows([row.seq]), row.seq)
        if sealed is not None and "payload" in sealed.values:
            found = desk.ctx.platforms[event.connector].parse(sealed.values["payload"][1])
            if isinstance(found, ParsedMessage) and found.media and found.kind == "image":
                return event, found
    return None
