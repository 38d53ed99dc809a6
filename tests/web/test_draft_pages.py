"""Drafts on the pages: set, tried, suggested where a person answers, and never sent by themselves."""

import json

import pytest
from world import Client, World

from goodstanding.adapters.http import Http
from goodstanding.adapters.llm.chat import LanguageModel
from goodstanding.usecases import audit, drafts
from tests import support
from tests.model_server import FRIENDLY, OBEYED, ModelServer

KEY = "sk-secret-0123456789"
HERE = frozenset({"127.0.0.1"})


@pytest.fixture(scope="module")
def model():
    server = ModelServer()
    yield server
    server.close()


@pytest.fixture
def world(tmp_path, model):
    world = World(tmp_path / "data", comments=60)
    drafter = LanguageModel(Http(allowed=HERE, seconds=0.6), private=HERE, most=262_144)
    object.__setattr__(world.ctx, "drafter", drafter)
    world.owner()
    model.says = FRIENDLY["nl"]
    model.asked.clear()
    yield world
    assert audit.verify(world.ctx).ok
    world.close()


@pytest.fixture
def desk(world):
    client = Client(world)
    client.sign_in()
    return client


def case_of(world):
    for case in world.cases():
        event = world.ctx.store.read(lambda q, one=case.event_id: q.event(one))
        if event.language == "nl" and event.kind == "comment":
            return case
    raise AssertionError("no Dutch case")


def set_up(desk, model):
    return desk.post("/drafts", address=model.address, model="small", key=KEY, back="/drafts")


def test_nothing_is_offered_until_a_model_is_set(world, desk, model):
    case = case_of(world)
    assert "Suggest a reply" not in desk.get(f"/review/{case.id}").words
    assert "Off: nothing is asked" in desk.get("/drafts").words
    assert set_up(desk, model).status == 303
    page = desk.get("/drafts")
    assert f"On: small at {model.address}." in page.words
    assert KEY not in page.text
    assert "Suggest a reply" in desk.get(f"/review/{case.id}").words
    assert model.host in desk.get(f"/review/{case.id}").words


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"address": "http://model.example/v1", "model": "small"}, "travel readable"),
        ({"address": "no address", "model": "small"}, "Give an address such as"),
        ({"address": "https://model.example/v1", "model": ""}, "Give the model's name"),
        ({"address": "https://model.example/v1", "model": "small", "key": "a b"}, "cannot be a key"),
    ],
)
def test_what_cannot_be_right_is_said_and_nothing_typed_is_lost(world, desk, form, words):
    page = desk.post("/drafts", **form)
    assert page.status == 422
    assert words in page.words
    assert form["address"] in page.text
    assert world.ctx.store.read(drafts.known) is None


def test_a_suggestion_is_shown_with_its_model_and_leaves_when_a_person_sends_it(world, desk, model):
    set_up(desk, model)
    case = case_of(world)
    held = list(world.ctx.store.read(lambda q: q.outgoing_of_event(case.event_id)))
    desk.post(f"/suggest/{case.event_id}", back=f"/review/{case.id}")
    page = desk.get(f"/review/{case.id}")
    assert FRIENDLY["nl"] in page.words
    assert "nobody has read it yet" in page.words
    assert f"small , {model.host}" in page.words or f"small, {model.host}" in page.words
    assert list(world.ctx.store.read(lambda q: q.outgoing_of_event(case.event_id))) == held
    desk.post(f"/review/{case.id}/approve", text="Dankjewel, wat lief!", back="/review")
    sent = world.ctx.store.read(lambda q: q.outgoing_of_event(case.event_id))
    assert [one.text for one in sent if one.state == "planned" and one.act == "reply"] == [
        "Dankjewel, wat lief!"
    ]
    story = desk.get(f"/comment/{case.event_id}").words
    assert "A language model's draft : small" in story or "A language model's draft: small" in story
    assert "passed every check" in story


