"""The bio page as visitors see it, and the page where its operator writes it."""

import dataclasses
import re

import pytest
from world import Client, World

from goodstanding.bootstrap import web_parts
from goodstanding.usecases import bio, playbooks
from goodstanding.web.app import create_app

PUBLIC = "bio.example.org"
FIELDS = {
    "account": "1", "slug": "lottekookt", "live": "yes", "form": "yes", "title-nl": "Alles van Lotte", "title-en": "All of Lotte",
    "intro-nl": "", "intro-en": "", "answer-nl": "Je mag antwoorden.", "answer-en": "You may answer.",
    "marketing-nl": "Je mag aanbieden.", "marketing-en": "You may offer.",
    "id-0": "1", "nl-0": "De pan", "en-0": "The pan", "url-0": "https://shop.example.org/pan", "shown-0": "yes",
}  # fmt: skip


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path)
    made.owner()
    parts = dataclasses.replace(
        web_parts(made.app),
        public_url=f"https://{PUBLIC}",
        hosts=frozenset({PUBLIC, "127.0.0.1", "localhost"}),
    )
    made.web = create_app(parts, wake=lambda: None)
    yield made
    made.close()


@pytest.fixture
def me(world):
    return Client(world).sign_in()


@pytest.fixture
def live(me):
    assert me.follow(me.post("/bio", **FIELDS)).status == 200
    return me


def stranger(world, **more):
    return Client(world, **{"address": "198.51.100.7", "host": PUBLIC, **more})


def hidden(page, name):
    return re.search(rf'name="{name}" value="([^"]*)"', page.text)[1]


def filled(page, **changes):
    return {
        "ticket": hidden(page, "ticket"),
        "ref": hidden(page, "ref"),
        "email": "kijker@example.org",
        "purpose": "answer",
        "old_enough": "yes",
    } | changes


def test_a_visitor_sees_the_page_in_their_language_without_cookies_or_scripts(world, live):
    for language, title in (("nl", "Alles van Lotte"), ("en", "All of Lotte")):
        visitor = stranger(world, language=language)
        page = visitor.get("/b/lottekookt")
        assert (page.status, title in page.words) == (200, True)
        assert visitor.jar == {} and page.header("set-cookie") is None
        assert "<script" not in page.text and "Content-Security-Policy".lower() in dict(page.headers)
    assert "All of Lotte" in stranger(world, language="nl").get("/b/lottekookt?lang=en").words
    assert len(page.body) < 8_000


def test_boxes_are_not_ticked_beforehand(world, live):
    page = stranger(world).get("/b/lottekookt")
    assert "checked" not in page.text


def test_a_link_counts_and_leads_where_it_was_stored(world, live):
    answer = stranger(world).get("/b/lottekookt/l/1?ref=zomer&to=https://evil.example/")
    assert (answer.status, answer.header("location")) == (302, "https://shop.example.org/pan")
    assert [(link, ref, n) for link, _, ref, n in world.ctx.store.read(lambda q: q.bio_clicks(1, 0))] == [
        (1, "zomer", 1)
    ]
    early = stranger(world).get("/b/lottekookt/l/1", headers=[("sec-purpose", "prefetch;prerender")])
    assert (early.status, len(world.ctx.store.read(lambda q: q.bio_clicks(1, 0)))) == (302, 1)
    assert stranger(world).get("/b/lottekookt/l/9").status == 404
    assert "1 click" in live.get("/bio").words


def test_the_campaign_goes_along(world, live):
    page = stranger(world).get("/b/lottekookt?ref=zomer")
    assert 'href="/b/lottekookt/l/1?ref=zomer"' in page.text and hidden(page, "ref") == "zomer"
    assert "<script>" not in stranger(world).get('/b/lottekookt?ref="><script>').text


def test_the_form_ends_in_a_receipt_and_can_be_taken_back(world, live):
    visitor = stranger(world)
    page = visitor.get("/b/lottekookt")
    answer = visitor.post(
        "/b/lottekookt?lang=en", token=False, **{**filled(page), "purpose": ["answer", "marketing"]}
    )
    receipt = visitor.follow(answer)
    assert (
        "Thank you, it is noted" in receipt.words
        and "You may answer." in receipt.words
        and "You may offer." in receipt.words
    )
    again = visitor.post("/b/lottekookt?lang=en", token=False, **filled(page))
    assert again.header("location") == answer.header("location")
    seen = live.get("/bio").words
    assert "kijker@example.org" in seen and "may send offers" in seen
    back = visitor.follow(visitor.post(answer.header("location"), token=False))
    assert "You took this back" in back.words and "Take it back" not in back.words
    assert visitor.jar == {}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"purpose": ""}, "Tick what you agree to."),
        ({"old_enough": ""}, "Say whether you are old enough."),
        ({"email": "geen adres"}, "Fill in an e-mail address"),
        ({"website": "x"}, "One field must stay empty."),
        ({"ticket": "x"}, "The page was open for long"),
    ],
)
def test_what_is_missing_is_said_and_what_was_filled_in_stays(world, live, changes, said):
    visitor = stranger(world)
    page = visitor.get("/b/lottekookt?ref=zomer")
    answer = visitor.post("/b/lottekookt", token=False, **filled(page, name="Kijker", **changes))
    assert (answer.status, said in answer.words) == (422, True)
    assert 'value="Kijker"' in answer.text and hidden(answer, "ref") == "zomer"
    assert world.ctx.store.read(lambda q: q.form_receipts(1, 9)) == []


