"""Access tokens for calls: held in memory while they are good, read anew when they are not."""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec

from goodstanding.usecases.ports import Account
from goodstanding.usecases.ports.connections import TokenPair
from goodstanding.usecases.renewals import Renewal

__all__ = ["Renewal", "StoredTokens", "TokenPair"]


class StoredTokens:
    """Tokens of the accounts. `load` and `keep` reach the encrypted column; `renew` and `lost` are the use cases."""

    def __init__(
        self,
        *,
        load: Callable[[int], bytes | None],
        keep: Callable[[int, bytes], None],
        renew: Callable[[int, str], Awaitable[Renewal]],
        lost: Callable[[int, str], Awaitable[None]],
    ) -> None:
        self._load, self._keep, self._renew, self._lost = load, keep, renew, lost
        self._held: dict[int, str] = {}
        self._locks: dict[int, asyncio.Lock] = {}

    def access(self, account: Account) -> str:
        """Return the account's access token; empty when it has none."""
        held = self._held.get(account.id)
        return held if held is not None else self._read(account.id)

    async def refresh(self, account: Account, stale: str) -> Renewal:
        """Get a token newer than `stale`, unless someone already did; one renewal an account at a time."""
        async with self._locks.setdefault(account.id, asyncio.Lock()):
            if self._read(account.id) != stale:
                return Renewal.FRESH if self._held.get(account.id) else Renewal.GONE
            found = await self._renew(account.id, stale)
            self._held.pop(account.id, None)
            return found

    async def lost(self, account: Account, token: str) -> None:
        """The platform refused a token that is as new as can be."""
        self._held.pop(account.id, None)
        await self._lost(account.id, token)

    def store(self, account_id: int, pair: TokenPair) -> None:
        """Keep a pair that was got without a consent page, as only a sandbox allows."""
        self._keep(account_id, msgspec.json.encode(pair))
        self._held.pop(account_id, None)

    def _read(self, account_id: int) -> str:
        """Read the token as it is kept; nothing is held for an account without one."""
        self._held.pop(account_id, None)
        kept = self._load(account_id)
        if kept is None:
            return ""
        token = msgspec.json.decode(kept, type=TokenPair).access_token
        self._held[account_id] = token
        return token
