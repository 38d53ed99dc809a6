"""By hand: tasks for people, paired phones, the bio page with its links and form receipts."""

import sqlalchemy as sa
from alembic import op


revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _tasks()
    _bio()


def _tasks() -> None:
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


def _bio() -> None:
    op.create_table('bio_page',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('slug', sa.Text(), nullable=False),
    sa.Column('body', sa.LargeBinary(), nullable=False),
    sa.Column('live', sa.SmallInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('updated_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('workspace_id', 'account_id', name=op.f('pk_bio_page')),
    sa.UniqueConstraint('workspace_id', 'slug', name=op.f('uq_bio_page_workspace_id_slug'))
    )
    op.create_table('bio_click',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('link_id', sa.BigInteger(), nullable=False),
    sa.Column('day', sa.BigInteger(), nullable=False),
    sa.Column('ref', sa.Text(), nullable=False),
    sa.Column('clicks', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('workspace_id', 'account_id', 'day', 'link_id', 'ref', name=op.f('pk_bio_click'))
    )
    op.create_table('form_receipt',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('contact_id', sa.BigInteger(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('purposes', sa.Text(), nullable=False),
    sa.Column('ref', sa.Text(), nullable=False),
    sa.Column('token', sa.Text(), nullable=False),
    sa.Column('seq', sa.BigInteger(), nullable=False),
    sa.Column('withdrawn_at', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('workspace_id', 'id', name=op.f('pk_form_receipt')),
    sa.UniqueConstraint('workspace_id', 'token', name=op.f('uq_form_receipt_workspace_id_token'))
    )
    op.create_index('ix_form_receipt_account', 'form_receipt', ['workspace_id', 'account_id', 'id'], unique=False)
    op.create_index('ix_form_receipt_contact', 'form_receipt', ['workspace_id', 'contact_id'], unique=False)
    op.create_table('form_text',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('digest', sa.Text(), nullable=False),
    sa.Column('body', sa.LargeBinary(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('workspace_id', 'digest', name=op.f('pk_form_text'))
    )
