"""What TikTok itself answers in an account's name: its own automatic messages, looked up and shown, never changed.

They count against the ten messages of a window just as ours do, so whoever answers should know of them.
"""

import msgspec

from goodstanding.core.capability import Finding
from goodstanding.usecases import connections
from goodstanding.usecases.context import Context
from goodstanding.usecases.ports import Account
from goodstanding.usecases.ports.automatic import KINDS, AutomaticMessages

FEATURE = "messages.automatic"


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """An account's automatic messages, or why there are none to see."""

    account: Account
    finding: Finding
    groups: tuple[AutomaticMessages, ...] = ()


def finding_of(standing: connections.Standing) -> Finding:
    """Return whether the account may ask for them at all, and why not."""
    return next(one for one in standing.findings if one.feature == FEATURE)


async def look(ctx: Context, account_id: int) -> Shown:
    """Ask the platform, where the account may. Raises `NoAccountError`, `ReadFailedError`."""
    found = ctx.store.read(lambda q: connections.standing(q, account_id))
    finding = finding_of(found)
    if not finding.on:
        return Shown(account=found.account, finding=finding)
    platform = ctx.platforms[found.account.connector]
    groups = [await platform.automatic_messages(found.account, kind) for kind in KINDS]
    return Shown(account=found.account, finding=finding, groups=tuple(groups))
