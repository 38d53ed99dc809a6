"""The model's pages, and the whole way of a correction: said, learnt from, put in use, taken back, and a lost file."""

import json
import re
import time

import pytest
from world import Client, World

from goodstanding.core import labels
from goodstanding.usecases import audit, corrections, incidents, models, replay
from goodstanding.usecases.context import person
from goodstanding.usecases.ports.models import ModelError

LOTTE = person(1)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """An installation whose owner contradicted the model, with a model learnt from it."""
    made = World(tmp_path_factory.mktemp("data"), comments=120)
    made.owner()
    made.corrected = [*contradict(made, 6)]
    made.trained = models.train(made.ctx, "active", seed=1, who=LOTTE, progress=lambda *_: None)
    yield made
    made.close()


def contradict(world, count):
    """Say the other thing of abuse and of tone about the newest comments."""
    for event, _ in world.ctx.store.read(lambda q: q.newest_decisions(count)):
        found = world.ctx.store.read(lambda q, event=event: corrections.signals_of(world.ctx, q, event))
        answer = labels.NO if labels.found(found, "abuse") == labels.YES else labels.YES
        corrections.say(world.ctx, event, "abuse", answer, who=LOTTE)
        yield event


@pytest.fixture
def me(world):
    return Client(world).sign_in()


@pytest.fixture(autouse=True)
def shipped_again(world):
    yield
    if world.ctx.store.read(models.active):
        models.use(world.ctx, "shipped", who=LOTTE)


def frozen(world):
    return [one.reason for one in world.ctx.store.read(lambda q: q.freezes(active_only=True))]


def file_of(world):
    return world.app.settings.data / "models" / f"{world.trained.digest}.gsm"


def test_training_tells_before_and_after_and_puts_nothing_in_use(world):
    made = world.trained
    assert made.learnt + made.held_out == 6
    assert world.ctx.store.read(models.active) == ""
    assert sum(one.right for one in made.after) >= sum(one.right for one in made.before)
    assert made.parent == world.ctx.shelf.shipped().digest
    card = world.ctx.shelf.look(made.digest).card
    assert card["learnt"] == made.learnt
    assert "disagreements" not in card, "no text leaves the vault with a model"
    assert (
        models.train(world.ctx, "active", seed=1, who=LOTTE, progress=lambda *_: None).digest == made.digest
    )


def test_past_decisions_replay_after_another_model_is_used(world):
    before = world.ctx.classifier.model
    sealed = world.ctx.store.read(lambda q: [q.decision(event) for event in world.corrected])
    models.use(world.ctx, world.trained.digest[:10], who=LOTTE)
    assert world.ctx.classifier.model != before, "taken up in this process, without a restart"
    found = replay.replay(world.ctx)
    assert (found.differences, found.decisions) == (
        0,
        len(world.ctx.store.read(lambda q: q.newest_decisions(10**6))),
    )
    assert world.ctx.store.read(lambda q: [q.decision(event) for event in world.corrected]) == sealed
    models.use(world.ctx, "shipped", who=LOTTE)
    assert world.ctx.classifier.model == before
    assert replay.replay(world.ctx).differences == 0
    assert audit.verify(world.ctx).ok


def test_a_choice_is_sealed_with_both_digests_and_figures(world):
    models.use(world.ctx, world.trained.digest, who=LOTTE)
    row = next(
        r for r in world.ctx.store.read(lambda q: q.audit_newest(before=2**53, limit=5)) if r.kind == "model"
    )
    entry = json.loads(row.body)
    assert entry["actor"] == {"id": "1", "type": "person"}
    body = entry["body"]
    assert (body["before"], body["after"]) == (world.ctx.shelf.shipped().digest, world.trained.digest)
    assert body["rows"] == 6
    assert body["right_after"] >= body["right_before"]
    with pytest.raises(ModelError) as told:
        models.use(world.ctx, "active", who=LOTTE)
    assert told.value.code == "MODEL_SAME"


@pytest.mark.parametrize("name", ["nope", "0" * 64, "a", ""])
def test_no_model_is_used_by_a_wrong_name(world, name):
    with pytest.raises(ModelError):
        models.use(world.ctx, name, who=LOTTE)


def test_a_lost_model_stops_sending_once_until_the_file_is_back(world):
    models.use(world.ctx, world.trained.digest, who=LOTTE)
    path = file_of(world)
    kept = path.read_bytes()
    path.unlink()
    try:
        again = World(world.app.settings.data, account=False)
        assert again.ctx.serving.look() == "missing"
        assert frozen(world) == ["MODEL_MISSING"]
        assert again.ctx.classifier.model.endswith(world.ctx.shelf.shipped().digest[:16]), (
            "the shipped one reads"
        )
        page = Client(again).sign_in().get("/model")
        assert "The model in use cannot be found." in page.words
        incidents.lift(
            world.ctx, world.ctx.store.read(lambda q: q.freezes(active_only=True))[0].id, who=LOTTE
        )
        assert again.ctx.serving.look() == "missing"
        assert frozen(world) == [], "a person confirmed, so it is not frozen again"
        path.write_bytes(kept[:-5])
        path.write_bytes(kept)
        assert again.ctx.serving.look() == ""
        assert world.ctx.store.read(models.trouble) is None
        again.close()
    finally:
        path.write_bytes(kept)


