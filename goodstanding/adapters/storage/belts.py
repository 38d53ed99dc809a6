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
    moves = (
        "CREATE TRIGGER outgoing_moves BEFORE UPDATE OF state ON outgoing WHEN OLD.state <> NEW.state"
        f" AND instr(',{_allowed()},', ',' || OLD.state || '>' || NEW.state || ',') = 0 AND NOT {_back()}"
        " BEGIN SELECT RAISE(ABORT, 'outgoing: this move is not allowed'); END"
    )
    return [*refuse, moves]


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
    moves_function = (
        "CREATE FUNCTION outgoing_moves() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " IF OLD.state <> NEW.state"
        f" AND strpos(',{_allowed()},', ',' || OLD.state || '>' || NEW.state || ',') = 0 AND NOT {_back()} THEN"
        " RAISE EXCEPTION 'outgoing: this move is not allowed'; END IF; RETURN NEW; END $$"
    )
    moves = "CREATE TRIGGER outgoing_moves BEFORE UPDATE OF state ON outgoing FOR EACH ROW EXECUTE FUNCTION outgoing_moves()"
    return [refuse_function, *refuse, moves_function, moves]


def _allowed() -> str:
    """Return the moves as one string to search in: a list of values is built anew at every row by SQLite."""
    return ",".join(f"{before}>{after}" for before, afters in MOVES.items() for after in afters)


def _back() -> str:
    """Return the condition of the one move that depends on more than the states: an answer by hand taken back."""
    return (
        f"(OLD.state IN ({_listed(BACK_BY_HAND)}) AND NEW.state = 'task'"
        f" AND substr(OLD.code, 1, {len(BY_HAND)}) = '{BY_HAND}')"
    )


def _listed(states: Sequence[str]) -> str:
    return ", ".join(f"'{state}'" for state in states)
