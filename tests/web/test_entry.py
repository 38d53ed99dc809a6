"""Who gets in: host, owner, session, form tokens, tries."""

import pytest
from world import PASSWORD, START, Client, World

from goodstanding.usecases import people

PAGES = [
    "/",
    "/review",
    "/comments",
    "/acts",
    "/policy",
    "/policy/history",
    "/audit",
    "/accounts",
    "/accounts/1",
    "/accounts/1/connect",
    "/accounts/add",
    "/accounts/app",
    "/freeze",
    "/problems",
    "/live",
    "/more",
]


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "localhost@evil.example"])
def test_another_host_is_refused_in_words(world, host):
    answer = Client(world, host=host).get("/sign-in")
    assert answer.status == 403
    assert "does not answer to the name you used" in answer.words


def test_loopback_names_are_answered(world):
    for host in ("127.0.0.1:8420", "localhost:8420", "LOCALHOST", "[::1]:8420"):
        assert Client(world, host=host).get("/sign-in").status == 200


@pytest.mark.parametrize("path", PAGES)
def test_no_page_without_signing_in(world, path):
    answer = Client(world).get(path)
    assert (answer.status, answer.header("location")) == (
        (401, None) if path == "/live" else (303, "/sign-in")
    )


def test_without_an_owner_only_this_computer_is_served(fresh):
    away = Client(fresh, address="203.0.113.9").get("/sign-in")
    assert away.status == 403
    assert "Until there is an owner it only answers on the computer it runs on" in away.words
    assert Client(fresh).get("/sign-in").status == 200
    fresh.owner()
    assert Client(fresh, address="203.0.113.9").get("/sign-in").status == 200


def test_the_set_up_link_makes_the_owner_once(fresh):
    token = people.setup_token(fresh.ctx)
    client = Client(fresh)
    fields = {"name": "Lotte", "email": "Lotte@example.org", "password": PASSWORD, "again": PASSWORD}
    assert "Make the owner" in client.get(f"/setup/{token}").words
    done = client.post(f"/setup/{token}", **fields)
    assert "Hello, Lotte" in client.follow(done).words
    again = Client(fresh)
    assert again.get(f"/setup/{token}").status == 410
    assert again.post(f"/setup/{token}", **fields).status == 422
    assert len(fresh.ctx.store.read(lambda q: q.persons())) == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"password": "short", "again": "short"}, "at least 10 characters"),
        ({"again": "something else"}, "two passwords differ"),
        ({"name": " "}, "Fill in your name"),
        ({"email": "nobody"}, "Fill in your e-mail address"),
    ],
)
def test_a_wrong_set_up_form_is_explained_and_keeps_what_was_typed(fresh, change, words):
    token = people.setup_token(fresh.ctx)
    fields = {"name": "Lotte", "email": "lotte@example.org", "password": PASSWORD, "again": PASSWORD} | change
    answer = Client(fresh).post(f"/setup/{token}", **fields)
    assert answer.status == 422
    assert words in answer.words
    assert f'value="{fields["email"]}"' in answer.text
    assert fresh.ctx.store.read(lambda q: q.persons()) == []


def test_a_wrong_set_up_token_makes_nobody(fresh):
    people.setup_token(fresh.ctx)
    answer = Client(fresh).post(
        "/setup/wrong", name="Eve", email="eve@example.org", password=PASSWORD, again=PASSWORD
    )
    assert (answer.status, "wrong, used or too old" in answer.words) == (422, True)
    assert fresh.ctx.store.read(lambda q: q.persons()) == []


def test_signing_in_and_out(world):
    client = Client(world).sign_in()
    assert client.get("/").status == 200
    stolen = Client(world)
    stolen.jar = dict(client.jar)
    assert client.post("/sign-out").status == 303
    assert client.get("/").status == 303
    assert stolen.get("/").status == 303


def test_a_session_is_stored_by_its_hash_and_never_taken_from_the_visitor(world):
    client = Client(world)
    client.jar["gs_session"] = "chosen-by-somebody-else"
    client.sign_in()
    session = client.jar["gs_session"]
    assert session != "chosen-by-somebody-else"
    assert world.ctx.store.read(lambda q: q.stored_value("session", session)) is None
    planted = Client(world)
    planted.jar["gs_session"] = "chosen-by-somebody-else"
    assert planted.get("/").status == 303


def test_cookies_are_out_of_reach_of_scripts_and_of_other_sites(world):
    client = Client(world)
    client.get("/sign-in")
    answer = client.post("/sign-in", email="lotte@example.org", password=PASSWORD)
    cookie = next(v for n, v in answer.headers if n == "set-cookie" and v.startswith("gs_session="))
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie


def test_a_session_ends_after_thirty_days(fresh):
    fresh.owner()
    client = Client(fresh).sign_in()
    fresh.app.clock.advance(29 * 86_400_000)
    assert client.get("/").status == 200
    fresh.app.clock.advance(2 * 86_400_000)
    assert client.get("/").status == 303


