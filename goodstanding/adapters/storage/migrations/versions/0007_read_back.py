"""Read back: duplicates of messages are counted beside those of comments. Kept contents are found by their age."""

import sqlalchemy as sa
from alembic import op


revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('feed_duplicate', sa.Column('messages', sa.BigInteger(), server_default=sa.text('0'), nullable=False))
    kept = sa.text("state IN ('unknown','unreadable') AND body IS NOT NULL")
    op.create_index('ix_delivery_kept', 'delivery', ['workspace_id', 'account_id', 'received_at'], unique=False, sqlite_where=kept, postgresql_where=kept)
