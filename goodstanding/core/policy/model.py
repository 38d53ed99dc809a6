"""The values a decision is made of: facts in, decision out. All of it can be stored and decided again.

These are `msgspec` structs, not dataclasses: one decision makes some forty of them
(docs/decisions/0002-structs-in-the-hot-path.md). Integers are milliseconds (UTC), thousandths or counts.
What stands dozens of times in one record (traces, counters) is written as an array in the order of its fields.
`None` always means *not known*, never *no*: a gate that meets it refuses every automatic act.
"""

from typing import Literal

import msgspec

from goodstanding.core.consent import ConsentState
from goodstanding.core.signals import Signals
from goodstanding.kernel.reasons import Reason

Outcome = Literal["reply", "message", "label", "hide", "review", "none"]
Verdict = Literal["allow", "defer", "review", "refuse"]
Act = Literal["reply", "message", "hide"]
"""What can be done on the platform without a person."""
Mode = Literal["automatic", "assisted", "sandbox"]
VideoClass = Literal["rewarded", "sponsored", "growth", "unknown"]


class AccountFacts(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The served account at the time of deciding."""

    bucket_free_at: int
    """When the next token will be there."""
    bucket_milli: int
    """Tokens in the account's bucket now, thousandths."""
    can_hide: bool
    can_message: bool
    """Capabilities of account type, region and scopes (TT-DM-3 and the granted scopes)."""
    can_reply: bool
    id: int
    killed: bool
    """The account's kill switch: no automatic act at all."""
    mode: Mode


class ContactFacts(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The person who wrote."""

    answer: ConsentState
    """Consent for purpose `answer`: made by the person's own message, question or comment."""
    holdout: bool
    labels: tuple[str, ...]
    marketing: ConsentState
    ref: int
    suppressed: bool
    wrote_at: int | None
    """Last direct message of the person (TT-DM-1, TT-DM-2); `None` here means never wrote one."""


class CommentFacts(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The comment or message itself, without its text."""

    answered: bool
    """We or a person in the app already replied to it, or a reply is planned."""
    at: int
    own: bool
    """Written by the served account."""
    public: bool
    reply: bool
    video: str
    video_class: VideoClass


class MessageFacts(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What only a direct message has, beside what it shares with a comment."""

    asked: bool
    """This person was asked for consent before, or a question for it is planned."""
    first: bool
    """Nothing automatic was ever sent to this person: what goes first says that it is automatic (R60)."""
    form: str
    """The platform's type: `text`, `image`, and so on; `tap` for a tap on a card of ours."""
    tap: str
    """What a tap answered, `purpose:yes` or `purpose:no`, once the card is known to be ours; empty for any other message."""
    used: int
    """Messages sent since the person's last one, by us, by staff in the app or by the platform itself (TT-DM-2)."""


class FreezeFacts(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a freeze stops now. `epoch` grows with every freeze and lift."""

    epoch: int
    promotion: bool
    sends: bool


class CounterFact(msgspec.Struct, frozen=True, kw_only=True, gc=False, array_like=True):
    """Use of one limit: `used` counts planned, sending, sent and unknown acts in the half-open window (now-window, now]."""

    name: str
    """`scope/channel/window_hours`, such as `contact/message/168`; a rule's own limit is `rule:RID/channel/hours`."""
    used: int
    free_at: int
    """When the oldest act in the window leaves it; 0 if none is in it."""


class VolumeFacts(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Comment volume of the account and the spike pause with its hysteresis (core.limits)."""

    baseline: int
    paused: bool
    per_hour: int


class WordingFact(msgspec.Struct, frozen=True, kw_only=True, gc=False, array_like=True):
    """One wording of a reply that could be used, and how often something like it was sent lately."""

    template: str
    variant: int
    """From 0, in the order of the policy document."""
    language: str
    similar_video: int
    """Near-duplicates among the texts of the last day under this video."""
    similar_recent: int
    """Near-duplicates among the last 50 texts of all accounts of the workspace."""


class Facts(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """All that a decision knows. The text itself travels beside it and is never part of the record."""

    account: AccountFacts | None
    chance: int
    """Keyed hash of the event, 0 to 2**32-1: unpredictable outside, the same at each replay."""
    clock_sure: bool
    comment: CommentFacts | None
    contact: ContactFacts | None
    counters: tuple[CounterFact, ...] | None
    event: int
    freeze: FreezeFacts | None
    kind: Literal["comment", "message"]
    message: MessageFacts | msgspec.UnsetType = msgspec.UNSET
    """Not there for a comment, nor in its record."""
    minute: int
    """Minute of the local day, 0 to 1439, in the account's time zone."""
    now: int
    signals: Signals | None
    v: Literal[1] = 1
    volume: VolumeFacts | None
    weekday: int
    """0 is Monday, local."""
    wording: tuple[WordingFact, ...] | None


def message_of(facts: Facts) -> MessageFacts | None:
    """Return what only a message has, `None` for a comment."""
    return None if facts.message is msgspec.UNSET else facts.message


class GateTrace(msgspec.Struct, frozen=True, kw_only=True, gc=False, array_like=True):
    """What one gate said: `wanted` and `seen` in the gate's own terms.

    Fields of the trace and of the decision stand in the order of the alphabet, so that encoding needs no sorting
    (core.policy.sealing).
    """

    gate: str
    reason: Reason | None
    seen: str | int | None
    verdict: Verdict
    wanted: str | int | None


class ConditionTrace(msgspec.Struct, frozen=True, kw_only=True, gc=False, array_like=True):
    """What one condition of a rule wanted and saw; `ok` is `None` when the fact is missing."""

    kind: str
    ok: bool | None
    seen: str | int | None
    wanted: str | int


class RuleTrace(msgspec.Struct, frozen=True, kw_only=True, gc=False, array_like=True):
    """What one rule said."""

    conditions: tuple[ConditionTrace, ...]
    ok: bool | None
    rid: str


class Effect(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a decision asks for: plan a reply or message, hide, put a label, open a case."""

    act: Literal["reply", "message", "hide", "label", "case"]
    label: str = ""
    language: str = ""
    not_before: int = 0
    queue: str = ""
    template: str = ""
    variant: int = 0


class Decision(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The answer: outcome, reasons, effects, and the whole trace behind them."""

    effects: tuple[Effect, ...]
    engine: str
    """Version of the deciding code."""
    gates: tuple[GateTrace, ...]
    outcome: Outcome
    policy: str
    """Hash of the policy version (kernel.ids.PolicyHash)."""
    reasons: tuple[Reason, ...]
    rule: str
    """The winning rule's id, or empty."""
    rules: tuple[RuleTrace, ...]
    v: Literal[1] = 1


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What is sealed and replayed: the facts and the decision they led to."""

    facts: Facts
    decision: Decision
