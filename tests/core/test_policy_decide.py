"""Examples for each gate and each outcome, on the shipped careful policy."""

import pytest
from msgspec import UNSET
from policy_values import (
    CALM,
    CAREFUL,
    COMPILED,
    MESSAGE,
    NORMAL,
    NOW,
    PLATFORM,
    but,
    changed,
    facts,
    rule,
    signals,
    with_rules,
)

from goodstanding.core.policy.compile import compile_policy
from goodstanding.core.policy.decide import confirm, decide
from goodstanding.core.policy.model import AccountFacts, CounterFact, WordingFact
from goodstanding.kernel.timing import HOUR, MINUTE


def outcome(**changes):
    decision = decide(COMPILED, but(CALM, **changes), None)
    return decision.outcome, [one.code.value for one in decision.reasons[1:]]


def test_a_calm_price_question_is_answered_after_its_delay():
    decision = decide(COMPILED, CALM, "wat kost dit?")
    assert decision.outcome == "reply"
    assert decision.rule == "reply-price"
    assert [one.code.value for one in decision.reasons] == ["RULE", "DELAY"]
    (effect,) = decision.effects
    assert (effect.act, effect.template, effect.language) == ("reply", "price", "nl")
    assert effect.not_before == NOW + 35 * MINUTE
    assert COMPILED.text(template="price", variant=effect.variant, language="nl") in CAREFUL.templates[0].nl


ACCOUNT, CONTACT, COMMENT = CALM.account, CALM.contact, CALM.comment
FULL = tuple(but(one, used=10_000, free_at=NOW + HOUR) for one in CALM.counters)


def full(name):
    return tuple(
        but(one, used=10_000, free_at=NOW + HOUR) if one.name == name else one for one in CALM.counters
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"clock_sure": False}, ("none", ["CLOCK_UNSURE"])),
        ({"account": but(ACCOUNT, killed=True)}, ("none", ["KILL_SWITCH"])),
        ({"freeze": but(CALM.freeze, sends=True)}, ("none", ["FREEZE"])),
        ({"freeze": but(CALM.freeze, promotion=True)}, ("reply", ["DELAY"])),
        ({"account": but(ACCOUNT, can_reply=False)}, ("none", ["CAPABILITY"])),
        ({"account": but(ACCOUNT, mode="sandbox")}, ("reply", ["DELAY"])),
        ({"account": but(ACCOUNT, mode="assisted", can_reply=False)}, ("reply", ["DELAY"])),
        ({"contact": but(CONTACT, suppressed=True)}, ("none", ["SUPPRESSED"])),
        ({"contact": but(CONTACT, answer="withdrawn")}, ("none", ["CONSENT_WITHDRAWN"])),
        ({"contact": but(CONTACT, answer="absent")}, ("none", ["CONSENT_MISSING"])),
        ({"signals": signals(answer="stop")}, ("none", ["CONSENT_WITHDRAWN"])),
        ({"comment": but(COMMENT, public=False)}, ("none", ["COMMENT_GONE"])),
        ({"comment": but(COMMENT, own=True)}, ("none", ["OWN_COMMENT"])),
        ({"comment": but(COMMENT, answered=True)}, ("none", ["ALREADY_ANSWERED"])),
        ({"comment": but(COMMENT, at=NOW - 24 * HOUR)}, ("none", ["TOO_OLD"])),
        ({"comment": but(COMMENT, at=NOW - 24 * HOUR + 1)}, ("reply", ["DELAY"])),
        ({"signals": signals(language="de")}, ("none", ["LANGUAGE_UNSURE"])),
        ({"signals": signals(language_milli=799)}, ("none", ["LANGUAGE_UNSURE"])),
        ({"signals": signals(sentiment_milli=-200)}, ("reply", ["DELAY"])),
        ({"signals": signals(sentiment_milli=-201)}, ("review", ["SENTIMENT_LOW"])),
        ({"signals": signals(abuse_milli=149)}, ("reply", ["DELAY"])),
        ({"signals": signals(abuse_milli=150)}, ("review", ["ABUSE"])),
        ({"signals": signals(profanity=1)}, ("review", ["ABUSE"])),
        ({"signals": signals(spam_milli=150)}, ("none", ["SPAM"])),
        ({"signals": signals(intents=(("price", 850),))}, ("reply", ["DELAY"])),
        ({"signals": signals(intents=(("collab", 400), ("price", 950)))}, ("review", ["HUMAN_REQUIRED"])),
        ({"contact": but(CONTACT, holdout=True)}, ("none", ["HOLDOUT"])),
        ({"account": but(ACCOUNT, bucket_milli=999, bucket_free_at=NOW + 3 * HOUR)}, ("reply", ["BUCKET_EMPTY", "DELAY"])),
        ({"volume": but(CALM.volume, paused=True, per_hour=900)}, ("reply", ["VOLUME_SPIKE", "DELAY"])),
        ({"minute": 23 * 60}, ("reply", ["DELAY", "QUIET_HOURS"])),
        ({"counters": full("contact/reply/24")}, ("none", ["CAP"])),
        ({"counters": full("video/reply/24")}, ("none", ["CAP"])),
        ({"counters": full("account/reply/1")}, ("reply", ["CAP", "DELAY"])),
        ({"counters": full("contact/message/168")}, ("reply", ["DELAY"])),
        ({"account": None}, ("none", [])),
        ({"contact": None}, ("none", ["FACT_MISSING"])),
        ({"freeze": None}, ("none", ["FACT_MISSING"])),
        ({"volume": None}, ("none", ["FACT_MISSING"])),
        ({"wording": None}, ("none", ["FACT_MISSING"])),
        ({"counters": ()}, ("none", ["FACT_MISSING"] * 6)),
    ],
)  # fmt: skip
def test_each_gate_alone(changes, expected):
    assert outcome(**changes) == expected


