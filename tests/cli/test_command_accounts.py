"""`goodstanding accounts`: from an empty folder to a connected account, and back."""

import asyncio
import json

import pytest
from looking import attack, rows, said

from goodstanding.core import capability
from goodstanding.sandbox.server import serving
from goodstanding.sandbox.world import Settings as Box

APP_ID, SECRET = "7412345678901234567", "sandbox-app-secret"
LOTTE, TOKO = "-000SbxLotteKooktOpenId", "-000SbxTokoTehOpenId"
SCOPES = ("comment.list", "message.list.read", "message.list.send", "message.list.manage")


@pytest.fixture(scope="module")
def box():
    with serving(Box(limits=False, local_redirects=True)) as running:
        yield running


@pytest.fixture
def there(gs, tmp_path, box):
    """An installation beside a sandbox: `there("accounts", "list")`."""
    from goodstanding.bootstrap import open_app
    from goodstanding.settings import Settings

    open_app(Settings(data=tmp_path / "data")).close()
    env = {
        "GOODSTANDING_PLATFORM_URL": f"{box.url}/open_api/v1.3", "GOODSTANDING_TIKTOK_CLIENT_ID": APP_ID,
        "GOODSTANDING_TIKTOK_SECRET": SECRET, "GOODSTANDING_PUBLIC_URL": None,
    }  # fmt: skip

    def call(*words, lang="en", **more):
        group, *rest = words
        inside = (
            [group, rest[0], "--data", tmp_path / "data", *rest[1:]]
            if group == "accounts"
            else [group, "--data", tmp_path / "data", *rest]
        )
        return gs(*inside, lang=lang, env=env | more)

    call.folder = tmp_path / "data"
    call.env = env
    return call


def connect(there, box, number=1, open_id=LOTTE):
    """Put tokens in place as the page's way back would."""
    from goodstanding.bootstrap import open_app
    from goodstanding.settings import PlatformSettings, Settings
    from goodstanding.usecases import connecting
    from goodstanding.usecases.ports.connections import Profile, Tokens

    app = open_app(Settings(data=there.folder, platform=PlatformSettings(base=f"{box.url}/open_api/v1.3")))
    grant = box.world.state.grant(open_id=open_id)
    tokens = Tokens(
        access_token=grant.access_token, refresh_token=grant.refresh_token, open_id=open_id, scopes=SCOPES,
        expires_in=86_400, refresh_expires_in=20 * 86_400,
    )  # fmt: skip
    connecting.take(app.ctx, number, tokens, Profile(), who=("system", "test"))
    asyncio.run(app.ctx.platforms["tiktok"].close())
    app.close()


def test_the_choices_are_those_of_the_core():
    from goodstanding.cli import accounts
    from goodstanding.usecases import playbooks

    assert accounts.PROGRAMMES == capability.PROGRAMMES
    assert tuple(playbooks.connect_rules().scopes) == accounts.PERMISSIONS


def test_an_assisted_account_needs_no_app(there):
    assert "No account yet" in there("accounts", "list").output
    made = there("accounts", "add", "@LotteKookt", "--mode", "assisted", "--country", "nl", "--programme", "creator-rewards", GOODSTANDING_TIKTOK_SECRET=None)  # fmt: skip
    assert made.exit_code == 0, made.output
    assert "Account 1 added: @lottekookt." in made.output
    assert "REWARDS-COUNTRY" in made.output and "accounts connect" not in made.output
    listed = said(there("accounts", "list", "--json"))
    assert [(a["handle"], a["mode"], a["country"], a["programmes"]) for a in listed] == [
        ("lottekookt", "assisted", "NL", ["creator-rewards"])
    ]
    assert "geen verbinding nodig" in there("accounts", "list", lang="nl").output


def test_show_says_each_feature_with_rule_source_and_date(there, box):
    there("accounts", "add", "lottekookt", "--country", "NL", "--type", "business")
    connect(there, box)
    found = said(there("accounts", "show", "lottekookt", "--json"))
    by_name = {f["feature"]: f for f in found["features"]}
    assert by_name["comments.read"]["on"] and not by_name["comments.reply"]["on"]
    assert by_name["messages.send"]["why"][-1] == {"code": "COUNTRY", "rule": "TT-DM-3", "detail": "NL"}
    assert all(f["rule"] and f["source"] and f["date"] == "2026-11-21" for f in found["features"])
    assert [n["code"] for n in found["notices"]] == ["ENDS_SOON"]
    plain = there("accounts", "show", "1", lang="nl").output
    assert "Privéberichten sturen" in plain and "TT-DM-3" in plain and "loopt af op" in plain
    assert {one["feature"] for one in found["idle_rules"]} == {"comments.reply", "comments.hide"}
    assert "doet hier niets: comments.reply" in plain
    stored = json.dumps(found)
    assert "act." not in stored and "rft." not in stored


