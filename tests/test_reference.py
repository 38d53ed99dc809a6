"""The reference pages say what the code says."""

import re
import subprocess
import sys
from pathlib import Path

from goodstanding.core.policy.document import CONTACT_MESSAGES_MAX

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"


def test_generated_pages_are_up_to_date():
    """In a process of its own: click remembers the help option of a command from its first call."""
    tool = [sys.executable, str(ROOT / "tools" / "reference.py"), "--check"]
    assert subprocess.run(tool, check=False).returncode == 0, "run: python tools/reference.py"


def test_every_setting_of_the_environment_is_described_and_read():
    described = set(re.findall(r"`(GOODSTANDING_[A-Z_]+)`", (DOCS / "reference" / "settings.md").read_text()))
    sources = (ROOT / "goodstanding").rglob("*.py")
    read = {
        name for p in sources for name in re.findall(r"GOODSTANDING_[A-Z_]+", p.read_text(encoding="utf-8"))
    }
    assert described == read


def test_commands_in_the_documents_exist():
    from goodstanding.cli import COMMANDS

    told = set()
    for path in (*DOCS.rglob("*.md"), ROOT / "README.md", ROOT / "README.nl.md"):
        told |= set(
            re.findall(
                r"(?:^|[`$ ])goodstanding ([a-z]+)(?= |`|$)",
                path.read_text(encoding="utf-8"),
                flags=re.MULTILINE,
            )
        )
    assert len(told) > 8
    assert told <= set(COMMANDS)


def test_the_printed_back_test_is_what_it_prints(tmp_path, monkeypatch):
    """The README shows real output: its own rows give its own table again."""
    from click.testing import CliRunner

    from goodstanding.cli import main

    rows = ["What does the pan cost?", "Waar kan ik hem kopen?", "So nice 😍", "thanks for the recipe!",
            "This is a scam, I want my money back", "you are such an idiot",
            "check my page for free followers www.free-followers.example", "ik ben 12 en vind dit leuk"]  # fmt: skip
    body = "comment,user,date\n" + "".join(
        f'"{row}",fan.{n},2026-11-20T10:0{n}:00Z\n' for n, row in enumerate(rows)
    )
    (tmp_path / "yourcomments.csv").write_text(body, encoding="utf-8")
    for readme, lang in (("README.md", "en"), ("README.nl.md", "nl")):
        block = re.search(
            r"```\n\$ goodstanding backtest \S+\n(.*?)\n\.\.\.\n```",
            (ROOT / readme).read_text(),
            flags=re.DOTALL,
        )[1]
        printed = (
            CliRunner().invoke(main, ["backtest", str(tmp_path / "yourcomments.csv"), "--lang", lang]).stdout
        )
        hashless = [re.sub(r"\([0-9a-f]{12}\)", "", text) for text in (block, printed)]
        assert hashless[1].startswith(hashless[0]), readme


def test_numbers_in_the_documents_are_those_of_the_code():
    from goodstanding.adapters.clock import clocks
    from goodstanding.usecases import outbox, settling
    from goodstanding.web.door import BODY_BYTES_MAX

    text = {p.name: " ".join(p.read_text(encoding="utf-8").split()) for p in DOCS.rglob("*.md")}
    assert (
        CONTACT_MESSAGES_MAX == 5
        and "at most five automatic messages to one person in seven days" in text["write-a-policy.md"]
    )
    assert BODY_BYTES_MAX == 1 << 20 and "Bodies over 1 MiB" in text["reverse-proxy.md"]
    assert settling.GIVE_UP == 15 * 60_000 and "after 15 minutes: a person" in text["0006-at-most-once.md"]
    assert outbox.LEASE_SECONDS == 60 and "lane for 60 seconds" in text["serve-on-postgres.md"]
    assert clocks.REFERENCE_MAX == 30_000 and "agrees within 30 seconds" in text["clock.md"]
    assert clocks.GAP_MAX == 7 * 86_400_000 and "more than 7 days" in text["clock.md"]
    doubts = set(re.findall(r"CLOCK_[A-Z]+", Path(clocks.__file__).read_text())) - {"CLOCK_UNSURE"}
    assert doubts == set(re.findall(r"`(CLOCK_[A-Z]+)`", text["clock.md"]))
