"""Directed stories of a platform in trouble. Each returns its counts, or raises `Violation`."""

import re
from collections import Counter

from goodstanding.kernel.timing import DAY, HOUR, MINUTE, SECOND
from goodstanding.usecases import playbooks
from tests.faults.rig import BUSINESS, Violation, rig, told_is_true
from tests.faults.world import policy_text

REPLY = "comment/reply/create/"
ENDS = {("held", "AUTHORISATION_ENDED")}
"""How an act stands whose account the platform let go of: everything waits in one state, for one reason, until a person
decides."""
AGE_HOURS = 24
"""Older comments are not answered any more, in the story where webhooks come late."""


async def throttled():
    """After 40100 on a reply nothing more is asked for five minutes, and then everything goes out once."""
    async with rig() as one:
        await one.comment(20, "price")
        await one.fault({"kind": "throttle", "endpoint": REPLY, "times": 1})
        await one.until_settled()
        _nothing_asked_for(await one.calls("reply"), 5 * MINUTE)
        return await told_is_true(one)


async def throttled_on_everything_for_five_minutes():
    """Reads and acts alike are refused for five minutes: one question at most in that time, afterwards all is done."""
    async with rig(reads=True, paced=True) as one:
        await one.step(MINUTE)
        await one.comment(20, "price")
        await one.comment(5, "insult")
        await one.pass_time(3 * MINUTE)
        await one.fault({"kind": "throttle", "endpoint": "*", "probability": 1.0}, webhooks={"lost": 1.0})
        await one.comment(10, "price")
        before = len(await one.calls())
        for _ in range(30):
            await one.step(10 * SECOND)
        refused = (await one.calls())[before:]
        _nothing_asked_for(refused, 5 * MINUTE - SECOND)
        await one.fault()
        await _come_to_rest(one)
        return await told_is_true(one) | {
            "asked while throttled": len(refused),
            "found by reading": one.meter().found_first,
        }


def _nothing_asked_for(calls, span):
    refused = [call["at_ms"] for call in calls if call["code"] == 40100]
    if not refused:
        raise Violation("nothing was ever refused")
    later = [call["at_ms"] - refused[0] for call in calls if call["at_ms"] > refused[0]]
    if later and min(later) < span:
        raise Violation(f"a call {min(later)} ms after the platform said to wait")


async def token_expires():
    """A token that runs out while acts wait is renewed once, and nothing is lost."""
    async with rig() as one:
        await one.comment(30, "price")
        await one.step(DAY + HOUR)
        await one.until_settled()
        calls = await one.calls()
        renewals = [c for c in calls if c["endpoint"].endswith("oauth2/refresh_token/")]
        if len(renewals) != 1:
            raise Violation(f"{len(renewals)} renewals instead of one")
        return await told_is_true(one)


async def revoked_in_mid_queue():
    """The creator takes the consent back while acts wait, and the platform tells us."""
    return await _revoked(webhooks={"lost": 0.0})


async def revoked_and_the_webhook_lost():
    """The same, and nobody tells us: the refusal of the next call must be enough."""
    return await _revoked(webhooks={"lost": 1.0})


async def _revoked(webhooks):
    async with rig(business=True) as one:
        await one.comment(20, "price")
        await one.write(5)
        await one.step(3 * MINUTE)
        await one.comment(20, "price")
        await one.comment(5, "insult")
        await one.write(5)
        await one.fault(webhooks=webhooks)
        before = len(await one.calls())
        queue = Counter(o.act for o in one.rows() if o.state != "sent")
        for open_id in (one.open_id, one.business_id):
            await one.box.control("authorizations/remove", {"business_id": open_id, "reason": 1})
        await one.read()
        for _ in range(20):
            await one.step(3 * MINUTE)
        calls = (await one.calls())[before:]
        done = [call for call in calls if call["accepted"]]
        if done:
            raise Violation(f"{len(done)} calls were let through after the consent had gone: {done[0]}")
        ended = Counter((o.state, o.code) for o in one.rows() if o.state != "sent")
        if ended.total() != queue.total() or ended.keys() - ENDS:
            raise Violation(f"of {dict(queue)} in the queue: {dict(ended)}")
        for account_id in (1, BUSINESS):
            _let_go(one, account_id)
        told = await told_is_true(one)
        told |= {f"{act} in the queue": count for act, count in queue.items()} | {"calls refused": len(calls)}
        return told | {f"{state} with {code}": count for (state, code), count in ended.items()}


