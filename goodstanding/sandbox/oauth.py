"""Tokens: exchange, refresh, revoke, inspect."""

from typing import Any

import msgspec

from goodstanding.sandbox.call import Call, Nothing, Params, Routes, Text, app_route
from goodstanding.sandbox.state import ApiError, Grant, seconds_left


class TokenRequest(Params, kw_only=True):
    """An authorization code to exchange."""

    client_id: Text
    client_secret: Text
    grant_type: Text
    auth_code: Text
    redirect_uri: Text


class RefreshRequest(Params, kw_only=True):
    """A refresh token to use."""

    client_id: Text
    client_secret: Text
    grant_type: Text
    refresh_token: Text


class RevokeRequest(Params, kw_only=True):
    """An access token to end."""

    client_id: Text
    client_secret: Text
    access_token: Text


class TokenInfoRequest(Params, kw_only=True):
    """An access token to ask about."""

    app_id: Text
    access_token: Text


class TokenObject(msgspec.Struct, kw_only=True):
    """A pair of tokens; `open_id` is the `business_id` of every other call. Times in seconds from now."""

    access_token: str
    token_type: str = "Bearer"  # noqa: S105 - the platform's word for the kind of token
    scope: str
    expires_in: int
    refresh_token: str
    refresh_token_expires_in: int
    open_id: str


class TokenInfo(msgspec.Struct, kw_only=True):
    """What a token may do, for whom."""

    app_id: str
    creator_id: str
    scope: str


def _token_object(call: Call, grant: Grant) -> TokenObject:
    now = call.world.clock.now_ms()
    call.entry.business_id = grant.open_id
    return TokenObject(
        access_token=grant.access_token,
        scope=",".join(sorted(grant.scopes)),
        expires_in=seconds_left(grant.access_until_ms, now),
        refresh_token=grant.refresh_token,
        refresh_token_expires_in=seconds_left(grant.refresh_until_ms, now),
        open_id=grant.open_id,
    )


def _check_grant_type(asked: Any, wanted: str) -> None:
    if asked.grant_type != wanted:
        raise ApiError(40108, "The grant_type is not supported.")


def token(call: Call, asked: TokenRequest) -> TokenObject:
    """Exchange an authorization code, which lives 10 minutes and works once."""
    call.need_app(asked.client_id, asked.client_secret)
    _check_grant_type(asked, "authorization_code")
    return _token_object(call, call.world.state.exchange(asked.auth_code, redirect_uri=asked.redirect_uri))


def refresh_token(call: Call, asked: RefreshRequest) -> TokenObject:
    """Renew an access token; the refresh token's year is counted from the first grant."""
    call.need_app(asked.client_id, asked.client_secret)
    _check_grant_type(asked, "refresh_token")
    return _token_object(call, call.world.state.refresh(asked.refresh_token))


def revoke(call: Call, asked: RevokeRequest) -> Nothing:
    """End the account's authorization on the developer's side."""
    call.need_app(asked.client_id, asked.client_secret)
    grant = call.world.state.grant_of(asked.access_token)
    call.entry.business_id = grant.open_id
    call.world.state.revoke(grant.open_id, reason=5)
    return Nothing()


def token_info(call: Call, asked: TokenInfoRequest) -> TokenInfo:
    """Tell what a token may do."""
    call.need_app(asked.app_id, None)
    grant = call.world.state.grant_of(asked.access_token)
    return TokenInfo(
        app_id=call.world.settings.app_id, creator_id=grant.open_id, scope=",".join(sorted(grant.scopes))
    )


ROUTES: Routes = {
    "/tt_user/oauth2/token/": {
        "POST": app_route(token, TokenRequest, TokenObject, "token", portal="1833997638479041")
    },
    "/tt_user/oauth2/refresh_token/": {
        "POST": app_route(
            refresh_token,
            RefreshRequest,
            TokenObject,
            "refresh",
            portal="1833997679342594",
        )
    },
    "/tt_user/oauth2/revoke/": {
        "POST": app_route(revoke, RevokeRequest, Nothing, "revoke", portal="1833997665030145")
    },
    "/tt_user/token_info/get/": {
        "POST": app_route(token_info, TokenInfoRequest, TokenInfo, portal="1765927978092545")
    },
}
