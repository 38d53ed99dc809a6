"""The database's own belts: triggers that refuse what the code must never do."""

from collections.abc import Sequence

from goodstanding.adapters.storage.schema import APPEND_ONLY, BACK_BY_HAND, BY_HAND, MOVES


def sqlite_belts() -> list[str]:
    """Return the SQLite triggers."""
    refuse = [
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table}"
        f" BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        for table in APPEND_ONLY
        for verb in ("UPDATE", "DELETE")
    ]
    return [*refuse, sqlite_moves()]


def sqlite_moves() -> str:
    """Return the SQLite trigger that guards the moves of `outgoing`."""
    return (
        "CREATE TRIGGER outgoing_moves BEFORE UPDATE OF state ON outgoing WHEN OLD.state <> NEW.state AND NOT ("
        f"{_allowed('OLD', 'NEW')}) BEGIN SELECT RAISE(ABORT, 'outgoing: this move is not allowed'); END"
    )


def postgres_belts() -> list[str]:
    """Return the Postgres functions and triggers."""
    refuse_function = (
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is append-only'; END $$"
    )
    refuse = [
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        for table in APPEND_ONLY
    ]
    moves = "CREATE TRIGGER outgoing_moves BEFORE UPDATE OF state ON outgoing FOR EACH ROW EXECUTE FUNCTION outgoing_moves()"
    return [refuse_function, *refuse, postgres_moves(), moves]


def postgres_moves() -> str:
    """Return the Postgres function that guards the moves of `outgoing`; it replaces an older one."""
    return (
        "CREATE OR REPLACE FUNCTION outgoing_moves() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF OLD.state <> NEW.state AND NOT ({_allowed('OLD', 'NEW')}) THEN"
        " RAISE EXCEPTION 'outgoing: this move is not allowed'; END IF; RETURN NEW; END $$"
    )


def _allowed(old: str, new: str) -> str:
    back = (
        f"({old}.state IN ({_listed(BACK_BY_HAND)}) AND {new}.state = 'task'"
        f" AND substr({old}.code, 1, {len(BY_HAND)}) = '{BY_HAND}')"
    )
    return " OR ".join(
        [
            f"({old}.state = '{before}' AND {new}.state IN ({_listed(after)}))"
            for before, after in MOVES.items()
            if after
        ]
        + [back]
    )


def _listed(states: Sequence[str]) -> str:
    return ", ".join(f"'{state}'" for state in states)
