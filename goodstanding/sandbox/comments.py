"""Comment calls: list, write, reply, like, hide, delete, pin, and pictures for comments."""

import hashlib
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from msgspec import UNSET, UnsetType

from goodstanding.sandbox.call import Call, Nothing, OfAccount, Page, Route, Routes, Text
from goodstanding.sandbox.clock import MILLISECONDS
from goodstanding.sandbox.numbers import read_numbers
from goodstanding.sandbox.state import ApiError, Comment
from goodstanding.sandbox.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_RULES = read_numbers().comments
_PICTURES = ("jpeg", "png", "webp")
Cursor = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class _Listing(OfAccount, kw_only=True):
    """What both lists of comments take; older clients say `sort_type` for `sort_order`."""

    video_id: Text
    status: Literal["PUBLIC", "ALL"] = "ALL"
    sort_field: Literal["likes", "replies", "create_time"] = "create_time"
    sort_order: Literal["asc", "desc", "smart"] = "smart"
    sort_type: Literal["asc", "desc", "smart"] | None = None
    cursor: Cursor = 0
    max_count: Annotated[int, msgspec.Meta(ge=1, le=_RULES.page_max)] = _RULES.page_default

    @property
    def order(self) -> Literal["asc", "desc", "smart"]:
        """The order by either name."""
        return self.sort_type or self.sort_order


class CommentList(_Listing, kw_only=True):
    """Which comments of a post to list; with `comment_ids` only those, replies among them."""

    comment_ids: list[str] | None = None
    include_replies: bool = False


class ReplyList(_Listing, kw_only=True):
    """Which replies to list."""

    comment_id: Text


class CommentCreate(OfAccount, kw_only=True):
    """A comment under an own post: a text or an uploaded picture."""

    video_id: Text
    text: str = ""
    image_uri: str | None = None
    image_width: int | None = None
    image_height: int | None = None


class ReplyCreate(CommentCreate, kw_only=True):
    """A reply to a comment under an own post."""

    comment_id: Text
    reply_image_url: str | None = None


class CommentLike(OfAccount, kw_only=True):
    """A like to give or to take back."""

    comment_id: Text
    action: Literal["LIKE", "UNLIKE"]


class CommentHide(OfAccount, kw_only=True):
    """A comment to hide or to show again."""

    video_id: Text
    comment_id: Text
    action: Literal["HIDE", "UNHIDE"]


class CommentPin(OfAccount, kw_only=True):
    """A comment to pin; older clients know this call."""

    video_id: Text
    comment_id: Text
    action: Literal["PIN", "UNPIN"] = "PIN"


class CommentDelete(OfAccount, kw_only=True):
    """An own comment to delete."""

    comment_id: Text


class ImageUpload(OfAccount, kw_only=True):
    """A picture for a comment."""


class CommentShown(msgspec.Struct, kw_only=True):
    """A comment as the lists show it; `create_time` is a string of seconds."""

    comment_id: str
    video_id: str
    user_id: str
    """Deprecated; use `unique_identifier`."""
    unique_identifier: str
    username: str
    display_name: str
    profile_image: str
    create_time: str
    text: str
    likes: int
    replies: int
    owner: bool
    liked: bool
    pinned: bool
    status: Literal["PUBLIC", "HIDDEN"]
    image_url: str | UnsetType = UNSET
    parent_comment_id: str | UnsetType = UNSET
    reply_list: "list[CommentShown] | UnsetType" = UNSET


class CommentPage(Page, kw_only=True):
    """A page of comments."""

    comments: list[CommentShown]


class CommentMade(msgspec.Struct, kw_only=True):
    """A comment that was just written."""

    comment_id: str
    video_id: str
    unique_identifier: str
    create_time: str
    text: str
    image_url: str | UnsetType = UNSET
    parent_comment_id: str | UnsetType = UNSET


class ImageUploaded(msgspec.Struct, kw_only=True):
    """A picture that can stand in a comment now."""

    image_uri: str
    width: int
    height: int


# --- listing ---


