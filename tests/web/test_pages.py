"""Every page, in both languages, with data and without."""

import re

import pytest
from world import Client, World

PAGES = {
    "/": ("Needs you", "Vraagt jou"),
    "/review": ("Review", "Beoordelen"),
    "/comments?outcome=hide": ("Hidden automatically", "Automatisch verborgen"),
    "/comments?outcome=all": ("Everything", "Alles"),
    "/acts": ("Recent acts", "Laatst gedaan"),
    "/model": ("Model", "Model"),
    "/model/corrections": ("Corrections", "Correcties"),
    "/policy": ("Policy", "Beleid"),
    "/policy/thresholds": ("Two thresholds", "Twee drempels"),
    "/review?queue=languages": (
        "Nothing here was ever taught these languages",
        "Deze talen leerde hier niets lezen",
    ),
    "/review?tag=brand_risk": ("Review", "Beoordelen"),
    "/accounts/1/brand": ("Brand terms", "Merktermen"),
    "/policy/history": ("Policy versions", "Versies van het beleid"),
    "/policy/paste": ("Paste a policy file", "Een beleidsbestand plakken"),
    "/audit": ("Audit", "Elke beslissing"),
    "/audit?kind=decision": ("Decision", "Beslissing"),
    "/accounts": ("Features on", "Mogelijkheden aan"),
    "/accounts/1": ("What TikTok offers this account", "Wat TikTok dit account biedt"),
    "/accounts/add": ("Takes part in", "Doet mee aan"),
    "/accounts/app": ("What TikTok asks for", "Wat TikTok vraagt"),
    "/freeze": ("Freeze automation", "Automatisering bevriezen"),
    "/problems": ("No problems.", "Geen problemen."),
    "/more": ("Sign out", "Afmelden"),
}


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    made = World(tmp_path_factory.mktemp("empty"))
    made.owner()
    yield made
    made.close()


def in_language(world, lang):
    client = Client(world).sign_in()
    client.post("/language", lang=lang)
    return client


def well_formed(answer, lang):
    assert answer.status == 200
    text = answer.text
    assert f'<html lang="{lang}">' in text
    assert text.count("<h1") == 1
    ids = re.findall(r'\sid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    for named in re.findall(r'(?:aria-labelledby|for|aria-describedby)="([^"]+)"', text):
        assert set(named.split()) <= set(ids), named
    assert not re.search(r"%\(\w+\)s|\{\w+\}|Undefined", answer.words)


@pytest.mark.parametrize("lang", ["en", "nl"])
@pytest.mark.parametrize("path", PAGES)
def test_with_data(world, path, lang):
    answer = in_language(world, lang).get(path)
    well_formed(answer, lang)
    assert PAGES[path][lang == "nl"] in answer.words


@pytest.mark.parametrize("lang", ["en", "nl"])
@pytest.mark.parametrize("path", PAGES)
def test_without_a_single_comment(empty, path, lang):
    answer = in_language(empty, lang).get(path)
    well_formed(answer, lang)
    assert PAGES[path][lang == "nl"] in answer.words


@pytest.mark.parametrize("path", ["/", "/policy", "/review", "/freeze", "/audit"])
def test_without_an_account(tmp_path, path):
    bare = World(tmp_path / "bare", account=False)
    bare.owner()
    answer = Client(bare).sign_in().get(path)
    well_formed(answer, "en")
    if path in ("/", "/policy"):
        assert "No account is connected yet." in answer.words
    bare.close()


@pytest.mark.parametrize("lang", ["en", "nl"])
@pytest.mark.parametrize("outcome", ["reply", "hide", "review", "none"])
def test_a_story_of_every_outcome(world, outcome, lang):
    client = in_language(world, lang)
    for event_id in world.events(outcome)[:3]:
        answer = client.get(f"/comment/{event_id}")
        well_formed(answer, lang)
        assert ("Why?" if lang == "en" else "Waarom?") in answer.words


def test_empty_states_say_what_will_be_there(empty):
    client = Client(empty).sign_in()
    assert "All clear. Nothing waits for you." in client.get("/").words
    assert "Nothing is waiting to be sent." in client.get("/").words
    assert "All clear." in client.get("/review").words
    assert "Nothing here yet." in client.get("/comments").words
    assert "Nobody has done anything yet." in client.get("/acts").words


def test_titles_start_with_the_screen_and_its_count(world):
    client = Client(world).sign_in()
    count = len(world.cases())
    assert f"<title>Review ({count}) · Goodstanding</title>" in client.get("/review").text
    assert f"<title>Today ({count}) · Goodstanding</title>" in client.get("/").text


def test_today_counts_what_happened(world):
    page = Client(world).sign_in().get("/").words
    for outcome, word in (("reply", "Reply"), ("hide", "Hide"), ("review", "To a person")):
        assert f"{word} {len(world.events(outcome))}" in page


def test_today_lists_what_leaves_next_with_its_time_and_cancel(world):
    page = Client(world).sign_in().get("/").words
    assert re.search(r"in \d+ minutes Cancel", page)


