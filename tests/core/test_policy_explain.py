"""Every code, gate, condition, problem and word has a sentence in Dutch and English that takes its fields."""

import string

import pytest
from hypothesis import HealthCheck, given, settings
from policy_values import (
    CALM,
    CAREFUL,
    COMPILED,
    NORMAL,
    NOW,
    PLATFORM,
    but,
    changed,
    conditions,
    fact_values,
    rule,
    texts,
    with_rules,
)

from goodstanding.core.policy.check import ProblemCode, check, classify
from goodstanding.core.policy.compile import compile_policy
from goodstanding.core.policy.conditions import CONDITIONS
from goodstanding.core.policy.decide import decide
from goodstanding.core.policy.diff import compare
from goodstanding.core.policy.explain import (
    explain_changes,
    explain_decision,
    explain_policy,
    explain_rule,
    local_time,
    percent,
    reason_line,
    rule_titles,
)
from goodstanding.core.policy.gates import GATE_IDS
from goodstanding.core.policy.parse import read
from goodstanding.kernel.reasons import Code, Reason
from goodstanding.kernel.timing import DAY, HOUR, MINUTE
from goodstanding.locale import LANGUAGES, keys, sentence
from goodstanding.usecases.playbooks import policy_text
from goodstanding.usecases.wording import say, say_all, say_problem

FIELDS = {
    "CAPABILITY": {"act": "reply", "mode": "automatic"},
    "RULE": {"rid": "x"},
    "FACT_MISSING": {"fact": "contact"},
    "FREEZE": {"scope": "sends"},
    "CONSENT_MISSING": {"purpose": "answer"},
    "CONSENT_WITHDRAWN": {"purpose": "marketing"},
    "TOO_OLD": {"hours": 30, "limit": 24},
    "ABUSE": {"head": "abuse", "milli": 900},
    "SPAM": {"milli": 900},
    "SENTIMENT_LOW": {"floor": -200, "milli": -900},
    "LANGUAGE_UNREAD": {"language": "fr"},
    "LANGUAGE_UNSURE": {"language": "de", "milli": 900, "needed": 800},
    "HUMAN_REQUIRED": {"why": "minor", "milli": 900},
    "CAP": {"counter": "contact/reply/168", "limit": 3, "used": 3, "free_at": NOW},
    "BUCKET_EMPTY": {"free_at": NOW},
    "VOLUME_SPIKE": {"per_hour": 900, "threshold": 400, "free_at": NOW},
    "QUIET_HOURS": {"free_at": NOW},
    "SIMILAR_TEXT": {"similar": 4, "allowed": 3},
    "DELAY": {"delay_ms": 600_000, "free_at": NOW},
    "WINDOW_CLOSED": {"window": 48, "hours": 50, "rule": "TT-DM-2"},
    "NOT_FIRST": {"rule": "TT-DM-1"},
    "QUOTA_USED": {"limit": 10, "rule": "TT-DM-2", "used": 10},
}


