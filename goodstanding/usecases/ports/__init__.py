"""Ports: what the use cases need of the outside, as types. Adapters implement them; `bootstrap` joins them.

One module a part of the product; the path from the door to a sealed reply is gathered here by name.
"""

from collections.abc import Callable
from concurrent.futures import Future
from typing import Protocol, TypeVar

from goodstanding.kernel.problems import GoodstandingError
from goodstanding.usecases.ports.audit import AuditChanges, AuditQueries, AuditRow, Checkpoint, VaultRow
from goodstanding.usecases.ports.bio import BioChanges, BioQueries
from goodstanding.usecases.ports.connections import ConnectionChanges, ConnectionQueries
from goodstanding.usecases.ports.contacts import Contact, ContactChanges, ContactQueries
from goodstanding.usecases.ports.drafts import DraftChanges, DraftQueries
from goodstanding.usecases.ports.feed import FeedChanges, FeedQueries
from goodstanding.usecases.ports.imports import ImportChanges, ImportQueries
from goodstanding.usecases.ports.intake import (
    DecisionRow,
    Delivery,
    DeliveryState,
    Event,
    IntakeChanges,
    IntakeQueries,
    VolumeRow,
)
from goodstanding.usecases.ports.messages import MessageChanges, MessageQueries
from goodstanding.usecases.ports.models import CorrectionChanges, CorrectionQueries
from goodstanding.usecases.ports.namesakes import NamesakeChanges, NamesakeQueries
from goodstanding.usecases.ports.outbox import (
    OutboxChanges,
    OutboxQueries,
    Outgoing,
    OutgoingState,
    SendAct,
    Spent,
)
from goodstanding.usecases.ports.pacing import PacingChanges, PacingQueries
from goodstanding.usecases.ports.platform import (
    Parsed,
    ParsedComment,
    ParsedOther,
    Platform,
    SendPermit,
    SendResult,
    Unreadable,
)
from goodstanding.usecases.ports.policies import (
    FreezeRow,
    FreezeScope,
    PolicyChanges,
    PolicyQueries,
    PolicyVersion,
)
from goodstanding.usecases.ports.publishing import PublishingChanges, PublishingQueries
from goodstanding.usecases.ports.registry import RegistryChanges, RegistryQueries
from goodstanding.usecases.ports.retention import RetentionChanges, RetentionQueries
from goodstanding.usecases.ports.review import Act, Case, ReviewChanges, ReviewQueries
from goodstanding.usecases.ports.services import Chance, Classifier, Clock, Signer, Vault
from goodstanding.usecases.ports.tags import TagChanges, TagQueries
from goodstanding.usecases.ports.tasks import TaskChanges, TaskQueries
from goodstanding.usecases.ports.workspace import Account, Person, Video, WorkspaceChanges, WorkspaceQueries

__all__ = [
    "Account",
    "Act",
    "AuditRow",
    "Case",
    "Chance",
    "Checkpoint",
    "Classifier",
    "Clock",
    "Contact",
    "DecisionRow",
    "Delivery",
    "DeliveryState",
    "Event",
    "FreezeRow",
    "FreezeScope",
    "Outgoing",
    "OutgoingState",
    "Parsed",
    "ParsedComment",
    "ParsedOther",
    "Person",
    "Platform",
    "PolicyVersion",
    "Queries",
    "SendAct",
    "SendPermit",
    "SendResult",
    "Signer",
    "Spent",
    "Store",
    "StoreUnavailableError",
    "Transaction",
    "Unreadable",
    "Vault",
    "VaultRow",
    "Video",
    "VolumeRow",
]

T = TypeVar("T")


class Queries(
    WorkspaceQueries,
    ContactQueries,
    IntakeQueries,
    OutboxQueries,
    ReviewQueries,
    PolicyQueries,
    AuditQueries,
    BioQueries,
    ConnectionQueries,
    DraftQueries,
    FeedQueries,
    ImportQueries,
    MessageQueries,
    CorrectionQueries,
    NamesakeQueries,
    PacingQueries,
    PublishingQueries,
    RegistryQueries,
    RetentionQueries,
    TagQueries,
    TaskQueries,
    Protocol,
):
    """What may be read, inside a transaction or outside one."""


class Transaction(
    Queries,
    WorkspaceChanges,
    ContactChanges,
    IntakeChanges,
    OutboxChanges,
    ReviewChanges,
    PolicyChanges,
    AuditChanges,
    BioChanges,
    ConnectionChanges,
    DraftChanges,
    FeedChanges,
    ImportChanges,
    MessageChanges,
    CorrectionChanges,
    NamesakeChanges,
    PacingChanges,
    PublishingChanges,
    RegistryChanges,
    RetentionChanges,
    TagChanges,
    TaskChanges,
    Protocol,
):
    """One write transaction. Everything in it is committed together or not at all."""

    def ids(self, name: str, count: int = 1) -> int:
        """Return the first of `count` fresh ids."""
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
