"""Conversations between viewers and accounts: the window, the quota, and what a subscriber hears.

As in `state.py`, an act happens and tells `emit`, or raises `ApiError` and has changed nothing.
"""

import base64
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from typing import Any, Literal

import msgspec

from goodstanding.sandbox.numbers import Numbers
from goodstanding.sandbox.options import Options
from goodstanding.sandbox.personas import messages_closed
from goodstanding.sandbox.state import DAY_MS, Account, ApiError, Event, State

HOUR_MS = 3_600_000
_KEPT = 400
"""Messages kept of one conversation; the calls show far fewer."""


class Viewer(msgspec.Struct, kw_only=True):
    """A person outside. An empty `country` is the account's own, so that nothing stands in the way."""

    unique_identifier: str
    username: str
    display_name: str
    country: str = ""
    age: int = 25
    is_follower: bool = False
    habit: Literal["", "yes", "no", "stop", "silent"] = ""
    """How somebody of the crowd reacts to a card with buttons."""


class Message(msgspec.Struct, kw_only=True, gc=False):
    """One message. `content` is what the API calls the content object, `kind` its lower-case name."""

    message_id: str
    at_ms: int
    kind: str
    content: Any
    from_business: bool
    source: str = "APP"
    referenced: str = ""
    auto_type: str = ""
    reactions: list[dict[str, Any]] = msgspec.field(default_factory=list)
    tapped: tuple[str, str] | None = None
    """The card's message id and the button's own id, when a button was tapped."""


class Conversation(msgspec.Struct, kw_only=True):
    """Everything between one viewer and one account."""

    conversation_id: str
    open_id: str
    viewer: Viewer
    kind: Literal["STRANGER", "SINGLE"] = "STRANGER"
    update_ms: int = 0
    messages: deque[Message] = msgspec.field(default_factory=lambda: deque(maxlen=_KEPT))
    written_ms: int = 0
    """When the viewer last wrote; 0 for never. It opens the window."""
    sent: int = 0
    """Messages of the business since then."""
    accepted: bool = True
    unannounced: list[Event] = msgspec.field(default_factory=list)
    """What is told once the owner accepts the request."""
    ads: list[dict[str, Any]] = msgspec.field(default_factory=list)
    short_links: list[dict[str, Any]] = msgspec.field(default_factory=list)


