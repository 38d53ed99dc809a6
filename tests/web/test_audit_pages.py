"""The log's pages: timeline, entries with proof, verification that is loud when something is wrong."""

import dataclasses
import sqlite3

import pytest
from world import Client, World

from goodstanding.adapters.evidence import verifier
from goodstanding.bootstrap import web_parts
from goodstanding.core.audit.checkpoint import parse_proof
from goodstanding.usecases import audit
from goodstanding.web.app import create_app


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path, comments=60)
    made.owner()
    yield made
    made.close()


@pytest.fixture
def me(world):
    return Client(world).sign_in()


def test_an_entry_has_its_story_its_record_its_values_and_its_proof(world, me):
    event_id = world.events("none")[0]
    decision = world.ctx.store.read(lambda q: q.decision(event_id))
    before = me.get(f"/audit/{decision.seq}")
    assert "No checkpoint covers this entry yet." in before.words
    me.post("/audit/checkpoint")
    page = me.get(f"/audit/{decision.seq}")
    assert "covered by a signed checkpoint" in page.words
    sealed = world.ctx.store.read(lambda q: q.audit_entries(decision.seq, decision.seq + 1))[0]
    assert sealed.body.decode() in page.words
    assert sealed.hash.hex() in page.words
    proof = audit.proof(world.ctx, decision.seq)
    assert parse_proof(proof).index == decision.seq
    assert " ".join(proof.decode().split()) in page.words


def test_everything_is_verified_on_one_press(world, me):
    page = me.follow(me.post("/audit/verify"))
    assert "Everything is as it was written." in page.words
    size = world.ctx.store.read(lambda q: q.audit_head()[0])
    assert f"{size} entries: each one's sum is right." in page.words


def test_a_changed_byte_is_named_loudly(world, me):
    event_id = world.events("none")[0]
    seq = world.ctx.store.read(lambda q: q.decision(event_id)).seq
    with sqlite3.connect(world.app.settings.database_file) as db:
        names = [
            r[0]
            for r in db.execute(
                "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_entry'"
            )
        ]
        for name in names:
            db.execute(f"DROP TRIGGER {name}")
        db.execute(
            "UPDATE audit_entry SET body = replace(CAST(body AS TEXT), 'NO_TRIGGER', 'NO_TRIGGES') WHERE seq = ?",
            (seq,),
        )
    page = me.follow(me.post("/audit/verify"))
    assert "The log was changed" in page.words
    assert f'href="/audit/{seq}"' in page.text
    assert 'role="alert"' in page.text


def test_one_kind_is_looked_for_in_a_bounded_stretch(world, me, monkeypatch):
    from goodstanding.web import audit as pages

    monkeypatch.setattr(pages, "WINDOW", 20)
    newest = me.get("/audit?kind=login")
    assert "Signed in" in newest.words
    none = me.get("/audit?kind=login&before=30")
    assert "None among the last 20 entries looked through." in none.words
    assert 'href="/audit?before=10&amp;kind=login"' in none.text


def test_the_timeline_pages_back_to_the_first_entry(world, me):
    import re

    seen, path = [], "/audit"
    while path:
        text = me.get(path).text
        seen += [int(one) for one in re.findall(r'<a href="/audit/(\d+)">', text)]
        found = re.search(r'href="(/audit\?before=\d+)"', text)
        path = found[1] if found else ""
    size = world.ctx.store.read(lambda q: q.audit_head()[0])
    assert seen == list(range(size - 1, -1, -1))


def test_without_a_packer_the_export_says_so(world, me):
    world.web = create_app(dataclasses.replace(web_parts(world.app), build_pack=None), wake=lambda: None)
    assert "cannot make evidence packs" in me.follow(me.post("/audit/export", comment="1")).words


@pytest.mark.parametrize("masked", ["", "yes"])
def test_a_pack_about_one_comment_is_a_download_that_proves_itself(world, me, masked):
    event_id = world.events("hide")[0]
    answer = me.post("/audit/export", comment=str(event_id), reason="appeal", masked=masked)
    assert answer.header("content-disposition") == 'attachment; filename="goodstanding-evidence.zip"'
    result = verifier.check_pack(verifier.read_zip(answer.body), audit.note_key(world.ctx).fingerprint)
    assert result.problems == []
    text = world.ctx.store.read(lambda q: q.event(event_id)).text
    assert (
        text
        in "".join(
            f.decode() for n, f in verifier.read_zip(answer.body).items() if n.startswith("disclosed/")
        )
    ) is (not masked)
    assert "Export" in me.get("/audit?kind=export").words


def test_a_pack_of_nothing_is_refused_in_words(world, me):
    assert "There is nothing to put into a pack." in me.follow(me.post("/audit/export", comment="x,-1")).words
