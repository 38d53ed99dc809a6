"""The statements both databases share. Where they differ (`_among`, locks, ids), the two siblings say how.

Written by hand: SQLAlchemy Core costs about twice the CPU on this path (docs/decisions/0003-hand-written-statements.md).
Placeholders are `?`; `postgres.py` rewrites them once per statement. One module a part of the product.
"""

from goodstanding.adapters.storage.statements.audit import AuditStatements
from goodstanding.adapters.storage.statements.base import Row, S
from goodstanding.adapters.storage.statements.bio import BioStatements
from goodstanding.adapters.storage.statements.connections import ConnectionStatements
from goodstanding.adapters.storage.statements.contacts import ContactStatements
from goodstanding.adapters.storage.statements.drafts import DraftStatements
from goodstanding.adapters.storage.statements.feed import FeedStatements
from goodstanding.adapters.storage.statements.imports import ImportStatements
from goodstanding.adapters.storage.statements.intake import IntakeStatements
from goodstanding.adapters.storage.statements.messages import MessageStatements
from goodstanding.adapters.storage.statements.models import ModelStatements
from goodstanding.adapters.storage.statements.namesakes import NamesakeStatements
from goodstanding.adapters.storage.statements.outbox import OutboxStatements
from goodstanding.adapters.storage.statements.pacing import PacingStatements
from goodstanding.adapters.storage.statements.policies import PolicyStatements
from goodstanding.adapters.storage.statements.publishing import PublishingStatements
from goodstanding.adapters.storage.statements.registry import RegistryStatements
from goodstanding.adapters.storage.statements.retention import RetentionStatements
from goodstanding.adapters.storage.statements.review import ReviewStatements
from goodstanding.adapters.storage.statements.tags import TagStatements
from goodstanding.adapters.storage.statements.tasks import TaskStatements
from goodstanding.adapters.storage.statements.workspace import WorkspaceStatements

__all__ = ["Row", "S", "Statements"]


class Statements(
    WorkspaceStatements,
    ContactStatements,
    IntakeStatements,
    OutboxStatements,
    ReviewStatements,
    PolicyStatements,
    AuditStatements,
    BioStatements,
    ConnectionStatements,
    DraftStatements,
    FeedStatements,
    ImportStatements,
    MessageStatements,
    ModelStatements,
    NamesakeStatements,
    PacingStatements,
    PublishingStatements,
    RegistryStatements,
    RetentionStatements,
    TagStatements,
    TaskStatements,
):
    """Queries and transactions of one workspace over one connection."""
