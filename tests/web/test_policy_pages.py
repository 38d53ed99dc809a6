"""Policy pages: reading, changing within bounds, comparing, back-testing, activating, going back."""

import re

import pytest
from world import Client, World

from goodstanding.usecases import playbooks


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path, comments=120)
    made.owner()
    yield made
    made.close()


@pytest.fixture
def me(world):
    return Client(world).sign_in()


def active(world):
    return world.ctx.store.read(lambda q: q.accounts())[0].policy_hash


def short(policy_hash):
    return policy_hash.removeprefix("sha256:")[:16]


def form(me, path):
    return dict(re.findall(r'name="([\w.]+)" value="([^"]*)"', me.get(path).text))


def edit(me, world, **changes):
    base = short(active(world))
    return me.post(f"/policy/edit/{base}", **form(me, f"/policy/edit/{base}") | changes)


def test_the_active_policy_is_read_as_sentences_with_the_rules_behind_them(world, me):
    page = me.get("/policy").words
    assert "Careful active" in page
    assert "An answer waits 10 to 60 minutes." in page
    assert "TT-DM-1" in page


def test_saving_unchanged_numbers_is_the_same_version(world, me):
    answer = edit(me, world)
    assert answer.status == 303
    assert answer.header("location").startswith(f"/policy/version/{short(active(world))}")


def test_a_tighter_number_makes_a_new_version_that_is_compared_and_activated(world, me):
    before = active(world)
    answer = edit(me, world, **{"pacing.delay_minutes_min": "20", "limits.3.max": "10"})
    page = me.follow(answer)
    assert "Saved as a new version. It is not active yet." in page.words
    assert "This version only tightens." in page.words
    assert active(world) == before
    new = re.search(r"/policy/version/(\w+)", answer.header("location"))[1]
    page = me.follow(me.post("/policy/activate", version=new, account="1"))
    assert "Active from now on." in page.words
    assert "An answer waits 20 to 60 minutes." in page.words
    assert short(active(world)) == new
    me.post("/policy/activate", version=short(before), account="1")
    assert active(world) == before
    assert len(world.ctx.store.read(lambda q: q.activations(1))) == 3


def test_a_looser_number_is_marked(world, me):
    page = me.follow(edit(me, world, **{"pacing.delay_minutes_max": "90", "limits.3.max": "30"}))
    assert "This version allows more somewhere." in page.words


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("gates.intent_milli_min", "100", "may only be >= 700"),
        ("pacing.bucket_capacity", "9999", "may only be <= 500"),
        ("pacing.bucket_capacity", "many", "pacing.bucket_capacity"),
        ("quiet_hours.start", "25:00", "quiet_hours.start"),
    ],
)
def test_a_number_out_of_bounds_is_refused_at_its_field_and_kept_as_typed(world, me, name, value, words):
    before = len(world.ctx.store.read(lambda q: q.policies()))
    answer = edit(me, world, **{name: value})
    assert answer.status == 422
    assert words in answer.words
    assert f'id="{name}-error"' in answer.text
    assert f'name="{name}" value="{value}"' in answer.text
    assert len(world.ctx.store.read(lambda q: q.policies())) == before


def test_the_message_ceiling_cannot_be_crossed(world, me):
    answer = edit(me, world, **{"limits.0.max": "6"})
    assert (answer.status, "at most 5 messages per person in 168 hours" in answer.words) == (422, True)


def test_a_pasted_file_with_an_error_names_line_and_meaning(world, me):
    text = playbooks.policy_text("careful").replace("delay_minutes_min", "delay_minutes_mim", 1)
    answer = me.post("/policy/paste", text=text)
    line = text[: text.index("delay_minutes_mim")].count("\n") + 1
    assert answer.status == 422
    assert f"line {line}:" in answer.words
    assert "Did you mean “delay_minutes_min”?" in answer.words
    assert "delay_minutes_mim" in answer.text


def test_what_tiktok_forbids_is_refused_with_its_rule_and_the_refusal_is_logged(world, me):
    text = playbooks.policy_text("careful").replace('then = "reply"', 'then = "like"', 1)
    answer = me.post("/policy/paste", text=text)
    assert answer.status == 422
    assert re.search(r"TikTok forbids it \(TT-[A-Z]+-\d+\)", answer.words)
    newest = world.ctx.store.read(lambda q: q.audit_newest(before=10**9, limit=1))[0]
    assert newest.kind == "refusal"
    assert "Refused under TT-" in me.get("/audit?kind=refusal").words


def test_a_good_pasted_file_is_kept_and_can_be_read_back(world, me):
    text = playbooks.policy_text("careful").replace("age_hours_max = 24", "age_hours_max = 12")
    page = me.follow(me.post("/policy/paste", text=text))
    assert "This version only tightens." in page.words
    link = re.search(r'href="(/policy/text/\w+)"', page.text)[1]
    assert me.get(link).text == text


def test_a_back_test_counts_what_would_change_with_examples(world, me):
    new = re.search(
        r"/policy/version/(\w+)", edit(me, world, **{"gates.intent_milli_min": "1000"}).header("location")
    )[1]
    log = world.ctx.store.read(lambda q: q.audit_head()[0])
    page = me.follow(me.post("/policy/backtest", version=new, account="1"))
    assert "Decided again: 120 of 120 stored decisions." in page.words
    was, will, change = re.search(r"Reply (\d+) (\d+) (−\d+)", page.words).groups()
    assert int(was) == len(world.events("reply"))
    assert int(was) - int(will) == int(change[1:]) > 0
    assert re.search(r'href="/comment/\d+#why"', page.text)
    assert world.ctx.store.read(lambda q: q.audit_head()[0]) == log


def test_a_back_test_of_the_same_policy_finds_nothing(world, me):
    page = me.follow(me.post("/policy/backtest", version=short(active(world)), account="1"))
    assert "Nothing. Every comment would have had the same outcome." in page.words


def test_a_running_job_shows_its_progress_and_can_be_stopped(world, me, monkeypatch):
    import threading

    from goodstanding.usecases import replay
    from goodstanding.web import audit, policy

    started = threading.Event()

    def slow(_ctx, _other, *, account_id, progress):
        while True:
            started.set()
            progress(1)
            threading.Event().wait(0.01)

    monkeypatch.setattr(replay, "compare", slow)
    monkeypatch.setattr(policy, "PATIENCE", 0.05)
    answer = me.post("/policy/backtest", version=short(active(world)), account="1")
    assert started.wait(5)
    page = me.follow(answer)
    assert "Nothing is sent." in page.words
    assert '<progress max="120"' in page.text
    assert me.post("/policy/backtest", version=short(active(world)), account="1").header(
        "location"
    ) == answer.header("location")
    monkeypatch.setattr(audit, "PATIENCE", 5)
    stopped = me.follow(me.post(answer.header("location") + "/stop"))
    assert "Stopped by you. Nothing was changed." in stopped.words
