"""TikTok's Accounts API: insights, posts, comments, mentions, and the acts of a person.

A figure that is absent stays absent: nothing here makes a zero of it. Ids stay strings.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Literal, TypeVar

import msgspec

from goodstanding.adapters.tiktok import automatic, wire_messages
from goodstanding.adapters.tiktok.calls import UNREADABLE, Caller, Told
from goodstanding.adapters.tiktok.messaging import AUTO_MESSAGES, CONTENT_LIST, CONVERSATION_LIST
from goodstanding.kernel.timing import SECOND
from goodstanding.usecases.ports import Account
from goodstanding.usecases.ports.automatic import AutomaticKind, AutomaticMessages
from goodstanding.usecases.ports.feed import (
    AccountPage,
    ClickPermit,
    ClickResult,
    CommentPage,
    ListedComment,
    ListedVideo,
    Mention,
    MentionPage,
    PublishStatus,
    ReadFailedError,
    ReadTrouble,
    UploadedImage,
    VideoPage,
    VideoSettings,
)
from goodstanding.usecases.ports.messages import (
    ConversationKind,
    ConversationPage,
    ListedConversation,
    MessagePage,
)

T = TypeVar("T")
FILE = "tiktok-fields-2026-11.toml"
_TROUBLE: Mapping[str, ReadTrouble] = {
    "pace": "wait", "wait": "wait", "not_reached": "retry", "no_answer": "retry", "unreadable": "retry",
    "rejected": "refused", "refresh": "reauthorise", "reauthorise": "reauthorise", "capability": "capability",
    "absent": "absent", "verify": "retry", "retry": "retry", "freeze": "wait", "operator": "capability",
    "stop": "reauthorise",
}  # fmt: skip
"""What each class of answer means to somebody who only reads; any other is `refused`."""
_LATER = frozenset({"pace", "wait", "not_reached", "freeze", "operator", "stop"})
_PERHAPS = frozenset({"no_answer", "unreadable", "partial", "verify", "retry"})


class Fields(msgspec.Struct, frozen=True):
    """The dated file of fields and sizes."""

    account: dict[str, list[str]]
    video: dict[str, list[str]]
    pages: dict[str, int]
    look_back: dict[str, int]


@cache
def fields() -> Fields:
    """Return the shipped fields and sizes."""
    raw = (files("goodstanding.playbooks") / "platform" / FILE).read_bytes()
    return msgspec.convert(msgspec.toml.decode(raw), Fields)


class _Comment(msgspec.Struct):
    comment_id: str | int
    video_id: str | int = ""
    parent_comment_id: str | int = ""
    unique_identifier: str = ""
    username: str = ""
    text: str = ""
    create_time: str | int = 0
    status: str = "PUBLIC"
    owner: bool = False
    liked: bool = False
    likes: int | None = None
    replies: int | None = None
    reply_list: list[msgspec.Raw] | None = None


class _Comments(msgspec.Struct):
    comments: list[msgspec.Raw] | None = None
    cursor: str | int = 0
    has_more: bool = False


class _Video(msgspec.Struct):
    item_id: str | int
    create_time: str | int | None = None
    caption: str | None = None
    comments: int | None = None


class _Videos(msgspec.Struct):
    videos: list[msgspec.Raw] | None = None
    cursor: str | int = 0
    has_more: bool = False


class _Profile(msgspec.Struct):
    is_business_account: bool | None = None
    is_verified: bool | None = None
    followers_count: int | None = None
    username: str | None = None
    display_name: str | None = None


class _Settings(msgspec.Struct):
    privacy_level_options: list[str] = []
    comment_disabled: bool | None = None
    duet_disabled: bool | None = None
    stitch_disabled: bool | None = None
    max_video_post_duration_sec: int | None = None


class _Status(msgspec.Struct):
    status: str
    reason: str = ""
    post_ids: list[str | int] = []


class _Mention(msgspec.Struct):
    item_id: str | int = ""
    video_id: str | int = ""
    create_time: str | int | None = None
    video_create_time: str | int | None = None
    caption: str | None = None
    video_caption: str | None = None
    share_url: str | None = None
    video_link: str | None = None


class _Mentions(msgspec.Struct):
    videos: list[msgspec.Raw] | None = None
    mentions: list[msgspec.Raw] | None = None
    cursor: str | int = 0
    has_more: bool = False


class _Conversation(msgspec.Struct):
    conversation_id: Annotated[str, msgspec.Meta(min_length=1)]
    update_time: str | int


class _Conversations(msgspec.Struct):
    conversations: list[msgspec.Raw] | None = None
    cursor: str | int = 0
    has_more: bool = False


class _Contents(msgspec.Struct):
    messages: list[msgspec.Raw] | None = None


class _Image(msgspec.Struct):
    image_uri: str
    width: int = 0
    height: int = 0


class _Made(msgspec.Struct):
    comment_id: str | int = ""


_exact = msgspec.json.Decoder(float_hook=str).decode
"""Numbers with a fraction become the text they came as: no rounding can change what was captured."""
_encode = msgspec.json.Encoder().encode


class AccountsApi:
    """The calls, for one app. Reads raise `ReadFailedError`."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def account_page(self, account: Account, *, since: str, until: str) -> AccountPage:
        groups = fields().account
        query = {"start_date": since, "end_date": until}
        found, missing = await self._by_group(account, "/business/get/", groups, query)
        profile = _read(found, _Profile)
        return AccountPage(
            business=profile.is_business_account,
            verified=profile.is_verified,
            followers=profile.followers_count,
            handle=profile.username,
            name=profile.display_name,
            insights=found,
            missing_scopes=missing,
        )

    async def video_page(
        self, account: Account, *, before: int | None = None, ids: Sequence[str] = (), insights: bool = False
    ) -> VideoPage:
        groups = fields().video
        query = {"max_count": str(fields().pages["videos"])}
        if before is not None:
            query["cursor"] = str(before)
        if ids:
            query["filters"] = _text({"video_ids": list(ids)})
        wanted = [*groups["video.list"], *(groups["video.insights"] if insights else [])]
        told = await self._caller.get(account, "/business/video/list/", {**query, "fields": _text(wanted)})
        if insights and told.kind == "capability":
            bare = await self.video_page(account, before=before, ids=ids)
            return msgspec.structs.replace(bare, missing_scopes=("video.insights",))
        page = _data(told, _Videos)
        videos, unreadable = _each(page.videos, _video)
        return VideoPage(
            videos=videos,
            cursor=_whole(page.cursor) or 0,
            more=page.has_more,
            unreadable=unreadable + _left_out(told),
        )

    async def comment_page(
        self, account: Account, video_id: str, *, cursor: int = 0, replies: bool = False
    ) -> CommentPage:
        query = {
            "video_id": video_id,
            "status": "ALL",
            "sort_field": "create_time",
            "sort_order": "desc",
            "cursor": str(cursor),
            "max_count": str(fields().pages["comments"]),
            **({"include_replies": "true"} if replies else {}),
        }
        return self._comments(await self._caller.get(account, "/business/comment/list/", query), video_id, "")

    async def comments_by_id(self, account: Account, video_id: str, ids: Sequence[str]) -> CommentPage:
        most = fields().pages["comment_ids"]
        assert len(ids) <= most
        query = {
            "video_id": video_id,
            "comment_ids": _text(list(ids)),
            "status": "ALL",
            "max_count": str(most),
        }
        told = await self._caller.get(account, "/business/comment/list/", query)
        return self._comments(told, video_id, "")

    async def reply_page(
        self, account: Account, video_id: str, comment_id: str, *, cursor: int = 0
    ) -> CommentPage:
        query = {
            "video_id": video_id,
            "comment_id": comment_id,
            "status": "ALL",
            "cursor": str(cursor),
            "max_count": str(fields().pages["comments"]),
        }
        told = await self._caller.get(account, "/business/comment/reply/list/", query)
        return self._comments(told, video_id, comment_id)

    def reading_per_hour(self) -> int | None:
        return self._caller.reading_per_hour()

    async def video_settings(self, account: Account) -> VideoSettings:
        told = _data(await self._caller.get(account, "/business/video/settings/", {}), _Settings)
        return VideoSettings(
            privacy_levels=tuple(told.privacy_level_options),
            comment_disabled=told.comment_disabled,
            duet_disabled=told.duet_disabled,
            stitch_disabled=told.stitch_disabled,
            seconds_max=told.max_video_post_duration_sec,
        )

    async def publish_status(self, account: Account, publish_id: str) -> PublishStatus:
        query = {"publish_id": publish_id}
        told = _data(await self._caller.get(account, "/business/publish/status/", query), _Status)
        return PublishStatus(
            status=told.status, reason=told.reason, post_ids=tuple(str(one) for one in told.post_ids)
        )

    async def mention_page(self, account: Account, *, days: int, cursor: int = 0) -> MentionPage:
        query = {
            "number_of_days": str(days),
            "sort_field": "CREATE_TIME",
            "cursor": str(cursor),
            "max_count": str(fields().pages["mentions"]),
        }
        page = _data(await self._caller.get(account, "/business/mention/video/list/", query), _Mentions)
        mentions, _ = _each(page.videos or page.mentions, _mention)
        return MentionPage(mentions=mentions, cursor=_whole(page.cursor) or 0, more=page.has_more)

    async def automatic_messages(self, account: Account, kind: AutomaticKind) -> AutomaticMessages:
        told = await self._caller.post(account, AUTO_MESSAGES, {"auto_message_type": kind})
        return automatic.read(kind, _data(told, automatic.Listed))

    async def conversation_page(
        self, account: Account, kind: ConversationKind, *, cursor: int = 0
    ) -> ConversationPage:
        query = {
            "conversation_type": kind,
            "limit": str(fields().pages["conversations"]),
            **({"cursor": str(cursor)} if cursor else {}),
        }
        told = await self._caller.get(account, CONVERSATION_LIST, query)
        page = _data(told, _Conversations)
        found, unreadable = _each(page.conversations, _conversation)
        return ConversationPage(
            conversations=found,
            cursor=_whole(page.cursor) or 0,
            more=page.has_more,
            unreadable=unreadable + _left_out(told),
        )

    async def message_page(self, account: Account, conversation_id: str) -> MessagePage:
        told = await self._caller.get(account, CONTENT_LIST, {"conversation_id": conversation_id})
        page = _data(told, _Contents)
        found, unreadable = _each(
            page.messages, lambda raw: wire_messages.listed(raw, conversation_id, account.external_id)
        )
        return MessagePage(messages=found, unreadable=unreadable + _left_out(told))

    async def upload_image(self, account: Account, media_type: str, content: bytes) -> UploadedImage:
        told = await self._caller.upload(
            account, "/business/comment/image/upload/", {}, ("image_file", media_type, content)
        )
        made = _data(told, _Image)
        return UploadedImage(uri=made.image_uri, width=made.width, height=made.height)

    async def click(self, permit: ClickPermit) -> ClickResult:
        path, body = _clicked(permit)
        told = await self._caller.post(permit.account, path, body)
        if told.kind == "ok":
            made = _data(told, _Made)
            return ClickResult(state="done", provider_ref=str(made.comment_id))
        state: Literal["later", "unknown", "failed"] = (
            "later" if told.kind in _LATER else "unknown" if told.kind in _PERHAPS else "failed"
        )
        return ClickResult(state=state, code=told.code)

    async def _by_group(
        self, account: Account, path: str, groups: Mapping[str, list[str]], query: Mapping[str, str]
    ) -> tuple[dict[str, Any], tuple[str, ...]]:
        """Ask for all fields at once; when a scope is missing, group by group. Raises when none is given."""
        every = [name for group in groups.values() for name in group]
        told = await self._caller.get(account, path, {**query, "fields": _text(every)})
        if told.kind != "capability":
            return _values(told), ()
        found: dict[str, Any] = {}
        missing: list[str] = []
        for scope, names in groups.items():
            part = await self._caller.get(account, path, {**query, "fields": _text(names)})
            if part.kind == "capability":
                missing.append(scope)
            else:
                found |= _values(part)
        if len(missing) == len(groups):
            raise trouble(told)
        return found, tuple(missing)

    @staticmethod
    def _comments(told: Told, video_id: str, parent_id: str) -> CommentPage:
        page = _data(told, _Comments)
        comments, unreadable = _each(page.comments, lambda raw: _listed(raw, video_id, parent_id))
        return CommentPage(
            comments=comments,
            cursor=_whole(page.cursor) or 0,
            more=page.has_more,
            unreadable=unreadable + _left_out(told),
        )


