"""Tasks: what a person is asked to do in the app, until when it makes sense, and which answers there are."""

import tomllib

import msgspec

from goodstanding.core.policy.model import Act
from goodstanding.kernel.problems import Invalid, Problem
from goodstanding.kernel.timing import HOUR, MINUTE

CODES = {
    "sent": "BY_HAND",
    "seen": "BY_HAND_SEEN",
    "gone": "BY_HAND_GONE",
    "unable": "BY_HAND_UNABLE",
    "unwise": "BY_HAND_UNWISE",
    "other": "BY_HAND_OTHER",
}
"""The code of an act by what a person answered. The database lets only codes like these be taken back."""
REASONS = ("gone", "unable", "unwise", "other")
"""Why it was not sent: nothing there any more, the app did not let me, better not, something else."""
FAILED = frozenset({"gone", "unable"})
"""Reasons for which it could not be done; the others are a person's choice."""
LATE = "TASK_LATE"
HANDLE_MIN, HANDLE_MAX = 2, 24


class TaskNumbers(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Hard numbers; each has its source in the file it comes from."""

    undo_minutes: int
    hide_hours: int
    message_margin_minutes: int


class TaskLinks(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Addresses that open the app at the right place, with `{account}`, `{video}` and `{handle}` to fill in."""

    video: str
    profile: str


class TaskBook(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One dated file about tasks."""

    id: str
    read_on: str
    numbers: TaskNumbers
    links: TaskLinks
    sources: dict[str, dict[str, str]]


def read_book(text: str) -> TaskBook:
    """Read a file about tasks; raises `Invalid` when it is not one."""
    try:
        return msgspec.convert(tomllib.loads(text), TaskBook)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise Invalid((Problem(code="BAD_TASK_NUMBERS", fields={"detail": str(error)}),)) from error


def video_link(links: TaskLinks, *, account: str, video_id: str) -> str:
    """Return the address of a video, empty when its id is none of the platform's (all digits)."""
    if not (account and video_id.isascii() and video_id.isdigit()):
        return ""
    return links.video.format(account=account, video=video_id)


def profile_link(links: TaskLinks, *, handle: str) -> str:
    """Return the address of a profile, empty when that is no handle but a name as shown."""
    return links.profile.format(handle=handle) if is_handle(handle) else ""


def is_handle(name: str) -> bool:
    """Tell whether a name can be a handle: 2 to 24 letters, digits, dots and underscores of ASCII."""
    plain = name.replace(".", "").replace("_", "")
    return HANDLE_MIN <= len(name) <= HANDLE_MAX and name.isascii() and (not plain or plain.isalnum())


def makes_sense_until(
    numbers: TaskNumbers,
    act: Act,
    *,
    now: int,
    written_at: int,
    age_hours_max: int,
    wrote_at: int | None,
    window_hours: int,
    approved_until: int | None,
) -> int:
    """Return until when an act makes sense: never past the policy's age, the platform's window or an approval.

    `written_at` is the comment's time, `wrote_at` the person's last message. All milliseconds. What a person approved
    is bound by the approval instead of the comment's age, as the gates see it.
    """
    if act == "hide":
        return now + numbers.hide_hours * HOUR
    until = approved_until if approved_until is not None else written_at + age_hours_max * HOUR
    if act == "message":
        closes = (now if wrote_at is None else wrote_at) + window_hours * HOUR
        until = min(until, closes - numbers.message_margin_minutes * MINUTE)
    return until


def may_be_taken_back(numbers: TaskNumbers, *, now: int, answered_at: int) -> bool:
    """Tell whether an answer given then may still be taken back."""
    return 0 <= now - answered_at < numbers.undo_minutes * MINUTE
