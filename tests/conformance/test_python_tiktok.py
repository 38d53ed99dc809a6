"""The whole Accounts API, driven by python-tiktok: a client that never heard of this sandbox."""

import inspect
from collections import Counter

import pytest
from pytiktok import BusinessAccountApi
from pytiktok.error import PyTiktokError

SCOPES = [
    "user.info.basic", "user.info.username", "user.info.profile", "user.info.stats", "user.account.type",
    "user.insights", "video.list", "video.insights", "video.publish", "video.upload", "comment.list",
    "comment.list.manage",
]  # fmt: skip


class Counted(BusinessAccountApi):
    """The foreign client, with its requests counted."""

    requests = 0

    def _request(self, *args, **more):
        self.requests += 1
        return super()._request(*args, **more)


class Driver:
    """Calls the client's methods by name and remembers which."""

    def __init__(self, client):
        self.client, self.used = client, Counter()

    def __getattr__(self, name):
        method = getattr(self.client, name)

        def called(*args, **more):
            self.used[name] += 1
            return method(*args, **more)

        return called


def refused(code):
    return pytest.raises(PyTiktokError, match=str(code))


@pytest.fixture
def connected(stage):
    """A Business account in Indonesia, consent given in the browser, and the foreign client with its token."""
    made = stage(limits=False)
    account = made.control("accounts", persona="business-id", username="toko.sbx")
    client = Counted(
        app_id=made.app_id,
        app_secret=made.secret,
        base_url=f"{made.url}/open_api",
        oauth_redirect_uri=made.back,
        timeout=20,
    )
    client.session.trust_env = False
    yield made, account, Driver(client)
    client.session.close()


