"""Directed stories: situations so rare that chance seldom meets them. Each raises when a promise is broken."""

from goodstanding.kernel.timing import DAY, HOUR, MINUTE, SECOND
from goodstanding.usecases import settling
from goodstanding.usecases.ports import SendResult
from tests.faults import by_hand
from tests.faults.world import Violation, World


def _world(story):
    def run():
        world = World()
        try:
            story(world)
            world.end()
        finally:
            world.close()

    run.__name__ = story.__name__
    run.__doc__ = story.__doc__
    return run


def _sent(world):
    return [c for c in world.calls if c.act == "reply" and c.committed]


@_world
def the_window_ends_where_it_says(world):
    """An act leaves the window after exactly its length: a millisecond before it counts, then it does not."""
    for _ in range(3):
        world.comment("+A", "price")
    world.step(3 * MINUTE)
    world.flow()
    assert len(_sent(world)) == 3
    world.step(2 * HOUR - 3 * MINUTE)
    world.activate("open")
    world.comment("+A", "price")
    world.comment("+A", "price")
    world.activate("usual")
    due = world.calls[0].reserved + 2 * HOUR
    planned = [o for o in world.rows() if o.state == "planned"]
    assert len(planned) == 2
    world.ctx.store.write(lambda tx: [tx.change_outgoing(o.id, {"not_before": due - 1}) for o in planned[:1]])
    world.ctx.store.write(lambda tx: [tx.change_outgoing(o.id, {"not_before": due}) for o in planned[1:]])
    world.step(due - 1 - world.real)
    world.flow()
    assert len(_sent(world)) == 3, "a millisecond early"
    world.step(1)
    world.flow()
    assert len(_sent(world)) == 4, "exactly at its end the window is open"


@_world
def a_late_result_settles_nothing_of_another(world):
    """A slow process hears of its call after the act was taken over; it must not speak for the second attempt."""
    world.comment("+A", "price")
    world.step(3 * MINUTE)
    slow = world.reserve()
    world.call(slow, "later")
    world.step(2 * MINUTE)
    world.run(world.dispatcher().recover())
    world.step(11 * MINUTE)
    world.house()
    world.step(MINUTE)
    quick = world.reserve()
    assert quick is not None, "read back as absent, so it may be tried once more"
    world.call(quick, "sent")
    world.settle(slow)
    world.step(2 * MINUTE)
    world.flow("sent")
    world.settle(quick)
    assert len(_sent(world)) == 1


@_world
def what_has_left_is_not_taken_back(world):
    """Undo of a sent approval is refused in so many words."""
    from goodstanding.usecases import moderation

    world.comment("+A", "grumpy price")
    number = world.approve()
    world.step(MINUTE)
    world.flow("sent")
    act = world.ctx.store.read(lambda q: q.acts(person_id=None, limit=1))[0]
    try:
        moderation.undo(world.ctx, act.id, 1)
    except moderation.CannotUndoError:
        return
    raise Violation(f"UNDO: {number} was sent and told to be taken back")


@_world
def a_freeze_in_the_middle_of_a_batch(world):
    """After the call under way nothing more leaves, and what waited is sent after the lift."""
    for viewer in ("+A", "+B", "+C"):
        world.comment(viewer, "price")
    world.step(3 * MINUTE)
    world.flow(hook=world.freeze)
    assert len(_sent(world)) == 1
    world.step(10 * MINUTE)
    world.flow()
    assert len(_sent(world)) == 1
    world.lift()
    world.step(10 * MINUTE)
    world.flow()
    assert len(_sent(world)) == 3


@_world
def a_clock_eight_days_ahead(world):
    """The windows look empty; nothing leaves until the platform agrees, then everything goes on by itself."""
    for _ in range(5):
        world.comment("+A", "price")
    world.step(3 * MINUTE)
    world.flow()
    assert len(_sent(world)) == 3
    world.comment("+A", "price")
    world.comment("+B", "price")
    world.turn_clock(8 * DAY)
    world.restart()
    world.step(3 * MINUTE)
    for _ in range(3):
        world.flow()
        world.step(6 * MINUTE)
    assert len(_sent(world)) == 3
    assert world.clock.doubt() in ("CLOCK_APART", "CLOCK_GAP")
    world.offset = 0
    world.house()
    assert world.clock.doubt() == ""
    world.step(6 * MINUTE)
    world.flow()
    assert [c.viewer for c in _sent(world)][3:] == ["+B"]


