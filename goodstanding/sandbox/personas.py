"""Kinds of accounts, and what the platform offers to each of them."""

from functools import cache
from typing import Any

import msgspec

from goodstanding.sandbox.numbers import Regions, read_data
from goodstanding.sandbox.state import Account


class Persona(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of account as `data/personas.toml` describes it."""

    persona: str
    text: str
    account: dict[str, Any]
    videos: int = 3


@cache
def personas() -> dict[str, Persona]:
    """Return the shipped kinds of accounts by name."""
    found = msgspec.convert(read_data("personas.toml")["personas"], list[Persona])
    return {one.persona: one for one in found}


def messages_closed(account: Account, regions: Regions) -> tuple[int, str] | None:
    """Return code and reason for which an account has no message calls, or `None` when it has.

    Source: portal 1832184145137922, 1832184236919810; that it is 40001 for the type of account and 40118 for
    its region is assumed.
    """
    if not account.is_business:
        return 40001, "Business Messaging is for Business Accounts only."
    if account.country in regions.eea_ch_uk:
        return 40118, "Business Messaging is not available for accounts registered in the EEA, CH or UK."
    if account.country == "US" and not account.us_reviewed:
        return 40118, "Business Messaging for accounts registered in the US needs a review first."
    return None


def comment_to_message_closed(account: Account, regions: Regions) -> str | None:
    """Return why an account has no comment-to-message, or `None`. Source: portal 1843697551083522."""
    if account.country not in regions.comment_to_message:
        return "Comment-to-message is for accounts registered in Vietnam, Indonesia and Thailand."
    if account.owner_age < regions.comment_to_message_age:
        return "The owner is too young for comment-to-message."
    return None


def capabilities(account: Account, regions: Regions) -> dict[str, bool]:
    """Return what the platform offers to an account, whatever scopes it grants."""
    messages = messages_closed(account, regions) is None
    return {
        "comments": True,
        "video_insights": True,
        "business_metrics": account.is_business,
        "verified_business_metrics": account.is_business and account.is_verified,
        "audience": account.followers >= regions.audience_followers_min,
        "publish": True,
        "mentions": account.is_business,
        "messages": messages,
        "comment_to_message": messages and comment_to_message_closed(account, regions) is None,
    }
