"""By hand: tasks for people, paired phones, the bio page with its links and form receipts."""

import sqlalchemy as sa
from alembic import op


revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('task',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('outgoing_id', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('until', sa.BigInteger(), nullable=False),
    sa.Column('opened_by', sa.Text(), server_default=sa.text("''"), nullable=False),
    sa.Column('opened_at', sa.BigInteger(), nullable=True),
    sa.Column('answered_by', sa.Text(), server_default=sa.text("''"), nullable=False),
    sa.Column('answered_at', sa.BigInteger(), nullable=True),
    sa.Column('answer', sa.Text(), server_default=sa.text("''"), nullable=False),
    sa.CheckConstraint("answer IN ('','sent','not_sent','late','withdrawn')", name=op.f('ck_task_answer')),
    sa.PrimaryKeyConstraint('workspace_id', 'outgoing_id', name=op.f('pk_task'))
    )
    waiting = sa.text("answered_at IS NULL")
    op.create_index('ix_task_open', 'task', ['workspace_id', 'account_id', 'until', 'outgoing_id'], unique=False, sqlite_where=waiting, postgresql_where=waiting)
    op.create_index('ix_task_answered', 'task', ['workspace_id', 'account_id', 'answered_at'], unique=False)
    op.create_table('paired_phone',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('label', sa.Text(), nullable=False),
    sa.Column('session', sa.Text(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('revoked_at', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('workspace_id', 'id', name=op.f('pk_paired_phone'))
    )
