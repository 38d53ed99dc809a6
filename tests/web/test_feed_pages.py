"""The pages of the feed and of the registry, and the acts of a person on a comment."""

import json

import pytest
from feed_data import VIDEOS, fill
from test_pages import in_language, well_formed
from world import Client, World

from goodstanding.usecases import incidents, registry, snapshots
from goodstanding.usecases.ports.feed import ClickResult

PAGES = {
    "/feed": ("What webhooks missed", "Wat webhooks misten"),
    "/feed/captures": ("Once a day every figure", "Eens per dag wordt elk cijfer"),
    "/feed/captures?account=1&subject=7672400000000000101": ("Captured figures", "Vastgelegde cijfers"),
    "/registry": ("Campaigns", "Campagnes"),
    "/registry?account=1&from=50": ("Add a campaign", "Een campagne toevoegen"),
    "/registry/campaign/1/2026-09-soup-week": ("Approver", "Goedkeurder"),
    "/audit?kind=label": ("Campaign added", "Campagne toegevoegd"),
    "/audit?kind=event": ("Figures were captured", "Cijfers zijn vastgelegd"),
}


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    """An installation whose account was read for a while."""
    made = World(tmp_path_factory.mktemp("read"), comments=60)
    made.owner()
    made.captures = fill(made)
    yield made
    made.close()


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    made = World(tmp_path_factory.mktemp("bare"), account=False)
    made.owner()
    yield made
    made.close()


@pytest.mark.parametrize("lang", ["en", "nl"])
@pytest.mark.parametrize("path", PAGES)
def test_with_data(read, path, lang):
    answer = in_language(read, lang).get(path)
    well_formed(answer, lang)
    assert PAGES[path][lang == "nl"] in answer.words


def test_messages_have_a_meter_of_their_own(read, bare):
    words = in_language(read, "nl").get("/feed").words
    assert "Berichten zeker tot" in words and "Er is meer gezegd dan TikTok laat zien" in words
    assert "77" in words and "1.234" in words
    assert "Berichten zeker tot" not in in_language(bare, "nl").get("/feed").words


@pytest.mark.parametrize("lang", ["en", "nl"])
@pytest.mark.parametrize("path", ["/feed", "/feed/captures", "/registry"])
def test_without_an_account(bare, path, lang):
    answer = in_language(bare, lang).get(path)
    well_formed(answer, lang)


@pytest.mark.parametrize(
    "path", ["/feed/captures/999999", "/registry/campaign/1/none", "/registry/campaign/9/2026-09-soup-week"]
)
def test_what_is_not_there(read, path):
    assert Client(read).sign_in().get(path).status == 404


def test_the_gap_meter_shows_its_figures(read):
    words = Client(read).sign_in().get("/feed").words
    for expected in (
        "Open gaps 1",
        "Posts watched 2",
        "Never came 3",
        "Came after all 2",
        "Duplicates dropped 1,234",
        "Found late by reading 5",
    ):
        assert expected in words
    assert "Reading everything broke off" in words
    assert "TikTok hid 1 reply of ours without saying so." in words


def test_a_capture_shows_its_figures_and_that_it_is_whole(read):
    number = next(
        one.id for one in read.ctx.store.read(lambda q: q.snapshots(1, limit=9)) if one.kind == "video"
    )
    answer = Client(read).sign_in().get(f"/feed/captures/{number}")
    well_formed(answer, "en")
    assert "As it was captured" in answer.words
    assert "74.20" in answer.words
    assert "lead_submissions" not in answer.words


def test_a_capture_that_was_changed_says_so(tmp_path):
    import sqlite3

    made = World(tmp_path)
    made.owner()
    number = fill(made)[0]
    with sqlite3.connect(made.app.settings.database_file) as connection:
        connection.execute("UPDATE snapshot_body SET body = x'00'")
    connection.close()
    me = Client(made).sign_in()
    assert "Do not use these figures as evidence." in me.get(f"/feed/captures/{number}").words
    assert "Changed since" in me.get("/feed/captures").words
    made.close()


