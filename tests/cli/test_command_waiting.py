"""`goodstanding accounts waiting` and `secrets`: what they say, decide and refuse; and who may read the figures."""

import pytest
from click.testing import CliRunner
from looking import rows, said

from goodstanding.cli import main
from tests import support


def end(folder, *, waits=2):
    """Let something wait for account 1, and then take its authorisation away."""
    from goodstanding.bootstrap import open_app
    from goodstanding.settings import Settings
    from goodstanding.usecases import connections

    app = open_app(Settings(data=folder))

    def work(tx):
        account = connections.account_of(tx, 1)
        events = [row.event_id for row in tx.decisions(after=0, limit=waits, account_id=1)]
        first = tx.ids("outgoing", waits)
        tx.add_outgoing(
            [support.outgoing(first + n, event_id=one, ordinal=9) for n, one in enumerate(events)]
        )
        connections.ensured(app.ctx, tx, account)
        connections.removed(app.ctx, tx, account, code="1", who=("platform", "tiktok"))

    app.ctx.store.write(work)
    app.close()


def test_what_waited_is_told_and_let_go(gs, copied):
    assert "Nothing waits" in gs("accounts", "waiting", "1", "--data", copied).output
    end(copied)
    told = said(gs("accounts", "waiting", "1", "--data", copied, "--json"))
    assert (told["waiting"] >= 2, told["fresh"], told["connected"]) == (True, 0, False)
    assert (
        "De toestemming van dit account eindigde op"
        in gs("accounts", "waiting", "1", "--data", copied, lang="nl").output
    )
    refused = gs("accounts", "waiting", "1", "--plan", "--data", copied)
    assert (refused.exit_code, "First connect the account again" in refused.stderr) == (2, True)
    done = gs("accounts", "waiting", "1", "--let-go", "--data", copied)
    assert f"Planned: 0. Let go: {told['waiting']}." in done.output
    assert rows(
        copied,
        "SELECT count(*) FROM outgoing WHERE state IN ('planned', 'held') AND code = 'AUTHORISATION_ENDED'",
    ) == [(0,)]
    again = gs("accounts", "waiting", "1", "--let-go", "--data", copied)
    assert (again.exit_code, "Nothing waits" in again.stderr) == (2, True)


def keep(folder, secret, *more):
    none = {"GOODSTANDING_TIKTOK_SECRET": None, "GOODSTANDING_LANG": "en"}
    return CliRunner(env=none).invoke(
        main, ["accounts", "app", "--data", str(folder), "--client-id", "abcdef", "--secret-stdin", *more], input=f"{secret}\n"
    )  # fmt: skip


def test_the_secret_before_is_shown_with_its_end_and_ended(gs, tmp_path):
    folder = tmp_path / "d"
    assert keep(folder, "first-secret").exit_code == 0
    assert [s["name"] for s in said(gs("accounts", "secrets", "--data", folder, "--json"))] == ["current"]
    assert keep(folder, "second-secret", "--overlap-hours", "2").exit_code == 0
    found = said(gs("accounts", "secrets", "--data", folder, "--json"))
    assert [(s["name"], s["until"] is None, s["let_in"]) for s in found] == [
        ("current", True, 0),
        ("before", False, 0),
    ]
    shown = gs("accounts", "secrets", "--data", folder)
    assert "accepted until" in shown.output and "-secret" not in shown.output
    assert "no longer accepted" in gs("accounts", "secrets", "--end", "--data", folder).output
    assert "There was no webhook secret before" in gs("accounts", "secrets", "--end", "--data", folder).output
    wrong = keep(folder, "third-secret", "--overlap-hours", "999")
    assert (wrong.exit_code, "0 to 168 hours" in wrong.stderr) == (2, True)


@pytest.mark.parametrize(
    ("token", "detail"), [("", "from this machine only"), ("a-token-long-enough", "with the token")]
)
def test_doctor_says_who_may_read_the_figures(gs, copied, token, detail):
    found = said(gs("doctor", "--data", copied, "--json", env={"GOODSTANDING_METRICS_TOKEN": token}))
    one = next(f for f in found if f["what"] == "Figures at /metrics")
    assert (one["state"], detail in one["detail"]) == ("ok", True)


def test_a_token_that_guards_nothing_is_refused(gs, copied):
    result = gs("doctor", "--data", copied, env={"GOODSTANDING_METRICS_TOKEN": "short"})
    assert (result.exit_code, "too short" in result.stderr) == (2, True)
