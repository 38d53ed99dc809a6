"""Imports through the whole installation: nothing twice, nothing lost, all can be taken back, erasure reaches all."""

import io
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "web"))
from world import START, World

from goodstanding.bootstrap import importer
from goodstanding.usecases import audit, connections, imports, privacy, regions, replay
from goodstanding.usecases.facts import SLOT
from goodstanding.usecases.import_words import problems_csv
from goodstanding.usecases.ports.imports import Answers, RefusedFileError
from tests import exports

WHO = ("system", "test")
DAY = 86_400_000


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path / "w")
    made.importer = importer(made.app)
    yield made
    made.close()


def kept(world, raw, *, kind="tiktok-export", name="file", account=1):
    writer = world.importer.originals.writer()
    writer.write(raw)
    return imports.keep(world.importer, writer, account_id=account, kind=kind, name=name, who=WHO)


def taken(world, raw, *, kind="tiktok-export", name="file", **answers):
    file = kept(world, raw, kind=kind, name=name)
    given = Answers(**({"confirmed": True} | answers))
    return imports.run(world.importer, file.id, who=WHO, answers=given)


def sums(file):
    counts = imports.counts_of(file)
    return counts.added, counts.known, counts.refused


def original(world, file):
    with imports.open_original(world.importer, file) as source:
        return source.read()


def table(world, name):
    import sqlite3

    with sqlite3.connect(world.app.settings.database_file) as connection:
        return connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]


def csv(*rows):
    return (
        "comment_id,author,text,date,video\n" + "".join(",".join(map(str, row)) + "\n" for row in rows)
    ).encode()


def stamp(at):
    from goodstanding.kernel.timing import iso

    return iso(at)


# -- once is once --


@pytest.mark.parametrize("generation", [2026, 2025, "older"])
def test_a_second_import_adds_nothing(world, generation):
    raw = exports.export_zip(generation)
    first, again = taken(world, raw), taken(world, raw)
    assert sums(first)[0] > 10
    assert sums(again) == (0, sums(first)[0], 0)
    assert table(world, "imported_item") == sums(first)[0]
    assert table(world, "original") == 1, "kept once, by its content"


def test_a_newer_export_that_overlaps_adds_only_what_is_new(world):
    first = taken(world, exports.export_zip("older", count=5))
    later = taken(world, exports.export_zip(2026, count=9))
    assert imports.counts_of(later).sections["comment"].added == 4
    assert imports.counts_of(later).sections["message"].added == 0
    assert sums(first)[1] == 0


def test_two_equal_messages_are_two_the_third_time_too(world):
    for added in (4, 0, 0):
        counts = imports.counts_of(taken(world, exports.export_zip(2026)))
        assert counts.sections["message"].added == (5 if added else 0)


@given(st.lists(st.lists(st.integers(0, 6), max_size=8), min_size=1, max_size=4))
@settings(max_examples=12, deadline=None)
def test_overlapping_files_in_any_order_end_in_the_same(tmp_path_factory, parts):
    world = World(tmp_path_factory.mktemp("w") / "w")
    world.importer = importer(world.app)
    try:
        most = {}
        for part in parts:
            rows = [{"date": f"2026-01-0{n + 1} 10:00:00", "comment": f"tekst {n}"} for n in part]
            document = {
                "Comment": {"CommentsList": rows},
                "Profile": {"Profile Info": {"ProfileMap": {"userName": "x"}}},
            }
            taken(world, exports.as_json(document))
            for n in part:
                most[n] = max(most.get(n, 0), part.count(n))
        assert table(world, "imported_item") == sum(most.values()) + 1
    finally:
        world.close()


def test_a_file_that_waits_for_an_answer_is_one_import(world):
    raw = b"Date,Video Views\n2026-01-01,1.500\n"
    first = kept(world, raw, kind="studio", name="Overview.csv")
    asked, look = imports.look(world.importer, first.id, Answers(confirmed=True), who=WHO)
    assert (asked.state, [one.name for one in look.questions]) == ("asked", ["numbers"])
    with pytest.raises(imports.QuestionsLeftError):
        imports.run(world.importer, first.id, who=WHO)
    assert table(world, "studio_metric") == 0
    again = taken(world, raw, kind="studio", numbers="1.500,00")
    assert again.id == first.id
    assert sums(again) == (1, 0, 0)


