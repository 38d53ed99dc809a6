"""Calls about the account itself, its posts, and what the platform suggests to it."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from goodstanding.sandbox import insights
from goodstanding.sandbox.call import Call, OfAccount, Page, Route, Routes, Text
from goodstanding.sandbox.clock import MILLISECONDS
from goodstanding.sandbox.numbers import read_numbers
from goodstanding.sandbox.state import DAY_MS, Account, ApiError, Video

_RULES = read_numbers().videos
_Unset = UnsetType


class ProfileQuery(OfAccount, kw_only=True):
    """Which fields of the account, and of which days (UTC, both included)."""

    fields: tuple[str, ...] = ("display_name", "profile_image")
    start_date: str | None = None
    end_date: str | None = None


class VideoFilters(msgspec.Struct, frozen=True, kw_only=True):
    """Which posts."""

    video_ids: list[str] | None = None
    ad_post_only: bool | None = None


class VideoQuery(OfAccount, kw_only=True):
    """Which fields of which posts, from before `cursor` (milliseconds)."""

    fields: tuple[str, ...] = ("item_id",)
    filters: VideoFilters = VideoFilters()
    cursor: Annotated[int, msgspec.Meta(ge=0, le=2**53)] | None = None
    max_count: Annotated[int, msgspec.Meta(ge=1, le=_RULES.page_max)] = _RULES.page_default


class HashtagQuery(OfAccount, kw_only=True):
    """A word to suggest hashtags for."""

    keyword: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    language: str = "en"


class LocationQuery(OfAccount, kw_only=True):
    """A place to look for."""

    search_query: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class BenchmarkQuery(OfAccount, kw_only=True):
    """A category of businesses."""

    business_category: Text


class Activity(msgspec.Struct, kw_only=True):
    """Followers who are there in an hour (UTC)."""

    hour: str
    count: int


class _Share(msgspec.Struct, kw_only=True):
    """A share, 0 to 1, of what the other field names."""

    percentage: float


class Age(_Share, kw_only=True):
    """An age of an audience."""

    age: Literal["18-24", "25-34", "35-44", "45-54", "55+"]


class Gender(_Share, kw_only=True):
    """A gender of an audience."""

    gender: Literal["Female", "Male", "Other"]


class Country(_Share, kw_only=True):
    """A country of an audience (ISO 3166)."""

    country: str


class City(_Share, kw_only=True):
    """A city of an audience."""

    city_name: str


class Moment(_Share, kw_only=True):
    """A second of a video."""

    second: str


class Source(_Share, kw_only=True):
    """Where views came from."""

    impression_source: str


class AudienceType(_Share, kw_only=True):
    """New or returning, following or not."""

    type: Literal["NEW_VIEWER", "RETURN_VIEWER", "FOLLOWER_PERCENT", "NON_FOLLOWER_PERCENT"]


class _Counts(msgspec.Struct, kw_only=True):
    """What a day and a post both count; an absent one is not zero."""

    video_views: int | _Unset = UNSET
    profile_views: int | _Unset = UNSET
    likes: int | _Unset = UNSET
    comments: int | _Unset = UNSET
    shares: int | _Unset = UNSET
    phone_number_clicks: int | _Unset = UNSET
    lead_submissions: int | _Unset = UNSET
    app_download_clicks: int | _Unset = UNSET
    email_clicks: int | _Unset = UNSET
    address_clicks: int | _Unset = UNSET


class Day(_Counts, kw_only=True):
    """The figures of a day."""

    date: str
    unique_video_views: int | _Unset = UNSET
    bio_link_clicks: int | _Unset = UNSET
    daily_total_followers: int | _Unset = UNSET
    daily_new_followers: int | _Unset = UNSET
    daily_lost_followers: int | _Unset = UNSET
    followers_count: int | _Unset = UNSET
    engaged_audience: int | _Unset = UNSET
    audience_activity: list[Activity] | _Unset = UNSET


class Profile(msgspec.Struct, kw_only=True):
    """The fields that were asked for and that this account has."""

    is_business_account: bool | _Unset = UNSET
    profile_image: str | _Unset = UNSET
    username: str | _Unset = UNSET
    profile_deep_link: str | _Unset = UNSET
    display_name: str | _Unset = UNSET
    bio_description: str | _Unset = UNSET
    is_verified: bool | _Unset = UNSET
    following_count: int | _Unset = UNSET
    followers_count: int | _Unset = UNSET
    total_likes: int | _Unset = UNSET
    videos_count: int | _Unset = UNSET
    metrics: list[Day] | _Unset = UNSET
    audience_ages: list[Age] | _Unset = UNSET
    audience_genders: list[Gender] | _Unset = UNSET
    audience_countries: list[Country] | _Unset = UNSET
    audience_cities: list[City] | _Unset = UNSET


class Post(_Counts, kw_only=True):
    """A post with the fields that were asked for and that it has; `create_time` is a string of seconds."""

    item_id: str
    media_type: Literal["VIDEO", "PHOTO"] | _Unset = UNSET
    is_ad: bool | _Unset = UNSET
    thumbnail_url: str | _Unset = UNSET
    share_url: str | _Unset = UNSET
    embed_url: str | _Unset = UNSET
    caption: str | _Unset = UNSET
    create_time: str | _Unset = UNSET
    video_duration: float | _Unset = UNSET
    favorites: int | _Unset = UNSET
    reach: int | _Unset = UNSET
    total_time_watched: float | _Unset = UNSET
    average_time_watched: float | _Unset = UNSET
    full_video_watched_rate: float | _Unset = UNSET
    new_followers: int | _Unset = UNSET
    website_clicks: int | _Unset = UNSET
    video_view_retention: list[Moment] | _Unset = UNSET
    engagement_likes: list[Moment] | _Unset = UNSET
    impression_sources: list[Source] | _Unset = UNSET
    audience_genders: list[Gender] | _Unset = UNSET
    audience_countries: list[Country] | _Unset = UNSET
    audience_cities: list[City] | _Unset = UNSET
    audience_types: list[AudienceType] | _Unset = UNSET


class PostPage(Page, kw_only=True):
    """A page of posts, newest first."""

    videos: list[Post]


class PostSettings(msgspec.Struct, kw_only=True):
    """What the account may choose when it publishes."""

    privacy_level_options: list[str]
    comment_disabled: bool
    duet_disabled: bool
    stitch_disabled: bool
    max_video_post_duration_sec: int


class Suggestion(msgspec.Struct, kw_only=True):
    """A hashtag and how often it was seen."""

    name: str
    view_count: int


class Suggestions(msgspec.Struct, kw_only=True):
    """Hashtags for a word."""

    suggestions: list[Suggestion]


class Location(msgspec.Struct, kw_only=True):
    """A place that a post can name."""

    location_id: str
    location_name: str
    location_address: str


class Locations(msgspec.Struct, kw_only=True):
    """Places for a search."""

    locations: list[Location]


class Benchmark(msgspec.Struct, kw_only=True):
    """Averages of a category of businesses."""

    business_category: str
    average_likes: float
    average_comments: float
    average_shares: float
    average_video_count: float
    average_follower_count: float
    average_follower_growth: float
    average_engagement_rate: float
    average_video_views: float


# --- the account ---

_PROFILE: Mapping[str, tuple[str, Callable[[Call, Account], Any]]] = {
    "display_name": ("user.info.basic", lambda _, account: account.display_name),
    "profile_image": (
        "user.info.basic",
        lambda call, account: call.address(f"profile/{account.username}"),
    ),
    "username": ("user.info.username", lambda _, account: account.username),
    "profile_deep_link": (
        "user.info.profile",
        lambda _, account: f"https://www.tiktok.com/@{account.username}",
    ),
    "bio_description": ("user.info.profile", lambda _, account: account.bio),
    "is_verified": ("user.info.profile", lambda _, account: account.is_verified),
    "is_business_account": ("user.account.type", lambda _, account: account.is_business),
    "following_count": ("user.info.stats", lambda _, account: account.following),
    "followers_count": (
        "user.info.stats",
        lambda call, account: insights.followers_on(
            account, call.world.clock.now_ms() // DAY_MS, start_day=call.world.start_day
        ),
    ),
    "total_likes": ("user.info.stats", lambda _, account: account.total_likes),
    "videos_count": (
        "user.info.stats",
        lambda call, account: len(call.world.state.videos_of(account.open_id)),
    ),
}


def profile(call: Call, asked: ProfileQuery) -> Profile:
    """Tell the account's profile at once, and its figures one or two days late."""
    account, rules = call.account, call.world.numbers
    found: dict[str, Any] = {}
    metrics: list[str] = []
    for name in asked.fields:
        if name in _PROFILE:
            scope, value = _PROFILE[name]
            call.need_scope(scope)
            found[name] = value(call, account)
        elif name in insights.AUDIENCE:
            call.need_scope("user.insights")
            if account.followers >= rules.regions.audience_followers_min and account.analytics:
                found[name] = insights.audience(account, name)
        elif name not in insights.METRICS:
            raise ApiError(40002, f"Field {name} is invalid.")
        if name in insights.METRICS:
            metrics.append(name)
    first, last = _days(call, asked)
    if set(metrics) - _PROFILE.keys() or (metrics and asked.start_date is not None):
        call.need_scope("user.insights")
        found["metrics"] = _metrics(call, metrics, first, last)
    return msgspec.convert(found, Profile)


