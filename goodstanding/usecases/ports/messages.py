"""Ports of messages and consent: what comes in, what is kept of a conversation, and evidence of consent."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal, Protocol

import msgspec

from goodstanding.core.consent import Purpose

if TYPE_CHECKING:
    from goodstanding.usecases.ports.intake import Event
    from goodstanding.usecases.ports.outbox import Outgoing
    from goodstanding.usecases.ports.workspace import Account

EvidenceAnswer = Literal["given", "refused", "withdrawn"]
EvidenceSource = Literal["button", "form", "message", "person"]
"""Where an answer about consent came from: a tap on our card, our form, the person's own words, a person of the team."""
ConversationKind = Literal["STRANGER", "SINGLE"]
"""`STRANGER` until the business has answered once."""
ContentKind = Literal["card", "share_post", "image"]


class ParsedMessage(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A delivery that holds one message of a conversation, either way."""

    external_id: str
    conversation_id: str
    person: str
    """The platform's stable id of the person outside, the same as under comments."""
    handle: str
    own: bool
    """Sent by the served account: an echo of our own call, or written by somebody in the app."""
    kind: str
    """`text`, `image`, `video`, `sticker`, `emoji`, `share_post`, `template`, `reaction`, or a type we do not know yet."""
    text: str
    at: int
    """The message's own time, milliseconds."""
    via: str = ""
    """For an own message: `API`, `APP`, `WEB` or another word of the platform."""
    auto: str = ""
    """Which of the platform's own automatic messages it is, if it is one."""
    card: str = ""
    """For a tap: the message that carried the card."""
    button: str = ""
    """For a tap: our id of the button."""
    quoted: str = ""
    media: str = ""
    """The platform's id of a picture or video; the file itself is never kept."""


class ListedConversation(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A conversation as the platform lists it; it does not say there who it is with."""

    id: str
    updated_at: int
    """UTC milliseconds."""


class ConversationPage(msgspec.Struct, frozen=True, kw_only=True):
    """One page of conversations."""

    conversations: tuple[ListedConversation, ...]
    cursor: int
    more: bool
    unreadable: int = 0
    """Entries of the page that could not be read."""


class MessagePage(msgspec.Struct, frozen=True, kw_only=True):
    """The latest messages of a conversation, either way; the platform shows none before them."""

    messages: tuple[ParsedMessage, ...]
    unreadable: int = 0


class MessagePlatform(Protocol):
    """What may be read of conversations and handed over for them. Raises `ReadFailedError`."""

    async def conversation_page(
        self, account: "Account", kind: ConversationKind, *, cursor: int = 0
    ) -> ConversationPage:
        """Return conversations of the last 90 days."""
        ...

    async def message_page(self, account: "Account", conversation_id: str) -> MessagePage: ...
    async def upload_picture(self, account: "Account", media_type: str, content: bytes) -> str:
        """Hand over a picture and return the platform's id of it."""
        ...


class ParsedNotice(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A delivery that says something that is no message and no comment: read marks, referrals, publishing, mentions."""

    event: str
    key: str
    """The natural key: the same notice has the same key."""
    at: int
    person: str = ""
    handle: str = ""
    conversation_id: str = ""
    data: tuple[tuple[str, str], ...] = ()
    """Further values, sorted by name; none of them is free text of a person."""


class Conversation(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Everything with one contact on one account, as the platform names it."""

    account_id: int
    external_id: str
    contact_id: int
    kind: ConversationKind
    wrote_at: int | None
    """The latest own time of a message of the person: the window counts from here."""
    read_at: int | None
    """Up to here the person has read what we wrote."""
    referral: str
    """The reference of the link or ad the person came by."""
    created_at: int


class MessageContent(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What an outgoing message carries beside its text: the buttons of a card, or that its text names a post or picture."""

    account_id: int
    outgoing_id: int
    kind: ContentKind
    purpose: str = ""
    """For a card: which consent it asks for."""
    version: str = ""
    """For a card: the version of the text that asks."""
    buttons: tuple[tuple[str, str], ...] = ()
    """For a card: (id, title) in their order."""


class ConsentEvidence(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One stored answer about consent; what was shown and received lies sealed under `seq`."""

    id: int
    account_id: int
    contact_id: int
    purpose: Purpose
    answer: EvidenceAnswer
    text_version: str
    source: EvidenceSource
    source_id: str
    """The message, form receipt or act it rests on; empty once erased."""
    question_id: str
    """The message or form that asked."""
    at: int
    seq: int
    """Position of its entry in the log."""


class MessageQueries(Protocol):
    """What may be read of conversations and consent."""

    def conversations(self, account_id: int, external_ids: Sequence[str]) -> dict[str, Conversation]: ...
    def conversation_of(self, contact_id: int) -> Conversation | None:
        """Return the contact's conversation, the one last written in when the platform made several."""
        ...

    def messages_of(self, contact_id: int, *, limit: int) -> "list[Event]":
        """Return a contact's last messages, either way, oldest first."""
        ...

    def own_messages(self, contact_ids: Sequence[int], since: int) -> list[tuple[int, str, int]]:
        """Return (contact, external id, at) of messages sent to these contacts after `since`, by whichever way."""
        ...

    def message_acts(self, contact_ids: Sequence[int]) -> "dict[int, list[Outgoing]]":
        """Return all acts `message` of each contact, oldest first."""
        ...

    def message_contents(self, outgoing_ids: Sequence[int]) -> dict[int, MessageContent]: ...
    def consent_evidence(self, contact_id: int) -> list[ConsentEvidence]:
        """Return what a contact answered about consent, oldest first."""
        ...


class MessageChanges(Protocol):
    """What may be changed of conversations and consent."""

    def put_conversations(self, rows: Sequence[Conversation]) -> None:
        """Keep conversations; of two times of writing or reading the later one stays."""
        ...

    def add_message_contents(self, rows: Sequence[MessageContent]) -> None: ...
    def add_consent_evidence(self, rows: Sequence[ConsentEvidence]) -> None: ...
    def settle_from(self, outgoing_id: int, states: Sequence[str], changes: Mapping[str, object]) -> bool:
        """Change an act that is in one of `states`; False when it has moved on."""
        ...

    def erase_messages(self, contact_id: int) -> dict[str, int]:
        """Remove a contact's conversations and whatever names them or the sources of evidence; returns counts by table."""
        ...
