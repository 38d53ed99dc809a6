"""Every kind of webhook, as its bytes arrive, before a validator that others wrote: jsonschema-rs."""

import json
import re

import jsonschema_rs

ITEM = re.compile(rb'\\"(?:comment_id|video_id|parent_comment_id)\\":(\d+)')


def drive(stage, app):
    """Let everything happen that is announced."""
    me, video = app["business_id"], app["video_ids"][0]

    def call(path, **body):
        answer = stage.session.post(
            f"{stage.url}/open_api/v1.3/business/{path}",
            json={"business_id": me} | body,
            headers={"Access-Token": app["access_token"]},
            timeout=10,
        ).json()
        assert answer["code"] == 0, answer
        return answer["data"]

    comment = stage.control("comment", text="Hoe duur is dit? 🍵", video_id=video)["comment_id"]
    reply = call("comment/reply/create/", video_id=video, comment_id=comment, text="Staat in de bio!")[
        "comment_id"
    ]
    for action in ("HIDE", "UNHIDE"):
        call("comment/hide/", video_id=video, comment_id=comment, action=action)
    stage.control("moderate", comment_id=comment, action="friends")
    call("comment/delete/", comment_id=reply)
    stage.control("high-intent", comment_id=comment)
    switch = {"auto_message_type": "WELCOME_MESSAGE", "operation_status": "ENABLE"}
    call("message/auto_message/status/update/", **switch)
    stage.control("clock", advance_seconds=1000)
    for kind in ("text", "image", "video", "sticker", "emoji", "share_post"):
        talk = stage.control("messages", business_id=me, viewer="vera", text="x", kind=kind)[
            "conversation_id"
        ]
    to = {"recipient_type": "CONVERSATION", "recipient": talk}
    card = {
        "type": "QA_LINK_CARD",
        "title": "Mogen we je mailen?",
        "buttons": [{"type": "REPLY", "title": "Ja", "id": "consent:yes:v3"}],
    }
    sent = call("message/send/", **to, message_type="TEMPLATE", template=card)["message"]["message_id"]
    call("message/send/", **to, message_type="SHARE_POST", share_post={"item_id": video})
    stage.control("taps", business_id=me, viewer="vera", message_id=sent, button_id="consent:yes:v3")
    stage.control("reactions", business_id=me, viewer="vera", message_id=sent)
    stage.control("reads", business_id=me, viewer="vera")
    stage.control("referrals", business_id=me, viewer="els", ref="bio")
    stage.control("referrals", business_id=me, viewer="mia", ad_id="17")
    stage.control("messages", business_id=me, viewer="jan", text="Hoi", country="NL")
    stage.control("mentions", business_id=me)
    meta = {"property_type": 1, "url": "toko.example"}
    for step in ("add", "verify"):
        call(f"property/{step}/", app_id=stage.app_id, url_property_meta=meta)
    address = "https://toko.example/1.mp4"
    call("video/publish/", video_url=address, post_info={})
    stage.control("publishing", fail_next=["video_pull_failed"])
    call("video/publish/", video_url=address, post_info={})
    stage.control("publishing", fail_next=[])
    stage.control("clock", advance_seconds=100)
    stage.control("clock", advance_seconds=10_000)
    posts = stage.session.get(f"{stage.url}/_sandbox/state", timeout=10).json()["videos"]
    stage.control("publishing", withdraw=[one["item_id"] for one in posts if one["open_id"] == me][-1])
    stage.control("authorizations/remove", business_id=me, reason=1)


def test_every_kind_of_webhook_arrives_as_described(stage, receiver):
    made = stage(limits=False, webhook=f"http://127.0.0.1:{receiver.server_port}/")
    drive(made, made.control("accounts", persona="business-vn"))
    assert made.control("settle")["settled"]
    document = made.session.get(f"{made.url}/_sandbox/openapi.json", timeout=10).json()

    def validator(schema):
        return jsonschema_rs.validator_for(schema | {"components": document["components"]})

    seen, types, actions = set(), set(), set()
    for _, raw in receiver.got:
        envelope = json.loads(raw)
        name = envelope["event"]
        body = document["webhooks"][name]["post"]["requestBody"]["content"]["application/json"]["schema"]
        validator(body).validate(envelope)
        content = json.loads(envelope["content"])
        validator(body["properties"]["content"]["contentSchema"]).validate(content)
        seen.add(name)
        types.add(content.get("type"))
        actions.add(content.get("comment_action"))
        if name == "comment.update":
            assert len(ITEM.findall(raw)) == 3, "ids are numbers, the parent's too"
            assert content["timestamp"] > 10**12 and envelope["create_time"] < 10**11
    assert seen == set(document["webhooks"])
    assert types >= {"text", "image", "video", "sticker", "emoji", "share_post", "reaction", "template"}
    assert actions >= {"insert", "delete", "set_to_hidden", "set_to_public", "set_to_friends_only"}


def test_a_body_of_another_shape_would_be_found(stage):
    made = stage()
    document = made.session.get(f"{made.url}/_sandbox/openapi.json", timeout=10).json()
    schema = {"$ref": "#/components/schemas/CommentContent", "components": document["components"]}
    sound = {
        "comment_id": 7247303576418566913,
        "video_id": 7203946942097902849,
        "parent_comment_id": 0,
        "comment_type": "comment",
        "comment_action": "insert",
        "timestamp": 1790000000123,
        "unique_identifier": "+SandboxViewer01",
        "text": "Waar is de link?",
    }
    jsonschema_rs.validator_for(schema).validate(sound)
    assert not jsonschema_rs.is_valid(schema, sound | {"comment_id": "7247303576418566913"})