def test_thanks_alone_get_a_label_and_no_answer():
    decision = decide(COMPILED, but(CALM, signals=signals(intents=(("thanks", 900),))), None)
    assert decision.outcome == "label"
    assert [(one.act, one.label) for one in decision.effects] == [("label", "thanks")]


def test_nothing_found_is_no_trigger():
    decision = decide(COMPILED, but(CALM, signals=signals(intents=())), None)
    assert (decision.outcome, decision.rule, decision.effects) == ("none", "", ())
    assert [one.code.value for one in decision.reasons] == ["NO_TRIGGER"]


def test_between_the_thresholds_a_person_decides():
    decision = decide(COMPILED, but(CALM, signals=signals(intents=(("price", 700),))), None)
    assert decision.outcome == "review"
    assert decision.reasons[0].fields == {"milli": 700, "why": "unsure"}


def test_failed_understanding_opens_a_case_and_does_nothing_else():
    decision = decide(COMPILED, but(CALM, signals=None), "wat kost dit?")
    assert decision.outcome == "review"
    assert [one.act for one in decision.effects] == ["case"]
    assert "MODEL_FAILED" in [one.code.value for one in decision.reasons]


INSULT = signals(abuse_milli=970, sentiment_milli=-900, intents=(), hits=(("abuse", "x"),))


@pytest.mark.parametrize(
    "stopped", [{"clock_sure": False}, {"freeze": None}, {"contact": None}, {"counters": None}]
)
def test_what_stops_sending_does_not_stop_hiding(stopped):
    decision = decide(COMPILED, but(CALM, signals=INSULT, **stopped), None)
    assert (decision.outcome, decision.rule) == ("hide", "hide-abuse")
    assert [(one.act, one.not_before) for one in decision.effects] == [("hide", NOW)]


@pytest.mark.parametrize(
    ("stopped", "expected"),
    [
        ({"account": but(ACCOUNT, killed=True)}, "none"),
        ({"account": but(ACCOUNT, can_hide=False)}, "none"),
        ({"account": but(ACCOUNT, mode="assisted", can_hide=False)}, "hide"),
        ({"comment": but(COMMENT, own=True)}, "none"),
        ({"signals": but(INSULT, intents=(("crisis", 700),))}, "review"),
        ({"signals": but(INSULT, hits=())}, "review"),
        ({"signals": but(INSULT, abuse_milli=949)}, "review"),
    ],
)
def test_what_stops_hiding(stopped, expected):
    assert decide(COMPILED, but(CALM, **{"signals": INSULT, **stopped}), None).outcome == expected


def test_a_doubtful_score_beside_a_certain_one_still_hides():
    both = but(INSULT, hate_milli=600)
    assert decide(COMPILED, but(CALM, signals=both), None).outcome == "hide"


