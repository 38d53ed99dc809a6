"""The one `MetaData`, and columns in the house's few types. Instants are UTC milliseconds, flags 0 or 1."""

from typing import Any

from sqlalchemy import BigInteger, Column, LargeBinary, MetaData, SmallInteger, Text, text
from sqlalchemy.types import TypeEngine

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def column(
    name: str, kind: type[TypeEngine[Any]], *, null: bool = False, default: str | None = None
) -> Column[object]:
    """A column that may not be empty unless `null` says so."""
    return Column(name, kind(), nullable=null, server_default=None if default is None else text(default))


def integer(name: str, *, null: bool = False, default: str | None = None) -> Column[object]:
    """A 64-bit number."""
    return column(name, BigInteger, null=null, default=default)


def flag(name: str, *, default: str = "0") -> Column[object]:
    """0 or 1."""
    return column(name, SmallInteger, default=default)


def words(name: str, *, null: bool = False, default: str | None = None) -> Column[object]:
    """Text."""
    return column(name, Text, null=null, default=default)


def blob(name: str, *, null: bool = False) -> Column[object]:
    """Bytes."""
    return column(name, LargeBinary, null=null)


def owned() -> tuple[Column[object], Column[object]]:
    """Whose row it is: the two columns every table begins with."""
    return integer("workspace_id"), integer("account_id")
