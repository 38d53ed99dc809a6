"""Drafts: what a language model was asked for, and what came of it."""

import sqlalchemy as sa
from alembic import op


revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('draft',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('event_id', sa.BigInteger(), nullable=False),
    sa.Column('outgoing_id', sa.BigInteger(), nullable=False),
    sa.Column('contact_id', sa.BigInteger(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('codes', sa.Text(), nullable=False),
    sa.Column('model', sa.Text(), nullable=False),
    sa.Column('host', sa.Text(), nullable=False),
    sa.Column('digest', sa.Text(), nullable=False),
    sa.Column('language', sa.Text(), nullable=False),
    sa.Column('body', sa.LargeBinary(), nullable=True),
    sa.CheckConstraint("state IN ('asked','fit','unfit','failed')", name=op.f('ck_draft_state')),
    sa.PrimaryKeyConstraint('workspace_id', 'account_id', 'event_id', 'outgoing_id', name=op.f('pk_draft'))
    )
    op.create_index('ix_draft_contact', 'draft', ['workspace_id', 'contact_id'], unique=False)
    op.create_index('ix_draft_at', 'draft', ['workspace_id', 'at'], unique=False)
