"""Names and classes of campaigns: the convention that every report, export and statement can rely on.

A campaign's id is the month it begins and words: `2026-11-soup-week`. It sorts by time, fits a file name, a link and a
spreadsheet, and is never reused.
"""

import re
import unicodedata
from typing import Literal, get_args

from goodstanding.kernel.problems import GoodstandingError

CampaignClass = Literal["rewarded", "sponsored", "growth"]
CLASSES: tuple[CampaignClass, ...] = get_args(CampaignClass)
ID_CHARS_MAX = 40
_ID = re.compile(r"20\d\d-(0[1-9]|1[0-2])(-[a-z0-9]+)+")
_MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])(?=-|$)")


class CampaignNameError(GoodstandingError):
    """An id does not follow the convention; fields: given, meant (an id that would, or empty)."""

    code = "CAMPAIGN_NAME"


def check_id(campaign_id: str, *, month: str) -> str:
    """Return the id when it follows the convention; raises `CampaignNameError` with a proposal for `month` (`2026-11`)."""
    if len(campaign_id) <= ID_CHARS_MAX and _ID.fullmatch(campaign_id):
        return campaign_id
    raise CampaignNameError(given=campaign_id[:80], meant=proposed(campaign_id, month=month))


def proposed(name: str, *, month: str) -> str:
    """Return an id made of a name: its own month or this one, then its words; empty when it has no word."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = "-".join(re.findall(r"[a-z0-9]+", plain))
    found = _MONTH.match(words)
    begun, rest = (found.group(), words[found.end() :].strip("-")) if found else (month, words)
    if not rest:
        return ""
    return f"{begun}-{rest}"[:ID_CHARS_MAX].rstrip("-")