def test_read_now_makes_every_post_due(read):
    me = Client(read).sign_in()
    answer = me.follow(me.post("/feed/1/look"))
    assert "Every post is read in the next minutes." in answer.words
    assert me.post("/feed/9/look").status == 404
    now = read.ctx.clock.now()
    assert len(read.ctx.store.read(lambda q: q.watches_due(now, 9))) == 4, "the messages too"


def test_figures_for_prometheus(read):
    text = Client(read).get("/metrics").text
    for line in (
        'goodstanding_feed{account="1",figure="open_gaps"} 1.0', 'goodstanding_feed{account="1",figure="never_came"} 3.0',
        'goodstanding_feed{account="1",figure="duplicates"} 1234.0', 'goodstanding_feed{account="1",figure="hidden_replies"} 1.0',
    ):  # fmt: skip
        assert line in text
    assert 'goodstanding_feed_sure_age_seconds{account="1"}' in text


def test_a_comment_points_to_its_posts_campaign(read):
    events = read.ctx.store.read(lambda q: q.events([d.event_id for d in q.decisions(after=0, limit=99)]))
    one = next(e for e in events.values() if e.video_id == VIDEOS[0])
    answer = Client(read).sign_in().get(f"/comment/{one.id}")
    assert "The post is sponsored · campaign 2026-09-soup-week · approver Lotte" in answer.words
    well_formed(answer, "en")


# --- the registry ---


@pytest.fixture
def own(tmp_path):
    made = World(tmp_path)
    made.owner()
    yield made
    made.close()


def campaign(own, name="2026-11-launch"):
    return own.ctx.store.read(lambda q: q.campaign(1, name))


def video(own, number=0):
    return next(v for v in own.ctx.store.read(lambda q: q.videos(1)) if v.id == VIDEOS[number])


def test_a_campaign_is_added_edited_and_its_posts_follow(own):
    me = Client(own).sign_in()
    answer = me.follow(
        me.post(
            "/registry/campaign",
            account=1,
            id="2026-11-launch",
            title="Launch",
            **{"class": "rewarded"},
            approver=1,
        )
    )
    assert "The campaign was added." in answer.words
    assert (campaign(own).campaign_class, campaign(own).approver_id) == ("rewarded", 1)
    me.follow(
        me.post(
            "/registry/video", account=1, video=VIDEOS[0], campaign="2026-11-launch", **{"class": "rewarded"}
        )
    )
    assert (video(own).campaign, video(own).video_class) == ("2026-11-launch", "rewarded")
    me.follow(
        me.post(
            "/registry/campaign/1/2026-11-launch",
            version=0,
            title="Launch 2",
            **{"class": "sponsored"},
            approver="",
        )
    )
    assert (campaign(own).title, campaign(own).approver_id, video(own).video_class) == (
        "Launch 2",
        None,
        "sponsored",
    )
    stale = me.follow(
        me.post(
            "/registry/campaign/1/2026-11-launch", version=0, title="Late", **{"class": "growth"}, approver=""
        )
    )
    assert "Somebody else decided first" in stale.words
    rows = own.ctx.store.read(lambda q: q.audit_newest(before=10**9, limit=50, kind="label"))
    acts = [json.loads(r.body)["body"]["act"] for r in rows]
    assert acts == ["campaign-changed", "video-assigned", "campaign-added"]


