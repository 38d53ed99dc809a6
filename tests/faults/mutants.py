"""Seeded bugs. Each breaks one thing; the machine or a directed story must notice, or our tests are not good enough.

`python -m tests.faults.mutants` hunts them all and prints who noticed; exit code 1 when one survives.
"""

import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from unittest.mock import patch

import msgspec

from goodstanding.adapters.clock.clocks import SystemClock
from goodstanding.adapters.storage.sqlite import SqliteStatements
from goodstanding.core.policy.decide import Confirmation
from goodstanding.core.policy.model import FreezeFacts
from goodstanding.core.policy.rules import message_time
from goodstanding.kernel.timing import HOUR
from goodstanding.usecases import (
    comments,
    consents,
    facts,
    intake,
    joining,
    messages,
    moderation,
    namesakes,
    outbox,
    policies,
    reserving,
    settling,
    talks,
    tasks,
    withdrawing,
)
from goodstanding.usecases.ports import SendResult
from tests.faults import machine, namesake_stories, stories, talk_stories
from tests.faults.world import Reader, Violation

EXAMPLES = 60
STEPS = 40


@dataclass(frozen=True)
class Mutant:
    """One seeded bug: `patches` puts it in place."""

    name: str
    breaks: str
    patches: Callable[[], list]


def _on(target, name, make):
    return patch.object(target, name, make(getattr(target, name)))


def _facts(**changes):
    """Everything the dispatcher and the decision know of a contact, with some of it made up."""
    return lambda: [
        _on(facts, "contact_facts", lambda real: lambda c: msgspec.structs.replace(real(c), **changes))
    ]


def _confirm(change):
    return lambda: [_on(reserving, "confirm", lambda real: lambda *a, **k: change(real, *a, **k))]


_YES = Confirmation(verdict="allow", reasons=(), gates=(), retry_at=0)


def _without(*gates):
    """Answer as if some gates had not been asked at dispatch."""

    def change(real, policy, known, **named):
        answer = real(policy, known, **named)
        left = tuple(g for g in answer.gates if g.gate not in gates)
        worst = next((v for v in ("refuse", "review", "defer") if any(g.verdict == v for g in left)), "allow")
        return Confirmation(
            verdict=worst,
            reasons=tuple(g.reason for g in left if g.reason),
            gates=left,
            retry_at=answer.retry_at,
        )

    return _confirm(change)


def _no_caps_at_dispatch():
    def make(real):
        def counts(self, contact_id, video_id):
            return real(self, contact_id, video_id) if self._planning else self._zero

        return counts

    return [_on(facts.Situation, "_count_all", make)]


def _window(span):
    def make(real):
        def init(self, spec):
            real(self, spec)
            self.window -= span

        return init

    return lambda: [_on(facts._Counter, "__init__", make)]


def _no_latch():
    return [
        patch.object(SystemClock, "doubt", lambda self: ""),
        patch.object(SystemClock, "_now", lambda self: self._wall()),
    ]


def _resend(tx, one, now):
    tx.change_outgoing(one.id, {"state": "planned", "attempt_at": None, "not_before": now})


def _resend_after_crash():
    def recover(ctx, tx):
        found = tx.outgoing_in_state("sending", limit=1000)
        for one in found:
            _resend(tx, one, ctx.clock.now())
        return len(found)

    return [patch.object(settling, "recover", recover)]


def _unknown_resent():
    def settle_unknown(ctx, tx, outgoing_id, found):
        _resend(tx, tx.outgoing(outgoing_id), ctx.clock.now())

    return [patch.object(settling, "settle_unknown", settle_unknown)]


def _unknown_told_failed():
    """A time-out taken for a refusal frees the slot and the comment."""

    def changes(real):
        return lambda result, now: real(
            SendResult(state="later") if result.state == "unknown" else result, now
        )

    return [_on(settling, "_changes", changes)]


def _no_deduplication():
    def make(real):
        def handle(ctx, tx, account, incoming):
            known = tx.known_events(account.id, account.connector, [i.comment.external_id for i in incoming])
            fresh = [
                msgspec.structs.replace(i, comment=msgspec.structs.replace(i.comment, external_id=f"{i.comment.external_id}#{tx.ids('x')}"))
                if (i.comment.external_id, i.comment.action) in known else i
                for i in incoming
            ]  # fmt: skip
            return real(ctx, tx, account, fresh)

        return handle

    return [_on(intake, "handle", make)]


