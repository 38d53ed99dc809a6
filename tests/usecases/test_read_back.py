"""Messages that webhooks missed, read back from the real sandbox on both stores: once, from their own time, and counted."""

import random
from collections import Counter

import pytest

from goodstanding.kernel.timing import DAY, HOUR, MINUTE, SECOND
from goodstanding.usecases import accounts, audit, connecting, connections, privacy, reconcile
from goodstanding.usecases.context import SYSTEM
from goodstanding.usecases.ports.connections import Profile, Tokens
from goodstanding.usecases.ports.feed import MESSAGES
from tests import support
from tests.feed_world import feed_world

BUSINESS = 2


class Inbox:
    """A Business account in Indonesia beside the creator's, with its messages open."""

    def __init__(self, world):
        self.world, self.ctx = world, world.ctx
        owner = world.post("accounts", persona="business-id")
        self.open_id = owner["business_id"]
        given = Tokens(
            access_token=owner["access_token"], refresh_token=owner["refresh_token"], open_id=self.open_id,
            scopes=tuple(owner["scope"].split(",")), expires_in=owner["expires_in"],
            refresh_expires_in=owner["refresh_token_expires_in"],
        )  # fmt: skip
        row = support.account(
            id=BUSINESS, external_id=self.open_id, identifier=owner["unique_identifier"], handle=owner["username"],
            mode="sandbox", policy_hash=world.read(lambda q: q.accounts())[0].policy_hash, can_message=False,
        )  # fmt: skip
        self.ctx.store.write(lambda tx: accounts.open_account(self.ctx, tx, row))
        connections.state_facts(self.ctx, BUSINESS, who=SYSTEM, country="ID")
        profile = Profile(account_type="business", verified=True, followers=owner["followers"])
        connecting.take(self.ctx, BUSINESS, given, profile, who=SYSTEM)

    def writes(self, viewer="kijker01", text="Berapa harganya?"):
        return self.world.post("messages", business_id=self.open_id, viewer=viewer, text=text)["message_id"]

    def staff(self, viewer="kijker01", text="Halo!"):
        order = {"business_id": self.open_id, "viewer": viewer, "text": text, "source": "APP"}
        return self.world.post("app/messages", **order)["message_id"]

    def look(self, span=11 * MINUTE):
        self.world.step(span)
        self.world.settle()

    def webhooks(self):
        """Everything that would have been told, never delivered yet; of the business account alone."""
        return [one for one in self.world.held() if self.open_id.encode() in one]

    @property
    def meter(self):
        return self.world.read(lambda q: reconcile.figures(self.ctx, q, BUSINESS, "messages"))

    def kept(self):
        """Return how often each message is here."""

        def work(q):
            people = [
                one for number in range(1, 500) if (one := q.contact(number)) and one.account_id == BUSINESS
            ]
            return [event for one in people for event in q.messages_of(one.id, limit=1_000)]

        return Counter(event.external_id for event in self.world.read(work))

    def person(self, viewer="kijker01"):
        key = f"+Sbx{viewer}"
        return self.world.read(lambda q: q.contacts_by_external(BUSINESS, [key])).get(key)

    def calls(self, path):
        found = self.world.get("calls?limit=100000")["calls"]
        return [one for one in found if one["endpoint"].endswith(path)]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def inbox(request, tmp_path):
    database = "" if request.param == "sqlite" else request.getfixturevalue("postgres_address")
    with feed_world(tmp_path, database=database, webhook="http://127.0.0.1:9/hook") as world:
        world.post("inject", webhooks={"hold": True})
        made = Inbox(world)
        world.settle()
        world.step(MINUTE)
        yield made


def test_messages_lost_doubled_and_shuffled_are_here_once(inbox):
    """A fifth never comes, a tenth comes twice, none in order: every message and every echo is here once, no gap is open."""
    written = [inbox.writes(f"kijker{n % 30:02d}", f"bericht {n}") for n in range(90)]
    written += [inbox.staff(f"kijker{n:02d}") for n in range(10)]
    bodies, chance = inbox.webhooks(), random.Random(5)
    assert len(bodies) == 100
    chance.shuffle(bodies)
    lost, kept = bodies[:20], bodies[20:]
    coming = kept + chance.sample(kept, 8)
    chance.shuffle(coming)
    inbox.world.step(6 * MINUTE)
    inbox.world.webhooks(coming)
    assert sum(inbox.kept().values()) == 80
    inbox.look()
    assert inbox.kept() == Counter(written)
    meter = inbox.meter
    assert (meter.open, meter.found_first, meter.found_late, meter.duplicates) == (0, 20, 20, 8)
    assert (meter.waiting, meter.came_after, meter.never_came) == (20, 0, 0)
    assert meter.sure_until == pytest.approx(inbox.ctx.clock.now(), abs=MINUTE)
    inbox.world.webhooks(lost[:5])
    inbox.world.step(73 * HOUR)
    meter = inbox.meter
    assert (meter.waiting, meter.came_after, meter.never_came, meter.duplicates) == (0, 5, 15, 8)
    assert inbox.kept() == Counter(written)
    of_comments = inbox.world.read(lambda q: reconcile.figures(inbox.ctx, q, BUSINESS))
    assert (of_comments.found_first, of_comments.duplicates) == (0, 0), "counted apart"
    assert audit.verify(inbox.ctx).ok