def test_the_least_used_wording_is_taken_and_too_much_repetition_asks_a_person():
    def wording(used):
        return tuple(
            WordingFact(
                template="price", variant=place, language="nl", similar_video=video, similar_recent=recent
            )
            for place, (video, recent) in enumerate(used)
        )

    least = decide(COMPILED, but(CALM, wording=wording([(3, 1), (0, 1), (1, 1)])), None)
    assert least.effects[0].variant == 1
    tie = [
        decide(COMPILED, but(CALM, wording=wording([(0, 0), (1, 0), (0, 0)]), chance=one), None)
        for one in (0, 1)
    ]
    assert [one.effects[0].variant for one in tie] == [0, 2]
    worn = decide(COMPILED, but(CALM, wording=wording([(4, 0), (0, 9)])), None)
    assert (worn.outcome, worn.reasons[-1].code.value) == ("review", "SIMILAR_TEXT")
    assert (worn.effects[0].act, worn.effects[0].template, worn.effects[0].variant) == ("case", "price", 0)


def test_quiet_hours_move_to_their_end_and_spread():
    moved = decide(COMPILED, but(CALM, minute=22 * 60), None)
    assert moved.effects[0].not_before == NOW + (10 * 60 + 30 + 35) * MINUTE
    before = decide(COMPILED, but(CALM, minute=21 * 60), None)
    assert before.effects[0].not_before == NOW + (11 * 60 + 30 + 35) * MINUTE


def test_the_delay_is_ten_to_sixty_minutes():
    at = [decide(COMPILED, but(CALM, chance=one), None).effects[0].not_before - NOW for one in (0, 2**32 - 1)]
    assert at == [10 * MINUTE, 60 * MINUTE]


def test_a_none_rule_beats_all_but_a_person_gate():
    policy = with_rules(CAREFUL, rule("stop", "none", {"kind": "comment_is_reply", "value": False}))
    compiled = compile_policy(policy, PLATFORM)
    assert decide(compiled, CALM, None).outcome == "none"
    assert decide(compiled, but(CALM, signals=INSULT), None).outcome == "none"
    crisis = but(CALM, signals=signals(intents=(("crisis", 900),)))
    assert (decide(compiled, crisis, None).outcome, decide(compiled, crisis, None).rule) == (
        "review",
        "review-crisis",
    )


def test_a_restricting_rule_nobody_can_judge_stops_sending():
    policy = with_rules(CAREFUL, rule("bank", "none", {"kind": "contains_any", "words": ["geheim"]}))
    compiled = compile_policy(policy, PLATFORM)
    assert decide(compiled, CALM, "wat kost dit?").outcome == "reply"
    assert decide(compiled, CALM, "is dit GEHEIM?").outcome == "none"
    blind = decide(compiled, CALM, None)
    assert (blind.outcome, blind.reasons[-1].fields) == ("review", {"fact": "rule:bank"})


def test_words_match_whole_words_only():
    policy = with_rules(CAREFUL, rule("w", "none", {"kind": "contains_any", "words": ["Sale", "gratis weg"]}))
    compiled = compile_policy(policy, PLATFORM)
    found = [
        decide(compiled, CALM, text).outcome
        for text in ("wholesale", "SALE!", "ＳＡＬＥ", "gratis, weg ermee", "gratis dus weg")
    ]
    assert found == ["reply", "none", "none", "none", "reply"]


def message_policy(*, promotional=False):
    return changed(
        CAREFUL,
        templates=[*CAREFUL.body()["templates"], {"id": "dm", "channel": "message", "promotional": promotional, "nl": ["Hoi"], "en": ["Hi"]}],
        rules=[*CAREFUL.body()["rules"], rule("m", "message", {"kind": "intent_at_least", "intent": "info", "milli": 850}, on="message", template="dm", priority=900)],
        limits=[*CAREFUL.body()["limits"], {"scope": "rule", "rule": "m", "channel": "message", "max": 2, "window_hours": 24}],
    )  # fmt: skip


DM = compile_policy(message_policy(), PLATFORM)
ASKED = facts(DM, kind="message", signals=signals(intents=(("info", 950),)))