def test_somebody_too_young_is_not_even_shown_again(world, live):
    visitor = stranger(world)
    page = visitor.get("/b/lottekookt")
    answer = visitor.post("/b/lottekookt", token=False, **filled(page, old_enough="no"))
    assert "Then we keep nothing from you." in answer.words and "kijker@example.org" not in answer.text


def test_a_body_that_is_too_large_is_refused(world, live):
    visitor = stranger(world)
    page = visitor.get("/b/lottekookt")
    assert visitor.post("/b/lottekookt", token=False, **filled(page, name="x" * 70_000)).status == 413


def test_nothing_is_shown_under_another_name_or_while_it_is_not_live(world, me, live):
    assert stranger(world, host="evil.example").get("/b/lottekookt").status == 404
    assert stranger(world).get("/b/nobody").status == 404
    me.post("/bio", **{k: v for k, v in FIELDS.items() if k != "live"})
    assert stranger(world).get("/b/lottekookt").status == 404


def test_without_a_public_address_only_this_machine_sees_it(tmp_path):
    world = World(tmp_path)
    world.owner()
    me = Client(world).sign_in()
    assert "Nobody outside can see it." in me.get("/bio").words
    me.post("/bio", **FIELDS)
    assert Client(world).get("/b/lottekookt").status == 200
    assert stranger(world).get("/b/lottekookt").status == 404
    world.close()


def test_the_desk_is_not_open_to_strangers(world, live):
    assert stranger(world).get("/bio").status == 303


def test_the_operator_is_told_what_is_wrong_and_keeps_what_was_written(me):
    page = me.post("/bio", **{**FIELDS, "slug": "Met Spaties", "url-0": "http://x", "title-en": ""})
    assert page.status == 422
    for said in (
        "small letters, digits and dashes",
        "Link 1: A link must lead to an https address",
        "Both languages need a title.",
    ):
        assert said in page.words
    assert 'value="http://x"' in page.text and 'value="Alles van Lotte"' in page.text


def test_preview_counts_and_keeps_nothing(world, live):
    page = live.get("/bio/preview?account=1&lang=en")
    assert "Preview: this is how visitors see it." in page.words and "The pan" in page.words
    assert "/l/1" not in page.text and hidden(page, "ticket") == ""
    assert "Alles van Lotte" in live.get("/bio/preview?account=1&lang=nl").words


def test_links_keep_their_number_when_one_is_removed(world, live):
    two = {
        **FIELDS,
        "id-1": "2",
        "nl-1": "Twee",
        "en-1": "Two",
        "url-1": "https://two.example.org/",
        "shown-1": "yes",
    }
    live.post("/bio", **two)
    live.post("/bio", **{k: v for k, v in two.items() if not k.endswith("-0")})
    found = world.ctx.store.read(lambda q: bio.page_for(q, 1))
    assert [(one.id, one.url) for one in found.document.links] == [(2, "https://two.example.org/")]


@pytest.mark.parametrize(
    "ticket", ["nl.\u00b2.a.b.c", "nl.1.a.b.\u00e9", "nl.999999999999999.a.b.c", "\x00", "....", "a" * 3000]
)
def test_a_made_up_ticket_is_refused_in_words(world, live, ticket):
    page = stranger(world).get("/b/lottekookt")
    answer = stranger(world).post("/b/lottekookt", token=False, **filled(page, ticket=ticket))
    assert answer.status == 422


def test_a_whole_network_of_addresses_counts_as_one_visitor(world, live):
    most = playbooks.form_book().numbers.per_visitor_hour
    answers = []
    for n in range(most + 1):
        visitor = stranger(world, address=f"2001:db8:1:2::{n:x}")
        page = visitor.get("/b/lottekookt")
        answers.append(
            visitor.post("/b/lottekookt", token=False, **filled(page, email=f"k{n}@example.org")).status
        )
    assert answers == [303] * most + [422]
    other = stranger(world, address="2001:db8:1:3::1")
    assert other.post("/b/lottekookt", token=False, **filled(other.get("/b/lottekookt"))).status == 303


def test_consent_can_be_taken_back_after_the_page_moved_or_was_taken_off(world, live):
    visitor = stranger(world)
    answer = visitor.post("/b/lottekookt", token=False, **filled(visitor.get("/b/lottekookt")))
    receipt = answer.header("location").partition("?")[0]
    assert live.follow(live.post("/bio", **FIELDS | {"slug": "moved", "live": "no"})).status == 200
    assert visitor.get("/b/lottekookt").status == visitor.get("/b/moved").status == 404
    assert visitor.get(receipt).status == 200
    assert visitor.post(receipt, token=False).status == 303
    contact = world.ctx.store.read(lambda q: q.contact(q.form_receipts(1, 1)[0].contact_id))
    assert contact.answer == "withdrawn"
