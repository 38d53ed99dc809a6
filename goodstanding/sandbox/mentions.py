"""Mentions calls: posts and comments of others that name the account, and watched hashtags."""

import re
from collections import Counter
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from goodstanding.sandbox.call import Call, Nothing, OfAccount, Page, Route, Routes, Text
from goodstanding.sandbox.clock import iso
from goodstanding.sandbox.inbox import HOUR_MS
from goodstanding.sandbox.mentioned import Brand, Mention
from goodstanding.sandbox.numbers import read_numbers
from goodstanding.sandbox.state import DAY_MS, ApiError

_WORD = re.compile(r"\w+")
_TAG = re.compile(r"#(\w+)")
_TOP = 20
_BRANDS_MAX = 50
_RULES = read_numbers().mentions
_Unset = UnsetType


class MentionList(OfAccount, kw_only=True):
    """Which mentions, in which order."""

    fields: list[str] | None = None
    sort_field: Literal["CREATE_TIME", "LIKES", "COMMENTS", "SHARES"] = "CREATE_TIME"
    sort_type: Literal["ASC", "DESC"] = "DESC"
    number_of_days: Annotated[int, msgspec.Meta(ge=1, le=_RULES.days_max)] = _RULES.days_max
    regions: list[str] | None = None
    cursor: Annotated[int, msgspec.Meta(ge=0, le=2**53)] = 0
    max_count: Annotated[int, msgspec.Meta(ge=1, le=_RULES.page_max)] = 20


class HashtagVideoList(MentionList, kw_only=True):
    """Which posts with a watched hashtag."""

    hashtag: str | None = None


class MentionVideoGet(OfAccount, kw_only=True):
    """A post that a webhook told of."""

    item_id: Text
    fields: list[str] | None = None


class MentionCommentGet(MentionVideoGet, kw_only=True):
    """A comment that a webhook told of."""

    comment_id: Text


class TopQuery(OfAccount, kw_only=True):
    """Where the mentions come from."""

    regions: list[str] | None = None


class BrandQuery(OfAccount, kw_only=True):
    """The account's own name."""

    username: Text


class BrandAdd(BrandQuery, kw_only=True):
    """Hashtags to watch."""

    hashtags: Annotated[list[Text], msgspec.Meta(min_length=1, max_length=10)]


class BrandRemove(BrandQuery, kw_only=True):
    """A hashtag not to watch any more."""

    hashtag: Text


class MentionVideo(msgspec.Struct, kw_only=True):
    """A post of somebody else; views and reach are null below 1,000."""

    item_id: str
    create_time: str | _Unset = UNSET
    video_link: str | _Unset = UNSET
    caption: str | _Unset = UNSET
    likes: int | _Unset = UNSET
    comments: int | _Unset = UNSET
    shares: int | _Unset = UNSET
    thumbnail_url: str | _Unset = UNSET
    creator_handle_name: str | _Unset = UNSET
    views: int | _Unset | None = UNSET
    reach: int | _Unset | None = UNSET
    matched_hashtags: list[str] | _Unset = UNSET


class MentionVideos(Page, kw_only=True):
    """A page of posts."""

    videos: list[MentionVideo]


class MentionVideoOne(msgspec.Struct, kw_only=True):
    """One post, in a list."""

    video: list[MentionVideo]


class MentionComment(msgspec.Struct, kw_only=True):
    """A comment of somebody else under a post of somebody else."""

    item_id: str
    comment_id: str
    video_link: str | _Unset = UNSET
    caption: str | _Unset = UNSET
    video_likes: int | _Unset = UNSET
    thumbnail_url: str | _Unset = UNSET
    commenter_display_name: str | _Unset = UNSET
    comment_type: str | _Unset = UNSET
    comment_text: str | _Unset = UNSET
    comment_create_time: str | _Unset = UNSET
    comment_likes: int | _Unset = UNSET


class MentionComments(Page, kw_only=True):
    """A page of comments."""

    comments: list[MentionComment]


class MentionCommentOne(msgspec.Struct, kw_only=True):
    """One comment."""

    comment: MentionComment


class TopHashtag(msgspec.Struct, kw_only=True):
    """How often a hashtag stands in the captions."""

    hashtag: str
    count: int


class TopHashtags(msgspec.Struct, kw_only=True):
    """The most frequent hashtags."""

    results: list[TopHashtag]


class TopWord(msgspec.Struct, kw_only=True):
    """How often a word stands in the captions."""

    word: str
    count: int


class TopWords(msgspec.Struct, kw_only=True):
    """The most frequent words."""

    results: list[TopWord]


class BrandShown(msgspec.Struct, kw_only=True):
    """A hashtag; its date when it is watched."""

    hashtag: str
    create_date: str | _Unset = UNSET


class Brands(msgspec.Struct, kw_only=True):
    """Hashtags."""

    hashtag_list: list[BrandShown]


# --- showing ---