def _let_go(one, account_id):
    """The tokens are gone, the account is stopped, and its retention clock runs."""
    accounts, kept, row = one.look_up(
        lambda q: (q.accounts(), q.credentials(account_id), q.connection(account_id))
    )
    account = next(a for a in accounts if a.id == account_id)
    if kept is not None or not account.killed:
        raise Violation(f"tokens kept: {kept is not None}, stopped: {account.killed}")
    days = playbooks.connect_rules().numbers.retention_days
    if row.state != "removed" or row.delete_after != row.removed_at + days * DAY:
        raise Violation(f"the retention clock does not run: {row}")


async def a_gateway_page_on_everything():
    """For ten minutes every call is answered with a page of HTML, half of the acts having happened."""
    async with rig(reads=True) as one:
        await one.step(MINUTE)
        await one.comment(40, "price")
        await one.comment(10, "insult")
        page = {"kind": "gateway_page", "endpoint": "*"}
        await one.fault(page | {"probability": 0.5, "after_commit": True}, page | {"probability": 1.0})
        before = len(await one.calls())
        for _ in range(10):
            await one.step(MINUTE)
        met = len(await one.calls()) - before
        really = await one.really("reply") + await one.really("hide")
        said = [o for o in one.rows() if o.state == "sent" and not really[o.target_id]]  # an echo may tell it
        if said:
            raise Violation(f"a page of HTML was taken for an answer: {said}")
        await one.fault()
        await _come_to_rest(one)
        return await told_is_true(one) | {"pages": met} | _certain(one)


async def webhooks_lost():
    """No webhook comes for an hour: reading finds every comment, and each is answered once."""
    async with rig(reads=True) as one:
        await one.step(MINUTE)
        await one.fault(webhooks={"lost": 1.0})
        await one.comment(40, "price")
        await one.comment(10, "insult")
        if one.decided():
            raise Violation("a lost webhook came")
        for _ in range(20):
            await one.step(3 * MINUTE)
        await one.fault()
        await _come_to_rest(one)
        return await told_is_true(one) | _certain(one)


async def message_webhooks_lost():
    """No webhook of a message comes for hours: all are found with the echoes, decided once, and count from their own time."""
    async with rig(reads=True, business=True) as one:
        await one.step(MINUTE)
        await one.fault(webhooks={"lost": 1.0})
        for _ in range(4):  # some write again before anybody looked
            one.asked = 0
            await one.write(30)
            await one.pass_time(MINUTE)
        staff = {"business_id": one.business_id, "viewer": "writer00007", "text": "Halo!", "source": "APP"}
        await one.box.control("app/messages", staff)
        if one.decided():
            raise Violation("a lost webhook came")
        for _ in range(20):
            await one.step(3 * MINUTE)
        await _late_by_hours(one)
        await one.fault()
        await _come_to_rest(one)
        decided = Counter(one.decided().values())
        meter = one.talk_meter()
        if decided != {1: 121} or meter.open or meter.found_first < 121 + 1:
            raise Violation(f"decided {dict(decided)}, {meter}")
        told = await told_is_true(one)
        return told | {
            "found by reading": meter.found_first, "found late": meter.found_late, "gaps open": meter.open,
        }  # fmt: skip


