"""How far a publication is: what a webhook or an answer tells of it, and when it is asked next."""

import msgspec

from goodstanding.kernel.timing import HOUR, MINUTE
from goodstanding.usecases.ports import Account, Transaction
from goodstanding.usecases.ports.messages import ParsedNotice
from goodstanding.usecases.ports.publishing import Publication
from goodstanding.usecases.reading_rules import PublishingRules, reading_rules

EVENTS = "post.publish."
NEVER = 1 << 52
"""An instant that does not come."""
GIVEN_UP = "GIVEN_UP"
"""Asked for so long that it is asked no more by itself."""
_RANK = {
    "": 0, "PROCESSING_DOWNLOAD": 1, "PUBLISH_COMPLETE": 2, "FAILED": 2, "SEND_TO_USER_INBOX": 2,
    "PUBLICLY_AVAILABLE": 3, "NO_LONGER_PUBLICLY_AVAILABLE": 3,
}  # fmt: skip
"""What is told later in a publication's life; a word the platform adds stands with the ends."""
_OF_EVENT = {"complete": "PUBLISH_COMPLETE"}
_NEW_WORD = 2
_ENDS = frozenset({"FAILED", "SEND_TO_USER_INBOX"})


def note(tx: Transaction, account: Account, notice: ParsedNotice, *, now: int) -> None:
    """Take in what a webhook tells of a publication; the notice itself is sealed with the others."""
    data = dict(notice.data)
    if not notice.event.startswith(EVENTS) or not data.get("publish"):
        return
    word = notice.event.removeprefix(EVENTS)
    row = row_of(tx, account.id, data["publish"], now)
    status = _OF_EVENT.get(word, word.upper())
    found = merged(
        row, status, reason=data.get("reason", ""), post_id=data.get("post", ""), at=min(notice.at, now)
    )
    keep(tx, found, now)


def merged(row: Publication, status: str, *, reason: str, post_id: str, at: int) -> Publication:
    """Return a publication after the platform told of it: what comes later in its life stays, whatever came first.

    Webhooks come in any order, and an answer may be older than what a webhook told meanwhile.
    """
    before, after = _RANK.get(row.status, _NEW_WORD), _RANK.get(status, _NEW_WORD)
    post_id = row.post_id or post_id
    if (after, at) < (before, row.told_at):
        return msgspec.structs.replace(row, post_id=post_id)
    return msgspec.structs.replace(row, status=status, reason=reason, post_id=post_id, told_at=at, trouble="")


def has_ended(row: Publication) -> bool:
    """Tell whether nothing more can be learnt by asking: it failed, waits in the app, or the post is known."""
    return row.status in _ENDS or bool(row.post_id) or _RANK.get(row.status, _NEW_WORD) > _NEW_WORD


def keep(tx: Transaction, row: Publication, now: int) -> None:
    """Keep a publication, with when it is asked next."""
    rules = reading_rules().publishing
    next_at = NEVER if has_ended(row) else now + interval(row, rules)
    tx.put_publication(patience(msgspec.structs.replace(row, next_at=next_at), rules, now))


def patience(row: Publication, rules: PublishingRules, now: int) -> Publication:
    """Return a publication that is asked no more once it was asked for long enough."""
    if has_ended(row) or now - row.first_at < rules.give_up_hours * HOUR:
        return row
    return msgspec.structs.replace(row, next_at=NEVER, trouble=GIVEN_UP)


def interval(row: Publication, rules: PublishingRules) -> int:
    """Return how long to wait before it is asked again: longer each time."""
    return int(min(rules.ask_minutes * 2 ** min(row.asks, 10), rules.ask_minutes_max) * MINUTE)


def row_of(tx: Transaction, account_id: int, publish_id: str, now: int) -> Publication:
    """Return a publication, or what is kept of one nothing was told of."""
    return tx.publication(account_id, publish_id) or Publication(
        account_id=account_id, publish_id=publish_id, status="", reason="", post_id="", first_at=now, told_at=0,
        next_at=now, asks=0, trouble="",
    )  # fmt: skip
