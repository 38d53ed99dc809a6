"""What is sealed of a decision: its facts, its answer, and the digest of its trace.

The trace (every gate and rule with wanted and seen) is three quarters of the bytes and follows from the facts,
so its digest stands in the record and the trace itself is computed again when someone asks why (docs/decisions/0004).
"""

import hashlib
from typing import Literal

import msgspec

from goodstanding.core.policy.gate import trace_bytes
from goodstanding.core.policy.model import Decision, Effect, Facts, Outcome
from goodstanding.kernel.reasons import Reason

_in_order = msgspec.json.Encoder(order="deterministic")
"""Sorts mappings only: enough, since the fields of all that is encoded here stand in the order of the alphabet."""


class SealedDecision(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A decision without its trace."""

    effects: tuple[Effect, ...]
    engine: str
    outcome: Outcome
    policy: str
    reasons: tuple[Reason, ...]
    rule: str
    trace: str
    """Hex SHA-256 of the trace's canonical bytes."""
    v: Literal[1] = 1


class SealedRecord(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What is sealed and replayed: the facts and the decision they led to."""

    decision: SealedDecision
    facts: Facts


_decode = msgspec.json.Decoder(SealedRecord).decode


def record_bytes(facts: Facts, decision: Decision) -> bytes:
    """Return the canonical bytes of the sealed record."""
    sealed = SealedDecision(
        effects=decision.effects,
        engine=decision.engine,
        outcome=decision.outcome,
        policy=decision.policy,
        reasons=decision.reasons,
        rule=decision.rule,
        trace=hashlib.sha256(trace_bytes(decision.gates, decision.rules)).hexdigest(),
    )
    return b'{"decision":%b,"facts":%b}' % (_in_order.encode(sealed), _in_order.encode(facts))


def read_record(record: bytes) -> SealedRecord:
    """Return the record in `record`; raises `msgspec.DecodeError` for bytes that are none."""
    return _decode(record)
