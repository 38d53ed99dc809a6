"""Calls to TikTok's API for Business. What may have happened is said to be unknown, never guessed."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, Literal, Protocol

import aiohttp
import msgspec

from goodstanding.adapters.http import Answer, Http
from goodstanding.adapters.tiktok import messaging, wire
from goodstanding.usecases.ports import Account, Outgoing, Parsed, SendPermit, SendResult
from goodstanding.usecases.ports.messages import ParsedMessage

MINUTE = 60_000
ABSENT_AFTER = 10 * MINUTE
"""A reply may wait minutes in spam review, so it is provably absent only after this long."""
PAGES_MAX = 20


class Tokens(Protocol):
    """The access token of each account."""

    def access(self, account: Account) -> str: ...
    async def refresh(self, account: Account, stale: str) -> bool:
        """Get a new token unless someone already did; False when the account must be connected again."""
        ...


class _Reply(msgspec.Struct):
    code: int
    message: str = ""
    data: dict[str, Any] | None = None


class _Listed(msgspec.Struct):
    comment_id: str | int = ""
    owner: bool = False
    text: str = ""
    status: str = ""


class _Page(msgspec.Struct):
    comments: list[_Listed] = []
    has_more: bool = False
    cursor: int = 0


_decode = msgspec.json.Decoder(_Reply).decode
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def _reply(body: bytes) -> _Reply:
    """Return the envelope of an answer; raises one of `_UNREADABLE`."""
    return _decode(body)


class Pace:
    """The platform's own limits, kept on our side: calls a minute for the app and for each account and endpoint."""

    def __init__(self, rules: wire.Rules, now: Callable[[], int]) -> None:
        self._rules, self._now = rules, now
        self._app: deque[int] = deque()
        self._endpoints: dict[tuple[int, str], deque[int]] = {}
        self._paused_until = 0

    def wait(self, account_id: int, endpoint: str) -> int:
        """Note a call and return 0, or return how many milliseconds it must wait."""
        now = self._now()
        if now < self._paused_until:
            return self._paused_until - now
        mine = self._endpoints.setdefault((account_id, endpoint), deque())
        for calls, most in (
            (self._app, self._rules.app_per_minute),
            (mine, self._rules.account_endpoint_per_minute),
        ):
            while calls and calls[0] <= now - MINUTE:
                calls.popleft()
            if len(calls) >= most:
                return calls[0] + MINUTE - now
        self._app.append(now)
        mine.append(now)
        return 0

    def throttled(self) -> int:
        """The platform said to slow down: rest, and return for how long (milliseconds)."""
        span = self._rules.throttled_pause_seconds * 1000
        self._paused_until = self._now() + span
        return span


