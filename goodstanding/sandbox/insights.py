"""Figures of accounts and videos: invented, but the same at each asking, late, and absent where they must be.

Nothing is stored. A figure follows from the account or video, the day it is for, and the seed of the names.
"""

import hashlib
import math
from collections.abc import Callable, Mapping
from typing import Any

from goodstanding.sandbox.clock import iso
from goodstanding.sandbox.numbers import Insights
from goodstanding.sandbox.state import DAY_MS, Account, Video

HOUR_MS = 3_600_000
_GROWTH_DAYS = 5.0
_CITIES = {
    "NL": ("Amsterdam", "Rotterdam", "Utrecht", "Eindhoven"),
    "ID": ("Jakarta", "Bandung", "Surabaya", "Medan"),
    "US": ("New York", "Los Angeles", "Chicago", "Houston"),
    "VN": ("Ho Chi Minh City", "Hanoi", "Da Nang", "Hai Phong"),
}
_NEIGHBOURS = {
    "NL": ("BE", "DE", "SR"),
    "ID": ("MY", "SG", "TH"),
    "US": ("CA", "MX", "GB"),
    "VN": ("TH", "KH", "MY"),
}


def chance(*parts: object) -> float:
    """Return a number from 0 to 1 that always is the same for the same parts."""
    digest = hashlib.sha256("/".join(map(str, parts)).encode()).digest()
    return int.from_bytes(digest[:6], "big") / (1 << 48)


def shares(names: tuple[str, ...], key: str, value: str, *parts: object) -> list[dict[str, Any]]:
    """Return a share for each name, the largest first, together about 1."""
    raw = sorted((0.05 + chance(*parts, name) / (1 + index)) for index, name in enumerate(names))[::-1]
    total = sum(raw)
    return [{key: name, value: round(weight / total, 4)} for name, weight in zip(names, raw, strict=True)]


# --- accounts ---

DAILY: Mapping[str, tuple[float, str]] = {
    "video_views": (0.80, ""),
    "unique_video_views": (0.55, "business"),
    "profile_views": (0.03, ""),
    "likes": (0.06, ""),
    "comments": (0.004, ""),
    "shares": (0.003, ""),
    "phone_number_clicks": (0.0004, "verified"),
    "lead_submissions": (0.0002, "verified"),
    "app_download_clicks": (0.0001, "verified"),
    "bio_link_clicks": (0.004, "verified"),
    "email_clicks": (0.0003, "verified"),
    "address_clicks": (0.0001, "verified"),
    "engaged_audience": (0.05, "business"),
}
"""Metrics of a day as a share of the followers, and who has them."""
FOLLOWING = ("followers_count", "daily_total_followers", "daily_new_followers", "daily_lost_followers")
AUDIENCE = ("audience_ages", "audience_genders", "audience_countries", "audience_cities")
METRICS = frozenset([*DAILY, *FOLLOWING, "audience_activity"])


def has(account: Account, needs: str) -> bool:
    """Whether an account has figures for `business` or `verified` accounts."""
    return (not needs or account.is_business) and (needs != "verified" or account.is_verified)


def followers_on(account: Account, day: int, *, start_day: int) -> int:
    """Return the followers at the end of a day (days since 1970); `followers` holds at the start day."""
    grown = account.followers * 0.0006 * (day - start_day)
    return max(0, account.followers + int(grown))


def _late_ms(name: str, day: int, rules: Insights) -> int:
    """Return how late the figures of an account or video are, for a day."""
    span = rules.latency_hours_max - rules.latency_hours_min
    return int((rules.latency_hours_min + chance(name, day, "late") * span) * HOUR_MS)


def available_ms(open_id: str, day: int, rules: Insights) -> int:
    """Return when the figures of a day can first be asked for."""
    return (day + 1) * DAY_MS + _late_ms(open_id, day, rules)


def daily(
    account: Account, day: int, fields: list[str], *, start_day: int, rules: Insights, audience_min: int
) -> dict[str, Any]:
    """Return the figures of one day; what the account does not have is absent."""
    found: dict[str, Any] = {"date": iso(day * DAY_MS)[:10]}
    for name in fields:
        if name in DAILY:
            share, needs = DAILY[name]
            if has(account, needs):
                draw = 0.6 + 0.8 * chance(account.open_id, day, name)
                found[name] = int(account.followers * share * draw)
        elif name == "followers_count":
            found[name] = followers_on(account, day, start_day=start_day)
        elif name in FOLLOWING and account.is_business:
            found[name] = _followers_moved(account, day, name, start_day=start_day)
        elif name == "audience_activity" and account.followers >= audience_min:
            found[name] = [
                {"hour": str(hour), "count": int(account.followers * 0.02 * _awake(hour, account, day))}
                for hour in range(rules.hours_of_day)
            ]
    return found


def _followers_moved(account: Account, day: int, name: str, *, start_day: int) -> int:
    net = followers_on(account, day, start_day=start_day) - followers_on(
        account, day - 1, start_day=start_day
    )
    lost = int(account.followers * 0.0003 * chance(account.open_id, day, "lost"))
    return {"daily_total_followers": net, "daily_lost_followers": lost, "daily_new_followers": net + lost}[
        name
    ]


