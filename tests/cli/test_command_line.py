"""What all commands share: help that teaches, exit codes, places that cannot be used, languages."""

import os
import shutil
import socket
import sqlite3
import subprocess
import sys

import click
import pytest
from looking import rows, said

from goodstanding import __version__
from goodstanding.bootstrap import open_app
from goodstanding.cli import COMMANDS, main
from goodstanding.settings import Settings

HIDDEN_HELP_OK = {"help", "version"}


def commands():
    context = click.Context(main)
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        yield name, command
        if isinstance(command, click.Group):
            yield from ((f"{name} {sub}", one) for sub, one in command.commands.items())


NAMES = [name for name, _ in commands()]


@pytest.mark.parametrize(("name", "command"), list(commands()), ids=NAMES)
def test_help_teaches(gs, name, command):
    result = gs(*name.split(), "--help")
    assert result.exit_code == 0
    assert command.help and command.help.strip()[0].isupper()
    unexplained = [
        p.name
        for p in command.params
        if isinstance(p, click.Option) and not p.help and p.name not in HIDDEN_HELP_OK
    ]
    assert unexplained == []
    for option in command.params:
        if isinstance(option, click.Option):
            assert option.opts[0] in result.output


@pytest.mark.parametrize(("name", "command"), list(commands()), ids=NAMES)
def test_help_shows_an_example_of_the_command_itself(name, command):
    said = " ".join(f"{command.help} {command.epilog or ''}".split())
    assert f"goodstanding {name}" in said


def test_lists_of_commands_break_no_sentence_off(gs):
    groups = {name.split()[0] for name in NAMES if " " in name}
    assert groups
    for group in groups:
        listed = gs(group, "--help").output.split("Commands:")[1]
        assert "..." not in listed, listed


def test_the_list_of_commands_is_the_contract(gs):
    shown = gs("--help").output
    assert {"demo", "serve", "web", "worker", "backtest", "understand", "replay", "audit", "policy"} <= set(
        COMMANDS
    )
    assert {"freeze", "lift", "doctor", "sandbox"} <= set(COMMANDS)
    assert all(words in " ".join(shown.split()) for _, words in COMMANDS.values())
    assert gs("--version").output == f"goodstanding {__version__}\n"


def test_help_imports_no_heavy_library():
    code = "import sys; from goodstanding.cli import main; main(['--help'], standalone_mode=False); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.rsplit("\n", 2)[-2].split())
    assert not loaded & {
        "sqlalchemy",
        "litestar",
        "pydantic",
        "aiohttp",
        "psycopg",
        "uvicorn",
        "rich",
        "jinja2",
    }


PLACED = ["replay", "audit verify", "audit export", "audit checkpoint --to x", "doctor", "lift", "freeze --reason a",
          "policy activate normal", "policy show"]  # fmt: skip


@pytest.mark.parametrize("command", PLACED)
def test_no_installation_is_one_sentence_and_exit_3(gs, tmp_path, command):
    result = gs(*command.split(), "--data", tmp_path / "nowhere")
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (3, "", 1)
    assert "nowhere" in result.stderr
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("command", ["replay", "audit verify", "doctor"])
def test_words_of_failure_follow_the_language(gs, tmp_path, command):
    told = {lang: gs(*command.split(), "--data", tmp_path / "x", lang=lang).stderr for lang in ("nl", "en")}
    assert told["nl"] != told["en"]


@pytest.mark.parametrize(
    "command",
    ["replay --nosuch", "nosuch", "audit nosuch", "demo --comments -1", "serve --port 99999", "lift x"],
)
def test_wrong_use_is_exit_2(gs, command):
    result = gs(*command.split())
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Error" in result.stderr


@pytest.mark.parametrize("command", ["web", "worker"])
def test_separate_processes_ask_for_postgres(gs, tmp_path, command):
    result = gs(command, "--data", tmp_path)
    assert (result.exit_code, "postgresql://" in result.stderr) == (2, True)


@pytest.mark.parametrize("command", ["replay", "serve --port 0", "demo --seed-only --comments 0"])
def test_a_file_instead_of_a_folder_is_told(gs, tmp_path, command):
    file = tmp_path / "file"
    file.write_text("x")
    result = gs(*command.split(), "--data", file)
    assert result.exit_code in (2, 3)
    assert "Traceback" not in result.output
    assert str(file) in result.stderr


@pytest.mark.parametrize("command", ["replay", "audit verify", "doctor", "serve --port 0"])
def test_a_file_that_is_no_database_is_one_sentence(gs, tmp_path, command):
    (tmp_path / "goodstanding.db").write_bytes(b"this is not a database at all" * 100)
    result = gs(*command.split(), "--data", tmp_path)
    assert (result.exit_code, result.stderr.count("\n")) == (3, 1)


