"""The state machine: anything may happen in any order, and the oracle looks at every call."""

import gc

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from goodstanding.kernel.timing import DAY, HOUR, MINUTE, SECOND
from tests.faults import by_hand
from tests.faults.world import _LIMITS, World

VIEWERS = st.sampled_from(["+A", "+A", "+B", "+C"])
TEXTS = st.sampled_from(
    ["price", "price", "price", "hello", "insult", "insult", "grumpy price", "broken price"]
)
OUTCOMES = st.sampled_from(
    ["sent", "sent", "sent", "failed", "later", "lost_after", "lost_before", "crash_before", "crash_after"]
)
SPANS = st.sampled_from(
    [1, SECOND, 31 * SECOND, MINUTE, 3 * MINUTE, 11 * MINUTE, 20 * MINUTE, HOUR, 2 * HOUR, DAY, 7 * DAY]
)
TURNS = st.sampled_from(
    [5 * SECOND, -5 * SECOND, 41 * SECOND, -41 * SECOND, 2 * HOUR, -HOUR, 6 * DAY, 8 * DAY, -8 * DAY]
)
MEANWHILE = st.sampled_from(["freeze", "kill", "withdraw", "suppress"])


class Machine(RuleBasedStateMachine):
    """Every rule is something that happens to a real installation."""

    def __init__(self):
        super().__init__()
        self.world = World()
        self.broken = False

    def teardown(self):
        try:
            if not self.broken:
                self.world.end()
        finally:
            self.world.close()

    def calm(self, viewer="+A"):
        """What was forbidden is allowed again, so that something can happen at all."""
        world = self.world
        world.offset, world.reachable = 0, True
        world.house()
        while world.allowed.freezes:
            world.lift()
        world.kill(False)
        world.offer_hiding(True)
        by_hand.assist(world, False)
        world.activate("usual")
        world.release(viewer)

    # --- the usual day ---

    @rule(viewer=VIEWERS, text=TEXTS)
    def comment(self, viewer, text):
        self.world.comment(viewer, text)

    @rule(viewer=VIEWERS, outcome=OUTCOMES, text=st.sampled_from(["price", "price", "insult"]))
    def ordinary_flow(self, viewer, outcome, text):
        self.calm(viewer)
        self.world.comment(viewer, text)
        self.world.step(3 * MINUTE)
        self.world.flow(outcome)

    @rule(viewer=VIEWERS, count=st.integers(2, 6), text=st.sampled_from(["price", "price", "insult"]))
    def burst(self, viewer, count, text):
        """All are planned under a wide policy before the first is sent."""
        self.calm(viewer)
        self.world.activate("open")
        for _ in range(count):
            self.world.comment(viewer, text)
        self.world.activate("usual")
        self.world.step(3 * MINUTE)
        self.world.flow()

    @rule(
        limit=st.sampled_from(_LIMITS["usual"]),
        nth=st.integers(0, 5),
        by=st.sampled_from([-1, -1, 0, 1]),
        most=st.booleans(),
    )
    def to_the_edge(self, limit, nth, by, most):
        """A comment that falls due a millisecond before, at, or after an act leaves a window."""
        scope, channel, count, hours = limit
        world = self.world
        self.calm()
        text = "insult" if channel == "hide" else "price"
        if most:
            for _ in range(count):
                world.comment("+A", text)
            world.step(3 * MINUTE)
            world.flow()
        mine = [c for c in world.calls if c.act == channel and c.automatic]
        if not mine:
            return
        leaves = mine[-1 - nth % len(mine)].reserved + hours * HOUR
        if leaves - 4 * MINUTE < world.real:
            return
        world.step(leaves - 4 * MINUTE - world.real)
        self.calm()
        world.activate("open")  # else it would not even be planned
        world.comment("+A", text)
        world.activate("usual")
        world.step(leaves + by - world.real)
        world.flow()

    @rule(span=SPANS)
    def step(self, span):
        self.world.step(span)

    @rule(outcomes=st.lists(OUTCOMES, max_size=4))
    def flow(self, outcomes):
        self.world.flow(*outcomes)

    @rule()
    def house(self):
        self.world.house()

    # --- what happens meanwhile ---

    @rule(what=MEANWHILE, viewer=VIEWERS, count=st.integers(1, 3))
    def meanwhile(self, what, viewer, count):
        """Something is forbidden while the first of several calls is under way."""
        world = self.world
        self.calm(viewer)
        for _ in range(count):
            world.comment(viewer, "price")
        world.step(3 * MINUTE)
        world.flow(hook=lambda: self._forbid(what, viewer))

    def _forbid(self, what, viewer):
        {
            "freeze": self.world.freeze,
            "kill": lambda: self.world.kill(True),
            "withdraw": lambda: self.world.withdraw(viewer),
            "suppress": lambda: self.world.suppress(viewer),
            "hold_out": lambda: self.world.hold_out(viewer),
            "no_hiding": lambda: self.world.offer_hiding(False),
        }[what]()

    @rule(
        what=st.sampled_from(["freeze", "kill", "withdraw", "suppress", "hold_out", "no_hiding"]),
        viewer=VIEWERS,
    )
    def planned_then_forbidden(self, what, viewer):
        self.calm(viewer)
        self.world.comment(viewer, "insult" if what == "no_hiding" else "price")
        self._forbid(what, viewer)
        self.world.step(3 * MINUTE)
        self.world.flow()

    @rule()
    def reserve(self):
        self.world.reserve()

    @precondition(lambda self: self.world.flights)
    @rule(outcome=OUTCOMES, nth=st.integers(0, 3))
    def call(self, outcome, nth):
        waiting = [f for f in self.world.flights if f["result"] is None]
        if waiting:
            self.world.call(waiting[nth % len(waiting)], outcome)

    @precondition(lambda self: self.world.flights)
    @rule(nth=st.integers(0, 3))
    def settle(self, nth):
        answered = [f for f in self.world.flights if f["result"] is not None]
        if answered:
            self.world.settle(answered[nth % len(answered)])

    # --- what comes in ---

    @precondition(lambda self: self.world.bodies)
    @rule(nth=st.integers(0, 9), same=st.booleans())
    def delivered_again(self, nth, same):
        self.world.again(nth, same_bytes=same)

    @precondition(lambda self: self.world.comments)
    @rule(nth=st.integers(0, 9))
    def removed(self, nth):
        targets = [t for t, c in self.world.comments.items() if not c["deleted"]]
        if targets:
            self.world.remove(targets[nth % len(targets)])

    # --- people ---

    @rule(scope=st.sampled_from(["everything", "messages", "promotion"]))
    def freeze(self, scope):
        self.world.freeze(scope)

    @rule(discard=st.booleans())
    def lift(self, discard):
        while self.world.allowed.freezes:
            self.world.lift(discard=discard)

    @rule(killed=st.sampled_from([True, False, False]))
    def kill(self, killed):
        self.world.kill(killed)

    @rule(offered=st.booleans())
    def offer_hiding(self, offered):
        self.world.offer_hiding(offered)

    @rule(viewer=VIEWERS, given=st.booleans())
    def consent(self, viewer, given):
        (self.world.give if given else self.world.withdraw)(viewer)

    @rule(viewer=st.sampled_from(["+C", "+D"]))
    def suppress(self, viewer):
        self.world.suppress(viewer)

    @rule(viewer=st.sampled_from(["+C", "+D"]))
    def hold_out(self, viewer):
        self.world.hold_out(viewer)

    @rule(name=st.sampled_from([*_LIMITS, "usual"]))
    def activate(self, name):
        self.world.activate(name)

    @rule(
        viewer=VIEWERS,
        text=st.sampled_from([None, None, "Door een mens geschreven."]),
        alter=st.booleans(),
        wait=st.sampled_from([9 * SECOND, 9 * SECOND, DAY + MINUTE]),
    )
    def approved_flow(self, viewer, text, alter, wait):
        self.calm(viewer)
        self.world.comment(viewer, "grumpy price")
        number = self.world.approve(text)
        if number is not None and alter:
            self.world.alter(number, "Iets heel anders.")
        self.world.step(wait)
        self.world.flow()

    @rule(text=st.sampled_from([None, "Door een mens."]))
    def approve(self, text):
        self.world.approve(text)

    @rule()
    def reject(self):
        self.world.reject()

    @precondition(lambda self: self.world.comments)
    @rule(nth=st.integers(0, 9), what=st.sampled_from(["hide", "keep"]))
    def moderate(self, nth, what):
        targets = list(self.world.comments)
        getattr(self.world, what)(targets[nth % len(targets)])

    @rule(nth=st.integers(0, 9))
    def cancel(self, nth):
        rows = self.world.rows()
        if rows:
            self.world.cancel(rows[nth % len(rows)].id)

    @rule()
    def undo(self):
        self.world.undo()

    @rule()
    def look_in_the_app(self):
        self.world.look_in_the_app()

    # --- by hand ---

    @rule(on=st.booleans())
    def assist(self, on):
        by_hand.assist(self.world, on)

    @rule(
        viewer=VIEWERS,
        text=st.sampled_from(["price", "price", "insult"]),
        did=st.booleans(),
        answers=st.booleans(),
    )
    def flow_by_hand(self, viewer, text, did, answers):
        """A due act becomes a task; a person opens it, sends it or not, and answers or forgets to."""
        self.calm(viewer)
        by_hand.assist(self.world, True)
        self.world.comment(viewer, text)
        self.world.step(3 * MINUTE)
        self.world.flow()
        by_hand.open_one(self.world, -1, did)
        if answers:
            by_hand.answer_one(self.world, -1)

    @rule(what=st.sampled_from(["freeze", "kill", "withdraw", "suppress", "remove"]), viewer=VIEWERS)
    def task_then_forbidden(self, what, viewer):
        """What was allowed when the task was made is forbidden when it is opened."""
        self.calm(viewer)
        by_hand.assist(self.world, True)
        target = self.world.comment(viewer, "price")
        self.world.step(3 * MINUTE)
        self.world.flow()
        if what == "remove":
            self.world.remove(target)
        else:
            self._forbid(what, viewer)
        by_hand.open_one(self.world, -1, True)

    @rule(nth=st.integers(0, 9), did=st.booleans())
    def open_task(self, nth, did):
        by_hand.open_one(self.world, nth, did)

    @rule(nth=st.integers(0, 9))
    def answer_task(self, nth):
        by_hand.answer_one(self.world, nth)

    @rule()
    def take_back_answer(self):
        by_hand.take_back_one(self.world)

    # --- trouble ---

    @rule()
    def restart(self):
        self.world.restart()

    @rule(turn=TURNS)
    def turn_clock(self, turn):
        self.world.turn_clock(turn)

    @rule()
    def right_the_clock(self):
        self.world.offset = 0
        self.world.house()

    @rule(turn=TURNS)
    def restart_with_another_time(self, turn):
        self.world.turn_clock(turn)
        self.world.restart()

    @rule(
        viewer=VIEWERS,
        turn=st.sampled_from([2 * HOUR, 6 * DAY, 8 * DAY, 41 * SECOND, -HOUR]),
        restart=st.booleans(),
    )
    def burst_and_jump(self, viewer, turn, restart):
        """A person's limit is used up and then the clock jumps."""
        self.calm(viewer)
        self.world.activate("open")
        for _ in range(4):
            self.world.comment(viewer, "price")
        self.world.activate("usual")
        self.world.step(3 * MINUTE)
        self.world.flow()
        self.world.activate("open")
        self.world.comment(viewer, "price")
        self.world.activate("usual")
        self.world.turn_clock(turn)
        if restart:
            self.world.restart()
        self.world.step(3 * MINUTE)
        self.world.flow()
        self.world.offset = 0

    @rule(reachable=st.booleans())
    def reach(self, reachable):
        self.world.reachable = reachable


def run(*, examples, steps=40):
    """Run the machine; the same numbers give the same runs. Generation only: shrinking is for a person."""
    gc.collect()  # what ran before goes now: a finaliser in the middle of parsing trips Python 3.11
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=True,
            database=None,
            phases=(Phase.generate,),
            print_blob=False,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
