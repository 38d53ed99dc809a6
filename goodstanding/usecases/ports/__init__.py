"""Ports: what the use cases need of the outside, as types. Adapters implement them; `bootstrap` joins them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from typing import Literal, Protocol, TypeVar

import msgspec

from goodstanding.core.policy.model import Mode, VideoClass
from goodstanding.core.signals import Signals
from goodstanding.kernel.problems import GoodstandingError
from goodstanding.usecases.ports.automatic import AutomaticPlatform
from goodstanding.usecases.ports.bio import BioChanges, BioQueries
from goodstanding.usecases.ports.connections import ConnectionChanges, ConnectionQueries
from goodstanding.usecases.ports.feed import FeedChanges, FeedPlatform, FeedQueries
from goodstanding.usecases.ports.imports import ImportChanges, ImportQueries
from goodstanding.usecases.ports.messages import (
    MessageChanges,
    MessageContent,
    MessagePlatform,
    MessageQueries,
    ParsedMessage,
    ParsedNotice,
)
from goodstanding.usecases.ports.pacing import PacingChanges, PacingQueries
from goodstanding.usecases.ports.publishing import PublishingChanges, PublishingQueries
from goodstanding.usecases.ports.registry import RegistryChanges, RegistryQueries
from goodstanding.usecases.ports.tasks import TaskChanges, TaskQueries

T = TypeVar("T")

DeliveryState = Literal["new", "read", "unknown", "unreadable"]
OutgoingState = Literal["held", "planned", "task", "sending", "sent", "failed", "unknown", "cancelled"]
SendAct = Literal["reply", "message", "hide", "unhide"]
FreezeScope = Literal["everything", "promotion", "messages"]


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A served account, as stored."""

    id: int
    connector: str
    external_id: str
    identifier: str
    """How the platform names the account as a comment's author."""
    handle: str
    name: str
    mode: Mode
    zone: str
    language: str
    killed: bool
    can_reply: bool
    can_hide: bool
    can_message: bool
    bucket_milli: int
    bucket_at: int
    spike_paused: bool
    policy_hash: str


