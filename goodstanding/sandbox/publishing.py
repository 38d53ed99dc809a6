"""Calls that publish videos and photos, tell how far they are, and register the addresses they come from."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, UnsetType

from goodstanding.sandbox.call import Call, Nothing, OfAccount, Params, Route, Routes, Text, app_route
from goodstanding.sandbox.posts import Property, caption_problem
from goodstanding.sandbox.state import ApiError


class MusicSound(msgspec.Struct, kw_only=True):
    """Sound to add."""

    music_sound_id: str | None = None
    music_sound_volume: int | None = None
    music_sound_start: int | None = None
    music_sound_end: int | None = None
    video_original_sound_volume: int | None = None


class VideoInfo(msgspec.Struct, kw_only=True):
    """What is said about a video; the two brand fields are the disclosure."""

    caption: str = ""
    is_brand_organic: bool = False
    is_branded_content: bool = False
    tto_invite_link: str | None = None
    is_ai_generated: bool = False
    disable_comment: bool = False
    disable_duet: bool = False
    disable_stitch: bool = False
    thumbnail_offset: int | None = None
    upload_to_draft: bool = False
    location_id: str | None = None
    location_name: str | None = None
    is_ads_only: bool = False
    music_sound_info: MusicSound | None = None


class PhotoInfo(msgspec.Struct, kw_only=True):
    """What is said about photos."""

    privacy_level: Literal[
        "PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "FOLLOWER_OF_CREATOR", "SELF_ONLY"
    ] = "PUBLIC_TO_EVERYONE"
    title: str = ""
    caption: str = ""
    auto_add_music: bool = False
    is_brand_organic: bool = False
    is_branded_content: bool = False
    is_draft: bool = False
    disable_comment: bool = False
    location_id: str | None = None
    location_name: str | None = None
    music_sound_info: MusicSound | None = None


class VideoPublish(OfAccount, kw_only=True):
    """A video at an address on a verified property."""

    video_url: Text
    post_info: VideoInfo
    custom_thumbnail_url: str | None = None


class PhotoPublish(OfAccount, kw_only=True):
    """Photos at addresses on a verified property."""

    photo_images: Annotated[list[Text], msgspec.Meta(min_length=1)]
    post_info: PhotoInfo
    photo_cover_index: int = 0


class PublishStatusQuery(OfAccount, kw_only=True):
    """A publication to ask about: the `share_id` that publishing answered."""

    publish_id: Text


class Published(msgspec.Struct, kw_only=True):
    """A publication that has begun."""

    share_id: str


class PublishStatus(msgspec.Struct, kw_only=True):
    """How far a publication is; `post_ids` may come some minutes after the end."""

    status: Literal["PROCESSING_DOWNLOAD", "PUBLISH_COMPLETE", "FAILED", "SEND_TO_USER_INBOX"]
    post_ids: list[str] | UnsetType = UNSET
    reason: str | UnsetType = UNSET


class PropertyMeta(msgspec.Struct, kw_only=True):
    """A domain (1) or an address prefix (2)."""

    property_type: Literal[1, 2]
    url: Annotated[str, msgspec.Meta(min_length=1, max_length=512)]


class PropertyOrder(Params, kw_only=True):
    """A property of the app; older clients leave out the secret."""

    app_id: Text
    url_property_meta: PropertyMeta
    secret: str | None = None


class PropertyQuery(Params, kw_only=True):
    """The app."""

    app_id: Text
    secret: str | None = None


class PropertyInfo(msgspec.Struct, kw_only=True):
    """One property."""

    url_property_info: Property


class PropertyInfos(msgspec.Struct, kw_only=True):
    """All properties."""

    url_property_info_list: list[Property]


def publish_video(call: Call, asked: VideoPublish) -> Published:
    """Begin to publish a video from an address; nothing is fetched from it."""
    info = asked.post_info
    call.need_scope("video.upload" if info.upload_to_draft else "video.publish")
    _check(
        call,
        [asked.video_url, *([asked.custom_thumbnail_url] if asked.custom_thumbnail_url else [])],
        info.caption,
    )
    made = call.world.publishing.publish(
        open_id=call.account.open_id,
        media_type="VIDEO",
        caption=info.caption,
        draft=info.upload_to_draft,
        is_brand_organic=info.is_brand_organic,
        is_branded_content=info.is_branded_content,
        is_ai_generated=info.is_ai_generated,
    )
    return Published(share_id=made.publish_id)


def publish_photo(call: Call, asked: PhotoPublish) -> Published:
    """Begin to publish photos from addresses; nothing is fetched from them."""
    info, rules = asked.post_info, call.world.numbers.publishing
    call.need_scope("video.upload" if info.is_draft else "video.publish")
    if len(asked.photo_images) > rules.photos_max:
        raise ApiError(40002, f"Param photo_images takes at most {rules.photos_max}.")
    if not 0 <= asked.photo_cover_index < len(asked.photo_images):
        raise ApiError(40002, "Param photo_cover_index names no photo.")
    _check(call, asked.photo_images, info.caption)
    made = call.world.publishing.publish(
        open_id=call.account.open_id,
        media_type="PHOTO",
        caption=info.caption,
        draft=info.is_draft,
        is_brand_organic=info.is_brand_organic,
        is_branded_content=info.is_branded_content,
    )
    return Published(share_id=made.publish_id)


def _check(call: Call, addresses: list[str], caption: str) -> None:
    for address in addresses:
        if not call.world.publishing.owned(address):
            raise ApiError(40002, "The URL is not on a verified property.")
    problem = caption_problem(caption, call.world.numbers)
    if problem is not None:
        raise ApiError(40002, problem)


def publish_status(call: Call, asked: PublishStatusQuery) -> PublishStatus:
    """Tell how far a publication is."""
    made = call.world.publishing.of_account(call.account.open_id, asked.publish_id)
    found = PublishStatus(status=made.status)
    if made.post_shown:
        found.post_ids = [made.post_id]
    if made.status == "FAILED":
        found.reason = made.reason
    return found


# --- properties ---


def property_add(call: Call, asked: PropertyOrder) -> PropertyInfo:
    """Register a domain or prefix, and tell with which file it would be verified."""
    call.need_app(asked.app_id, asked.secret)
    meta = asked.url_property_meta
    if meta.property_type == 2 and not (meta.url.startswith("https://") and meta.url.endswith("/")):  # noqa: PLR2004 - the platform's number for a prefix
        raise ApiError(40002, "Param url must be https and end with /.")
    digest = call.world.state.opaque("property").hex()
    known = call.world.publishing.properties.setdefault(
        (meta.property_type, meta.url),
        Property(
            property_type=meta.property_type,
            url=meta.url,
            signature=f"tiktok-developers-site-verification={digest[:32]}",
            file_name=f"tiktok{digest[32:48]}.txt",
        ),
    )
    return PropertyInfo(url_property_info=known)


def property_verify(call: Call, asked: PropertyOrder) -> PropertyInfo:
    """Verify a property; the sandbox looks nowhere and believes it."""
    call.need_app(asked.app_id, asked.secret)
    known = _known(call, asked.url_property_meta)
    known.property_status = 1
    return PropertyInfo(url_property_info=known)


def property_delete(call: Call, asked: PropertyOrder) -> Nothing:
    """Forget a property."""
    call.need_app(asked.app_id, asked.secret)
    known = _known(call, asked.url_property_meta)
    del call.world.publishing.properties[known.property_type, known.url]
    return Nothing()


def property_list(call: Call, asked: PropertyQuery) -> PropertyInfos:
    """Tell all properties."""
    call.need_app(asked.app_id, asked.secret)
    return PropertyInfos(url_property_info_list=list(call.world.publishing.properties.values()))


def _known(call: Call, meta: PropertyMeta) -> Property:
    known = call.world.publishing.properties.get((meta.property_type, meta.url))
    if known is None:
        raise ApiError(40007, "The property does not exist.")
    return known


ROUTES: Routes = {
    "/business/video/publish/": {
        "POST": Route(publish_video, VideoPublish, Published, "publish", portal="1762228496095234")
    },
    "/business/photo/publish/": {
        "POST": Route(publish_photo, PhotoPublish, Published, "publish", portal="1803630424390658")
    },
    "/business/publish/status/": {
        "GET": Route(publish_status, PublishStatusQuery, PublishStatus, portal="1816387106635778")
    },
    "/business/property/add/": {
        "POST": app_route(
            property_add,
            PropertyOrder,
            PropertyInfo,
            "property",
            portal="1769325280876545",
        )
    },
    "/business/property/verify/": {
        "POST": app_route(property_verify, PropertyOrder, PropertyInfo, "property")
    },
    "/business/property/list/": {"GET": app_route(property_list, PropertyQuery, PropertyInfos)},
    "/business/property/delete/": {"POST": app_route(property_delete, PropertyOrder, Nothing, "property")},
}
