"""One small installation with everything real but the platform, a time that can be turned, and an oracle.

The oracle keeps its own account of what was allowed when, in real time. It reads nothing the product wrote when it
judges a call: consent, freezes, caps and approvals are remembered from what the test did. The one exception is the
attempt entry: that it is committed before the call is the promise itself, so it is looked for in the database.
"""

import asyncio
import json
import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from goodstanding.adapters.clock.clocks import SystemClock
from goodstanding.adapters.keys.vault import Ed25519Signer, KeyedChance, KeyVault
from goodstanding.adapters.storage.migrate import prepare_sqlite
from goodstanding.adapters.storage.sqlite import SqliteStore
from goodstanding.core.signals import Signals
from goodstanding.kernel.timing import DAY, HOUR, MINUTE, SECOND
from goodstanding.usecases import (
    accounts,
    audit,
    incidents,
    intake,
    moderation,
    outbox,
    policies,
    replay,
    reserving,
    settling,
    tasks,
)
from goodstanding.usecases.context import SYSTEM, Context, person
from goodstanding.usecases.ports import ParsedComment, SendResult, Unreadable
from tests import support
from tests.support import NOW

HIGH_WATER = "clock_high_water"
SEEN_AFTER = 5 * MINUTE
"""A reply may wait so long in the platform's own review before it is listed."""
ABSENT_AFTER = 10 * MINUTE
TOLERANCE = 60 * SECOND
"""What two comparisons of the clock, each within 30 seconds, may be apart."""

_POLICY = """
schema = 1
id = "{id}"
title = {{nl = "{id}", en = "{id}"}}
[gates]
consent_required = true
intent_milli_min = 850
doubt_milli_min = 500
language_milli_min = 800
languages = ["nl"]
sentiment_milli_min = -200
abuse_milli_below = 150
hate_milli_below = 150
threat_milli_below = 150
sexual_milli_below = 150
spam_milli_below = 150
profanity_max = 0
human_milli_min = 400
age_hours_max = 168
{limits}
[pacing]
delay_minutes_min = 1
delay_minutes_max = 2
bucket_capacity = 500
refill_per_hour = 500
slow_above_per_hour = 1000000
slow_factor = 1
spike_per_hour = 1000000
spike_baseline_milli = 100000
spike_resume_percent = 70
spike_retry_minutes = 5
[similar]
threshold_milli = 1000
video_day_max = 50
recent = 20
recent_max = 25
[review]
queue = "moderation"
[review.queues]
moderation = 60
[[templates]]
id = "price"
channel = "reply"
nl = ["Stuur ons INFO in een bericht, dan hoor je de prijs.", "Met INFO in een bericht vertellen we wat het kost."]
[[rules]]
rid = "reply-price"
title = {{nl = "Prijs", en = "Price"}}
when = [{{kind = "intent_at_least", intent = "price", milli = 850}}]
then = "reply"
priority = 640
template = "price"
enabled = {answers}
[[rules]]
rid = "hide-abuse"
title = {{nl = "Belediging", en = "Insult"}}
when = [{{kind = "score_at_least", head = "abuse", milli = 950, hit = "listed"}}]
then = "hide"
priority = 900
"""

_LIMITS = {
    "usual": (
        ("contact", "reply", 3, 2),
        ("contact", "reply", 5, 168),
        ("account", "reply", 6, 1),
        ("account", "hide", 3, 1),
    ),
    "looser": (
        ("contact", "reply", 4, 2),
        ("contact", "reply", 6, 168),
        ("account", "reply", 8, 1),
        ("account", "hide", 5, 1),
    ),
    "stricter": (
        ("contact", "reply", 1, 2),
        ("contact", "reply", 2, 168),
        ("account", "reply", 2, 1),
        ("account", "hide", 1, 1),
    ),
}
_LIMITS["open"] = tuple((scope, channel, 100, hours) for scope, channel, _, hours in _LIMITS["usual"])
_LIMITS["silent"] = _LIMITS["usual"]
"""Under `silent` the replying rule is off."""


def policy_text(name):
    rows = [*_LIMITS[name], ("contact", "message", 5, 168)]
    limits = "\n".join(
        f'[[limits]]\nscope = "{s}"\nchannel = "{c}"\nmax = {m}\nwindow_hours = {h}' for s, c, m, h in rows
    )
    return _POLICY.format(id=name, limits=limits, answers="false" if name == "silent" else "true")