def comment_list(call: Call, asked: CommentList) -> CommentPage:
    """List the comments of a post, or some of its comments and replies by id."""
    world = call.world
    bounds = world.numbers.comments
    video = world.state.video(asked.video_id, open_id=call.account.open_id)
    public = asked.status == "PUBLIC"
    inline = bounds.inline_replies_max if asked.include_replies else 0
    wanted = asked.comment_ids
    if wanted is not None:
        if len(wanted) > bounds.ids_max:
            raise ApiError(40011, f"Param comment_ids takes at most {bounds.ids_max} ids.")
        found = [c for c in _existing(world, wanted, public=public) if c.video_id == video.item_id]
        page, cursor, more = [comment.comment_id for comment in found], len(found), False
    else:
        ids = world.state.listing(video.item_id, field=asked.sort_field, order=asked.order, public=public)
        page, cursor, more = _page(call, ids, asked)
    comments = [
        _shown(call, world.state.comments[comment_id], inline=inline, public=public) for comment_id in page
    ]
    return CommentPage(comments=comments, cursor=cursor, has_more=more)


def reply_list(call: Call, asked: ReplyList) -> CommentPage:
    """List the replies to a comment, oldest first."""
    world = call.world
    world.state.video(asked.video_id, open_id=call.account.open_id)
    comment = call.target(asked.comment_id)
    replies = _existing(world, comment.replies, public=asked.status == "PUBLIC")
    if asked.order != "smart":
        keys: Mapping[str, Callable[[Comment], int]] = {
            "likes": lambda reply: reply.likes,
            "replies": lambda reply: len(reply.replies),
            "create_time": lambda reply: reply.create_ms,
        }
        replies.sort(key=keys[asked.sort_field], reverse=asked.order == "desc")
    page, cursor, more = _page(call, [reply.comment_id for reply in replies], asked)
    comments = [_shown(call, world.state.comments[comment_id]) for comment_id in page]
    return CommentPage(comments=comments, cursor=cursor, has_more=more)


