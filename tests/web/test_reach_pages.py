"""Being reached: checks of real addresses, pages of what is off and why, and phones paired by a link that works once."""

import asyncio
import dataclasses
import importlib.util
import re
from pathlib import Path

import pytest
from world import Client, World

from goodstanding.adapters import reach
from goodstanding.adapters.http import AddressRefusedError
from goodstanding.bootstrap import FORGET, open_app, web_parts
from goodstanding.core.reach import trouble_with
from goodstanding.usecases import bio, moderation, pairing
from goodstanding.usecases.context import person
from goodstanding.web.app import create_app

_path = Path(__file__).parents[1] / "journeys" / "conftest.py"
_spec = importlib.util.spec_from_file_location("journeys_conftest", _path)
journeys = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(journeys)
LAN = "192.168.7.20"


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path)
    made.owner()
    yield made
    made.close()


def serve_lan(world, **changes):
    parts = dataclasses.replace(
        web_parts(world.app), lan=LAN, hosts=frozenset({LAN, "127.0.0.1", "localhost"}), **changes
    )
    world.web = create_app(parts, wake=lambda: None)


def look(url, slugs=()):
    found = asyncio.run(reach.look(url, slugs, allowed=frozenset({"127.0.0.1", "localhost"})))
    return {one.feature: one.code for one in found}


def test_our_own_server_is_recognised(world):
    bio.save(world.ctx, 1, "lotte", bio.empty_document(), live=True, who=person(1))
    with journeys.serving(world) as address:
        found = look(address, ["lotte"])
        assert {k: found[k] for k in ("pages", "webhook", "bio")} == {
            "pages": "ok",
            "webhook": "ok",
            "bio": "ok",
        }
        assert look(address, ["nobody"])["bio"] == "missing"


def test_somebody_elses_server_is_told_apart():
    from aiohttp import web

    async def story():
        async def answer(request):
            if request.path.startswith("/b/"):
                return web.Response(status=502, text="bad gateway")
            return web.Response(text="<html>welcome</html>")

        app = web.Application()
        app.router.add_route("*", "/{rest:.*}", answer)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        found = await reach.look(f"http://127.0.0.1:{port}", ["x"], allowed=frozenset({"127.0.0.1"}))
        await runner.cleanup()
        return {one.feature: one.code for one in found}

    found = asyncio.run(story())
    assert (found["pages"], found["webhook"], found["bio"]) == ("other", "other", "broken")


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://127.0.0.1:9", "closed"),
        ("https://nobody.invalid", "name"),
        ("http://10.1.2.3", "private"),
        ("http://[::1]:9", "private"),
    ],
)
def test_what_does_not_answer_is_told_by_its_cause(url, code):
    assert look(url)["pages"] == code


def test_a_name_that_leads_to_a_private_address_is_private():
    assert reach._kind(AddressRefusedError("x")) == "private"
    wrapped = OSError("outer")
    wrapped.__cause__ = AddressRefusedError("inner")
    assert reach._kind(wrapped) == "private"


def test_our_own_address_is_none_of_the_loopback():
    assert not reach.own_address().startswith("127.")


@pytest.mark.parametrize(
    ("url", "trouble"),
    [
        ("https://gs.example.org", ""),
        ("https://gs.example.org:8443/", ""),
        ("http://localhost:8420", ""),
        ("http://gs.example.org", "https"),
        ("https://gs.example.org/desk", "path"),
        ("https://gs.example.org/?x", "path"),
        ("gs.example.org", "form"),
        ("https://a:b@gs.example.org", "form"),
        ("https://", "form"),
        ("https://gs.example.org:99999", "form"),
        ("ftp://gs.example.org", "form"),
    ],
)
def test_what_counts_as_a_public_address(url, trouble):
    assert trouble_with(url) == trouble


def test_the_public_address_is_remembered_and_forgotten(tmp_path):
    from world import settings

    for given, known in (
        ("https://gs.example.org", "https://gs.example.org"),
        ("", "https://gs.example.org"),
        (FORGET, ""),
        ("", ""),
    ):
        app = open_app(dataclasses.replace(settings(tmp_path), public_url=given))
        assert app.settings.public_url == known
        assert web_parts(app).public_url == known
        asyncio.run(app.ctx.platforms["tiktok"].close())
        app.close()


def test_the_page_says_what_is_off_and_why(world):
    page = Client(world).sign_in().get("/reach")
    assert "No public address." in page.words and page.words.count("off: needs a public address") == 3


def test_the_page_names_each_address(world):
    bio.save(world.ctx, 1, "lotte", bio.empty_document(), live=True, who=person(1))
    parts = dataclasses.replace(
        web_parts(world.app), public_url="https://gs.example.org/", hosts=frozenset({"127.0.0.1"})
    )
    world.web = create_app(parts, wake=lambda: None)
    page = Client(world).sign_in().get("/reach").words
    for address in ("/hook/tiktok", "/oauth/tiktok/", "/b/lotte"):
        assert f"https://gs.example.org{address}" in page


