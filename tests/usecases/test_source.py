"""What only one place may do, held to the source itself."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "goodstanding"
ONLY = {
    "carry_out": {"usecases/outbox.py"},
    "SendPermit": {"usecases/reserving.py"},
    "add_audit": {"usecases/audit.py"},
    "ClickPermit": {"usecases/clicks.py"},
    "click": {"usecases/clicks.py"},
    "click_comment": {"web/clicks.py"},
    "write_comment": {"web/clicks.py"},
}


def calls(source):
    """Return the names that are called in a piece of Python."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            function = node.func
            found.add(function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", ""))
    return found


@pytest.mark.parametrize("name", ONLY)
def test_only_one_place_calls(name):
    callers = {
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if name in calls(path.read_text(encoding="utf-8"))
    }
    assert callers == ONLY[name]


def test_the_scan_sees_a_call():
    assert calls("permit = ports.SendPermit(account=a, outgoing=o)\nawait p.carry_out(permit)") >= {
        "SendPermit",
        "carry_out",
    }


def test_nobody_writes_to_sealed_tables():
    """No statement of ours changes or removes what is sealed (the database refuses it too)."""
    from goodstanding.adapters.storage.schema import APPEND_ONLY

    for path in (PACKAGE / "adapters").rglob("*.py"):
        if path.name == "belts.py" or "migrations" in path.parts:
            continue
        text = path.read_text(encoding="utf-8")
        for table in APPEND_ONLY:
            for verb in (f"UPDATE {table}", f"DELETE FROM {table}"):
                assert verb not in text, (path, verb)
