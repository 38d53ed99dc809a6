"""No table is forgotten: what erasure must reach, and to whom each statement keeps itself."""

import ast
import re
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import LargeBinary, Text

from goodstanding.adapters.storage import statements
from goodstanding.adapters.storage.schema import metadata
from goodstanding.usecases import privacy
from goodstanding.usecases.context import person
from tests.faults.world import World

MARK = "something of a person"
KEPT = {
    "consent_evidence": {"purpose", "answer", "text_version", "source"},
    "event": {"connector", "external_id", "action", "kind", "video_id", "parent_id", "language", "source", "state", "digest"},
    "form_receipt": {"text", "purposes", "ref", "token"},
    "outgoing": {
        "act", "video_id", "target_id", "rule", "template", "language", "state", "code", "provider_ref", "approved_hash",
    },
}  # fmt: skip
"""What an erased person's rows may still say: codes, digests, our own words' versions, and the platform's ids of comments
and videos, without which what was answered would be answered again. Of messages also the ids go (test_messages)."""
NOT_OF_A_CONTACT = {
    "workspace", "sequence", "setting", "account", "person", "stored_value", "video", "delivery", "contact", "suppression",
    "decision", "lane", "review_case", "act", "freeze", "policy_version", "policy_activation", "volume", "audit_entry",
    "audit_node", "audit_head", "checkpoint", "connection", "platform_app", "video_watch", "feed_gap", "feed_late",
    "feed_duplicate", "reply_watch", "snapshot", "snapshot_body", "feed_turn", "campaign", "message_content", "original",
    "imported_file", "import_problem", "studio_metric", "import_link", "task", "paired_phone", "bio_page", "bio_click",
    "form_text", "namesake", "model_use", "call_lease", "call_mark", "publication", "event_tag",
}  # fmt: skip
"""Looked at one by one: settings, the team's own, codes and ids; `contact` itself is checked below; `delivery` is locked
and emptied once read; a file as it came (`original`) loses its key with the person."""
FIXED = {
    "outgoing": {"act": "reply", "state": "sent", "code": ""},
    "event": {"kind": "comment", "state": "public", "action": "insert"},
}
"""Where code reads a state, it must be one."""


@pytest.fixture
def world():
    made = World()
    yield made
    made.close()


def owning():
    return {name: table for name, table in metadata.tables.items() if "contact_id" in table.c}


def test_every_table_was_looked_at_for_what_it_says_of_people():
    assert set(metadata.tables) == set(owning()) | NOT_OF_A_CONTACT, "a new table: does erasure reach it?"
    assert NOT_OF_A_CONTACT.isdisjoint(owning())


def written(table, contact_id):
    """A row with something of a person in every field that could hold it."""
    row = {}
    for place, column in enumerate(table.c):
        if isinstance(column.type, Text):
            row[column.name] = MARK
        elif isinstance(column.type, LargeBinary):
            row[column.name] = MARK.encode()
        else:
            row[column.name] = 900_000 + place
    return row | {"workspace_id": 1, "account_id": 1, "contact_id": contact_id} | FIXED.get(table.name, {})


@pytest.mark.parametrize("name", sorted(owning()))
def test_erasure_reaches_every_field_of_every_table_about_a_contact(world, name):
    world.comment("+A", "price")
    contact = world.ctx.store.read(lambda q: q.contacts_by_external(1, ["+A"]))["+A"].id
    row = written(metadata.tables[name], contact)
    db = sqlite3.connect(world.file)
    db.execute("PRAGMA ignore_check_constraints = ON")
    db.execute(
        f"INSERT INTO {name} ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", list(row.values())
    )
    db.commit()
    privacy.erase(world.ctx, contact, who=person(1))
    db.row_factory = sqlite3.Row
    left = {
        column
        for found in db.execute(f"SELECT * FROM {name}")
        for column in found.keys()  # noqa: SIM118 - a row iterates over its values
        if found[column] in (MARK, MARK.encode())
    }
    known = db.execute(
        "SELECT handle, external_id, erased_at FROM contact WHERE id = ?", (contact,)
    ).fetchone()
    db.close()
    assert left <= KEPT.get(name, set()), f"{name}: erasure leaves {sorted(left - KEPT.get(name, set()))}"
    assert (known["handle"], known["external_id"]) == ("", f"erased:{contact}") and known["erased_at"]


_UNBOUND = {"INSERT INTO workspace"}
"""What makes the workspace itself."""
_BINDINGS = {"of_contact", "' AND '.join(where)"}
"""Names of conditions that hold the workspace (see where they are made)."""


def _texts(path):
    """Every SQL text of a module, with what is filled in where it is a constant of the module."""
    tree = ast.parse(path.read_text())
    values = {
        node.targets[0].id: ast.unparse(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    inner = {
        id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)
    } - {id(node) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = (
                part.value
                if isinstance(part, ast.Constant)
                else values.get(found := ast.unparse(part.value), found)
                for part in node.values
            )
            yield node.lineno, "".join(parts)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inner:
            yield node.lineno, node.value


_SQL = re.compile(r"\b(?:FROM|UPDATE|INTO|JOIN) [a-z_{]+")


def test_every_statement_keeps_to_one_workspace():
    seen = 0
    for path in sorted(Path(statements.__file__).parent.glob("*.py")):
        for line, text in _texts(path):
            tables = (
                len(_SQL.findall(text)) if re.match(r"\s*(SELECT|UPDATE|DELETE|INSERT|WITH)\b", text) else 0
            )
            if not tables or text.startswith(tuple(_UNBOUND)):
                continue
            seen += 1
            bound = text.count("workspace_id") + sum(text.count(name) for name in _BINDINGS)
            assert bound, f"{path.name}:{line}: {text[:80]}"
    assert seen > 150


def test_a_condition_that_holds_the_workspace_does():
    text = "".join(path.read_text() for path in Path(statements.__file__).parent.glob("*.py"))
    assert 'of_contact = "WHERE workspace_id = ? AND contact_id = ?"' in text
    for made in re.findall(r"where = \[(.*)\]", text):
        assert "workspace_id = ?" in made or "_OWNER" in made, made