def link_in(page):
    return re.search(r'<p class="hash">http://192\.168\.7\.20:8420(/pair/[^<]+)</p>', page.text)[1]


def phone(world):
    return Client(world, address="192.168.7.33", host=f"{LAN}:8420")


def test_without_a_way_in_the_page_says_so(world):
    me = Client(world).sign_in()
    assert "A phone cannot reach this installation." in me.get("/phone").words
    assert me.post("/phone/link").status == 303


def test_a_phone_is_paired_by_a_link_that_works_once(world):
    serve_lan(world)
    me, mobile = Client(world).sign_in(), phone(world)
    assert mobile.get("/tasks").status == 303
    page = me.post("/phone/link")
    assert 'src="data:image/svg+xml' in page.text and "without encryption" in page.words
    link = link_in(page)
    assert "Sign this phone in as Lotte?" in mobile.get(link).words
    assert "Sign this phone in as Lotte?" in mobile.get(link).words, "looking does not use it up"
    paired = mobile.follow(mobile.post(link, label="Lotte's phone"))
    assert "Tasks" in paired.words
    assert mobile.get(link).status == 410 and phone(world).post(link).status == 410
    listed = me.get("/phone").words
    assert "Lotte's phone" in listed
    number = world.ctx.store.read(lambda q: q.paired_phones())[0].id
    assert "That phone is signed out." in me.follow(me.post(f"/phone/{number}/sign-out")).words
    assert mobile.get("/tasks").status == 303
    assert "No phone yet." in me.get("/phone").words
    assert "no longer there" in me.follow(me.post(f"/phone/{number}/sign-out")).words


def test_a_link_ends_after_five_minutes_by_a_newer_one_and_when_revoked(world):
    serve_lan(world)
    me = Client(world).sign_in()
    first = link_in(me.post("/phone/link"))
    second = link_in(me.post("/phone/link"))
    assert (phone(world).get(first).status, phone(world).get(second).status) == (410, 200)
    assert "The link is useless now." in me.follow(me.post("/phone/revoke")).words
    assert phone(world).get(second).status == 410
    third = link_in(me.post("/phone/link"))
    world.app.clock.advance(pairing.LINK_LIFE + 1)
    assert phone(world).get(third).status == 410


@pytest.mark.parametrize("token", ["", "1", "1-", "x-00", "99-00", "1-" + "0" * 48, "²-00"])
def test_a_made_up_link_opens_nothing(world, token):
    pairing.new_link(world.ctx, 1)
    with pytest.raises(pairing.PairingLinkError):
        pairing.use_link(world.ctx, token)


def test_only_the_hash_of_a_link_is_kept_and_every_step_is_sealed(world):
    token = pairing.new_link(world.ctx, 1)
    assert token.encode() not in world.ctx.store.read(lambda q: q.stored_value("pairing", "1"))[0]
    pairing.use_link(world.ctx, token)
    kinds = [
        r.body for r in world.ctx.store.read(lambda q: q.audit_newest(before=2**62, limit=2, kind="login"))
    ]
    assert b"phone-paired" in kinds[0] and b"pairing-link" in kinds[1]


def test_another_persons_phone_cannot_be_signed_out(world):
    pairing.note_phone(world.ctx, 1, label="x", session="s")
    with pytest.raises(moderation.GoneError):
        pairing.sign_out(world.ctx, 1, 2)


def test_a_public_address_is_used_before_the_network(world):
    serve_lan(world, public_url="https://gs.example.org")
    page = Client(world).sign_in().post("/phone/link")
    assert "https://gs.example.org/pair/" in page.words


def test_a_paired_phone_does_the_days_work_and_nothing_of_the_desk(world):
    serve_lan(world)
    phone = Client(world, address="192.168.7.31", host=LAN)
    link = pairing.new_link(world.ctx, 1)
    phone.jar["gs_csrf"] = ""
    phone.jar.clear()
    assert phone.get(f"/pair/{link}").status == 200
    assert phone.post(f"/pair/{link}").status == 303
    for path in ("/", "/tasks", "/review", "/comments", "/freeze", "/accounts", "/policy", "/accounts/1"):
        assert phone.get(path).status == 200, path
    for path in ("/audit", "/imports", "/phone", "/accounts/app", "/accounts/1/connect"):
        assert phone.get(path).status == 403, path
    for path in ("/accounts/1", "/accounts/1/disconnect", "/accounts/app", "/policy/activate", "/bio", "/phone/link", "/imports", "/registry/import"):  # fmt: skip
        answer = phone.post(path, killed="yes")
        assert answer.status == 403 and "Not on a paired phone" in answer.words, path
    signed_in = Client(world, address="192.168.7.31", host=LAN).sign_in()
    assert signed_in.get("/audit").status == signed_in.get("/phone").status == 200
