"""People: contacts known by a name alone are tied to those known by the platform's id. And the webhook secret before."""

import sqlalchemy as sa
from alembic import op


revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

NOT_THE_PLATFORMS = "(external_id LIKE 'handle:%' OR external_id LIKE 'name:%' OR external_id LIKE 'form:%' OR external_id LIKE 'erased:%')"


def upgrade() -> None:
    _namesakes()
    _secrets()


def _secrets() -> None:
    op.add_column('platform_app', sa.Column('before_secret', sa.LargeBinary(), nullable=True))
    op.add_column('platform_app', sa.Column('before_until', sa.BigInteger(), nullable=True))


def _namesakes() -> None:
    op.create_table('namesake',
    sa.Column('workspace_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('named_id', sa.BigInteger(), nullable=False),
    sa.Column('known_id', sa.BigInteger(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('apart_at', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('by', sa.Text(), server_default=sa.text("''"), nullable=False),
    sa.CheckConstraint("state IN ('alone','same','joined','apart')", name=op.f('ck_namesake_state')),
    sa.PrimaryKeyConstraint('workspace_id', 'account_id', 'named_id', 'known_id', name=op.f('pk_namesake'))
    )
    op.create_index('ix_namesake_named', 'namesake', ['workspace_id', 'named_id'], unique=False)
    op.create_index('ix_namesake_known', 'namesake', ['workspace_id', 'known_id'], unique=False)
    op.create_index('ix_contact_handle', 'contact', ['workspace_id', 'account_id', 'handle'], unique=False)
    _tie_those_who_are_there()


def _tie_those_who_are_there() -> None:
    """Whoever was known by a handle alone before: tied to the one who bears it, to nobody when several do."""
    op.execute(
        f"UPDATE contact SET handle = ltrim(lower(handle), '@') WHERE handle <> '' AND"
        f" (external_id LIKE 'handle:%' OR NOT {NOT_THE_PLATFORMS})"
    )
    bearing = (
        "SELECT n.workspace_id w, n.account_id a, n.id named, k.id known,"
        " (SELECT count(*) FROM contact o WHERE o.workspace_id = n.workspace_id AND o.account_id = n.account_id"
        f" AND o.handle = substr(n.external_id, 8) AND NOT {NOT_THE_PLATFORMS.replace('external_id', 'o.external_id')}) many"
        " FROM contact n JOIN contact k ON k.workspace_id = n.workspace_id AND k.account_id = n.account_id"
        f" AND k.handle = substr(n.external_id, 8) AND NOT {NOT_THE_PLATFORMS.replace('external_id', 'k.external_id')}"
        " WHERE n.external_id LIKE 'handle:%'"
    )
    op.execute(
        "INSERT INTO namesake (workspace_id, account_id, named_id, known_id, state, at)"
        f" SELECT w, a, named, known, CASE WHEN many = 1 THEN 'same' ELSE 'apart' END, 0 FROM ({bearing}) t"
    )
    op.execute(
        "INSERT INTO namesake (workspace_id, account_id, named_id, known_id, state, at)"
        " SELECT workspace_id, account_id, id, 0, 'alone', 0 FROM contact c WHERE c.external_id LIKE 'handle:%'"
        " AND NOT EXISTS (SELECT 1 FROM namesake n WHERE n.workspace_id = c.workspace_id AND n.named_id = c.id)"
    )
