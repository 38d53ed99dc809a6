"""Imports: originals, imported files and their problems, items, studio metrics, and what came from where."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('import_link',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('file_id', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('ref', sa.BigInteger(), nullable=False),
    sa.CheckConstraint("kind IN ('item','metric','event','contact','new-contact')", name=op.f('ck_import_link_kind')),
    sa.PrimaryKeyConstraint('workspace_id', 'file_id', 'kind', 'ref', name=op.f('pk_import_link'))
    )
    op.create_index('ix_import_link_ref', 'import_link', ['workspace_id', 'kind', 'ref'], unique=False)
    op.create_table('import_problem',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('file_id', sa.BigInteger(), nullable=False),
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.Column('place', sa.Text(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('fields', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('workspace_id', 'file_id', 'number', name=op.f('pk_import_problem'))
    )
    op.create_table('imported_file',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('digest', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('code', sa.Text(), server_default=sa.text("''"), nullable=False),
    sa.Column('options', sa.Text(), nullable=False),
    sa.Column('counts', sa.Text(), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('ended_at', sa.BigInteger(), nullable=True),
    sa.CheckConstraint("kind IN ('tiktok-export','studio','comments')", name=op.f('ck_imported_file_kind')),
    sa.CheckConstraint("state IN ('kept','asked','checked','reading','done','cut','refused','undone')", name=op.f('ck_imported_file_state')),
    sa.PrimaryKeyConstraint('workspace_id', 'id', name=op.f('pk_imported_file'))
    )
    op.create_table('imported_item',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('section', sa.Text(), nullable=False),
    sa.Column('digest', sa.Text(), nullable=False),
    sa.Column('contact_id', sa.BigInteger(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=True),
    sa.Column('video_id', sa.Text(), nullable=False),
    sa.Column('cipher', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('workspace_id', 'id', name=op.f('pk_imported_item')),
    sa.UniqueConstraint('workspace_id', 'account_id', 'digest', name=op.f('uq_imported_item_workspace_id_account_id_digest'))
    )
    op.create_index('ix_imported_item_contact', 'imported_item', ['workspace_id', 'contact_id'], unique=False)
    op.create_index('ix_imported_item_section', 'imported_item', ['workspace_id', 'account_id', 'section', 'at'], unique=False)
    op.create_table('original',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('digest', sa.Text(), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('key_id', sa.BigInteger(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('erased_at', sa.BigInteger(), nullable=True),
    sa.Column('why', sa.Text(), server_default=sa.text("''"), nullable=False),
    sa.PrimaryKeyConstraint('workspace_id', 'account_id', 'digest', name=op.f('pk_original'))
    )
    op.create_table('studio_metric',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('scope', sa.Text(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('day', sa.Text(), nullable=False),
    sa.Column('metric', sa.Text(), nullable=False),
    sa.Column('value', sa.BigInteger(), nullable=False),
    sa.Column('unit', sa.Text(), nullable=False),
    sa.Column('exact', sa.SmallInteger(), server_default=sa.text('1'), nullable=False),
    sa.CheckConstraint("scope IN ('account','video','audience')", name=op.f('ck_studio_metric_scope')),
    sa.PrimaryKeyConstraint('workspace_id', 'id', name=op.f('pk_studio_metric')),
    sa.UniqueConstraint('workspace_id', 'account_id', 'scope', 'subject', 'metric', 'day', 'value', 'unit', name=op.f('uq_studio_metric_workspace_id_account_id_scope_subject_metric_day_value_unit'))
    )
