"""One call to TikTok: its token, its place in the pace, and what its answer means."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Literal, Protocol

import msgspec

from goodstanding.adapters.connection import NeverLeftError
from goodstanding.adapters.http import Answer, Http
from goodstanding.adapters.tiktok.errors import Class, class_of
from goodstanding.adapters.tiktok.limits import call_limits
from goodstanding.usecases import playbooks
from goodstanding.usecases.ports import Account
from goodstanding.usecases.ports.pacing import Pacing
from goodstanding.usecases.renewals import Renewal

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
CLIENT_FAULT = frozenset(range(400, 500)) - {408, 425, 429}
"""HTTP answers of a gateway that never reached the API: the call did nothing, and would do nothing if repeated."""
TOO_MANY = 429


class Tokens(Protocol):
    """The access token of each account."""

    def access(self, account: Account) -> str: ...
    async def refresh(self, account: Account, stale: str) -> Renewal:
        """Get a token newer than `stale`, unless someone already did; true when there is one to go on with."""
        ...

    async def lost(self, account: Account, token: str) -> None:
        """The platform refused a token that is as new as can be: the consent is gone."""
        ...


class Envelope(msgspec.Struct):
    """What every answer of the API stands in."""

    code: int
    message: str = ""
    data: msgspec.Raw = msgspec.Raw(b"{}")


_envelope = msgspec.json.Decoder(Envelope).decode


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a call.

    `kind` is a class of the error table, or what happened before there was a code: `pace` (we did not call),
    `not_reached` (no connection, so nothing was done), `no_answer` (it may have been done), `unreadable` (an answer
    that is none of the API's; `rejected` when a gateway refused the call).
    """

    kind: Class | Literal["pace", "not_reached", "no_answer", "unreadable", "rejected"]
    code: str = ""
    """The platform's code, or `HTTP_502`, or our own word."""
    data: msgspec.Raw = msgspec.Raw(b"{}")
    wait: int = 0
    """Milliseconds to wait at least, where it is known."""


class Caller:
    """Calls in the name of an account. `pace` None keeps no limits (only against the sandbox)."""

    def __init__(
        self,
        *,
        http: Http,
        base: str,
        tokens: Tokens,
        hear: Callable[[int], None],
        pace: Pacing | None,
    ) -> None:
        self._http, self._base = http, base.rstrip("/")
        self._tokens, self._hear, self._pace = tokens, hear, pace

    async def get(
        self,
        account: Account,
        path: str,
        query: Mapping[str, str],
        *,
        urgent: bool = False,
        hear: Callable[[int], None] | None = None,
    ) -> Told:
        """Ask for something; never raises for what the network or the platform does. `hear` gets the answer's time."""

        async def ask(token: str) -> Answer:
            whole = {"business_id": account.external_id, **query}
            answer = await self._http.get(self._base + path, headers={"Access-Token": token}, query=whole)
            if hear is not None and answer.date is not None:
                hear(answer.date)
            return answer

        return await self._call(account, path, ask, urgent=urgent)

    async def post(self, account: Account, path: str, body: Mapping[str, object]) -> Told:
        """Do something; never raises for what the network or the platform does."""
        payload = msgspec.json.encode({"business_id": account.external_id, **body})

        async def ask(token: str) -> Answer:
            return await self._http.post(self._base + path, payload, headers={"Access-Token": token})

        return await self._call(account, path, ask, urgent=True)

    async def upload(
        self, account: Account, path: str, fields: Mapping[str, str], file: tuple[str, str, bytes]
    ) -> Told:
        """Send a file as a form; `file` is its field, its media type and its bytes."""

        async def ask(token: str) -> Answer:
            name, media_type, content = file
            whole = {"business_id": account.external_id, **fields}
            return await self._http.post_file(
                self._base + path, whole, (name, media_type, content), headers={"Access-Token": token}
            )

        return await self._call(account, path, ask, urgent=True)

    async def fetch(self, account: Account, address: str) -> bytes:
        """Return what lies at a download address of a message's media; empty when it cannot be had.

        The access token travels as `x-user` here (portal 1832184455450626), so never in the open: not over plain
        http, unless the platform itself is reached by it, as a sandbox on this machine is.
        """
        if not address.startswith("https://") and self._base.startswith("https://"):
            return b""
        try:
            answer = await self._http.get(address, headers={"x-user": self._tokens.access(account)})
        except OSError:
            return b""
        return answer.body if answer.status == 200 else b""  # noqa: PLR2004 - HTTP OK

    def reading_per_hour(self) -> int | None:
        """Return how many calls an hour reading may make; `None` without limits."""
        return None if self._pace is None else self._pace.reading_per_hour()

    async def close(self) -> None:
        """Close all connections."""
        await self._http.close()

    async def _call(
        self, account: Account, path: str, ask: Callable[[str], Awaitable[Answer]], *, urgent: bool
    ) -> Told:
        told = Told(kind="refresh", code="TOKEN")
        for is_last in (False, True):
            if self._pace and (wait := await self._pace.ask(account.id, path, urgent=urgent)):
                return Told(kind="pace", code="PACE", wait=wait)
            token = self._tokens.access(account)
            try:
                answer = await ask(token)
            except NeverLeftError:
                return Told(kind="not_reached", code="NOT_REACHED")
            except OSError:
                return Told(kind="no_answer", code="NO_ANSWER")
            told = await self._rested(self.read(answer), account, path)
            if not _may_be_the_token(told):
                return told
            if is_last:
                await self._give_up(account, token, told)
                return told
            renewed = await self._tokens.refresh(account, token)
            if renewed is Renewal.LATER:
                return Told(kind="wait", code="TOKEN_LATER")
            if not renewed:
                return told
        return told

    async def _give_up(self, account: Account, token: str, told: Told) -> None:
        """A token just renewed was refused: unless it is said to have expired, the consent is gone."""
        if int(told.code) in playbooks.connect_rules().answers.gone:
            await self._tokens.lost(account, token)

    def read(self, answer: Answer) -> Told:
        """Return what an answer says."""
        if answer.date is not None:
            self._hear(answer.date)
        try:
            reply = _envelope(answer.body)
        except UNREADABLE:
            if answer.status == TOO_MANY:
                return Told(kind="wait", code=f"HTTP_{TOO_MANY}", wait=call_limits().pause_minute)
            kind: Literal["rejected", "unreadable"] = (
                "rejected" if answer.status in CLIENT_FAULT else "unreadable"
            )
            return Told(kind=kind, code=f"HTTP_{answer.status}")
        kind_of = class_of(reply.code)
        if kind_of == "wait":
            return Told(kind=kind_of, code=str(reply.code), wait=call_limits().pause_minute)
        if kind_of in ("stop", "operator"):
            return Told(kind=kind_of, code=str(reply.code), wait=call_limits().closed)
        return Told(kind=kind_of, code="" if kind_of == "ok" else str(reply.code), data=reply.data)

    async def _rested(self, told: Told, account: Account, path: str) -> Told:
        """Let the pace rest when the platform asks for it; it knows for how long."""
        if self._pace is None or told.kind not in ("wait", "stop"):
            return told
        wait = await (self._pace.slow_down(account.id, path) if told.kind == "wait" else self._pace.shut())
        return msgspec.structs.replace(told, wait=wait)


def _may_be_the_token(told: Told) -> bool:
    """Tell whether a new token may help; where it does not, the renewal itself says that the consent is gone."""
    return told.kind == "refresh" or (
        told.kind == "reauthorise" and int(told.code) in playbooks.connect_rules().answers.gone
    )
