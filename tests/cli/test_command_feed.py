"""`goodstanding feed` and `goodstanding registry`."""

import csv
import io
import json
import sqlite3

import pytest
from looking import rows, said

from goodstanding.cli.opening import opened
from goodstanding.usecases import reading, reconcile, snapshots
from goodstanding.usecases.ports.feed import AccountPage, ListedVideo, VideoPage

VIDEO = "7672400000000000101"


@pytest.fixture
def read(copied):
    """The demo's folder after its account was read and its figures captured once."""
    with opened(copied, "") as app:
        ctx = app.ctx
        now = ctx.clock.now()
        account = ctx.store.read(lambda q: q.accounts())[0]
        ctx.store.write(lambda tx: reading.begin(tx, 1, now))
        post = ListedVideo(
            id=VIDEO, published_at=now, caption="=SUM(A1)", comments=1,
            insights={"item_id": VIDEO, "likes": 7, "caption": "=SUM(A1)", "impression_sources": [{"percentage": "0.83"}]},
        )  # fmt: skip
        reading.note_posts(ctx, 1, [post])
        state = snapshots.Progress(day="2026-11-21")
        page = AccountPage(
            business=True, verified=None, followers=9, handle=None, name=None, insights={"followers_count": 9}
        )
        ctx.store.write(
            lambda tx: snapshots.keep_account(ctx, tx, account, page, ("2026-11-01", "2026-11-20"), state)
        )
        posts = VideoPage(videos=(post,), cursor=1, more=False)
        ctx.store.write(lambda tx: snapshots.keep_posts(ctx, tx, account, posts, state))
    return copied


def test_the_status_in_words_and_as_json(gs, read):
    found = said(gs("feed", "status", "--data", read, "--json"))
    assert [(one["account"], one["open_gaps"], one["watched"], one["connected"]) for one in found] == [
        (1, 0, 1, True)
    ]
    assert found[0]["sure_until"] is None
    words = gs("feed", "status", "--data", read)
    assert words.exit_code == 0
    assert "Open gaps: 0" in words.stdout
    assert "not read yet" in words.stdout
    assert "Open gaten: 0" in gs("feed", "status", "--data", read, lang="nl").stdout


