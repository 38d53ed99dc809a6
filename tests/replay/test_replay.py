"""Decisions recorded earlier are decided again to the same bytes. A difference means `ENGINE` must change."""

from pathlib import Path

import msgspec
import pytest

from goodstanding.core.policy.compile import compile_policy
from goodstanding.core.policy.decide import ENGINE, decide
from goodstanding.core.policy.parse import parse
from goodstanding.core.policy.sealing import read_record, record_bytes
from goodstanding.usecases.playbooks import platform_rules, policy_names, policy_text


class Golden(msgspec.Struct):
    policy: str
    record: msgspec.Raw
    text: str | None


GOLDEN = [
    msgspec.json.decode(line, type=Golden)
    for line in (Path(__file__).parent / "decisions.jsonl").read_bytes().splitlines()
]
POLICIES = {
    name: compile_policy(parse(policy_text(name), platform_rules()), platform_rules())
    for name in policy_names()
}


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda one: one.policy)
def test_a_recorded_decision_is_decided_again_to_the_same_bytes(golden):
    stored = bytes(golden.record)
    record = read_record(stored)
    assert record.decision.engine == ENGINE
    assert record_bytes(record.facts, decide(POLICIES[golden.policy], record.facts, golden.text)) == stored


def test_the_golden_file_holds_every_outcome():
    found = {read_record(bytes(one.record)).decision.outcome for one in GOLDEN}
    assert found == {"reply", "message", "hide", "review", "label", "none"}