@pytest.mark.parametrize(
    ("code", "en", "nl"),
    [
        ("CAP", "Waits until the limit has room again.", "Wacht tot er binnen de limiet weer ruimte is."),
        ("NOT_REACHED", "TikTok could not be reached. It is tried again.", "TikTok was niet te bereiken."),
    ],
)
def test_what_leaves_next_says_why_it_waits(world, code, en, nl):
    planned = min(
        world.ctx.store.read(lambda q: q.outgoing_in_state("planned", limit=1000)),
        key=lambda one: one.not_before,
    )
    world.ctx.store.write(lambda tx: tx.change_outgoing(planned.id, {"code": code}))
    for lang, words in (("en", en), ("nl", nl)):
        client = in_language(world, lang)
        assert words in client.get("/").text
        assert words in client.get(f"/comment/{planned.event_id}").text
    world.ctx.store.write(lambda tx: tx.change_outgoing(planned.id, {"code": ""}))


def test_the_list_of_one_queue_and_of_one_reason(world):
    client = Client(world).sign_in()
    cases = world.cases()
    for queue in {one.queue for one in cases}:
        shown = re.findall(r'id="case-(\d+)"', client.get(f"/review?queue={queue}").text)
        assert {int(one) for one in shown} == {one.id for one in cases if one.queue == queue}
    for code in {one.code for one in cases}:
        shown = re.findall(r'id="case-(\d+)"', client.get(f"/review?reason={code}").text)
        assert {int(one) for one in shown} == {one.id for one in cases if one.code == code}
    assert "Nothing matches." in client.get("/review?queue=nowhere").words


def test_paging_shows_every_case_once_in_order_of_due_time(world, monkeypatch):
    from goodstanding.web import review

    monkeypatch.setattr(review, "PAGE", 7)
    client = Client(world).sign_in()
    seen, path = [], "/review"
    while path:
        text = client.get(path).text
        seen += [int(one) for one in re.findall(r'id="case-(\d+)"', text)]
        found = re.search(r'href="(/review\?after=[^"]+)"', text)
        path = found[1] if found else ""
    assert seen == [one.id for one in sorted(world.cases(), key=lambda c: (c.due_at, c.id))]


def test_decided_comments_page_back_to_the_first(world, monkeypatch):
    from goodstanding.web import review

    monkeypatch.setattr(review, "PAGE", 50)
    client = Client(world).sign_in()
    seen, path = [], "/comments?outcome=none"
    while path:
        text = client.get(path).text
        seen += [int(one) for one in re.findall(r"/comment/(\d+)#why", text)]
        found = re.search(r'href="(/comments\?outcome=none&amp;before=\d+)"', text)
        path = found[1].replace("&amp;", "&") if found else ""
    assert seen == sorted(world.events("none"), reverse=True)


def test_text_from_outside_is_never_markup(tmp_path):
    from goodstanding.usecases import intake
    from goodstanding.usecases.ports import ParsedComment

    world = World(tmp_path / "odd")
    world.owner()
    odd = "<script>alert(1)</script> <b>sukkel</b> \u202e&amp; {{ 7*7 }} %(x)s \x00"
    comment = ParsedComment(
        external_id="1",
        video_id="7672400000000000101",
        parent_id="",
        action="insert",
        author="+odd",
        handle='"><img src=x>',
        text=odd,
        at=world.ctx.clock.now(),
    )
    intake.take_in(world.ctx, 1, [comment], source="poll")
    client = Client(world).sign_in()
    for path in ("/comment/1", "/comments?outcome=all", "/review", "/"):
        text = client.get(path).text
        assert "<script>alert" not in text
        assert "<img" not in text
        assert "<b>sukkel" not in text
    assert "&lt;script&gt;alert(1)" in client.get("/comment/1").text
    assert "{{ 7*7 }} %(x)s" in client.get("/comment/1").words
    world.close()


def test_live_gives_counts_and_nothing_else(world):
    import json

    client = Client(world).sign_in()
    found = json.loads(client.get("/live?after=0").body)
    assert found["review"] == found["fresh"] == len(world.cases())
    assert all(isinstance(value, int) for value in found.values())
    assert json.loads(client.get("/live?after=999999").body)["fresh"] == 0


def test_machines_hear_how_it_is(world):
    import json

    client = Client(world)
    health = json.loads(client.get("/healthz").body)
    assert (health["ok"], health["database"], health["clock"]) == (True, "ok", "ok")
    metrics = client.get("/metrics").text
    assert f'goodstanding_decisions{{outcome="hidden"}} {len(world.events("hide"))}.0' in metrics
    assert 'goodstanding_deliveries{state="read"} 300.0' in metrics
    assert "goodstanding_lag_seconds 0" in metrics
    assert "lotte" not in metrics.lower()
    schema = json.loads(client.get("/openapi").body)
    assert set(schema["paths"]) >= {"/healthz"}


def test_an_ill_worker_is_told(tmp_path):
    from world import OPEN_ID, START

    from goodstanding.sandbox.crowd import make_comments, webhook_bodies
    from goodstanding.usecases import intake

    world = World(tmp_path / "ill")
    body = next(iter(webhook_bodies(list(make_comments(1, 1)), "app", OPEN_ID)))
    intake.accept(world.ctx, "tiktok", [intake.Arrived(body, START)]).result()
    assert Client(world).get("/healthz").status == 200
    world.app.clock.advance(10 * 60_000)
    answer = Client(world).get("/healthz")
    assert (answer.status, b'"lag_seconds":60' in answer.body) == (503, True)
    world.close()


def test_a_doubtful_clock_is_said_plainly(world, monkeypatch):
    monkeypatch.setattr(type(world.app.clock), "doubt", lambda _self: "CLOCK_JUMP")
    page = Client(world).sign_in().get("/").words
    assert "The time is in doubt, so nothing is sent. The clock jumped." in page
    assert Client(world).get("/healthz").status == 503