def _fence_ignored():
    def sending(self, claims):
        found = [self.outgoing(one) for one, _ in claims]
        return {one.id for one in found if one is not None and one.state == "sending"}

    return [patch.object(SqliteStatements, "sending", sending)]


def _no_attempt_entry():
    def make(real):
        return lambda ctx, tx, drafts: real(ctx, tx, [d for d in drafts if d.kind != "attempt"])

    return [_on(reserving, "append", make)]


def _no_result_entry():
    def make(real):
        return lambda ctx, tx, drafts: real(ctx, tx, [d for d in drafts if d.kind != "result"])

    return [_on(one, "append", make) for one in (settling, reserving, withdrawing)]


def _frozen_never():
    nothing = FreezeFacts(sends=False, promotion=False, epoch=0)

    def make(real):
        def init(self, *args, **named):
            real(self, *args, **named)
            if not named["planning"]:
                self.freeze = nothing

        return init

    return [_on(facts.Situation, "__init__", make)]


def _undo_of_sent():
    def make(real):
        def take_back(ctx, tx, act, person_id):
            try:
                return real(ctx, tx, act, person_id)
            except moderation.CannotUndoError:
                return "cancelled"

        return take_back

    return [_on(moderation, "_take_back", make)]


def _failed_model_is_calm():
    def make(real):
        def signals(self, texts):
            return real(self, [t.replace("broken", "") for t in texts])

        return signals

    return [_on(Reader, "signals", make)]


def _deletion_forgotten():
    def make(real):
        return lambda self, account_id, changes: real(
            self, account_id, [c for c in changes if c[1] != "deleted"]
        )

    return [_on(SqliteStatements, "set_event_state", make)]


def _permits_never_void():
    return [patch.object(outbox, "_void", lambda q, permits, epoch: {})]


def _hide_twice():
    return [
        patch.object(reserving._Round, "_under_way", lambda self, one: False),
        *_without("comment_there")(),
    ]


def _sends_at_once():
    def make(real):
        return lambda *args: msgspec.structs.replace(real(*args), not_before=0)

    return [_on(comments, "_outgoing", make)]


def _task_not_asked_again():
    return [patch.object(tasks, "_ask", lambda *a: _YES)]


def _task_does_not_count():
    def make(real):
        def spent(self, *a):
            open_ = {t.outgoing_id for t in self.open_tasks(1, 1000)}
            mine = {(o.act, o.contact_id, o.attempt_at) for o in map(self.outgoing, open_)}
            return [s for s in real(self, *a) if (s.act, s.contact_id, s.at) not in mine]

        return spent

    return [_on(SqliteStatements, "spent", make)]


def _opened_task_expires():
    def make(real):
        return lambda self, *a: [msgspec.structs.replace(t, opened_at=None) for t in real(self, *a)]

    return [_on(SqliteStatements, "open_tasks", make)]


def _late_is_sent():
    def make(real):
        def settle(ctx, tx, one, who, answer, *, state, **named):
            return real(ctx, tx, one, who, answer, state="sent" if answer == "late" else state, **named)

        return settle

    return [_on(tasks, "_settle", make)]


def _patched(target, name, value):
    return lambda: [patch.object(target, name, value)]


def _quota_one_short():
    return [
        _on(
            talks.Talks,
            "_used",
            lambda real: lambda self, contact, acts: max(0, real(self, contact, acts) - 1),
        )
    ]


def _talk_facts(**changes):
    def make(real):
        return lambda self, *a, **k: msgspec.structs.replace(real(self, *a, **k), **changes)

    return lambda: [_on(talks.Talks, "facts", make)]


def _tap_unverified():
    def tapped(ctx, tx, m, asked):
        found = [(act, c) for act, c in asked if c.kind == "card"]
        return (*found[0], "yes") if found else None

    return [patch.object(messages, "_tapped", tapped)]


def _echo_of_anything():
    def act_of(echo, acts, contents):
        return next((a for a in acts if a.state in ("sending", "unknown")), None)

    return [patch.object(messages, "_act_of", act_of)]