@_world
def a_clock_forty_one_seconds_off(world):
    """Found out by the platform's own time; until then the monotonic clock keeps every window."""
    for _ in range(4):
        world.comment("+A", "price")
    world.step(3 * MINUTE)
    world.flow()
    world.comment("+B", "price")
    world.turn_clock(41 * SECOND)
    world.house()
    assert world.clock.doubt() == "CLOCK_APART"
    world.step(3 * MINUTE)
    world.flow()
    assert len(_sent(world)) == 3
    world.offset = 0
    world.house()
    assert world.clock.doubt() == ""
    world.step(6 * MINUTE)
    world.flow()
    assert len(_sent(world)) == 4


@_world
def a_slow_batch_is_not_called_late(world):
    """A call that would begin after others may have taken the act over is not made."""
    for viewer in ("+A", "+B"):
        world.comment(viewer, "price")
    world.step(3 * MINUTE)
    flight = world.reserve()
    world.step(settling.CALL_SECONDS * 1000 + 1)
    world.call(flight, "sent")
    world.settle(flight)
    assert _sent(world) == []
    assert world.row(flight["permit"].outgoing.id).state == "planned"


@_world
def an_unknown_outcome_is_read_back(world):
    """It happened although nobody said so; reading back finds it, and it is answered once."""
    world.comment("+A", "price")
    world.step(3 * MINUTE)
    world.flow("lost_after")
    for _ in range(8):
        world.step(2 * MINUTE)
        world.house()
        world.flow("sent")
    assert len(_sent(world)) == 1
    assert [o.state for o in world.rows() if o.act == "reply"] == ["sent"]


@_world
def a_person_is_asked_when_nobody_can_tell(world):
    """The platform cannot be read; after a quarter of an hour a case is opened, once."""
    world.comment("+A", "price")
    world.step(3 * MINUTE)
    world.flow("lost_before")
    world.found = lambda one: SendResult(state="unknown", code="NO_ANSWER")
    for _ in range(20):
        world.step(5 * MINUTE)
        world.house()
        world.flow("sent")
    assert [c.code for c in world.cases()] == ["OUTCOME_UNKNOWN"]
    world.look_in_the_app()
    assert _sent(world) == []


@_world
def an_undone_approval_is_no_approval(world):
    """Approved, taken back, and due: nothing leaves."""
    world.comment("+A", "grumpy price")
    world.approve()
    world.undo()
    world.step(HOUR)
    world.flow("sent")
    assert _sent(world) == []
    assert len(world.cases()) == 1


@_world
def a_deletion_that_overtakes_its_comment(world):
    """Deliveries come in any order: a comment deleted before we hear of it is never answered."""
    world.comments["c1"] = {"viewer": "+A", "text": "price", "at": world.real, "deleted": True}
    world.comment("", "", action="delete", target="c1")
    world.comment("+A", "price", target="c1")
    world.comments["c1"]["deleted"] = True
    world.step(3 * MINUTE)
    world.flow("sent")
    assert world.calls == []


@_world
def a_hide_by_a_person_and_one_by_rule(world):
    """Two wishes to hide one comment are one call."""
    target = world.comment("+A", "insult")
    world.hide(target)
    world.step(MINUTE)
    world.flow()
    world.flow()
    assert [c.act for c in world.calls] == ["hide"]


@_world
def a_failed_model_answers_nobody(world):
    """Without understanding nothing leaves by itself; a person is asked."""
    for _ in range(3):
        world.comment("+A", "broken price")
    world.step(3 * MINUTE)
    world.flow()
    assert world.calls == []
    assert [c.code for c in world.cases()] == ["MODEL_FAILED"] * 3