class Inbox:
    """All conversations and viewers, and the only functions that change them."""

    def __init__(
        self,
        *,
        state: State,
        numbers: Numbers,
        options: Options,
        emit: Callable[[Event], None],
        conversations_max: int = 200_000,
    ) -> None:
        self.state = state
        self.numbers = numbers
        self.options = options
        self.conversations: OrderedDict[str, Conversation] = OrderedDict()
        self.viewers: OrderedDict[str, Viewer] = OrderedDict()
        self.on_written: list[Callable[[Conversation, Message], None]] = []
        """Told of each message of a viewer, after it was kept."""
        self.on_sent: list[Callable[[Conversation, Message], None]] = []
        """Told of each message of the business, after it was kept."""
        self._emit = emit
        self._conversations_max = conversations_max
        self._by_pair: dict[tuple[str, str], str] = {}
        self._reached: dict[tuple[str, int], set[str]] = {}

    # --- people ---

    def viewer(self, name: str, **known: Any) -> Viewer:
        """Return the viewer of that username or unique_identifier, made at first sight; `known` updates it."""
        identifier = name if name.startswith("+") else f"+Sbx{name}"
        viewer = self.viewers.get(identifier)
        if viewer is None:
            username = name.lstrip("+")
            viewer = Viewer(unique_identifier=identifier, username=username, display_name=username)
            self.viewers[identifier] = viewer
            if len(self.viewers) > self._conversations_max:
                self.viewers.popitem(last=False)
        for field, value in known.items():
            if value is not None:
                setattr(viewer, field, value)
        return viewer

    def country(self, conversation: Conversation) -> str:
        """Return where the viewer is registered."""
        return conversation.viewer.country or self.state.accounts[conversation.open_id].country

    def is_eu(self, conversation: Conversation) -> bool:
        """Whether the viewer is registered in the EEA, CH or UK: told of without text or sender, and not listed."""
        return self.country(conversation) in self.numbers.regions.eea_ch_uk

    # --- finding ---

    def conversation(self, conversation_id: str, *, open_id: str) -> Conversation:
        """Return an account's conversation; 40002 for an id that cannot be one, 40007 for an unknown one."""
        if not conversation_id.startswith("sbx") or " " in conversation_id:
            raise ApiError(40002, "Param conversation_id is invalid.")
        found = self.conversations.get(conversation_id)
        if found is None or found.open_id != open_id:
            raise ApiError(40007, "The conversation does not exist.")
        return found

    def of_account(self, open_id: str) -> list[Conversation]:
        """Return an account's conversations, the one with the latest message first."""
        own = [one for one in self.conversations.values() if one.open_id == open_id and one.messages]
        return sorted(own, key=lambda one: one.update_ms, reverse=True)

    def between(self, open_id: str, viewer: Viewer) -> Conversation | None:
        """Return the conversation of an account and a viewer, if they have one."""
        known = self._by_pair.get((open_id, viewer.unique_identifier))
        return self.conversations.get(known) if known else None

    def message(self, conversation: Conversation, message_id: str) -> Message:
        """Return a message of a conversation; 40007 otherwise."""
        for message in conversation.messages:
            if message.message_id == message_id:
                return message
        raise ApiError(40007, "The message does not exist.")

    # --- what viewers do ---

    def write(
        self,
        open_id: str,
        viewer: Viewer,
        *,
        kind: str = "text",
        content: Any,
        referenced: str = "",
        tapped: tuple[str, str] | None = None,
    ) -> tuple[Conversation, Message]:
        """A viewer writes: the window opens anew and, where the account has messages, it is announced."""
        account = self._account(open_id)
        conversation = self._open(account, viewer)
        now = self.state.clock.now_ms()
        message = Message(
            message_id=self._id("Msg"), at_ms=now, kind=kind, content=content, from_business=False,
            referenced=referenced, tapped=tapped,
        )  # fmt: skip
        conversation.messages.append(message)
        conversation.written_ms, conversation.sent, conversation.update_ms = now, 0, now
        self._tell(conversation, self._written_event(account, conversation, message))
        for told in self.on_written:
            told(conversation, message)
        return conversation, message

    def tap(
        self, open_id: str, viewer: Viewer, *, message_id: str, button_id: str
    ) -> tuple[Conversation, Message]:
        """A viewer taps a button of a card; its label comes back as the viewer's text."""
        conversation = self.between(open_id, viewer)
        if conversation is None:
            raise ApiError(40007, "There is no such conversation.")
        card = self.message(conversation, message_id)
        buttons = card.content["buttons"] if card.kind == "template" else []
        label = next((one["title"] for one in buttons if one["id"] == button_id), None)
        if label is None:
            raise ApiError(40007, "The card has no such button.")
        return self.write(open_id, viewer, content={"body": label}, tapped=(message_id, button_id))

    def react(
        self,
        open_id: str,
        viewer: Viewer,
        *,
        message_id: str,
        emoji: str,
        remove: bool,
        ai_emoji_url: str = "",
    ) -> Conversation:
        """A viewer puts an emoji to a message, or takes it away; that opens no window."""
        conversation = self.between(open_id, viewer)
        if conversation is None:
            raise ApiError(40007, "There is no such conversation.")
        target = self.message(conversation, message_id)
        now = self.state.clock.now_ms()
        reaction = {
            "operation": "REMOVE" if remove else "ADD",
            "type": "AI_EMOJI" if ai_emoji_url else "EMOJI",
            "emoji": emoji,
            "unique_identifier": viewer.unique_identifier,
            "timestamp": now,
            "original_msg_id": message_id,
        }
        if ai_emoji_url:
            reaction["ai_emoji_url"] = ai_emoji_url
        mine = [one for one in target.reactions if one["unique_identifier"] == viewer.unique_identifier]
        for one in mine:
            if one["emoji"] == emoji:
                target.reactions.remove(one)
        if not remove:
            target.reactions.append(reaction)
        told = Message(
            message_id=self._id("Msg"), at_ms=now, kind="reaction", content=[reaction], from_business=False
        )
        self._tell(conversation, self._message_event("im_receive_msg", conversation, told))
        return conversation

    def read(self, open_id: str, viewer: Viewer) -> Conversation:
        """A viewer reads; everything up to now counts as read."""
        conversation = self.between(open_id, viewer)
        if conversation is None:
            raise ApiError(40007, "There is no such conversation.")
        now = self.state.clock.now_ms()
        content = self._parties(conversation, from_business=False) | {
            "conversation_id": conversation.conversation_id,
            "timestamp": now,
            "read": {"last_read_timestamp": now},
        }
        self._tell(conversation, Event(name="im_mark_read_msg", open_id=open_id, at_ms=now, content=content))
        return conversation

    def refer(self, open_id: str, viewer: Viewer, referral: Mapping[str, Any]) -> Conversation:
        """A viewer arrives by an ad or a link; nothing has been written yet, so no window opens."""
        account = self._account(open_id)
        conversation = self._open(account, viewer)
        now = self.state.clock.now_ms()
        conversation.update_ms = now
        if "ad" in referral:
            conversation.ads.append(dict(referral["ad"]))
        else:
            conversation.short_links.append(dict(referral["short_link"]))
        content = self._parties(conversation, from_business=False) | {
            "conversation_id": conversation.conversation_id,
            "timestamp": now,
            "referral": dict(referral),
        }
        self._tell(conversation, Event(name="im_referral_msg", open_id=open_id, at_ms=now, content=content))
        return conversation

    def accept(self, conversation: Conversation) -> int:
        """The owner accepts a request in the app, so it is no stranger's any more; returns how many events are told now."""
        conversation.accepted, conversation.kind = True, "SINGLE"
        events, conversation.unannounced = conversation.unannounced, []
        for event in events:
            self._emit(event)
        return len(events)

    # --- what the business does ---

    def window_problem(self, conversation: Conversation) -> str | None:
        """Return why nothing may be sent now, or `None`.

        Source of 48 hours and 10 messages: portal 1832184403754242; the code 40064 for both is assumed.
        """
        rules, now = self.numbers.messages, self.state.clock.now_ms()
        if not conversation.written_ms or now - conversation.written_ms >= rules.window_hours * HOUR_MS:
            return f"The {rules.window_hours}-hour messaging window is closed: the user must write first."
        if conversation.sent >= rules.quota:
            return f"The quota of {rules.quota} messages in this messaging window is used."
        most = self.options.conversations_per_day or rules.conversations_per_day
        reached = self._reached.get((conversation.open_id, now // DAY_MS), set())
        if conversation.conversation_id not in reached and len(reached) >= most:
            return "You are sending messages too fast: too many conversations today."
        return None

    def send(
        self,
        conversation: Conversation,
        *,
        kind: str,
        content: Any,
        referenced: str = "",
        source: str = "API",
        auto_type: str = "",
        counts: bool = True,
    ) -> Message:
        """The business writes into a conversation; the caller has checked the window. Its echo is told."""
        now = self.state.clock.now_ms()
        message = Message(
            message_id=self._id("Msg"), at_ms=now, kind=kind, content=content, from_business=True,
            source=source, referenced=referenced, auto_type=auto_type,
        )  # fmt: skip
        conversation.messages.append(message)
        conversation.update_ms = now
        if counts:
            conversation.kind = "SINGLE"
            conversation.sent += 1
            day = (conversation.open_id, now // DAY_MS)
            self._reached = {key: kept for key, kept in self._reached.items() if key[1] == day[1]}
            self._reached.setdefault(day, set()).add(conversation.conversation_id)
        self._tell(conversation, self._message_event("im_send_msg", conversation, message))
        for told in self.on_sent:
            told(conversation, message)
        return message

    def begin(self, account: Account, viewer: Viewer) -> Conversation:
        """Return the conversation a direct reply to a comment is sent in."""
        return self._open(account, viewer)

    # --- inside ---

    def _account(self, open_id: str) -> Account:
        account = self.state.accounts.get(open_id)
        if account is None:
            raise ApiError(40007, f"No account {open_id}.")
        return account

    def _id(self, kind: str) -> str:
        """Return an id that looks like base64, with the signs that must be escaped in an address."""
        return f"sbx{kind}{base64.b64encode(self.state.opaque(kind)[:12]).decode()}+A=="

    def _open(self, account: Account, viewer: Viewer) -> Conversation:
        known = self.between(account.open_id, viewer)
        if known is not None:
            known.viewer = viewer
            return known
        conversation = Conversation(
            conversation_id=self._id("Conv"), open_id=account.open_id, viewer=viewer,
            accepted=account.messages_from == "everyone",
        )  # fmt: skip
        self.conversations[conversation.conversation_id] = conversation
        self._by_pair[account.open_id, viewer.unique_identifier] = conversation.conversation_id
        if len(self.conversations) > self._conversations_max:
            _, oldest = self.conversations.popitem(last=False)
            self._by_pair.pop((oldest.open_id, oldest.viewer.unique_identifier), None)
        return conversation

    def _tell(self, conversation: Conversation, event: Event) -> None:
        account = self.state.accounts[conversation.open_id]
        if messages_closed(account, self.numbers.regions) is not None:
            return
        if self.is_eu(conversation) and event.name != "im_receive_msg_eu":
            return
        if conversation.accepted:
            self._emit(event)
        else:
            conversation.unannounced.append(event)

    def _written_event(self, account: Account, conversation: Conversation, message: Message) -> Event:
        if self.is_eu(conversation):
            content = {
                "to": account.username,
                "to_user": {"id": account.open_id, "role": "business_account"},
                "timestamp": message.at_ms,
            }
            return Event(
                name="im_receive_msg_eu", open_id=account.open_id, at_ms=message.at_ms, content=content
            )
        return self._message_event("im_receive_msg", conversation, message)

    def _parties(self, conversation: Conversation, *, from_business: bool) -> dict[str, Any]:
        account, viewer = self.state.accounts[conversation.open_id], conversation.viewer
        business = {"id": account.open_id, "role": "business_account"}
        person = {"id": viewer.unique_identifier, "role": "personal_account"}
        return {
            "from": account.username if from_business else viewer.username,
            "to": viewer.username if from_business else account.username,
            "unique_identifier": account.unique_identifier if from_business else viewer.unique_identifier,
            "from_user": business if from_business else person,
            "to_user": person if from_business else business,
        }

    def _message_event(self, name: str, conversation: Conversation, message: Message) -> Event:
        content = self._parties(conversation, from_business=message.from_business) | {
            "conversation_id": conversation.conversation_id,
            "message_id": message.message_id,
            "timestamp": message.at_ms,
            "type": message.kind,
            **({} if message.kind == "other" else {message.kind: _told(message)}),
            "is_follower": conversation.viewer.is_follower,
            "scene_type": 0,
            "message_tag": {"source": message.source},
        }
        if message.referenced:
            content["referenced_message_info"] = {"referenced_message_id": message.referenced}
        if message.auto_type:
            content["auto_message_type"] = message.auto_type
        if message.tapped is not None:
            content["reply_source_payload"] = {
                "reply_source_msg_id": message.tapped[0],
                "reply_source_unique_id": message.tapped[1],
            }
        return Event(name=name, open_id=conversation.open_id, at_ms=message.at_ms, content=content)


def _told(message: Message) -> Any:
    """Return the content as webhooks carry it; a card has another shape there than in the call that sent it."""
    if message.kind != "template":
        return message.content
    buttons = [
        {"text": one["title"], "type": one["type"].lower(), "id": one["id"]}
        for one in message.content["buttons"]
    ]
    return {
        "type": message.content["type"].lower(),
        "elements": [{"title": message.content["title"], "buttons": buttons}],
    }