def _planned_past_the_window():
    def make(real):
        def plan(self, facts, *, earliest, wished, spread):
            return max(earliest, wished), self._say.allow("", "")

        return plan

    return [_on(message_time.Timer, "plan", make)]


MUTANTS = (
    Mutant(
        "window-by-arrival",
        "the window counts from the delivery, not from the message's own time",
        _patched(messages, "said_at", lambda one: one.received_at),
    ),
    Mutant(
        "window-goes-back",
        "an older message that comes later moves the window",
        _patched(messages, "later", lambda before, at: at),
    ),
    Mutant(
        "future-message",
        "a message dated ahead opens a longer window",
        _patched(messages, "said_at", lambda one: one.message.at),
    ),
    Mutant("window-unguarded", "the window is not looked at when sending", _without("message_window")),
    Mutant(
        "quota-unguarded", "the platform's quota is not looked at when sending", _without("message_quota")
    ),
    Mutant("quota-off-by-one", "one message of a window is not counted", _quota_one_short),
    Mutant(
        "staff-uncounted",
        "what staff wrote in the app counts for nothing",
        _patched(SqliteStatements, "own_messages", lambda self, contacts, since: []),
    ),
    Mutant("planned-past-window", "a message is planned for after the window", _planned_past_the_window),
    Mutant("asked-again", "who was asked for consent is asked again", _talk_facts(asked=False)),
    Mutant(
        "not-disclosed",
        "the first automatic message does not say that it is one",
        _patched(policies, "disclosed", lambda p, language, text: text),
    ),
    Mutant("tap-unverified", "any tap counts as consent", _tap_unverified),
    Mutant(
        "stop-unheard",
        "STOP is not taken as a withdrawal",
        _patched(messages, "answer_to_pending", lambda answer, *, pending: "nothing"),
    ),
    Mutant(
        "stop-stops-nothing",
        "what was planned leaves after a STOP",
        _patched(withdrawing, "stop_planned", lambda *a: []),
    ),
    Mutant(
        "echo-doubles",
        "our own echo is kept as a message of staff",
        _patched(messages, "_settle_echoes", lambda ctx, tx, echoes, contacts: list(echoes)),
    ),
    Mutant("echo-of-anything", "any echo settles an act that is under way", _echo_of_anything),
    Mutant(
        "late-echo-ignored",
        "what was planned again leaves although its echo came",
        lambda: [
            _on(
                SqliteStatements,
                "settle_from",
                lambda real: (
                    lambda self, one, states, changes: (
                        "planned" not in states and real(self, one, states, changes)
                    )
                ),
            )
        ],
    ),
    Mutant(
        "question-alone",
        "the question leaves without its answer",
        _patched(reserving, "first_part", lambda one, others: None),
    ),
    Mutant(
        "block-unheeded",
        "a block by the platform changes nothing",
        _patched(settling.warnings, "take", lambda *a: None),
    ),
    Mutant("no-recheck", "nothing is asked again at dispatch", _confirm(lambda *a, **k: _YES)),
    Mutant("freeze-ignored", "a freeze is not seen at dispatch", _frozen_never),
    Mutant("kill-ignored", "the kill switch is not seen at dispatch", _without("kill_switch")),
    Mutant("consent-ignored", "a withdrawal is not seen", _facts(answer="given")),
    Mutant(
        "suppression-ignored", "the list of people we never write to is not seen", _facts(suppressed=False)
    ),
    Mutant("holdout-ignored", "the hold-out arm is answered too", _facts(holdout=False)),
    Mutant(
        "hide-gate-missing", "hiding is not guarded by what the platform offers", _without("capability_hide")
    ),
    Mutant("cap-when-deciding", "limits are counted when planned, not when sent", _no_caps_at_dispatch),
    Mutant("window-hour-short", "every window is an hour short", _window(HOUR)),
    Mutant("window-ms-short", "every window is a millisecond short", _window(1)),
    Mutant("window-ms-long", "what stands exactly at the start of a window still counts", _window(-1)),
    Mutant("no-clock-latch", "the wall clock is believed whatever it says", _no_latch),
    Mutant("resend-after-crash", "what a dead process left is sent again", _resend_after_crash),
    Mutant("unknown-resent", "an unknown outcome is sent again", _unknown_resent),
    Mutant("timeout-is-refusal", "a time-out counts as if nothing had happened", _unknown_told_failed),
    Mutant("no-deduplication", "a comment delivered twice is two comments", _no_deduplication),
    Mutant(
        "approval-unbound",
        "an approval holds for any text",
        lambda: [patch.object(reserving, "_approval_holds", lambda one, now: True)],
    ),
    Mutant("fence-ignored", "a late result settles another's attempt", _fence_ignored),
    Mutant("no-attempt-entry", "attempts are not sealed", _no_attempt_entry),
    Mutant("no-result-entry", "results are not sealed", _no_result_entry),
    Mutant("undo-of-sent", "what has left is told to be taken back", _undo_of_sent),
    Mutant("failed-model-is-calm", "a failed model counts as a friendly comment", _failed_model_is_calm),
    Mutant("deletion-forgotten", "a deleted comment is answered", _deletion_forgotten),
    Mutant("permits-never-void", "a batch goes on after a freeze", _permits_never_void),
    Mutant("hide-twice", "a hidden comment is hidden again", _hide_twice),
    Mutant("no-delay", "an answer leaves at once", _sends_at_once),
    Mutant("task-not-asked-again", "opening a task asks no gate", _task_not_asked_again),
    Mutant("task-does-not-count", "tasks count against no limit", _task_does_not_count),
    Mutant("opened-task-expires", "what may have been sent is called too late", _opened_task_expires),
    Mutant(
        "join-forgets-opt-out",
        "an opt-out holds only under the name it was given under",
        lambda: [
            patch.object(namesakes.Kin, "as_one", lambda self, contact: contact),
            patch.object(joining, "_carry", lambda *a: None),
        ],
    ),
    Mutant(
        "join-forgets-caps",
        "what was sent under one name leaves the limits of the other alone",
        _patched(namesakes.Kin, "counts_for", lambda self, contact_id, at: (contact_id,)),
    ),
    Mutant(
        "rename-frees",
        "who comes under another handle is free of what was refused under the old one",
        _patched(joining, "_carry", lambda *a: None),
    ),
    Mutant(
        "stop-under-one-name",
        "a withdrawal stops only what waits under its own name",
        lambda: [
            _on(
                consents,
                "_stops",
                lambda real: lambda tx, answered, ids, now: real(tx, answered, [answered.contact.id], now),
            )
        ],
    ),
    Mutant("late-is-sent", "a task that is too late counts as sent", _late_is_sent),
)