def _awake(hour: int, account: Account, day: int) -> float:
    return max(0.0, 1 + math.sin((hour - 13) / 24 * 2 * math.pi)) * (
        0.8 + 0.4 * chance(account.open_id, day, hour)
    )


def audience(account: Account, name: str) -> list[dict[str, Any]]:
    """Return who follows an account, by age, gender, country or city."""
    if name == "audience_ages":
        return shares(("25-34", "18-24", "35-44", "45-54", "55+"), "age", "percentage", account.open_id)
    if name == "audience_genders":
        return shares(("Female", "Male", "Other"), "gender", "percentage", account.open_id)
    home = account.country
    if name == "audience_countries":
        names = (home, *_NEIGHBOURS.get(home, ("BE", "DE", "FR")))
        return shares(names, "country", "percentage", account.open_id)
    return shares(_CITIES.get(home, _CITIES["NL"]), "city_name", "percentage", account.open_id)


# --- videos ---

COUNTED: Mapping[str, Callable[[Video, float], int]] = {
    "video_views": lambda video, grown: int(video.views * grown),
    "reach": lambda video, grown: int(video.views * grown * 0.85),
    "likes": lambda video, grown: int(video.likes * grown),
    "shares": lambda video, grown: int(video.shares * grown),
    "favorites": lambda video, grown: int(video.favorites * grown),
}
WATCHED = ("total_time_watched", "average_time_watched", "full_video_watched_rate")
CLICKS: Mapping[str, float] = {
    "website_clicks": 0.002,
    "phone_number_clicks": 0.0003,
    "lead_submissions": 0.0002,
    "app_download_clicks": 0.0001,
    "email_clicks": 0.0002,
    "address_clicks": 0.0001,
}
SHAPES = (
    "video_view_retention", "engagement_likes", "impression_sources", "audience_countries", "audience_cities",
    "audience_genders", "audience_types",
)  # fmt: skip
VIDEO_INSIGHTS = frozenset([*WATCHED, *CLICKS, *SHAPES, "new_followers", "profile_views"])
VANISHING = frozenset(["reach", *WATCHED, "impression_sources"])
"""What is dropped when nothing happened under a video for a week. Source: as video list, portal 1762228421622786."""


def counted_until(video: Video, now_ms: int, rules: Insights) -> int:
    """Return the moment up to which a video's figures count: late, and at last 365 days after publication."""
    return min(
        now_ms - _late_ms(video.item_id, now_ms // DAY_MS, rules), video.create_ms + rules.video_days * DAY_MS
    )


def grown(video: Video, until_ms: int, rules: Insights) -> float:
    """Return how much of a video's seeded figures it has at a moment; 1 when they were seeded."""
    lag = rules.latency_hours_min * HOUR_MS
    return _reached(until_ms - video.create_ms) / _reached(
        max(video.counted_ms - lag - video.create_ms, DAY_MS)
    )


def _reached(age_ms: int) -> float:
    return 1 - math.exp(-max(0.0, age_ms / DAY_MS) / _GROWTH_DAYS)


def video_figure(video: Video, account: Account, name: str, *, views: int) -> Any:
    """Return one figure of `VIDEO_INSIGHTS`, or `None` when this account does not have it."""
    if name in CLICKS:
        return int(views * CLICKS[name]) if has(account, "verified") else None
    if name == "profile_views":
        return int(views * 0.01) if account.is_business else None
    if name == "new_followers":
        return int(views * 0.002 * (0.5 + chance(video.item_id, name)))
    if name in WATCHED:
        return _watched(video, name, views=views)
    return _shape(video, account, name)


def _kept(video: Video, second: float) -> float:
    """Return the share of viewers who still watch at a second."""
    patience = 6 + 30 * chance(video.item_id, "patience")
    return round(math.exp(-second / patience), 4)


def _watched(video: Video, name: str, *, views: int) -> float:
    seconds = max(1, math.ceil(video.duration))
    average = round(min(video.duration, sum(_kept(video, second) for second in range(seconds))), 2)
    if name == "average_time_watched":
        return average
    return round(average * views, 2) if name == "total_time_watched" else _kept(video, video.duration)


def _shape(video: Video, account: Account, name: str) -> Any:
    seconds = range(max(1, math.floor(video.duration)) + 1)
    if name == "video_view_retention":
        return [{"second": str(second), "percentage": _kept(video, second)} for second in seconds]
    if name == "engagement_likes":
        raw = [_kept(video, second) * chance(video.item_id, "liked", second) for second in seconds]
        total = sum(raw) or 1.0
        return [{"second": str(second), "percentage": round(raw[second] / total, 4)} for second in seconds]
    if name == "impression_sources":
        names = ("For You", "Follow", "Personal Profile", "Search", "Sound", "Others", "Direct Message")
        return shares(names, "impression_source", "percentage", video.item_id)
    if name == "audience_types":
        new, followers = 0.5 + 0.4 * chance(video.item_id, "new"), 0.2 + 0.3 * chance(video.item_id, "follow")
        found = {
            "NEW_VIEWER": new,
            "RETURN_VIEWER": 1 - new,
            "FOLLOWER_PERCENT": followers,
            "NON_FOLLOWER_PERCENT": 1 - followers,
        }
        return [{"type": kind, "percentage": round(share, 4)} for kind, share in found.items()]
    return audience(account, name)
