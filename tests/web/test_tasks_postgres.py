"""By hand over Postgres: paste, task, answer, taken back, bio form and phone, through the same pages."""

import re

import pytest
from test_bio_pages import FIELDS, filled
from test_paste_pages import LINK, TEXT, fields
from world import Client, World

from goodstanding.kernel.timing import HOUR, MINUTE
from goodstanding.usecases import audit, pairing, tasks
from goodstanding.usecases.outbox import Dispatcher

pytestmark = pytest.mark.postgres


def test_by_hand_over_postgres(tmp_path, postgres_address):
    world = World(tmp_path / "data", database=postgres_address)
    world.ctx.store.write(lambda tx: tx.change_account(1, {"mode": "assisted"}))
    world.owner()
    me = Client(world).sign_in()
    preview = me.post("/paste/preview", account="1", link=LINK, text=TEXT)
    assert "comments were taken in and decided." in me.post("/paste/take", **fields(preview)).words
    assert "here already" in me.post("/paste/preview", account="1", link=LINK, text=TEXT).words
    world.app.clock.advance(HOUR + MINUTE)
    world.loop.run_until_complete(Dispatcher(ctx=world.ctx, owner="test").send_due())
    number = world.ctx.store.read(tasks.waiting)[0].outgoing.id
    assert "Send exactly this" in me.follow(me.post(f"/tasks/{number}/open")).words
    assert "Noted: sent." in me.follow(me.post(f"/tasks/{number}/sent")).words
    assert "The task is open again." in me.follow(me.post(f"/tasks/{number}/take-back")).words
    with pytest.raises(Exception, match="not allowed"):
        world.ctx.store.write(lambda tx: tx.change_outgoing(number, {"state": "sending"}))

    me.post("/bio", **FIELDS)
    visitor = Client(world)
    page = visitor.get("/b/lottekookt?ref=zomer")
    assert visitor.get("/b/lottekookt/l/1?ref=zomer").status == 302
    receipt = visitor.follow(visitor.post("/b/lottekookt?lang=en", token=False, **filled(page)))
    assert "Thank you, it is noted" in receipt.words
    told = me.get("/bio").words
    assert "kijker@example.org" in told and re.search(r"1 click\b", told)

    pairing.use_link(world.ctx, pairing.new_link(world.ctx, 1))
    pairing.note_phone(world.ctx, 1, label="x", session="s")
    pairing.sign_out(world.ctx, 1, 1)
    assert audit.verify(world.ctx).ok
    world.close()
