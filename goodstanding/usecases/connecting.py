"""Connecting an account: the way to the platform's consent page and back, and giving the consent up.

The way starts at an operator's link or at a link sent to the creator. What comes back is taken once, by the browser it
started in, for the account it was meant for.
"""

import asyncio
import hashlib
import hmac
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar
from urllib.parse import urlsplit

import msgspec

from goodstanding.kernel.problems import GoodstandingError
from goodstanding.kernel.timing import HOUR, MINUTE
from goodstanding.usecases import apps, connections, playbooks, renewals
from goodstanding.usecases.context import Context, Who
from goodstanding.usecases.ports import Account, Queries, Transaction
from goodstanding.usecases.ports.connections import (
    AppKeys,
    AppRefusedError,
    Authorizer,
    ConsentGoneError,
    NotReachedError,
    Profile,
    Tokens,
)

T = TypeVar("T")
NEW = "new:"
"""Begins the external id of an account that was never connected."""
CREATOR: Who = ("platform", "creator")
_STATE, _LINK = "consent", "creator-link"
_SIGNATURE = "creator-link"


class NotConnectableError(GoodstandingError):
    """An account in sandbox mode meets TikTok itself, or one that is none meets nothing; field: why."""

    code = "NOT_CONNECTABLE"


class BadReturnError(GoodstandingError):
    """The public address cannot be TikTok's return address; field: why."""

    code = "BAD_RETURN"


class StaleConsentError(GoodstandingError):
    """The way back is unknown, used, too old or of another browser. Nothing was changed."""

    code = "STALE_CONSENT"


class ConsentRefusedError(GoodstandingError):
    """The creator said no at the consent page; field: answer."""

    code = "CONSENT_REFUSED"


class LinkGoneError(GoodstandingError):
    """The creator's link is wrong, too old, replaced or used."""

    code = "CREATOR_LINK"


class Started(msgspec.Struct, frozen=True, kw_only=True):
    """A way to the consent page. `nonce` goes into the browser's own cookie and must come back from there."""

    url: str
    nonce: str
    seconds: int


class CreatorLink(msgspec.Struct, frozen=True, kw_only=True):
    """A signed link for the creator; it needs no login of theirs."""

    token: str
    until: int


class Finished(msgspec.Struct, frozen=True, kw_only=True):
    """A consent that was taken in."""

    account_id: int
    granted: tuple[str, ...]
    missing: tuple[str, ...]
    """Asked for and not granted."""
    by_creator: bool


