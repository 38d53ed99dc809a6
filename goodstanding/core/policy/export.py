"""A policy back to TOML: read again it is the same policy, with the same hash."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from goodstanding.core.policy.document import Policy


def to_toml(policy: Policy) -> str:
    """Return `policy` as TOML text, in the order of its model, every default written out."""
    return "\n".join(_table((), policy.body())).lstrip("\n") + "\n"


def _table(path: tuple[str, ...], body: Mapping[str, Any]) -> Iterator[str]:
    """Write plain keys first, then tables, then arrays of tables, as TOML needs."""
    inside = "" in path  # of an array: what is nested there stands on one line
    tables = {
        key: value for key, value in body.items() if isinstance(value, dict) and _long(value) and not inside
    }
    arrays = {
        key: value
        for key, value in body.items()
        if isinstance(value, list) and value and isinstance(value[0], dict) and not path
    }
    for key, value in body.items():
        if key not in tables and key not in arrays and value is not None:
            yield f"{_key(key)} = {_value(value)}"
    for key, value in tables.items():
        yield f"\n[{'.'.join(_key(part) for part in (*path, key))}]"
        yield from _table((*path, key), value)
    for key, entries in arrays.items():
        for entry in entries:
            yield f"\n[[{_key(key)}]]"
            yield from _table(("", key), entry)


def _long(value: Mapping[str, Any]) -> bool:
    """Tell whether a mapping earns a table of its own; short ones stand on one line."""
    return set(value) - {"nl", "en"} != set() and set(value) != {"source", "date", "kind"}


def _key(key: str) -> str:
    plain = key.isascii() and key.replace("_", "a").replace("-", "a").isalnum()
    return key if plain else _string(key)


def _string(text: str) -> str:
    """Write a basic string; JSON escapes are TOML escapes, but for the one control character JSON leaves bare."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, list):
        return _array(value)
    assert isinstance(value, dict), f"a policy holds no {type(value).__name__}"
    return "{" + ", ".join(f"{_key(key)} = {_value(one)}" for key, one in value.items()) + "}"


def _array(values: list[Any]) -> str:
    inside = [_value(one) for one in values]
    if sum(map(len, inside)) <= 80:  # noqa: PLR2004 characters that read well on one line
        return f"[{', '.join(inside)}]"
    return "[\n" + "".join(f"  {one},\n" for one in inside) + "]"