def test_a_damaged_model_is_lifted_by_itself_once_it_is_whole(world):
    models.use(world.ctx, world.trained.digest, who=LOTTE)
    path = file_of(world)
    kept = path.read_bytes()
    try:
        path.write_bytes(kept[:-5])
        again = World(world.app.settings.data, account=False)
        assert again.ctx.serving.look() == "damaged"
        assert frozen(world) == ["MODEL_DAMAGED"]
        path.write_bytes(kept)
        assert again.ctx.serving.look() == ""
        assert frozen(world) == []
        path.write_bytes(kept[:-5])
        third = World(world.app.settings.data, account=False)
        third.ctx.serving.look()
        assert frozen(world) == ["MODEL_DAMAGED"]
        models.use(world.ctx, "shipped", who=LOTTE)
        assert frozen(world) == [], "another model was chosen"
        again.close()
        third.close()
    finally:
        path.write_bytes(kept)
    assert audit.verify(world.ctx).ok


def test_comparing_counts_what_would_differ_and_decides_nothing(world):
    size = world.ctx.store.read(lambda q: q.audit_head())[0]
    found = models.compare(world.ctx, "shipped", world.trained.digest)
    assert sum(n for counts in found.changed.values() for n in counts.values()) == len(found.rows)
    assert set(found.changed) <= set(labels.HEADS)
    assert models.compare(world.ctx, "shipped", "shipped").rows == []
    assert world.ctx.store.read(lambda q: q.audit_head())[0] == size


def test_evaluating_given_rows_reads_good_lines_and_names_bad_ones(world):
    lines = [
        b'{"text": "hoi", "lang": "nl", "labels": {"abuse": false, "sentiment": "neutral"}}', b"", b"nonsense",
        b'{"text": "hoi", "labels": {"abuse": "maybe"}}', b'{"text": 5, "labels": {}}',
    ]  # fmt: skip
    rows, bad = models.read_rows(lines)
    assert [row.labels for row in rows] == [{"abuse": "no", "sentiment": "neutral"}]
    assert bad == [(3, "MODEL_LINE"), (4, "MODEL_LABEL"), (5, "MODEL_LINE")]
    found = models.evaluate(world.ctx, "shipped", rows)
    assert [(one.head, one.language, one.rows) for one in found] == [
        ("abuse", "nl", 1),
        ("sentiment", "nl", 1),
    ]


def test_the_form_on_a_comments_page_keeps_what_is_right(world, me):
    event = world.ctx.store.read(lambda q: q.newest_decisions(40))[-1][0]
    page = me.get(f"/comment/{event}")
    assert "Read wrongly? Say so" in page.words
    assert f'action="/comment/{event}/wrong"' in page.text
    choice = re.search(r'<option value="(hate:\w+)"', page.text)[1]
    page = me.follow(me.post(f"/comment/{event}/wrong", right=choice, back=f"/comment/{event}"))
    assert "Kept. Nothing changed for this comment." in page.words
    assert "Corrected the model" in page.words
    page = me.follow(me.post(f"/comment/{event}/wrong", right=choice, back=f"/comment/{event}"))
    assert "That is what is known already." in page.words
    page = me.follow(me.post(f"/comment/{event}/wrong", right="", back=f"/comment/{event}"))
    assert "Choose what is right." in page.words
    number = re.search(r'action="(/correction/\d+/undo)"', me.get(f"/comment/{event}").text)[1]
    assert "Taken back." in me.follow(me.post(number, back="/model/corrections")).words
    assert "taken back" in me.get("/model/corrections").words


def test_a_case_has_the_form_too(world, me):
    case = world.cases()[0]
    assert f'action="/comment/{case.event_id}/wrong"' in me.get(f"/review/{case.id}").text


def test_the_list_exports_labelled_lines(world, me):
    page = me.get("/model/corrections")
    assert "6 hold" in page.words
    out = me.post("/model/export")
    assert "corrections.jsonl" in out.header("content-disposition")
    rows, bad = models.read_rows(out.body.splitlines())
    assert (len(rows), bad) == (6, [])


def test_the_model_page_shows_and_changes_what_is_in_use(world, me):
    page = me.get("/model")
    assert "ships with the product" in page.words
    assert world.trained.digest[:12] in page.words
    page = me.follow(me.post("/model/use", digest=world.trained.digest))
    assert "In use from now on" in page.words
    assert "Learnt from" in page.words
    page = me.follow(me.post("/model/use", digest="zzzzzz"))
    assert "There is no such model." in page.words
    page = me.follow(me.post("/model/use", digest=""))
    assert world.ctx.store.read(models.active) == ""


def test_a_re_fit_from_the_page_can_be_read(world, me):
    answer = me.post("/model/train", seed="1")
    job = answer.header("location")
    for _ in range(100):
        page = me.get(job)
        if "<progress" not in page.text:
            break
        time.sleep(0.3)
    assert world.trained.digest[:12] in page.words
    assert "It is not in use." in page.words


@pytest.mark.parametrize("language", ["en", "nl"])
def test_pages_of_an_installation_without_corrections(fresh, language):
    fresh.owner(language)
    me = Client(fresh, language=language).sign_in()
    empty = {"en": "Nothing was corrected yet.", "nl": "Er is nog niets gecorrigeerd."}[language]
    for path in ("/model", "/model/corrections"):
        page = me.get(path)
        assert page.status == 200
        assert empty in page.words
    last = {"en": "There is nothing further back.", "nl": "Verder terug is er niets."}[language]
    assert last in me.get("/model/corrections?before=5").words
    with pytest.raises(ModelError) as told:
        models.train(fresh.ctx, "active", seed=1, who=LOTTE, progress=lambda *_: None)
    assert told.value.code == "MODEL_NOTHING"
