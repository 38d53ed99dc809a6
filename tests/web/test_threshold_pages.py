"""The two thresholds: what a policy's numbers mean in work, and changing them by the policy's own way."""

import re

import pytest
from world import Client, World

from goodstanding.adapters.storage.reads import StoredReads
from goodstanding.core.policy.text_conditions import ScoreAtLeast
from goodstanding.usecases import policies, thresholds


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    made = World(tmp_path_factory.mktemp("data"), comments=200)
    made.owner()
    yield made
    made.close()


@pytest.fixture
def me(world):
    return Client(world).sign_in()


def active(world):
    account = world.ctx.store.read(lambda q: q.accounts())[0]
    return account, world.ctx.store.read(lambda q: policies.compiled(world.ctx, q, account.policy_hash))


def expected(world, policy):
    account, _ = active(world)
    reads, now = StoredReads(), world.ctx.clock.now()
    kept = world.ctx.store.read(lambda q: thresholds.texts(reads, q, account, now))
    return world.ctx.store.read(lambda q: thresholds.expected(world.ctx, q, account, policy, kept))


def test_every_comment_lies_in_one_band_of_each_head(world):
    found = expected(world, active(world)[1].policy)
    assert found.read > 150
    assert found.automatic + found.person + found.act == found.read
    for one in found.bands:
        assert one.automatic + one.person + one.act + one.silent == found.read
        assert one.act <= found.act
    assert found.a_day(found.read) == pytest.approx(found.stored / found.days)


def test_a_lower_line_drawn_tighter_never_lets_more_go_by_itself(world):
    policy = active(world)[1].policy
    tight = policy.model_copy(update={"gates": policy.gates.model_copy(update={"abuse_milli_below": 1})})
    assert expected(world, tight).automatic <= expected(world, policy).automatic


@pytest.mark.parametrize(
    ("lang", "said"), [("nl", "Wat dat aan werk betekent"), ("en", "What that means in work")]
)
def test_the_page_tells_numbers_and_calibration(world, lang, said):
    page = Client(world, language=lang).sign_in().get("/policy/thresholds")
    assert page.status == 200
    assert said in page.text
    assert "95.0 %" in page.text or "95,0 %" in page.text


def test_without_an_account_the_page_says_what_to_do(tmp_path):
    empty = World(tmp_path, account=False)
    empty.owner()
    assert Client(empty).sign_in().get("/policy/thresholds").status == 200
    empty.close()


def test_the_line_of_a_hiding_rule_is_changed_and_activated_the_policys_own_way(world, me):
    _, before = active(world)
    short = before.hash.removeprefix("sha256:")[:16]
    path = f"/policy/edit/{short}"
    form = dict(re.findall(r'name="([\w.]+)" value="([^"]*)"', me.get(path).text))
    at = next(n for n, rule in enumerate(before.policy.rules) if rule.rid == "hide-abuse")
    assert form[f"rules.{at}.when.0.milli"] == "950"
    answer = me.post(path, **form | {f"rules.{at}.when.0.milli": "980"})
    assert answer.status == 303
    kept = world.ctx.store.read(lambda q: policies.compiled(world.ctx, q, q.policies()[-1].hash))
    changed = next(one for rule in kept.policy.rules if rule.rid == "hide-abuse" for one in rule.when)
    assert isinstance(changed, ScoreAtLeast) and changed.milli == 980
    assert active(world)[1].hash == before.hash, "nothing changes until it is activated"
    assert me.post(path, **form | {f"rules.{at}.when.0.milli": "1200"}).status == 422