def used(name, count):
    return tuple(but(one, used=count) if one.name == name else one for one in ASKED.counters)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ("message", ["DELAY"])),
        ({"contact": but(CONTACT, wrote_at=None)}, ("none", ["NOT_FIRST", "WINDOW_CLOSED"])),
        ({"contact": but(CONTACT, wrote_at=NOW - 48 * HOUR)}, ("none", ["WINDOW_CLOSED"])),
        ({"contact": but(CONTACT, wrote_at=NOW - 48 * HOUR + 1)}, ("review", ["WINDOW_CLOSED"])),
        ({"contact": but(CONTACT, wrote_at=NOW - 46 * HOUR)}, ("message", ["DELAY"])),
        ({"message": but(MESSAGE, used=9)}, ("message", ["DELAY"])),
        ({"message": but(MESSAGE, used=10)}, ("none", ["QUOTA_USED"])),
        ({"message": but(MESSAGE, form="image")}, ("review", ["HUMAN_REQUIRED"])),
        ({"message": but(MESSAGE, form="image"), "signals": None}, ("review", ["FACT_MISSING"])),
        ({"message": UNSET}, ("none", ["FACT_MISSING"])),
        ({"counters": used("contact/message/168", 4)}, ("message", ["DELAY"])),
        ({"counters": used("contact/message/168", 5)}, ("none", ["CAP"])),
        ({"counters": used("contact/message/48", 10)}, ("none", ["CAP"])),
        ({"counters": used("rule:m/message/24", 2)}, ("none", ["CAP"])),
        ({"account": but(ACCOUNT, can_message=False)}, ("message", ["DELAY"])),
        ({"comment": but(COMMENT, public=False)}, ("message", ["DELAY"])),
    ],
)
def test_gates_of_messages(changes, expected):
    decision = decide(DM, but(ASKED, **changes), None)
    assert (decision.outcome, [one.code.value for one in decision.reasons[1:]]) == expected


def test_promotion_needs_consent_for_marketing_and_stops_in_its_freeze():
    compiled = compile_policy(message_policy(promotional=True), PLATFORM)
    asked = facts(compiled, kind="message", signals=ASKED.signals)

    def codes(**changes):
        decision = decide(compiled, but(asked, **changes), None)
        return decision.outcome, [one.code.value for one in decision.reasons[1:]]

    assert codes() == ("none", ["CONSENT_MISSING", "HUMAN_REQUIRED"])
    given = {"contact": but(CONTACT, marketing="given")}
    assert codes(**given) == ("review", ["HUMAN_REQUIRED"])
    assert codes(**given, freeze=but(CALM.freeze, promotion=True)) == ("none", ["FREEZE", "HUMAN_REQUIRED"])


# ---- confirm ----
def test_confirm_lets_a_due_reply_through_and_says_when_to_ask_again():
    assert confirm(COMPILED, CALM, act="reply", rule="reply-price").verdict == "allow"
    early = confirm(COMPILED, CALM, act="reply", rule="reply-price", not_before=NOW + HOUR)
    assert (early.verdict, early.retry_at, early.reasons[0].code.value) == ("defer", NOW + HOUR, "DELAY")
    quiet = confirm(COMPILED, but(CALM, minute=22 * 60), act="reply", rule="reply-price")
    assert (quiet.verdict, quiet.retry_at) == ("defer", NOW + (10 * 60 + 30) * MINUTE)
    several = but(CALM, minute=22 * 60, volume=but(CALM.volume, paused=True))
    assert confirm(COMPILED, several, act="reply", rule="reply-price").retry_at == quiet.retry_at


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"contact": but(CONTACT, answer="withdrawn")}, "CONSENT_WITHDRAWN"),
        ({"freeze": but(CALM.freeze, sends=True)}, "FREEZE"),
        ({"counters": full("contact/reply/168")}, "CAP"),
        ({"account": but(ACCOUNT, killed=True)}, "KILL_SWITCH"),
        ({"clock_sure": False}, "CLOCK_UNSURE"),
        ({"comment": but(COMMENT, answered=True)}, "ALREADY_ANSWERED"),
        ({"comment": None}, "FACT_MISSING"),
        ({"contact": but(CONTACT, suppressed=True)}, "SUPPRESSED"),
    ],
)
def test_confirm_refuses_on_fresh_facts(changes, code):
    answer = confirm(COMPILED, but(CALM, **changes), act="reply", rule="reply-price")
    assert answer.verdict == "refuse"
    assert code in [one.code.value for one in answer.reasons]


