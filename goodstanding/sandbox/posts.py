"""Publishing: verified addresses, and posts on their way from an address to the account."""

import re
from collections import deque
from collections.abc import Callable
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec

from goodstanding.sandbox.agenda import Agenda
from goodstanding.sandbox.clock import MILLISECONDS
from goodstanding.sandbox.numbers import Numbers
from goodstanding.sandbox.state import DAY_MS, ApiError, Event, State, Video

_MENTION = re.compile(r"@[\w.]+")
_PUBLICATIONS_MAX = 10_000
_NEVER_DAYS = 30
"""A new post reaches the views it is made for about this many days later."""


class Property(msgspec.Struct, kw_only=True):
    """An address or domain that the app says it owns."""

    property_type: Literal[1, 2]
    url: str
    property_status: Literal[0, 1] = 0
    signature: str = ""
    file_name: str = ""


class Publication(msgspec.Struct, kw_only=True):
    """One post on its way."""

    publish_id: str
    open_id: str
    media_type: Literal["VIDEO", "PHOTO"]
    caption: str
    draft: bool
    at_ms: int
    status: Literal["PROCESSING_DOWNLOAD", "PUBLISH_COMPLETE", "FAILED", "SEND_TO_USER_INBOX"] = (
        "PROCESSING_DOWNLOAD"
    )
    reason: str = ""
    post_id: str = ""
    post_shown: bool = False
    """Whether `post_ids` tells the post already."""
    details: dict[str, Any] = msgspec.field(default_factory=dict)
    """What was said about disclosure, comments and place."""


class Publishing:
    """The properties and publications, and the only functions that change them."""

    def __init__(
        self, *, state: State, numbers: Numbers, agenda: Agenda, emit: Callable[[Event], None]
    ) -> None:
        self.properties: dict[tuple[int, str], Property] = {}
        self.publications: dict[str, Publication] = {}
        self.fail_next: deque[str] = deque()
        """Reasons for which the next publications fail."""
        self._state = state
        self._numbers = numbers
        self._agenda = agenda
        self._emit = emit

    # --- properties ---

    def owned(self, url: str) -> bool:
        """Whether an address lies on a verified domain or under a verified prefix."""
        try:
            host = urlsplit(url).hostname or ""
        except ValueError:
            return False
        for known in self.properties.values():
            if not known.property_status:
                continue
            if known.property_type == 1 and (host == known.url or host.endswith(f".{known.url}")):
                return True
            if known.property_type == 2 and url.startswith(known.url):  # noqa: PLR2004 - the platform's number for a prefix
                return True
        return False

    # --- publications ---

    def publish(
        self,
        *,
        open_id: str,
        media_type: Literal["VIDEO", "PHOTO"],
        caption: str,
        draft: bool,
        **details: Any,
    ) -> Publication:
        """Begin a publication; it is done, or fails, after a while."""
        now = self._state.clock.now_ms()
        rules = self._numbers.publishing
        own = [one for one in self.publications.values() if one.open_id == open_id]
        if sum(1 for one in own if one.at_ms > now - 60 * MILLISECONDS) >= rules.per_minute:
            raise ApiError(40100, "Too many posts in a minute.")
        made = Publication(
            publish_id=f"p_sbx_{self._state.opaque('publish').hex()[:20]}",
            open_id=open_id,
            media_type=media_type,
            caption=caption,
            draft=draft,
            at_ms=now,
            details=details,
        )
        if sum(1 for one in own if one.at_ms > now - DAY_MS and one.status != "FAILED") >= rules.per_day:
            made.reason = "spam_risk_too_many_posts"
        elif self.fail_next:
            made.reason = self.fail_next.popleft()
        self.publications[made.publish_id] = made
        if len(self.publications) > _PUBLICATIONS_MAX:
            self.publications.pop(next(iter(self.publications)))
        self._agenda.after(rules.processing_seconds, lambda at: self._finish(made, at))
        return made

    def withdraw(self, item_id: str) -> Publication | None:
        """A post is not public any more; it is told when it was published here."""
        video = self._state.videos.get(item_id)
        if video is None:
            raise ApiError(40007, "The post does not exist.")
        self._state.videos[item_id] = msgspec.structs.replace(video, in_violation=True)
        made = next((one for one in self.publications.values() if one.post_id == item_id), None)
        if made is not None:
            self._tell(made, "no_longer_publicly_available", self._state.clock.now_ms(), post_id=item_id)
        return made

    def of_account(self, open_id: str, publish_id: str) -> Publication:
        """Return an account's publication; 40007 otherwise."""
        made = self.publications.get(publish_id)
        if made is None or made.open_id != open_id:
            raise ApiError(40007, "The publish_id does not exist.")
        return made

    def _finish(self, made: Publication, at_ms: int) -> None:
        if made.open_id in self._state.disconnected:
            made.reason = "auth_removed"
        if made.reason:
            made.status = "FAILED"
            self._tell(made, "failed", at_ms, reason=made.reason)
        elif made.draft:
            made.status = "SEND_TO_USER_INBOX"
        else:
            made.status = "PUBLISH_COMPLETE"
            made.post_id = self._state.new_id(at_ms)
            self._state.add_video(self._video(made, at_ms))
            self._tell(made, "complete", at_ms)
            rules = self._numbers.publishing
            self._agenda.after(rules.post_id_seconds, lambda later: self._show(made, later))

    def _show(self, made: Publication, at_ms: int) -> None:
        made.post_shown = True
        self._tell(made, "publicly_available", at_ms, post_id=made.post_id)

    def _video(self, made: Publication, at_ms: int) -> Video:
        followers = self._state.accounts[made.open_id].followers
        return Video(
            open_id=made.open_id,
            item_id=made.post_id,
            caption=made.caption,
            create_ms=at_ms,
            counted_ms=at_ms + _NEVER_DAYS * DAY_MS,
            media_type=made.media_type,
            duration=0.0 if made.media_type == "PHOTO" else 31.5,
            views=followers,
            likes=followers // 14,
            shares=followers // 300,
            favorites=followers // 100,
            sponsored=bool(made.details.get("is_branded_content")),
        )

    def _tell(self, made: Publication, what: str, at_ms: int, **more: str) -> None:
        content = {"publish_id": made.publish_id, "publish_type": "DIRECT_PUBLISH"} | more
        self._emit(Event(name=f"post.publish.{what}", open_id=made.open_id, at_ms=at_ms, content=content))


def caption_problem(caption: str, numbers: Numbers) -> str | None:
    """Return why a caption is refused, or `None`; its length counts in UTF-16 units."""
    rules = numbers.publishing
    if len(caption.encode("utf-16-le")) // 2 > rules.caption_units_max:
        return f"Param caption is longer than {rules.caption_units_max}."
    if len(_MENTION.findall(caption)) > rules.mentions_max:
        return f"Param caption mentions more than {rules.mentions_max} accounts."
    return None