class Violation(AssertionError):
    """A promise was broken."""


class Crash(BaseException):
    """The process is gone."""


class MemoryBox:
    """Wrapped keys that outlive a crash, as the key file does."""

    def __init__(self):
        self.keys, self.names = {}, {}

    def known(self, contact_ids):
        return {i for i in contact_ids if i in self.keys}

    def add(self, keys):
        for contact_id, wrapped in keys:
            self.keys.setdefault(contact_id, wrapped)

    def get(self, contact_id):
        return self.keys.get(contact_id)

    def destroy(self, contact_id, at):
        self.keys[contact_id] = None

    def named(self, name):
        return self.names.get(name)

    def add_named(self, name, wrapped):
        self.names.setdefault(name, wrapped)

    def close(self): ...


class Reader:
    """Understanding by one word: price, grumpy, insult, broken, hello."""

    model = "test-1"

    def signals(self, texts):
        if any("broken" in t for t in texts):
            raise RuntimeError("the model failed")
        return [self._one(t) for t in texts]

    def _one(self, text):
        insult = "insult" in text
        return Signals(
            model=self.model, language="nl", language_milli=1000, sentiment_milli=-400 if "grumpy" in text else 0,
            abuse_milli=990 if insult else 0, hate_milli=0, threat_milli=0, sexual_milli=0, spam_milli=0, profanity=0,
            intents=(("price", 950),) if "price" in text else (), answer=None, contains=(),
            hits=(("abuse", "insult"),) if insult else (),
        )  # fmt: skip


class Door:
    """The store as one process holds it; a dead process reaches nothing."""

    def __init__(self, store):
        self._store = store
        self.dead = False

    def submit(self, work):
        if self.dead:
            raise Crash
        return self._store.submit(work)

    def write(self, work):
        return self.submit(work).result()

    def read(self, work):
        if self.dead:
            raise Crash
        return self._store.read(work)

    def forget(self):
        self._store.forget()

    def close(self):
        self._store.close()


@dataclass
class Call:
    """One platform call, as the platform knows it."""

    outgoing: int
    target: str
    act: str
    text: str
    viewer: str
    at: int
    """Real time of the call."""
    reserved: int
    """Real time at which it was reserved: what limits count."""
    era: object
    outcome: str
    committed: bool
    automatic: bool
    known_negative: bool = False
    """The product was told, or saw, that nothing happened."""
    by_hand: bool = False
    """A person did it in the app; the text was shown at `reserved`."""


@dataclass
class Allowed:
    """What the test has allowed and forbidden so far, in real time."""

    answer: dict = field(default_factory=dict)
    suppressed: set = field(default_factory=set)
    holdout: set = field(default_factory=set)
    freezes: dict = field(default_factory=dict)
    killed: bool = False
    can_hide: bool = True
    policy: str = "usual"

    def copy(self):
        return Allowed(
            dict(self.answer),
            set(self.suppressed),
            set(self.holdout),
            dict(self.freezes),
            self.killed,
            self.can_hide,
            self.policy,
        )


class FakePlatform:
    """Accepts, refuses, loses and dies as it is told; remembers everything with real time."""

    def __init__(self, world):
        self.world = world
        self.script = []
        self.hooks = []

    def verify(self, body, header, now):
        return "ok"

    def recipient(self, body):
        return "-000Own"

    def parse(self, body):
        try:
            told = json.loads(body)
            return ParsedComment(
                **{
                    k: told[k]
                    for k in (
                        "external_id",
                        "video_id",
                        "parent_id",
                        "action",
                        "author",
                        "handle",
                        "text",
                        "at",
                    )
                }
            )
        except (ValueError, KeyError):
            return Unreadable(problem="TEST")

    async def carry_out(self, permit):
        outcome = self.script.pop(0) if self.script else "sent"
        result = self.world.called(
            permit, outcome, reserved=self.world.round_real, basis=self.world.round_basis
        )
        for hook in self.hooks:
            hook()
        self.hooks.clear()
        self.world.round_basis = None  # from the second call of a batch on, what holds now must hold
        return result

    async def find_again(self, account, one):
        return self.world.found(one)

    async def picture(self, account, message):
        return b""

    async def ask_time(self, account):
        return self.world.platform_time()

    async def close(self): ...


_template = None


