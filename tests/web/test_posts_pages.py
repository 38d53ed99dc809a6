"""Pages of an account's posts, of the app's level, and sending a picture in a conversation."""

import pytest
import world as worlds
from talk_pages import Phone

from goodstanding.kernel.timing import SECOND
from goodstanding.usecases import apps, connections, pictures, playbooks, publishing
from goodstanding.usecases.context import person
from goodstanding.usecases.ports.feed import (
    Mention,
    MentionPage,
    PublishStatus,
    ReadFailedError,
    VideoSettings,
)
from goodstanding.usecases.ports.publishing import Publication

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40
SCOPES = "comment.list video.list video.publish biz.brand.insights"


@pytest.fixture
def world(tmp_path):
    made = worlds.World(tmp_path / "data")
    made.owner()
    yield made
    made.close()


@pytest.fixture
def client(world):
    return worlds.Client(world).sign_in()


def grant(world, **more):
    def work(tx):
        account = tx.accounts()[0]
        before = connections.ensured(world.ctx, tx, account)
        changes = {
            "state": "connected",
            "scopes": SCOPES,
            "account_type": "business",
            "country": "ID",
            **more,
        }
        connections.change(world.ctx, tx, account, before, changes, who=person(1), act="test", body={})

    world.ctx.store.write(work)


class Asked:
    """What TikTok answers in these tests."""

    async def video_settings(self, account):
        return VideoSettings(
            privacy_levels=("PUBLIC_TO_EVERYONE",),
            comment_disabled=False,
            duet_disabled=True,
            seconds_max=600,
        )

    async def mention_page(self, account, *, days, cursor=0):
        one = Mention(
            video_id="1",
            published_at=worlds.START,
            caption="Kijk dit",
            url="javascript:alert(1)",
            insights={},
        )
        return MentionPage(mentions=(one,), cursor=0, more=True)

    async def publish_status(self, account, publish_id):
        return PublishStatus(status="FAILED", reason="frame_rate_check_failed", post_ids=())


def answers(world, monkeypatch, source):
    for name in ("video_settings", "mention_page", "publish_status"):
        monkeypatch.setattr(world.ctx.platforms["tiktok"], name, getattr(source, name))


def test_what_the_account_may_not_do_is_said_with_rule_source_and_date(client):
    page = client.get("/accounts/1/posts")
    assert page.status == 200
    assert "Publish videos and photos: off for this account." in page.words
    assert "Mentions by others: off for this account." in page.words
    assert "TT-MENTION-1" in page.words and "2026-11-21" in page.words
    assert "Ask TikTok now" not in page.words
    assert "No post is on its way." in page.words


def test_a_publication_is_followed_asked_and_its_failure_told_in_words(world, client, monkeypatch):
    grant(world)
    answers(world, monkeypatch, Asked())
    page = client.follow(client.post("/accounts/1/posts", publication="p_1234"))
    assert "Followed." in page.words and "nothing told yet" in page.words
    assert "Not asked yet." in page.words
    page = client.get("/accounts/1/posts?ask=1")
    assert "failed" in page.words and "TikTok does not take this number of frames a second." in page.words
    assert "Asked at TikTok just now." in page.words
    assert (
        "Duet switched off" in page.words
        and "Stitch not told" in page.words
        and "Comments allowed" in page.words
    )
    assert "Kijk dit" in page.words and "javascript:" not in page.text
    assert "There are more" in page.words


def test_dutch_words(world, monkeypatch):
    grant(world)
    answers(world, monkeypatch, Asked())
    client = worlds.Client(world, language="nl").sign_in()
    publishing.watch(world.ctx, 1, "p_1234", who=person(1))
    page = client.get("/accounts/1/posts?ask=1")
    assert "TikTok neemt dit aantal beelden per seconde niet aan." in page.words
    assert "Vermeldingen" in page.words


def test_a_bad_name_and_an_unknown_account_are_refused(world, client):
    grant(world)
    page = client.post("/accounts/1/posts", publication="a b")
    assert page.status == 422
    assert "no publish_id" in page.words and 'value="a b"' in page.text
    assert client.get("/accounts/9/posts").status == 404
    assert client.post("/accounts/9/posts", publication="p_1234").status == 404


def test_what_tiktok_does_not_tell_is_said_beside_the_rest(world, client, monkeypatch):
    class Silent(Asked):
        async def video_settings(self, account):
            raise ReadFailedError("wait", "PACE", SECOND)

        async def mention_page(self, account, *, days, cursor=0):
            raise ReadFailedError("capability", "40001")

    grant(world)
    answers(world, monkeypatch, Silent())
    page = client.get("/accounts/1/posts?ask=1")
    assert "TikTok did not tell everything" in page.words
    assert "TikTok's limit is reached" in page.words
    assert "Mentions by others: off for this account." in page.words, (
        "TikTok said no, so it is off from now on"
    )
    assert "Mentions by others" in client.get("/accounts/1").words


def test_a_post_shows_the_publication_it_came_from(world, client):
    row = Publication(
        account_id=1, publish_id="p_old", status="NO_LONGER_PUBLICLY_AVAILABLE", reason="", post_id="7672400000000000101",
        first_at=worlds.START, told_at=worlds.START, next_at=1 << 52, asks=1, trouble="",
    )  # fmt: skip
    world.ctx.store.write(lambda tx: tx.put_publication(row))
    page = client.get("/accounts/1/posts")
    assert "Keuken, dag 3 no longer publicly visible" in page.words
    assert "listed by TikTok" in page.words


