"""Pages of names, of what waited, of the webhook secret before, and the figures: found, decided, refused."""

import hashlib
import hmac

import pytest
from world import OPEN_ID, START, Client, World

from goodstanding.usecases import apps, comments, connecting, connections, playbooks
from goodstanding.usecases.context import SYSTEM, person
from goodstanding.usecases.ports import ParsedComment
from goodstanding.usecases.ports.connections import Profile, Tokens

TOKEN = "t0ken-for-figures-only"


@pytest.fixture
def desk(tmp_path):
    made = World(tmp_path)
    made.owner()
    yield made
    made.close()


def says(world, author, handle, number):
    comment = ParsedComment(
        external_id=f"n{number}", video_id="7672400000000000101", parent_id="", action="insert", author=author,
        handle=handle, text="hoi", at=START,
    )  # fmt: skip
    one = comments.Incoming(comment=comment, raw=b"{}", source="webhook", received_at=START)

    def work(tx):
        account = connections.account_of(tx, 1)
        comments.handle(world.ctx, tx, account, [one])
        return tx.contacts_by_external(1, [author])[author].id

    return world.ctx.store.write(work)


def test_two_names_are_shown_joined_and_taken_apart(desk):
    me = Client(desk).sign_in()
    assert "Nobody is known by two names." in me.get("/contacts").words
    known, named = says(desk, "+Anna", "Anna", 1), says(desk, "handle:anna", "anna", 2)
    assert "@anna" in me.get("/contacts").words
    page = me.get(f"/contact/{known}").words
    assert "known to TikTok by an id" in page and "Bears this handle: what holds back is shared" in page
    answer = me.post(f"/contact/{known}/name", named=named, known=known, join="yes")
    assert "Joined. From now on everything is shared." in me.follow(answer).words
    again = me.post(f"/contact/{known}/name", named=named, known=known, join="yes")
    assert "cannot be joined or separated" in me.follow(again).words
    apart = me.follow(me.post(f"/contact/{named}/name", named=named, known=known, join="no")).words
    assert "Taken apart." in apart and "the handle is no proof of who it is" in apart
    assert me.get("/contact/99999").status == 404


def test_a_dutch_page_speaks_dutch(desk):
    me = Client(desk, language="nl").sign_in()
    known = says(desk, "+Anna", "Anna", 1)
    says(desk, "handle:anna", "anna", 2)
    assert "Andere namen van deze persoon" in me.get(f"/contact/{known}").words


def end(world):
    def work(tx):
        account = connections.account_of(tx, 1)
        connections.ensured(world.ctx, tx, account)
        connections.removed(world.ctx, tx, account, code="1", who=("platform", "tiktok"))

    world.ctx.store.write(work)


def again(world):
    scopes = tuple(s for found in playbooks.connect_rules().scopes.values() for s in found)
    tokens = Tokens(
        access_token="a", refresh_token="r", open_id=OPEN_ID, scopes=scopes, expires_in=86_400,
        refresh_expires_in=31_536_000,
    )  # fmt: skip
    connecting.take(world.ctx, 1, tokens, Profile(), who=SYSTEM)


def test_what_waited_is_counted_and_decided_in_one_place(tmp_path):
    world = World(tmp_path, comments=300)
    try:
        world.owner()
        me = Client(world).sign_in()
        planned = len(world.ctx.store.read(lambda q: q.outgoing_in_state("planned", limit=1000)))
        assert planned
        assert "What waited when" not in me.get("/accounts/1").words
        end(world)
        page = me.get("/accounts/1").words
        assert (
            f"{planned} acts waited and were not sent." in page
            and "once the account is connected again" in page
        )
        refused = me.follow(me.post("/accounts/1/waiting", plan="yes")).words
        assert "First connect the account again" in refused
        again(world)
        fresh = me.get("/accounts/1").words
        assert "still fresh." in fresh and "Plan what is fresh" in fresh
        assert "What is fresh is planned again" in me.follow(me.post("/accounts/1/waiting", plan="yes")).words
        assert world.ctx.store.read(lambda q: q.outgoing_in_state("planned", limit=1000))
        assert "Nothing waits for this account" in me.follow(me.post("/accounts/1/waiting", plan="no")).words
    finally:
        world.close()


def test_letting_go_is_one_click(tmp_path):
    world = World(tmp_path, comments=300)
    try:
        world.owner()
        me = Client(world).sign_in()
        end(world)
        assert "Let go. None of it is sent." in me.follow(me.post("/accounts/1/waiting", plan="no")).words
        assert not world.ctx.store.read(lambda q: q.outgoing_in_state("planned", limit=10))
    finally:
        world.close()


def keep(world, secret, **more):
    apps.keep(
        world.ctx, "tiktok", client_id="7412345678901234567", secret=secret, webhook_secret="", permissions=[],
        who=person(1), **more,
    )  # fmt: skip


