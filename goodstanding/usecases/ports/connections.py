"""Ports of connecting accounts: what is known of a connection, the operator's app, and the platform's consent."""

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

import msgspec

from goodstanding.core.capability import AccountType
from goodstanding.kernel.problems import GoodstandingError

ConnectionState = Literal["none", "connected", "removed", "revoked"]
"""Never connected; connected; taken away by the platform or the creator; given up by us."""


class Connection(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an account's connection and of the facts that decide its capabilities, as stored."""

    account_id: int
    state: ConnectionState = "none"
    account_type: AccountType = "unknown"
    country: str = ""
    approved: bool = False
    verified: bool | None = None
    followers: int | None = None
    programmes: str = ""
    """Names with a space between them."""
    answered: str = ""
    """What the platform itself refused: `feature:code` with a space between them."""
    scopes: str = ""
    """Granted, with a space between them."""
    asked: str = ""
    """What was asked for at the last consent."""
    connected_at: int | None = None
    access_until: int | None = None
    refresh_until: int | None = None
    """When the account must be connected again; the platform does not extend it."""
    lease_until: int = 0
    """One renewal at a time, in all processes together: until when the one under way has it."""
    problem: str = ""
    """Why the last renewal did not work though the authorisation may still hold; empty when all is well."""
    problem_at: int | None = None
    removed_at: int | None = None
    removed_code: str = ""
    """The platform's reason as it gave it, or our own word."""
    delete_after: int | None = None
    """The retention clock: from then on what the platform gave is deleted."""
    threw_switch: bool = False
    """The removal threw the kill switch, so connecting again releases it."""
    changed_at: int = 0


class AppRow(msgspec.Struct, frozen=True, kw_only=True):
    """The operator's own app, as stored: secrets under the vault's intake key."""

    connector: str
    client_id: str
    secret: bytes
    webhook_secret: bytes | None
    permissions: str
    """What the platform lets the app do, with a space between: accounts, publishing, mentions, messaging."""
    changed_at: int
    before_secret: bytes | None = None
    """What signed webhooks before, for as long as both are accepted."""
    before_until: int | None = None


class WebhookSecret(msgspec.Struct, frozen=True, kw_only=True):
    """One secret that webhooks may be signed with. Never logged."""

    name: Literal["current", "before"]
    secret: str
    until: int | None = None
    """First instant at which it no longer counts, milliseconds; None for the one that stays."""

    def __repr__(self) -> str:
        return f"WebhookSecret(name={self.name!r}, until={self.until!r})"


class AppKeys(msgspec.Struct, frozen=True, kw_only=True):
    """The operator's own app, ready for use. Never logged."""

    client_id: str
    secret: str
    webhook_secret: str
    """What signs webhooks; the app's secret unless the operator gave another."""
    permissions: tuple[str, ...] = ("accounts",)
    before_secret: str = ""
    """What signed webhooks before it was changed; accepted until `before_until`."""
    before_until: int | None = None

    def __repr__(self) -> str:
        return f"AppKeys(client_id={self.client_id!r})"


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """What the platform gives for a consent or a renewal. Spans in seconds, 0 when not said. Never logged."""

    access_token: str
    refresh_token: str
    open_id: str
    scopes: tuple[str, ...]
    expires_in: int
    refresh_expires_in: int

    def __repr__(self) -> str:
        return f"Tokens(open_id={self.open_id!r})"


class TokenPair(msgspec.Struct, kw_only=True):
    """What is kept of a consent, encrypted. Spans in seconds, `got_at` in milliseconds."""

    access_token: str
    refresh_token: str = ""
    open_id: str = ""
    scope: str = ""
    expires_in: int = 0
    refresh_token_expires_in: int = 0
    got_at: int = 0

    def __repr__(self) -> str:
        return f"TokenPair(open_id={self.open_id!r})"


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """What the platform says of an account; `None` where it does not say."""

    handle: str | None = None
    name: str | None = None
    identifier: str | None = None
    account_type: AccountType | None = None
    verified: bool | None = None
    followers: int | None = None


class Inspected(msgspec.Struct, frozen=True, kw_only=True):
    """What the platform says of an access token."""

    open_id: str
    scopes: tuple[str, ...]


class NotReachedError(GoodstandingError):
    """The platform gave no answer, or one that says nothing of the authorisation: try later. Field: why."""

    code = "PLATFORM_NOT_REACHED"


class ConsentGoneError(GoodstandingError):
    """The authorisation no longer holds; the account must be connected again. Field: answer (the platform's code)."""

    code = "CONSENT_GONE"


class AppRefusedError(GoodstandingError):
    """The platform does not accept the app's own credentials. Field: answer (the platform's code)."""

    code = "APP_REFUSED"


class Authorizer(Protocol):
    """The platform's consent. The calls raise `NotReachedError`, `ConsentGoneError` or `AppRefusedError`."""

    @property
    def imitation(self) -> bool:
        """Whether this is a sandbox, not the platform itself."""
        ...

    def consent_url(self, app: AppKeys, *, scopes: Sequence[str], return_to: str, state: str) -> str:
        """Return the address of the platform's consent page."""
        ...

    async def exchange(self, app: AppKeys, *, code: str, return_to: str) -> Tokens: ...
    async def renew(self, app: AppKeys, *, refresh_token: str) -> Tokens: ...
    async def revoke(self, app: AppKeys, *, access_token: str) -> None: ...
    async def inspect(self, app: AppKeys, *, access_token: str) -> Inspected: ...
    async def profile(self, *, access_token: str, open_id: str, scopes: Sequence[str]) -> Profile:
        """Return what the granted scopes let us see."""
        ...

    async def webhook(self, app: AppKeys, category: str) -> str:
        """Return where the platform sends the events of a category; empty for nowhere."""
        ...

    async def set_webhook(self, app: AppKeys, category: str, url: str) -> None:
        """Send the events of a category to `url`, for all accounts of the app."""
        ...


class ConnectionQueries(Protocol):
    """What may be read of connections."""

    def connections(self) -> list[Connection]: ...
    def connection(self, account_id: int) -> Connection | None: ...
    def platform_app(self, connector: str) -> AppRow | None: ...
    def people_left(self, account_id: int, limit: int) -> list[int]:
        """Return ids of contacts of an account that were not erased yet, in order."""
        ...


class ConnectionChanges(Protocol):
    """What may be changed of connections."""

    def add_connection(self, row: Connection) -> None:
        """Add the row of an account that has none yet; one that is there stays as it is."""
        ...

    def change_connection(self, account_id: int, changes: Mapping[str, object]) -> None: ...
    def claim_renewal(self, account_id: int, now: int, until: int) -> bool:
        """Take the account's one renewal until then; False while another has it."""
        ...

    def put_platform_app(self, row: AppRow) -> None: ...