def _shown(call: Call, comment: Comment, *, inline: int = 0, public: bool = False) -> CommentShown:
    shown = CommentShown(
        comment_id=comment.comment_id,
        video_id=comment.video_id,
        user_id=_user_id(comment.unique_identifier),
        unique_identifier=comment.unique_identifier,
        username=comment.username,
        display_name=comment.display_name,
        profile_image=call.address(f"profile/{comment.username}"),
        create_time=str(comment.create_ms // MILLISECONDS),
        text=comment.text,
        likes=comment.likes,
        replies=len(comment.replies),
        owner=comment.owner,
        liked=comment.liked,
        pinned=comment.pinned,
        status="HIDDEN" if comment.hidden else "PUBLIC",
        image_url=_image_url(call, comment),
        parent_comment_id=comment.parent_id or UNSET,
    )
    if inline:
        replies = _existing(call.world, comment.replies, public=public)
        shown.reply_list = [_shown(call, reply) for reply in replies[:inline]]
    return shown


def _user_id(unique_identifier: str) -> str:
    """Return the number that older clients know a person by: another one than in any other call, always the same."""
    digest = hashlib.sha256(f"user {unique_identifier}".encode()).digest()
    return str(6_000_000_000_000_000_000 + int.from_bytes(digest[:7], "big"))


def _image_url(call: Call, comment: Comment) -> str | UnsetType:
    if not comment.image:
        return UNSET
    if comment.image.startswith("https://"):
        return comment.image
    return call.address(f"comment/{comment.image}")


def _existing(world: World, ids: list[str], *, public: bool) -> list[Comment]:
    known = (world.state.comments.get(comment_id) for comment_id in ids)
    return [
        comment
        for comment in known
        if comment is not None and not comment.deleted and not (public and comment.hidden)
    ]


def _page(call: Call, ids: list[str], asked: _Listing) -> tuple[list[str], int, bool]:
    """Cut a page as the platform does: some come short, and far down the last one may repeat."""
    bounds = call.world.numbers.comments
    cursor, count = asked.cursor, asked.max_count
    start = cursor - 1 if cursor >= bounds.order_changes_after else cursor
    page_number = cursor // count
    if call.world.options.short_pages and count > 2 and page_number % 3 == 1:  # noqa: PLR2004 - any page of three or more can come short
        count -= 2
    end = min(start + count, len(ids))
    return ids[start:end], max(end, cursor), end < len(ids)


# --- acts ---


def _new_text(call: Call, asked: CommentCreate) -> str:
    most = call.world.numbers.comments.text_characters_max
    call.entry.text = asked.text
    if asked.image_uri is not None and asked.text:
        raise ApiError(40002, "Param text and image_uri cannot be used together.")
    if asked.image_uri is None and not asked.text.strip():
        raise ApiError(40002, "Param text is missing or empty.")
    if len(asked.text) > most:
        raise ApiError(40002, f"Param text is longer than {most} characters.")
    return asked.text


def _new_image(call: Call, asked: CommentCreate) -> str:
    if asked.image_uri is None:
        return ""
    upload = call.world.shelf.upload(asked.image_uri, open_id=call.account.open_id)
    if (asked.image_width, asked.image_height) != (upload.picture.width, upload.picture.height):
        raise ApiError(40002, "Param image_width or image_height does not fit the picture.")
    return asked.image_uri


def _made(call: Call, comment: Comment) -> CommentMade:
    call.entry.comment_id = comment.comment_id
    call.entry.shadow_hidden = comment.shadow_hidden
    return CommentMade(
        comment_id=comment.comment_id,
        video_id=comment.video_id,
        unique_identifier=comment.unique_identifier,
        create_time=str(comment.create_ms // MILLISECONDS),
        text=comment.text,
        image_url=_image_url(call, comment),
        parent_comment_id=comment.parent_id or UNSET,
    )


def comment_create(call: Call, asked: CommentCreate) -> CommentMade:
    """Write a comment under an own post."""
    video = call.world.state.video(asked.video_id, open_id=call.account.open_id)
    text, image = _new_text(call, asked), _new_image(call, asked)
    comment = call.world.state.write(
        account=call.account, video_id=video.item_id, text=text, target=None, image=image
    )
    return _made(call, comment)


def reply_create(call: Call, asked: ReplyCreate) -> CommentMade:
    """Reply to a comment under an own post, or under a post of others where it mentions the account."""
    if asked.reply_image_url and not call.world.publishing.owned(asked.reply_image_url):
        raise ApiError(40002, "Param reply_image_url must be on a verified property.")
    if call.world.mentions.comment(call.account.open_id, asked.comment_id, asked.video_id):
        return _reply_elsewhere(call, asked)
    video = call.world.state.video(asked.video_id, open_id=call.account.open_id)
    text, image = _new_text(call, asked), _new_image(call, asked) or (asked.reply_image_url or "")
    target = call.target(asked.comment_id)
    if target.video_id != video.item_id:
        raise ApiError(40007, "The comment does not belong to this video.")
    comment = call.world.state.write(
        account=call.account, video_id=video.item_id, text=text, target=target, image=image
    )
    return _made(call, comment)


def _reply_elsewhere(call: Call, asked: ReplyCreate) -> CommentMade:
    """Reply to a comment that mentions the account under a post of others; nothing more is heard of it."""
    text, now = _new_text(call, asked), call.world.clock.now_ms()
    call.entry.cause = asked.comment_id
    call.entry.comment_id = call.world.state.new_id(now)
    return CommentMade(
        comment_id=call.entry.comment_id,
        video_id=asked.video_id,
        unique_identifier=call.account.unique_identifier,
        create_time=str(now // MILLISECONDS),
        text=text,
        parent_comment_id=asked.comment_id,
    )


def comment_like(call: Call, asked: CommentLike) -> Nothing:
    """Like a comment, or take the like back."""
    call.entry.action = asked.action
    comment = call.target(asked.comment_id)
    call.entry.comment_id = comment.comment_id
    wanted = asked.action == "LIKE"
    if comment.liked != wanted:
        comment.liked = wanted
        comment.likes += 1 if wanted else -1
    return Nothing()


def comment_hide(call: Call, asked: CommentHide) -> Nothing:
    """Hide a comment, or show it again."""
    call.entry.action = asked.action
    comment = _under(call, asked.video_id, asked.comment_id)
    call.entry.comment_id = comment.comment_id
    call.world.state.set_hidden(comment, hidden=asked.action == "HIDE")
    return Nothing()


def comment_pin(call: Call, asked: CommentPin) -> Nothing:
    """Pin a comment: not a call of the platform any more, and answered only with the option `legacy_pin`."""
    if not call.world.options.legacy_pin:
        raise ApiError(40008, "This endpoint is not implemented.")
    call.entry.action = asked.action
    comment = _under(call, asked.video_id, asked.comment_id)
    comment.pinned = asked.action == "PIN"
    return Nothing()


def comment_delete(call: Call, asked: CommentDelete) -> Nothing:
    """Delete an own comment; those of others can only be hidden."""
    comment = call.target(asked.comment_id)
    call.entry.comment_id = comment.comment_id
    if comment.unique_identifier != call.account.unique_identifier:
        raise ApiError(40001, "Only the account's own comments can be deleted.")
    call.world.state.delete(comment)
    return Nothing()


def image_upload(call: Call, _: ImageUpload) -> ImageUploaded:
    """Keep a picture for a comment: JPG, PNG or WebP of a bounded size."""
    bounds = call.world.numbers.comments
    picture, data = call.picture("image_file", bytes_max=bounds.image_bytes_max, kinds=_PICTURES)
    fits = bounds.image_width_min <= picture.width <= bounds.image_width_max
    if not (fits and bounds.image_height_min <= picture.height <= bounds.image_height_max):
        raise ApiError(40911, "The picture has a size that is not supported.")
    uri = f"sbximg{call.world.state.opaque('image').hex()[:24]}"
    call.world.shelf.keep(uri, picture=picture, data=data, open_id=call.account.open_id, days=1)
    return ImageUploaded(image_uri=uri, width=picture.width, height=picture.height)


def _under(call: Call, video_id: str, comment_id: str) -> Comment:
    video = call.world.state.video(video_id, open_id=call.account.open_id)
    comment = call.target(comment_id)
    if comment.video_id != video.item_id:
        raise ApiError(40007, "The comment does not belong to this video.")
    return comment


_READ, _MANAGE = "comment.list", "comment.list.manage"
ROUTES: Routes = {
    "/business/comment/list/": {
        "GET": Route(comment_list, CommentList, CommentPage, scope=_READ, portal="1760232109619202")
    },
    "/business/comment/reply/list/": {
        "GET": Route(reply_list, ReplyList, CommentPage, scope=_READ, portal="1762228430145538")
    },
    "/business/comment/create/": {
        "POST": Route(
            comment_create, CommentCreate, CommentMade, "comment", scope=_MANAGE, portal="1762228442072066"
        )
    },
    "/business/comment/reply/create/": {
        "POST": Route(
            reply_create, ReplyCreate, CommentMade, "reply", scope=_MANAGE, portal="1762228448779266"
        )
    },
    "/business/comment/image/upload/": {
        "POST": Route(
            image_upload,
            ImageUpload,
            ImageUploaded,
            "upload",
            scope=_MANAGE,
            upload="image_file",
            portal="1856212334897154",
        )
    },
    "/business/comment/like/": {
        "POST": Route(comment_like, CommentLike, Nothing, "like", scope=_MANAGE, portal="1762228456608770")
    },
    "/business/comment/hide/": {
        "POST": Route(comment_hide, CommentHide, Nothing, "hide", scope=_MANAGE, portal="1762228474532865")
    },
    "/business/comment/pin/": {"POST": Route(comment_pin, CommentPin, Nothing, "pin", scope=_MANAGE)},
    "/business/comment/delete/": {
        "POST": Route(
            comment_delete, CommentDelete, Nothing, "delete", scope=_MANAGE, portal="1762228483080193"
        )
    },
}
