"""The pace of calls that all processes share, and posts on their way to being published."""

import sqlalchemy as sa
from alembic import op


revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _pacing()
    _publishing()


def _pacing() -> None:
    op.create_table('call_lease',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('app', sa.Text(), nullable=False),
    sa.Column('product', sa.Text(), nullable=False),
    sa.Column('endpoint', sa.Text(), nullable=False),
    sa.Column('tokens', sa.BigInteger(), nullable=False),
    sa.Column('until', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('workspace_id', 'account_id', 'id', name=op.f('pk_call_lease'))
    )
    op.create_index('ix_call_lease_until', 'call_lease', ['workspace_id', 'app', 'until'], unique=False)
    op.create_table('call_mark',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('app', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('value', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('workspace_id', 'account_id', 'app', 'name', name=op.f('pk_call_mark'))
    )


def _publishing() -> None:
    op.create_table('publication',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('publish_id', sa.Text(), nullable=False),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('post_id', sa.Text(), nullable=False),
    sa.Column('first_at', sa.BigInteger(), nullable=False),
    sa.Column('told_at', sa.BigInteger(), nullable=False),
    sa.Column('next_at', sa.BigInteger(), nullable=False),
    sa.Column('asks', sa.BigInteger(), nullable=False),
    sa.Column('trouble', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('workspace_id', 'account_id', 'publish_id', name=op.f('pk_publication'))
    )
    op.create_index('ix_publication_due', 'publication', ['workspace_id', 'next_at'], unique=False)
    op.create_index('ix_publication_first', 'publication', ['workspace_id', 'account_id', 'first_at'], unique=False)
    op.create_index('ix_publication_post', 'publication', ['workspace_id', 'account_id', 'post_id'], unique=False)
