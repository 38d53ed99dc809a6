"""The spine: tenancy, people, intake, decisions, outbox, cases, policies, audit."""

import sqlalchemy as sa
from alembic import op

from goodstanding.adapters.storage.belts import postgres_belts, sqlite_belts

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('account',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('connector', sa.Text(), nullable=False),
    sa.Column('external_id', sa.Text(), nullable=False),
    sa.Column('identifier', sa.Text(), nullable=False),
    sa.Column('handle', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('mode', sa.Text(), nullable=False),
    sa.Column('zone', sa.Text(), nullable=False),
    sa.Column('language', sa.Text(), nullable=False),
    sa.Column('killed', sa.SmallInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('can_reply', sa.SmallInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('can_hide', sa.SmallInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('can_message', sa.SmallInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('bucket_milli', sa.BigInteger(), nullable=False),
    sa.Column('bucket_at', sa.BigInteger(), nullable=False),
    sa.Column('spike_paused', sa.SmallInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('policy_hash', sa.Text(), nullable=False),
    sa.Column('credentials', sa.LargeBinary(), nullable=True),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.CheckConstraint("mode IN ('automatic','assisted','sandbox')", name=op.f('ck_account_mode')),
    sa.PrimaryKeyConstraint('workspace_id', 'account_id', name=op.f('pk_account')),
    sa.UniqueConstraint('workspace_id', 'connector', 'external_id', name=op.f('uq_account_workspace_id_connector_external_id'))
    )
    op.create_table('act',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('person_id', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('event_id', sa.BigInteger(), nullable=False),
    sa.Column('case_id', sa.BigInteger(), nullable=True),
    sa.Column('outgoing_id', sa.BigInteger(), nullable=True),
    sa.Column('data', sa.Text(), server_default=sa.text("''"), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('undone_at', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('workspace_id', 'id', name=op.f('pk_act'))
    )
    op.create_index('ix_act_event', 'act', ['workspace_id', 'event_id'], unique=False)
    op.create_table('audit_entry',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('seq', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('event_id', sa.BigInteger(), nullable=True),
    sa.Column('body', sa.LargeBinary(), nullable=False),
    sa.Column('hash', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('workspace_id', 'seq', name=op.f('pk_audit_entry'))
    )
    op.create_index('ix_audit_entry_event', 'audit_entry', ['workspace_id', 'event_id'], unique=False)
    op.create_table('audit_head',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('frontier', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('workspace_id', name=op.f('pk_audit_head'))
    )
    op.create_table('audit_node',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('level', sa.BigInteger(), nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.Column('hash', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('workspace_id', 'level', 'position', name=op.f('pk_audit_node')),
    sqlite_with_rowid=False,
)
    op.create_table('checkpoint',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('workspace_id', 'size', name=op.f('pk_checkpoint'))
    )
    op.create_table('contact',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('external_id', sa.Text(), nullable=False),
    sa.Column('handle', sa.Text(), nullable=False),
    sa.Column('suppressed', sa.SmallInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('holdout', sa.SmallInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('wrote_at', sa.BigInteger(), nullable=True),
    sa.Column('labels', sa.Text(), server_default=sa.text("''"), nullable=False),
    sa.Column('answer', sa.Text(), server_default=sa.text("'given'"), nullable=False),
    sa.Column('marketing', sa.Text(), server_default=sa.text("'absent'"), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('erased_at', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('workspace_id', 'id', name=op.f('pk_contact')),
    sa.UniqueConstraint('workspace_id', 'account_id', 'external_id', name=op.f('uq_contact_workspace_id_account_id_external_id')),
    sqlite_with_rowid=False,
)
    op.create_table('decision',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('event_id', sa.BigInteger(), nullable=False),
    sa.Column('seq', sa.BigInteger(), nullable=False),
    sa.Column('policy_hash', sa.Text(), nullable=False),
    sa.Column('outcome', sa.Text(), nullable=False),
    sa.Column('rule', sa.Text(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('workspace_id', 'event_id', name=op.f('pk_decision')),
    sqlite_with_rowid=False,
)
    op.create_index('ix_decision_outcome', 'decision', ['workspace_id', 'account_id', 'outcome', 'event_id'], unique=False)
    op.create_table('delivery',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('connector', sa.Text(), nullable=False),
    sa.Column('digest', sa.LargeBinary(), nullable=False),
    sa.Column('received_at', sa.BigInteger(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('problem', sa.Text(), nullable=True),
    sa.Column('body', sa.LargeBinary(), nullable=True),
    sa.CheckConstraint("state IN ('new','read','unknown','unreadable')", name=op.f('ck_delivery_state')),
    sa.PrimaryKeyConstraint('workspace_id', 'id', name=op.f('pk_delivery')),
    sa.UniqueConstraint('workspace_id', 'account_id', 'connector', 'digest', name=op.f('uq_delivery_workspace_id_account_id_connector_digest'))
    )
    op.create_index('ix_delivery_new', 'delivery', ['workspace_id', 'id'], unique=False, sqlite_where=sa.text("state = 'new'"), postgresql_where=sa.text("state = 'new'"))
    op.create_table('event',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('connector', sa.Text(), nullable=False),
    sa.Column('external_id', sa.Text(), nullable=False),
    sa.Column('action', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('contact_id', sa.BigInteger(), nullable=True),
    sa.Column('video_id', sa.Text(), nullable=False),
    sa.Column('parent_id', sa.Text(), nullable=False),
    sa.Column('text', sa.Text(), nullable=True),
    sa.Column('language', sa.Text(), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('received_at', sa.BigInteger(), nullable=False),
    sa.Column('own', sa.SmallInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('answered', sa.SmallInteger(), server_default=sa.text('0'), nullable=False),
    sa.CheckConstraint("state IN ('public','hidden','deleted','erased','note')", name=op.f('ck_event_state')),
    sa.PrimaryKeyConstraint('workspace_id', 'id', name=op.f('pk_event')),
    sa.UniqueConstraint('workspace_id', 'account_id', 'external_id', 'action', 'connector', name=op.f('uq_event_workspace_id_account_id_external_id_action_connector')),
    sqlite_with_rowid=False,
)
    op.create_index('ix_event_contact', 'event', ['workspace_id', 'contact_id', 'id'], unique=False)
    op.create_table('freeze',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('scope', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('lifted_by', sa.Text(), nullable=True),
    sa.Column('lifted_at', sa.BigInteger(), nullable=True),
    sa.CheckConstraint("scope IN ('everything','promotion','messages')", name=op.f('ck_freeze_scope')),
    sa.PrimaryKeyConstraint('workspace_id', 'id', name=op.f('pk_freeze'))
    )
    op.create_table('lane',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('owner', sa.Text(), server_default=sa.text("''"), nullable=False),
    sa.Column('lease_until', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('fence', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.PrimaryKeyConstraint('workspace_id', 'account_id', name=op.f('pk_lane')),
    sqlite_with_rowid=False,
)
    op.create_table('outgoing',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('event_id', sa.BigInteger(), nullable=False),
    sa.Column('act', sa.Text(), nullable=False),
    sa.Column('ordinal', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('contact_id', sa.BigInteger(), nullable=False),
    sa.Column('video_id', sa.Text(), nullable=False),
    sa.Column('target_id', sa.Text(), nullable=False),
    sa.Column('rule', sa.Text(), nullable=False),
    sa.Column('template', sa.Text(), nullable=False),
    sa.Column('variant', sa.BigInteger(), nullable=False),
    sa.Column('language', sa.Text(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('code', sa.Text(), server_default=sa.text("''"), nullable=False),
    sa.Column('not_before', sa.BigInteger(), nullable=False),
    sa.Column('attempt_at', sa.BigInteger(), nullable=True),
    sa.Column('settled_at', sa.BigInteger(), nullable=True),
    sa.Column('fence', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('provider_ref', sa.Text(), server_default=sa.text("''"), nullable=False),
    sa.Column('approved_by', sa.BigInteger(), nullable=True),
    sa.Column('approved_hash', sa.LargeBinary(), nullable=True),
    sa.Column('approved_until', sa.BigInteger(), nullable=True),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.CheckConstraint("act IN ('reply','message','hide','unhide')", name=op.f('ck_outgoing_act')),
    sa.CheckConstraint("state IN ('held','planned','task','sending','sent','failed','unknown','cancelled')", name=op.f('ck_outgoing_state')),
    sa.PrimaryKeyConstraint('workspace_id', 'id', name=op.f('pk_outgoing')),
    sa.UniqueConstraint('workspace_id', 'event_id', 'account_id', 'act', 'ordinal', name=op.f('uq_outgoing_workspace_id_event_id_account_id_act_ordinal')),
    sqlite_with_rowid=False,
)
    op.create_index('ix_outgoing_attempt', 'outgoing', ['workspace_id', 'account_id', 'attempt_at'], unique=False)
    op.create_index('ix_outgoing_contact', 'outgoing', ['workspace_id', 'contact_id'], unique=False)
    op.create_index('ix_outgoing_due', 'outgoing', ['workspace_id', 'account_id', 'state', 'not_before'], unique=False, sqlite_where=sa.text("state IN ('planned','sending','unknown')"), postgresql_where=sa.text("state IN ('planned','sending','unknown')"))
    op.create_table('person',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('email', sa.Text(), nullable=False),
    sa.Column('password_hash', sa.Text(), nullable=False),
    sa.Column('role', sa.Text(), nullable=False),
    sa.Column('language', sa.Text(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('workspace_id', 'id', name=op.f('pk_person')),
    sa.UniqueConstraint('workspace_id', 'email', name=op.f('uq_person_workspace_id_email'))
    )
    op.create_table('policy_activation',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('hash', sa.Text(), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('workspace_id', 'id', name=op.f('pk_policy_activation'))
    )
    op.create_table('policy_version',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('hash', sa.Text(), nullable=False),
    sa.Column('parent', sa.Text(), nullable=True),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('workspace_id', 'hash', name=op.f('pk_policy_version'))
    )
    op.create_table('review_case',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('event_id', sa.BigInteger(), nullable=False),
    sa.Column('outgoing_id', sa.BigInteger(), nullable=True),
    sa.Column('queue', sa.Text(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('resolution', sa.Text(), server_default=sa.text("''"), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('due_at', sa.BigInteger(), nullable=False),
    sa.Column('claimed_by', sa.BigInteger(), nullable=True),
    sa.Column('claim_until', sa.BigInteger(), nullable=True),
    sa.Column('version', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('resolved_by', sa.BigInteger(), nullable=True),
    sa.Column('resolved_at', sa.BigInteger(), nullable=True),
    sa.CheckConstraint("state IN ('open','resolved','expired')", name=op.f('ck_review_case_state')),
    sa.PrimaryKeyConstraint('workspace_id', 'id', name=op.f('pk_review_case'))
    )
    op.create_index('ix_review_case_event', 'review_case', ['workspace_id', 'event_id'], unique=False)
    op.create_index('ix_review_case_open', 'review_case', ['workspace_id', 'due_at', 'id'], unique=False, sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'"))
    op.create_table('sequence',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('next', sa.BigInteger(), server_default=sa.text('1'), nullable=False),
    sa.PrimaryKeyConstraint('workspace_id', 'account_id', 'name', name=op.f('pk_sequence'))
    )
    op.create_table('setting',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('value', sa.Text(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('workspace_id', 'account_id', 'name', name=op.f('pk_setting'))
    )
    op.create_table('stored_value',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('namespace', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('value', sa.LargeBinary(), nullable=False),
    sa.Column('expires_at', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('workspace_id', 'account_id', 'namespace', 'name', name=op.f('pk_stored_value'))
    )
    op.create_table('suppression',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('digest', sa.LargeBinary(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('workspace_id', 'account_id', 'digest', name=op.f('pk_suppression'))
    )
    op.create_table('vault',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('seq', sa.BigInteger(), nullable=False),
    sa.Column('contact_id', sa.BigInteger(), nullable=False),
    sa.Column('cipher', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('workspace_id', 'seq', name=op.f('pk_vault'))
    )
    op.create_index('ix_vault_contact', 'vault', ['workspace_id', 'contact_id'], unique=False)
    op.create_table('video',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('class', sa.Text(), nullable=False),
    sa.Column('campaign', sa.Text(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.CheckConstraint("class IN ('rewarded','sponsored','growth','unknown')", name=op.f('ck_video_class')),
    sa.PrimaryKeyConstraint('workspace_id', 'account_id', 'id', name=op.f('pk_video'))
    )
    op.create_table('volume',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('slot', sa.BigInteger(), nullable=False),
    sa.Column('comments', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('replied', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('hidden', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('reviewed', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('rest', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.PrimaryKeyConstraint('workspace_id', 'account_id', 'slot', name=op.f('pk_volume')),
    sqlite_with_rowid=False,
)
    op.create_table('workspace',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_workspace'))
    )
    connection = op.get_bind()
    belts = postgres_belts() if connection.dialect.name == "postgresql" else sqlite_belts()
    for statement in belts:
        connection.exec_driver_sql(statement)
