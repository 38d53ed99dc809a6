"""Reason codes: stable ids with fields. Words in Dutch and English are made at the edges."""

from enum import StrEnum

import msgspec


class Code(StrEnum):
    """Why a decision is what it is. A code is never renamed or reused."""

    RULE = "RULE"
    """A rule matched; fields: rid."""
    NO_TRIGGER = "NO_TRIGGER"
    """No rule matched: no trigger, no reply."""
    FACT_MISSING = "FACT_MISSING"
    """Something needed was not known, so nothing is done automatically; fields: fact."""
    MODEL_FAILED = "MODEL_FAILED"
    FREEZE = "FREEZE"
    KILL_SWITCH = "KILL_SWITCH"
    CLOCK_UNSURE = "CLOCK_UNSURE"
    AUTHORISATION_ENDED = "AUTHORISATION_ENDED"
    """The account's authorisation ended while this waited: held until a person decides. The act says when."""
    CAPABILITY = "CAPABILITY"
    """The platform does not offer this act for this account; fields: act, mode."""
    SUPPRESSED = "SUPPRESSED"
    CONSENT_MISSING = "CONSENT_MISSING"
    CONSENT_WITHDRAWN = "CONSENT_WITHDRAWN"
    COMMENT_GONE = "COMMENT_GONE"
    OWN_COMMENT = "OWN_COMMENT"
    ALREADY_ANSWERED = "ALREADY_ANSWERED"
    TOO_OLD = "TOO_OLD"
    ABUSE = "ABUSE"
    SPAM = "SPAM"
    SENTIMENT_LOW = "SENTIMENT_LOW"
    LANGUAGE_UNSURE = "LANGUAGE_UNSURE"
    HUMAN_REQUIRED = "HUMAN_REQUIRED"
    """A person must decide; fields: why (minor, crisis, collab, complaint, unsure)."""
    HOLDOUT = "HOLDOUT"
    CAP = "CAP"
    """A rolling-window cap is used up; fields: counter, limit, used, free_at."""
    BUCKET_EMPTY = "BUCKET_EMPTY"
    """The account's token bucket is empty; fields: free_at."""
    VOLUME_SPIKE = "VOLUME_SPIKE"
    """Automation rests while comment volume is above its threshold; fields: per_hour, threshold."""
    QUIET_HOURS = "QUIET_HOURS"
    SIMILAR_TEXT = "SIMILAR_TEXT"
    """Every wording of the reply is too close to what was sent lately; fields: similar, allowed."""
    DELAY = "DELAY"
    """Waits out the sending delay; fields: delay_ms."""
    WINDOW_CLOSED = "WINDOW_CLOSED"
    QUOTA_USED = "QUOTA_USED"
    """The platform's messages for this window are used up; fields: limit, used."""
    READ_IN_APP = "READ_IN_APP"
    """Somebody wrote whose message the platform shows in the app only."""
    PLATFORM_BLOCKED = "PLATFORM_BLOCKED"
    """The platform blocked a message; automation of the account rests until a person lifts the freeze."""
    NOT_FIRST = "NOT_FIRST"
    """The person has not written first."""
    APPROVAL_STALE = "APPROVAL_STALE"
    """The text, recipient or time differs from what a person approved."""
    BY_PERSON = "BY_PERSON"
    """A person decided."""
    PLATFORM_REFUSED = "PLATFORM_REFUSED"
    OUTCOME_UNKNOWN = "OUTCOME_UNKNOWN"
    WORDING_CLOSED = "WORDING_CLOSED"
    DUPLICATE_EVENT = "DUPLICATE_EVENT"


class Reason(msgspec.Struct, frozen=True, gc=False):
    """One reason: a code and its fields (integers are milliseconds, thousandths or counts as the code says)."""

    code: Code
    fields: dict[str, int | str] = {}
