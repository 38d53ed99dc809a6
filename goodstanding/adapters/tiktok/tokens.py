"""Access tokens: encrypted at rest, refreshed one at a time, both tokens stored in one transaction."""

from collections.abc import Callable

import aiohttp
import msgspec

from goodstanding.adapters.http import Http
from goodstanding.adapters.tiktok.client import OneAtATime
from goodstanding.usecases.ports import Account


class TokenPair(msgspec.Struct, kw_only=True):
    """What the platform's token endpoint returns, as kept."""

    access_token: str
    refresh_token: str = ""
    open_id: str = ""
    scope: str = ""
    expires_in: int = 0
    refresh_token_expires_in: int = 0
    got_at: int = 0


class _Answer(msgspec.Struct):
    code: int
    message: str = ""
    data: dict[str, object] = {}


_answer = msgspec.json.Decoder(_Answer).decode


class ConnectError(Exception):
    """The platform did not give a token; the message is its own."""


class StoredTokens:
    """Tokens of the accounts. `load` and `keep` reach the encrypted column of the account."""

    def __init__(
        self,
        *,
        http: Http,
        base: str,
        client_id: str,
        secret: str,
        load: Callable[[int], bytes | None],
        keep: Callable[[int, bytes], None],
        now: Callable[[], int],
    ) -> None:
        self._http, self._base, self._client_id, self._secret = http, base.rstrip("/"), client_id, secret
        self._load, self._keep, self._now = load, keep, now
        self._held: dict[int, TokenPair] = {}
        self._locks = OneAtATime()

    def access(self, account: Account) -> str:
        pair = self._pair(account.id)
        return pair.access_token if pair else ""

    async def refresh(self, account: Account, stale: str) -> bool:
        async with self._locks.of(account.id):
            self._held.pop(account.id, None)
            pair = self._pair(account.id)
            if pair is None:
                return False
            if pair.access_token != stale:
                return True
            try:
                fresh = await self._ask(
                    "/tt_user/oauth2/refresh_token/",
                    {"grant_type": "refresh_token", "refresh_token": pair.refresh_token},
                )
            except (ConnectError, aiohttp.ClientError, OSError, TimeoutError):
                return False
            self.store(account.id, fresh)
            return True

    async def exchange(self, auth_code: str, redirect_uri: str) -> TokenPair:
        """Turn an authorisation code into tokens; raises `ConnectError`."""
        return await self._ask(
            "/tt_user/oauth2/token/",
            {"grant_type": "authorization_code", "auth_code": auth_code, "redirect_uri": redirect_uri},
        )

    def store(self, account_id: int, pair: TokenPair) -> None:
        """Keep both tokens in one transaction."""
        self._keep(account_id, msgspec.json.encode(pair))
        self._held[account_id] = pair

    def _pair(self, account_id: int) -> TokenPair | None:
        held = self._held.get(account_id)
        if held is None:
            kept = self._load(account_id)
            if kept is None:
                return None
            held = msgspec.json.decode(kept, type=TokenPair)
            self._held[account_id] = held
        return held

    async def _ask(self, path: str, body: dict[str, str]) -> TokenPair:
        sent = msgspec.json.encode({"client_id": self._client_id, "client_secret": self._secret, **body})
        answer = await self._http.post(self._base + path, sent)
        try:
            reply = _answer(answer.body)
            if reply.code != 0:
                raise ConnectError(reply.message)
            return msgspec.convert({**reply.data, "got_at": self._now()}, TokenPair)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ConnectError(f"HTTP {answer.status}, not the answer of the token endpoint") from error
