"""The statements both databases share. Where they differ (`_among`, locks, ids), the two siblings say how.

Written by hand: SQLAlchemy Core costs about twice the CPU on this path (docs/decisions/0003-hand-written-statements.md).
Placeholders are `?`; `postgres.py` rewrites them once per statement. One module a part of the product.
"""

from goodstanding.adapters.storage.statements.base import Row, S
from goodstanding.adapters.storage.statements.bio import BioStatements
from goodstanding.adapters.storage.statements.connections import ConnectionStatements
from goodstanding.adapters.storage.statements.feed import FeedStatements
from goodstanding.adapters.storage.statements.imports import ImportStatements
from goodstanding.adapters.storage.statements.messages import MessageStatements
from goodstanding.adapters.storage.statements.pacing import PacingStatements
from goodstanding.adapters.storage.statements.publishing import PublishingStatements
from goodstanding.adapters.storage.statements.registry import RegistryStatements
from goodstanding.adapters.storage.statements.spine import SpineStatements
from goodstanding.adapters.storage.statements.tasks import TaskStatements

__all__ = ["Row", "S", "Statements"]


class Statements(
    SpineStatements,
    BioStatements,
    ConnectionStatements,
    FeedStatements,
    ImportStatements,
    MessageStatements,
    PacingStatements,
    PublishingStatements,
    RegistryStatements,
    TaskStatements,
):
    """Queries and transactions of one workspace over one connection."""
