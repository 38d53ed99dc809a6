"""`goodstanding freeze` and `lift`."""

from looking import rows, said


def test_freeze_and_lift_are_logged(gs, copied):
    frozen = said(gs("freeze", "--reason", "a storm", "--data", copied, "--json"))
    assert frozen["held"] == 0 and frozen["freeze"] >= 1
    assert rows(copied, "SELECT scope, lifted_at FROM freeze") == [("everything", None)]
    lifted = said(gs("lift", "--data", copied, "--json"))
    assert lifted == {"freeze": frozen["freeze"], "cancelled": 0}
    assert rows(copied, "SELECT count(*) FROM freeze WHERE lifted_at IS NULL") == [(0,)]
    assert rows(copied, "SELECT count(*) FROM audit_entry WHERE kind = 'freeze'") == [(2,)]
    assert said(gs("audit", "verify", "--data", copied, "--json"))["ok"]


def test_the_reason_is_personal_and_stays_out_of_the_sealed_bytes(gs, copied):
    gs("freeze", "--reason", "because of somebody", "--data", copied)
    body = rows(copied, "SELECT body FROM audit_entry WHERE kind = 'freeze'")[0][0]
    assert b"somebody" not in body and b'"pii":{"reason":' in body


def test_nothing_to_lift_two_to_choose_from_and_a_wrong_number(gs, copied):
    assert gs("lift", "--data", copied).exit_code == 1
    first = said(gs("freeze", "--reason", "a", "--data", copied, "--json"))["freeze"]
    second = said(gs("freeze", "--reason", "b", "--scope", "promotion", "--data", copied, "--json"))["freeze"]
    which = gs("lift", "--data", copied)
    assert which.exit_code == 2 and f"{first}, {second}" in which.stderr
    assert gs("lift", 999, "--data", copied).exit_code == 1
    assert gs("lift", first, "--data", copied).exit_code == 0
    assert gs("lift", first, "--data", copied).exit_code == 1
    assert gs("lift", second, "--data", copied).exit_code == 0


def test_planned_sends_are_held_and_dropped_only_when_told(gs, copied):
    from looking import attack

    attack(
        copied,
        "UPDATE outgoing SET state = 'planned', not_before = 99999999999999 WHERE id = (SELECT max(id) FROM outgoing WHERE act = 'reply')",
    )
    assert said(gs("freeze", "--reason", "a", "--data", copied, "--json"))["held"] == 1
    assert said(gs("lift", "--data", copied, "--json"))["cancelled"] == 0
    assert rows(copied, "SELECT count(*) FROM outgoing WHERE state = 'planned'") == [(1,)]
    gs("freeze", "--reason", "a", "--data", copied)
    assert said(gs("lift", "--discard", "--data", copied, "--json"))["cancelled"] == 1
    assert rows(copied, "SELECT count(*) FROM outgoing WHERE state = 'planned'") == [(0,)]


def test_an_account_that_does_not_exist_cannot_be_frozen(gs, copied):
    result = gs("freeze", "--reason", "a", "--account", 42, "--data", copied)
    assert (result.exit_code, "42" in result.stderr) == (2, True)
    assert rows(copied, "SELECT count(*) FROM freeze") == [(0,)]


def test_a_reason_is_required_and_words_follow_the_language(gs, copied):
    assert gs("freeze", "--data", copied).exit_code == 2
    assert "Bevroren" in gs("freeze", "--reason", "a", "--data", copied, lang="nl").output
    assert "lifted" in gs("lift", "--data", copied).output
