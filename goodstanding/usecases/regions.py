"""Where an account is registered: what the operator stated, beside what the account's own export says.

TikTok's interface does not tell the country; its data download does (`accountRegion`). What a file says confirms or
contradicts what was stated, and never changes it by itself: which features there are hangs on it, so a person decides.
"""

import msgspec

from goodstanding.usecases import connections
from goodstanding.usecases.import_basis import Counts
from goodstanding.usecases.ports import Queries
from goodstanding.usecases.ports.imports import ImportedFile

LOOKED_AT = 200
"""Newest imports of an account among which the one that tells the region is looked for."""
IN = ("done", "cut")
"""States of an import that is in: one that was taken back says nothing any more."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What an export said of where the account is registered, beside what is stated now."""

    region: str
    """Two letters; as the file has it when it is no country."""
    stated: str
    file_id: int
    at: int

    @property
    def agrees(self) -> bool:
        """Whether the file confirms what was stated."""
        return self.region == self.stated

    @property
    def usable(self) -> bool:
        """Whether the region can be stated as it is."""
        return bool(self.region) and plain(self.region) == self.region


def stated_country(q: Queries, account_id: int) -> str:
    """Return the country that was stated for an account, two letters; empty when none was."""
    known = q.connection(account_id)
    return "" if known is None else known.country


def told(q: Queries, account_id: int) -> Told | None:
    """Return what the newest export that tells a region says; None when no import does."""
    for file in q.imported_files(account_id=account_id, before=0, limit=LOOKED_AT):
        region = _region(file)
        if region:
            return Told(
                region=plain(region), stated=stated_country(q, account_id), file_id=file.id, at=file.at
            )
    return None


def plain(region: str) -> str:
    """Return a region as two letters, or as it was given when it is no country."""
    try:
        return connections.country_code(region)
    except connections.BadCountryError:
        return region.strip()[:20]


def _region(file: ImportedFile) -> str:
    if file.kind != "tiktok-export" or file.state not in IN:
        return ""
    return msgspec.json.decode(file.counts, type=Counts).region
