"""The sandbox as a client sees it that others wrote: python-tiktok."""

from urllib.parse import parse_qs, urlsplit

import pytest
from pytiktok import BusinessAccountApi
from pytiktok.error import PyTiktokError
from sandbox_client import APP, LOTTE, SECRET, VIDEO

SCOPES = "user.info.basic,user.info.username,user.account.type,user.info.stats,video.list,comment.list,comment.list.manage"
BACK = "http://127.0.0.1:9/back/"


def consent(client, *, granted=SCOPES, answer="allow", open_id=LOTTE):
    asked = {
        "client_key": APP,
        "response_type": "code",
        "scope": SCOPES,
        "redirect_uri": BACK,
        "state": "s-1",
        "disable_auto_auth": "1",
    }
    page = client.session.get(f"{client.url}/v2/auth/authorize/", params=asked, timeout=10)
    assert page.status_code == 200
    assert page.text.count('type="checkbox"') == len(SCOPES.split(","))
    form = [*asked.items(), ("open_id", open_id), ("answer", answer)]
    form += [("granted", scope) for scope in granted.split(",")]
    sent_back = client.session.post(page.url.split("?")[0], data=form, allow_redirects=False, timeout=10)
    assert sent_back.status_code == 302, sent_back.text
    location = urlsplit(sent_back.headers["Location"])
    assert f"{location.scheme}://{location.netloc}{location.path}" == BACK
    return {name: values[0] for name, values in parse_qs(location.query).items()}


@pytest.fixture
def api(shared):
    foreign = BusinessAccountApi(
        app_id=APP, app_secret=SECRET, base_url=f"{shared.url}/open_api", oauth_redirect_uri=BACK, timeout=10
    )
    foreign.session.trust_env = False
    foreign.generate_access_token(consent(shared)["code"])
    yield foreign
    foreign.session.close()


def test_consent_returns_the_state_and_the_scopes_that_were_ticked(shared):
    back = consent(shared, granted="comment.list,video.list")
    assert back["state"] == "s-1"
    assert set(back["scopes"].split(",")) == {"comment.list", "video.list"}


def test_refused_consent_returns_an_error_and_no_code(shared):
    back = consent(shared, answer="refuse")
    assert back == {"error": "access_denied", "error_description": "The user refused.", "state": "s-1"}


def test_code_exchange_names_the_account_and_works_once(shared, api):
    code = consent(shared)["code"]
    granted = api.generate_access_token(code)
    assert granted.open_id == LOTTE
    assert granted.token_type == "Bearer"
    assert granted.expires_in == 86400
    assert granted.refresh_token_expires_in == 31536000
    assert set(granted.scope.split(",")) == set(SCOPES.split(","))
    with pytest.raises(PyTiktokError, match="40101"):
        api.generate_access_token(code)


def test_token_info_tells_app_account_and_scopes(api):
    info = api.get_token_info(api.access_token)
    assert (info.app_id, info.creator_id) == (APP, LOTTE)
    assert set(info.scope.split(",")) == set(SCOPES.split(","))


def test_account_gives_the_fields_that_were_asked_for(api):
    fields = ["username", "display_name", "is_business_account", "followers_count"]
    answer = api.get_account_data(LOTTE, fields=fields, return_json=True)
    assert answer["data"] == {
        "username": "lottekookt",
        "display_name": "Lotte kookt (verzonnen)",
        "is_business_account": False,
        "followers_count": 48210,
    }
    assert set(api.get_account_data(LOTTE, return_json=True)["data"]) == {"display_name", "profile_image"}


def test_a_field_outside_the_granted_scopes_is_refused(shared, api):
    api.generate_access_token(consent(shared, granted="user.info.basic")["code"])
    with pytest.raises(PyTiktokError, match="40001"):
        api.get_account_data(LOTTE, fields=["username"])
    with pytest.raises(PyTiktokError, match="40001"):
        api.get_video_comments(LOTTE, VIDEO)