def test_the_whole_accounts_api(connected, picture, record_property):
    stage, account, api = connected
    me, video = account["business_id"], account["video_ids"][0]

    first = api.generate_access_token(stage.consent(me, SCOPES)["code"])
    assert (first.open_id, first.token_type, first.expires_in) == (me, "Bearer", 86400)
    assert api.get_token_info(first.access_token).creator_id == me

    told = api.get_account_data(
        me, fields=["username", "followers_count", "is_business_account", "video_views"]
    ).data
    assert (told.username, told.followers_count, told.is_business_account) == ("toko.sbx", 88400, True)
    assert len(told.metrics) in (5, 6), "seven days were asked for; yesterday is never there yet"
    assert all(day.video_views > 0 and day.comments is None for day in told.metrics)

    posts = api.get_account_videos(
        me, fields=["item_id", "create_time", "video_views", "video_view_retention"]
    ).data
    assert [one.item_id for one in posts.videos] == account["video_ids"]
    assert posts.videos[0].video_view_retention[0].percentage == 1.0
    only = api.get_account_videos(me, fields=["item_id"], filters={"video_ids": [video]}).data.videos
    assert [one.item_id for one in only] == [video]
    assert "SELF_ONLY" in api.get_account_post_privacy(me).data.privacy_level_options

    asked = stage.control("comment", text="Waar is de link?", video_id=video, viewer="vera")["comment_id"]
    found = api.get_video_comments(me, video, include_replies=True).data.comments
    assert [(one.comment_id, one.text, one.username) for one in found] == [
        (asked, "Waar is de link?", "vera")
    ]
    reply = api.create_reply(me, video, asked, text="Goede vraag! Kijk in de bio.").data
    replies = api.get_comment_replies(me, video, asked).data.comments
    assert [(one.comment_id, one.parent_comment_id, one.owner) for one in replies] == [
        (reply.comment_id, asked, True)
    ]

    image = api.upload_comment_image(me, picture(400, 500)).data
    own = api.create_comment(
        me, video, image_uri=image.image_uri, image_width=image.width, image_height=image.height
    ).data
    shown = api.get_video_comments(me, video, comment_ids=[own.comment_id]).data.comments[0]
    assert (image.width, image.height) == (400, 500) and "/media/comment/" in shown.image_url
    fetched = stage.session.get(shown.image_url, timeout=10)
    assert fetched.content == picture(400, 500)

    api.like_comment(me, asked)
    api.hide_comment(me, video, asked)
    changed = api.get_video_comments(me, video, comment_ids=[asked]).data.comments[0]
    assert (changed.liked, changed.status) == (True, "HIDDEN")
    api.delete_comment(me, own.comment_id)
    with refused(40007):
        api.delete_comment(me, own.comment_id)
    with refused(40008):
        api.pin_comment(me, video, asked)

    prefix = "https://media.toko.example/posts/"
    info = api.add_url_property(stage.app_id, 2, prefix).data.url_property_info
    assert info.property_status == 0 and info.signature and info.file_name
    with refused(40002):
        api.create_video(me, f"{prefix}1.mp4", {"caption": "Teh"})
    assert (
        api.check_url_property_verification(stage.app_id, 2, prefix).data.url_property_info.property_status
        == 1
    )
    assert [one.url for one in api.get_url_property_list(stage.app_id).data.url_property_info_list] == [
        prefix
    ]
    share = api.create_video(
        me, f"{prefix}1.mp4", {"caption": "Teh", "is_branded_content": True}
    ).data.share_id
    assert api.get_publish_status(me, share).data.status == "PROCESSING_DOWNLOAD"
    photo = api.create_photo(
        me, [f"{prefix}1.jpg"], {"is_draft": True, "privacy_level": "SELF_ONLY"}
    ).data.share_id
    stage.control("clock", advance_seconds=300)
    done = api.get_publish_status(me, share).data
    assert done.status == "PUBLISH_COMPLETE"
    stage.control("clock", advance_seconds=300)
    done = api.get_publish_status(me, share).data
    assert api.get_account_videos(me).data.videos[0].item_id == done.post_ids[0]
    assert api.get_publish_status(me, photo).data.status == "SEND_TO_USER_INBOX"
    api.delete_url_property(stage.app_id, 2, prefix)

    assert api.get_hashtag_suggestions(me, "teh", language="nl-NL").data.suggestions[0].name == "teh"
    assert api.get_business_category_benchmarks(me, "FOOD_AND_BEVERAGE").data.average_video_views > 0

    renewed = api.refresh_access_token(first.refresh_token)
    assert renewed.refresh_token == first.refresh_token and renewed.access_token != first.access_token
    stage.control("inject", fault={"kind": "throttle", "endpoint": "business/comment/list/", "times": 1})
    with refused(40100):
        api.get_video_comments(me, video)
    api.revoke_access_token(renewed.access_token)
    with refused(40105):
        api.get_account_data(me)

    offered = {
        name
        for name, _ in inspect.getmembers(BusinessAccountApi, inspect.isfunction)
        if not name.startswith("_") and name != "parse_response"
    }
    assert offered - api.used.keys() == set(), "a method of the client was not tried"
    calls = stage.session.get(f"{stage.url}/_sandbox/calls", params={"limit": 0}, timeout=10).json()["total"]
    assert calls == api.client.requests, "the sandbox counted other calls than the client made"
    record_property(
        "said", f"python-tiktok 0.1.12: {calls} calls, all {len(offered)} methods of its Accounts API"
    )


def test_its_own_error_on_real_throttling(stage):
    made = stage(start_ms=1_790_000_040_000)
    account = made.control("accounts", persona="personal-nl")
    api = Counted(access_token=account["access_token"], base_url=f"{made.url}/open_api", timeout=20)
    api.session.trust_env = False
    made.control("clock", freeze=True)
    for _ in range(4):
        for _ in range(10):
            api.get_account_data(account["business_id"])
        with refused(40100):
            api.get_account_data(account["business_id"])
        made.control("clock", advance_seconds=1)
    with refused(40100):
        api.get_account_data(account["business_id"])
    api.get_account_videos(account["business_id"])
    made.control("clock", advance_seconds=200)
    with refused(40100):
        api.get_account_data(account["business_id"])
    made.control("clock", advance_seconds=120)
    api.get_account_data(account["business_id"])
    api.session.close()
