"""What a stranger, or a page of a stranger's, tries on the pages."""

import re
from pathlib import Path

import pytest
from world import Client, World

from goodstanding.settings import PlatformSettings, Settings
from goodstanding.web import i18n
from goodstanding.web.desk import back, field

PUBLIC = {
    ("GET", "/b/{slug:str}"), ("GET", "/b/{slug:str}/l/{link_id:int}"), ("GET", "/b/{slug:str}/r/{name:str}"),
    ("GET", "/connect/{token:str}"), ("GET", "/connect/{token:str}/go"), ("GET", "/healthz"), ("GET", "/metrics"),
    ("GET", "/oauth/tiktok"), ("GET", "/openapi"), ("GET", "/openapi/openapi.json"),
    ("GET", "/pair/{token:str}"), ("GET", "/setup/{token:str}"), ("GET", "/sign-in"), ("GET", "/static/{mark:str}/{name:str}"),
    ("POST", "/b/{slug:str}"), ("POST", "/b/{slug:str}/r/{name:str}"), ("POST", "/language"), ("POST", "/pair/{token:str}"),
    ("POST", "/setup/{token:str}"), ("POST", "/sign-in"),
}  # fmt: skip
"""All that is shown or done without somebody signed in; every new route is behind the gate or stands here."""


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    made = World(tmp_path_factory.mktemp("hostile"))
    made.owner()
    yield made
    made.close()


def routes(world):
    return {
        (method, route.path)
        for route in world.web.routes
        for method in getattr(route, "route_handler_map", {})
        if method != "OPTIONS"
    }


def filled(path, number="1"):
    return re.sub(r"\{\w+:str\}", "x", re.sub(r"\{\w+:int\}", number, path))


def test_every_other_route_asks_who_is_there(world):
    behind = sorted(routes(world) - PUBLIC)
    assert len(behind) > 60 and routes(world) >= PUBLIC
    for method, path in behind:
        client = Client(world)
        target = filled(path)
        answer = client.get(target) if method == "GET" else client.post(target)
        asked = (answer.status, answer.header("location")) == (303, "/sign-in")
        assert asked or (path, answer.status) == ("/live", 401), (method, path, answer.status)


def test_every_act_needs_the_token_of_its_own_form(world):
    client = Client(world).sign_in()
    acts = sorted(path for method, path in routes(world) if method == "POST" and not path.startswith("/b/"))
    assert len(acts) > 30
    for path in acts:
        answer = client.post(filled(path), token=False)
        refused = answer.status == 403
        if path == "/imports":  # streamed: no form, no file, nothing done (its own token: test_import_pages)
            refused = "NO_FILE" in (answer.header("location") or "")
        assert refused, (path, answer.status)


def test_a_token_of_odd_signs_is_a_wrong_token(world):
    client = Client(world)
    client.jar["gs_csrf"] = "\u00e9" * 80
    sent = [("content-type", "application/x-www-form-urlencoded"), ("content-length", "3")]
    answer = client.request("POST", "/sign-in", body=b"a=b", headers=[*sent, ("x-csrftoken", "\u00e9" * 80)])
    assert answer.status == 403


def test_no_number_is_too_large_to_be_missing(world):
    client = Client(world).sign_in()
    for method, path in sorted(routes(world) - PUBLIC):
        if method == "GET" and ":int}" in path:
            assert client.get(filled(path, "9" * 30)).status == 404, path


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example/", "/\\evil.example/", "/\t/evil.example/", "/\t\\evil.example/", "\\/evil.example", "javascript:alert(1)", "evil.example", "/\n/evil.example"],
)  # fmt: skip
def test_a_form_leads_back_to_our_own_pages_only(target):
    assert back({"back": target}, "/tasks").url == "/tasks"


def test_what_a_database_cannot_keep_is_left_out_of_a_field():
    assert field({"text": " a\x00b\x00 "}, "text") == "ab"


def test_a_sign_that_turns_words_around_is_named(world):
    client = Client(world).sign_in()
    turned = "kijker.een\n\u202eleuk\u2069 filmpje\n2d\nReply\nlos \u202d eind"
    page = client.post("/paste/preview", account="1", title="Keuken", text=turned)
    assert page.status == 200
    assert "[U+202E]leuk[U+2069] filmpje" in page.words and "los [U+202D] eind" in page.words
    assert i18n.marked("שלום \u200f👩\u200d🍳 a\tb\n") == "שלום \u200f👩\u200d🍳 a\tb\n", (
        "ordinary words stay"
    )


def test_the_signs_of_a_comment_are_named_where_it_is_judged(world):
    taken = Client(world).sign_in()
    row = {
        "take-0": "yes",
        "author-0": "kijker.een",
        "text-0": "\u202ewat kost de pan?",
        "at-0": "2026-09-20T10:00",
    }
    assert taken.post("/paste/take", account="1", title="Keuken", **row).status == 200
    last = world.ctx.store.read(lambda q: q.decisions(after=0, limit=100))[-1].event_id
    page = taken.get(f"/comment/{last}")
    assert "[U+202E]wat kost de pan?" in page.words and "\u202e" not in page.text


def test_a_table_that_breaks_off_in_a_huge_cell_is_told_by_its_line(world):
    video = world.ctx.store.read(lambda q: q.videos(1))[0].id
    table = f'video,class\n{video},growth\n"' + "a" * 400_000
    page = Client(world).sign_in().post("/registry/import", account="1", csv=table)
    assert page.status == 422 and "The quotation marks do not match." in page.words


def test_no_secret_stands_in_what_a_traceback_would_show():
    secrets = {"database": "postgresql://u:hush@db/x", "master_key": "hush" * 16}
    shown = repr(Settings(data=Path(), platform=PlatformSettings(secret="hush"), **secrets))
    assert "hush" not in shown