def test_videos_come_newest_first_in_pages(api):
    first = api.get_account_videos(LOTTE, fields=["item_id", "caption", "create_time"], max_count=3)
    assert [video.item_id[-3:] for video in first.data.videos] == ["101", "202", "303"]
    assert first.data.has_more
    rest = api.get_account_videos(LOTTE, fields=["item_id"], max_count=3, cursor=first.data.cursor)
    assert [video.item_id[-3:] for video in rest.data.videos] == ["404"]
    assert not rest.data.has_more
    one = api.get_account_videos(LOTTE, fields=["item_id"], filters={"video_ids": [VIDEO]})
    assert [video.item_id for video in one.data.videos] == [VIDEO]
    with pytest.raises(PyTiktokError, match="40002"):
        api.get_account_videos(LOTTE, fields=["caption"])


def test_a_comment_is_read_answered_hidden_and_shown(shared, api):
    comment_id = shared.comment("Welk merk is die pan?", viewer="viewer0777")
    found = api.get_video_comments(LOTTE, VIDEO, comment_ids=[comment_id]).data.comments[0]
    assert (found.text, found.owner, found.status) == ("Welk merk is die pan?", False, "PUBLIC")

    reply = api.create_reply(LOTTE, VIDEO, comment_id, text="Een gietijzeren van de kringloop!").data
    assert reply.parent_comment_id == comment_id
    replies = api.get_comment_replies(LOTTE, VIDEO, comment_id).data.comments
    assert [(one.comment_id, one.owner, one.parent_comment_id) for one in replies] == [
        (reply.comment_id, True, comment_id)
    ]

    api.hide_comment(LOTTE, VIDEO, comment_id)
    hidden = api.get_video_comments(LOTTE, VIDEO, comment_ids=[comment_id]).data.comments[0]
    assert hidden.status == "HIDDEN"
    api.hide_comment(LOTTE, VIDEO, comment_id, action="UNHIDE")
    api.like_comment(LOTTE, comment_id)
    shown = api.get_video_comments(
        LOTTE, VIDEO, comment_ids=[comment_id], include_replies=True
    ).data.comments[0]
    assert (shown.status, shown.liked, shown.likes, shown.replies) == ("PUBLIC", True, 1, 1)
    assert [one.comment_id for one in shown.reply_list] == [reply.comment_id]


def test_only_own_comments_can_be_deleted(shared, api):
    stranger = shared.comment()
    own = api.create_comment(LOTTE, VIDEO, text="Recept staat in de bio.").data.comment_id
    with pytest.raises(PyTiktokError, match="40001"):
        api.delete_comment(LOTTE, stranger)
    api.delete_comment(LOTTE, own)
    left = api.get_video_comments(LOTTE, VIDEO, comment_ids=[own, stranger]).data.comments
    assert [one.comment_id for one in left] == [stranger]
    with pytest.raises(PyTiktokError, match="40007"):
        api.delete_comment(LOTTE, own)


def test_pinning_is_not_offered(shared, api):
    with pytest.raises(PyTiktokError, match="40008"):
        api.pin_comment(LOTTE, VIDEO, shared.comment())


def test_refresh_keeps_the_refresh_token_and_revoke_ends_everything(start):
    client = start(local_redirects=True)
    api = BusinessAccountApi(
        app_id=APP, app_secret=SECRET, base_url=f"{client.url}/open_api", oauth_redirect_uri=BACK, timeout=10
    )
    api.session.trust_env = False
    first = api.generate_access_token(consent(client)["code"])
    client.post("clock", advance_seconds=40 * 86400)
    with pytest.raises(PyTiktokError, match="40102"):
        api.get_account_data(LOTTE)
    renewed = api.refresh_access_token(first.refresh_token)
    assert renewed.refresh_token == first.refresh_token
    assert renewed.access_token != first.access_token
    assert first.refresh_token_expires_in - renewed.refresh_token_expires_in in range(
        40 * 86400, 40 * 86400 + 60
    )
    api.get_account_data(LOTTE)
    api.revoke_access_token(api.access_token)
    with pytest.raises(PyTiktokError, match="40105"):
        api.get_account_data(LOTTE)
    with pytest.raises(PyTiktokError, match="40107"):
        api.refresh_access_token(first.refresh_token)
    api.session.close()
