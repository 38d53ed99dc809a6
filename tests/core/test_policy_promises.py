"""The promises, over generated facts and generated valid policies."""

import hashlib
import json
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from policy_values import (
    CALM,
    CAREFUL,
    COMPILED,
    NORMAL,
    PLATFORM,
    but,
    changed,
    conditions,
    fact_values,
    policy_values,
    rule_values,
    texts,
    with_rules,
)

from goodstanding.core.policy.compile import compile_policy
from goodstanding.core.policy.conditions import CONDITIONS
from goodstanding.core.policy.decide import confirm, decide
from goodstanding.core.policy.diff import compare, needs_second_person
from goodstanding.core.policy.document import Policy
from goodstanding.core.policy.model import Facts, message_of
from goodstanding.core.policy.sealing import read_record, record_bytes
from goodstanding.kernel.canonical import canonical

quick = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
SENDS = ("reply", "message")


@st.composite
def judged(draw):
    """A policy made ready, facts for it, a text."""
    policy = draw(policy_values() | st.sampled_from([CAREFUL, NORMAL]))
    compiled = compile_policy(policy, PLATFORM)
    return compiled, draw(fact_values(compiled)), draw(texts)


def sends(decision):
    return [one for one in decision.effects if one.act in SENDS]


def used(facts, name):
    return next((one.used for one in facts.counters or () if one.name == name), None)


@quick
@given(judged())
def test_hard_gates_hold_under_every_policy(case):
    """INV1, INV4, INV11, INV14: whatever a valid policy says, a sending means all of this."""
    compiled, facts, text = case
    decision = decide(compiled, facts, text)
    assert (decision.outcome in SENDS) == bool(sends(decision))
    if not sends(decision):
        return
    effect, *questions = sends(decision)
    assert len(questions) <= (effect.act == "message"), "a question follows a message, and only one"
    signals, contact, comment, account = facts.signals, facts.contact, facts.comment, facts.account
    assert signals and contact and comment and account and facts.freeze and facts.volume
    assert facts.clock_sure and not account.killed and not facts.freeze.sends
    assert contact.answer == "given" and not contact.suppressed and not contact.holdout
    assert signals.answer != "stop"
    assert not comment.own and not comment.answered
    assert comment.public or facts.kind == "message"
    heads = (
        signals.abuse_milli,
        signals.hate_milli,
        signals.threat_milli,
        signals.sexual_milli,
        signals.spam_milli,
    )
    assert all(one is not None and one < 300 for one in heads)
    assert signals.sentiment_milli is not None and signals.sentiment_milli >= -300
    assert signals.profanity is not None and signals.profanity <= 1
    found = dict(signals.intents)
    message = message_of(facts)
    assert (message and message.tap) or max(
        found.get(one, 0) for one in ("price", "link", "info", "question", "product_question")
    ) >= 700
    assert all(found.get(one, 0) < 600 for one in ("minor", "crisis", "collab", "complaint"))
    assert facts.now <= effect.not_before <= facts.now + 3 * 24 * 3_600_000
    if effect.act == "message":
        assert contact.wrote_at is not None and facts.now - contact.wrote_at < 48 * 3_600_000
        assert used(facts, "contact/message/168") < 5
        assert used(facts, "contact/message/48") < 10
        if message is not None:
            assert message.used < 10 and message.form in ("text", "tap")
            last = contact.wrote_at + (48 * 60 - 30) * 60_000
            assert all(one.not_before <= last + 60_000 for one in sends(decision)), (
                "never so late that it closes"
            )
            assert effect.not_before <= last
        for one in questions:
            assert one.template == "question" and one.not_before > effect.not_before
            assert contact.marketing == "absent" and message and not message.asked, "nobody is asked twice"
    else:
        assert account.can_reply or account.mode == "assisted"
    compiled.text(template=effect.template, variant=effect.variant, language=effect.language)


@quick
@given(judged())
def test_hiding_never_happens_without_its_capability(case):
    compiled, facts, text = case
    decision = decide(compiled, facts, text)
    if decision.outcome == "hide":
        assert facts.account is not None and not facts.account.killed
        assert facts.account.can_hide or facts.account.mode == "assisted"
        assert facts.signals is not None
        assert facts.comment is not None and facts.comment.public and not facts.comment.own


@quick
@given(judged(), st.data())
def test_a_missing_fact_never_adds_an_act(case, data):
    """INV13: taking any fact away leaves no automatic act that was not there before, and no sending at all."""
    compiled, facts, text = case
    name = data.draw(
        st.sampled_from(
            ["account", "contact", "comment", "signals", "freeze", "counters", "volume", "wording"]
        )
    )
    blind = decide(compiled, but(facts, **{name: None}), text)
    assert not sends(blind)
    if name in ("account", "comment", "signals"):
        assert blind.outcome != "hide"


@quick
@given(judged(), st.data())
def test_a_blocking_rule_never_adds_an_act(case, data):
    """INV12, also for hiding: adding none or review takes away; adding hide takes sendings away."""
    compiled, facts, text = case
    then = data.draw(st.sampled_from(["none", "review", "hide"]))
    added = data.draw(rule_values("added", then))
    stricter = compile_policy(with_rules(compiled.policy, added), PLATFORM)
    before, after = decide(compiled, facts, text), decide(stricter, facts, text)
    if sends(after):
        assert sends(after) == sends(before)
    if then != "hide" and after.outcome == "hide":
        assert before.outcome == "hide"


