"""Reading, refusing, exporting policies; the shipped numbers."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from policy_values import CAREFUL, NORMAL, PLATFORM, changed, policy_values, rule, with_rules

from goodstanding.core.policy.check import check, classify, paths
from goodstanding.core.policy.document import Policy
from goodstanding.core.policy.export import to_toml
from goodstanding.core.policy.locate import line_of, locate
from goodstanding.core.policy.parse import parse, read
from goodstanding.kernel.problems import Invalid
from goodstanding.usecases.playbooks import policy_names, policy_text

TEXT = policy_text("careful")


def problems(text, severity="error"):
    _, findings = read(text, PLATFORM)
    return [
        (one.problem.code, one.problem.line, dict(one.problem.fields))
        for one in findings
        if one.severity == severity
    ]


def line(needle, text=TEXT):
    return next(number for number, one in enumerate(text.splitlines(), 1) if needle in one)


@pytest.mark.parametrize("name", policy_names())
def test_the_shipped_policies_have_no_finding_at_all(name):
    policy, findings = read(policy_text(name), PLATFORM)
    assert findings == ()
    assert [one.id for one in classify(policy) if one.cls != "permitted"] == [
        "follow-up",
        "message-follow-up",
    ]


@pytest.mark.parametrize("policy", [CAREFUL, NORMAL], ids=["careful", "normal"])
def test_every_shipped_number_has_a_source_with_a_date(policy):
    numbers = [one for one in paths(policy) if not one.startswith(("rules.review", "rules.label"))]
    assert set(numbers) <= policy.sources.keys()


def test_the_shipped_numbers():
    for policy in (CAREFUL, NORMAL):
        assert (policy.pacing.delay_minutes_min, policy.pacing.delay_minutes_max) == (10, 60)
        assert policy.pacing.spike_resume_percent == 70
        assert policy.similar.recent == 50
        assert policy.gates.intent_milli_min == 850
        assert policy.gates.language_milli_min == 800
        assert policy.gates.consent_required is True
        limits = {one.name: one.max for one in policy.limits}
        assert limits["contact/message/168"] == 5
        hides = [one for one in policy.rules if one.then == "hide"]
        assert len(hides) == 5
        assert {(one.when[0].milli, one.when[0].hit) for one in hides} == {(950, "listed")}
    assert {one.name: one.max for one in CAREFUL.limits} == {
        "contact/message/168": 5, "contact/reply/24": 1, "contact/reply/168": 3, "account/reply/1": 12,
        "account/reply/24": 100, "video/reply/24": 40, "workspace/reply/24": 400,
    }  # fmt: skip
    careful, normal = CAREFUL.gates, NORMAL.gates
    assert (careful.abuse_milli_below, normal.abuse_milli_below) == (150, 200)
    assert (careful.hate_milli_below, normal.spam_milli_below) == (150, 200)
    assert (careful.sentiment_milli_min, normal.sentiment_milli_min) == (-200, -300)
    numbers = PLATFORM.numbers
    assert (numbers.message_window_hours, numbers.messages_per_window) == (48, 10)
    assert (numbers.reply_chars_max, numbers.reply_chars_warn) == (1200, 150)


@pytest.mark.parametrize("policy", [CAREFUL, NORMAL], ids=["careful", "normal"])
def test_the_shipped_replies_are_many_short_different_and_without_links(policy):
    for template in (one for one in policy.templates if one.channel == "reply"):
        for language in ("nl", "en"):
            texts = template.variants(language)
            assert len(texts) >= 8
            for text in texts:
                assert len(text) <= 150
                assert "http" not in text
                assert ("INFO" in text or "LINK" in text) == (template.id != "bio")
            sets = [set(text.lower().replace(".", "").replace(",", "").split()) for text in texts]
            for place, one in enumerate(sets):
                for other in sets[place + 1 :]:
                    assert len(one & other) / len(one | other) < 0.5


def test_a_wrong_key_names_its_line_and_a_guess():
    text = TEXT.replace("intent_milli_min = 850", "intent_mili_min = 850")
    assert problems(text) == [
        ("MISSING_KEY", line("[gates]"), {"key": "gates.intent_milli_min"}),
        (
            "UNKNOWN_KEY",
            line("intent_milli_min ="),
            {"key": "gates.intent_mili_min", "meant": "intent_milli_min"},
        ),
    ]


def test_a_wrong_kind_intent_template_and_queue_each_get_a_guess():
    wrong = TEXT.replace('kind = "contains_kind"', 'kind = "contain_kind"').replace(
        'intent = "collab"', 'intent = "colab"'
    )
    assert [(code, at, one.get("meant")) for code, at, one in problems(wrong)] == [
        ("UNKNOWN_WORD", line('"collab"'), "collab"),
        ("UNKNOWN_KIND", line("contains_kind"), "contains_kind"),
    ]
    wrong = TEXT.replace('template = "price"', 'template = "prise"').replace(
        'queue = "brands"', 'queue = "brand"'
    )
    assert [(code, at, one["meant"]) for code, at, one in problems(wrong)] == [
        ("UNKNOWN_NAME", line('queue = "brands"'), "brands"),
        ("UNKNOWN_NAME", line('template = "price"'), "price"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("abuse_milli_below = 150", "abuse_milli_below = 301", "OUT_OF_BOUNDS"),
        ("sentiment_milli_min = -200", "sentiment_milli_min = -301", "OUT_OF_BOUNDS"),
        ("intent_milli_min = 850", "intent_milli_min = 699", "OUT_OF_BOUNDS"),
        ("delay_minutes_max = 60", "delay_minutes_max = 1441", "OUT_OF_BOUNDS"),
        ("consent_required = true", "consent_required = false", "OUT_OF_BOUNDS"),
        ("profanity_max = 0", 'profanity_max = "0"', "BAD_VALUE"),
        ("profanity_max = 0", "profanity_max = 0.5", "BAD_VALUE"),
        ("profanity_max = 0", "profanity_max = nan", "BAD_VALUE"),
        ("profanity_max = 0", "profanity_max = 2026-11-21", "BAD_VALUE"),
        ("delay_minutes_min = 10", "delay_minutes_min = 61", "DELAY_REVERSED"),
        ("doubt_milli_min = 500", "doubt_milli_min = 851", "DOUBT_ABOVE_SURE"),
        ('then = "label"', 'then = "labell"', "UNKNOWN_WORD"),
        ('label = "thanks"', "", "MISSING_KEY"),
        ('template = "price"', "", "MISSING_KEY"),
        ('rid = "hide-hate"', 'rid = "hide-abuse"', "DUPLICATE"),
        ('start = "21:30"', 'start = "24:30"', "BAD_VALUE"),
    ],
)
def test_each_wrong_value_is_refused_on_its_line(old, new, code):
    found = problems(TEXT.replace(old, new, 1))
    assert [one[0] for one in found] == [code]
    near = line(new, TEXT.replace(old, new, 1)) if new else line(old)
    assert found[0][1] is not None
    if code in ("OUT_OF_BOUNDS", "BAD_VALUE", "UNKNOWN_WORD"):
        assert found[0][1] == near


def test_broken_toml_names_its_line():
    found = problems('schema = 1\nid = "x\n')
    assert [(code, at) for code, at, _ in found] == [("TOML_SYNTAX", 2)]
    assert problems("a = [" * 5000)[0][0] == "TOML_SYNTAX"
    assert problems("#" * 1_000_001)[0][0] == "TOO_LARGE"
    assert problems("")[0][0] == "MISSING_KEY"


@pytest.mark.parametrize("most", [6, 100])
def test_nobody_gets_more_than_five_messages_in_seven_days(most):
    text = TEXT.replace('channel = "message"\nmax = 5', f'channel = "message"\nmax = {most}')
    assert [one[0] for one in problems(text)] == ["CONTACT_CEILING"]


@pytest.mark.parametrize(
    ("hours", "most", "fine"),
    [(168, 5, True), (24, 1, False), (720, 5, True), (167, 2, True), (167, 3, False)],
)
def test_the_ceiling_holds_for_every_window(hours, most, fine):
    limits = [{"scope": "contact", "channel": "message", "max": most, "window_hours": hours}]
    if fine:
        assert changed(CAREFUL, limits=limits).limits[0].max == most
    else:
        with pytest.raises(ValueError, match="at most 5 messages"):
            changed(CAREFUL, limits=limits)


@pytest.mark.parametrize(
    ("word", "platform_rule"),
    [
        ("like", "TT-SPAM-2"),
        ("follow", "TT-SPAM-2"),
        ("buy_engagement", "TT-SPAM-2"),
        ("broadcast", "TT-DM-5"),
        ("cold_message", "TT-DM-1"),
        ("comment_elsewhere", "TT-SPAM-1"),
    ],
)
def test_what_the_platform_forbids_is_refused_with_its_rule(word, platform_rule):
    text = TEXT.replace('then = "label"', f'then = "{word}"')
    assert problems(text) == [
        (
            "REFUSED_BY_PLATFORM_RULE",
            line('then = "label"'),
            {"word": word, "rule": platform_rule, "rid": "label-thanks"},
        )
    ]
    with pytest.raises(Invalid, match="REFUSED_BY_PLATFORM_RULE"):
        parse(text, PLATFORM)


def template(**changes):
    return [{**CAREFUL.body()["templates"][0], **changes}, *CAREFUL.body()["templates"][1:]]


@pytest.mark.parametrize(
    ("parts", "code", "severity"),
    [
        ({"templates": template(en=[])}, "LANGUAGE_MISSING", "error"),
        ({"templates": template(en=["Hello there"])}, "FEW_WORDINGS", "warning"),
        ({"templates": template(nl=["a" * 151, "b", "c", "d"])}, "TEMPLATE_LONG", "warning"),
        ({"templates": template(nl=["dubbel", "dubbel", "c", "d"])}, "WORDING_TWICE", "error"),
        ({"templates": template(nl=["Volg me terug!", "b", "c", "d"])}, "REFUSED_PHRASE", "error"),
        ({"templates": template(nl=["Kijk op https://x.example", "b", "c", "d"])}, "CLASS_TOO_MILD", "error"),
        ({"templates": template(nl=["Bestel nu snel", "b", "c", "d"])}, "CLASS_TOO_MILD", "error"),
        ({"templates": template(promotional=True)}, "CLASS_TOO_MILD", "error"),
        (
            {"sources": {"gates.nothing": {"source": "x", "date": "2026-11-21", "kind": "own"}}},
            "NO_SOURCE",
            "warning",
        ),
        ({"review": {"queue": "nowhere"}}, "UNKNOWN_NAME", "error"),
    ],
)
def test_static_checks_of_templates_and_names(parts, code, severity):
    found = [(one.problem.code, one.severity) for one in check(changed(CAREFUL, **parts), PLATFORM)]
    assert (code, severity) in found


PRICE = {"kind": "intent_at_least", "intent": "price", "milli": 850}
OPEN = {"kind": "messages_open", "value": True}


@pytest.mark.parametrize(
    ("added", "code"),
    [
        (rule("a", "reply", PRICE, OPEN, template="price", priority=1), "SHADOWED"),
        (rule("a", "reply", {**PRICE, "below": 851, "milli": 600}, PRICE, template="price"), None),
        (rule("a", "reply", {**PRICE, "milli": 500, "below": 700}, template="price"), "UNREACHABLE"),
        (
            rule(
                "a",
                "reply",
                PRICE,
                {"kind": "score_at_least", "head": "abuse", "milli": 400},
                template="price",
            ),
            "UNREACHABLE",
        ),
        (
            rule(
                "a",
                "reply",
                PRICE,
                {"kind": "counter_at_least", "counter": "contact/reply/24", "count": 1},
                template="price",
            ),
            "UNREACHABLE",
        ),
        (rule("a", "hide", {"kind": "contact_label", "labels": ["x"]}), "CLASS_TOO_MILD"),
        (
            rule("a", "reply", {"kind": "language_in", "languages": ["nl"]}, template="price"),
            "CLASS_TOO_MILD",
        ),
        (
            rule("a", "hide", {"kind": "score_at_least", "head": "spam", "milli": 950}, on="any"),
            "WRONG_EVENT",
        ),
        (rule("a", "message", PRICE, template="price", on="message"), "TEMPLATE_CHANNEL"),
        (rule("a", "message", PRICE, template="question", on="message"), "CARD_ALONE"),
        (
            rule("a", "message", PRICE, template="message-info", on="message", ask="message-info"),
            "UNKNOWN_NAME",
        ),
        (rule("a", "reply", PRICE, template="price", ask="question"), "MESSAGE_ONLY"),
        (rule("a", "reply", PRICE, template="price", after_hours=3), "MESSAGE_ONLY"),
        (
            rule("a", "message", {"kind": "tapped", "answer": "no"}, on="message", template="message-info"),
            None,
        ),
    ],
)
def test_static_checks_of_rules(added, code):
    found = [one.problem.code for one in check(with_rules(CAREFUL, added), PLATFORM)]
    assert (code in found) if code else "UNREACHABLE" not in found


def test_what_policies_learned_later_leaves_older_hashes_alone():
    """The version of a document that uses none of the newer keys is what it was before they existed."""
    body = changed(
        CAREFUL, disclosure=None,
        rules=[one for one in CAREFUL.body()["rules"] if one["then"] != "message"],
        templates=[one for one in CAREFUL.body()["templates"] if one["channel"] == "reply"],
    ).body()  # fmt: skip
    assert "disclosure" not in body
    assert not {"card"} & set().union(*body["templates"])
    assert not {"ask", "after_hours"} & set().union(*body["rules"])


def test_a_card_must_fit_its_buttons_and_titles():
    def codes(**card):
        templates = [
            {**one, **({"nl": ["x" * 41]} if card.get("long") else {}), "card": {**one["card"], **card.get("card", {})}}
            if one.get("card") else one
            for one in CAREFUL.body()["templates"]
        ]  # fmt: skip
        return [one.problem.code for one in check(changed(CAREFUL, templates=templates), PLATFORM)]

    assert codes() == []
    assert codes(long=True) == ["TEMPLATE_TOO_LONG"]
    assert codes(card={"yes": {"nl": "x" * 21, "en": "Yes"}}) == ["TEMPLATE_TOO_LONG"]


def test_automatic_messages_without_disclosure_are_warned_about():
    found = check(changed(CAREFUL, disclosure=None), PLATFORM)
    assert [(one.problem.code, one.severity) for one in found] == [("NO_DISCLOSURE", "warning")]


def test_comments_and_order_of_keys_do_not_change_the_hash_but_a_number_does():
    assert parse("# more\n" + TEXT.replace("[pacing]", "\n[pacing] # calm"), PLATFORM).hash == CAREFUL.hash
    assert (
        parse(TEXT.replace("spam_milli_below = 150", "spam_milli_below = 149"), PLATFORM).hash != CAREFUL.hash
    )
    assert CAREFUL.hash.startswith("sha256:")
    assert len(CAREFUL.hash) == 71


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    policy_values(),
    st.text(min_size=1, max_size=40).filter(lambda text: text.strip() and "\ud800" not in text),
)
def test_a_policy_written_as_toml_reads_back_with_the_same_hash(policy: Policy, title):
    body = {**policy.body(), "title": {"nl": title, "en": title}}
    policy = Policy.model_validate_json(json.dumps(body))
    back, findings = read(to_toml(policy), PLATFORM)
    assert back is not None, findings
    assert back.hash == policy.hash


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="ab=[]{}\"'#,.\n \\1_x-:é", max_size=60))
def test_any_text_gives_problems_and_never_an_error(text):
    policy, findings = read(text, PLATFORM)
    assert policy is None
    assert findings


def test_lines_of_keys_in_every_form_of_toml():
    text = '''# top
a.b = 1
"q r" = """
x = 5
"""
[t]
list = [ # one
  {k = 1}, {k = [
    'x'
  ]},
]
[[t.many]]
one = 1
[[t.many]]
[t.many.deep]
two = 2
'''
    lines = locate(text)
    asked = [
        ("a", "b"),
        ("q r",),
        ("t", "list", 1, "k", 0),
        ("t", "many", 0, "one"),
        ("t", "many", 1, "deep", "two"),
    ]
    assert [lines[one] for one in asked] == [2, 3, 9, 13, 16]
    assert line_of(lines, ("t", "many", 1, "gone")) == 14
    assert line_of(lines, ("nowhere",)) is None
