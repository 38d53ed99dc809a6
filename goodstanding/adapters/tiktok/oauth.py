"""Consent and tokens of TikTok's API for Business: authorize, exchange, renew, inspect, revoke.

Whatever says nothing of the consent itself (no network, throttling, a gateway's page, TikTok's own trouble) is
`NotReachedError`: tried again later, never taken for a lost consent.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import msgspec

from goodstanding.adapters.http import Answer, Http
from goodstanding.usecases import playbooks
from goodstanding.usecases.ports.connections import (
    AppKeys,
    AppRefusedError,
    ConsentGoneError,
    Inspected,
    NotReachedError,
    Profile,
    Tokens,
)

if TYPE_CHECKING:
    from goodstanding.core.capability import AccountType

HOST = "business-api.tiktok.com"
AUTHORIZE = "https://www.tiktok.com/v2/auth/authorize/"
_FIELDS = {
    "username": "user.info.username",
    "display_name": "user.info.basic",
    "is_business_account": "user.account.type",
    "is_verified": "user.info.profile",
    "followers_count": "user.info.stats",
}
"""Field of the profile -> scope it needs (portal 1762228399168514)."""


class _Reply(msgspec.Struct):
    code: int
    message: str = ""
    data: dict[str, Any] | None = None


class _TokenObject(msgspec.Struct):
    access_token: str
    refresh_token: str = ""
    open_id: str = ""
    scope: str = ""
    expires_in: int = 0
    refresh_token_expires_in: int = 0


class _TokenInfo(msgspec.Struct):
    app_id: str | int
    creator_id: str
    scope: str = ""


class _Account(msgspec.Struct):
    username: str | None = None
    display_name: str | None = None
    is_business_account: bool | None = None
    is_verified: bool | None = None
    followers_count: int | None = None


class _Webhook(msgspec.Struct):
    callback_url: str = ""


_decode = msgspec.json.Decoder(_Reply).decode
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def authorize_url(base: str) -> str:
    """Return the consent page that belongs to an API address: TikTok's, or the sandbox's on the same host."""
    parts = urlsplit(base)
    return AUTHORIZE if parts.hostname == HOST else f"{parts.scheme}://{parts.netloc}/v2/auth/authorize/"


class TikTokOAuth:
    """The port `Authorizer` for TikTok, or for a sandbox that speaks like it. `base`: the API; `page`: the consent page."""

    def __init__(self, *, http: Http, base: str, page: str = "") -> None:
        self._http, self._base = http, base.rstrip("/")
        self._page = page or authorize_url(base)
        self._answers = playbooks.connect_rules().answers

    @property
    def imitation(self) -> bool:
        return urlsplit(self._base).hostname != HOST

    def consent_url(self, app: AppKeys, *, scopes: Sequence[str], return_to: str, state: str) -> str:
        query = {
            "client_key": app.client_id,
            "response_type": "code",
            "scope": ",".join(scopes),
            "redirect_uri": return_to,
            "state": state,
            "disable_auto_auth": "1",  # without it a returning creator may come back without a code
        }
        return f"{self._page}?{urlencode(query)}"

    async def exchange(self, app: AppKeys, *, code: str, return_to: str) -> Tokens:
        sent = {"grant_type": "authorization_code", "auth_code": code, "redirect_uri": return_to}
        return self._tokens(await self._ask("/tt_user/oauth2/token/", {**_credentials(app), **sent}))

    async def renew(self, app: AppKeys, *, refresh_token: str) -> Tokens:
        sent = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return self._tokens(await self._ask("/tt_user/oauth2/refresh_token/", {**_credentials(app), **sent}))

    async def revoke(self, app: AppKeys, *, access_token: str) -> None:
        await self._ask("/tt_user/oauth2/revoke/", {**_credentials(app), "access_token": access_token})

    async def inspect(self, app: AppKeys, *, access_token: str) -> Inspected:
        data = await self._ask(
            "/tt_user/token_info/get/", {"app_id": app.client_id, "access_token": access_token}
        )
        info = _converted(data, _TokenInfo)
        if str(info.app_id) != app.client_id:
            raise ConsentGoneError(answer="OTHER_APP")
        return Inspected(open_id=info.creator_id, scopes=_scopes(info.scope))

    async def profile(self, *, access_token: str, open_id: str, scopes: Sequence[str]) -> Profile:
        fields = [name for name, scope in _FIELDS.items() if scope in scopes]
        if not fields:
            return Profile()
        query = {"business_id": open_id, "fields": msgspec.json.encode(fields).decode()}
        try:
            answer = await self._http.get(
                f"{self._base}/business/get/", headers={"Access-Token": access_token}, query=query
            )
        except OSError as error:
            raise NotReachedError(why=type(error).__name__) from error
        found = _converted(self._data(answer), _Account)
        kind: AccountType | None = None
        if found.is_business_account is not None:
            kind = "business" if found.is_business_account else "personal"
        return Profile(
            handle=found.username,
            name=found.display_name,
            account_type=kind,
            verified=found.is_verified,
            followers=found.followers_count,
        )

    async def webhook(self, app: AppKeys, category: str) -> str:
        query = {**_app(app), "event_type": category}
        try:
            answer = await self._http.get(f"{self._base}/business/webhook/list/", query=query)
        except OSError as error:
            raise NotReachedError(why=type(error).__name__) from None  # the address carries the app's secret
        return str(_converted(self._data(answer), _Webhook).callback_url)

    async def set_webhook(self, app: AppKeys, category: str, url: str) -> None:
        body = {**_app(app), "event_type": category, "callback_url": url}
        await self._ask("/business/webhook/update/", body)

    async def _ask(self, path: str, body: dict[str, str]) -> dict[str, Any]:
        try:
            answer = await self._http.post(self._base + path, msgspec.json.encode(body))
        except OSError as error:
            raise NotReachedError(why=type(error).__name__) from error
        return self._data(answer)

    def _data(self, answer: Answer) -> dict[str, Any]:
        """Return the data of an answer, or raise what its code means; the platform's message may quote tokens and is dropped."""
        try:
            reply = _decode(answer.body)
        except _UNREADABLE as error:
            raise NotReachedError(why=f"HTTP_{answer.status}") from error
        if reply.code == 0:
            return reply.data or {}
        if reply.code in self._answers.gone:
            raise ConsentGoneError(answer=reply.code)
        if reply.code in self._answers.app:
            raise AppRefusedError(answer=reply.code)
        raise NotReachedError(why=str(reply.code))

    def _tokens(self, data: dict[str, Any]) -> Tokens:
        found = _converted(data, _TokenObject)
        return Tokens(
            access_token=found.access_token,
            refresh_token=found.refresh_token,
            open_id=found.open_id,
            scopes=_scopes(found.scope),
            expires_in=max(0, found.expires_in),
            refresh_expires_in=max(0, found.refresh_token_expires_in),
        )


def _credentials(app: AppKeys) -> dict[str, str]:
    return {"client_id": app.client_id, "client_secret": app.secret}


def _app(app: AppKeys) -> dict[str, str]:
    return {"app_id": app.client_id, "secret": app.secret}


def _scopes(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for one in text.replace(",", " ").split() if one.isascii()))


def _converted(data: dict[str, Any], kind: type[Any]) -> Any:
    try:
        return msgspec.convert(data, kind)
    except msgspec.ValidationError as error:
        raise NotReachedError(why="UNREADABLE") from error