class Delivery(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One webhook call as received; `body` is the vault's ciphertext."""

    id: int
    account_id: int
    connector: str
    digest: bytes
    received_at: int
    body: bytes


class Contact(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A person outside."""

    id: int
    account_id: int
    external_id: str
    handle: str
    suppressed: bool
    holdout: bool
    wrote_at: int | None
    labels: str
    answer: str
    marketing: str


class Event(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A comment (or what happened to one), as stored."""

    id: int
    account_id: int
    connector: str
    external_id: str
    action: str
    kind: str
    contact_id: int | None
    video_id: str
    parent_id: str
    text: str | None
    language: str
    source: str
    at: int
    received_at: int
    own: bool
    state: str
    answered: bool


class DecisionRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The columns of a decision; its sealed record lies in the vault under `seq`."""

    account_id: int
    event_id: int
    seq: int
    policy_hash: str
    outcome: str
    rule: str
    code: str
    at: int


class Outgoing(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Something planned to be done on the platform."""

    id: int
    account_id: int
    event_id: int
    act: SendAct
    ordinal: int
    contact_id: int
    video_id: str
    target_id: str
    """The platform's id of the comment that is answered or hidden."""
    rule: str
    template: str
    variant: int
    language: str
    text: str
    state: OutgoingState
    code: str
    not_before: int
    attempt_at: int | None
    settled_at: int | None
    fence: int
    provider_ref: str
    approved_by: int | None
    approved_hash: bytes | None
    approved_until: int | None
    created_at: int


class Case(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Something waiting for a person."""

    id: int
    account_id: int
    event_id: int
    outgoing_id: int | None
    queue: str
    code: str
    state: str
    resolution: str
    created_at: int
    due_at: int
    claimed_by: int | None
    claim_until: int | None
    version: int
    resolved_by: int | None
    resolved_at: int | None


class Act(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a person did, so that it can be listed and taken back."""

    id: int
    account_id: int
    person_id: int
    kind: str
    event_id: int
    case_id: int | None
    outgoing_id: int | None
    data: str
    at: int
    undone_at: int | None


class FreezeRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A freeze; `account_id` 0 is every account."""

    id: int
    account_id: int
    scope: FreezeScope
    reason: str
    actor: str
    at: int
    lifted_by: str | None
    lifted_at: int | None


class PolicyVersion(msgspec.Struct, frozen=True, kw_only=True):
    """An immutable policy document, addressed by its hash."""

    hash: str
    parent: str | None
    body: str
    title: str
    actor: str
    at: int


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Someone of the team."""

    id: int
    name: str
    email: str
    password_hash: str
    role: str
    language: str
    created_at: int


class Video(msgspec.Struct, frozen=True, kw_only=True):
    """A video of the registry."""

    id: str
    account_id: int
    title: str
    video_class: VideoClass
    campaign: str


class Spent(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One act that counts against limits. `at` is the attempt, or the planned time while it is planned."""

    act: str
    contact_id: int
    rule: str
    video_id: str
    at: int
    sent: bool
    """False while only planned."""


class AuditRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A sealed entry as stored."""

    seq: int
    account_id: int
    kind: str
    at: int
    event_id: int | None
    body: bytes
    hash: bytes


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A signed note over the log at a size."""

    size: int
    at: int
    """When the last entry it covers was sealed; not stored, so it cannot be changed apart from the log."""
    note: str


class VaultRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Ciphertext of the personal values behind an entry's commitments."""

    seq: int
    account_id: int
    contact_id: int
    cipher: bytes


class VolumeRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Counts of one ten-minute slot."""

    slot: int
    comments: int
    replied: int
    hidden: int
    reviewed: int
    rest: int


class Queries(
    BioQueries,
    ConnectionQueries,
    FeedQueries,
    ImportQueries,
    MessageQueries,
    PacingQueries,
    PublishingQueries,
    RegistryQueries,
    TaskQueries,
    Protocol,
):
    """What may be read, inside a transaction or outside one."""

    def accounts(self) -> list[Account]: ...
    def account_of(self, connector: str, external_id: str) -> Account | None: ...
    def account_ids(self, connector: str, external_ids: Sequence[str]) -> dict[str, int]: ...
    def credentials(self, account_id: int) -> bytes | None: ...
    def setting(self, name: str, *, account_id: int = 0) -> str | None: ...
    def persons(self) -> list[Person]: ...
    def stored_value(self, namespace: str, name: str) -> tuple[bytes, int | None] | None: ...
    def videos(self, account_id: int) -> list[Video]: ...
    def new_deliveries(self, limit: int) -> list[Delivery]: ...
    def deliveries_by_state(self) -> dict[str, int]: ...
    def problem_deliveries(self, limit: int) -> list[tuple[Delivery, str, str]]: ...
    def contacts_by_external(self, account_id: int, external_ids: Sequence[str]) -> dict[str, Contact]: ...
    def contact(self, contact_id: int) -> Contact | None: ...
    def known_events(
        self, account_id: int, connector: str, external_ids: Sequence[str]
    ) -> dict[tuple[str, str], int]:
        """Return event ids by (external id, action)."""
        ...

    def event(self, event_id: int) -> Event | None: ...
    def event_texts(self, event_ids: Sequence[int]) -> dict[int, str | None]: ...
    def decision(self, event_id: int) -> DecisionRow | None: ...
    def decisions(self, *, after: int, limit: int, account_id: int | None = None) -> list[DecisionRow]: ...
    def outgoing(self, outgoing_id: int) -> Outgoing | None: ...
    def outgoing_of_event(self, event_id: int) -> list[Outgoing]: ...
    def outgoing_of_contact(self, contact_id: int) -> list[Outgoing]: ...
    def events(self, event_ids: Sequence[int]) -> dict[int, Event]: ...
    def contacts(self, contact_ids: Sequence[int]) -> dict[int, Contact]: ...
    def outgoing_of_events(self, event_ids: Sequence[int]) -> dict[int, list[Outgoing]]: ...
    def outgoing_due(self, account_id: int, now: int, limit: int) -> list[Outgoing]: ...
    def outgoing_in_state(
        self, state: str, *, limit: int, account_id: int | None = None
    ) -> list[Outgoing]: ...
    def next_due(self) -> int | None:
        """Return the earliest `not_before` of planned acts."""
        ...

    def spent(self, account_id: int, since: int, contacts: Sequence[int] | None) -> list[Spent]:
        """Return acts that count, of these contacts (or of the whole account), newest last."""
        ...

    def recent_texts(self, limit: int, *, planned: bool) -> list[str]:
        """Return the workspace's last texts, newest first; with `planned` those that wait as well."""
        ...

    def texts_since(self, account_id: int, since: int, *, planned: bool) -> list[tuple[str, str, int]]:
        """Return (video, text, times) of what an account sent after `since`; with `planned` what waits as well."""
        ...

    def case(self, case_id: int) -> Case | None: ...
    def cases_of_event(self, event_id: int) -> list[Case]: ...
    def open_cases(self, *, queue: str | None, after: tuple[int, int], limit: int) -> list[Case]: ...
    def acts(self, *, person_id: int | None, limit: int) -> list[Act]: ...
    def acts_of_event(self, event_id: int) -> list[Act]: ...
    def act(self, act_id: int) -> Act | None: ...
    def freezes(self, *, active_only: bool) -> list[FreezeRow]: ...
    def policy(self, policy_hash: str) -> PolicyVersion | None: ...
    def policies(self) -> list[PolicyVersion]: ...
    def activations(self, account_id: int) -> list[tuple[str, str, int]]: ...
    def volumes(self, account_id: int, since: int) -> list[VolumeRow]: ...
    def volume_sums(self, account_id: int, *, since: int, recent: int) -> tuple[int, int, int | None]:
        """Return comments after slot `recent`, comments from `since` up to it, and the first such slot."""
        ...

    def audit_head(self) -> tuple[int, bytes]:
        """Return size and serialised frontier; (0, b"") for an empty log."""
        ...

    def audit_entries(self, start: int, stop: int) -> list[AuditRow]: ...
    def audit_after(self, seq: int, limit: int) -> list[AuditRow]: ...
    def audit_of_event(self, event_id: int) -> list[AuditRow]: ...
    def audit_newest(self, *, before: int, limit: int, kind: str | None = None) -> list[AuditRow]: ...
    def audit_hashes(self, start: int, stop: int) -> list[bytes]: ...
    def audit_node(self, level: int, position: int) -> bytes: ...
    def audit_nodes(self) -> Iterator[tuple[int, int, bytes]]: ...
    def checkpoints(self) -> list[Checkpoint]: ...
    def vault_rows(self, seqs: Sequence[int]) -> dict[int, VaultRow]: ...
    def suppressed(self, account_id: int, digests: Sequence[bytes]) -> set[bytes]: ...


class Transaction(
    Queries,
    BioChanges,
    ConnectionChanges,
    FeedChanges,
    ImportChanges,
    MessageChanges,
    PacingChanges,
    PublishingChanges,
    RegistryChanges,
    TaskChanges,
    Protocol,
):
    """One write transaction. Everything in it is committed together or not at all."""

    def ids(self, name: str, count: int = 1) -> int:
        """Return the first of `count` fresh ids."""
        ...

    def ensure_workspace(self, at: int) -> None: ...
    def put_setting(self, name: str, value: str, at: int, *, account_id: int = 0) -> None: ...
    def put_stored_value(self, namespace: str, name: str, value: bytes, expires_at: int | None) -> None: ...
    def drop_stored_value(self, namespace: str, name: str | None) -> None: ...
    def drop_expired_values(self, now: int) -> int: ...
    def add_account(self, account: Account, at: int) -> None: ...
    def change_account(self, account_id: int, changes: Mapping[str, object]) -> None: ...
    def add_person(self, person: Person) -> None: ...
    def change_person(self, person_id: int, changes: Mapping[str, object]) -> None: ...
    def add_videos(self, videos: Sequence[Video], at: int) -> None:
        """Add the videos that are not known yet."""
        ...

    def add_deliveries(self, rows: Sequence[Delivery]) -> int:
        """Keep what is new; a repeated digest is dropped. Returns how many were new."""
        ...

    def claim_deliveries(self, ids: Sequence[int]) -> set[int]:
        """Lock those that are still new and return their ids."""
        ...

    def settle_deliveries(self, rows: Sequence[tuple[int, DeliveryState, str | None]]) -> None:
        """Set state and problem by id; a delivery that was read gives up its body."""
        ...

    def add_contacts(self, rows: Sequence[Contact], at: int) -> None: ...
    def change_contact(self, contact_id: int, changes: Mapping[str, object]) -> None: ...
    def lock_contacts(self, contact_ids: Sequence[int]) -> None:
        """Serialise everything that counts against these contacts until the end of the transaction."""
        ...

    def add_events(self, rows: Sequence[Event]) -> None: ...
    def set_event_state(self, account_id: int, changes: Sequence[tuple[str, str]]) -> None:
        """Set the state of comments by (external id, state)."""
        ...

    def mark_answered(self, account_id: int, external_ids: Sequence[str]) -> None: ...
    def add_decisions(self, rows: Sequence[DecisionRow]) -> None: ...
    def add_outgoing(self, rows: Sequence[Outgoing]) -> None: ...
    def change_outgoing(self, outgoing_id: int, changes: Mapping[str, object]) -> None: ...
    def reserve_outgoing(self, ids: Sequence[int], fence: int, at: int) -> None:
        """Make planned acts `sending` under this fence."""
        ...

    def sending(self, claims: Sequence[tuple[int, int]]) -> set[int]:
        """Lock those of (id, fence) that are still `sending` under their fence, and return their ids."""
        ...

    def settle_many(self, rows: Sequence[tuple[int, Mapping[str, object]]]) -> None:
        """Change acts by id; every row names the same columns."""
        ...

    def settle_outgoing(self, outgoing_id: int, fence: int, changes: Mapping[str, object]) -> bool:
        """Change an act that is `sending` under this fence; False when someone else settled it first."""
        ...

    def ensure_lanes(self, account_ids: Sequence[int]) -> None: ...
    def claim_lane(self, owner: str, now: int, until: int, due: int) -> tuple[int, int] | None:
        """Lease one free lane that has something due by `due`; returns (account, fence) or nothing."""
        ...

    def hold_lane(self, account_id: int, fence: int, until: int) -> bool:
        """Extend a lease; False when it was lost. Locks the lane's row until the end of the transaction."""
        ...

    def free_lane(self, account_id: int, fence: int) -> None: ...
    def add_cases(self, rows: Sequence[Case]) -> None: ...
    def change_case(self, case_id: int, version: int, changes: Mapping[str, object]) -> bool:
        """Change a case at this version (and count the version up); False when it has moved on."""
        ...

    def add_act(self, row: Act) -> None: ...
    def undo_act(self, act_id: int, at: int) -> bool: ...
    def add_freeze(self, row: FreezeRow) -> None: ...
    def lift_freeze(self, freeze_id: int, actor: str, at: int) -> bool: ...
    def add_policy(self, row: PolicyVersion) -> bool:
        """Keep a version; False when it was there already."""
        ...

    def add_activation(self, account_id: int, policy_hash: str, actor: str, at: int) -> None: ...
    def add_volume(self, account_id: int, slot: int, counts: tuple[int, int, int, int, int]) -> None: ...
    def add_suppression(self, account_id: int, digest: bytes, reason: str, at: int) -> None: ...
    def lock_audit(self) -> None:
        """Take the workspace's log for this transaction; take it last and keep it short."""
        ...

    def add_audit(
        self, rows: Sequence[AuditRow], nodes: Sequence[tuple[int, int, bytes]], size: int, frontier: bytes
    ) -> None: ...
    def add_checkpoint(self, row: Checkpoint) -> None: ...
    def add_vault(self, rows: Sequence[VaultRow]) -> None: ...
    def erase_contact(self, contact_id: int, at: int) -> dict[str, int]:
        """Remove the live text, handle and vault values of a contact; returns counts by table."""
        ...


class StoreUnavailableError(GoodstandingError):
    """The database is full, locked or out of reach; nothing of the transaction was kept. Field: why."""

    code = "STORE_UNAVAILABLE"


class Store(Protocol):
    """The database of one workspace."""

    def write(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` in one transaction on the writer and return its result once it is durable."""
        ...

    def submit(self, work: Callable[[Transaction], T]) -> "Future[T]":
        """Like `write`, without waiting."""
        ...

    def read(self, work: Callable[[Queries], T]) -> T:
        """Run `work` on a consistent snapshot."""
        ...

    def forget(self) -> None:
        """Bring deletions down to the files, so that no older copy of a page keeps what is gone, as far as we can."""
        ...

    def close(self) -> None: ...


class Clock(Protocol):
    """Trusted time."""

    def now(self) -> int:
        """Return UTC milliseconds, never less than what was returned or persisted before."""
        ...

    def doubt(self) -> str:
        """Return why time cannot be trusted (a code), or an empty string."""
        ...

    def hear(self, reference: int) -> None:
        """Take note of the platform's own time (its `Date` header, a webhook's time)."""
        ...

    def real_seconds(self, span: int) -> float:
        """Return how many real seconds a span of this clock's milliseconds takes."""
        ...


class Chance(Protocol):
    """Randomness and keyed hashes."""

    def draw(self, count: int) -> bytes: ...
    def keyed(self, purpose: str, value: int) -> int:
        """Return 0 to 2**32-1, always the same for the same value under this installation's key."""
        ...

    def keyed_digest(self, purpose: str, value: str) -> bytes: ...


class Classifier(Protocol):
    """Understanding."""

    @property
    def model(self) -> str: ...
    def signals(self, texts: Sequence[str]) -> list[Signals]: ...


class Vault(Protocol):
    """Encryption under keys that can be destroyed one person at a time."""

    def ensure(self, contact_ids: Iterable[int]) -> None:
        """Make a key for each contact that has none; durable before it returns."""
        ...

    def lock(self, contact_id: int, value: bytes) -> bytes:
        """Encrypt under the contact's key; contact 0 is the intake key."""
        ...

    def unlock(self, contact_id: int, cipher: bytes) -> bytes | None:
        """Return the value, or None when the key was destroyed."""
        ...

    def destroy(self, contact_id: int, at: int) -> None: ...


class Signer(Protocol):
    """The installation's signing key."""

    @property
    def public(self) -> bytes:
        """The raw 32-byte Ed25519 public key."""
        ...

    def sign(self, value: bytes) -> bytes: ...
    def verify(self, public: bytes, value: bytes, signature: bytes) -> bool: ...


class ParsedComment(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A delivery that says something about a comment. `action`: insert, delete, hidden, public, friends_only."""

    external_id: str
    video_id: str
    parent_id: str
    action: str
    author: str
    handle: str
    text: str
    at: int


class ParsedOther(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A delivery that is well-formed and not about a comment."""

    event: str
    known: bool
    """True for an event we act on (such as `authorization.removed`)."""
    detail: str = ""
    """The platform's reason, where the event has one."""
    at: int = 0
    """When it happened, UTC milliseconds; 0 when it does not say."""


class Unreadable(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A delivery whose content we cannot read."""

    problem: str


Parsed = ParsedComment | ParsedMessage | ParsedNotice | ParsedOther | Unreadable


class SendResult(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the platform answered. `unknown`: it may have happened."""

    state: Literal["sent", "failed", "unknown", "later"]
    provider_ref: str = ""
    code: str = ""
    """The platform's code or our own word for it."""
    retry_after: int = 0
    """Milliseconds, for `later`: nothing was done, try again then."""
    means: Literal["", "blocked", "not_offered"] = ""
    """More than the act itself: the platform holds the account back, or does not offer this to it (any more)."""


class SendPermit(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Leave to make one platform call. Only `usecases.reserving` makes these."""

    account: Account
    outgoing: Outgoing
    content: MessageContent | None = None
    """What a message carries beside its text."""


class Platform(FeedPlatform, AutomaticPlatform, MessagePlatform, Protocol):
    """The outside: reading payloads and carrying out what has a permit."""

    def verify(self, body: bytes, header: str, now: int) -> Literal["ok", "bad", "stale"]: ...
    def recipient(self, body: bytes) -> str:
        """Return the platform's id of the account a delivery is for; empty when it cannot be told."""
        ...

    def parse(self, body: bytes) -> Parsed: ...
    async def carry_out(self, permit: SendPermit) -> SendResult: ...
    async def find_again(self, account: Account, outgoing: Outgoing) -> SendResult:
        """Read back whether an act of unknown outcome happened: sent, failed (provably absent) or unknown."""
        ...

    async def picture(self, account: Account, message: ParsedMessage) -> bytes:
        """Fetch the picture of a message; empty when the platform does not hand it over (any more)."""
        ...

    async def ask_time(self, account: Account) -> int | None:
        """Return the platform's time, or None when it cannot be reached."""
        ...

    async def close(self) -> None: ...