def test_the_level_of_the_app_is_stated_sealed_and_warned_about(world, client):
    page = client.get("/accounts/app")
    assert "TikTok grants a level; choosing it here does not." in page.words
    page = client.follow(client.post("/accounts/app/level", level="premium"))
    assert "Saved." in page.words
    assert world.ctx.store.read(lambda q: apps.level(q, "tiktok")) == "premium"
    assert '<option value="premium" selected' in page.text
    assert client.post("/accounts/app/level", level="platinum").status == 422
    assert world.ctx.store.read(lambda q: apps.level(q, "tiktok")) == "premium"
    assert client.get("/accounts/app/level").status == 303
    log = client.get("/audit").words
    assert "account" in log.lower()


# --- pictures ---


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "PICTURE_NONE"), (b"GIF89a", "PICTURE_TYPE"), (PNG + b"\x00" * 3_000_000, "PICTURE_SIZE"), (b"<svg/>", "PICTURE_TYPE")],
)  # fmt: skip
def test_what_tiktok_takes_no_picture_of_is_refused_before_any_call(content, code):
    with pytest.raises(pictures.PictureError) as error:
        pictures.check(content)
    assert error.value.code == code
    if code in ("PICTURE_SIZE", "PICTURE_TYPE"):
        assert error.value.fields["source"] == playbooks.picture_rules().source


def test_types_go_by_their_bytes():
    assert pictures.check(PNG) == "image/png"
    assert pictures.check(b"\xff\xd8\xff\xe0" + b"\x00" * 20) == "image/jpeg"


def a_form(client, content, *, token=None, name="cat.png"):
    """The body of a form with a file, as a browser sends it."""
    token = client.jar["gs_csrf"] if token is None else token
    head = '--edge\r\nContent-Disposition: form-data; name="_csrf_token"\r\n\r\n' + token + "\r\n"
    file = f'--edge\r\nContent-Disposition: form-data; name="picture"; filename="{name}"\r\nContent-Type: image/png\r\n\r\n'
    return head.encode() + file.encode() + content + b"\r\n--edge--\r\n"


def hand_in(client, event, content, **more):
    body = a_form(client, content, **more)
    headers = [("content-type", "multipart/form-data; boundary=edge"), ("content-length", str(len(body)))]
    return client.request("POST", f"/message/{event.id}/picture", body=body, headers=headers)


@pytest.fixture
def talk(world, client):
    phone = Phone(world)
    phone.uploads = []

    async def upload(account, media_type, content):
        phone.uploads.append((media_type, content))
        return "media-7"

    phone.platform.upload_picture = upload
    phone.writes("Heb je een foto?")
    world.ctx.store.write(lambda tx: tx.change_account(1, {"credentials": b"x"}))
    return phone


def test_a_picture_goes_to_tiktok_and_through_the_outbox(client, talk):
    event = talk.messages()[0]
    page = client.get(f"/comment/{event.id}")
    assert "Or send a picture, without text" in page.words and "3,000,000 bytes" in page.words
    page = client.follow(hand_in(client, event, PNG))
    assert "Approved. It leaves in 8 seconds." in page.words
    assert "A picture." in page.words and "media-7" not in page.words
    assert talk.uploads == [("image/png", PNG)]
    assert talk.sent == [], "it waits for the outbox as everything else"
    talk.flow()
    permit = next(p for p in talk.sent if p.content is not None and p.content.kind == "image")
    assert permit.outgoing.text == "media-7" and permit.outgoing.approved_by is not None


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "Choose a picture first."), (b"GIF89a", "That is no JPG or PNG"), (PNG + b"0" * 3_000_000, "larger than the 3,000,000 bytes")],
)  # fmt: skip
def test_a_wrong_picture_is_refused_in_words_with_number_and_source(client, talk, content, words):
    page = client.follow(hand_in(client, talk.messages()[0], content))
    assert words in page.words
    if content:
        assert "document 1832184437720193, read on 2026-11-21" in page.words
    assert talk.uploads == []


def test_a_form_of_somebody_else_hands_nothing_in(client, talk):
    answer = hand_in(client, talk.messages()[0], PNG, token="forged")
    assert answer.status == 403
    assert talk.uploads == []


def test_where_messages_are_closed_no_picture_is_handed_over(world, client, talk):
    world.ctx.store.write(lambda tx: tx.change_account(1, {"can_message": False}))
    event = talk.messages()[0]
    assert "Send the picture" not in client.get(f"/comment/{event.id}").words
    page = client.follow(hand_in(client, event, PNG))
    assert "send the picture in the app" in page.words
    assert talk.uploads == []


@pytest.mark.parametrize(
    ("kind", "words"), [("wait", "try again later"), ("refused", "TikTok refused the picture")]
)
def test_what_tiktok_answers_is_told_and_nothing_is_planned(world, client, talk, kind, words):
    async def no(account, media_type, content):
        raise ReadFailedError(kind, "40908")

    talk.platform.upload_picture = no
    event = talk.messages()[0]
    before = len(world.ctx.store.read(lambda q: q.outgoing_of_event(event.id)))
    assert words in client.follow(hand_in(client, event, PNG)).words
    assert len(world.ctx.store.read(lambda q: q.outgoing_of_event(event.id))) == before
