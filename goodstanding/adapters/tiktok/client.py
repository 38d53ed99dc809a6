"""Calls to TikTok's API for Business. What may have happened is said to be unknown, never guessed."""

from collections.abc import Callable, Sequence
from typing import Any, Literal

import msgspec

from goodstanding.adapters.http import Answer, Http
from goodstanding.adapters.tiktok import messaging, wire
from goodstanding.adapters.tiktok.accounts_api import AccountsApi, trouble
from goodstanding.adapters.tiktok.calls import UNREADABLE, Caller, Tokens, Told
from goodstanding.adapters.tiktok.limits import ability_span
from goodstanding.core.outbox import is_same_text
from goodstanding.kernel.timing import MINUTE, SECOND
from goodstanding.usecases.ports import Account, Outgoing, Parsed, SendPermit, SendResult
from goodstanding.usecases.ports.connections import WebhookSecret
from goodstanding.usecases.ports.feed import ReadFailedError
from goodstanding.usecases.ports.messages import ConversationKind, ParsedMessage
from goodstanding.usecases.ports.pacing import Pacing

ABSENT_AFTER = 10 * MINUTE
"""A reply may wait minutes in spam review, so it is provably absent only after this long."""
PAGES_MAX = 20

__all__ = ["ABSENT_AFTER", "TikTok", "Tokens"]


class _Made(msgspec.Struct):
    comment_id: str | int = ""


class TikTok(AccountsApi):
    """The port `Platform` for TikTok, or for a sandbox that speaks like it."""

    def __init__(
        self,
        *,
        http: Http,
        base: str,
        secret: str | Callable[[], str | Sequence[WebhookSecret]],
        tokens: Tokens,
        hear: Callable[[int], None],
        now: Callable[[], int],
        pace: Pacing | None,
        accepted: Callable[[str], None] = lambda _name: None,
    ) -> None:
        caller = Caller(http=http, base=base, tokens=tokens, hear=hear, pace=pace)
        super().__init__(caller)
        self._secret = secret if callable(secret) else lambda: secret
        """What signs webhooks; asked each time, since the operator may change it while we run."""
        self._accepted = accepted
        """Told by which secret a webhook was let in."""
        self._hear, self._now = hear, now
        self._rules = wire.rules()
        self._abilities = messaging.Abilities(now, span=ability_span())

    def verify(self, body: bytes, header: str, now: int) -> Literal["ok", "bad", "stale"]:
        given = self._secret()
        secrets = [WebhookSecret(name="current", secret=given)] if isinstance(given, str) else given
        verdict: Literal["ok", "bad", "stale"] = "bad"
        for one in secrets:
            if not one.secret or (one.until is not None and one.until <= now):
                continue  # without a secret nothing can be true; an empty key would sign anything
            verdict = wire.verify(body, header, secret=one.secret.encode(), now=now, rules=self._rules)
            if verdict == "ok":
                self._accepted(one.name)
            if verdict != "bad":
                break
        stamp = wire.signed_at(header) if verdict == "stale" else None
        if stamp is not None and stamp > now + self._rules.future_seconds * 1000:
            self._hear(stamp)  # a true signature from the future: our clock is behind
        return verdict

    def recipient(self, body: bytes) -> str:
        return wire.recipient(body)

    def parse(self, body: bytes) -> Parsed:
        return wire.parse(body)

    async def carry_out(self, permit: SendPermit) -> SendResult:
        account, one = permit.account, permit.outgoing
        if one.act == "reply":
            body = {"comment_id": one.target_id, "text": one.text}
            return await self._act(account, one, "/business/comment/reply/create/", body)
        if one.act in ("hide", "unhide"):
            body = {"comment_id": one.target_id, "action": one.act.upper()}
            return await self._act(account, one, "/business/comment/hide/", body)
        if one.act == "message":
            if not one.target_id:
                return SendResult(state="failed", code="NO_CONVERSATION")
            return await self._send(permit)
        return SendResult(state="failed", code="NOT_OFFERED")

    async def find_again(self, account: Account, outgoing: Outgoing) -> SendResult:
        try:
            if outgoing.act == "reply":
                return await self._find_reply(account, outgoing)
            if outgoing.act == "message":
                return await self._find_message(account, outgoing)
            return await self._find_state(account, outgoing)
        except ReadFailedError as error:
            return SendResult(state="unknown", code=error.answer or "NO_ANSWER")

    async def picture(self, account: Account, message: ParsedMessage) -> bytes:
        body = messaging.media_body(account, message)
        told = await self._caller.post(account, messaging.MEDIA_DOWNLOAD, body)
        address = messaging.download_url(_mapping(told)) if told.kind == "ok" else ""
        return await self._caller.fetch(account, address) if address else b""

    async def upload_picture(self, account: Account, media_type: str, content: bytes) -> str:
        told = await self._caller.upload(
            account, messaging.MEDIA_UPLOAD, {"media_type": "IMAGE"}, ("file", media_type, content)
        )
        if told.kind != "ok":
            raise trouble(told)
        media_id = messaging.media_id(_mapping(told))
        if not media_id:
            raise ReadFailedError("retry", "UNREADABLE")
        return media_id

    async def ask_time(self, account: Account) -> int | None:
        heard: list[int] = []
        await self._caller.get(account, "/business/get/", {}, urgent=True, hear=heard.append)
        return heard[-1] if heard else None

    async def close(self) -> None:
        await self._caller.close()

    async def _act(self, account: Account, one: Outgoing, path: str, body: dict[str, str]) -> SendResult:
        return _act_result(await self._caller.post(account, path, {"video_id": one.video_id, **body}))

    async def _send(self, permit: SendPermit) -> SendResult:
        content, one = permit.content, permit.outgoing
        if (
            content is not None
            and content.kind == "image"
            and not await self._takes_pictures(permit.account, one.target_id, permit.conversation)
        ):
            return SendResult(state="failed", code="IMAGE_CLOSED")
        body = messaging.send_body(permit.outgoing, permit.content)
        return _message_result(await self._caller.post(permit.account, messaging.SEND, body))

    async def _takes_pictures(self, account: Account, conversation_id: str, kind: ConversationKind) -> bool:
        """Ask whether pictures can be sent in a conversation: both sides' countries must allow it."""
        known = self._abilities.pictures(account, conversation_id, kind)
        if known is not None:
            return known
        query = messaging.capability_query(conversation_id, kind)
        told = await self._caller.get(account, messaging.CAPABILITIES, query, urgent=True)
        if told.kind != "ok":
            return False
        pictures = messaging.takes_pictures(_mapping(told))
        self._abilities.keep(account, conversation_id, kind, pictures=pictures)
        return pictures

    def _read(self, answer: Answer) -> SendResult:
        return _result(self._caller.read(answer))

    async def _find_message(self, account: Account, one: Outgoing) -> SendResult:
        """Look among the conversation's last messages."""
        told = await self._caller.get(
            account, messaging.CONTENT_LIST, {"conversation_id": one.target_id}, urgent=True
        )
        if told.kind != "ok":
            return SendResult(state="unknown", code=told.code)
        return messaging.found_in(
            _mapping(told),
            account,
            one,
            now=self._now(),
            absent_after=ABSENT_AFTER,
            skew=self._rules.future_seconds * 1000,
        )

    async def _find_reply(self, account: Account, one: Outgoing) -> SendResult:
        """Look among our own replies under the comment; absent counts only when enough time has passed.

        A reply to a reply stands under the first comment of its thread, so its own list proves nothing.
        """
        found = await self._reply_under(account, one, one.target_id)
        if found.code != "ABSENT":
            return found
        listed = (await self.comments_by_id(account, one.video_id, [one.target_id])).comments
        target = next((comment for comment in listed if comment.id == one.target_id), None)
        if target is None:
            return SendResult(state="unknown", code="NOT_LISTED")
        return await self._reply_under(account, one, target.parent_id) if target.parent_id else found

    async def _reply_under(self, account: Account, one: Outgoing, comment_id: str) -> SendResult:
        """Look for a reply under one comment; what was there before we tried is another one."""
        earliest = (one.attempt_at or 0) - self._rules.future_seconds * SECOND
        cursor = 0
        for _ in range(PAGES_MAX):
            page = await self.reply_page(account, one.video_id, comment_id, cursor=cursor)
            for found in page.comments:
                if found.own and found.at >= earliest and is_same_text(found.text, one.text):
                    return SendResult(state="sent", provider_ref=found.id)
            if not page.more:
                break
            cursor = page.cursor
        else:
            return SendResult(state="unknown", code="TOO_MANY_PAGES")
        if page.unreadable or self._now() - (one.attempt_at or self._now()) < ABSENT_AFTER:
            return SendResult(state="unknown", code="NOT_SEEN_YET")
        return SendResult(state="failed", code="ABSENT")

    async def _find_state(self, account: Account, one: Outgoing) -> SendResult:
        for listed in (await self.comments_by_id(account, one.video_id, [one.target_id])).comments:
            if listed.id == one.target_id:
                state: Literal["sent", "failed"] = (
                    "sent" if listed.hidden == (one.act == "hide") else "failed"
                )
                return SendResult(state=state, code="SEEN")
        return SendResult(state="unknown", code="NOT_LISTED")