def _clicked(permit: ClickPermit) -> tuple[str, dict[str, object]]:
    """Return path and body of a person's act."""
    if permit.act in ("like", "unlike"):
        return "/business/comment/like/", {"comment_id": permit.comment_id, "action": permit.act.upper()}
    if permit.act == "delete":
        return "/business/comment/delete/", {"comment_id": permit.comment_id}
    body: dict[str, object] = {"video_id": permit.video_id}
    if permit.image is None:
        return "/business/comment/create/", {**body, "text": permit.text}
    image = {
        "image_uri": permit.image.uri,
        "image_width": permit.image.width,
        "image_height": permit.image.height,
    }
    return "/business/comment/create/", body | image


def _text(value: object) -> str:
    """Return a list or object as a query carries it: JSON text."""
    return _encode(value).decode()


def trouble(told: Told) -> ReadFailedError:
    """Return what an answer that gave nothing means to whoever asked."""
    return ReadFailedError(_TROUBLE.get(told.kind, "refused"), told.code, told.wait)


def _data(told: Told, kind: type[T]) -> T:
    """Return what an answer holds, or the part of it there is; raises `ReadFailedError`."""
    if told.kind not in ("ok", "partial"):
        raise trouble(told)
    raw = bytes(told.data)
    try:
        return msgspec.json.decode(b"{}" if raw == b"null" else raw, type=kind)
    except UNREADABLE as error:
        raise ReadFailedError("retry", "UNREADABLE") from error