class _Way(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept while somebody is at the consent page."""

    account_id: int
    who: tuple[str, str]
    return_to: str
    asked: tuple[str, ...]
    nonce: str
    """Its digest only."""
    link: str = ""
    """Of the creator's link it started at, its digest: the way ends with the link."""


def asked_scopes(app: AppKeys, standing: connections.Standing) -> tuple[str, ...]:
    """Return what is asked for: what the app may ask, and messages only where the account can have them."""
    known, rules, regions = standing.connection, playbooks.connect_rules(), playbooks.capabilities().regions
    closed = not known.country or known.country in regions["eea_uk_ch"] or known.account_type == "personal"
    unready = known.country in regions["us"] and not known.approved
    wanted = [one for one in rules.scopes if one in app.permissions or one == "accounts"]
    if closed or unready:
        wanted = [one for one in wanted if one != "messaging"]
    return tuple(scope for permission in wanted for scope in rules.scopes[permission])


def begin(ctx: Context, account_id: int, *, return_to: str, who: Who, link: str = "") -> Started:
    """Return the way to the consent page for an account; `link` is the creator's link it starts at, if it does.

    Raises `LinkGoneError`, `NoAppError`, `NoAccountError`, `NotConnectableError` or `BadReturnError`.
    """
    nonce, state = ctx.chance.draw(24).hex(), ctx.chance.draw(24).hex()
    life = playbooks.connect_rules().numbers.consent_minutes * MINUTE

    def work(tx: Transaction) -> str:
        standing = connections.standing(tx, account_id)
        if link and account_of_link(ctx, tx, link).id != account_id:
            raise LinkGoneError
        authorizer = _authorizer(ctx, standing.account)
        app = apps.keys(ctx, tx, standing.account.connector)
        _check_return(return_to, imitation=authorizer.imitation)
        scopes = asked_scopes(app, standing)
        way = _Way(
            account_id=account_id, who=who, return_to=return_to, asked=scopes, nonce=_digest(nonce),
            link=_digest(link) if link else "",
        )  # fmt: skip
        until = ctx.clock.now() + life
        tx.put_stored_value(_STATE, _digest(state), msgspec.json.encode(way), until)
        return authorizer.consent_url(app, scopes=scopes, return_to=return_to, state=state)

    return Started(url=ctx.store.write(work), nonce=nonce, seconds=life // 1000)


def creator_link(ctx: Context, account_id: int, *, who: Who) -> CreatorLink:
    """Return a fresh link for the creator of an account; an older one stops working.

    Raises `NoAppError`, `NoAccountError` or `NotConnectableError`.
    """
    until = ctx.clock.now() + playbooks.connect_rules().numbers.creator_link_hours * HOUR
    plain = f"{account_id}.{until}.{ctx.chance.draw(12).hex()}"
    token = f"{plain}.{_signature(ctx, plain)}"

    def work(tx: Transaction) -> None:
        account = connections.account_of(tx, account_id)
        _authorizer(ctx, account)
        apps.keys(ctx, tx, account.connector)
        tx.put_stored_value(_LINK, str(account_id), _digest(token).encode(), until)
        connections.log(ctx, tx, account_id, who, {"act": "creator-link", "until": until})

    ctx.store.write(work)
    return CreatorLink(token=token, until=until)


def drop_creator_link(ctx: Context, account_id: int, *, who: Who) -> None:
    """Make the creator's link of an account stop working; raises `NoAccountError`."""

    def work(tx: Transaction) -> None:
        connections.account_of(tx, account_id)
        tx.drop_stored_value(_LINK, str(account_id))
        connections.log(ctx, tx, account_id, who, {"act": "creator-link", "until": 0})

    ctx.store.write(work)


def link_until(ctx: Context, q: Queries, account_id: int) -> int | None:
    """Return until when the creator's link of an account works, or None when there is none."""
    kept = q.stored_value(_LINK, str(account_id))
    until = kept[1] if kept else None
    return until if until is not None and until > ctx.clock.now() else None


def account_of_link(ctx: Context, q: Queries, token: str) -> Account:
    """Return the account a creator's link is for; raises `LinkGoneError`."""
    plain, _, signature = token.rpartition(".")
    first = plain.split(".")[0]
    if not hmac.compare_digest(signature.encode(), _signature(ctx, plain).encode()) or not first.isdigit():
        raise LinkGoneError
    kept = q.stored_value(_LINK, first)
    if (
        kept is None
        or (kept[1] or 0) <= ctx.clock.now()
        or not hmac.compare_digest(kept[0], _digest(token).encode())
    ):
        raise LinkGoneError
    try:
        return connections.account_of(q, int(first))
    except connections.NoAccountError:
        raise LinkGoneError from None


async def finish(ctx: Context, *, state: str, nonce: str, code: str, error: str) -> Finished:
    """Take in what came back from the consent page.

    Raises `StaleConsentError`, `ConsentRefusedError`, `OtherAccountError`, `AccountInUseError`, or what the exchange
    itself raises: `NotReachedError`, `ConsentGoneError`, `AppRefusedError`. Then nothing was kept.
    """
    way, app, account = await _write(ctx, lambda tx: _take_way(ctx, tx, state, nonce, error=error))
    if error or not code:
        raise ConsentRefusedError(answer=error[:80] or "no-code")
    authorizer = ctx.authorizers[account.connector]
    tokens = await authorizer.exchange(app, code=code, return_to=way.return_to)
    try:
        tokens = await _inspected(ctx, app, account, tokens)
        profile = await _profile(ctx, account, tokens)
        finished = await _write(ctx, lambda tx: _keep(ctx, tx, way, tokens, profile))
    except (
        connections.OtherAccountError,
        connections.AccountInUseError,
        ConsentGoneError,
        StaleConsentError,
    ):
        await _let_go(ctx, app, account, tokens)
        raise
    return finished


def take(ctx: Context, account_id: int, tokens: Tokens, profile: Profile, *, who: Who) -> Finished:
    """Take in tokens that came without a consent page, as only a sandbox allows. Raises like `finish`."""
    way = _Way(account_id=account_id, who=who, return_to="", asked=tokens.scopes, nonce="")
    return ctx.store.write(lambda tx: _keep(ctx, tx, way, tokens, profile))


def check_return(ctx: Context, account_id: int, return_to: str) -> None:
    """Say beforehand whether the platform would take this return address; raises like `begin`."""

    def look(q: Queries) -> None:
        account = connections.account_of(q, account_id)
        authorizer = _authorizer(ctx, account)
        apps.keys(ctx, q, account.connector)
        _check_return(return_to, imitation=authorizer.imitation)

    ctx.store.read(look)


async def check(ctx: Context, account_id: int) -> bool:
    """Ask the platform what a connected account's token may do and who the account is, and take it in.

    Returns whether there was something to ask with. Raises `NoAccountError`, `NoAppError`, `NotReachedError` or
    `AppRefusedError`; a consent that is gone is taken in as such.
    """

    def look(q: Queries) -> tuple[Account, AppKeys, str]:
        account = connections.account_of(q, account_id)
        pair = connections.kept_tokens(ctx, q, account_id)
        token = pair.access_token if pair else ""
        return account, apps.keys(ctx, q, account.connector), token

    account, app, token = await asyncio.to_thread(ctx.store.read, look)
    if not token:
        return False
    authorizer = ctx.authorizers[account.connector]
    try:
        seen = await authorizer.inspect(app, access_token=token)
    except (ConsentGoneError, NotReachedError) as error:
        if not await renewals.renew(ctx, account_id, token):
            if isinstance(error, NotReachedError):
                raise
            return True
        pair = await asyncio.to_thread(ctx.store.read, lambda q: connections.kept_tokens(ctx, q, account_id))
        token = pair.access_token if pair else ""
        seen = await authorizer.inspect(app, access_token=token)
    profile = await authorizer.profile(access_token=token, open_id=seen.open_id, scopes=seen.scopes)
    scopes = " ".join(sorted(seen.scopes))

    def work(tx: Transaction) -> None:
        now = connections.account_of(tx, account_id)
        before = connections.ensured(ctx, tx, now)
        who = ("platform", now.connector)
        if scopes and scopes != before.scopes:
            connections.change(
                ctx, tx, now, before, {"scopes": scopes}, who=who, act="learned", body={"scopes": scopes}
            )
        connections.learn_in(ctx, tx, connections.account_of(tx, account_id), profile, who=who)

    await _write(ctx, work)
    return True


async def revoke(ctx: Context, account_id: int, *, who: Who, force: bool = False) -> None:
    """Give the consent up: at the platform first, then the tokens here; the account stops, the log stays.

    Raises `NoAccountError`; and `NotReachedError` or `AppRefusedError` with nothing changed, unless `force`d: then
    the tokens are gone here and the creator ends the consent in TikTok's own settings.
    """

    def look(q: Queries) -> tuple[Account, AppKeys | None, str]:
        account = connections.account_of(q, account_id)
        pair = connections.kept_tokens(ctx, q, account_id)
        return account, apps.known(ctx, q, account.connector), pair.access_token if pair else ""

    account, app, token = await asyncio.to_thread(ctx.store.read, look)
    if token and not force:
        if app is None:
            raise apps.NoAppError(connector=account.connector)
        with suppress(ConsentGoneError):  # it is gone already, which is what was wanted
            await ctx.authorizers[account.connector].revoke(app, access_token=token)

    def work(tx: Transaction) -> None:
        connections.removed(
            ctx, tx, connections.account_of(tx, account_id), code="FORCED" if force else "BY_US", who=who, state="revoked"
        )  # fmt: skip
        tx.drop_stored_value(_LINK, str(account_id))

    await _write(ctx, work)


def _authorizer(ctx: Context, account: Account) -> Authorizer:
    found = ctx.authorizers.get(account.connector)
    if found is None:
        raise NotConnectableError(why="no-connector")
    if account.mode == "sandbox" and not found.imitation:
        raise NotConnectableError(why="sandbox")
    return found


def _check_return(return_to: str, *, imitation: bool) -> None:
    """Check the platform's rules for return addresses before it does; loopback is for a sandbox only."""
    numbers = playbooks.connect_rules().numbers
    parts = urlsplit(return_to)
    if not parts.hostname:
        raise BadReturnError(why="none")
    if not numbers.redirect_least <= len(return_to) <= numbers.redirect_most:
        raise BadReturnError(why="length")
    if imitation and parts.hostname in ("127.0.0.1", "localhost", "::1"):
        return
    if parts.scheme != "https":
        raise BadReturnError(why="https")
    if parts.port is not None:
        raise BadReturnError(why="port")


def _take_way(
    ctx: Context, tx: Transaction, state: str, nonce: str, *, error: str
) -> tuple[_Way, AppKeys, Account]:
    kept = tx.stored_value(_STATE, _digest(state))
    if kept is None or (kept[1] or 0) <= ctx.clock.now():
        raise StaleConsentError
    way = msgspec.json.decode(kept[0], type=_Way)
    if not hmac.compare_digest(way.nonce, _digest(nonce)):
        raise StaleConsentError
    tx.drop_stored_value(_STATE, _digest(state))
    account = connections.account_of(tx, way.account_id)
    _check_link(tx, way)
    if error:
        connections.log(ctx, tx, account.id, way.who, {"act": "consent-refused"})
    return way, apps.keys(ctx, tx, account.connector), account


def _check_link(q: Queries, way: _Way) -> None:
    """A link that was taken back, replaced or used meanwhile ends the ways that started at it."""
    if not way.link:
        return
    kept = q.stored_value(_LINK, str(way.account_id))
    if kept is None or not hmac.compare_digest(kept[0], way.link.encode()):
        raise StaleConsentError


async def _inspected(ctx: Context, app: AppKeys, account: Account, tokens: Tokens) -> Tokens:
    """Ask the platform whose token this is and what it may do; its word wins. Silence changes nothing."""
    try:
        said = await ctx.authorizers[account.connector].inspect(app, access_token=tokens.access_token)
    except (NotReachedError, AppRefusedError):
        return tokens
    if tokens.open_id and said.open_id != tokens.open_id:
        raise connections.OtherAccountError(account=account.id, handle=account.handle)
    return msgspec.structs.replace(tokens, open_id=said.open_id, scopes=said.scopes or tokens.scopes)


async def _profile(ctx: Context, account: Account, tokens: Tokens) -> Profile:
    """Ask who this is; what is not answered now is learned later."""
    try:
        return await ctx.authorizers[account.connector].profile(
            access_token=tokens.access_token, open_id=tokens.open_id, scopes=tokens.scopes
        )
    except (NotReachedError, AppRefusedError, ConsentGoneError):
        return Profile()


async def _let_go(ctx: Context, app: AppKeys, account: Account, tokens: Tokens) -> None:
    """Give back a consent that is not kept; when that cannot be done now, the creator's own settings still can."""
    try:
        await ctx.authorizers[account.connector].revoke(app, access_token=tokens.access_token)
    except (NotReachedError, AppRefusedError, ConsentGoneError):
        return


def _keep(ctx: Context, tx: Transaction, way: _Way, tokens: Tokens, profile: Profile) -> Finished:
    account = connections.account_of(tx, way.account_id)
    _check_link(tx, way)
    is_new = account.external_id.startswith(NEW)
    other = tx.account_of(account.connector, tokens.open_id)
    if is_new and other is not None:
        raise connections.AccountInUseError(account=other.id)
    if not (_is_stated(account, profile) if is_new else account.external_id == tokens.open_id):
        raise connections.OtherAccountError(account=account.id, handle=account.handle)
    before = connections.ensured(ctx, tx, account)
    changes: dict[str, object] = {"external_id": tokens.open_id}
    if before.threw_switch:
        changes["killed"] = False
    tx.change_account(account.id, changes)
    extra: dict[str, object] = {
        "state": "connected", "asked": " ".join(sorted(way.asked)), "connected_at": ctx.clock.now(), "answered": "",
        "removed_at": None, "removed_code": "", "delete_after": None, "threw_switch": False,
    }  # fmt: skip
    fresh = connections.keep_tokens(ctx, tx, account, tokens, before=before, extra=extra)
    missing = tuple(scope for scope in way.asked if scope not in tokens.scopes)
    body = {"scopes": sorted(tokens.scopes), "missing": sorted(missing), "released": int(before.threw_switch)}
    connections.change(ctx, tx, account, before, fresh, who=way.who, act="connected", body=body)
    tx.drop_stored_value(_LINK, str(account.id))
    now = connections.account_of(tx, account.id)
    connections.learn_in(ctx, tx, now, profile, who=("platform", account.connector))
    return Finished(
        account_id=account.id, granted=tokens.scopes, missing=missing, by_creator=tuple(way.who) == CREATOR
    )


def _is_stated(account: Account, profile: Profile) -> bool:
    """Tell whether an account connected for the first time bears the stated handle, as far as the platform says."""
    stated, said = (one.lstrip("@").lower() for one in (account.handle, profile.handle or ""))
    return not (stated and said) or stated == said


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _signature(ctx: Context, plain: str) -> str:
    return ctx.chance.keyed_digest(_SIGNATURE, plain).hex()


async def _write(ctx: Context, work: Callable[[Transaction], T]) -> T:
    return await asyncio.wrap_future(ctx.store.submit(work))
