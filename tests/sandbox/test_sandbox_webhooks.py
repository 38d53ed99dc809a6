"""Webhooks as a receiver of our own gets them."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise

import pytest
from sandbox_client import APP, LOTTE, SECRET, VIDEO, verified


class Receiver:
    """Keeps what arrives; answers from `answers` first, then 200."""

    def __init__(self):
        self.received, self.answers, self.most_at_once = [], [], 0
        self.open_now, self.pause = 0, threading.Event()
        self.pause.set()
        lock = threading.Lock()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with lock:
                    owner.open_now += 1
                    owner.most_at_once = max(owner.most_at_once, owner.open_now)
                    owner.received.append((dict(self.headers), body))
                    status = owner.answers.pop(0) if owner.answers else 200
                owner.pause.wait(5)
                with lock:
                    owner.open_now -= 1
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"
        threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()

    def contents(self):
        return [json.loads(json.loads(body)["content"]) for _, body in self.received]

    def genuine(self, index):
        headers, body = self.received[index]
        return verified(headers["Tiktok-Signature"], body, SECRET)

    def t(self, index):
        return int(self.received[index][0]["Tiktok-Signature"].split(",")[0][2:])

    def clear(self):
        self.received.clear()


@pytest.fixture
def receiver():
    made = Receiver()
    yield made
    made.pause.set()
    made.server.shutdown()
    made.server.server_close()


def settle(client):
    assert client.post("settle", timeout_seconds=5)["settled"]


def test_a_comment_arrives_signed_over_its_raw_bytes(start, receiver):
    client = start(webhook=receiver.url)
    comment_id = client.comment("Wat kost die pan? 🍝")
    settle(client)
    ((headers, body),) = receiver.received
    assert receiver.genuine(0)
    assert headers["webhook-schema-version"] == "1.0"
    assert json.loads(body)["user_openid"] == LOTTE
    (content,) = receiver.contents()
    assert (content["comment_id"], content["text"], content["comment_action"]) == (
        int(comment_id),
        "Wat kost die pan? 🍝",
        "insert",
    )
    assert abs(content["timestamp"] - client.get("clock")["now_ms"]) < 10_000


def test_own_replies_and_hides_are_echoed(start, receiver):
    client = start(webhook=receiver.url, limits=False, webhook_parallel=1)
    comment_id = client.comment()
    reply_id = client.reply(comment_id, "Staat in de bio!").json()["data"]["comment_id"]
    client.api("comment/hide/", video_id=VIDEO, comment_id=comment_id, action="HIDE")
    client.api("comment/hide/", video_id=VIDEO, comment_id=comment_id, action="HIDE")
    client.api("comment/hide/", video_id=VIDEO, comment_id=comment_id, action="UNHIDE")
    client.api("comment/delete/", comment_id=reply_id)
    settle(client)
    told = [
        (str(c["comment_id"]), c["comment_action"], c["comment_type"], c["unique_identifier"])
        for c in receiver.contents()
    ]
    assert told == [
        (comment_id, "insert", "comment", "+Sbxviewer0001"),
        (reply_id, "insert", "reply", "+SbxLotteKookt"),
        (reply_id, "set_to_public", "reply", "+SbxLotteKookt"),
        (comment_id, "set_to_hidden", "comment", "+Sbxviewer0001"),
        (comment_id, "set_to_public", "comment", "+Sbxviewer0001"),
        (reply_id, "delete", "reply", "+SbxLotteKookt"),
    ]


def test_a_reply_hidden_silently_is_never_told_to_be_public(start, receiver):
    client = start(webhook=receiver.url, limits=False)
    replies = [
        client.reply(client.comment(), "Altijd dezelfde tekst hier").json()["data"]["comment_id"]
        for _ in range(4)
    ]
    settle(client)
    public = {str(c["comment_id"]) for c in receiver.contents() if c["comment_action"] == "set_to_public"}
    assert public == set(replies[:3])


def test_retries_back_off_for_72_hours_with_a_fresh_t_and_the_same_bytes(start, receiver):
    client = start(webhook=receiver.url, start_ms=1_790_000_000_000)
    client.post("clock", freeze=True)
    receiver.answers = [500, 401, 404]
    client.comment()
    settle(client)
    for minutes in (1, 2, 4):
        client.post("clock", advance_seconds=minutes * 60 - 1)
        settle(client)
        before = len(receiver.received)
        client.post("clock", advance_seconds=1)
        settle(client)
        assert len(receiver.received) == before + 1
    assert len({body for _, body in receiver.received}) == 1
    ts = [receiver.t(i) for i in range(4)]
    assert [b - a for a, b in pairwise(ts)] == [60, 120, 240]
    assert all(receiver.genuine(i) for i in range(4))
    assert [a["status"] for a in client.get("deliveries")["deliveries"][0]["attempts"]] == [
        500,
        401,
        404,
        200,
    ]

    receiver.clear()
    receiver.answers = [503] * 1000
    client.comment()
    settle(client)
    for _ in range(80):
        client.post("clock", advance_seconds=3600)
        settle(client)
    given_up = client.get("deliveries", status="given_up")["deliveries"]
    assert len(given_up) == 1
    assert given_up[0]["attempts"][-1]["at_ms"] - given_up[0]["first_ms"] <= 72 * 3_600_000
    assert given_up[0]["attempts"][-1]["at_ms"] - given_up[0]["first_ms"] > 60 * 3_600_000
    assert len(receiver.received) == len(given_up[0]["attempts"])


def test_a_receiver_that_is_away_is_tried_again(start, receiver):
    client = start(webhook="http://127.0.0.1:9/away")
    client.comment()
    settle(client)
    attempt = client.get("deliveries")["deliveries"][0]
    assert (attempt["status"], attempt["attempts"][0]["status"]) == ("waiting", 0)
    client.session.post(
        f"{client.url}/open_api/v1.3/business/webhook/update/",
        json={"app_id": APP, "secret": SECRET, "event_type": "COMMENT", "callback_url": receiver.url},
        timeout=10,
    )
    client.post("clock", advance_seconds=61)
    settle(client)
    assert len(receiver.received) == 1


def test_duplicates_and_reordering_can_be_ordered(start, receiver):
    client = start(webhook=receiver.url, limits=False, seed=4, webhook_parallel=1)
    client.post("clock", freeze=True)
    client.post("inject", webhooks={"duplicate": 0.5, "reorder": 0.5, "reorder_seconds": 20})
    client.post("crowd", count=60, seed=2)
    client.post("clock", advance_seconds=21)
    settle(client)
    ids = [c["comment_id"] for c in receiver.contents()]
    assert len(set(ids)) == 60
    assert 70 <= len(ids) <= 110
    first_seen = list(dict.fromkeys(ids))
    created = [
        int(c["comment_id"]) for c in client.get("deliveries", limit=500)["deliveries"] if not c["copy"]
    ]
    assert sorted(first_seen) == sorted(created)
    assert first_seen != created


def test_bad_and_stale_signatures_can_be_ordered_and_the_true_one_follows(start, receiver):
    client = start(webhook=receiver.url)
    client.post("clock", freeze=True)
    receiver.answers = [401, 401]
    client.post("inject", webhooks={"bad_signature": 1})
    client.comment()
    settle(client)
    assert not receiver.genuine(0)
    client.post("inject", webhooks={"stale": 1, "stale_seconds": 3600})
    client.post("clock", advance_seconds=60)
    settle(client)
    assert receiver.genuine(1)
    assert client.get("clock")["now_ms"] // 1000 - receiver.t(1) == 3600
    client.post("inject", clear=True)
    client.post("clock", advance_seconds=120)
    settle(client)
    assert receiver.genuine(2)
    assert [a["spoilt"] for a in client.get("deliveries")["deliveries"][0]["attempts"]] == [
        "bad_signature",
        "stale",
        "",
    ]


def test_no_more_deliveries_at_once_than_allowed(start, receiver):
    client = start(webhook=receiver.url, webhook_parallel=3)
    receiver.pause.clear()
    client.post("crowd", count=30, seed=1)
    for _ in range(100):
        if len(receiver.received) >= 3:
            break
        threading.Event().wait(0.01)
    threading.Event().wait(0.1)
    assert len(receiver.received) == 3
    receiver.pause.set()
    settle(client)
    assert (len(receiver.received), receiver.most_at_once) == (30, 3)


def test_revocation_is_told(start, receiver):
    client = start(webhook=receiver.url)
    assert client.post("revoke", open_id=LOTTE, reason=4)["grants_ended"] == 1
    settle(client)
    envelope = json.loads(receiver.received[0][1])
    assert (envelope["event"], envelope["user_openid"]) == ("authorization.removed", LOTTE)
    assert json.loads(envelope["content"]) == {"reason": 4}
    assert client.read("get/").json()["code"] == 40105


def test_subscriptions_are_set_listed_narrowed_and_deleted(start, receiver):
    client = start()
    app = {"app_id": APP, "secret": SECRET, "event_type": "COMMENT"}
    base = f"{client.url}/open_api/v1.3/business/webhook"

    def call(name, **body):
        return client.session.post(f"{base}/{name}/", json=app | body, timeout=10).json()

    def listed():
        return client.session.get(f"{base}/list/", params=app, timeout=10).json()["data"]

    assert "callback_url" not in listed()
    client.comment()
    assert call("update", callback_url=receiver.url, item_list=["7672400000000000202"])["code"] == 0
    assert listed()["callback_url"] == receiver.url
    client.comment()
    settle(client)
    assert receiver.received == []
    assert call("delete", item_list=["7672400000000000202"])["code"] == 0
    client.comment()
    settle(client)
    assert len(receiver.received) == 1
    assert call("delete")["code"] == 0
    assert "callback_url" not in listed()
    assert call("update", callback_url=receiver.url, event_type="NEWS")["code"] == 40002
    assert call("update", callback_url="https://elsewhere.example/")["code"] == 40002
    assert call("update", callback_url=receiver.url, secret="wrong")["code"] == 40110


def test_held_deliveries_are_handed_over_once_signed_and_complete(start):
    client = start()
    made = client.post("crowd", count=1200, seed=6, deliver=False, spread_seconds=3600)
    assert made == {"made": 1200, "coming": 0, "held": 1200}
    assert len(client.get("deliveries", pending=1, limit=5, peek=1)["deliveries"]) == 5
    bodies = []
    while page := client.get("deliveries", pending=1, limit=500)["deliveries"]:
        assert all(verified(d["headers"]["Tiktok-Signature"], d["body"].encode(), SECRET) for d in page)
        bodies += [json.loads(json.loads(d["body"])["content"])["comment_id"] for d in page]
    assert len(set(bodies)) == len(bodies) == 1200
    now = client.get("clock")["now_ms"]
    assert all(now - 3_700_000 <= (b >> 32) * 1000 <= now for b in bodies)


def test_a_crowd_appears_as_the_clock_reaches_each_comment(start, receiver):
    client = start(webhook=receiver.url, limits=False)
    client.post("clock", freeze=True)
    client.post("crowd", count=40, seed=6, spread_seconds=400)
    client.post("clock", advance_seconds=200)
    for _ in range(200):
        if client.get("state")["comments"] >= 19:
            break
    threading.Event().wait(0.12)
    halfway = client.get("state")["comments"]
    assert 18 <= halfway <= 22
    client.post("clock", advance_seconds=201)
    for _ in range(200):
        if not client.get("state")["crowds_running"]:
            break
        threading.Event().wait(0.01)
    settle(client)
    assert len(receiver.received) == 40


def test_without_room_a_crowd_is_refused_whole(start):
    client = start(queue_max=100)
    answer = client.session.post(
        f"{client.url}/_sandbox/crowd", json={"count": 101, "deliver": False}, timeout=10
    )
    assert answer.status_code == 409
    assert client.get("state")["comments"] == 0


def test_logs_and_comments_stay_within_their_bounds(start):
    client = start(comments_max=50, log_max=60, limits=False)
    client.post("crowd", count=80, seed=1, deliver=False)
    for _ in range(70):
        client.read("get/")
    state = client.get("state")
    assert (state["comments"], state["comments_forgotten"]) == (50, 30)
    assert sum(video["comments"] for video in state["videos"]) == 50
    log = client.get("calls")
    assert (log["total"], len(log["calls"])) == (70, 60)
    assert client.read("comment/list/", video_id=VIDEO).json()["code"] == 0
