"""`goodstanding model`: measured, re-fitted, compared, used, with the exit codes that scripts rely on."""

import json

import pytest
from looking import rows, said


@pytest.fixture(scope="module")
def learnt(seeded, tmp_path_factory):
    """A demo in which some comments were corrected, with the model learnt from it."""
    import shutil

    from goodstanding.bootstrap import open_app
    from goodstanding.core import labels
    from goodstanding.settings import Settings
    from goodstanding.usecases import corrections, models

    folder = tmp_path_factory.mktemp("learnt") / "data"
    shutil.copytree(seeded, folder)
    app = open_app(Settings(data=folder))
    who = ("person", "1")
    for event, _ in app.ctx.store.read(lambda q: q.newest_decisions(5)):
        found = labels.found(
            app.ctx.store.read(lambda q, e=event: corrections.signals_of(app.ctx, q, e)), "abuse"
        )
        corrections.say(app.ctx, event, "abuse", "no" if found == "yes" else "yes", who=who)
    made = models.train(app.ctx, "active", seed=1, who=who, progress=lambda *_: None)
    app.close()
    return folder, made.digest


def held(folder):
    """Texts with corrections; the people of the demo made some by hiding and keeping."""
    return rows(
        folder, "SELECT count(*) FROM (SELECT DISTINCT event_id FROM correction WHERE undone_at IS NULL)"
    )[0][0]


def test_the_list_names_what_ships_and_what_was_made(gs, learnt):
    folder, digest = learnt
    found = said(gs("model", "list", "--data", folder, "--json"))
    assert [(one["shipped"], one["active"]) for one in found["models"]] == [(True, True), (False, False)]
    assert found["models"][1]["digest"] == digest
    assert (found["corrections"], found["history"]) == (held(folder), [])
    assert digest[:16] in gs("model", "list", "--data", folder).output


def test_show_tells_the_card_and_refuses_an_unknown_name(gs, learnt):
    folder, digest = learnt
    found = said(gs("model", "show", digest[:8], "--data", folder, "--json"))
    assert (found["digest"], found["trouble"]) == (digest, "")
    assert found["card"]["learnt"] + found["card"]["held_out"] == held(folder)
    plain = gs("model", "show", digest[:8], "--data", folder, lang="nl")
    assert plain.exit_code == 0
    assert "gemaakt uit" in plain.output
    wrong = gs("model", "show", "ffffffffff", "--data", folder)
    assert (wrong.exit_code, wrong.stdout) == (2, "")
    assert "No model begins with ffffffffff" in wrong.stderr


def test_evaluate_measures_the_corrections_and_a_file(gs, learnt, tmp_path):
    folder, digest = learnt
    before = said(gs("model", "evaluate", "--data", folder, "--json"))["figures"]
    after = said(gs("model", "evaluate", digest[:8], "--data", folder, "--json"))["figures"]
    assert sum(one["right"] for one in before) == 0, "each was said against the model"
    assert sum(one["right"] for one in after) > 0
    file = tmp_path / "rows.jsonl"
    file.write_text('{"text": "hoi", "labels": {"abuse": false}}\nnonsense\n')
    found = gs("model", "evaluate", "--rows", file, "--data", folder)
    assert found.exit_code == 1, "a line could not be read"
    assert "line 2" in found.stderr
    assert gs("model", "evaluate", "--rows", tmp_path / "none", "--data", folder).exit_code == 3


def test_train_prints_what_to_read_and_puts_nothing_in_use(gs, learnt):
    folder, digest = learnt
    found = gs("model", "train", "--data", folder, lang="nl")
    assert found.exit_code == 0
    for words in (
        digest[:16],
        "Waarvan geleerd is, voor:",
        "Vals alarm op",
        "Er is niets in gebruik genomen.",
    ):
        assert words in found.output
    assert rows(folder, "SELECT count(*) FROM model_use") == [(0,)]


def test_with_nothing_to_learn_train_says_so(gs, copied):
    rows(copied, "DELETE FROM correction")
    found = gs("model", "train", "--data", copied)
    assert (found.exit_code, found.stdout) == (1, "")
    assert "nothing to learn" in found.stderr


def test_compare_exits_with_1_where_they_differ(gs, learnt):
    folder, digest = learnt
    found = gs("model", "compare", "shipped", digest[:8], "--data", folder, "--json")
    told = json.loads(found.stdout)
    assert found.exit_code == (1 if told["rows"] else 0)
    assert told["comments"] > 0
    same = gs("model", "compare", "shipped", "active", "--data", folder)
    assert same.exit_code == 0
    assert "0 answers differ" in same.output


def test_use_and_back_and_replay_stays_equal(gs, learnt):
    folder, digest = learnt
    used = gs("model", "use", digest[:8], "--data", folder)
    assert used.exit_code == 0
    assert "Back: goodstanding model use shipped" in used.output
    assert gs("model", "use", digest[:8], "--data", folder).exit_code == 2
    assert said(gs("replay", "--data", folder, "--json"))["differences"] == 0
    back = said(gs("model", "use", "shipped", "--data", folder, "--json"))
    assert back["before"] == digest
    assert len(said(gs("model", "list", "--data", folder, "--json"))["history"]) == 2
    assert gs("audit", "verify", "--data", folder).exit_code == 0


def test_a_damaged_model_is_refused_and_the_doctor_names_it(gs, learnt, tmp_path):
    import shutil

    folder, digest = learnt
    copy = shutil.copytree(folder, tmp_path / "copy")
    gs("model", "use", digest[:8], "--data", copy)
    with (copy / "models" / f"{digest}.gsm").open("ab") as file:
        file.write(b"x")
    for command in (
        ["show"],
        ["evaluate"],
        ["use", digest[:8]],
        ["compare", "shipped", digest[:8]],
        ["train"],
    ):
        assert gs("model", *command, "--data", copy).exit_code == 1, command
    found = said(gs("doctor", "--data", copy, "--json"))
    assert {"what": "model", "state": "wrong"}.items() <= next(
        one for one in found if one["what"] == "model"
    ).items()
    assert rows(copy, "SELECT count(*) FROM freeze") == [(0,)], "looking stops nothing; reading with it does"