def _only(
    found: dict[str, Any], fields: list[str] | None, known: type[msgspec.Struct], kept: set[str]
) -> Any:
    if fields is not None:
        unknown = set(fields) - set(known.__struct_fields__)
        if unknown:
            raise ApiError(40002, f"Field {min(unknown)} is invalid.")
        found = {name: value for name, value in found.items() if name in fields or name in kept}
    return msgspec.convert(found, known)


def _video(
    call: Call, one: Mention, fields: list[str] | None, *, tags: list[str] | None = None
) -> MentionVideo:
    shown = one.views if one.views >= call.world.numbers.mentions.views_min else None
    found: dict[str, Any] = {
        "item_id": one.item_id,
        "create_time": str(one.at_ms // 1000),
        "video_link": one.share_url,
        "caption": one.caption,
        "likes": one.likes,
        "comments": one.comments,
        "shares": one.shares,
        "thumbnail_url": call.address(f"thumbnail/{one.item_id}"),
        "creator_handle_name": one.username,
        "views": shown,
        "reach": shown,
    }
    if tags is not None:
        found["matched_hashtags"] = tags
    made: MentionVideo = _only(found, fields, MentionVideo, {"item_id", "matched_hashtags"})
    return made


def _comment(call: Call, one: Mention, fields: list[str] | None) -> MentionComment:
    found = {
        "item_id": one.item_id,
        "comment_id": one.comment_id,
        "video_link": one.share_url,
        "caption": one.caption,
        "video_likes": one.likes,
        "thumbnail_url": call.address(f"thumbnail/{one.item_id}"),
        "commenter_display_name": one.display_name,
        "comment_type": "comment",
        "comment_text": one.text,
        "comment_create_time": str(one.at_ms // 1000),
        "comment_likes": 0,
    }
    made: MentionComment = _only(found, fields, MentionComment, {"item_id", "comment_id"})
    return made


def _chosen(call: Call, kind: str, asked: MentionList) -> list[Mention]:
    since = call.world.clock.now_ms() - asked.number_of_days * DAY_MS
    found = [
        one
        for one in call.world.mentions.of_account(call.account.open_id)
        if one.kind == kind and one.at_ms >= since and (not asked.regions or one.region in asked.regions)
    ]
    keys = {
        "CREATE_TIME": lambda one: one.at_ms,
        "LIKES": lambda one: one.likes,
        "COMMENTS": lambda one: one.comments,
        "SHARES": lambda one: one.shares,
    }
    found.sort(key=keys[asked.sort_field], reverse=asked.sort_type == "DESC")
    return found


def _cut(found: list[Mention], asked: MentionList) -> tuple[list[Mention], int, bool]:
    page = found[asked.cursor : asked.cursor + asked.max_count]
    end = asked.cursor + len(page)
    return page, end, end < len(found) and bool(page)


def video_list(call: Call, asked: MentionList) -> MentionVideos:
    """List posts that mention the account."""
    page, cursor, more = _cut(_chosen(call, "VIDEO_MENTION", asked), asked)
    return MentionVideos(
        videos=[_video(call, one, asked.fields) for one in page], cursor=cursor, has_more=more
    )


def video_get(call: Call, asked: MentionVideoGet) -> MentionVideoOne:
    """Tell one post, within 48 hours of its webhook."""
    found = [
        one for one in call.world.mentions.of_account(call.account.open_id) if one.item_id == asked.item_id
    ]
    return MentionVideoOne(video=[_video(call, _fresh(call, found[:1]), asked.fields)])


def comment_list(call: Call, asked: MentionList) -> MentionComments:
    """List comments that mention the account under posts of others."""
    page, cursor, more = _cut(_chosen(call, "COMMENT", asked), asked)
    return MentionComments(
        comments=[_comment(call, one, asked.fields) for one in page], cursor=cursor, has_more=more
    )


def comment_get(call: Call, asked: MentionCommentGet) -> MentionCommentOne:
    """Tell one comment, within 48 hours of its webhook."""
    known = call.world.mentions.comment(call.account.open_id, asked.comment_id, asked.item_id)
    return MentionCommentOne(comment=_comment(call, _fresh(call, [known] if known else []), asked.fields))


def _fresh(call: Call, found: list[Mention]) -> Mention:
    hours = call.world.numbers.mentions.detail_hours
    if not found or not found[0].told_ms:
        raise ApiError(40007, "There is no such mention.")
    if call.world.clock.now_ms() - found[0].told_ms > hours * HOUR_MS:
        raise ApiError(40007, f"The mention was told more than {hours} hours ago.")
    return found[0]


# --- counting and hashtags ---


def _captions(call: Call, asked: TopQuery) -> list[str]:
    return [
        one.caption
        for one in call.world.mentions.of_account(call.account.open_id)
        if not asked.regions or one.region in asked.regions
    ]


def top_hashtags(call: Call, asked: TopQuery) -> TopHashtags:
    """Count the hashtags of the posts that mention the account."""
    counts = Counter(tag.casefold() for caption in _captions(call, asked) for tag in _TAG.findall(caption))
    return TopHashtags(results=[TopHashtag(hashtag=tag, count=n) for tag, n in counts.most_common(_TOP)])


def top_words(call: Call, asked: TopQuery) -> TopWords:
    """Count the words of the posts that mention the account."""
    counts = Counter(word.casefold() for caption in _captions(call, asked) for word in _WORD.findall(caption))
    return TopWords(results=[TopWord(word=word, count=n) for word, n in counts.most_common(_TOP)])


def _own_name(call: Call, asked: BrandQuery) -> None:
    if asked.username != call.account.username:
        raise ApiError(40002, "Param username is not the account's own.")


def _tag(text: str) -> str:
    return text.lstrip("#").casefold()


def brand_verify(call: Call, asked: BrandQuery) -> Brands:
    """Tell which hashtags could be watched: those made of the account's own name."""
    _own_name(call, asked)
    name = re.sub(r"\W|_", "", asked.username.casefold())
    return Brands(hashtag_list=[BrandShown(hashtag=tag) for tag in (name, f"{name}official", f"team{name}")])


def _brands(call: Call) -> dict[str, Brand]:
    return call.world.mentions.brands.setdefault(call.account.open_id, {})


def _shown_brands(call: Call) -> Brands:
    return Brands(
        hashtag_list=[
            BrandShown(hashtag=one.hashtag, create_date=iso(one.create_ms)[:10])
            for one in _brands(call).values()
        ]
    )


def brand_add(call: Call, asked: BrandAdd) -> Brands:
    """Watch hashtags that could be watched."""
    allowed = {one.hashtag for one in brand_verify(call, asked).hashtag_list}
    wanted = {_tag(tag) for tag in asked.hashtags}
    if not wanted <= allowed:
        raise ApiError(40002, "A hashtag is not one that can be watched.")
    brands = _brands(call)
    if len(brands.keys() | wanted) > _BRANDS_MAX:
        raise ApiError(40002, f"At most {_BRANDS_MAX} hashtags can be watched.")
    for tag in sorted(wanted - brands.keys()):
        brands[tag] = Brand(hashtag=tag, create_ms=call.world.clock.now_ms())
    return _shown_brands(call)


def brand_list(call: Call, asked: BrandQuery) -> Brands:
    """List the watched hashtags."""
    _own_name(call, asked)
    return _shown_brands(call)


def brand_remove(call: Call, asked: BrandRemove) -> Nothing:
    """Stop watching a hashtag, at the earliest after 7 days."""
    _own_name(call, asked)
    brands = _brands(call)
    known = brands.get(_tag(asked.hashtag))
    if known is None:
        raise ApiError(40007, "The hashtag is not watched.")
    if call.world.clock.now_ms() - known.create_ms < 7 * DAY_MS:
        raise ApiError(40002, "A hashtag is watched for at least 7 days.")
    del brands[known.hashtag]
    return Nothing()


def brand_videos(call: Call, asked: HashtagVideoList) -> MentionVideos:
    """List posts with a watched hashtag."""
    watched = set(_brands(call))
    if asked.hashtag is not None:
        watched &= {_tag(asked.hashtag)}
    matched: list[tuple[Mention, list[str]]] = []
    for one in _chosen(call, "VIDEO_MENTION", asked):
        tags = sorted(watched & {tag.casefold() for tag in _TAG.findall(one.caption)})
        if tags:
            matched.append((one, tags))
    page, cursor, more = _cut([one for one, _ in matched], asked)
    tags_of = {id(one): tags for one, tags in matched}
    return MentionVideos(
        videos=[_video(call, one, asked.fields, tags=tags_of[id(one)]) for one in page],
        cursor=cursor,
        has_more=more,
    )


def _get(function: Any, takes: type[OfAccount], gives: type[msgspec.Struct]) -> dict[str, Route]:
    return {"GET": Route(function, takes, gives, scope="biz.brand.insights", product="mentions")}


def _post(function: Any, takes: type[OfAccount], gives: type[msgspec.Struct]) -> dict[str, Route]:
    return {"POST": Route(function, takes, gives, "brand", scope="biz.brand.insights", product="mentions")}


_BASE = "/business/mention"
ROUTES: Routes = {
    f"{_BASE}/video/list/": _get(video_list, MentionList, MentionVideos),
    f"{_BASE}/video/get/": _get(video_get, MentionVideoGet, MentionVideoOne),
    f"{_BASE}/comment/list/": _get(comment_list, MentionList, MentionComments),
    f"{_BASE}/comment/get/": _get(comment_get, MentionCommentGet, MentionCommentOne),
    f"{_BASE}/top_hashtag/list/": _get(top_hashtags, TopQuery, TopHashtags),
    f"{_BASE}/top_word/list/": _get(top_words, TopQuery, TopWords),
    f"{_BASE}/hashtag/verify/list/": _get(brand_verify, BrandQuery, Brands),
    f"{_BASE}/hashtag/add/": _post(brand_add, BrandAdd, Brands),
    f"{_BASE}/hashtag/manage/list/": _get(brand_list, BrandQuery, Brands),
    f"{_BASE}/hashtag/video/list/": _get(brand_videos, HashtagVideoList, MentionVideos),
    f"{_BASE}/hashtag/remove/": _post(brand_remove, BrandRemove, Nothing),
}