def test_confirm_asks_no_content_gate_again():
    assert confirm(COMPILED, but(CALM, signals=None), act="reply", rule="reply-price").verdict == "allow"


def test_confirm_of_a_person_checks_the_approval_and_the_platform_but_not_our_cadence():
    late = but(CALM, minute=22 * 60, counters=FULL, contact=but(CONTACT, holdout=True))
    assert confirm(COMPILED, late, act="reply", approved_text_hash_ok=True).verdict == "allow"
    stale = confirm(COMPILED, late, act="reply", approved_text_hash_ok=False)
    assert (stale.verdict, stale.reasons[0].code.value) == ("refuse", "APPROVAL_STALE")
    ten = but(ASKED, counters=used("contact/message/48", 10))
    assert confirm(DM, ten, act="message", approved_text_hash_ok=True).verdict == "refuse"
    promotion = confirm(DM, ASKED, act="message", approved_text_hash_ok=True, promotional=True)
    assert promotion.reasons[0].code.value == "CONSENT_MISSING"


def test_confirm_refuses_when_the_rule_no_longer_stands():
    assert confirm(COMPILED, CALM, act="reply", rule="gone").verdict == "refuse"


def test_confirm_hiding_only_asks_what_guards_hiding():
    bad = but(CALM, clock_sure=False, contact=None, freeze=None, counters=None)
    assert confirm(COMPILED, bad, act="hide", rule="hide-abuse").verdict == "allow"
    assert confirm(COMPILED, but(bad, account=but(ACCOUNT, killed=True)), act="hide").verdict == "refuse"


def test_confirm_asks_the_limits_of_the_rule():
    over = but(ASKED, counters=used("rule:m/message/24", 2))
    assert confirm(DM, over, act="message", rule="m").verdict == "refuse"


def test_an_account_with_another_bucket_gets_another_trace():
    low = AccountFacts(
        id=1,
        mode="automatic",
        killed=False,
        can_reply=True,
        can_hide=True,
        can_message=True,
        bucket_milli=0,
        bucket_free_at=0,
    )
    decision = decide(
        COMPILED,
        but(CALM, account=low, counters=(*CALM.counters, CounterFact(name="x", used=1, free_at=0))),
        None,
    )
    assert decision.reasons[1].fields == {"free_at": NOW + MINUTE}


SILENT = {
    "abuse_milli": None,
    "hate_milli": None,
    "threat_milli": None,
    "sexual_milli": None,
    "spam_milli": None,
    "sentiment_milli": None,
}


@pytest.mark.parametrize("compiled", [COMPILED, compile_policy(NORMAL, PLATFORM)])
@pytest.mark.parametrize("kind", ["comment", "message"])
@pytest.mark.parametrize("language", ["fr", "th", "und"])
@pytest.mark.parametrize("intents", [(), (("price", 990),), (("thanks", 990),)])
def test_a_language_nothing_reads_goes_to_its_own_queue_and_gets_no_answer(compiled, kind, language, intents):
    known = signals(language=language, language_milli=999, intents=intents, **SILENT)
    message = {"message": MESSAGE} if kind == "message" else {}
    decision = decide(compiled, but(CALM, kind=kind, signals=known, **message), "un texte")
    assert decision.outcome == "review"
    assert [one.queue for one in decision.effects if one.act == "case"] == ["languages"]
    assert decision.reasons[0].code == "LANGUAGE_UNREAD"
    assert decision.reasons[0].fields == {"language": language}


def test_emoji_alone_are_read_and_ask_nobody():
    known = signals(language="und", language_milli=0, intents=())
    assert decide(COMPILED, but(CALM, signals=known), "🔥").outcome == "none"


def test_what_a_list_condemns_is_hidden_in_any_language():
    known = signals(language="fr", intents=(), **{**SILENT, "hate_milli": 980}, hits=(("hate", "x"),))
    assert decide(COMPILED, but(CALM, signals=known), "un texte").outcome in ("hide", "review")


def test_distress_goes_before_the_language():
    known = signals(language="fr", intents=(("crisis", 900),), **SILENT)
    decision = decide(COMPILED, but(CALM, signals=known), "un texte")
    assert [one.queue for one in decision.effects if one.act == "case"] == ["urgent"]