def noticed(mutant, *, examples=EXAMPLES, stories_first=False):
    """Return who noticed a mutant and what was said; empty strings when nobody did.

    The machine looks first unless `stories_first`: a story is quicker, the machine proves more.
    """
    with ExitStack() as stack:
        for one in mutant.patches():
            stack.enter_context(one)
        hunters = [lambda: _machine(examples), _stories]
        for hunter in reversed(hunters) if stories_first else hunters:
            who, said = hunter()
            if who:
                return who, said
    return "", ""


def _machine(examples):
    try:
        machine.run(examples=examples, steps=STEPS)
    except Violation as told:
        return "machine", str(told).split(": ")[0]
    return "", ""


def _stories():
    for story in (*stories.ALL, *talk_stories.ALL, *namesake_stories.ALL):
        try:
            story()
        except (
            AssertionError,
            LookupError,
            ValueError,
        ) as told:  # a story that falls over has noticed as well
            return story.__name__, str(told).split(": ")[0].split("\n")[0]
    return "", ""


def main(names=()):
    """Hunt all mutants; returns how many survive."""
    survivors = 0
    chosen = [m for m in MUTANTS if not names or m.name in names]
    for mutant in chosen:
        begun = time.monotonic()
        who, said = noticed(mutant)
        survivors += not who
        print(
            f"{mutant.name:22} {who or 'SURVIVES':28} {time.monotonic() - begun:5.1f} s  {said}", flush=True
        )
    print(f"{len(chosen)} seeded bugs, {len(chosen) - survivors} caught, {survivors} survive")
    return survivors


if __name__ == "__main__":
    raise SystemExit(1 if main(sys.argv[1:]) else 0)