def _left_out(told: Told) -> int:
    """Return how many entries must be taken for missing: an answer in part says not which."""
    return int(told.kind == "partial")


def _values(told: Told) -> dict[str, Any]:
    """Return an answer's values exactly as they came."""
    _data(told, dict)
    found = _exact(bytes(told.data))
    return found if isinstance(found, dict) else {}


def _read(values: Mapping[str, Any], kind: type[T]) -> T:
    """Return the values we understand; one of another kind than expected counts as not told."""
    names = {one.name: one.type for one in msgspec.structs.fields(kind)}  # type: ignore[arg-type]  # always a struct
    good: dict[str, Any] = {}
    for name, wanted in names.items():
        try:
            good[name] = msgspec.convert(values.get(name), wanted)
        except msgspec.ValidationError:
            continue
    return kind(**good)


def _each(raws: Sequence[msgspec.Raw] | None, read: "Any") -> tuple[tuple[Any, ...], int]:
    """Read entries one by one, so that one bad entry costs itself alone; returns them and how many were bad."""
    found = []
    for raw in raws or ():
        try:
            found.append(read(bytes(raw)))
        except (*UNREADABLE, ValueError):
            continue
    return tuple(found), len(raws or ()) - len(found)


def _whole(value: str | int | None) -> int | None:
    """Return a whole number that may come as text, or None."""
    if isinstance(value, int):
        return value
    return int(value) if value is not None and value.isascii() and value.isdigit() else None


