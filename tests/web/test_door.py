"""The door: what is kept, what is refused, and what the sender hears."""

import hashlib
import hmac
import json
from pathlib import Path

import pytest
from world import OPEN_ID, SECRET, START, Client, World

from goodstanding.usecases import intake
from goodstanding.usecases.ports import StoreUnavailableError

PAYLOADS = Path(__file__).parents[1] / "payloads" / "tiktok"
WORKED = (
    rb'{"client_key":"7412345678901234567","event":"comment.update","create_time":1790000000,'
    rb'"user_openid":"-000SandboxCreatorOpenId","content":"{\"comment_id\":7247303576418566913,'
    rb"\"video_id\":7203946942097902849,\"parent_comment_id\":0,\"comment_type\":\"comment\","
    rb"\"comment_action\":\"insert\",\"timestamp\":1790000000123,\"unique_identifier\":\"+SandboxViewer01\","
    rb'\"text\":\"Waar is de link?\"}"}'
)
WORKED_SIGNATURE = "t=1790000003,s=f93542482d699a0a6f0c636eb9a767349137aa3e3cf1c09024f19b1d2a2ada50"


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path)
    yield made
    made.close()


def sign(body, at=START // 1000, secret=SECRET):
    digest = hmac.new(secret.encode(), str(at).encode() + b"." + body, hashlib.sha256).hexdigest()
    return f"t={at},s={digest}"


def deliver(world, body, signature=None, **more):
    headers = [("tiktok-signature", signature if signature is not None else sign(body))]
    return Client(world, address="203.0.113.9", host="hooks.example").request(
        "POST", "/hook/tiktok", body=body, headers=headers, **more
    )


def states(world):
    return world.ctx.store.read(lambda q: q.deliveries_by_state())


def test_the_worked_example_is_accepted_and_kept_before_the_answer(world):
    answer = deliver(world, WORKED, WORKED_SIGNATURE)
    assert (answer.status, states(world), world.woken) == (200, {"new": 1}, 1)


def test_what_is_kept_is_the_raw_body_under_the_vault(world):
    deliver(world, WORKED, WORKED_SIGNATURE)
    kept = world.ctx.store.read(lambda q: q.new_deliveries(10))[0]
    assert kept.body != WORKED
    assert world.ctx.vault.unlock(0, kept.body) == WORKED


@pytest.mark.parametrize(
    "header", ["", "t=1,s=", "nonsense", WORKED_SIGNATURE.replace("f9", "f8", 1), "t=1790000003"]
)
def test_a_wrong_signature_is_refused_counted_and_leaves_nothing(world, header):
    answer = deliver(world, WORKED, header)
    assert (answer.status, states(world), world.woken) == (401, {}, 0)
    assert 'goodstanding_rejected_signatures_total{reason="bad"} 1.0' in Client(world).get("/metrics").text


@pytest.mark.parametrize("offset", [-301, 90])
def test_a_stale_signature_is_refused_and_counted(world, offset):
    answer = deliver(world, WORKED, sign(WORKED, START // 1000 + offset))
    assert (answer.status, states(world)) == (401, {})
    assert 'goodstanding_rejected_signatures_total{reason="stale"} 1.0' in Client(world).get("/metrics").text


def test_a_signature_holds_for_the_exact_bytes_only(world):
    assert deliver(world, WORKED + b" ", WORKED_SIGNATURE).status == 401


def test_too_large_by_its_length_header_is_refused_unread(world):
    client = Client(world)
    answer = client.request(
        "POST", "/hook/tiktok", headers=[("content-length", str((1 << 20) + 1)), ("tiktok-signature", "x")]
    )
    assert (answer.status, states(world)) == (413, {})


def test_too_large_while_streaming_is_refused(world):
    part = b"x" * (1 << 18)
    answer = deliver(world, b"x", "t=1,s=2", chunks=[part] * 5)
    assert (answer.status, states(world)) == (413, {})


def test_a_body_in_pieces_is_put_together(world):
    assert (
        deliver(world, WORKED[200:], WORKED_SIGNATURE, chunks=[WORKED[:100], WORKED[100:200]]).status == 200
    )
    assert states(world) == {"new": 1}


def test_a_repeated_delivery_is_answered_and_kept_once(world):
    assert [deliver(world, WORKED, WORKED_SIGNATURE).status for _ in range(3)] == [200, 200, 200]
    assert states(world) == {"new": 1}


@pytest.mark.parametrize("path", sorted(PAYLOADS.glob("*.json")), ids=lambda p: p.stem)
def test_every_example_payload_is_kept_whatever_it_says(world, path):
    body = path.read_bytes()
    assert deliver(world, body).status == 200
    assert states(world) == {"new": 1}


def test_an_unknown_event_is_kept_answered_and_shown_as_a_problem(world):
    body = json.dumps(
        {"event": "something.new", "user_openid": OPEN_ID, "create_time": 1, "content": "{}"}
    ).encode()
    assert deliver(world, body).status == 200
    intake.read_new(world.ctx)
    world.owner()
    page = Client(world).sign_in().get("/problems")
    assert "An event we do not know: something.new" in page.words


def test_an_unavailable_store_is_said_and_the_sender_comes_again(world, monkeypatch):
    def fail(*_):
        raise StoreUnavailableError(why="disk full")

    monkeypatch.setattr(intake, "accept", fail)
    answer = deliver(world, WORKED, WORKED_SIGNATURE)
    assert (answer.status, answer.header("retry-after"), world.woken) == (503, "30", 0)


def test_deliveries_that_arrive_together_share_a_commit(world, monkeypatch):
    import asyncio

    sizes = []
    accept = intake.accept
    monkeypatch.setattr(
        intake, "accept", lambda ctx, name, arrived: sizes.append(len(arrived)) or accept(ctx, name, arrived)
    )

    async def one(number):
        body = WORKED.replace(b"7247303576418566913", str(number).encode())
        sent = [{"type": "http.request", "body": body, "more_body": False}]
        out = []

        async def receive():
            return sent.pop()

        async def send(message):
            out.append(message)

        scope = {
            "type": "http", "method": "POST", "path": "/hook/tiktok", "raw_path": b"/hook/tiktok", "query_string": b"", "root_path": "",
            "scheme": "http", "http_version": "1.1", "asgi": {"version": "3.0"}, "client": ("203.0.113.9", 1), "server": ("x", 1),
            "headers": [(b"host", b"x"), (b"tiktok-signature", sign(body).encode())], "state": {},
        }  # fmt: skip
        await world.web(scope, receive, send)
        return out[0]["status"]

    async def all_at_once():
        return await asyncio.gather(*(one(10**18 + n) for n in range(100)))

    assert world.loop.run_until_complete(all_at_once()) == [200] * 100
    assert states(world) == {"new": 100}
    assert sum(sizes) == 100
    assert len(sizes) <= 3


def test_the_challenge_is_repeated_and_nothing_else_is(world):
    client = Client(world)
    assert (
        client.get("/hook/tiktok?challenge=abc-123").status,
        client.get("/hook/tiktok?challenge=abc-123").text,
    ) == (200, "abc-123")
    assert client.get("/hook/tiktok?challenge=%3Cscript%3E").status == 405
    assert client.get("/hook/tiktok").status == 405
    assert client.request("DELETE", "/hook/tiktok").status == 405
