"""A person with the account's phone: opens tasks, sends in the app or does not, and answers by the truth or not at all."""

from goodstanding.usecases import moderation, tasks
from goodstanding.usecases.context import person
from tests.faults.world import Call

ME = person(1)


def assist(world, on):
    """The account is served by hand from now on, or by calls again."""
    world.ctx.store.write(lambda tx: tx.change_account(1, {"mode": "assisted" if on else "automatic"}))


def open_one(world, nth, did):
    """Open a task; what may go is sent in the app when `did`. Returns whether the text was shown."""
    waiting = world.ctx.store.read(tasks.waiting)
    if not waiting:
        return False
    one = waiting[nth % len(waiting)].outgoing
    first = waiting[nth % len(waiting)].task.opened_at is None
    shown = tasks.open_task(world.ctx, one.id, ME).standing == "go"
    if shown and first:
        comment = world.comments[one.target_id.split("#")[0]]
        call = Call(
            outgoing=one.id, target=one.target_id.split("#")[0], act=one.act, text=one.text, viewer=comment["viewer"],
            at=world.real, reserved=world.real, era=world.clock._anchor, outcome="by hand", committed=did,
            automatic=one.approved_by is None, by_hand=True,
        )  # fmt: skip
        world._judge(call, comment, world.allowed)
        world.calls.append(call)
        if did and one.act in ("hide", "unhide"):
            world.hidden[call.target] = 1 if one.act == "hide" else 0
    return shown


def answer_one(world, nth):
    """Answer an opened task by the truth."""
    opened = [one for one in world.ctx.store.read(tasks.waiting) if one.task.opened_at is not None]
    if not opened:
        return
    one = opened[nth % len(opened)].outgoing
    mine = [c for c in world.calls if c.outgoing == one.id and c.by_hand]
    if any(c.committed for c in mine):
        tasks.sent(world.ctx, one.id, ME, before=True)
    else:
        tasks.not_sent(world.ctx, one.id, ME, "unwise")
        for call in mine:
            call.known_negative = True


def take_back_one(world):
    """A wrong press on "I sent it" is taken back; what was sent stays sent."""
    for one in world.rows():
        if one.state == "sent" and one.code == "BY_HAND":
            try:
                tasks.take_back(world.ctx, one.id, ME)
            except (moderation.GoneError, tasks.TooLateToTakeBackError):
                continue
            return
