"""Models: what people corrected, and which model was in use from when on."""

import sqlalchemy as sa
from alembic import op


revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('correction',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('event_id', sa.BigInteger(), nullable=False),
    sa.Column('contact_id', sa.BigInteger(), nullable=False),
    sa.Column('head', sa.Text(), nullable=False),
    sa.Column('said', sa.Text(), nullable=False),
    sa.Column('was', sa.Text(), nullable=False),
    sa.Column('was_milli', sa.BigInteger(), nullable=True),
    sa.Column('model', sa.Text(), nullable=False),
    sa.Column('language', sa.Text(), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('act_id', sa.BigInteger(), nullable=True),
    sa.Column('by', sa.Text(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('undone_at', sa.BigInteger(), nullable=True),
    sa.Column('undone_by', sa.Text(), server_default=sa.text("''"), nullable=False),
    sa.CheckConstraint("source IN ('said','hide','keep')", name=op.f('ck_correction_source')),
    sa.PrimaryKeyConstraint('workspace_id', 'id', name=op.f('pk_correction'))
    )
    op.create_index('ix_correction_event', 'correction', ['workspace_id', 'event_id'], unique=False)
    op.create_index('ix_correction_contact', 'correction', ['workspace_id', 'contact_id'], unique=False)
    op.create_index('ix_correction_held', 'correction', ['workspace_id', 'id'], unique=False,
        sqlite_where=sa.text('undone_at IS NULL'), postgresql_where=sa.text('undone_at IS NULL'))
    op.create_table('model_use',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('digest', sa.Text(), nullable=False),
    sa.Column('before', sa.Text(), nullable=False),
    sa.Column('by', sa.Text(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('figures', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('workspace_id', 'id', name=op.f('pk_model_use'))
    )