class TikTok:
    """The port `Platform` for TikTok, or for a sandbox that speaks like it."""

    def __init__(
        self,
        *,
        http: Http,
        base: str,
        secret: str,
        tokens: Tokens,
        hear: Callable[[int], None],
        now: Callable[[], int],
        pace: Pace | None,
    ) -> None:
        self._http, self._base = http, base.rstrip("/")
        self._secret, self._tokens = secret.encode(), tokens
        self._hear, self._now, self._pace = hear, now, pace
        self._rules = wire.rules()

    def verify(self, body: bytes, header: str, now: int) -> Literal["ok", "bad", "stale"]:
        verdict = wire.verify(body, header, secret=self._secret, now=now, rules=self._rules)
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
            return await self._post(account, messaging.SEND, messaging.send_body(one, permit.content))
        return SendResult(state="failed", code="NOT_OFFERED")

    async def find_again(self, account: Account, outgoing: Outgoing) -> SendResult:
        try:
            if outgoing.act == "reply":
                return await self._find_reply(account, outgoing)
            if outgoing.act == "message":
                return await self._find_message(account, outgoing)
            return await self._find_state(account, outgoing)
        except (aiohttp.ClientError, OSError, TimeoutError, *_UNREADABLE):
            return SendResult(state="unknown", code="NO_ANSWER")

    async def picture(self, account: Account, message: ParsedMessage) -> bytes:
        body = msgspec.json.encode(messaging.media_body(account, message))
        headers = {"Access-Token": self._tokens.access(account)}
        try:
            answer = await self._http.post(self._base + messaging.MEDIA_DOWNLOAD, body, headers=headers)
            reply = _reply(answer.body)
            address = messaging.download_url(reply.data) if reply.code == 0 else ""
            found = (
                await self._http.get(address, headers={"x-user": account.external_id}) if address else None
            )
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError, IndexError, *_UNREADABLE):
            return b""
        return found.body if found is not None and found.status == 200 else b""  # noqa: PLR2004 - HTTP OK

    async def ask_time(self, account: Account) -> int | None:
        try:
            answer = await self._get(account, "/business/get/", {})
        except (aiohttp.ClientError, OSError, TimeoutError):
            return None
        return answer.date

    async def close(self) -> None:
        await self._http.close()

    async def _act(self, account: Account, one: Outgoing, path: str, body: dict[str, str]) -> SendResult:
        return await self._post(account, path, {"video_id": one.video_id, **body})

    async def _post(self, account: Account, path: str, body: dict[str, Any]) -> SendResult:
        if self._pace and (wait := self._pace.wait(account.id, path)):
            return SendResult(state="later", code="PACE", retry_after=wait)
        payload = msgspec.json.encode({"business_id": account.external_id, **body})
        for is_last in (False, True):
            token = self._tokens.access(account)
            try:
                answer = await self._http.post(self._base + path, payload, headers={"Access-Token": token})
            except aiohttp.ClientConnectorError:
                return SendResult(state="later", code="NOT_REACHED")
            except (aiohttp.ClientError, OSError, TimeoutError):
                return SendResult(state="unknown", code="NO_ANSWER")
            result = self._read(answer, is_message=path == messaging.SEND)
            if result.code != "TOKEN":
                return result
            if is_last or not await self._tokens.refresh(account, token):
                break
        return SendResult(state="failed", code="TOKEN")

    def _read(self, answer: Answer, *, is_message: bool = False) -> SendResult:
        self._note(answer)
        try:
            reply = _reply(answer.body)
        except _UNREADABLE:
            state: Literal["failed", "unknown"] = "failed" if 400 <= answer.status < 500 else "unknown"  # noqa: PLR2004 - HTTP classes
            return SendResult(state=state, code=f"HTTP_{answer.status}")
        code = reply.code
        if code == 0:
            data = reply.data or {}
            ref = messaging.message_id(data) if is_message else str(data.get("comment_id", ""))
            return SendResult(state="sent", provider_ref=ref)
        if code in self._rules.token:
            return SendResult(state="failed", code="TOKEN")
        if code in self._rules.later:
            span = self._pace.throttled() if self._pace else self._rules.throttled_pause_seconds * 1000
            return SendResult(state="later", code=str(code), retry_after=span)
        if code in self._rules.unknown:
            return SendResult(state="unknown", code=str(code))
        if is_message and code in self._rules.blocked:
            return SendResult(state="failed", code=str(code), means="blocked")
        if is_message and code in self._rules.not_offered:
            return SendResult(state="failed", code=str(code), means="not_offered")
        return SendResult(state="failed", code=str(code))

    async def _find_message(self, account: Account, one: Outgoing) -> SendResult:
        """Look among the conversation's last messages."""
        query = {"conversation_id": one.target_id}
        reply = _reply((await self._get(account, messaging.CONTENT_LIST, query)).body)
        if reply.code != 0:
            return SendResult(state="unknown", code=str(reply.code))
        return messaging.found_in(
            reply.data,
            account,
            one,
            now=self._now(),
            absent_after=ABSENT_AFTER,
            skew=self._rules.future_seconds * 1000,
        )

    async def _find_reply(self, account: Account, one: Outgoing) -> SendResult:
        """Look among our own replies under the comment; absent counts only when enough time has passed."""
        cursor = 0
        for _ in range(PAGES_MAX):
            query = {
                "video_id": one.video_id,
                "comment_id": one.target_id,
                "cursor": str(cursor),
                "max_count": "30",
            }
            reply = _reply((await self._get(account, "/business/comment/reply/list/", query)).body)
            if reply.code != 0:
                return SendResult(state="unknown", code=str(reply.code))
            page = msgspec.convert(reply.data or {}, _Page)
            for found in page.comments:
                if found.owner and found.text == one.text:
                    return SendResult(state="sent", provider_ref=str(found.comment_id))
            if not page.has_more:
                break
            cursor = page.cursor
        else:
            return SendResult(state="unknown", code="TOO_MANY_PAGES")
        if self._now() - (one.attempt_at or self._now()) < ABSENT_AFTER:
            return SendResult(state="unknown", code="NOT_SEEN_YET")
        return SendResult(state="failed", code="ABSENT")

    async def _find_state(self, account: Account, one: Outgoing) -> SendResult:
        query = {"video_id": one.video_id, "comment_ids": msgspec.json.encode([one.target_id]).decode()}
        reply = _reply((await self._get(account, "/business/comment/list/", query)).body)
        if reply.code != 0:
            return SendResult(state="unknown", code=str(reply.code))
        for found in msgspec.convert(reply.data or {}, _Page).comments:
            if str(found.comment_id) == one.target_id:
                wanted = "HIDDEN" if one.act == "hide" else "PUBLIC"
                return SendResult(state="sent" if found.status == wanted else "failed", code="SEEN")
        return SendResult(state="unknown", code="NOT_LISTED")

    async def _get(self, account: Account, path: str, query: dict[str, str]) -> Answer:
        headers = {"Access-Token": self._tokens.access(account)}
        answer = await self._http.get(
            self._base + path, headers=headers, query={"business_id": account.external_id, **query}
        )
        self._note(answer)
        return answer

    def _note(self, answer: Answer) -> None:
        if answer.date is not None:
            self._hear(answer.date)


class OneAtATime:
    """Runs at most one refresh an account at once."""

    def __init__(self) -> None:
        self._locks: dict[int, asyncio.Lock] = {}

    def of(self, account_id: int) -> asyncio.Lock:
        """Return the account's lock."""
        return self._locks.setdefault(account_id, asyncio.Lock())