def test_both_secrets_count_until_the_end_that_is_shown(desk):
    desk.ctx.given_apps.clear()
    me = Client(desk).sign_in()
    keep(desk, "first-secret")
    assert [s.name for s in secrets(desk)] == ["current"]
    keep(desk, "second-secret", overlap_hours=2)
    found = secrets(desk)
    assert [(s.name, s.secret) for s in found] == [("current", "second-secret"), ("before", "first-secret")]
    page = me.get("/accounts/app").words
    assert "The secret before, accepted until" in page and "0 webhooks let in" in page
    assert "first-secret" not in page and "second-secret" not in page
    for secret, status in (("second-secret", 200), ("first-secret", 200), ("third-secret", 401)):
        assert hook(desk, secret) == status
    desk.ctx.platforms["tiktok"]._secret.flush()
    desk.ctx.store.write(lambda tx: None)  # what was handed to the writer before is done by now
    counted = desk.ctx.store.read(lambda q: apps.accepted(q, "tiktok"))
    assert (counted["current"].count, counted["before"].count) == (1, 1)
    assert "no longer accepted" in me.follow(me.post("/accounts/app/overlap")).words
    assert [s.name for s in secrets(desk)] == ["current"]


def test_an_overlap_of_nothing_ends_the_secret_at_once(desk):
    desk.ctx.given_apps.clear()
    keep(desk, "first-secret")
    keep(desk, "second-secret", overlap_hours=0)
    assert [s.secret for s in secrets(desk)] == ["second-secret"]
    with pytest.raises(apps.BadAppError):
        keep(desk, "third-secret", overlap_hours=1000)


def test_the_same_secret_again_opens_no_overlap(desk):
    desk.ctx.given_apps.clear()
    keep(desk, "first-secret")
    keep(desk, "first-secret")
    assert [s.name for s in secrets(desk)] == ["current"]


def test_accepted_webhooks_are_counted_by_secret(desk):
    desk.ctx.given_apps.clear()
    keep(desk, "first-secret")
    desk.ctx.store.write(lambda tx: apps.count_accepted(desk.ctx, tx, "tiktok", {"current": 3}))
    keep(desk, "second-secret")
    desk.ctx.store.write(lambda tx: apps.count_accepted(desk.ctx, tx, "tiktok", {"current": 1, "before": 2}))
    found = desk.ctx.store.read(lambda q: apps.accepted(q, "tiktok"))
    assert (found["current"].count, found["before"].count) == (1, 5)


def secrets(world):
    return world.ctx.store.read(lambda q: apps.webhook_secrets(world.ctx, q, "tiktok"))


def hook(world, secret):
    body, at = b'{"event":"x"}' + secret.encode(), world.ctx.clock.now() // 1000
    digest = hmac.new(secret.encode(), str(at).encode() + b"." + body, hashlib.sha256).hexdigest()
    given = world.ctx.platforms["tiktok"]._secret
    given._until = 0.0  # what was read lately is read anew
    headers = [("tiktok-signature", f"t={at},s={digest}")]
    client = Client(world, address="203.0.113.9", host="hooks.example")
    return client.request("POST", "/hook/tiktok", body=body, headers=headers).status


@pytest.mark.parametrize(
    ("client", "headers", "status"),
    [
        ({}, (), 200),
        ({"address": "203.0.113.9"}, (), 403),
        ({}, (("x-forwarded-for", "203.0.113.9"),), 403),
        ({}, (("Forwarded", "for=203.0.113.9"),), 403),
        ({"address": "192.168.1.7"}, (("authorization", "Bearer x"),), 403),
    ],
)
def test_without_a_token_figures_are_for_this_machine(desk, client, headers, status):
    answer = Client(desk, **client).request("GET", "/metrics", headers=headers)
    assert (answer.status, "goodstanding_deliveries" in answer.text) == (status, status == 200)


@pytest.mark.parametrize(
    ("given", "status"),
    [
        (f"Bearer {TOKEN}", 200),
        (f"bearer {TOKEN}", 200),
        ("Bearer wrong", 401),
        (f"Basic {TOKEN}", 401),
        ("", 401),
    ],
)
def test_with_a_token_figures_are_for_who_bears_it(tmp_path, given, status):
    from dataclasses import replace

    from goodstanding.bootstrap import web_parts
    from goodstanding.web.app import create_app

    world = World(tmp_path)
    try:
        world.owner()
        world.web = create_app(replace(web_parts(world.app), metrics_token=TOKEN), wake=lambda: None)
        headers = [("authorization", given)] if given else []
        answer = Client(world, address="203.0.113.9").request("GET", "/metrics", headers=headers)
        assert answer.status == status
        assert (answer.header("www-authenticate") == "Bearer") == (status == 401)
        assert Client(world).get("/metrics").status == 200
    finally:
        world.close()
