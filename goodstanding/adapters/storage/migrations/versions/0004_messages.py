"""Messages and consent: conversations, contents of messages, evidence of consent."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('conversation',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('external_id', sa.Text(), nullable=False),
    sa.Column('contact_id', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('wrote_at', sa.BigInteger(), nullable=True),
    sa.Column('read_at', sa.BigInteger(), nullable=True),
    sa.Column('referral', sa.Text(), server_default=sa.text("''"), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.CheckConstraint("kind IN ('STRANGER','SINGLE')", name=op.f('ck_conversation_kind')),
    sa.PrimaryKeyConstraint('workspace_id', 'account_id', 'external_id', name=op.f('pk_conversation'))
    )
    op.create_index('ix_conversation_contact', 'conversation', ['workspace_id', 'contact_id'], unique=False)
    op.create_table('message_content',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('outgoing_id', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('purpose', sa.Text(), server_default=sa.text("''"), nullable=False),
    sa.Column('version', sa.Text(), server_default=sa.text("''"), nullable=False),
    sa.Column('buttons', sa.Text(), server_default=sa.text("''"), nullable=False),
    sa.CheckConstraint("kind IN ('card','share_post','image')", name=op.f('ck_message_content_kind')),
    sa.PrimaryKeyConstraint('workspace_id', 'outgoing_id', name=op.f('pk_message_content'))
    )
    op.create_table('consent_evidence',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('contact_id', sa.BigInteger(), nullable=False),
    sa.Column('purpose', sa.Text(), nullable=False),
    sa.Column('answer', sa.Text(), nullable=False),
    sa.Column('text_version', sa.Text(), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('source_id', sa.Text(), nullable=False),
    sa.Column('question_id', sa.Text(), server_default=sa.text("''"), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('seq', sa.BigInteger(), nullable=False),
    sa.CheckConstraint("purpose IN ('answer','marketing')", name=op.f('ck_consent_evidence_purpose')),
    sa.CheckConstraint("answer IN ('given','refused','withdrawn')", name=op.f('ck_consent_evidence_answer')),
    sa.CheckConstraint("source IN ('button','form','message','person')", name=op.f('ck_consent_evidence_source')),
    sa.PrimaryKeyConstraint('workspace_id', 'id', name=op.f('pk_consent_evidence')),
    sa.UniqueConstraint('workspace_id', 'account_id', 'contact_id', 'purpose', 'source', 'source_id', name=op.f('uq_consent_evidence_workspace_id_account_id_contact_id_purpose_source_source_id'))
    )
    op.create_index('ix_consent_evidence_contact', 'consent_evidence', ['workspace_id', 'contact_id'], unique=False)
