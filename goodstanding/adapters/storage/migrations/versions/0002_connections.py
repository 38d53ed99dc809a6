"""Connecting accounts: one connection an account, and the operator's own app."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('connection',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('account_type', sa.Text(), nullable=False),
    sa.Column('country', sa.Text(), nullable=False),
    sa.Column('approved', sa.SmallInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('verified', sa.BigInteger(), nullable=True),
    sa.Column('followers', sa.BigInteger(), nullable=True),
    sa.Column('programmes', sa.Text(), nullable=False),
    sa.Column('answered', sa.Text(), nullable=False),
    sa.Column('scopes', sa.Text(), nullable=False),
    sa.Column('asked', sa.Text(), nullable=False),
    sa.Column('connected_at', sa.BigInteger(), nullable=True),
    sa.Column('access_until', sa.BigInteger(), nullable=True),
    sa.Column('refresh_until', sa.BigInteger(), nullable=True),
    sa.Column('lease_until', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('problem', sa.Text(), nullable=False),
    sa.Column('problem_at', sa.BigInteger(), nullable=True),
    sa.Column('removed_at', sa.BigInteger(), nullable=True),
    sa.Column('removed_code', sa.Text(), nullable=False),
    sa.Column('delete_after', sa.BigInteger(), nullable=True),
    sa.Column('threw_switch', sa.SmallInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('changed_at', sa.BigInteger(), nullable=False),
    sa.CheckConstraint("state IN ('none','connected','removed','revoked')", name=op.f('ck_connection_state')),
    sa.CheckConstraint("account_type IN ('unknown','personal','business')", name=op.f('ck_connection_account_type')),
    sa.PrimaryKeyConstraint('workspace_id', 'account_id', name=op.f('pk_connection'))
    )
    op.create_table('platform_app',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('connector', sa.Text(), nullable=False),
    sa.Column('client_id', sa.Text(), nullable=False),
    sa.Column('secret', sa.LargeBinary(), nullable=False),
    sa.Column('webhook_secret', sa.LargeBinary(), nullable=True),
    sa.Column('permissions', sa.Text(), nullable=False),
    sa.Column('changed_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('workspace_id', 'account_id', 'connector', name=op.f('pk_platform_app'))
    )
