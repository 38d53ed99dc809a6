"""Directed stories about one person under two names: from TikTok by an id, from a paste by the handle alone."""

import json

from goodstanding.kernel.timing import HOUR, MINUTE
from goodstanding.usecases import consents, joining
from goodstanding.usecases.context import person
from tests.faults.world import World

ME = person(1)


class Two(World):
    """A world in which comments name their author's handle."""

    def says(self, author, handle, text="price", *, source="webhook"):
        """Somebody comments, known by an id of TikTok or, in a paste, by the handle alone."""
        target = f"n{len(self.comments) + 1}"
        told = {
            "external_id": target, "video_id": "v1", "parent_id": "", "action": "insert", "author": author,
            "handle": handle, "text": text, "at": self.real,
        }  # fmt: skip
        owner = "anna" if handle.lstrip("@").lower() == "anna" or author == "+Anna" else author
        self.comments[target] = {"viewer": owner, "text": text, "at": self.real, "deleted": False}
        self.bodies.append(json.dumps(told).encode())
        self.take(self.bodies[-1])
        return target

    def who(self, author):
        return self.ctx.store.read(lambda q: q.contacts_by_external(1, [author]))[author]

    def ties(self, author):
        found = self.who(author)
        ties = self.ctx.store.read(lambda q: joining.others(q, found))
        return {(one.tie.state, one.contact.external_id) for one in ties}

    def refuses(self, author, source_id="m1"):
        def work(tx):
            found = tx.contacts_by_external(1, [author])[author]
            consents.withdraw(
                self.ctx,
                tx,
                found,
                source="message",
                source_id=source_id,
                at=self.real,
                who=("platform", "tiktok"),
            )

        self.ctx.store.write(work)
        self.allowed.answer["anna"] = "withdrawn"

    def sent(self):
        return [c for c in self.calls if c.act == "reply" and c.committed]

    def let_go_out(self, *, minutes=3):
        self.step(minutes * MINUTE)
        self.flow()


def _told(story):
    def run():
        world = Two()
        try:
            story(world)
        finally:
            world.close()

    run.__name__ = story.__name__
    run.__doc__ = story.__doc__
    return run


@_told
def an_opt_out_under_the_handle_holds_for_the_id(world):
    """Who said stop where only the handle is known is not answered where TikTok knows the id."""
    world.says("handle:anna", "anna", "hello there")
    world.refuses("handle:anna")
    world.says("+Anna", "Anna")
    world.let_go_out()
    assert world.ties("+Anna") == {("same", "handle:anna")}
    assert not world.sent(), "the opt-out is shared"


@_told
def an_opt_out_under_the_id_holds_for_the_handle(world):
    """And the other way round, and the moment it is given: what waits under the other name is stopped."""
    world.says("+Anna", "@anna")
    world.says("handle:anna", "anna")
    assert [o.state for o in world.rows()] == ["planned", "planned"]
    world.refuses("+Anna")
    assert [o.state for o in world.rows()] == ["cancelled", "cancelled"]
    world.says("handle:anna", "anna")
    world.let_go_out()
    assert not world.sent()


@_told
def two_names_share_one_cap(world):
    """What was sent under one name counts under the other: the limit is the person's. The oracle knows one person."""
    for number in range(6):
        world.says("handle:anna" if number % 2 else "+Anna", "anna", f"price {number}")
        world.let_go_out()
    assert len(world.sent()) == 3, "three replies to one person in two hours"


@_told
def what_is_planned_under_the_other_name_counts_when_deciding(world):
    """Nothing more is planned than the person's limit allows, whichever name it is planned for."""
    for number in range(6):
        world.says("handle:anna" if number % 2 else "+Anna", "anna", f"price {number}")
    assert sum(o.state == "planned" and o.not_before < world.real + HOUR for o in world.rows()) == 3


@_told
def what_was_sent_before_a_rename_still_counts(world):
    """Coming apart frees no room: what was done while they were one counts for both."""
    for number in range(2):
        world.says("handle:anna", "anna", f"price {number}")
        world.says("+Anna", "anna", "hello there")
        world.let_go_out()
    world.says("+Anna", "anna.bakt", "hello there")
    assert world.ties("+Anna") == {("apart", "handle:anna")}
    for number in range(3):
        world.says("+Anna", "anna.bakt", f"price {number}")
        world.let_go_out()
    assert len(world.sent()) == 3


@_told
def a_renamed_person_keeps_the_opt_out(world):
    """The handle changes hands; who refused under it, and who bore it, stay refused."""
    world.says("+Anna", "anna", "hello there")
    world.says("handle:anna", "anna", "hello there")
    world.refuses("handle:anna")
    world.says("+Anna", "anna.bakt")
    world.let_go_out()
    assert world.who("+Anna").answer == "withdrawn"
    assert not world.sent()


ALL = (
    an_opt_out_under_the_handle_holds_for_the_id,
    an_opt_out_under_the_id_holds_for_the_handle,
    two_names_share_one_cap,
    what_is_planned_under_the_other_name_counts_when_deciding,
    what_was_sent_before_a_rename_still_counts,
    a_renamed_person_keeps_the_opt_out,
)