def placeholders(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("code", list(Code))
def test_every_reason_has_a_sentence_that_takes_its_fields(code):
    line = reason_line(Reason(code, FIELDS.get(code.value, {})), CALM)
    for lang in LANGUAGES:
        from goodstanding.core.policy.explain import _titled

        text = say(lang, _titled(line, {"x": ("ja", "yes")}))
        assert text
        assert "{" not in text
        assert "word." not in text


def test_every_gate_condition_and_problem_has_sentences():
    wanted = {f"gate.{one}" for one in (*GATE_IDS, "class", "approval", "rule")}
    wanted |= {
        f"gate_says.{one}"
        for one in GATE_IDS
        if one not in ("cap", "similar", "delay", "quiet_hours", "bucket", "spike")
    }
    wanted |= {f"condition.{one}" for one in CONDITIONS} | {f"condition_name.{one}" for one in CONDITIONS}
    wanted |= {f"problem.{one.value}" for one in ProblemCode} | {f"reason.{one.value}" for one in Code}
    wanted |= {
        f"class.{one}"
        for one in (
            "plain",
            "promotional",
            "link",
            "push",
            "chosen",
            "template",
            "no_intent",
            "hide_without_score",
        )
    }
    wanted |= {
        f"{one}.{verdict}"
        for one in ("trace.gate", "trace.cap")
        for verdict in ("allow", "defer", "review", "refuse")
    }
    assert wanted <= keys()


def test_both_languages_ask_for_the_same_fields():
    with_fields = ("reason.", "policy.", "gate", "condition", "problem.", "diff.", "trace.", "outcome.")
    for key in sorted(one for one in keys() if one.startswith(with_fields)):
        nl, en = (placeholders(sentence(lang, key, Echo(filled="yes"))) for lang in LANGUAGES)
        assert {one.removesuffix("_nl") for one in nl} == {one.removesuffix("_en") for one in en}, key


class Echo(dict):
    def __missing__(self, key):
        return "{" + key + "}"


def test_each_condition_reads_as_a_sentence():
    added = [rule(f"a{place}", "none", one) for place, one in enumerate(conditions.elements)]
    for one in with_rules(CAREFUL, *added).rules:
        for lang in LANGUAGES:
            text = "\n".join(say_all(lang, explain_rule(one)))
            assert "{" not in text


def test_the_shipped_policies_read_in_both_languages():
    for policy in (CAREFUL, NORMAL):
        for lang in LANGUAGES:
            text = "\n".join(say_all(lang, explain_policy(policy, PLATFORM)))
            assert "{" not in text
    dutch = say_all("nl", explain_policy(CAREFUL, PLATFORM))
    assert "  Hoogstens 5 berichten per persoon in 7 dagen." in dutch
    assert "  Een antwoord wacht 10 tot 60 minuten." in dutch
    assert "  Stil van 21:30 tot 08:30." in dutch
    assert (
        "  Pauze boven 400 reacties per uur en 4 keer het gewone aantal; verder onder 70 % daarvan." in dutch
    )


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(fact_values(COMPILED), texts)
def test_every_decision_can_be_explained(facts, text):
    decision = decide(COMPILED, facts, text)
    lines = explain_decision(decision, facts, titles=rule_titles(CAREFUL))
    for lang in LANGUAGES:
        said = say_all(lang, lines)
        assert len(said) >= 3 + len(decision.reasons) + len(decision.gates) + len(decision.rules)
        assert not any("{" in one for one in said)


def test_why_says_what_matched_and_until_when_it_waits():
    lines = say_all("nl", explain_decision(decide(COMPILED, CALM, None), CALM, titles=rule_titles(CAREFUL)))
    assert lines[:3] == (
        "Er komt een antwoord.",
        "  Regel ‘Vraag naar de prijs’ past.",
        "  Wacht 35 minuten, tot 11:35.",
    )
    assert "  Limiet antwoorden per persoon, 1 dag: 0 van 1" in lines


def test_times_are_local_and_carry_the_date_on_another_day():
    assert local_time(NOW + 35 * MINUTE, CALM) == "11:35"
    assert local_time(NOW + DAY + HOUR, CALM).endswith(" 12:00")
    late = but(CALM, minute=23 * 60 + 30)
    assert local_time(NOW + HOUR, late).endswith(" 00:30")
    assert local_time(NOW, None).endswith(" UTC")


def test_thousandths_read_as_percent():
    assert [percent(one) for one in (850, 855, -205, 0, 1000)] == ["85", "85.5", "-20.5", "0", "100"]


def test_each_problem_reads_as_a_sentence():
    text = policy_text("careful")
    wrongs = [
        text.replace("intent_milli_min = 850", "intent_mili_min = 850"),
        text.replace("intent_milli_min = 850", "zzz = 850"),
        text.replace('kind = "contains_kind"', 'kind = "contain_kind"'),
        text.replace('then = "label"', 'then = "follow"'),
        text.replace('then = "label"', 'then = "zzzzzz"'),
        text.replace('template = "price"', 'template = "prise"'),
        text.replace("max = 5", "max = 6"),
        text.replace("profanity_max = 0", "profanity_max = 9"),
        text.replace('title = {nl = "Haat"', 'title = {nl = ""'),
        'id = "',
    ]
    seen = set()
    for wrong in wrongs:
        for one in read(wrong, PLATFORM)[1]:
            seen.add(one.problem.code)
            assert "{" not in say_problem("nl", one.problem) + say_problem("en", one.problem)
    assert len(seen) >= 9
    policy = changed(
        CAREFUL,
        templates=[
            {
                **CAREFUL.body()["templates"][0],
                "nl": ["volg terug", "volg terug", "x" * 200],
                "promotional": True,
            }
        ],
    )
    for one in check(policy, PLATFORM):
        assert "{" not in say_problem("nl", one.problem) + say_problem("en", one.problem)
    no_guess = read(wrongs[1], PLATFORM)[1]
    assert "Bedoelde" not in "".join(say_problem("nl", one.problem) for one in no_guess)


def test_a_difference_reads_as_sentences():
    looser = changed(CAREFUL, gates={"age_hours_max": 48}, limits=CAREFUL.body()["limits"][:1])
    lines = say_all("nl", explain_changes(compare(CAREFUL, looser)))
    assert lines[0] == "Wijzigingen: 7, waarvan minstens één ruimer: een tweede persoon moet akkoord gaan."
    assert "  gates.age_hours_max: van 24 naar 48 (ruimer)" in lines
    assert "  limits.contact/reply/24 weg: 1 (ruimer)" in lines
    assert say_all("en", explain_changes(())) == ("Nothing has changed.",)


def test_the_class_of_each_rule_is_said():
    policy = with_rules(
        CAREFUL, rule("h", "hide", {"kind": "contact_label", "labels": ["x"]}, **{"class": "needs_review"})
    )
    (classed,) = [one for one in classify(policy) if one.id == "h"]
    assert (classed.cls, classed.why) == ("needs_review", "class.hide_without_score")
    assert any(one.key == "class.hide_without_score" for one in explain_policy(policy, PLATFORM))
    assert compile_policy(policy, PLATFORM).by_rid["h"].then == "hide"