def test_show_check_learns_what_tiktok_says(there, box):
    there("accounts", "add", "lottekookt", "--country", "NL")
    connect(there, box)
    found = said(there("accounts", "show", "1", "--check", "--json"))
    assert (found["type"], found["followers"], found["verified"]) == ("personal", 48210, False)
    assert {"comments.reply", "comments.hide"} <= set(found["on"])


def test_a_link_for_the_creator(there):
    there("accounts", "add", "lottekookt")
    made = said(there("accounts", "connect", "1", "--public-url", "https://desk.example/", "--json"))
    assert made["url"].startswith("https://desk.example/connect/1.")
    refused = there("accounts", "connect", "1")
    assert (refused.exit_code, "--public-url" in refused.stderr) == (2, True)
    refused = there("accounts", "connect", "1", "--public-url", "https://desk.example:8443")
    assert (refused.exit_code, "port" in refused.stderr) == (2, True)
    refused = there(
        "accounts", "connect", "1", "--public-url", "https://desk.example", GOODSTANDING_TIKTOK_SECRET=None
    )
    assert (refused.exit_code, "no credentials" in refused.stderr) == (2, True)


def test_revoke_kill_and_release(there, box):
    there("accounts", "add", "lottekookt", "--country", "NL")
    connect(there, box)
    away = there("accounts", "revoke", "1", GOODSTANDING_PLATFORM_URL="http://127.0.0.1:9/open_api/v1.3")
    assert (away.exit_code, "Nothing was changed" in away.stderr) == (3, True)
    assert "is stopped" in there("accounts", "kill", "lottekookt").output
    assert said(there("accounts", "list", "--json"))[0]["stopped"]
    assert "is released" in there("accounts", "release", "lottekookt").output
    done = there("accounts", "revoke", "1")
    assert (done.exit_code, "is ended" in done.output) == (0, True)
    assert rows(there.folder, "SELECT credentials, killed FROM account") == [(None, 1)]
    assert there("accounts", "show", "99").exit_code == 2


def test_a_deletion_is_dated_and_put_off_with_a_reason(there, box):
    there("accounts", "add", "lottekookt", "--country", "NL")
    nothing = there("accounts", "postpone", "1", "--days", "30", "--reason", "an appeal")
    assert (nothing.exit_code, "No deletion is planned" in nothing.output) == (2, True)
    connect(there, box)
    there("accounts", "revoke", "1")
    before = said(there("accounts", "show", "1", "--json"))["delete_after"]
    assert "data of commenters kept until" in there("accounts", "show", "1").output
    wrong = there("accounts", "postpone", "1", "--days", "900", "--reason", "an appeal", lang="nl")
    assert (wrong.exit_code, "Geef 1 tot 90 dagen." in wrong.output) == (2, True)
    done = there("accounts", "postpone", "1", "--days", "60", "--reason", "an appeal")
    assert (done.exit_code, "Put off" in done.output) == (0, True), done.output
    shown = said(there("accounts", "show", "1", "--json"))
    assert shown["delete_after"] > before and shown["deleted"] is None


def test_changing_facts_and_wrong_ones(there):
    there("accounts", "add", "lottekookt", "--country", "NL")
    assert (
        there(
            "accounts", "change", "1", "--country", "ID", "--type", "business", "--mode", "sandbox"
        ).exit_code
        == 0
    )
    found = said(there("accounts", "show", "1", "--json"))
    assert (found["country"], found["type"], found["mode"]) == ("ID", "business", "sandbox")
    wrong = there("accounts", "change", "1", "--country", "Nergens", lang="nl")
    assert (wrong.exit_code, "is geen land" in wrong.stderr) == (2, True)
    wrong = there("accounts", "add", "not a handle")
    assert (wrong.exit_code, "2 to 24 letters" in wrong.stderr) == (2, True)
    wrong = there("accounts", "change", "1", "--zone", "Mars/Base", "--country", "BR")
    assert wrong.exit_code == 2
    assert said(there("accounts", "show", "1", "--json"))["country"] == "ID"


def entries(folder):
    """All sealed entries of an installation."""
    from goodstanding.bootstrap import open_app
    from goodstanding.settings import Settings

    app = open_app(Settings(data=folder))
    rows = app.ctx.store.read(lambda q: q.audit_newest(before=2**62, limit=100))
    app.close()
    return [json.loads(row.body) for row in rows]


