"""Publishing: from an address on a verified property to a post, or to a reason."""

import pytest
from sandbox_client import APP, AWAY, SECRET, App

PREFIX = "https://media.toko.example/posts/"


@pytest.fixture
def app(start):
    client = start(limits=False, webhook=AWAY)
    client.post("clock", freeze=True)
    made = App(client, "personal-nl")
    meta = {"property_type": 2, "url": PREFIX}
    for call in ("add", "verify"):
        body = {"app_id": APP, "secret": SECRET, "url_property_meta": meta}
        answer = client.session.post(
            f"{client.url}/open_api/v1.3/business/property/{call}/", json=body, timeout=10
        )
        assert answer.json()["code"] == 0
    return made


def publish(app, **info):
    return app.post("video/publish/", video_url=f"{PREFIX}1.mp4", post_info={"caption": "Pasta"} | info)


def status(app, publish_id):
    return app.get("publish/status/", publish_id=publish_id)["data"]


def test_a_video_becomes_a_post_and_its_id_comes_later(app):
    share = publish(app, is_branded_content=True)["data"]["share_id"]
    assert status(app, share) == {"status": "PROCESSING_DOWNLOAD"}
    app.client.post("clock", advance_seconds=61)
    assert status(app, share) == {"status": "PUBLISH_COMPLETE"}
    app.client.post("clock", advance_seconds=180)
    post = status(app, share)["post_ids"][0]
    assert app.get("video/list/")["data"]["videos"][0] == {"item_id": post}
    plain = {"publish_id": share, "publish_type": "DIRECT_PUBLISH"}
    assert app.events("post.publish.") == [plain, plain | {"post_id": post}]
    app.client.post("publishing", withdraw=post)
    log = [one["event"] for one in app.client.get("deliveries")["deliveries"]]
    assert log == [
        "post.publish.complete",
        "post.publish.publicly_available",
        "post.publish.no_longer_publicly_available",
    ]


def test_a_failure_has_its_reason(app):
    app.client.post("publishing", fail_next=["video_pull_failed"])
    share = publish(app)["data"]["share_id"]
    app.client.post("clock", advance_seconds=61)
    assert status(app, share) == {"status": "FAILED", "reason": "video_pull_failed"}
    assert app.events("post.publish.failed")[0]["reason"] == "video_pull_failed"


def test_a_draft_goes_to_the_inbox(app):
    share = publish(app, upload_to_draft=True)["data"]["share_id"]
    app.client.post("clock", advance_seconds=61)
    assert status(app, share) == {"status": "SEND_TO_USER_INBOX"}


def test_the_seventh_in_a_minute_and_the_sixteenth_in_a_day(app):
    shares = []
    for minute in range(3):
        codes = [publish(app) for _ in range(7 if minute == 0 else 5)]
        assert [one["code"] for one in codes] == ([0] * 6 + [40100] if minute == 0 else [0] * 5)
        shares += [one["data"]["share_id"] for one in codes if one["code"] == 0]
        app.client.post("clock", advance_seconds=61)
    assert [status(app, share)["status"] for share in shares] == ["PUBLISH_COMPLETE"] * 15 + ["FAILED"]
    assert status(app, shares[-1])["reason"] == "spam_risk_too_many_posts"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"video_url": "https://elsewhere.example/1.mp4"}, 40002),
        ({"video_url": "http://["}, 40002),
        ({"post_info": {"caption": "x" * 2201}}, 40002),
        ({"post_info": {"caption": "🍝" * 1101}}, 40002),
        ({"post_info": {"caption": "🍝" * 1100}}, 0),
        ({"post_info": {"caption": "@a " * 31}}, 40002),
        ({"post_info": None}, 40002),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_refused_at_once(app, change, code):
    body = {"video_url": f"{PREFIX}1.mp4", "post_info": {}} | change
    assert app.post("video/publish/", **body)["code"] == code


def test_photos_are_counted_and_a_cover_is_one_of_them(app):
    def photos(count, cover=0):
        images = [f"{PREFIX}{number}.jpg" for number in range(count)]
        return app.post("photo/publish/", photo_images=images, photo_cover_index=cover, post_info={})["code"]

    assert [photos(35), photos(36), photos(0), photos(2, cover=2)] == [0, 40002, 40002, 40002]


def test_each_way_of_publishing_needs_its_scope(app):
    only = App(app.client, "personal-nl", username="drafts", scopes=["video.upload"])
    assert publish(only)["code"] == 40001
    assert publish(only, upload_to_draft=True)["code"] == 0
    assert app.get("publish/status/", publish_id="p_other")["code"] == 40007


def test_properties_belong_to_the_app_and_are_verified_one_by_one(app):
    url = f"{app.client.url}/open_api/v1.3/business/property"
    meta = {"property_type": 1, "url": "toko.example"}

    def call(name, **more):
        return app.client.session.post(
            f"{url}/{name}/", json={"app_id": APP, "url_property_meta": meta} | more, timeout=10
        ).json()

    assert call("verify")["code"] == 40007
    assert call("add", secret="wrong")["code"] == 40110
    assert call("add", app_id="1")["code"] == 40113
    assert call("add")["data"]["url_property_info"]["property_status"] == 0
    assert (
        app.post("video/publish/", video_url="https://www.toko.example/1.mp4", post_info={})["code"] == 40002
    )
    assert call("verify")["data"]["url_property_info"]["property_status"] == 1
    assert app.post("video/publish/", video_url="https://www.toko.example/1.mp4", post_info={})["code"] == 0
    assert call("delete")["code"] == 0
    assert (
        app.post("video/publish/", video_url="https://www.toko.example/1.mp4", post_info={})["code"] == 40002
    )