def _metrics(call: Call, fields: list[str], first: int, last: int) -> list[dict[str, Any]]:
    account, rules, now = call.account, call.world.numbers, call.world.clock.now_ms()
    if not account.analytics:
        return []
    return [
        insights.daily(
            account, day, fields, start_day=call.world.start_day, rules=rules.insights,
            audience_min=rules.regions.audience_followers_min,
        )
        for day in range(first, last + 1)
        if insights.available_ms(account.open_id, day, rules.insights) <= now
    ]  # fmt: skip


def _days(call: Call, asked: ProfileQuery) -> tuple[int, int]:
    """Return the first and the last day asked for, as days since 1970; the last week until yesterday if not said."""
    rules, today = call.world.numbers.insights, call.world.clock.now_ms() // DAY_MS
    last = _day("end_date", asked.end_date, today - 1)
    first = _day("start_date", asked.start_date, last - 6)
    if first > last:
        raise ApiError(40002, "Param start_date must not be after end_date.")
    if first < today - rules.look_back_days:
        raise ApiError(40002, f"Param start_date lies more than {rules.look_back_days} days back.")
    return first, min(last, today)


def _day(name: str, text: str | None, default: int) -> int:
    if text is None:
        return default
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise ApiError(40002, f"Param {name} is not a date like 2026-11-21.")
    return (day - dt.date(1970, 1, 1)).days


