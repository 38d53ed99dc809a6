"""One running sandbox: its settings and the parts that work together."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec

from goodstanding.sandbox.agenda import Agenda
from goodstanding.sandbox.automation import Automation
from goodstanding.sandbox.clock import VirtualClock, wall_ms
from goodstanding.sandbox.deliveries import Deliveries
from goodstanding.sandbox.events import check
from goodstanding.sandbox.faults import Faults
from goodstanding.sandbox.inbox import Inbox
from goodstanding.sandbox.journal import Journal
from goodstanding.sandbox.limits import Throttle
from goodstanding.sandbox.media import Shelf
from goodstanding.sandbox.mentioned import Mentions
from goodstanding.sandbox.message_crowd import Reactions
from goodstanding.sandbox.numbers import Level, Numbers, read_data, read_numbers
from goodstanding.sandbox.options import Options
from goodstanding.sandbox.posts import Publishing
from goodstanding.sandbox.state import DAY_MS, Account, ApiError, Event, State, Video

EVENT_TYPES = ("COMMENT", "VIDEO", "DIRECT_MESSAGE", "BRAND_MENTION")
_CATEGORY_OF = {"comment": "COMMENT", "post": "VIDEO", "im": "DIRECT_MESSAGE", "brand": "BRAND_MENTION"}
_SCOPE_OF = {"comment": "comment.list", "im": "message.list.read", "brand": "biz.brand.insights"}
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a sandbox is started. All bounds are numbers of items."""

    host: str = "127.0.0.1"
    port: int = 0
    """0 takes any free port."""
    app_id: str = "7412345678901234567"
    app_secret: str = field(default="sandbox-app-secret", repr=False)
    webhook: str | None = None
    seed: int = 1
    speed: float = 1.0
    start_ms: int | None = None
    """Start of the virtual clock; the machine's time when not given."""
    limits: bool = True
    level: Level = "basic"
    """The level of the app, which its limits depend on."""
    refresh_mode: Literal["keep", "rotate"] = "keep"
    public_url: str = ""
    """How others reach this sandbox, without a slash at the end; what they called by default."""
    local_redirects: bool = False
    """Accept http and loopback redirect addresses, which the platform itself refuses."""
    remote_webhooks: bool = False
    """Send webhooks to other machines as well."""
    webhook_parallel: int = 8
    comments_max: int = 200_000
    log_max: int = 200_000
    queue_max: int = 200_000
    short_pages: bool = True
    legacy_pin: bool = False


def _family(event: Event) -> str:
    """Return `comment`, `post`, `im`, `brand` or `authorization`."""
    return event.name.partition(".")[0].partition("_")[0]


class Subscription(msgspec.Struct, kw_only=True):
    """One category of events and where it goes."""

    callback_url: str
    item_list: set[str] = msgspec.field(default_factory=set)


class World:
    """The parts of one sandbox, joined."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.numbers: Numbers = read_numbers()
        start = wall_ms() if settings.start_ms is None else settings.start_ms
        self.clock = VirtualClock(start_ms=start, speed=settings.speed)
        self.faults = Faults(settings.seed)
        self.throttle = Throttle(self.numbers.limits, level=settings.level)
        self.throttle.enabled = settings.limits
        self.journal = Journal(entries_max=settings.log_max)
        self.subscriptions: dict[str, Subscription] = {}
        self.deliveries = Deliveries(
            clock=self.clock,
            numbers=self.numbers.webhooks,
            faults=self.faults,
            app_id=settings.app_id,
            secret=settings.app_secret,
            callback=self.callback,
            parallel=settings.webhook_parallel,
            queue_max=settings.queue_max,
            log_max=settings.log_max,
        )
        self.state = State(
            clock=self.clock,
            numbers=self.numbers,
            emit=self.tell,
            seed=settings.seed,
            refresh_mode=settings.refresh_mode,
            comments_max=settings.comments_max,
        )
        self.options = Options(short_pages=settings.short_pages, legacy_pin=settings.legacy_pin)
        self.agenda = Agenda(self.clock)
        self.inbox = Inbox(
            state=self.state,
            numbers=self.numbers,
            options=self.options,
            emit=self.tell,
            conversations_max=settings.comments_max,
        )
        parts: dict[str, Any] = {"state": self.state, "numbers": self.numbers, "agenda": self.agenda}
        self.publishing = Publishing(**parts, emit=self.tell)
        self.mentions = Mentions(**parts, emit=self.tell)
        self.automation = Automation(**parts, inbox=self.inbox, emit=self.tell)
        self.reactions = Reactions(inbox=self.inbox, agenda=self.agenda)
        self.shelf = Shelf(clock=self.clock, secret=settings.app_secret)
        self.start_day = start // DAY_MS
        self.crowd_serial = 0
        self.background: set[asyncio.Task[None]] = set()
        """Crowds that are still writing."""
        if settings.webhook:
            for event_type in EVENT_TYPES:
                self.subscribe(event_type, settings.webhook)
        self.seed_cast()

    def in_background(self, work: Coroutine[Any, Any, None]) -> None:
        """Start `work` and keep it until it is done."""
        task = asyncio.create_task(work)
        self.background.add(task)
        task.add_done_callback(self.background.discard)

    def seed_cast(self) -> None:
        """Put the invented accounts and videos in place."""
        cast = read_data("cast.toml")
        for account in cast["accounts"]:
            self.state.add_account(msgspec.convert(account, Account))
        for video in cast["videos"]:
            self.state.add_video(msgspec.convert(video, Video))

    def account(self, open_id: str) -> Account:
        """Return an account; 40007 for an unknown one."""
        account = self.state.accounts.get(open_id)
        if account is None:
            raise ApiError(40007, f"No account {open_id}.")
        return account

    def subscribe(self, event_type: str, url: str, items: set[str] | None = None) -> None:
        """Set the callback of a category; 40002 for an unknown category or an address that is not allowed."""
        if event_type not in EVENT_TYPES:
            raise ApiError(40002, "Param event_type is invalid.")
        try:
            parts = urlsplit(url)
        except ValueError:
            raise ApiError(40002, "callback_url is invalid.") from None
        local = parts.hostname in _LOOPBACK
        if parts.scheme not in ("http", "https") or not (local or self.settings.remote_webhooks):
            raise ApiError(
                40002,
                "Param callback_url is invalid: only this computer is told, unless started with --remote-webhooks.",
            )
        known = self.subscriptions.get(event_type)
        kept = known.item_list if known else set()
        self.subscriptions[event_type] = Subscription(callback_url=url, item_list=kept | (items or set()))

    def tell(self, event: Event) -> None:
        """Announce an event, unless the account's user did not allow it or took the permission back."""
        scope = _SCOPE_OF.get(_family(event))
        gone = event.open_id in self.state.disconnected and event.name != "authorization.removed"
        if event.content is not None:
            check(event.name, event.content)
        if not gone and (scope is None or self.state.hears(event.open_id, scope)):
            self.deliveries.add(event)

    def callback(self, event: Event) -> str | None:
        """Return where an event goes, or `None` when nobody subscribed to it."""
        if event.name == "authorization.removed":
            return next((one.callback_url for one in self.subscriptions.values()), None)
        known = self.subscriptions.get(_CATEGORY_OF[_family(event)])
        if known is None:
            return None
        if event.comment is not None and known.item_list and event.comment.video_id not in known.item_list:
            return None
        return known.callback_url
