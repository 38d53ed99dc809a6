"""Reading an account: watches, gaps, what was found late, own replies, captures; and the registry's campaigns."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('campaign',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('class', sa.Text(), nullable=False),
    sa.Column('approver_id', sa.BigInteger(), nullable=True),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('version', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.CheckConstraint("class IN ('rewarded','sponsored','growth')", name=op.f('ck_campaign_class')),
    sa.PrimaryKeyConstraint('workspace_id', 'account_id', 'id', name=op.f('pk_campaign'))
    )
    op.create_table('feed_duplicate',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('day', sa.BigInteger(), nullable=False),
    sa.Column('count', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.PrimaryKeyConstraint('workspace_id', 'account_id', 'day', name=op.f('pk_feed_duplicate'))
    )
    op.create_table('feed_gap',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('video_id', sa.Text(), nullable=False),
    sa.Column('why', sa.Text(), nullable=False),
    sa.Column('opened_at', sa.BigInteger(), nullable=False),
    sa.Column('closed_at', sa.BigInteger(), nullable=True),
    sa.Column('found', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.PrimaryKeyConstraint('workspace_id', 'id', name=op.f('pk_feed_gap'))
    )
    op.create_index('ix_feed_gap_account', 'feed_gap', ['workspace_id', 'account_id', 'opened_at'], unique=False)
    op.create_index('ix_feed_gap_open', 'feed_gap', ['workspace_id', 'account_id', 'video_id', 'why'], unique=True, sqlite_where=sa.text('closed_at IS NULL'), postgresql_where=sa.text('closed_at IS NULL'))
    op.create_table('feed_late',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('external_id', sa.Text(), nullable=False),
    sa.Column('video_id', sa.Text(), nullable=False),
    sa.Column('happened_at', sa.BigInteger(), nullable=False),
    sa.Column('found_at', sa.BigInteger(), nullable=False),
    sa.Column('came_at', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('workspace_id', 'account_id', 'external_id', name=op.f('pk_feed_late'))
    )
    op.create_index('ix_feed_late_found', 'feed_late', ['workspace_id', 'account_id', 'found_at'], unique=False)
    op.create_table('feed_turn',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('owner', sa.Text(), nullable=False),
    sa.Column('until', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('workspace_id', 'account_id', 'name', name=op.f('pk_feed_turn'))
    )
    op.create_table('reply_watch',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('outgoing_id', sa.BigInteger(), nullable=False),
    sa.Column('event_id', sa.BigInteger(), nullable=False),
    sa.Column('video_id', sa.Text(), nullable=False),
    sa.Column('provider_ref', sa.Text(), nullable=False),
    sa.Column('sent_at', sa.BigInteger(), nullable=False),
    sa.Column('due_at', sa.BigInteger(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('looked_at', sa.BigInteger(), nullable=True),
    sa.CheckConstraint("state IN ('waiting','seen','hidden','gone')", name=op.f('ck_reply_watch_state')),
    sa.PrimaryKeyConstraint('workspace_id', 'account_id', 'outgoing_id', name=op.f('pk_reply_watch'))
    )
    op.create_index('ix_reply_watch_due', 'reply_watch', ['workspace_id', 'account_id', 'due_at'], unique=False, sqlite_where=sa.text("state = 'waiting'"), postgresql_where=sa.text("state = 'waiting'"))
    op.create_index('ix_reply_watch_state', 'reply_watch', ['workspace_id', 'account_id', 'state', 'sent_at'], unique=False)
    op.create_table('snapshot',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('day', sa.Text(), nullable=False),
    sa.Column('taken_at', sa.BigInteger(), nullable=False),
    sa.Column('digest', sa.LargeBinary(), nullable=False),
    sa.Column('seq', sa.BigInteger(), nullable=False),
    sa.CheckConstraint("kind IN ('account','video')", name=op.f('ck_snapshot_kind')),
    sa.PrimaryKeyConstraint('workspace_id', 'id', name=op.f('pk_snapshot')),
    sa.UniqueConstraint('workspace_id', 'account_id', 'kind', 'subject', 'day', name=op.f('uq_snapshot_workspace_id_account_id_kind_subject_day'))
    )
    op.create_index('ix_snapshot_account', 'snapshot', ['workspace_id', 'account_id', 'id'], unique=False)
    op.create_table('snapshot_body',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('digest', sa.LargeBinary(), nullable=False),
    sa.Column('body', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('workspace_id', 'account_id', 'digest', name=op.f('pk_snapshot_body'))
    )
    op.create_table('video_watch',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('video_id', sa.Text(), nullable=False),
    sa.Column('published_at', sa.BigInteger(), nullable=False),
    sa.Column('newest_at', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('sure_until', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('swept_until', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('next_at', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.Text(), server_default=sa.text("'sweep'"), nullable=False),
    sa.Column('cursor', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('begun_at', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('failures', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.CheckConstraint("kind IN ('top','sweep')", name=op.f('ck_video_watch_kind')),
    sa.PrimaryKeyConstraint('workspace_id', 'account_id', 'video_id', name=op.f('pk_video_watch'))
    )
    op.create_index('ix_video_watch_next', 'video_watch', ['workspace_id', 'next_at'], unique=False)