_LATER = frozenset({"pace", "wait", "not_reached", "operator", "stop"})
_UNKNOWN = frozenset({"no_answer", "unreadable", "partial", "verify", "retry"})


def _result(told: Told) -> SendResult:
    """Return what became of an act. What may have happened is unknown, never failed."""
    if told.kind == "ok":
        try:
            made = msgspec.json.decode(told.data, type=_Made | None)
        except UNREADABLE:
            made = None
        return SendResult(state="sent", provider_ref=str(made.comment_id) if made else "")
    if told.kind in _LATER:
        return SendResult(state="later", code=told.code, retry_after=told.wait)
    if told.kind in _UNKNOWN:
        return SendResult(state="unknown", code=told.code)
    if told.kind == "freeze":
        return SendResult(state="failed", code=told.code, means="blocked")
    return SendResult(state="failed", code="TOKEN" if told.kind == "refresh" else told.code)


def _message_result(told: Told) -> SendResult:
    """Like `_act_result`, for a message: its id stands deeper."""
    if told.kind == "ok":
        return SendResult(state="sent", provider_ref=messaging.message_id(_mapping(told)))
    return _act_result(told)


def _act_result(told: Told) -> SendResult:
    """Like `_result`, where some refusals concern more than this one act: the account is held back, or may not do this."""
    result = _result(told)
    if told.kind == "capability":
        return msgspec.structs.replace(result, means="not_offered")
    return result


def _mapping(told: Told) -> dict[str, Any]:
    """Return an answer's data; an empty one for data that is no object."""
    try:
        found = msgspec.json.decode(told.data)
    except UNREADABLE:
        return {}
    return found if isinstance(found, dict) else {}
