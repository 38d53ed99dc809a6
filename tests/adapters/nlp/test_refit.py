"""A re-fit: it learns, it does not forget, it makes the same bytes twice; and what a shelf does with bad files."""

import pytest

from goodstanding.adapters.nlp import kin, linear, lists, reading, refit, serving
from goodstanding.adapters.nlp.classifier import Adder, Rules
from goodstanding.adapters.nlp.shelf import Files
from goodstanding.core import labels
from goodstanding.core.labels import Labelled
from goodstanding.usecases.ports import StoreUnavailableError
from goodstanding.usecases.ports.models import ModelError

TEXTS = (
    "wat een mooie trui",
    "je bent een sukkel",
    "check my page for free followers",
    "hoe duur is die pan?",
)
ANCHORS = [
    f"{a} {b} {c}"
    for a in ("mooie", "wat een", "leuke")
    for b in ("trui", "pan", "soep")
    for c in ("zeg", "!", "dank je")
]


def quiet(done, whole):
    assert 0 < done <= whole


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    return Files(tmp_path_factory.mktemp("models"))


def against(shelf, texts=TEXTS):
    """Rows that say the opposite of what the shipped model says of abuse."""
    found = shelf.classifier("").signals(texts)
    other = {labels.YES: labels.NO, labels.NO: labels.YES, "": labels.YES}
    return [
        Labelled(text=text, labels={"abuse": other[labels.found(one, "abuse")]}, lang="nl")
        for text, one in zip(texts, found, strict=True)
    ]


@pytest.fixture(scope="module")
def rows(shelf):
    return against(shelf)


@pytest.fixture(scope="module")
def made(shelf, rows):
    return shelf.refit("", rows, ANCHORS, seed=1, progress=quiet)


def test_it_moves_towards_what_people_said(shelf, rows, made):
    before, after = shelf.classifier(""), shelf.classifier(made.digest)
    for row in rows:
        old, new = (labels.milli(one.fresh(row.text), "abuse") or 0 for one in (before, after))
        assert new > old if row.labels["abuse"] == labels.YES else new < old, row
    assert made.changed > 0
    assert made.skipped == 0


def test_it_does_not_forget_what_nobody_contradicted(shelf, made):
    before, after = shelf.classifier("").signals(ANCHORS), shelf.classifier(made.digest).signals(ANCHORS)
    moved = [abs((a.abuse_milli or 0) - (b.abuse_milli or 0)) for a, b in zip(before, after, strict=True)]
    assert sum(moved) / len(moved) < 150
    for a, b in zip(before, after, strict=True):
        assert (a.spam_milli, a.sentiment_milli, a.intents, a.language) == (
            b.spam_milli,
            b.sentiment_milli,
            b.intents,
            b.language,
        )


def test_only_the_heads_that_were_spoken_of_move(rows):
    parent = linear.shipped()
    done = refit.step(parent, rows, ANCHORS, progress=quiet)
    place, width = parent.header.heads.index("abuse"), parent.width
    old = parent.rows
    differing = {at % width for at in range(len(old)) if old[at] != done.rows[at]}
    assert differing == {place}


def test_the_same_input_makes_the_same_model_and_its_parent_is_known(shelf, rows, made):
    again = shelf.refit("", rows, ANCHORS, seed=1, progress=quiet)
    assert again.digest == made.digest
    kept = shelf.look(made.digest)
    assert (kept.parent, kept.version, kept.trouble) == (
        linear.shipped().digest,
        linear.shipped().header.version + 1,
        "",
    )


def test_a_step_can_follow_a_step_and_moods_and_languages_are_learnt_too(shelf, made):
    row = Labelled(
        text="nou lekker dan", labels={"sentiment": "negative", "lang": "nl", "price": labels.NO}, lang="nl"
    )
    odd = Labelled(text="nou lekker dan", labels={"lang": "xx", "unheard": labels.YES})
    second = shelf.refit(made.digest, [row, odd], ANCHORS, seed=2, progress=quiet)
    assert second.skipped == 2, "a language and a head the model has no column for"
    a, b = (shelf.classifier(one).fresh(row.text) for one in (made.digest, second.digest))
    assert b.sentiment_milli < a.sentiment_milli
    assert shelf.look(second.digest).parent == made.digest


def test_what_a_text_adds_up_to_is_what_the_model_adds_up():
    weights, points = linear.shipped(), refit.Points()
    reader = reading.Reader(lists.shipped(), weights.vector, kin.shipped().groups)
    rules, adder = Rules(lists.shipped(), home=None), Adder(weights.vector)
    table = refit._Table(weights)
    for text in (*TEXTS, "", "🔥🔥", "NIEUW!!! 10% www.example.org"):
        read = reader.read(text)
        sums = adder.sums(text, tokens=read.tokens, ruled=rules.found(read))
        scores = weights.scores(sums.words, sums.whole, sums.length)
        point, _ = points.of(text)
        for column in range(weights.width):
            assert table._score(point, column) == pytest.approx(scores[column], abs=1e-6)


