"""What people say against the model: kept, sealed, taken back, erased with the person."""

import json

import pytest

from goodstanding.usecases import corrections, moderation, privacy
from goodstanding.usecases.context import person
from goodstanding.usecases.corrections import CorrectionError
from tests.faults.world import World

LOTTE = person(1)


@pytest.fixture
def world():
    world = World()
    yield world
    world.close()


def event_of(world, text):
    world.comment("+A", text)
    return world.ctx.store.read(lambda q: q.newest_decisions(1))[0][0]


def held(world):
    return [
        (one.head, one.said, one.was, one.source)
        for one in world.ctx.store.read(lambda q: list(corrections.held(q)))
    ]


def sealed(world):
    rows = world.ctx.store.read(lambda q: q.audit_newest(before=2**53, limit=50))
    found = [json.loads(row.body) for row in rows if row.kind == "model"]
    return [(one["body"]["act"], one["body"]["head"], one["body"]["said"]) for one in found[::-1]]


def refused(world, *words):
    with pytest.raises(CorrectionError) as told:
        corrections.say(world.ctx, *words, who=LOTTE)
    return told.value.code


def test_a_word_against_the_model_is_kept_with_what_the_model_said(world):
    event = event_of(world, "you insult")
    corrections.say(world.ctx, event, "abuse", "no", who=LOTTE)
    (one,) = world.ctx.store.read(lambda q: q.corrections_of_event(event))
    assert (one.head, one.said, one.was, one.was_milli, one.by) == ("abuse", "no", "yes", 990, "person:1")
    assert one.model == world.ctx.classifier.model
    assert sealed(world) == [("corrected", "abuse", "no")]


def test_what_the_model_said_or_nobody_can_say_is_refused(world):
    event = event_of(world, "you insult")
    assert refused(world, event, "abuse", "yes") == "CORRECTION_SAME"
    assert refused(world, event, "abuse", "maybe") == "CORRECTION_ANSWER"
    assert refused(world, event, "nonsense", "yes") == "CORRECTION_ANSWER"
    assert refused(world, 999, "abuse", "no") == "GONE"
    corrections.say(world.ctx, event, "abuse", "no", who=LOTTE)
    assert refused(world, event, "abuse", "no") == "CORRECTION_SAME"
    assert len(sealed(world)) == 1


def test_to_say_what_the_model_said_takes_back_what_was_said_against_it(world):
    event = event_of(world, "you insult")
    corrections.say(world.ctx, event, "abuse", "no", who=LOTTE)
    corrections.say(world.ctx, event, "abuse", "yes", who=person(2))
    assert held(world) == []
    assert sealed(world)[-1] == ("correction-undone", "abuse", "no")


def test_a_later_word_about_a_head_replaces_the_earlier_one(world):
    event = event_of(world, "nice")
    corrections.say(world.ctx, event, "sentiment", "positive", who=LOTTE)
    corrections.say(world.ctx, event, "price", "yes", who=LOTTE)
    corrections.say(world.ctx, event, "sentiment", "negative", who=LOTTE)
    assert held(world) == [("price", "yes", "no", "said"), ("sentiment", "negative", "neutral", "said")]


def test_undo_holds_once(world):
    event = event_of(world, "you insult")
    corrections.say(world.ctx, event, "abuse", "no", who=LOTTE)
    (one,) = world.ctx.store.read(lambda q: q.corrections_of_event(event))
    corrections.undo(world.ctx, one.id, who=LOTTE)
    assert held(world) == []
    with pytest.raises(CorrectionError):
        corrections.undo(world.ctx, one.id, who=LOTTE)
    with pytest.raises(CorrectionError):
        corrections.undo(world.ctx, 999, who=LOTTE)


def test_a_failed_model_can_be_told_everything(world):
    event = event_of(world, "broken words")
    corrections.say(world.ctx, event, "hate", "yes", who=LOTTE)
    corrections.say(world.ctx, event, "spam", "no", who=LOTTE)
    assert held(world) == [("hate", "yes", "", "said"), ("spam", "no", "", "said")]


def test_keeping_what_was_hidden_speaks_and_taking_it_back_falls_silent(world):
    event = event_of(world, "you insult")
    moderation.keep(world.ctx, event, 1)
    assert held(world) == [("abuse", "no", "yes", "keep")]
    act = world.ctx.store.read(lambda q: q.acts(person_id=1, limit=1))[0]
    moderation.undo(world.ctx, act.id, 1)
    assert held(world) == []
    assert [one[0] for one in sealed(world)] == ["corrected", "correction-undone"]


def test_hiding_what_was_left_speaks_and_hiding_what_was_hidden_does_not(world):
    left, hidden = event_of(world, "nice"), event_of(world, "you insult")
    moderation.hide(world.ctx, left, 1)
    moderation.hide(world.ctx, hidden, 1)
    assert held(world) == [("abuse", "yes", "no", "hide")]


def test_keeping_what_nobody_took_for_harmful_says_nothing(world):
    world.comment("+A", "grumpy price")
    (case,) = world.cases()
    moderation.keep(world.ctx, case.event_id, 1)
    assert held(world) == []


def test_a_word_outweighs_an_act(world):
    event = event_of(world, "you insult")
    corrections.say(world.ctx, event, "abuse", "no", who=LOTTE)
    moderation.hide(world.ctx, event, 1)
    moderation.keep(world.ctx, event, 1)
    assert held(world) == [("abuse", "no", "yes", "said")]


def test_labels_stand_by_text_and_author(world):
    first, second = event_of(world, "you insult"), event_of(world, "nice")
    for head, said in (("abuse", "no"), ("spam", "yes")):
        corrections.say(world.ctx, first, head, said, who=LOTTE)
    corrections.say(world.ctx, second, "lang", "en", who=LOTTE)
    (a, one), (b, two) = world.ctx.store.read(corrections.labelled)
    assert (a, b) == (first, second)
    assert (one.text, one.labels, one.lang) == ("you insult", {"abuse": "no", "spam": "yes"}, "nl")
    assert (two.labels, two.lang) == ({"lang": "en"}, "en")
    assert one.author == two.author, "one person wrote both"


def test_the_export_names_no_person_and_is_sealed(world):
    event = event_of(world, "you insult")
    corrections.say(world.ctx, event, "abuse", "no", who=LOTTE)
    (line,) = corrections.export(world.ctx, who=LOTTE).splitlines()
    found = json.loads(line)
    assert (found["text"], found["labels"]) == ("you insult", {"abuse": "no"})
    assert b"+A" not in line
    newest = world.ctx.store.read(lambda q: q.audit_newest(before=2**53, limit=1))[0]
    assert (newest.kind, json.loads(newest.body)["body"]) == ("export", {"what": "corrections", "rows": 1})


def test_erasing_a_person_takes_the_labels_too(world):
    event = event_of(world, "you insult")
    corrections.say(world.ctx, event, "abuse", "no", who=LOTTE)
    contact = world.ctx.store.read(lambda q: q.event(event)).contact_id
    assert privacy.erase(world.ctx, contact, who=LOTTE)["correction"] == 1
    assert world.ctx.store.read(lambda q: q.corrections(before=2**53, limit=9)) == []
    assert corrections.export(world.ctx, who=LOTTE) == b""
    assert refused(world, event, "abuse", "no") == "GONE"