def test_a_corrected_figure_stands_beside_the_first(world):
    head = "Date,Video Views\n"
    taken(world, f"{head}2026-01-01,10\n2026-01-02,5\n".encode(), kind="studio")
    again = taken(world, f"{head}2026-01-01,12\n2026-01-02,5\n".encode(), kind="studio")
    assert sums(again) == (1, 1, 0)
    rows = world.ctx.store.read(lambda q: q.metrics_of_file(again.id, after=0, limit=10))
    assert sorted((one.day, one.value) for one in rows) == [("2026-01-01", 12), ("2026-01-02", 5)]


# -- nothing is lost --


def test_the_original_comes_back_byte_for_byte_whatever_became_of_it(world):
    whole = exports.export_zip(2026, count=400)
    for raw in (whole, whole[: len(whole) // 2], b"hello", exports.zipped(a__zip=b"PK"), b""):
        file = taken(world, raw)
        assert original(world, file) == raw, file.state


@given(st.binary(max_size=300), st.sampled_from(["tiktok-export", "studio", "comments"]))
@settings(max_examples=40, deadline=None)
def test_any_bytes_are_kept_and_end_in_a_state(tmp_path_factory, raw, kind):
    world = _SHARED.setdefault("world", None) or _shared(tmp_path_factory)
    for content in (raw, b"Date,Video Views\n" + raw, b'{"Comment": {"CommentsList": [' + raw):
        file = kept(world, content, kind=kind)
        file, look = imports.look(
            world.importer, file.id, Answers(confirmed=True, written="2026-01-01"), who=WHO
        )
        if file.state == "checked":
            file = imports.run(world.importer, file.id, who=WHO)
        assert file.state in ("asked", "refused", "done", "cut")
        assert original(world, file) == content


_SHARED = {}


def _shared(factory):
    made = World(factory.mktemp("shared") / "w")
    made.importer = importer(made.app)
    _SHARED["world"] = made
    return made


@pytest.fixture(scope="module", autouse=True)
def _end():
    yield
    if _SHARED.get("world"):
        _SHARED.pop("world").close()


def test_a_cut_file_is_in_as_far_as_it_goes_and_says_so(world):
    raw = exports.export_zip(2026, count=2000)
    file = taken(world, raw[: len(raw) // 2])
    added, _, refused = sums(file)
    assert file.state == "cut"
    assert 500 < added < 2000
    assert refused == 1
    problem = next(imports.all_problems(world.ctx, file.id))
    assert problem.code == "CUT"
    assert problem.place.startswith("user_data_tiktok.json: Comment.Comments.CommentsList[")
    rest = taken(world, raw)
    assert imports.counts_of(rest).sections["comment"].added == 2000 - added


def test_an_import_that_was_interrupted_is_completed_by_running_it_again(world):
    file = kept(world, exports.export_zip(2026, count=1800))
    calls = []

    def stop(_done):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        imports.run(world.importer, file.id, who=WHO, progress=stop)
    assert imports.imported(world.ctx, file.id).state == "reading"
    assert table(world, "imported_item") == 1000
    done = imports.run(world.importer, file.id, who=WHO)
    assert done.state == "done"
    assert imports.counts_of(done).sections["comment"].known >= 1000
    assert table(world, "imported_item") == 1800 + 14


def test_good_rows_go_in_and_bad_ones_are_listed(world):
    content = csv(
        (1, "a.test", "hoi", "nonsense", ""),
        (2, "b.test", "", "2026-01-01", ""),
        (3, "c.test", "dag", "2026-01-01", ""),
    )
    file = taken(world, content, kind="comments")
    assert sums(file) == (1, 0, 2)
    rows = list(imports.all_problems(world.ctx, file.id))
    assert [(one.place, one.code) for one in rows] == [("row 1", "BAD_DATE"), ("line 3", "EMPTY_TEXT")]
    text = problems_csv(rows, "nl")
    assert "“" not in text
    assert "nonsense" in text


def test_a_list_of_problems_is_no_formula(world):
    content = b"Date,Video Views\n2026-01-01,=cmd|' /C calc'!A0\n"
    file = taken(world, content, kind="studio", name="=HYPERLINK(1)")
    assert sums(file) == (0, 0, 1)
    import csv as reader

    cells = [
        cell
        for row in reader.reader(io.StringIO(problems_csv(imports.all_problems(world.ctx, file.id), "en")))
        for cell in row
    ]
    assert any("HYPERLINK" in cell for cell in cells)
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


# -- received comments --


def test_received_comments_go_the_way_of_all_comments(world):
    fresh, old = stamp(START - 600_000), stamp(START - 40 * DAY)
    content = csv(
        ("7300000000000000001", "sanne.test", "Wat kost die pan?", fresh, exports.VIDEO),
        ("7300000000000000002", "bram.test", "Wat kost die pan?", old, exports.VIDEO),
    )
    file = taken(world, content, kind="comments")
    assert sums(file) == (2, 0, 0)
    events = world.ctx.store.read(lambda q: q.events(q.import_refs(file.id, "event", 10)))
    assert {one.source for one in events.values()} == {"import"}
    by_text = {
        one.external_id: world.ctx.store.read(lambda q, one=one: q.decision(one.id))
        for one in events.values()
    }
    assert by_text["7300000000000000001"].outcome == "reply"
    assert (by_text["7300000000000000002"].outcome, by_text["7300000000000000002"].code) != ("reply", "")
    assert by_text["7300000000000000002"].outcome != "reply"
    assert "TOO_OLD" in by_text["7300000000000000002"].code


def test_a_flood_of_old_comments_is_no_rush_of_viewers(world):
    rows = [
        (7_300_000_000_000_000_000 + n, f"v{n}.test", "leuk", stamp(START - 40 * DAY), exports.VIDEO)
        for n in range(1500)
    ]
    taken(world, csv(*rows), kind="comments")
    account = world.ctx.store.read(lambda q: q.accounts())[0]
    assert not account.spike_paused
    assert world.ctx.store.read(lambda q: q.volumes(1, (START - DAY) // SLOT)) == []


def test_a_comment_from_the_future_is_refused(world):
    file = taken(world, csv((1, "a.test", "hoi", stamp(START + 3 * DAY), "")), kind="comments")
    assert sums(file) == (0, 0, 1)
    assert next(imports.all_problems(world.ctx, file.id)).code == "FUTURE_DATE"


def test_what_a_webhook_brought_is_known(world):
    world.crowd(20)
    event = next(iter(world.ctx.store.read(lambda q: q.events(list(range(1, 30)))).values()))
    contact = world.ctx.store.read(lambda q: q.contact(event.contact_id))
    at = stamp(event.at)
    text = '"' + event.text.replace('"', '""') + '"'
    with_id = taken(
        world, csv((event.external_id, contact.handle, text, at, event.video_id)), kind="comments"
    )
    without = taken(world, csv(("", "iemand.test", text, at, event.video_id)), kind="comments")
    assert (sums(with_id), sums(without)) == ((0, 1, 0), (0, 1, 0))
    other = taken(
        world, csv(("", "iemand.test", text, stamp(event.at - 5 * DAY), event.video_id)), kind="comments"
    )
    assert sums(other)[0] == 1, "five days apart they are two comments"


def test_the_own_account_is_not_answered(world):
    file = taken(
        world,
        csv((1, "lottekookt", "Wat kost die pan?", stamp(START - 1000), exports.VIDEO)),
        kind="comments",
    )
    event = next(iter(world.ctx.store.read(lambda q: q.events(q.import_refs(file.id, "event", 10))).values()))
    assert event.own
    assert world.ctx.store.read(lambda q: q.decision(event.id)) is None


# -- taking back --


def test_undo_removes_what_only_that_import_brought(world):
    first = taken(world, exports.export_zip("older", count=5))
    second = taken(world, exports.export_zip(2026, count=9))
    both = table(world, "imported_item")
    undone = imports.undo(world.importer, first.id, who=WHO)
    assert undone.state == "undone"
    assert table(world, "imported_item") == both, "the second import holds it all"
    imports.undo(world.importer, second.id, who=WHO)
    assert (table(world, "imported_item"), table(world, "import_link"), table(world, "contact")) == (0, 0, 0)
    assert original(world, first), "the original stays"
    assert sums(taken(world, exports.export_zip(2026, count=9)))[1] == 0


def test_undo_of_figures_and_of_received_comments(world):
    figures = taken(world, b"Date,Video Views\n2026-01-01,10\n", kind="studio")
    content = csv(
        (1, "a.test", "Wat kost die?", stamp(START - 1000), exports.VIDEO),
        (2, "b.test", "mooi", stamp(START - DAY), ""),
    )
    comments = taken(world, content, kind="comments")
    assert (table(world, "studio_metric"), table(world, "event"), table(world, "decision")) == (1, 2, 2)
    imports.undo(world.importer, figures.id, who=WHO)
    imports.undo(world.importer, comments.id, who=WHO)
    for name in ("studio_metric", "event", "decision", "outgoing", "review_case", "contact", "import_link"):
        assert table(world, name) == 0, name
    assert audit.verify(world.ctx).ok
    assert replay.replay(world.ctx).differences == 0
    assert sums(taken(world, content, kind="comments"))[0] == 2


def test_undo_leaves_a_comment_on_which_something_was_done(world):
    content = csv(
        (1, "a.test", "Wat kost die?", stamp(START - 1000), exports.VIDEO),
        (2, "b.test", "mooi", stamp(START - DAY), ""),
    )
    file = taken(world, content, kind="comments")
    answered = world.ctx.store.read(lambda q: q.known_events(1, "tiktok", ["1", "2"]))
    world.ctx.store.write(lambda tx: tx.mark_answered(1, ["1"])) if answered else None
    marked = world.ctx.store.read(
        lambda q: [e.id for e in q.events(q.import_refs(file.id, "event", 9)).values() if e.answered]
    )
    undone = imports.undo(world.importer, file.id, who=WHO)
    assert imports.counts_of(undone).undone.get("event", 0) == 2 - len(marked)
    assert table(world, "event") == len(marked)


def test_undo_keeps_what_a_webhook_brought(world):
    world.crowd(20)
    before = table(world, "event")
    event = next(iter(world.ctx.store.read(lambda q: q.events(list(range(1, 30)))).values()))
    contact = world.ctx.store.read(lambda q: q.contact(event.contact_id))
    text = '"' + event.text.replace('"', '""') + '"'
    file = taken(
        world,
        csv((event.external_id, contact.handle, text, stamp(event.at), event.video_id)),
        kind="comments",
    )
    imports.undo(world.importer, file.id, who=WHO)
    assert table(world, "event") == before


def test_a_wrong_file_can_be_removed_whole(world):
    file = kept(world, b"my diary")
    imports.undo(world.importer, file.id, who=WHO, original=True)
    with pytest.raises(imports.OriginalGoneError):
        imports.open_original(world.importer, file)
    folder = world.app.settings.data / "originals"
    assert [path for path in folder.rglob("*") if path.is_file()] == []


def test_an_original_that_another_import_is_of_stays(world):
    raw = exports.export_zip(2026)
    first, second = taken(world, raw), taken(world, raw)
    imports.undo(world.importer, first.id, who=WHO, original=True)
    assert original(world, second) == raw
    imports.undo(world.importer, second.id, who=WHO, original=True)
    with pytest.raises(imports.OriginalGoneError):
        imports.open_original(world.importer, second)


@pytest.mark.postgres
def test_the_same_on_postgres(tmp_path, postgres_address):
    world = World(tmp_path / "w", database=postgres_address)
    world.importer = importer(world.app)
    try:
        raw = exports.export_zip(2026, count=700)
        content = csv((1, "a.test", "Wat kost die?", stamp(START - 1000), exports.VIDEO))
        files = [
            taken(world, raw),
            taken(world, b"Date,Video Views\n2026-01-01,10\n", kind="studio"),
            taken(world, content, kind="comments"),
        ]
        assert [sums(one) for one in files] == [(714, 0, 0), (1, 0, 0), (1, 0, 0)]
        assert sums(taken(world, raw)) == (0, 714, 0)
        contact = world.ctx.store.read(lambda q: q.contacts_by_external(1, ["handle:sanne.test"]))[
            "handle:sanne.test"
        ]
        assert privacy.erase(world.ctx, contact.id, who=WHO)["imported_item"] == 4
        for one in files:
            imports.undo(world.importer, one.id, who=WHO)
        assert world.ctx.store.read(lambda q: q.events([1, 2, 3])) == {}
        assert audit.verify(world.ctx).ok
    finally:
        world.close()


# -- erasure --


def test_erasure_reaches_messages_and_the_original(world):
    file = taken(world, exports.export_zip(2026))
    contact = world.ctx.store.read(lambda q: q.contacts_by_external(1, ["handle:sanne.test"]))[
        "handle:sanne.test"
    ]
    rows = world.ctx.store.read(lambda q: q.items_of_file(file.id, after=0, limit=500))
    hers = [one for one in rows if one.contact_id == contact.id]
    assert imports.values_of(world.ctx, hers[0])["text"] == "Hoi Lotte, waar koop je die pan?"
    counts = privacy.erase(world.ctx, contact.id, who=WHO)
    assert (counts["imported_item"], counts["original"]) == (4, 1)
    left = world.ctx.store.read(lambda q: q.items_of_file(file.id, after=0, limit=500))
    assert len(left) == len(rows) - 4
    assert [imports.values_of(world.ctx, one) for one in hers] == [None] * 4, "and old copies are noise"
    with pytest.raises(imports.OriginalGoneError):
        imports.open_original(world.importer, file)
    imports.sweep(world.importer)
    assert [p for p in (world.app.settings.data / "originals").rglob("*") if p.is_file()] == []


def test_somebody_erased_does_not_come_back_with_the_next_file(world):
    taken(world, exports.export_zip("older"))
    contact = world.ctx.store.read(lambda q: q.contacts_by_external(1, ["handle:sanne.test"]))[
        "handle:sanne.test"
    ]
    privacy.erase(world.ctx, contact.id, who=WHO)
    file = taken(world, exports.export_zip(2026))
    counts = imports.counts_of(file)
    assert (counts.sections["message"].withheld, counts.sections["message"].known) == (4, 1)
    assert world.ctx.store.read(lambda q: q.contacts_by_external(1, ["handle:sanne.test"])) == {}
    with pytest.raises(imports.OriginalGoneError):
        imports.open_original(world.importer, file)
    comments = taken(world, csv((1, "sanne.test", "hoi", stamp(START - DAY), "")), kind="comments")
    assert imports.counts_of(comments).sections["received"].withheld == 1


# -- what it says --


def test_a_preview_stores_nothing_and_says_what_would_come(world):
    raw = exports.export_zip(2026)
    file = kept(world, raw)
    checked, look = imports.look(world.importer, file.id, Answers(), who=WHO)
    assert checked.state == "checked"
    would = imports.counts_of(checked)
    assert table(world, "imported_item") == table(world, "contact") == 0
    done = imports.counts_of(imports.run(world.importer, file.id, who=WHO))
    assert {n: t.added for n, t in would.sections.items()} == {n: t.added for n, t in done.sections.items()}
    second, _ = imports.look(world.importer, kept(world, raw).id, Answers(), who=WHO)
    assert (imports.counts_of(second).added, imports.counts_of(second).known) == (0, done.added)
    assert look.cut is False


def test_the_region_is_told_and_compared_with_what_was_stated(world):
    file = taken(world, exports.export_zip(2026))
    assert (imports.counts_of(file).region, imports.counts_of(file).region_differs) == ("NL", "")
    for stated, differs in (("NL", ""), ("ID", "ID")):
        connections.state_facts(world.ctx, 1, who=WHO, country=stated)
        counts = imports.counts_of(taken(world, exports.export_zip(2026)))
        assert (counts.region_stated, counts.region_differs) == (stated, differs)
        assert sealed(world)[-1] == {"region": "NL", "stated": stated}
        found = world.ctx.store.read(lambda q: regions.told(q, 1))
        assert (found.region, found.stated, found.agrees) == ("NL", stated, not differs)
    assert world.ctx.store.read(lambda q: q.connection(1)).country == "ID", "nothing is changed silently"


def test_an_export_that_was_taken_back_tells_no_region_any_more(world):
    file = taken(world, exports.export_zip(2026))
    assert world.ctx.store.read(lambda q: regions.told(q, 1)).file_id == file.id
    imports.undo(world.importer, file.id, who=WHO)
    assert world.ctx.store.read(lambda q: regions.told(q, 1)) is None


def sealed(world):
    """What the ends of imports sealed of the region, oldest first."""
    import json

    rows = world.ctx.store.read(lambda q: q.audit_newest(before=10**6, limit=500, kind="import"))
    bodies = [json.loads(one.body)["body"] for one in reversed(rows)]
    return [{n: b[n] for n in ("region", "stated")} for b in bodies if b["act"] == "done"]


def test_every_act_is_sealed_without_a_word_of_anybody(world):
    file = taken(world, exports.export_zip(2026), name="Sannes bestand.zip")
    imports.undo(world.importer, file.id, who=WHO)
    rows = world.ctx.store.read(lambda q: q.audit_newest(before=10**6, limit=500, kind="import"))
    import json

    acts = [json.loads(one.body)["body"]["act"] for one in reversed(rows)]
    assert acts[:3] == ["kept", "rows", "done"]
    assert acts[-1] == "undone"
    assert b"anne" not in b"".join(one.body for one in rows)
    assert audit.verify(world.ctx).ok


def test_a_refused_file_says_why(world):
    file = taken(world, exports.zipped(inner__zip=b"PK"))
    assert (file.state, file.code) == ("refused", "ZIP_NESTED")
    assert imports.counts_of(file).fields == {"name": "inner.zip"}
    again = taken(world, exports.zipped(inner__zip=b"PK"))
    assert again.id != file.id, "a refused file may be given again"


# -- two at once --


class Meanwhile:
    """A file on its way in, during whose last step something else happens."""

    def __init__(self, writer, happens):
        self._writer, self._happens = writer, happens

    def __getattr__(self, name):
        return getattr(self._writer, name)

    def keep(self, key_id, *, known):
        self._writer.keep(key_id, known=known)
        self._happens()


def files_of(world):
    return [p for p in (world.app.settings.data / "originals").rglob("*") if p.is_file()]


def test_a_file_that_comes_in_twice_at_once_is_kept_once_and_wholly_erased(world):
    raw = csv((1, "kim", "hallo", stamp(START), 7))
    writer = world.importer.originals.writer()
    writer.write(raw)
    both = Meanwhile(writer, lambda: kept(world, raw, kind="comments"))
    file = imports.keep(world.importer, both, account_id=1, kind="comments", name="twice", who=WHO)
    assert len(files_of(world)) == 1 and original(world, file) == raw
    imports.undo(world.importer, file.id, who=WHO, original=True)
    assert files_of(world) == [], "no second copy outlives the first"


def test_a_file_whose_kept_copy_is_erased_while_it_comes_in_again_is_refused(world):
    raw = csv((1, "kim", "hallo", stamp(START), 7))
    first = kept(world, raw, kind="comments")
    writer = world.importer.originals.writer()
    writer.write(raw)
    gone = Meanwhile(writer, lambda: imports.undo(world.importer, first.id, who=WHO, original=True))
    with pytest.raises(RefusedFileError):
        imports.keep(world.importer, gone, account_id=1, kind="comments", name="again", who=WHO)
    assert original(world, kept(world, raw, kind="comments")) == raw, "and comes in whole the next time"