def test_a_draft_that_fails_is_shown_with_reasons_and_without_a_button(world, desk, model):
    set_up(desk, model)
    case = case_of(world)
    model.says = OBEYED
    desk.post(f"/suggest/{case.event_id}", back=f"/review/{case.id}")
    page = desk.get(f"/review/{case.id}")
    assert "This cannot be sent as it is:" in page.words
    assert "It holds a link or web address." in page.words
    assert 'id="suggested"' not in page.text


def test_a_model_that_is_silent_is_said_and_the_page_goes_on(world, desk, model):
    set_up(desk, model)
    case = case_of(world)
    model.says = "silence"
    desk.post(f"/suggest/{case.event_id}", back=f"/review/{case.id}")
    page = desk.get(f"/review/{case.id}")
    assert "The model did not answer in time." in page.words
    assert "Suggest another reply" in page.words


def test_it_can_be_tried_out_and_switched_off(world, desk, model):
    set_up(desk, model)
    page = desk.post("/drafts/test", comment="Wat een mooie pan!", language="nl")
    assert "would be suggested" in page.words
    assert FRIENDLY["nl"] in page.words
    model.says = "status 401"
    assert "The key is not accepted (401)." in desk.post("/drafts/test", comment="Hoi", language="nl").words
    desk.post("/drafts/off")
    assert world.ctx.store.read(drafts.known) is None
    page = desk.post("/drafts/test", comment="Hoi", language="nl")
    assert page.status == 422
    assert "No language model is set." in page.words


def test_the_tone_guide_is_kept_in_both_languages(world, desk):
    desk.post("/drafts/tone", nl="Als een kok.", en="Like a cook.")
    assert world.ctx.store.read(drafts.tones) == {"nl": "Als een kok.", "en": "Like a cook."}
    page = desk.post("/drafts/tone", nl="x" * 5000, en="")
    assert page.status == 422
    assert "x" * 5000 in page.text


def test_without_a_model_asking_says_so(world, desk):
    case = case_of(world)
    answer = desk.post(f"/suggest/{case.event_id}", back=f"/review/{case.id}")
    assert "DRAFTS_OFF" in answer.header("location")
    assert "No language model is set." in desk.get(answer.header("location")).words


def test_a_stranger_sees_and_asks_nothing(world, model):
    stranger = Client(world)
    assert stranger.get("/drafts").status == 303
    assert stranger.get("/drafts").header("location").startswith("/sign-in")
    assert model.asked == []


def test_the_pages_speak_dutch(world, model):
    client = Client(world, language="nl")
    client.sign_in()
    assert client.get("/drafts").status == 200


def test_a_conversation_shows_its_last_messages_to_the_model_and_no_more(world, desk, model):
    set_up(desk, model)
    now = world.ctx.clock.now()

    def work(tx):
        number = tx.ids("contact")
        world.ctx.vault.ensure([number])
        tx.add_contacts([support.contact(number, handle="kijkereen", wrote_at=now)], now)
        first = tx.ids("event", 9)
        tx.add_events(
            [
                support.event(
                    first + n, kind="message", contact_id=number, parent_id="talk1", video_id="", own=n == 7, state="note",
                    text=f"regel {n} van kijkereen", at=now - 9_000 + n * 1000, received_at=now, external_id=f"m{n}",
                )
                for n in range(9)
            ]
        )  # fmt: skip
        return first + 8

    event_id = world.ctx.store.write(work)
    page = desk.get(f"/comment/{event_id}")
    assert "At most the last 6 messages of this conversation go to" in page.words
    desk.post(f"/suggest/{event_id}", back=f"/comment/{event_id}")
    shown = json.loads(model.asked[0]["messages"][1]["content"])
    assert shown["kind"] == "private conversation"
    assert [one["text"] for one in shown["said"]] == [f"regel {n} van [name]" for n in range(3, 9)]
    assert [one["by"] for one in shown["said"]] == ["viewer"] * 4 + ["us", "viewer"]
    page = desk.get(f"/comment/{event_id}")
    assert FRIENDLY["nl"] in page.words
    assert f'action="/message/{event_id}/answer"' in page.text.split('id="suggestion"')[1]
