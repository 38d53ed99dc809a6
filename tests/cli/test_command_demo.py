"""`goodstanding demo` and `serve` as processes: what a newcomer and a script see."""

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections import Counter
from contextlib import contextmanager

import pytest
from looking import ROOT, rows, said, seed_demo

OUTCOMES = "SELECT outcome, code, count(*) FROM decision GROUP BY 1, 2 ORDER BY 1, 2"


@contextmanager
def running(*words, **env):
    """Run a command until its address is printed; yields (address, process) and ends it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "goodstanding", *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "GOODSTANDING_LANG": "en", "PYTHONPATH": str(ROOT), **env},
    )  # fmt: skip
    try:
        told = []
        for line in process.stdout:
            told.append(line)
            if re.fullmatch(r"http://127\.0\.0\.1:\d+/\n", line):
                yield line.strip(), process
                break
        else:
            raise AssertionError("".join(told) + process.stderr.read())
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)


def test_seed_only_carries_out_everything_due(gs, seeded):
    assert rows(seeded, "SELECT count(*) FROM decision") == [(300,)]
    assert rows(seeded, "SELECT count(*) FROM outgoing WHERE state IN ('planned', 'sending', 'unknown')") == [
        (0,)
    ]
    assert rows(seeded, "SELECT count(*) FROM outgoing WHERE state = 'sent' AND act = 'reply'")[0][0] > 20
    assert rows(seeded, "SELECT count(*) FROM delivery WHERE state = 'new'") == [(0,)]
    by_kind = Counter(dict(rows(seeded, "SELECT kind, count(*) FROM audit_entry GROUP BY kind")))
    assert by_kind["decision"] == 300 and by_kind["attempt"] == by_kind["result"] > 20


def test_the_three_accounts_are_there_and_their_stories_have_begun(gs, tmp_path):
    folder = tmp_path / "three"
    done = seed_demo(folder, comments=600, more=())
    assert (done.returncode, done.stderr) == (0, "")
    assert rows(folder, "SELECT handle, mode FROM account ORDER BY account_id") == [
        ("lottekookt", "sandbox"), ("dapurrasa.sbx", "sandbox"), ("zolderatelier.sbx", "assisted"),
    ]  # fmt: skip
    evidence = "SELECT DISTINCT source FROM consent_evidence WHERE account_id = ? AND answer = 'given'"
    assert rows(folder, evidence, 1) == [("form",)]
    assert ("button",) in rows(folder, evidence, 2)
    assert rows(folder, "SELECT count(*) FROM outgoing WHERE account_id = 1 AND act = 'message'") == [(0,)]
    by_hand = "SELECT state, count(*) FROM outgoing WHERE account_id = 3 GROUP BY 1 ORDER BY 1"
    assert rows(folder, by_hand) == [("sent", 1), ("task", 2)]
    assert rows(folder, "SELECT DISTINCT state FROM delivery") == [("read",)]
    assert said(gs("replay", "--data", folder, "--json"))["differences"] == 0
    assert said(gs("audit", "verify", "--data", folder, "--json"))["ok"]


@pytest.mark.slow
def test_the_owner_gets_through_a_queue_with_messages_in_it(tmp_path):
    done = seed_demo(tmp_path / "many", comments=2_500, seed=2, more=())
    assert (done.returncode, done.stderr) == (0, "")
    kept = rows(
        tmp_path / "many",
        "SELECT count(*) FROM review_case c JOIN event e ON e.id = c.event_id"
        " WHERE e.kind = 'message' AND c.code = 'RULE' AND c.state = 'resolved'",
    )
    assert kept[0][0] >= 1, "messages that a rule puts before a person were among them"


def test_every_reply_waited_its_ten_minutes(seeded):
    waited = rows(
        seeded,
        "SELECT min(o.attempt_at - d.at), max(o.not_before - d.at) FROM outgoing o JOIN decision d USING (event_id)"
        " WHERE o.act = 'reply' AND o.state = 'sent'",
    )[0]
    assert waited[0] >= 10 * 60_000


def test_the_same_seed_gives_the_same_outcomes_and_another_one_others(seeded, tmp_path):
    assert seed_demo(tmp_path / "again").returncode == 0
    assert rows(tmp_path / "again", OUTCOMES) == rows(seeded, OUTCOMES)
    assert seed_demo(tmp_path / "other", seed=8).returncode == 0
    assert rows(tmp_path / "other", OUTCOMES) != rows(seeded, OUTCOMES)


def test_no_comments_at_all_is_a_demo_too(gs, tmp_path):
    done = seed_demo(tmp_path / "empty", comments=0)
    assert (done.returncode, done.stderr) == (0, "")
    assert said(gs("replay", "--data", tmp_path / "empty", "--json"))["decisions"] == 0
    assert said(gs("audit", "verify", "--data", tmp_path / "empty", "--json"))["ok"]


@pytest.mark.slow
def test_the_demo_prints_its_address_serves_a_page_and_leaves_nothing(tmp_path):
    with running(
        "demo", "--port", 0, "--comments", 50, TMPDIR=str(tmp_path), GOODSTANDING_NO_BROWSER="1"
    ) as (address, _):
        visitor = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        with visitor.open(address, timeout=10) as page:
            assert page.status == 200 and b"<html" in page.read()
            assert page.url == address
        assert list(tmp_path.iterdir())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("command", ["serve", "demo"])
def test_a_taken_port_is_one_sentence(tmp_path, command):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        more = ["--comments", "0", "--no-browser"] if command == "demo" else []
        done = subprocess.run(
            [sys.executable, "-m", "goodstanding", command, "--port", str(port), "--data", str(tmp_path / "d"), *more],
            capture_output=True, text=True, timeout=60, check=False,
            env={**os.environ, "GOODSTANDING_LANG": "en", "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
    assert done.returncode == 3, done.stderr
    assert f"Port {port} is taken" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.slow
def test_serve_gives_a_link_for_the_owner_once(tmp_path):
    with running("serve", "--port", 0, "--data", tmp_path / "d") as (address, process):
        process.stdout.readline()
        link = process.stdout.readline().strip()
        assert link.startswith(f"{address}setup/")
        with urllib.request.urlopen(link, timeout=10) as page:
            assert page.status == 200
        with urllib.request.urlopen(f"{address}metrics", timeout=10) as figures:
            assert b"goodstanding_" in figures.read()
    assert (tmp_path / "d" / "master.key").stat().st_mode & 0o077 == 0