def test_an_open_gap_is_a_problem(gs, read):
    with opened(read, "") as app:
        app.ctx.store.write(lambda tx: reconcile.open_gap(tx, 1, VIDEO, "comments", 1))
    done = gs("feed", "status", "--data", read, "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)[0]["open_gaps"] == 1
    assert gs("feed", "status", "--account", 9, "--data", read).exit_code == 2


def test_look_makes_posts_due(gs, read):
    done = gs("feed", "look", "--data", read)
    assert (done.exit_code, done.stdout) == (0, "1 posts are read as soon as the worker runs.\n")


def test_captures_as_table_json_and_csv(gs, read):
    table = gs("feed", "snapshots", "--data", read)
    assert table.exit_code == 0
    assert table.stdout.count("as captured") == 2
    lines = [
        json.loads(line) for line in gs("feed", "snapshots", "--data", read, "--json").stdout.splitlines()
    ]
    assert {one["kind"]: one["insights"] for one in lines}["account"] == {"followers_count": 9}
    found = list(csv.DictReader(io.StringIO(gs("feed", "snapshots", "--data", read, "--csv").stdout)))
    by_kind = {one["kind"]: one for one in found}
    assert (by_kind["video"]["likes"], by_kind["video"]["impression_sources.0.percentage"]) == ("7", "0.83")
    assert by_kind["account"]["likes"] == "", "absent is empty, not zero"
    assert by_kind["video"]["caption"] == "'=SUM(A1)", "no spreadsheet runs what a caption says"
    one = gs("feed", "snapshots", "--data", read, "--subject", VIDEO, "--json").stdout.splitlines()
    assert len(one) == 1
    assert gs("feed", "snapshots", "--data", read, "--csv", "--json").exit_code == 2


def test_a_changed_capture_is_named(gs, read):
    with sqlite3.connect(read / "goodstanding.db") as connection:
        connection.execute("UPDATE snapshot_body SET body = x'00'")
    connection.close()
    done = gs("feed", "snapshots", "--data", read)
    assert done.exit_code == 1
    assert "2 captures are no longer as they were sealed." in done.stderr
    assert "Nothing was captured yet." in gs("feed", "snapshots", "--data", read, "--subject", "none").stdout


def test_the_demo_follows_the_convention(gs, seeded):
    found = said(gs("registry", "list", "--data", seeded, "--json"))
    assert found["campaigns"]
    assert {video["campaign"] for video in found["videos"]} <= {one["id"] for one in found["campaigns"]}
    assert found["campaigns"][0]["id"] in gs("registry", "list", "--data", seeded).stdout


def test_a_campaign_from_adding_to_assigning(gs, copied):
    assert (
        gs(
            "registry",
            "add",
            "2026-11-launch",
            "--title",
            "Launch",
            "--class",
            "sponsored",
            "--approver",
            "lotte",
            "--data",
            copied,
        ).exit_code
        == 0
    )
    done = gs("registry", "assign", VIDEO, "--campaign", "2026-11-launch", "--data", copied)
    assert done.stdout == f"Post {VIDEO}: campaign 2026-11-launch, kind sponsored.\n"
    assert gs("registry", "edit", "2026-11-launch", "--class", "growth", "--data", copied).exit_code == 0
    assert rows(copied, f"SELECT class, campaign FROM video WHERE id = '{VIDEO}'") == [
        ("growth", "2026-11-launch")
    ]
    assert rows(
        copied, "SELECT title, class, approver_id, version FROM campaign WHERE id = '2026-11-launch'"
    ) == [("Launch", "growth", 1, 1)]
    assert said(gs("audit", "verify", "--data", copied, "--json"))["ok"]


@pytest.mark.parametrize(
    ("command", "en", "nl"),
    [
        (("add", "Soup Week", "--title", "x", "--class", "growth"), "Meant perhaps: ", "Misschien bedoeld: "),
        (("add", "!!", "--title", "x", "--class", "growth"), "such as 2026-11-soup-week", "zoals 2026-11-soep-week"),
        (("add", "2026-11-x", "--title", "x", "--class", "growth", "--approver", "nemo"), "is called nemo", "heet nemo"),
        (("edit", "2026-11-none"), "There is no campaign 2026-11-none.", "Er is geen campagne 2026-11-none."),
        (("assign", "1"), "Post 1 is not known.", "Post 1 is niet bekend."),
    ],
)  # fmt: skip
def test_what_is_refused_says_why(gs, copied, command, en, nl):
    for lang, words in (("en", en), ("nl", nl)):
        done = gs("registry", *command, "--data", copied, lang=lang)
        assert done.exit_code == 2
        assert words in done.stderr


def test_a_file_is_taken_in_once_and_bad_rows_are_listed(gs, copied, tmp_path):
    file = tmp_path / "campaigns.csv"
    file.write_text(
        f"video,campaign,class,campaign_title,approver\n{VIDEO},2026-12-pans,sponsored,Pans,Lotte\n99,2026-12-pans,,,\n",
        encoding="utf-8-sig",
    )
    done = gs("registry", "import", file, "--data", copied, "--json")
    assert done.exit_code == 1
    found = json.loads(done.stdout)
    assert (found["campaigns"], found["videos"], [p["line"] for p in found["problems"]]) == (1, 1, [3])
    again = json.loads(gs("registry", "import", file, "--data", copied, "--json").stdout)
    assert (again["campaigns"], again["videos"], again["unchanged"]) == (0, 0, 1)
    words = gs("registry", "import", file, "--data", copied, lang="nl")
    assert "Regel 3: Post 99 is niet bekend." in words.stderr
    file.write_text("a,b\n1,2\n")
    assert gs("registry", "import", file, "--data", copied).exit_code == 2
    assert gs("registry", "import", tmp_path / "none.csv", "--data", copied).exit_code == 3
