"""Time as integers: an instant is UTC milliseconds since 1970, a span is milliseconds."""

from datetime import UTC, datetime

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def iso(instant: int) -> str:
    """Return `instant` as `2026-11-21T14:05:00.000Z`."""
    whole, millis = divmod(instant, SECOND)
    return f"{datetime.fromtimestamp(whole, UTC):%Y-%m-%dT%H:%M:%S}.{millis:03d}Z"
