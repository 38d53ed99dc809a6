"""Bodies of events, and the signature check that the other tests of the sandbox use."""

import json
from pathlib import Path

import pytest
from sandbox_client import verified

from goodstanding.sandbox.crowd import make_comments, webhook_bodies
from goodstanding.sandbox.wire import comment_body, event_body
from tests.conformance.worked_example import check_reading

PAYLOADS = Path(__file__).parents[1] / "payloads" / "tiktok"


def test_a_third_reading_accepts_the_worked_example_and_nothing_else():
    check_reading(verified)


def test_a_reply_names_its_parent_and_its_type():
    body = comment_body(
        app_id="1",
        open_id="o",
        action="delete",
        at_ms=1790000000123,
        comment_id="7247303576418566914",
        video_id="7203946942097902849",
        parent_comment_id="7247303576418566913",
        unique_identifier="+SandboxCreator",
        text='zei "ja" 🔥',
    )
    assert json.loads(json.loads(body)["content"]) == {
        "comment_id": 7247303576418566914,
        "video_id": 7203946942097902849,
        "parent_comment_id": 7247303576418566913,
        "comment_type": "reply",
        "comment_action": "delete",
        "timestamp": 1790000000123,
        "unique_identifier": "+SandboxCreator",
        "text": 'zei "ja" 🔥',
    }


def test_crowd_bodies_carry_ids_as_numbers_and_the_text_as_written():
    comments = list(make_comments(200, 5))
    bodies = webhook_bodies(comments, "77", "-open")
    assert len(bodies) == 200
    for comment, body in zip(comments, bodies, strict=True):
        envelope = json.loads(body)
        content = json.loads(envelope.pop("content"))
        assert envelope == {
            "client_key": "77",
            "event": "comment.update",
            "create_time": comment["timestamp"] // 1000,
            "user_openid": "-open",
        }
        assert content == {
            "comment_id": int(comment["comment_id"]),
            "video_id": int(comment["video_id"]),
            "parent_comment_id": 0,
            "comment_type": "comment",
            "comment_action": "insert",
            "timestamp": comment["timestamp"],
            "unique_identifier": comment["unique_identifier"],
            "text": comment["text"],
        }


@pytest.mark.parametrize("path", sorted(PAYLOADS.glob("comment.update.*.json")), ids=lambda path: path.stem)
def test_the_example_payloads_are_what_the_sandbox_sends(path):
    envelope = json.loads(path.read_bytes())
    content = json.loads(envelope["content"])
    made = comment_body(
        app_id=envelope["client_key"],
        open_id=envelope["user_openid"],
        action=content["comment_action"],
        at_ms=content["timestamp"],
        comment_id=str(content["comment_id"]),
        video_id=str(content["video_id"]),
        parent_comment_id=str(content["parent_comment_id"]),
        unique_identifier=content["unique_identifier"],
        text=content["text"],
    )
    assert made == path.read_bytes().rstrip(b"\n")


def test_every_action_has_an_example():
    actions = {path.name.split(".")[2] for path in PAYLOADS.glob("comment.update.*.json")}
    assert actions >= {"insert", "delete", "set_to_hidden", "set_to_friends_only", "set_to_public"}


def test_the_example_of_a_removed_authorization_is_what_the_sandbox_sends():
    path = PAYLOADS / "authorization.removed.json"
    envelope = json.loads(path.read_bytes())
    made = event_body(
        app_id=envelope["client_key"],
        open_id=envelope["user_openid"],
        event="authorization.removed",
        at_ms=envelope["create_time"] * 1000,
        content={"reason": 1},
    )
    assert made == path.read_bytes().rstrip(b"\n")