@pytest.mark.parametrize("lang", ["en", "nl"])
def test_a_wrong_id_says_what_would_be_right_and_keeps_what_was_filled_in(own, lang):
    me = in_language(own, lang)
    answer = me.post(
        "/registry/campaign",
        account=1,
        id="Soup Week!",
        title="Soep & meer",
        **{"class": "growth"},
        approver="",
    )
    assert answer.status == 422
    month = registry.month_of(own.ctx.clock.now())
    assert f"{month}-soup-week" in answer.words
    assert 'value="Soep &amp; meer"' in answer.text
    assert ("does not follow the convention" if lang == "en" else "volgt de afspraak niet") in answer.words
    assert own.ctx.store.read(lambda q: q.campaigns(1)) == []


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"class": "both"}, "Choose a kind"), ({"title": " "}, "A title has"), ({"approver": "77"}, "Nobody of that name"),
        ({"title": "x" * 130}, "A title has"),
    ],
)  # fmt: skip
def test_a_campaign_that_is_not_right_is_not_added(own, fields, words):
    filled = {"account": 1, "id": "2026-11-x", "title": "X", "class": "growth", "approver": ""} | fields
    answer = Client(own).sign_in().post("/registry/campaign", **filled)
    assert answer.status == 422
    assert words in answer.words


def test_a_post_takes_one_kind_only(own):
    me = Client(own).sign_in()
    me.post(
        "/registry/campaign",
        account=1,
        id="2026-11-launch",
        title="Launch",
        **{"class": "rewarded"},
        approver="",
    )
    answer = me.follow(
        me.post(
            "/registry/video", account=1, video=VIDEOS[0], campaign="2026-11-launch", **{"class": "sponsored"}
        )
    )
    assert "A post is of its campaign's kind." in answer.words
    assert video(own).campaign == ""


def test_a_pasted_list_takes_good_rows_and_lists_bad_ones(own):
    me = Client(own).sign_in()
    text = (
        "Video,Campaign,Class,Campaign_title,Approver\n"
        f"{VIDEOS[0]},2026-11-launch,rewarded,Launch,Lotte\n"
        f"{VIDEOS[1]},2026-11-launch,sponsored,,\n"
        "999,2026-11-launch,rewarded,,\n"
        f"{VIDEOS[1]},Soup week,growth,,\n"
        f'{VIDEOS[1]},,growth,"a, b",nobody here\n'
    )
    answer = me.post("/registry/import", account=1, csv=text)
    assert answer.status == 422
    for line in ("Line 3", "Line 4", "Line 5"):
        assert line in answer.words
    assert "1 campaign was added" in answer.words
    assert "2026-11-soup-week" not in answer.words or "Meant perhaps" in answer.words
    assert (video(own).campaign, video(own, 1).video_class) == ("2026-11-launch", "growth")
    assert campaign(own).approver_id == 1
    again = me.post("/registry/import", account=1, csv=text)
    assert "0 posts were assigned, 0 campaigns were added, 2 rows changed nothing" in again.words


# --- a person's acts ---


class Clicks:
    def __init__(self, world, result):
        self.world, self.calls, self.result = world, [], result
        world.ctx.platforms["tiktok"].click = self

    async def __call__(self, permit):
        attempts = self.world.ctx.store.read(lambda q: q.audit_newest(before=10**9, limit=1))
        assert attempts[0].kind == "attempt", "the attempt is sealed before the call"
        self.calls.append((permit.act, permit.comment_id, permit.text, permit.person_id))
        if isinstance(self.result, Exception):
            raise self.result
        return self.result


@pytest.fixture
def clicking(tmp_path):
    made = World(tmp_path, comments=20)
    made.owner()
    made.ctx.store.write(lambda tx: tx.change_account(1, {"credentials": b"x"}))
    made.clicks = Clicks(made, ClickResult(state="done"))
    made.event = made.ctx.store.read(lambda q: q.decisions(after=0, limit=1))[0].event_id
    yield made
    del made.ctx.platforms["tiktok"].click
    made.close()