def test_a_message_found_late_opens_the_window_from_its_own_time(inbox):
    begun = inbox.ctx.clock.now()
    inbox.writes()
    bodies = inbox.webhooks()
    inbox.look(47 * HOUR)
    assert abs(inbox.person().wrote_at - begun) < SECOND
    inbox.world.webhooks(bodies)
    assert abs(inbox.person().wrote_at - begun) < SECOND, "its webhook opens nothing either"
    assert inbox.meter.came_after == 1


def test_nothing_is_taken_twice_by_looking_twice(inbox):
    inbox.writes()
    inbox.staff()
    for _ in range(5):
        inbox.look()
    assert sorted(inbox.kept().values()) == [1, 1]
    assert inbox.meter.found_first == 2
    lists = inbox.calls("message/content/list/")
    assert len(lists) <= 3, "a conversation in which nothing happened is not read again"


def test_what_lies_beyond_the_list_is_told_until_it_could_not_be_answered_any_more(inbox):
    written = [inbox.writes(text=f"bericht {n}") for n in range(25)]
    inbox.look()
    assert inbox.kept() == Counter(written[-20:]), "the platform shows no more than twenty"
    (gap,) = [g for g in inbox.world.read(lambda q: q.gaps(BUSINESS, limit=9)) if g.closed_at is None]
    assert (gap.video_id, gap.why) == (MESSAGES, "beyond")
    inbox.look(DAY)
    assert inbox.meter.open == 1
    inbox.look(DAY + HOUR)
    assert inbox.meter.open == 0


def test_more_conversations_than_fit_a_look_are_all_read(inbox):
    written = [inbox.writes(f"velen{n:03d}") for n in range(50)]
    inbox.look()
    assert inbox.kept() == Counter(written)
    assert (inbox.meter.open, inbox.meter.found_first) == (0, 50)


def test_a_look_that_breaks_off_leaves_a_gap_that_the_next_one_closes(inbox):
    written = [inbox.writes(f"velen{n:03d}") for n in range(5)]
    fault = {"kind": "server_error", "endpoint": "message/content/list/", "times": 3}
    inbox.world.post("inject", faults=[fault])
    inbox.look()
    assert inbox.meter.open >= 1
    for _ in range(4):
        inbox.look(30 * MINUTE)
    assert inbox.kept() == Counter(written)
    assert inbox.meter.open == 0


def test_a_lost_echo_settles_what_we_sent(inbox):
    """What staff wrote counts as an answer, found late as it may be."""
    inbox.writes()
    inbox.world.step(MINUTE)
    inbox.staff()
    inbox.look()
    number = inbox.person().id
    said = inbox.world.read(lambda q: q.messages_of(number, limit=9))
    assert [(one.own, one.source) for one in said] == [(False, "poll"), (True, "poll")]
    assert inbox.world.read(lambda q: q.conversation_of(number)).kind == "SINGLE"


def test_who_was_erased_is_not_read_back(inbox):
    inbox.writes(text="mijn nummer is geheim")
    inbox.look()
    number = inbox.person().id
    privacy.erase(inbox.ctx, number, who=SYSTEM)
    inbox.world.step(5 * MINUTE)
    for _ in range(3):
        inbox.look()
    assert inbox.person() is None
    assert [one.text for one in inbox.world.read(lambda q: q.messages_of(number, limit=9))] == [None]


def test_messages_that_are_closed_are_not_read(inbox):
    connections.state_facts(inbox.ctx, BUSINESS, who=SYSTEM, country="NL")
    before = len(inbox.calls("conversation/list/"))
    inbox.look()
    inbox.look()
    assert len(inbox.calls("conversation/list/")) == before
    assert inbox.world.read(lambda q: q.watch(BUSINESS, MESSAGES)) is None
    connections.state_facts(inbox.ctx, BUSINESS, who=SYSTEM, country="ID")
    inbox.writes()
    inbox.look()
    assert sum(inbox.kept().values()) == 1