def test_a_form_without_its_token_changes_nothing(world):
    client = Client(world).sign_in()
    before = world.ctx.store.read(lambda q: q.audit_head()[0])
    for token in ({}, {"_csrf_token": "x"}, {"_csrf_token": "0" * 128}):
        answer = client.post("/freeze", token=False, scope="everything", **token)
        assert answer.status == 403
        assert "Nothing was changed" in answer.words
    assert world.ctx.store.read(lambda q: q.freezes(active_only=True)) == []
    assert world.ctx.store.read(lambda q: q.audit_head()[0]) == before


def test_the_token_may_come_in_a_header(world):
    client = Client(world).sign_in()
    answer = client.request("POST", "/language", body=b"lang=en", headers=[
        ("content-type", "application/x-www-form-urlencoded"), ("content-length", "7"), ("x-csrftoken", client.jar["gs_csrf"]),
    ])  # fmt: skip
    assert answer.status == 303


def test_a_token_that_was_planted_with_its_cookie_does_not_hold(world):
    client = Client(world).sign_in()
    for planted in ("a" * 128, client.jar["gs_csrf"][:-1] + "x"):
        client.jar["gs_csrf"] = planted
        assert client.post("/freeze", scope="everything").status == 403
    assert world.ctx.store.read(lambda q: q.freezes(active_only=True)) == []


def test_too_many_wrong_tries_are_stopped_and_the_time_is_told(fresh):
    fresh.owner()
    client = Client(fresh)
    for _ in range(5):
        assert client.post("/sign-in", email="lotte@example.org", password="wrong password").status == 401
    stopped = client.post("/sign-in", email="lotte@example.org", password=PASSWORD)
    assert stopped.status == 429
    assert "You can try again at 16:28" in stopped.words
    fresh.app.clock.advance(15 * 60_000)
    assert client.post("/sign-in", email="lotte@example.org", password=PASSWORD).status == 303


def test_who_is_unknown_and_who_types_wrong_hear_the_same(fresh):
    fresh.owner()
    client = Client(fresh)
    wrong = client.post("/sign-in", email="lotte@example.org", password="wrong password")
    unknown = client.post("/sign-in", email="nobody@example.org", password="wrong password")
    assert wrong.words == unknown.words


def test_going_back_never_leaves_the_site(world):
    client = Client(world).sign_in()
    for target in ("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
        answer = client.post("/language", lang="en", back=target)
        assert answer.header("location") in ("/", "/evil.example")


def test_every_answer_carries_the_headers_of_a_careful_site(world):
    client = Client(world).sign_in()
    for path in ("/", "/sign-in", "/nowhere", "/healthz", "/metrics"):
        answer = client.get(path)
        assert "default-src 'none'" in answer.header("content-security-policy")
        assert "unsafe" not in answer.header("content-security-policy")
        assert (answer.header("x-content-type-options"), answer.header("x-frame-options")) == (
            "nosniff",
            "DENY",
        )
        assert answer.header("cache-control") == "no-store"


def test_a_page_that_is_not_there_says_so(world):
    for path in (
        "/nowhere",
        "/comment/999999",
        "/review/999999",
        "/audit/999999",
        "/lift/999",
        "/job/999",
        "/policy/version/0000000000000000",
    ):
        answer = Client(world).sign_in().get(path)
        assert (answer.status, "This page is not there" in answer.words) == (404, True), path


def test_the_demo_is_entered_without_a_password_only_from_this_computer(tmp_path):
    demo = World(tmp_path / "demo", demo=True)
    demo.owner()
    client = Client(demo)
    assert client.get("/").header("location") == "/demo-enter"
    assert "Hello, Lotte" in client.follow(client.get("/demo-enter")).words
    for away in (Client(demo, address="203.0.113.9"), Client(demo, host="goodstanding.example")):
        answer = away.get("/demo-enter")
        assert answer.header("location") == "/sign-in" if answer.status == 303 else answer.status == 403
        assert "gs_session" not in away.jar
    demo.close()


def test_an_installation_that_is_no_demo_has_no_such_door(world):
    assert Client(world).get("/demo-enter").status == 404
    assert Client(world).sign_in().post("/demo/clock", speed="600").status == 404


def test_the_demo_clock_runs_jumps_and_spikes(tmp_path):
    demo = World(tmp_path / "demo", demo=True)
    demo.owner()
    client = Client(demo)
    client.get("/demo-enter")
    client.post("/demo/clock", speed="600")
    assert demo.app.clock.speed == 600
    client.post("/demo/clock", jump="day")
    assert demo.ctx.clock.now() >= START + 86_400_000
    client.post("/demo/clock", speed="7", jump="year")
    assert demo.app.clock.speed == 600
    client.post("/demo/spike")
    assert (demo.spikes, demo.woken) == (1, 4)
    demo.close()