async def _late_by_hours(one):
    """A message read back after five hours leaves its window five hours shorter."""
    begun = one.ctx.clock.now()
    one.asked = 900
    await one.write(1)
    await one.pass_time(5 * HOUR)
    await one.look()
    person = one.look_up(lambda q: q.contacts_by_external(BUSINESS, ["+Sbxwriter00901"]))["+Sbxwriter00901"]
    if person.wrote_at is None or abs(person.wrote_at - begun) > SECOND:
        raise Violation(f"the window of a late message begins at {person.wrote_at}, written at {begun}")


async def webhooks_doubled_reordered_and_late():
    """A third comes twice, all come up to 70 hours late in any order, a tenth never; a tenth of the comments is deleted."""
    async with rig(reads=True) as one:
        await one.step(MINUTE)
        trouble = {"duplicate": 0.33, "reorder": 0.5, "reorder_seconds": 2 * 3600, "lost": 0.1}
        await one.fault(webhooks=trouble | {"delay_seconds_max": 68 * 3600})
        made = await one.comment(60, "price") + await one.comment(15, "insult")
        gone = made[::10]
        for comment_id in gone:
            await one.box.control("moderate", {"comment_id": comment_id, "action": "delete"})
        for _ in range(20):
            await one.step(3 * MINUTE)
        await one.fault()
        await _come_to_rest(one, days=3)
        answered = set((await one.really("reply")) + (await one.really("hide")))
        if answered & set(gone):
            raise Violation("something was done to a deleted comment")
        for comment_id in gone:
            one.comments.pop(comment_id)  # deleted before anybody could read it: it may never be seen
        return await told_is_true(one) | _certain(one) | {"deleted": len(gone)}


async def webhooks_three_days_late():
    """Webhooks come up to 72 hours late and nothing is read meanwhile: what is too old is not answered any more."""
    text = re.sub(r"age_hours_max = \d+", f"age_hours_max = {AGE_HOURS}", policy_text("open"))
    async with rig(policy=text) as one:
        await one.fault(webhooks={"delay_seconds_max": 72 * 3600, "duplicate": 0.2, "reorder_seconds": 7200})
        await one.comment(90, "price")
        for _ in range(75):
            await one.step(HOUR)
        await one.until_settled()
        _decided_once(one)
        ages = [c["at_ms"] - one.comments[c["cause"]] for c in await one.calls("reply") if c["changed"]]
        late = [age for age in ages if age > AGE_HOURS * HOUR]
        if late or not ages or len(ages) == len(one.comments):
            raise Violation(f"{len(ages)} answered of {len(one.comments)}, {len(late)} of them too late")
        told = await told_is_true(one)
        return told | {
            "too old to answer": len(one.comments) - len(ages),
            "oldest answered, hours": max(ages) // HOUR,
        }


# --- what must hold when the dust has settled ---


async def _come_to_rest(one, *, days=1):
    """Until nothing is on its way, and a day longer: everything has been read once more."""
    await one.until_settled()
    for _ in range(8 * days):
        await one.step(3 * HOUR)
    await one.until_settled()


def _certain(one):
    """Every comment was decided once, and no gap is open; returns the meter."""
    _decided_once(one)
    meter = one.meter()
    if meter.open:
        raise Violation(f"{meter.open} gaps are open")
    return {
        "found by reading": meter.found_first,
        "webhook came after": meter.came_after,
        "duplicates dropped": meter.duplicates,
        "gaps open": meter.open,
    }


def _decided_once(one):
    decided = one.decided()
    twice = [comment for comment, times in decided.items() if times > 1]
    twice += decided.keys() - one.written  # the same comment under another name
    never = one.comments.keys() - decided.keys()
    if twice or never:
        raise Violation(f"{len(twice)} comments decided twice, {len(never)} never")


ALL = (
    throttled,
    throttled_on_everything_for_five_minutes,
    token_expires,
    revoked_in_mid_queue,
    revoked_and_the_webhook_lost,
    a_gateway_page_on_everything,
    webhooks_lost,
    message_webhooks_lost,
    webhooks_doubled_reordered_and_late,
    webhooks_three_days_late,
)
