"""`goodstanding policy`: errors with line and a guess, refusals with the platform's rule, nothing half activated."""

import json

import pytest
from looking import rows, said

from goodstanding.usecases import playbooks

FORBIDDEN = {
    "likes": "TT-",
    "follows": "TT-",
    "like": "TT-",
    "follow_back": "TT-",
    "broadcast": "TT-",
    "comment_elsewhere": "TT-",
    "cold_message": "TT-DM-1",
}


@pytest.fixture
def policy_file(tmp_path):
    def make(change=lambda text: text, name="mine.toml"):
        path = tmp_path / name
        path.write_text(change(playbooks.policy_text("normal")), encoding="utf-8")
        return path

    return make


def active(folder):
    return rows(folder, "SELECT policy_hash FROM account")[0][0]


def asking_for(word):
    return lambda text: (
        text
        + f'\n[[rules]]\nrid = "more"\ntitle = {{nl = "Meer", en = "More"}}\nwhen = [{{kind = "first_contact"}}]\nthen = "{word}"\n'
    )


@pytest.mark.parametrize("name", ["normal", "careful"])
def test_the_shipped_ones_are_valid_and_read_as_sentences(gs, tmp_path, name):
    found = said(gs("policy", "validate", name, "--json"))
    assert (found["ok"], found["hash"][:7]) == (True, "sha256:")
    dutch = gs("policy", "show", name, "--data", tmp_path, "--lang", "nl").output
    english = gs("policy", "show", name, "--data", tmp_path, "--lang", "en").output
    assert found["hash"] in dutch and found["hash"] in english
    assert len(dutch.splitlines()) > 20 and dutch != english
    assert not any("{" in line for line in (dutch + english).splitlines())


def test_the_document_comes_back_as_it_is(gs, tmp_path, policy_file):
    out = gs("policy", "show", "normal", "--toml", "--data", tmp_path).output
    path = policy_file(lambda _: out)
    assert (
        said(gs("policy", "validate", path, "--json"))["hash"]
        == said(gs("policy", "validate", "normal", "--json"))["hash"]
    )


def test_a_misspelt_key_is_told_with_its_line_and_a_guess(gs, policy_file):
    path = policy_file(lambda text: text.replace("age_hours_max", "age_hour_max", 1))
    line = next(n for n, one in enumerate(path.read_text().splitlines(), 1) if "age_hour_max" in one)
    result = gs("policy", "validate", path)
    assert result.exit_code == 1
    assert f"{path}:{line}: error: " in result.stderr
    assert "age_hours_max" in result.stderr
    findings = said(gs("policy", "validate", path, "--json", lang="nl"))
    assert not findings["ok"] and findings["hash"] is None
    assert any(f["line"] == line for f in findings["findings"])


@pytest.mark.parametrize(
    "broken", ["id = ", "id = 'x'\n[gates\n", "\0", "", "[gates]\nintent_milli_min = 'x'\n", "schema = 99\n"]
)
def test_any_broken_file_is_one_or_more_plain_lines(gs, policy_file, broken):
    result = gs("policy", "validate", policy_file(lambda _: broken))
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr and all("mine.toml:" in line for line in result.stderr.splitlines())


def test_a_number_over_the_ceiling_is_refused(gs, policy_file):
    path = policy_file(lambda text: text.replace("intent_milli_min = ", "intent_milli_min = 1", 1))
    result = gs("policy", "validate", path)
    assert result.exit_code == 1
    assert "intent_milli_min" in result.stderr


@pytest.mark.parametrize("word", FORBIDDEN)
def test_what_the_platform_forbids_is_refused_with_its_rule_and_logged(gs, copied, policy_file, word):
    before = active(copied)
    path = policy_file(asking_for(word))
    result = gs("policy", "activate", path, "--data", copied)
    assert result.exit_code == 1, result.output
    assert FORBIDDEN[word] in result.stderr
    assert active(copied) == before
    kind, body = rows(copied, "SELECT kind, body FROM audit_entry ORDER BY seq DESC LIMIT 1")[0]
    sealed = json.loads(body)
    assert kind == "refusal"
    assert sealed["body"]["rule"] in result.stderr and sealed["body"]["what"] == word
    assert sealed["actor"]["id"].startswith("cli")
    assert said(gs("audit", "verify", "--data", copied, "--json"))["ok"]


def test_an_invalid_one_is_not_activated(gs, copied, policy_file):
    before = active(copied)
    result = gs(
        "policy", "activate", policy_file(lambda text: text + "\n[nonsense]\na = 1\n"), "--data", copied
    )
    assert (result.exit_code, active(copied)) == (1, before)
    assert rows(copied, "SELECT count(*) FROM audit_entry WHERE kind = 'refusal'") == [(0,)]


def test_another_one_decides_from_now_on_and_back(gs, copied):
    before = active(copied)
    assert gs("policy", "activate", "careful", "--data", copied).exit_code == 0
    assert active(copied) != before
    shown = gs("policy", "show", "--data", copied).output
    assert active(copied) in shown
    assert gs("policy", "activate", before, "--data", copied).exit_code == 0
    assert active(copied) == before
    kinds = [
        json.loads(b)["body"]["act"]
        for (b,) in rows(copied, "SELECT body FROM audit_entry WHERE kind = 'policy' ORDER BY seq")
    ]
    assert kinds[-2:] == ["activate", "activate"]


def test_unknown_names_and_accounts_are_wrong_use(gs, copied):
    assert gs("policy", "activate", "nosuch", "--data", copied).exit_code == 2
    assert gs("policy", "activate", "sha256:00", "--data", copied).exit_code == 2
    assert gs("policy", "activate", "careful", "--account", 9, "--data", copied).exit_code == 2
    assert gs("policy", "validate", "nosuch.toml").exit_code == 2
    assert gs("policy", "show", "sha256:00", "--data", copied).exit_code == 2


def test_differences_are_told_as_sentences(gs):
    result = gs("policy", "diff", "careful", "normal")
    assert result.exit_code == 1
    assert len(result.output.splitlines()) > 3
    found = said(gs("policy", "diff", "careful", "normal", "--json"))
    assert found["changes"] and found["second_person"] in (True, False)
    same = gs("policy", "diff", "normal", "normal")
    assert (same.exit_code, len(same.output.splitlines())) == (0, 1)
    assert gs("policy", "diff", "careful", "normal", lang="nl").output != result.output