def test_webhooks_are_pointed_here_once_and_that_is_sealed(there):
    before = there("accounts", "webhooks", "--json")
    assert {one["category"] for one in said(before)} >= {"COMMENT", "VIDEO"}
    refused = there("accounts", "webhooks", "--set", "--public-url", "http://127.0.0.1")
    assert refused.exit_code == 2
    pointed = there("accounts", "webhooks", "--set", "--public-url", "https://127.0.0.1/")
    assert pointed.exit_code == 0, pointed.output
    assert "COMMENT: https://127.0.0.1/hook/tiktok" in pointed.output
    there("accounts", "webhooks", "--set", "--public-url", "https://127.0.0.1")
    assert {one["url"] for one in said(there("accounts", "webhooks", "--json"))} == {
        "https://127.0.0.1/hook/tiktok"
    }
    rows = entries(there.folder)
    sealed = [row["body"] for row in rows if row["body"].get("act") == "webhook"]
    assert sorted(body["category"] for body in sealed) == sorted(one["category"] for one in said(before))
    assert SECRET not in json.dumps(rows)


def test_the_app_is_kept_without_its_secret_on_the_command_line(gs, tmp_path):
    from click.testing import CliRunner

    from goodstanding.cli import main

    none = {"GOODSTANDING_TIKTOK_SECRET": None, "GOODSTANDING_LANG": "en"}
    asked = gs("accounts", "app", "--data", tmp_path / "d")
    assert "companies only" in asked.output and "no credentials" in asked.output
    done = CliRunner(env=none).invoke(
        main, ["accounts", "app", "--data", str(tmp_path / "d"), "--client-id", "abcdef", "--secret-stdin", "--permission", "messaging"],
        input="a-secret-value\n",
    )  # fmt: skip
    assert (done.exit_code, "a-secret-value" in done.output) == (0, False)
    assert "client id abcdef" in gs("accounts", "app", "--data", tmp_path / "d").output
    assert rows(tmp_path / "d", "SELECT client_id, permissions FROM platform_app") == [
        ("abcdef", "accounts messaging")
    ]
    assert b"a-secret-value" not in (tmp_path / "d" / "goodstanding.db").read_bytes()
    wrong = gs("accounts", "app", "--data", tmp_path / "d", "--client-id", "a b", "--secret-stdin")
    assert (wrong.exit_code, "no client id" in wrong.stderr) == (2, True)


def test_doctor_names_a_connection_that_is_gone(gs, copied):
    attack(copied, "UPDATE connection SET state = 'removed', removed_at = 1790000000000, removed_code = '4'")
    found = [
        f for f in said(gs("doctor", "--data", copied, "--json")) if f["what"] == "connections of accounts"
    ]
    assert [f["state"] for f in found] == ["wrong"]
    assert "TikTok banned the account" in found[0]["detail"]
    assert found[0]["fix"] == "goodstanding accounts connect 1"


def test_the_demo_is_connected_as_a_personal_dutch_account(gs, copied):
    found = said(gs("accounts", "show", "1", "--data", copied, "--json"))
    assert (found["state"], found["type"], found["country"]) == ("connected", "personal", "NL")
    assert {"comments.reply", "comments.hide"} <= set(found["on"])
    assert "MESSAGES-REGION" in [c["id"] for c in found["conflicts"]]


def test_tiktoks_own_automatic_messages_are_listed_or_the_reason_is_said(there, box):
    there("accounts", "add", "tokoteh", "--country", "NL", "--type", "business")
    connect(there, box, open_id=TOKO)
    closed = there("accounts", "auto-messages", "tokoteh")
    assert (
        closed.exit_code == 0
        and "cannot be seen for @tokoteh" in closed.output
        and "TT-DM-3" in closed.output
    )
    there("accounts", "change", "tokoteh", "--country", "ID")
    empty = said(there("accounts", "auto-messages", "tokoteh", "--json"))
    assert (empty["on"], [len(k["messages"]) for k in empty["kinds"]]) == (True, [0, 0, 0])
    box.world.automation.create(TOKO, "WELCOME_MESSAGE", {"content": "Selamat datang!"})
    box.world.automation.create(TOKO, "CHAT_PROMPT", {"title": "Harga", "content": "Berapa harganya?"})
    shown = there("accounts", "auto-messages", "tokoteh", lang="nl")
    assert "TikTok beoordeelt het nog: Selamat datang!" in shown.output
    assert "Harga: Berapa harganya?" in shown.output and "geen" in shown.output
    found = said(there("accounts", "auto-messages", "tokoteh", "--json"))["kinds"]
    assert found[0]["messages"][0]["audit"] == "REVIEWING"
    away = there(
        "accounts", "auto-messages", "tokoteh", GOODSTANDING_PLATFORM_URL="http://127.0.0.1:9/open_api/v1.3"
    )
    assert (away.exit_code, "Nothing was changed" in away.stderr) == (3, True)
