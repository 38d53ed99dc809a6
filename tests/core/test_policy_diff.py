"""Which changes loosen, which tighten, and who must agree."""

import pytest
from policy_values import CAREFUL, NORMAL, changed, rule, with_rules

from goodstanding.core.policy.diff import compare, needs_second_person
from goodstanding.core.policy.document import Gates, Pacing, Similar

BODY = CAREFUL.body()
PRICE = {"kind": "intent_at_least", "intent": "price", "milli": 850}
OPEN = {"kind": "messages_open", "value": True}


def edited_rule(rid, **changes):
    return [{**one, **changes} if one["rid"] == rid else one for one in BODY["rules"]]


def edited_limit(place, **changes):
    return [{**one, **changes} if number == place else one for number, one in enumerate(BODY["limits"])]


def edited_template(**changes):
    return [{**BODY["templates"][0], **changes}, *BODY["templates"][1:]]


NL = BODY["templates"][0]["nl"]


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({"gates": {"intent_milli_min": 900}}, [("gates.intent_milli_min", "tighter")]),
        ({"gates": {"intent_milli_min": 800}}, [("gates.intent_milli_min", "looser")]),
        ({"gates": {"abuse_milli_below": 200}}, [("gates.abuse_milli_below", "looser")]),
        ({"gates": {"languages": ["nl"]}}, [("gates.languages", "tighter")]),
        ({"gates": {"languages": ["en", "nl"]}}, [("gates.languages", "neutral")]),
        ({"gates": {"human_intents": ["question"]}}, [("gates.human_intents", "tighter")]),
        ({"pacing": {"delay_minutes_min": 5}}, [("pacing.delay_minutes_min", "looser")]),
        ({"pacing": {"spike_resume_percent": 60}}, [("pacing.spike_resume_percent", "tighter")]),
        ({"similar": {"recent_max": 9}}, [("similar.recent_max", "looser")]),
        ({"limits": edited_limit(0, max=4)}, [("limits.contact/message/168", "tighter")]),
        ({"limits": edited_limit(1, max=2)}, [("limits.contact/reply/24", "looser")]),
        ({"limits": BODY["limits"][:-1]}, [("limits.workspace/reply/24", "looser")]),
        ({"quiet_hours": {"start": "21:00", "end": "09:00"}}, [("quiet_hours", "tighter")]),
        ({"quiet_hours": {"start": "22:00", "end": "09:00"}}, [("quiet_hours", "looser")]),
        ({"quiet_hours": None}, [("quiet_hours", "looser")]),
        ({"templates": edited_template(nl=NL[1:])}, [("templates.price.nl", "tighter")]),
        ({"templates": edited_template(nl=[*NL, "Iets anders"])}, [("templates.price.nl", "looser")]),
        ({"templates": edited_template(promotional=True)}, [("templates.price.promotional", "tighter")]),
        ({"templates": edited_template(**{"class": "needs_review"})}, [("templates.price.class", "tighter")]),
        ({"rules": edited_rule("reply-price", enabled=False)}, [("rules.reply-price.enabled", "tighter")]),
        ({"rules": edited_rule("review-doubt", enabled=False)}, [("rules.review-doubt.enabled", "looser")]),
        ({"rules": edited_rule("hide-hate", enabled=False)}, [("rules.hide-hate.enabled", "looser")]),
        ({"rules": edited_rule("reply-price", priority=1)}, [("rules.reply-price.priority", "looser")]),
        (
            {"rules": edited_rule("reply-price", title={"nl": "x", "en": "y"})},
            [("rules.reply-price.title", "neutral")],
        ),
        ({"rules": edited_rule("review-doubt", then="none")}, [("rules.review-doubt.then", "tighter")]),
        ({"rules": edited_rule("review-doubt", then="hide")}, [("rules.review-doubt.then", "looser")]),
        (
            {"rules": edited_rule("reply-price", when=[{**PRICE, "milli": 900}, OPEN])},
            [("rules.reply-price.when", "tighter")],
        ),
        (
            {"rules": edited_rule("reply-price", when=[{**PRICE, "milli": 800}, OPEN])},
            [("rules.reply-price.when", "looser")],
        ),
        (
            {
                "rules": edited_rule(
                    "reply-price", when=[PRICE, OPEN, {"kind": "comment_is_reply", "value": False}]
                )
            },
            [("rules.reply-price.when", "tighter")],
        ),
        (
            {
                "rules": edited_rule(
                    "review-doubt",
                    when=[{"kind": "score_at_least", "head": "worst", "milli": 400, "below": 950}],
                )
            },
            [("rules.review-doubt.when", "tighter")],
        ),
        (
            {
                "rules": edited_rule(
                    "review-doubt",
                    when=[{"kind": "score_at_least", "head": "worst", "milli": 500, "below": 990}],
                )
            },
            [("rules.review-doubt.when", "looser")],
        ),
        ({"rules": edited_rule("label-thanks", when=[PRICE])}, [("rules.label-thanks.when", "neutral")]),
        ({"rules": BODY["rules"][1:]}, [("rules.review-crisis", "looser")]),
        ({"review": {"queue": "urgent"}}, [("review.queue", "neutral")]),
        ({"scope": "account"}, [("scope", "tighter")]),
        ({"id": "own", "title": {"nl": "Eigen", "en": "Own"}}, [("id", "neutral"), ("title", "neutral")]),
        ({}, []),
    ],
)
def test_the_direction_of_each_change(parts, expected):
    found = compare(CAREFUL, changed(CAREFUL, **parts))
    assert [(one.path, one.direction) for one in found] == expected
    assert needs_second_person(found) == any(way == "looser" for _, way in expected)


@pytest.mark.parametrize(
    ("then", "way"),
    [
        ("reply", "looser"),
        ("hide", "looser"),
        ("review", "tighter"),
        ("none", "tighter"),
        ("label", "neutral"),
    ],
)
def test_a_new_rule(then, way):
    added = rule("new", then, PRICE, template="price", label="x")
    assert [one.direction for one in compare(CAREFUL, with_rules(CAREFUL, added))] == [way]
    assert compare(CAREFUL, with_rules(CAREFUL, {**added, "enabled": False}))[0].direction == "neutral"


def test_careful_to_normal_needs_a_second_person_and_back_does_not_loosen_a_number():
    assert needs_second_person(compare(CAREFUL, NORMAL))
    back = compare(NORMAL, CAREFUL)
    numbers = [
        one for one in back if one.path.startswith(("gates.", "limits.", "pacing.", "similar.", "quiet"))
    ]
    assert {one.direction for one in numbers} == {"tighter"}


def test_every_number_declares_its_direction():
    neutral = {"consent_required"}
    for model in (Gates, Pacing, Similar):
        for name, field in model.model_fields.items():
            extra = field.json_schema_extra or {}
            assert (extra.get("looser") in ("up", "down", "more", "fewer")) != (name in neutral), name