def test_a_card_stands_beside_its_model(shelf, made):
    shelf.describe(made.digest, {"learnt": 4})
    assert shelf.look(made.digest).card == {"learnt": 4}
    (shelf._folder / f"{made.digest}.json").write_bytes(b"[no card")
    assert shelf.look(made.digest).card == {}


def spoiled(shelf, tmp_path, made, change):
    other = Files(tmp_path / "models")
    other._folder.mkdir()
    body = (shelf._folder / f"{made.digest}.gsm").read_bytes()
    (other._folder / f"{made.digest}.gsm").write_bytes(change(body))
    return other


@pytest.mark.parametrize(
    "change", [lambda b: b[:-1], lambda b: b + b"x", lambda b: b"", lambda b: b[:900] + b"\0" + b[901:]]
)
def test_a_damaged_file_is_named_and_refused(shelf, tmp_path, made, change):
    other = spoiled(shelf, tmp_path, made, change)
    assert [(one.digest, one.trouble) for one in other.kept()] == [(made.digest, "damaged")]
    with pytest.raises(ModelError) as told:
        other.classifier(made.digest)
    assert told.value.code == "MODEL_DAMAGED"


def test_another_model_under_a_models_name_is_refused(shelf, tmp_path, made, rows):
    second = shelf.refit("", rows[:1], [], seed=3, progress=quiet)
    body = (shelf._folder / f"{second.digest}.gsm").read_bytes()
    assert spoiled(shelf, tmp_path, made, lambda _: body).look(made.digest).trouble == "damaged"


def test_a_model_for_other_features_is_refused(tmp_path):
    import msgspec

    weights = linear.shipped()
    body = linear.packed(msgspec.structs.replace(weights.header, made_for="features-0"), weights.rows)
    digest = linear.read(body).digest
    shelf = Files(tmp_path)
    (tmp_path / f"{digest}.gsm").write_bytes(body)
    assert shelf.look(digest).trouble == "features"
    with pytest.raises(ModelError) as told:
        shelf.refit(digest, [], [], seed=1, progress=quiet)
    assert told.value.code == "MODEL_FEATURES"


@pytest.mark.parametrize("name", ["0" * 64, "../../etc/passwd", "x"])
def test_a_missing_model_is_missing_whatever_its_name(shelf, name):
    assert shelf.look(name).trouble == "missing"
    with pytest.raises(ModelError):
        shelf.classifier(name)


class Asked:
    """What is in use, and what was heard of it."""

    def __init__(self, shelf):
        self.digest, self.heard = "", []
        self.in_use = serving.InUse(
            shelf, asked=lambda: self.digest, hear=lambda *told: self.heard.append(told)
        )


def test_a_change_is_taken_up_without_a_restart(shelf, made, monkeypatch):
    monkeypatch.setattr(serving, "LOOK_SECONDS", 0.0)
    asked = Asked(shelf)
    classifier = serving.Serving(asked.in_use, "nl")
    before = classifier.model
    assert before == shelf.classifier("", "nl").model
    asked.digest = made.digest
    assert classifier.model == shelf.classifier(made.digest, "nl").model != before
    assert classifier.signals(["hoi"])[0].model == classifier.model, "a finding names the model that found it"
    asked.digest = ""
    assert classifier.model == before


def test_a_lost_model_is_heard_of_and_the_shipped_one_serves(shelf, made):
    asked = Asked(shelf)
    asked.digest = made.digest
    assert asked.in_use.look() == ""
    asked.digest = "f" * 64
    assert asked.in_use.look() == "missing"
    assert asked.heard[-1] == ("f" * 64, "missing")
    assert serving.Serving(asked.in_use, "").model == shelf.classifier("").model
    asked.digest = made.digest
    assert asked.in_use.look() == ""
    assert asked.heard[-1] == (made.digest, "")


def test_a_silent_database_changes_nothing(shelf, made):
    asked = Asked(shelf)
    asked.digest = made.digest
    asked.in_use.look()
    asked.digest = None
    assert asked.in_use.look() == ""
    assert serving.Serving(asked.in_use, "").model == shelf.classifier(made.digest).model

    def silent(*_):
        raise StoreUnavailableError(why="busy")

    asked.in_use._hear = silent
    asked.digest = made.digest
    assert asked.in_use.look() == ""
