"""Read back: duplicates of messages are counted beside those of comments."""

import sqlalchemy as sa
from alembic import op


revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('feed_duplicate', sa.Column('messages', sa.BigInteger(), server_default=sa.text('0'), nullable=False))