# --- posts ---

_POST: Mapping[str, Callable[[Call, Video], Any]] = {
    "item_id": lambda _, video: video.item_id,
    "media_type": lambda _, video: video.media_type,
    "is_ad": lambda _, video: video.is_ad,
    "create_time": lambda _, video: str(video.create_ms // MILLISECONDS),
    "caption": lambda _, video: video.caption,
    "thumbnail_url": lambda call, video: call.address(f"thumbnail/{video.item_id}"),
    "share_url": lambda call, video: (
        f"https://www.tiktok.com/@{call.account.username}/{video.media_type.lower()}/{video.item_id}"
    ),
    "embed_url": lambda _, video: f"https://www.tiktok.com/player/v1/{video.item_id}",
}
_LATE = frozenset(["video_duration", "comments", *insights.COUNTED])


def video_list(call: Call, asked: VideoQuery) -> PostPage:
    """List the account's posts, newest first, from before `cursor`; figures come one or two days late."""
    if "item_id" not in asked.fields:
        raise ApiError(40002, "fields must contain item_id.")
    for name in asked.fields:
        if name not in _POST and name not in _LATE and name not in insights.VIDEO_INSIGHTS:
            raise ApiError(40002, f"Field {name} is invalid.")
    if not insights.VIDEO_INSIGHTS.isdisjoint(asked.fields):
        call.need_scope("video.insights")
    wanted = asked.filters.video_ids
    if asked.filters.ad_post_only is not None and wanted is None:
        raise ApiError(40002, "filters.ad_post_only needs filters.video_ids.")
    now = call.world.clock.now_ms()
    cursor = now if asked.cursor is None else asked.cursor
    found = [
        video
        for video in call.world.state.videos_of(call.account.open_id)
        if video.create_ms < cursor
        and not video.in_violation
        and (wanted is None or video.item_id in wanted)
        and (not asked.filters.ad_post_only or video.is_ad)
    ]
    count = asked.max_count
    if asked.cursor is not None and count > 2 and len(found) > count and call.world.options.short_pages:  # noqa: PLR2004 - any page of three or more can come short
        count -= 1
    page = found[:count]
    return PostPage(
        videos=[_post(call, video, asked.fields) for video in page],
        cursor=page[-1].create_ms if page else cursor,
        has_more=len(found) > len(page),
    )


def _post(call: Call, video: Video, fields: tuple[str, ...]) -> Post:
    found = {name: _POST[name](call, video) for name in fields if name in _POST}
    rules = call.world.numbers.insights
    until = insights.counted_until(video, call.world.clock.now_ms(), rules)
    if until < video.create_ms or not call.account.analytics:
        return msgspec.convert(found, Post)
    grown = insights.grown(video, until, rules)
    views = insights.COUNTED["video_views"](video, grown)
    quiet = until - call.world.state.threads[video.item_id].active_ms > rules.quiet_days * DAY_MS
    for name in fields:
        if name in found or (quiet and name in insights.VANISHING):
            continue
        value: Any
        if name in insights.COUNTED:
            value = insights.COUNTED[name](video, grown)
        elif name == "video_duration":
            value = round(video.duration, 3)
        elif name == "comments":
            value = call.world.state.comments_until(video.item_id, until)
        else:
            value = insights.video_figure(video, call.account, name, views=views)
        if value is not None:
            found[name] = value
    return msgspec.convert(found, Post)


def video_settings(call: Call, _: OfAccount) -> PostSettings:
    """Tell what the account may choose when it publishes."""
    return PostSettings(
        privacy_level_options=[
            "PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "FOLLOWER_OF_CREATOR", "SELF_ONLY",
        ],
        comment_disabled=False,
        duet_disabled=False,
        stitch_disabled=False,
        max_video_post_duration_sec=call.world.numbers.publishing.seconds_max,
    )  # fmt: skip


# --- suggestions ---

_LANGUAGES = {"nl": ("recept", "tips", "lekker", "thuis"), "en": ("tips", "hacks", "ideas", "life")}


def hashtags(call: Call, asked: HashtagQuery) -> Suggestions:
    """Suggest hashtags for a word."""
    word = "".join(sign for sign in asked.keyword.casefold() if sign.isalnum()) or "sandbox"
    endings = _LANGUAGES.get(asked.language.partition("-")[0], _LANGUAGES["en"])
    names = [word, *(f"{word}{ending}" for ending in endings)]
    call.entry.action = asked.language
    return Suggestions(
        suggestions=[
            Suggestion(name=name, view_count=int(9_000_000 * insights.chance("hashtag", name)) + 100)
            for name in names
        ]
    )


def locations(call: Call, asked: LocationQuery) -> Locations:
    """Find invented places."""
    found = [f"{asked.search_query.strip() or 'Nergens'} {part}" for part in ("Centrum", "Station", "Haven")]
    call.entry.action = asked.search_query
    return Locations(
        locations=[
            Location(
                location_id=str(int(22_000_000_000 * (1 + insights.chance("place", name)))),
                location_name=name,
                location_address=f"{name} (invented)",
            )
            for name in found
        ]
    )


def benchmark(call: Call, asked: BenchmarkQuery) -> Benchmark:
    """Tell the averages of a category."""
    call.entry.action = asked.business_category
    views = round(2_000 + 20_000 * insights.chance("category", asked.business_category), 1)
    return Benchmark(
        business_category=asked.business_category,
        average_likes=round(views * 0.06, 2),
        average_comments=round(views * 0.004, 2),
        average_shares=round(views * 0.003, 2),
        average_video_count=8.4,
        average_follower_count=round(views * 1.3, 1),
        average_follower_growth=0.013,
        average_engagement_rate=0.067,
        average_video_views=views,
    )


ROUTES: Routes = {
    "/business/get/": {"GET": Route(profile, ProfileQuery, Profile, portal="1762228399168514")},
    "/business/video/list/": {
        "GET": Route(video_list, VideoQuery, PostPage, scope="video.list", portal="1762228421622786")
    },
    "/business/video/settings/": {
        "GET": Route(video_settings, OfAccount, PostSettings, portal="1816387951979521")
    },
    "/business/hashtag/suggestion/": {
        "GET": Route(hashtags, HashtagQuery, Suggestions, portal="1762228503821314")
    },
    "/business/publish/location/": {
        "GET": Route(locations, LocationQuery, Locations, portal="1870580030749698")
    },
    "/business/benchmark/": {"GET": Route(benchmark, BenchmarkQuery, Benchmark, portal="1822388944791617")},
}