@quick
@given(judged(), st.randoms(use_true_random=False))
def test_the_order_of_the_document_and_of_the_facts_plays_no_part(case, chance: random.Random):
    compiled, facts, text = case
    body = compiled.policy.body()
    for table in ("rules", "limits"):
        chance.shuffle(body[table])
    other = compile_policy(Policy.model_validate_json(json.dumps(body)), PLATFORM)
    turned = facts
    if facts.counters is not None:
        turned = but(turned, counters=tuple(chance.sample(facts.counters, len(facts.counters))))
    if facts.wording is not None and len({one.variant for one in facts.wording}) == len(facts.wording):
        turned = but(turned, wording=tuple(chance.sample(facts.wording, len(facts.wording))))
    assert but(decide(other, turned, text), policy="") == but(decide(compiled, facts, text), policy="")


@quick
@given(judged())
def test_a_stored_record_decides_again_to_the_same_bytes(case):
    """INV8: through JSON and back, with a policy compiled afresh."""
    compiled, facts, text = case
    decision = decide(compiled, facts, text)
    stored = record_bytes(facts, decision)
    read = read_record(stored)
    again = compile_policy(compiled.policy, PLATFORM)
    assert record_bytes(read.facts, decide(again, read.facts, text)) == stored
    assert canonical(read) == stored
    assert read.decision.trace == hashlib.sha256(canonical((decision.gates, decision.rules))).hexdigest()


@quick
@given(judged(), st.sampled_from(["reply", "message", "hide"]), st.none() | st.booleans())
def test_confirm_answers_whatever_the_facts(case, act, approved):
    compiled, facts, _ = case
    for rule in ("", "r0"):
        answer = confirm(compiled, facts, act=act, rule=rule, approved_text_hash_ok=approved)
        assert (answer.verdict == "allow") == (not answer.reasons)
        assert (answer.retry_at > facts.now) == (answer.verdict == "defer")
        if approved is False:
            assert answer.verdict == "refuse"


@pytest.mark.parametrize(
    "name", ["account", "contact", "comment", "signals", "freeze", "counters", "volume", "wording"]
)
def test_each_fact_missing_alone(name):
    assert decide(COMPILED, but(CALM, **{name: None}), "x").outcome in ("none", "review")


def test_all_facts_missing():
    nothing = dict.fromkeys(
        ("account", "contact", "comment", "signals", "freeze", "counters", "volume", "wording")
    )
    assert decide(COMPILED, but(CALM, **nothing), None).outcome == "review"
    assert decide(COMPILED, but(CALM, kind="message", **nothing), None).outcome == "review"


def test_every_kind_of_condition_is_tried_above():
    tried = {one["kind"] for one in conditions.elements}
    assert tried == set(CONDITIONS)


tightenings = st.sampled_from([
    {"gates": {"intent_milli_min": 900}},
    {"gates": {"language_milli_min": 1000}},
    {"gates": {"languages": ["nl"]}},
    {"gates": {"sentiment_milli_min": 0}},
    {"gates": {"abuse_milli_below": 1, "spam_milli_below": 1}},
    {"gates": {"human_milli_min": 100, "human_intents": ["price"]}},
    {"gates": {"age_hours_max": 1}},
    {"gates": {"profanity_max": 0}},
    {"similar": {"video_day_max": 0, "recent_max": 0}},
])  # fmt: skip


@quick
@given(judged(), tightenings)
def test_what_counts_as_tighter_never_adds_a_sending(case, parts):
    compiled, facts, text = case
    tighter = changed(compiled.policy, **parts)
    changes = compare(compiled.policy, tighter)
    if needs_second_person(changes):
        assert not changes or any(one.direction == "looser" for one in changes)
        return
    after = decide(compile_policy(tighter, PLATFORM), facts, text)
    if sends(after):
        assert sends(decide(compiled, facts, text))


@quick
@given(policy_values(), policy_values(), st.data())
def test_a_change_between_any_two_policies_that_is_not_looser_never_adds_a_sending(one, other, data):
    """Rules alone differ; a plain comparison of rules must not call anything tighter that lets more through."""
    blocking = [
        {**r, "rid": f"x{place}"}
        for place, r in enumerate(other.body()["rules"])
        if r["then"] in ("none", "review")
    ]
    after = changed(one, rules=[*one.body()["rules"], *blocking])
    changes = compare(one, after)
    assert not needs_second_person(changes)
    before, later = compile_policy(one, PLATFORM), compile_policy(after, PLATFORM)
    facts: Facts = data.draw(fact_values(before))
    if sends(decide(later, facts, None)):
        assert sends(decide(before, facts, None))


@quick
@given(judged())
def test_gates_asked_together_answer_as_each_does_alone(case):
    """What a gate declares to read settles its answer: nothing ready-made is ever given for other facts."""
    compiled, facts, text = case
    side = compiled.comment if facts.kind == "comment" else compiled.message
    said = decide(compiled, facts, text).gates[: len(side.gates)]
    fresh = compile_policy(compiled.policy, PLATFORM)
    alone = fresh.comment if facts.kind == "comment" else fresh.message
    assert said == tuple(one.look(facts) for one in alone.gates)
    assert [one.gate for one in said] == [one.gate.id for one in side.gates]