@_world
def the_delay_is_waited_out(world):
    """Nothing leaves before the least delay, however often the loop looks."""
    for n in range(10):
        world.comment(f"+{n}", "price")
        world.flow()
        world.step(SECOND)
        world.flow()


@_world
def a_comment_that_comes_again_is_one(world):
    """Byte for byte, written another way, before its answer and after it: one comment, one decision, one answer."""
    target = world.comment("+A", "price")
    world.again(0, same_bytes=True)
    world.again(0, same_bytes=False)
    world.step(3 * MINUTE)
    world.flow()
    world.again(0, same_bytes=False)
    world.step(3 * MINUTE)
    world.flow()
    assert [call.target for call in _sent(world)] == [target]


@_world
def nothing_is_hidden_where_hiding_is_not_offered(world):
    """The platform stops offering it while a hide waits."""
    world.comment("+A", "insult")
    world.offer_hiding(False)
    world.step(3 * MINUTE)
    world.flow()
    assert not world.calls


@_world
def whoever_is_held_out_is_not_answered(world):
    """Held out while an answer waits, and held out before a comment: nothing is sent to either."""
    world.comment("+A", "price")
    world.hold_out("+A")
    world.step(3 * MINUTE)
    world.flow()
    world.comment("+A", "price")
    world.step(3 * MINUTE)
    world.flow()
    assert not _sent(world)


@_world
def hidden_once(world):
    """Hiding what is hidden already is no call, by rule or by a person."""
    target = world.comment("+A", "insult")
    world.flow()
    world.hide(target)
    world.step(MINUTE)
    world.flow()
    assert [c.act for c in world.calls] == ["hide"]


@_world
def a_task_that_was_opened_is_never_too_late(world):
    """Whether it was sent only a person knows: until then it counts, and nothing says that it was not."""
    by_hand.assist(world, True)
    world.comment("+A", "price")
    world.comment("+B", "price")
    world.step(3 * MINUTE)
    world.flow()
    assert by_hand.open_one(world, 0, True)
    world.step(8 * DAY)
    world.house()
    assert sorted(o.state for o in world.rows()) == ["cancelled", "task"]
    by_hand.answer_one(world, 0)
    assert sorted(o.state for o in world.rows()) == ["cancelled", "sent"]


@_world
def tasks_fill_the_limits(world):
    """Tasks nobody has answered use a limit up as sends do, also for calls."""
    by_hand.assist(world, True)
    for _ in range(3):
        world.comment("+A", "price")
    world.step(3 * MINUTE)
    world.flow()
    for nth in range(3):
        assert by_hand.open_one(world, nth, True)
    by_hand.assist(world, False)
    world.activate("open")
    world.comment("+A", "price")
    world.activate("usual")
    world.step(3 * MINUTE)
    world.flow()
    assert len(world.calls) == 3


@_world
def what_was_forbidden_meanwhile_is_not_shown(world):
    by_hand.assist(world, True)
    world.comment("+A", "price")
    world.step(3 * MINUTE)
    world.flow()
    world.freeze()
    assert not by_hand.open_one(world, 0, True)


ALL = (
    whoever_is_held_out_is_not_answered,
    nothing_is_hidden_where_hiding_is_not_offered,
    a_comment_that_comes_again_is_one,
    a_task_that_was_opened_is_never_too_late,
    tasks_fill_the_limits,
    what_was_forbidden_meanwhile_is_not_shown,
    a_failed_model_answers_nobody,
    the_delay_is_waited_out,
    hidden_once,
    the_window_ends_where_it_says,
    a_late_result_settles_nothing_of_another,
    what_has_left_is_not_taken_back,
    a_freeze_in_the_middle_of_a_batch,
    a_clock_eight_days_ahead,
    a_clock_forty_one_seconds_off,
    a_slow_batch_is_not_called_late,
    an_unknown_outcome_is_read_back,
    a_person_is_asked_when_nobody_can_tell,
    an_undone_approval_is_no_approval,
    a_deletion_that_overtakes_its_comment,
    a_hide_by_a_person_and_one_by_rule,
)
