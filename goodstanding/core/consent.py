"""Consent: the state computed from consent events. Withdrawal always wins."""

from collections.abc import Iterable
from typing import Literal, assert_never

import msgspec

from goodstanding.core.signals import Answer

ConsentState = Literal["given", "withdrawn", "absent"]
Purpose = Literal["answer", "marketing"]
Reply = Literal["given", "refused", "withdrawn", "person", "nothing"]


class ConsentEvent(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One moment at which a person gave or took back consent."""

    purpose: Purpose
    """`answer`: to answer what the person wrote; `marketing`: anything promotional."""
    change: Literal["given", "withdrawn"]
    at: int
    """Instant, milliseconds."""
    channel: str | None = None
    """The channel it is about; `None` is every channel."""
    until: int | None = None
    """First instant at which a given consent no longer holds, such as the end of the platform's window."""
    explicit: bool = False
    """The person said yes to a question; writing to us is a consent to answer, but not an explicit one."""


def state_of(events: Iterable[ConsentEvent], *, purpose: Purpose, channel: str, now: int) -> ConsentState:
    """Return the consent for `purpose` on `channel` at `now`; the order of `events` means nothing.

    A withdrawal beats what was given up to and at its instant, and one dated after `now` counts already.
    After it, only an explicit yes restores consent. Who withdraws `answer` withdraws `marketing` with it.
    Marketing needs an explicit yes in any case.
    """
    given_at = withdrawn_at = None
    about = [event for event in events if event.channel is None or event.channel == channel]
    for event in about:
        if event.change == "withdrawn" and event.purpose in (purpose, "answer"):
            withdrawn_at = event.at if withdrawn_at is None else max(withdrawn_at, event.at)
    needs_yes = purpose == "marketing" or withdrawn_at is not None
    for event in about:
        if _holds(event, purpose=purpose, now=now) and (event.explicit or not needs_yes):
            given_at = event.at if given_at is None else max(given_at, event.at)
    if given_at is not None and (withdrawn_at is None or given_at > withdrawn_at):
        return "given"
    return "absent" if withdrawn_at is None else "withdrawn"


def answer_to_pending(answer: Answer | None, *, pending: bool) -> Reply:
    """Return what a found answer means.

    `withdrawn`: STOP, which holds whether or not we asked; `given` and `refused`: a plain yes or no to our
    pending question; `person`: a pending question got something else, a person reads it; `nothing`: we asked
    nothing.
    """
    if answer == "stop":
        return "withdrawn"
    if not pending:
        return "nothing"
    match answer:
        case None:
            return "person"
        case "yes":
            return "given"
        case "no":
            return "refused"
        case _:
            assert_never(answer)


def _holds(event: ConsentEvent, *, purpose: Purpose, now: int) -> bool:
    return (
        event.change == "given"
        and event.purpose == purpose
        and event.at <= now
        and (event.until is None or now < event.until)
    )
