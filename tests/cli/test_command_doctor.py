"""`goodstanding doctor`: what is wrong and how to mend it."""

import time

import pytest
from looking import attack, rows, said

DAY = 86_400_000


@pytest.fixture
def alone(copied):
    """A copy without the sandbox's account, and with the machine's own time as the last known one."""
    attack(copied, "UPDATE account SET connector = 'tiktok'")
    set_high_water(copied, int(time.time() * 1000))
    return copied


def set_high_water(folder, at):
    rows(
        folder,
        "INSERT INTO setting (workspace_id, account_id, name, value, at) VALUES (1, 0, 'clock_high_water', ?, ?)"
        " ON CONFLICT DO UPDATE SET value = excluded.value",
        str(at),
        at,
    )


def state_of(found, what):
    return next(f for f in found if f["what"] == what)


def test_a_healthy_installation_exits_zero(gs, alone):
    result = gs("doctor", "--data", alone, "--json")
    found = said(result)
    assert result.exit_code == 0
    assert {f["what"] for f in found} >= {"database", "keys", "clock", "disk space"}
    assert not [f for f in found if f["state"] == "wrong"]
    assert all(f["fix"] for f in found if f["state"] == "wrong")


def test_a_clock_that_was_not_compared_yet_is_told_and_is_nothing_wrong(gs, alone):
    clock = state_of(said(gs("doctor", "--data", alone, "--json")), "clock")
    assert (clock["state"], "compared" in clock["detail"]) == ("warning", True)


def test_a_gap_of_eight_days_is_a_doubt_until_confirmed(gs, alone):
    set_high_water(alone, int(time.time() * 1000) - 8 * DAY)
    result = gs("doctor", "--data", alone, "--json")
    clock = state_of(said(result), "clock")
    assert (result.exit_code, clock["state"], clock["detail"]) == (1, "wrong", "CLOCK_GAP")
    assert "8 days" in clock["fix"] and "--confirm-clock" in clock["fix"]
    assert "8 dagen" in gs("doctor", "--data", alone, lang="nl").output
    confirmed = gs("doctor", "--data", alone, "--confirm-clock", "--json")
    assert (confirmed.exit_code, state_of(said(confirmed), "clock")["state"]) == (0, "ok")
    assert gs("doctor", "--data", alone).exit_code == 0


def test_a_clock_behind_the_last_known_time_is_a_doubt(gs, alone):
    set_high_water(alone, int(time.time() * 1000) + 5 * 60_000)
    result = gs("doctor", "--data", alone, "--json")
    assert (result.exit_code, state_of(said(result), "clock")["detail"]) == (1, "CLOCK_BEHIND")


def test_keys_that_others_can_read_are_named_with_the_remedy(gs, alone):
    (alone / "master.key").chmod(0o644)
    result = gs("doctor", "--data", alone)
    assert result.exit_code == 1
    assert f"chmod 600 {alone / 'master.key'}" in result.output


def test_a_changed_entry_is_seen(gs, alone):
    attack(
        alone,
        "UPDATE audit_entry SET body = CAST(replace(CAST(body AS TEXT), 'account', 'accouns') AS BLOB) WHERE seq = 300",
    )
    result = gs("doctor", "--data", alone, "--json")
    log = next(f for f in said(result) if f["what"].startswith("log"))
    assert (result.exit_code, log["detail"], log["fix"]) == (1, "300", "goodstanding audit verify")