def test_a_like_is_a_persons_and_sealed(clicking):
    me = Client(clicking).sign_in()
    answer = me.follow(me.post(f"/comment/{clicking.event}/click/like", back=f"/comment/{clicking.event}"))
    assert "Done on TikTok." in answer.words
    target = clicking.ctx.store.read(lambda q: q.event(clicking.event)).external_id
    assert clicking.clicks.calls == [("like", target, "", 1)]
    rows = clicking.ctx.store.read(lambda q: q.audit_of_event(clicking.event))[-2:]
    sealed = [
        (json.loads(r.body)["kind"], json.loads(r.body)["actor"], json.loads(r.body)["body"]["act"])
        for r in rows
    ]
    assert sealed == [(kind, {"id": "1", "type": "person"}, "like") for kind in ("attempt", "result")]
    assert "Like" in answer.words


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (ClickResult(state="failed", code="40001"), "TikTok refused"), (ClickResult(state="unknown"), "it may have happened"),
        (ClickResult(state="later"), "try again later"), (RuntimeError("x"), "it may have happened"),
    ],
)  # fmt: skip
def test_what_became_of_a_click_is_said(clicking, result, words):
    clicking.clicks.result = result
    me = Client(clicking).sign_in()
    assert words in me.follow(me.post(f"/comment/{clicking.event}/click/like", back="/comments")).words


def test_a_click_is_refused_where_nothing_may_be_done(clicking):
    me = Client(clicking).sign_in()

    def said(act="like"):
        return me.follow(me.post(f"/comment/{clicking.event}/click/{act}", back="/comments")).words

    assert "Only a comment of our own can be deleted" in said("delete")
    freeze, _ = incidents.freeze(clicking.ctx, reason="x", who=("person", "1"))
    assert "Frozen, so nothing is done" in said()
    incidents.lift(clicking.ctx, freeze.id, who=("person", "1"))
    clicking.ctx.store.write(lambda tx: tx.change_account(1, {"killed": True}))
    assert "This account is stopped" in said()
    clicking.ctx.store.write(lambda tx: tx.change_account(1, {"killed": False, "credentials": None}))
    assert "not connected to TikTok" in said()
    assert me.post(f"/comment/{clicking.event}/click/comment").status == 404
    assert "no longer there" in me.follow(me.post("/comment/999999/click/like", back="/comments")).words
    assert clicking.clicks.calls == []


def test_a_person_writes_under_an_own_post(clicking):
    me = Client(clicking).sign_in()
    clicking.clicks.result = ClickResult(state="done", provider_ref="77")
    answer = me.follow(me.post(f"/registry/video/1/{VIDEOS[0]}/comment", text="Fijn dat jullie er zijn!"))
    assert "Done on TikTok." in answer.words
    assert clicking.clicks.calls == [("comment", "", "Fijn dat jullie er zijn!", 1)]
    assert "empty or too long" in me.follow(me.post(f"/registry/video/1/{VIDEOS[0]}/comment", text=" ")).words
    assert (
        "empty or too long"
        in me.follow(me.post(f"/registry/video/1/{VIDEOS[0]}/comment", text="x" * 1201)).words
    )
    assert len(clicking.clicks.calls) == 1


def test_nobody_clicks_without_signing_in(clicking):
    stranger = Client(clicking)
    assert stranger.post(f"/comment/{clicking.event}/click/like").status in (303, 403)
    assert clicking.clicks.calls == []


def test_captures_are_read_in_pages(own):
    fill(own)
    account = own.ctx.store.read(lambda q: q.accounts())[0]
    from goodstanding.usecases.ports.feed import ListedVideo, VideoPage

    for day in range(1, 66):
        post = ListedVideo(
            id=VIDEOS[0], published_at=own.ctx.clock.now(), caption="", comments=None, insights={"likes": day}
        )
        page, state = (
            VideoPage(videos=(post,), cursor=1, more=False),
            snapshots.Progress(day=f"2026-07-{day:02}"),
        )
        own.ctx.store.write(
            lambda tx, page=page, state=state: snapshots.keep_posts(own.ctx, tx, account, page, state)
        )
    me = Client(own).sign_in()
    first = me.get("/feed/captures?account=1")
    assert "Look further back" in first.words
    before = first.text.split("before=")[1].split('"')[0]
    assert "2026-07-01" in me.get(f"/feed/captures?account=1&before={before}").words
