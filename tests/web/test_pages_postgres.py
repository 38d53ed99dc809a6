"""The same pages over Postgres: their queries are written for both."""

import re

import pytest
from test_pages import PAGES, well_formed
from world import Client, World

pytestmark = pytest.mark.postgres


def test_every_page_over_postgres(tmp_path, postgres_address):
    world = World(tmp_path / "data", database=postgres_address, comments=120)
    world.owner()
    me = Client(world).sign_in()
    case, event_id = world.cases()[0], world.events("reply")[0]
    more = [
        "/policy/paste",
        "/audit?kind=login",
        "/audit/5",
        f"/comment/{event_id}",
        f"/review/{case.id}",
        "/review?queue=moderation",
    ]
    for path in [*PAGES, *more]:
        well_formed(me.get(path), "en")
    assert (
        f'goodstanding_decisions{{outcome="replied"}} {len(world.events("reply"))}.0'
        in me.get("/metrics").text
    )
    assert re.search(r'"review":\d+', me.get("/live?after=0").text)
    page = me.follow(me.post(f"/comment/{case.event_id}/hide", back="/review"))
    assert "The comment will be hidden in 8 seconds." in page.words
    assert "Everything is as it was written." in me.follow(me.post("/audit/verify")).words
    world.close()
