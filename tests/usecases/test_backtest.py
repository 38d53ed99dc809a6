"""Each comment judged alone: the same counts as deciding one by one, the same bytes every time."""

import json

import msgspec
import pytest

from goodstanding.adapters.nlp.classifier import Classifier
from goodstanding.core.policy.compile import compile_policy
from goodstanding.core.policy.decide import decide
from goodstanding.core.policy.parse import parse
from goodstanding.kernel.problems import Problem
from goodstanding.usecases import playbooks
from goodstanding.usecases.backtest import (
    EXAMPLE_LENGTH_MAX,
    PROBLEMS_KEPT,
    BrokenRow,
    Comment,
    Judge,
    backtest,
    chance_of,
)

TEXTS = [
    "Wat kost dit?",
    "Waar kan ik de link vinden?",
    "mooi filmpje",
    "Ik maak je dood",
    "dankjewel!",
    "ik ben 12 jaar, wat kost dit?",
    "click here for free bitcoin http://x.example/win",
    "stop",
    "What is the price?",
    "Das ist sehr schön, danke dafür",
] * 3


def compiled(name="careful", change=lambda text: text):
    platform = playbooks.platform_rules()
    return compile_policy(parse(change(playbooks.policy_text(name)), platform), platform)


@pytest.fixture(scope="module")
def classifier():
    return Classifier()


def batch_of(texts):
    return [Comment(row, text, None) for row, text in enumerate(texts, 1)]


def test_counts_are_those_of_deciding_each_comment_by_itself(classifier):
    policy = compiled()
    lines = []
    result = backtest(
        [batch_of(TEXTS[:7]), batch_of(TEXTS)[7:]],
        policy=policy,
        classifier=classifier,
        on_lines=lines.append,
    )
    judge = Judge(policy)
    expected = [
        decide(policy, judge.facts(row, signals), text)
        for row, (text, signals) in enumerate(zip(TEXTS, classifier.signals(TEXTS), strict=True), 1)
    ]
    assert [json.loads(line)["outcome"] for line in b"".join(lines).splitlines()] == [
        d.outcome for d in expected
    ]
    assert [json.loads(line)["rule"] for line in b"".join(lines).splitlines()] == [d.rule for d in expected]
    assert result.tally.total == len(TEXTS)
    assert sum(result.tally.outcomes.values()) == len(TEXTS)
    assert {"reply", "hide", "review", "none"} <= set(result.tally.outcomes)


def test_what_is_left_includes_what_only_gets_a_label(classifier):
    tally = backtest(
        [batch_of(["dankjewel!", "mooi filmpje"])], policy=compiled(), classifier=classifier
    ).tally
    assert (tally.outcomes["label"], tally.outcomes["none"], tally.left) == (1, 1, 2)


@pytest.mark.parametrize(
    "hours",
    ['start = "00:01"\nend = "00:00"', 'start = "12:00"\nend = "11:30"', 'start = "21:30"\nend = "08:30"'],
)
def test_quiet_hours_change_nothing(classifier, hours):
    usual = backtest([batch_of(TEXTS)], policy=compiled(), classifier=classifier).tally
    other = compiled(change=lambda text: text.replace('start = "21:30"\nend = "08:30"', hours))
    quiet = backtest([batch_of(TEXTS)], policy=other, classifier=classifier).tally
    assert (quiet.outcomes, quiet.reasons) == (usual.outcomes, usual.reasons)
    assert "QUIET_HOURS" not in quiet.reasons
    assert "DELAY" not in quiet.reasons


def test_limits_change_nothing(classifier):
    tight = compiled(change=lambda text: text.replace("max = 12\n", "max = 1\n"))
    assert tight.hash != compiled().hash
    result = backtest([batch_of(["Wat kost dit?"] * 50)], policy=tight, classifier=classifier)
    assert result.tally.outcomes["reply"] == 50


def test_lines_and_counts_are_the_same_every_time(classifier):
    def once():
        lines = []
        result = backtest(
            [batch_of(TEXTS)],
            policy=compiled(),
            classifier=Classifier(),
            against=compiled("normal"),
            on_lines=lines.append,
        )
        return b"".join(lines), msgspec.json.encode(result.tally)

    assert once() == once()


def test_chance_follows_from_the_row_alone():
    assert [chance_of(row) for row in (1, 2, 3)] == [chance_of(row) for row in (1, 2, 3)]
    assert len({chance_of(row) for row in range(1000)}) == 1000
    assert all(0 <= chance_of(row) < 2**32 for row in range(1000))


def test_a_rule_that_reads_the_text_is_not_judged_by_its_signals_alone(classifier):
    rule = """
[[rules]]
rid = "leave-word"
title = {nl = "Woord", en = "Word"}
when = [{kind = "contains_any", words = ["zebra"]}]
then = "review"
priority = 500
"""
    policy = compiled(change=lambda text: text.replace("\n[sources]", rule + "\n[sources]", 1))
    result = backtest(
        [batch_of(["mooie jas", "mooie zebra", "mooie lamp"])],
        policy=policy,
        classifier=classifier,
    )
    assert dict(result.tally.outcomes) == {"none": 2, "review": 1}


def test_broken_rows_are_counted_told_and_kept_up_to_a_bound(classifier):
    told = []
    broken = [BrokenRow(row, Problem(code="NO_TEXT", line=row)) for row in range(2, PROBLEMS_KEPT + 12)]
    result = backtest(
        [[Comment(1, "hoi", None), *broken]], policy=compiled(), classifier=classifier, on_problem=told.append
    )
    assert (result.tally.total, result.broken, dict(result.by_problem)) == (
        1,
        PROBLEMS_KEPT + 10,
        {"NO_TEXT": PROBLEMS_KEPT + 10},
    )
    assert (result.problems, told) == (broken[:PROBLEMS_KEPT], broken)


def test_examples_are_the_first_and_short(classifier):
    texts = ["mooi " * 200, "leuk", "fijn", "hoi"]
    result = backtest([batch_of(texts)], policy=compiled(), classifier=classifier, examples=2)
    (shown,) = [of["NO_TRIGGER"] for outcome, of in result.tally.examples.items() if outcome == "none"]
    assert [(one.row, len(one.text)) for one in shown] == [(1, EXAMPLE_LENGTH_MAX), (2, 4)]
    assert result.tally.details["none"]["NO_TRIGGER"] == 4


def test_against_counts_what_moves(classifier):
    stricter = compiled(
        change=lambda text: text.replace(
            'then = "reply"\npriority = 640', 'then = "review"\npriority = 640'
        ).replace('template = "price"\n', "", 1)
    )
    lines = []
    result = backtest(
        [batch_of(["Wat kost dit?", "mooi", "Wat kost dit?"])],
        policy=compiled(), against=stricter, classifier=classifier, examples=1, on_lines=lines.append,
    )  # fmt: skip
    assert dict(result.difference.moves) == {"reply>review": 2}
    assert result.difference.changed == 2
    assert [one.row for one in result.difference.examples["reply>review"]] == [1]
    assert dict(result.other.outcomes) == {"review": 2, "none": 1}
    assert [json.loads(line)["against"] for line in b"".join(lines).splitlines()] == [
        "review",
        "none",
        "review",
    ]


def test_the_span_is_that_of_the_dates_there_are(classifier):
    batch = [Comment(1, "a", 5_000), Comment(2, "b", None), Comment(3, "c", 2_000)]
    result = backtest([batch, [Comment(4, "d", 9_000)]], policy=compiled(), classifier=classifier)
    assert (result.first_at, result.last_at, result.dated) == (2_000, 9_000, 3)
