"""`goodstanding tasks`: list, open, done, skip, back and holder, with their exit codes."""

import pytest
from looking import attack, rows, said


@pytest.fixture
def tasked(copied):
    """The demo's folder with its newest reply offered as a task."""
    number = rows(copied, "SELECT max(id) FROM outgoing WHERE act = 'reply'")[0][0]
    attack(copied, "UPDATE account SET mode = 'assisted'")
    attack(copied, f"UPDATE outgoing SET state = 'task', attempt_at = not_before WHERE id = {number}")
    attack(
        copied,
        "INSERT INTO task (workspace_id, account_id, outgoing_id, created_at, until)"
        f" VALUES (1, 1, {number}, 1, 99999999999999)",
    )
    return copied, number


def test_list_and_its_words(gs, tasked):
    folder, number = tasked
    found = said(gs("tasks", "list", "--data", folder, "--json"))
    assert [(one["task"], one["act"], one["opened_at"]) for one in found] == [(number, "reply", None)]
    assert "makes sense until" in gs("tasks", "list", "--data", folder).output
    assert "zinvol tot" in gs("tasks", "list", "--data", folder, lang="nl").output


def test_open_tells_why_not_and_exits_1(gs, tasked):
    """No platform answers here, so the time stays unsure: nothing is shown, and nothing is noted as opened."""
    folder, number = tasked
    result = gs("tasks", "open", number, "--data", folder, "--json")
    told = said(result)
    assert (result.exit_code, told["standing"] in ("wait", "stop"), told["text"]) == (1, True, "")
    assert rows(folder, "SELECT opened_at FROM task") == [(None,)]


def test_done_needs_the_word_before_when_it_must_not_be_sent_and_can_be_taken_back(gs, tasked):
    folder, number = tasked
    refused = gs("tasks", "done", number, "--data", folder)
    assert (refused.exit_code, "--before" in refused.stderr) == (1, True)
    assert said(gs("tasks", "done", number, "--before", "--data", folder, "--json")) == {
        "task": number,
        "state": "sent",
    }
    assert rows(folder, f"SELECT state, code FROM outgoing WHERE id = {number}") == [("sent", "BY_HAND")]
    assert said(gs("audit", "verify", "--data", folder, "--json"))["ok"]
    assert gs("tasks", "back", number, "--data", folder).exit_code == 0
    assert rows(folder, f"SELECT state FROM outgoing WHERE id = {number}") == [("task",)]


def test_skip_keeps_the_reason(gs, tasked):
    folder, number = tasked
    assert gs("tasks", "skip", number, "--reason", "gone", "--data", folder).exit_code == 0
    assert rows(folder, f"SELECT state, code FROM outgoing WHERE id = {number}") == [
        ("failed", "BY_HAND_GONE")
    ]
    assert gs("tasks", "skip", number, "--reason", "tired", "--data", folder).exit_code == 2
    assert gs("tasks", "skip", number, "--data", folder).exit_code == 1


def test_what_is_not_there(gs, copied):
    for words in (("open", 999), ("done", 999), ("skip", 999), ("back", 999)):
        result = gs("tasks", *words, "--data", copied)
        assert (result.exit_code, "999" in result.stderr) == (1, True)
    assert "Nothing to do." in gs("tasks", "list", "--data", copied).output


def test_the_holder_of_a_phone(gs, copied):
    email = rows(copied, "SELECT email FROM person")[0][0]
    assert gs("tasks", "holder", 1, email, "--data", copied).exit_code == 0
    assert rows(copied, "SELECT value FROM setting WHERE name = 'phone_holder'") == [("1",)]
    assert gs("tasks", "holder", 1, "--data", copied).exit_code == 0
    assert gs("tasks", "holder", 1, "nobody@example.org", "--data", copied).exit_code == 2
    assert gs("tasks", "holder", 9, "--data", copied).exit_code == 2