def fresh_file(folder):
    """Return a migrated SQLite file in `folder`."""
    global _template  # noqa: PLW0603 - made once a process
    if _template is None:
        _template = Path(tempfile.mkdtemp(prefix="gs-template-", dir=memory_folder())) / "template.db"
        prepare_sqlite(_template)
    return Path(shutil.copy(_template, folder / "goodstanding.db"))


def memory_folder():
    """Return a folder where syncing costs nothing, when the machine has one."""
    shared = Path("/dev/shm")
    return shared if shared.is_dir() else None


_compiled = {}
_vault_names = {}


class World:
    """The installation, its outside and the oracle."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="gs-world-", dir=memory_folder()))
        self.file = fresh_file(self.folder)
        self.real = NOW
        self.offset = 0
        self.box = MemoryBox()
        self.box.names.update(_vault_names)
        self.platform = FakePlatform(self)
        self.allowed = Allowed()
        self.calls = []
        self.flights = []
        self.comments = {}
        """Target -> what the test knows about the comment."""
        self.bodies = []
        self.approvals = {}
        """Outgoing -> (text, real time) of what a person approved."""
        self.hidden = Counter()
        self.acts = []
        self.hashes = {}
        self.reachable = True
        self.store = None
        self.violation = None
        """The first one: whoever calls the platform takes any exception for a lost answer."""
        self.round_real = self.round_basis = None
        self.open()
        self.ctx.store.write(self._first_rows)
        _vault_names.update(self.box.names)

    # --- the process ---

    def open(self):
        boot = self.real
        persisted = 0
        self.store = Door(SqliteStore(self.file, 1))
        persisted = int(self.store.read(lambda q: q.setting(HIGH_WATER)) or 0)
        self.clock = SystemClock(
            persisted=persisted, wall=lambda: self.real + self.offset, steady=lambda: self.real - boot
        )
        vault = KeyVault(b"k" * 32, self.box)
        self.ctx = Context(
            workspace_id=1, store=self.store, clock=self.clock, chance=KeyedChance(b"c" * 32), classifier=Reader(),
            vault=vault, signer=Ed25519Signer(b"s" * 32), platforms={"tiktok": self.platform}, compiled=_compiled,
        )  # fmt: skip
        self.hear()

    def _first_rows(self, tx):
        tx.ensure_workspace(self.real)
        for name in _LIMITS:
            self.hashes[name] = policies.keep(self.ctx, tx, policy_text(name))
        accounts.open_account(
            self.ctx, tx, support.account(policy_hash=self.hashes["usual"], bucket_milli=500_000)
        )

    def crash(self):
        """The process dies where it stands; what was in flight is never settled by it."""
        self.store.dead = True
        self.flights.clear()
        self.store.close()

    def restart(self):
        self.crash()
        self.open()
        self.run(self.dispatcher().recover())

    def close(self):
        self.store.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, coroutine):
        return asyncio.run(coroutine)

    def dispatcher(self):
        return outbox.Dispatcher(ctx=self.ctx, owner="test")

    # --- time ---

    def step(self, span):
        self.real += span

    def turn_clock(self, span):
        """The wall clock is set to another time."""
        self.offset += span

    def platform_time(self):
        return self.real // 1000 * 1000 if self.reachable else None

    def hear(self):
        if self.reachable:
            self.clock.hear(self.platform_time())

    def house(self):
        """What the worker does every ten seconds."""
        self.hear()
        if not self.clock.doubt():
            now = self.clock.now()
            self.ctx.store.write(lambda tx: tx.put_setting(HIGH_WATER, str(now), now))
        self.run(self.dispatcher().recover())
        self.run(self.dispatcher().look_for_unknown())
        if not self.clock.doubt():
            tasks.expire(self.ctx)

    # --- comments ---

    def comment(self, viewer, text, *, action="insert", target=None):
        target = target or f"c{len(self.comments) + 1}"
        told = {
            "external_id": target, "video_id": "v1", "parent_id": "", "action": action, "author": viewer, "handle": viewer,
            "text": text, "at": self.real,
        }  # fmt: skip
        body = json.dumps(told).encode()
        if action == "insert":
            self.comments[target] = {"viewer": viewer, "text": text, "at": self.real, "deleted": False}
            self.bodies.append(body)
        self.take(body)
        return target

    def take(self, body):
        intake.accept(self.ctx, "tiktok", [intake.Arrived(body, self.real)]).result()
        while intake.read_new(self.ctx):
            pass

    def again(self, number, *, same_bytes):
        """A delivery comes a second time, as it was or written a little differently."""
        body = self.bodies[number % len(self.bodies)]
        self.take(body if same_bytes else json.dumps(json.loads(body), indent=1).encode())

    def remove(self, target):
        """The viewer deletes the comment."""
        self.comments[target]["deleted"] = True
        self.comment("", "", action="delete", target=target)

    # --- people ---

    def withdraw(self, viewer):
        self._contact(
            viewer, {"answer": "withdrawn"}, lambda: self.allowed.answer.__setitem__(viewer, "withdrawn")
        )

    def give(self, viewer):
        self._contact(viewer, {"answer": "given"}, lambda: self.allowed.answer.__setitem__(viewer, "given"))

    def suppress(self, viewer):
        digest = self.ctx.chance.keyed_digest("suppression", f"1:{viewer}")
        self.ctx.store.write(lambda tx: tx.add_suppression(1, digest, "stop", self.real))
        self._contact(viewer, {"suppressed": True}, lambda: None)
        self.allowed.suppressed.add(viewer)

    def release(self, viewer):
        """The person may be answered again, whatever was said before."""
        self._contact(viewer, {"answer": "given", "suppressed": False, "holdout": False}, lambda: None)
        self.allowed.answer.pop(viewer, None)
        self.allowed.suppressed.discard(viewer)
        self.allowed.holdout.discard(viewer)

    def hold_out(self, viewer):
        self._contact(viewer, {"holdout": True}, lambda: self.allowed.holdout.add(viewer))

    def _contact(self, viewer, changes, note):
        def work(tx):
            found = tx.contacts_by_external(1, [viewer]).get(viewer)
            if found is not None:
                tx.change_contact(found.id, changes)
            return found

        if self.ctx.store.write(work) is not None:
            note()

    # --- the team ---

    def freeze(self, scope="everything"):
        row, _ = incidents.freeze(self.ctx, reason="test", who=person(1), scope=scope)
        self.allowed.freezes[row.id] = scope

    def lift(self, *, discard=False):
        if self.allowed.freezes:
            freeze_id = next(iter(self.allowed.freezes))
            incidents.lift(self.ctx, freeze_id, who=person(1), discard=discard)
            del self.allowed.freezes[freeze_id]

    def kill(self, killed):
        accounts.set_killed(self.ctx, 1, killed=killed, who=person(1))
        self.allowed.killed = killed

    def offer_hiding(self, offered):
        self.ctx.store.write(lambda tx: tx.change_account(1, {"can_hide": offered}))
        self.allowed.can_hide = offered

    def activate(self, name):
        policies.activate(self.ctx, 1, self.hashes[name], person(1))
        self.allowed.policy = name

    def cases(self):
        return self.ctx.store.read(lambda q: q.open_cases(queue=None, after=(0, 0), limit=50))

    def approve(self, text=None):
        for case in self.cases():
            held = None if case.outgoing_id is None else self.row(case.outgoing_id)
            if held is not None and held.state == "unknown":
                continue
            if text is None and (held is None or held.state != "held"):
                continue
            number = moderation.approve(self.ctx, case.id, 1, text=text)
            self.approvals[number] = ((text or held.text).strip(), self.real)
            self.acts.append(self._last_act())
            return number
        return None

    def reject(self):
        for case in self.cases()[:1]:
            moderation.reject(self.ctx, case.id, 1)
            self.acts.append(self._last_act())

    def hide(self, target):
        event = self.event_of(target)
        if event is not None:
            moderation.hide(self.ctx, event, 1)
            self._person_planned(event)

    def keep(self, target):
        event = self.event_of(target)
        if event is not None:
            moderation.keep(self.ctx, event, 1)
            self._person_planned(event)

    def cancel(self, number):
        if self._tried(lambda: moderation.cancel(self.ctx, number, 1) or True):
            self.acts.append(self._last_act())

    def undo(self):
        """Take back the last act of a person."""
        while self.acts:
            act = self.acts.pop()
            before = None if act.outgoing_id is None else self.row(act.outgoing_id)
            said = self._tried(lambda act=act: moderation.undo(self.ctx, act.id, 1))
            if said == "cancelled" and before is not None and act.kind in ("approve", "edit"):
                if before.state in ("sent", "sending", "unknown", "task"):
                    raise Violation(f"UNDO: {act.kind} of {before.state} was told to be taken back")
                self.approvals.pop(act.outgoing_id, None)
            if said is not None:
                self._person_planned(act.event_id)
                return

    def look_in_the_app(self):
        """A person settles an act of unknown outcome by the truth."""
        for case in self.cases():
            one = None if case.outgoing_id is None else self.row(case.outgoing_id)
            if one is not None and one.state == "unknown":
                mine = [c for c in self.calls if c.outgoing == one.id]
                happened = any(c.committed for c in mine)
                moderation.settle_by_person(self.ctx, case.id, 1, happened=happened)
                for call in mine:
                    call.known_negative = call.known_negative or not happened

    def alter(self, number, text):
        """Something changes the text of a planned act behind a person's back."""
        one = self.row(number)
        if one is not None and one.state == "planned" and one.approved_by is not None and one.act == "reply":
            self.ctx.store.write(lambda tx: tx.change_outgoing(number, {"text": text}))

    def _tried(self, work):
        try:
            return work()
        except (moderation.CannotUndoError, moderation.GoneError, moderation.MovedOnError):
            return None

    def _last_act(self):
        return self.ctx.store.read(lambda q: q.acts(person_id=None, limit=1))[0]

    def _person_planned(self, event_id):
        """Whatever a person's act planned is approved with the text it has now."""
        self.acts.append(self._last_act())
        for one in self.ctx.store.read(lambda q: q.outgoing_of_event(event_id)):
            if one.approved_by is not None and one.state == "planned" and one.act in ("hide", "unhide"):
                self.approvals.setdefault(one.id, ("", self.real))

    # --- sending ---

    def flow(self, *outcomes, hook=None):
        """Let the dispatcher send what is due in one lane."""
        self.platform.script = list(outcomes)
        self.platform.hooks = [hook] if hook else []
        self.round_real, self.round_basis = self.real, self.allowed.copy()
        settled = len(self.calls)
        try:
            self.run(self.dispatcher().send_due())
        except Crash:
            self.crash()
            self.open()
            self.run(self.dispatcher().recover())
            return
        finally:
            self.platform.script, self.platform.hooks = [], []
            if self.violation:
                raise self.violation
        for call in self.calls[settled:]:
            call.known_negative = call.outcome in ("failed", "later", "not_offered")

    def reserve(self):
        """Reserve one act and leave it in flight; the lane is free for others."""
        now = self.clock.now()
        claim = self.ctx.store.write(lambda tx: tx.claim_lane("other", now, now + 1, now))
        if claim is None:
            return None
        reserved, _ = self.ctx.store.write(lambda tx: reserving.reserve(self.ctx, tx, *claim, 1, MINUTE))
        self.ctx.store.write(lambda tx: tx.free_lane(*claim))
        if not reserved.permits:
            return None
        self.flights.append(
            {"permit": reserved.permits[0], "real": self.real, "basis": self.allowed.copy(), "result": None}
        )
        return self.flights[-1]

    def call(self, flight, outcome):
        """Make the call of an act in flight; too late it is not made any more."""
        if self.real - flight["real"] > settling.CALL_SECONDS * 1000:
            flight["result"], flight["call"] = SendResult(state="later", code="BATCH_LATE"), None
            return
        try:
            flight["result"] = self.called(
                flight["permit"], outcome, reserved=flight["real"], basis=flight["basis"]
            )
            flight["call"] = self.calls[-1]
        except Crash:
            self.crash()
            self.open()

    def settle(self, flight):
        """The result of a call is written down, however late."""
        self.flights.remove(flight)
        if flight["result"] is None:
            return
        self.ctx.store.write(lambda tx: settling.settle(self.ctx, tx, [flight["permit"]], [flight["result"]]))
        if flight["call"] is not None and flight["result"].state in ("failed", "later"):
            flight["call"].known_negative = True

    # --- the platform's side, and the oracle ---

    def called(self, permit, outcome, *, reserved, basis):
        """Judge a call, then let it happen as `outcome` says: sent, failed, later, lost_after, lost_before, crash_*."""
        one = permit.outgoing
        target = one.target_id.split("#")[0]
        comment = self.comments[target]
        call = Call(
            outgoing=one.id, target=target, act=one.act, text=one.text, viewer=comment["viewer"], at=self.real,
            reserved=reserved, era=self.clock._anchor, outcome=outcome, automatic=one.approved_by is None,
            committed=outcome in ("sent", "lost_after", "crash_after"),
        )  # fmt: skip
        self._judge(call, comment, basis or self.allowed)
        self.calls.append(call)
        if call.committed and one.act in ("hide", "unhide"):
            self.hidden[target] = 1 if one.act == "hide" else 0
        if outcome.startswith("crash"):
            self.store.dead = True
            raise Crash
        self.hear()
        if outcome == "sent":
            return SendResult(state="sent", provider_ref=f"p{len(self.calls)}")
        if outcome == "later":
            return SendResult(state="later", code="THROTTLED", retry_after=MINUTE)
        if outcome == "not_offered":
            return SendResult(state="failed", code="40118", means=outcome)
        return SendResult(state="failed" if outcome == "failed" else "unknown", code=outcome.upper())

    def _judge(self, call, comment, allowed):
        need = self._need
        auto = call.automatic
        need(not allowed.killed, "KILL", call)
        self._judge_attempt(call)
        if auto:
            need("broken" not in comment["text"], "INV13 the model failed", call)
        else:
            approved = self.approvals.get(call.outgoing)
            need(approved is not None, "INV5 nobody approved", call)
            need(approved[0] == call.text, f"INV5 another text than {approved[0]!r}", call)
            need(call.reserved - approved[1] <= DAY + TOLERANCE, "INV5 the approval has run out", call)
        if call.act in ("hide", "unhide"):
            self._judge_hide(call, allowed)
        else:
            self._judge_reply(call, comment, allowed)

    def _judge_attempt(self, call):
        """An attempt entry for this very call is committed (INV6)."""
        entries = self.entries("attempt", call.outgoing)
        made = sum(c.outgoing == call.outgoing for c in self.calls)
        self._need(len(entries) >= made + 1, "INV6 no committed attempt before the call", call)

    def _judge_hide(self, call, allowed):
        self._need(allowed.can_hide or call.by_hand, "HIDE not offered", call)
        if call.act == "hide":
            self._need(not self.hidden[call.target], "INV7 hidden already", call)
            if (
                call.automatic and not self.clock.doubt()
            ):  # harm is hidden on a doubtful clock too, by its windows
                self._judge_limits(call, allowed, "hide")

    def _judge_reply(self, call, comment, allowed):
        need, viewer = self._need, call.viewer
        need(not any(s != "promotion" for s in allowed.freezes.values()), "INV3 frozen", call)
        need(allowed.answer.get(viewer, "given") == "given", "INV1 consent withdrawn", call)
        need(viewer not in allowed.suppressed, "INV1 suppressed", call)
        need(not comment["deleted"], "the comment is gone", call)
        earlier = [c for c in self.calls if c.target == call.target and c.act == "reply"]
        need(not any(c.committed for c in earlier), "INV7 answered twice", call)
        need(
            all(c.known_negative for c in earlier), "INV7 sent again although the outcome was not known", call
        )
        if call.automatic:
            need(viewer not in allowed.holdout, "INV14 hold-out", call)
            need(
                "insult" not in comment["text"] and "grumpy" not in comment["text"],
                "INV4 abusive or negative",
                call,
            )
            need("price" in comment["text"], "no trigger", call)
            need(allowed.policy != "silent", "the rule is off", call)
            need(call.reserved - comment["at"] >= MINUTE, "sooner than the delay", call)
            self._judge_limits(call, allowed, "reply")

    def _judge_limits(self, call, allowed, act):
        for scope, channel, most, hours in _LIMITS[allowed.policy]:
            if channel != act:
                continue
            count = sum(
                c.act == act and (c.committed or not c.known_negative) and (scope != "contact" or c.viewer == call.viewer)
                and call.reserved - self._span(c, call, hours) < c.reserved <= call.reserved
                for c in self.calls
            )  # fmt: skip
            self._need(count < most, f"INV2 {count + 1} of {most} in {hours} h ({scope}/{channel})", call)

    @staticmethod
    def _span(earlier, call, hours):
        """Exactly the window; a comparison of the clock in between may have cost its tolerance."""
        return hours * HOUR - (0 if earlier.era == call.era else TOLERANCE)

    def _need(self, holds, what, call):
        if not holds:
            self.violation = self.violation or Violation(f"{what}: {call}")
            raise self.violation

    def found(self, one):
        """Read back: seen, absent after ten minutes by the product's clock, or not known."""
        mine = [c for c in self.calls if c.outgoing == one.id]
        if one.act in ("hide", "unhide"):
            seen = bool(self.hidden[one.target_id.split("#")[0]]) == (one.act == "hide")
            for call in mine:
                call.known_negative = call.known_negative or not seen
            return SendResult(state="sent" if seen else "failed", code="SEEN")
        if any(c.committed and self.real - c.at >= SEEN_AFTER for c in mine):
            return SendResult(state="sent", provider_ref="seen")
        if self.ctx.clock.now() - (one.attempt_at or self.ctx.clock.now()) < ABSENT_AFTER:
            return SendResult(state="unknown", code="NOT_SEEN_YET")
        for call in mine:
            call.known_negative = True
        return SendResult(state="failed", code="ABSENT")

    # --- looking ---

    def row(self, number):
        return self.ctx.store.read(lambda q: q.outgoing(number))

    def rows(self):
        return self.ctx.store.read(
            lambda q: [
                o
                for s in ("held", "planned", "task", "sending", "sent", "failed", "unknown", "cancelled")
                for o in q.outgoing_in_state(s, limit=1000)
            ]
        )

    def event_of(self, target):
        return self.ctx.store.read(lambda q: q.known_events(1, "tiktok", [target])).get((target, "insert"))

    def entries(self, kind, number):
        """Return the sealed entries of this kind about an act, read from the database."""

        def work(q):
            found = []
            for row in q.audit_after(-1, 100_000):
                if row.kind == kind:
                    body = json.loads(row.body)
                    if body["refs"].get("outgoing") == number:
                        found.append(body["body"])
            return found

        return SqliteLook(self.file).read(work)

    def check(self):
        """Everything that must hold when the dust has settled; raises `Violation`."""
        if self.violation:
            raise self.violation
        for one in self.rows():
            attempts, results = len(self.entries("attempt", one.id)), self.entries("result", one.id)
            mine = [c for c in self.calls if c.outgoing == one.id]
            if len(mine) > attempts:
                raise Violation(f"INV6 {len(mine)} calls, {attempts} attempts: {one}")
            if one.state == "sent" and not any(c.committed for c in mine):
                raise Violation(f"told to be sent, never happened: {one}")
            if (
                one.state in ("failed", "planned", "held")
                and any(c.committed and not c.known_negative for c in mine)
                and one.act == "reply"
            ):
                raise Violation(f"happened and not known: {one}")
            final = [r for r in results if r["state"] != "unknown"]
            if (
                attempts
                and len(final) < attempts - (one.state in ("unknown", "sending", "task"))
                and not self._by_person(one)
            ):
                raise Violation(f"INV6 {attempts} attempts, results {results}: {one}")
        report = audit.verify(self.ctx)
        if not report.ok:
            raise Violation(f"INV9 {report.problems}")
        replayed = replay.replay(self.ctx)
        if replayed.differences:
            raise Violation(f"INV8 {replayed}")
        decided = Counter(
            d.event_id for d in self.ctx.store.read(lambda q: q.decisions(after=0, limit=100_000))
        )
        wanted = {self.event_of(t) for t in self.comments}
        if set(decided) != wanted:
            raise Violation(f"{len(wanted)} comments, {len(decided)} decided")

    def _by_person(self, one):
        return one.code == "BY_PERSON"

    def all_again(self):
        """The platform promises "at least once": every comment it told of comes once more, written another way."""
        for number in range(len(self.bodies)):
            self.again(number, same_bytes=False)

    def end(self):
        """Let a process die, come back, hear everything twice and finish what is due; then look."""
        self.restart()
        self.all_again()
        self.offset = 0
        self.reachable = True
        for _ in range(4):
            self.step(20 * MINUTE)
            self.house()
            self.flow()
        self.check()


class SqliteLook:
    """A second way into the file: it sees only what is committed."""

    def __init__(self, file):
        self._file = file

    def read(self, work):
        from goodstanding.adapters.storage.sqlite import SqliteStatements, connect

        connection = connect(self._file, read_only=True)
        try:
            return work(SqliteStatements(connection, 1))
        finally:
            connection.close()


__all__ = ["DAY", "HOUR", "MINUTE", "SECOND", "SYSTEM", "Crash", "Violation", "World"]