@pytest.mark.parametrize("command", ["serve --port 0", "demo --seed-only --comments 0"])
def test_a_folder_that_cannot_be_made_is_one_sentence(gs, command):
    result = gs(*command.split(), "--data", "/proc/nowhere")
    assert (result.exit_code, result.stderr.count("\n")) == (3, 1), result.output


def test_a_database_out_of_reach_is_one_sentence_without_its_password(gs, tmp_path):
    result = gs("replay", "--data", tmp_path, "--database", "postgresql://me:secretword@127.0.0.1:1/none")
    assert (result.exit_code, result.stderr.count("\n")) == (3, 1)
    assert "secretword" not in result.output


def test_a_wrong_master_key_is_one_sentence(gs, copied):
    for key in ("00" * 32, "not hex", "ab"):
        result = gs("replay", "--data", copied, env={"GOODSTANDING_MASTER_KEY": key})
        assert (result.exit_code, result.stderr.count("\n")) == (3, 1), key
        assert "()" not in result.stderr and "InvalidTag" not in result.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_is_one_sentence(gs, tmp_path):
    tmp_path.chmod(0o500)
    assert gs("serve", "--port", "0", "--data", tmp_path / "in").exit_code == 3


def test_a_missing_master_key_is_never_replaced_by_a_new_one(gs, copied):
    (copied / "master.key").unlink()
    result = gs("audit", "verify", "--data", copied)
    assert (result.exit_code, result.stderr.count("\n")) == (3, 1)
    assert "master.key" in result.stderr and not (copied / "master.key").exists()


def test_the_key_may_come_from_the_environment(gs, copied):
    key = (copied / "master.key").read_text().strip()
    (copied / "master.key").unlink()
    assert gs("replay", "--data", copied, env={"GOODSTANDING_MASTER_KEY": key}).exit_code == 0


def test_without_the_key_file_entries_verify_and_checkpoints_do_not(gs, copied):
    """As docs/how-to/backup-and-restore.md says."""
    for path in copied.glob("keys.db*"):
        path.unlink()
    found = said(gs("audit", "verify", "--data", copied, "--json"))
    assert {p["code"] for p in found["problems"]} == {"AUDIT_CHECKPOINT_BAD"}
    assert said(gs("replay", "--data", copied, "--json"))["erased"] == 300


def test_a_backup_made_while_it_runs_is_whole(gs, copied, tmp_path):
    """The way docs/how-to/backup-and-restore.md shows."""
    from contextlib import closing

    restored = tmp_path / "restored"
    restored.mkdir()
    app = open_app(Settings(data=copied))
    with closing(app):
        app.ctx.store.write(lambda tx: tx.put_setting("probe", "in the wal", 1))
        for name in ("goodstanding.db", "keys.db"):
            with (
                closing(sqlite3.connect(copied / name)) as old,
                closing(sqlite3.connect(restored / name)) as new,
            ):
                old.backup(new)
    shutil.copy(copied / "master.key", restored)
    assert rows(restored, "SELECT value FROM setting WHERE name = 'probe'") == [("in the wal",)]
    assert said(gs("audit", "verify", "--data", restored, "--json"))["ok"]
    assert said(gs("replay", "--data", restored, "--json"))["differences"] == 0


def test_the_sandbox_says_that_its_port_is_taken(gs):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = gs("sandbox", "--port", taken.getsockname()[1])
    assert (result.exit_code, result.stderr.count("\n")) == (3, 1)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (["acounts"], "de opdracht acounts bestaat niet."),
        (["--nonsense"], "de optie --nonsense bestaat niet."),
        (["accounts", "add"], "HANDLE ontbreekt."),
        (["freeze"], "--reason ontbreekt."),
        (["tasks", "skip", "1", "--reason", "mood"], "Kies uit: gone, unable, unwise, other."),
        (["serve", "--port", "99999"], "--port moet een getal zijn van 0 tot 65535."),
        (["tasks", "open", "twaalf"], "TASK moet een geheel getal zijn."),
        (["understand", "not-there.txt"], "FILE: dat bestand of die map is er niet"),
        (["accounts", "list", "extra"], "dit kan niet zo worden gebruikt"),
    ],
)
def test_wrong_use_is_told_in_dutch_with_where_help_is(gs, told, said):
    result = gs(*told, lang="nl")
    assert result.exit_code == 2
    assert said in result.output and "Gebruik: " in result.output and "--help" in result.output
    assert "Error" not in result.output and "Usage" not in result.output
    assert "Usage: " in gs(*told).output


def test_a_group_alone_shows_its_help_in_either_language(gs):
    assert "Commands:" in gs("accounts", lang="nl").output
    assert "Commands:" in gs("accounts", lang="en").output