def _id(value: str | int) -> str:
    text = str(value)
    return "" if text == "0" else text


def _clean(text: str) -> str:
    """Return `text` without null characters, which Postgres cannot keep."""
    return text.replace("\x00", "\ufffd")


_comment = msgspec.json.Decoder(_Comment).decode
_video_of = msgspec.json.Decoder(_Video).decode
_conversation_of = msgspec.json.Decoder(_Conversation).decode
_mention_of = msgspec.json.Decoder(_Mention).decode


def _conversation(raw: bytes) -> ListedConversation:
    one = _conversation_of(raw)
    updated = _whole(one.update_time)
    if not updated:
        raise ValueError("a conversation without the time of its latest message")
    return ListedConversation(id=one.conversation_id, updated_at=updated)


def _listed(raw: bytes, video_id: str, parent_id: str) -> ListedComment:
    one = _comment(raw)
    seconds = _whole(one.create_time)
    if seconds is None or not _id(one.comment_id):
        raise ValueError("a comment without id or time")
    own_id = str(one.comment_id)
    replies, _ = _each(one.reply_list, lambda reply: _listed(reply, video_id, own_id))
    return ListedComment(
        id=own_id,
        video_id=_id(one.video_id) or video_id,
        parent_id=_id(one.parent_comment_id) or parent_id,
        author=_clean(one.unique_identifier),
        handle=_clean(one.username),
        text=_clean(one.text),
        at=seconds * SECOND,
        own=one.owner,
        hidden=one.status != "PUBLIC",
        liked=one.liked,
        likes=one.likes,
        replies=one.replies,
        listed_replies=replies,
    )


def _video(raw: bytes) -> ListedVideo:
    one = _video_of(raw)
    seconds = _whole(one.create_time)
    return ListedVideo(
        id=str(one.item_id),
        published_at=None if seconds is None else seconds * SECOND,
        caption=_clean(one.caption or ""),
        comments=one.comments,
        insights=_exact(raw),
    )


def _mention(raw: bytes) -> Mention:
    one = _mention_of(raw)
    seconds = _whole(one.create_time if one.create_time is not None else one.video_create_time)
    return Mention(
        video_id=_id(one.item_id) or _id(one.video_id),
        published_at=None if seconds is None else seconds * SECOND,
        caption=_clean(one.caption or one.video_caption or ""),
        url=one.share_url or one.video_link or "",
        insights=_exact(raw),
    )
