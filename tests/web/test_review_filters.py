"""Review: the queue of languages nothing reads, who reads them, and brand risk."""

import pytest
from world import START, Client, World

from goodstanding.core.signals import Signals
from goodstanding.usecases import brands, comments
from goodstanding.usecases.ports import ParsedComment


def read(language="nl", **more):
    values = {
        "abuse_milli": 0, "answer": None, "contains": (), "hate_milli": 0, "hits": (), "intents": (), "language": language,
        "language_milli": 990, "model": "test-1", "profanity": 0, "sentiment_milli": 0, "sexual_milli": 0, "spam_milli": 0,
        "threat_milli": 0,
    }  # fmt: skip
    return Signals(**{**values, **more})


SILENT = {"abuse_milli": None, "hate_milli": None, "threat_milli": None, "sexual_milli": None, "spam_milli": None, "sentiment_milli": None}  # fmt: skip


def come_in(world, *given):
    """Let comments in that were understood as told: (id, text, signals)."""
    incoming = [
        comments.Incoming(
            comment=ParsedComment(
                external_id=name, action="insert", author=f"+{name}", handle=f"viewer.{name}",
                video_id="7672400000000000101", parent_id="", text=text, at=START,
            ),
            raw=b"{}", source="webhook", received_at=START, signals=signals,
        )
        for name, text, signals in given
    ]  # fmt: skip

    def work(tx):
        comments.handle(world.ctx, tx, tx.accounts()[0], incoming)

    world.ctx.store.write(work)


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def world(request, tmp_path_factory):
    server = request.getfixturevalue("postgres") if request.param == "postgres" else None
    address = server.fresh() if server else ""
    made = World(tmp_path_factory.mktemp("data"), database=address)
    made.owner()
    brands.change(made.ctx, 1, ["Pannenpret", "pannenpret", "  ", "Fien & Co"], who=("person", "1"))
    come_in(
        made,
        ("a", "qu'est-ce que c'est", read("fr", **SILENT)),
        ("b", "no entiendo nada", read("es", **SILENT)),
        ("c", "encore une fois", read("fr", **SILENT)),
        ("d", "pannenpret heeft mijn geld gestolen", read(intents=(("complaint", 900),))),
        ("e", "waar is mijn bestelling", read(intents=(("complaint", 900),))),
        ("f", "fien & co is top", read(sentiment_milli=900)),
        ("g", "🔥🔥", read("und", language_milli=0)),
    )
    yield made
    made.close()
    if server:
        server.drop(address)


@pytest.fixture
def me(world):
    return Client(world).sign_in()


def test_languages_have_a_queue_with_a_count_for_each(me):
    text = me.get("/review?queue=languages").text
    assert all(words in text for words in ("French", "Spanish", "encore une fois", "no entiendo nada"))
    assert "pannenpret" not in text and "🔥" not in text
    only = me.get("/review?queue=languages&language=es").text
    assert "no entiendo nada" in only and "encore une fois" not in only
    assert "Nobody is known to read Spanish here." in only


def test_nothing_is_planned_for_a_language_nothing_reads(world):
    def look(q):
        rows = q.decisions(after=0, limit=100)
        unread = [row.event_id for row in rows if row.code == "LANGUAGE_UNREAD"]
        return [row.outcome for row in rows if row.event_id in unread], [
            q.outgoing_of_event(n) for n in unread
        ]

    outcomes, acts = world.ctx.store.read(look)
    assert outcomes == ["review"] * 3
    assert acts == [[], [], []]


def test_whoever_reads_a_language_sees_it_first_and_it_is_sealed(me, world):
    page = me.get("/review?queue=languages&language=es")
    assert page.status == 200
    assert me.post("/review/languages", language="es", reads="yes").status == 303
    text = me.get("/review?queue=languages").text
    assert text.index("no entiendo nada") < text.index("encore une fois")
    assert "Reads Spanish here: Lotte." in me.get("/review?queue=languages&language=es").text
    kinds = world.ctx.store.read(lambda q: [b'"act":"reads"' in row.body for row in q.audit_entries(0, 1000)])
    assert sum(kinds) == 1
    assert me.post("/review/languages", language="es", reads="no").status == 303
    assert "Nobody is known" in me.get("/review?queue=languages&language=es").text
    assert me.post("/review/languages", language="no language", reads="yes").status == 303


def test_only_what_names_a_brand_and_troubles_it_is_tagged(me, world):
    text = me.get("/review?tag=brand_risk").text
    assert "heeft mijn geld gestolen" in text and "waar is mijn bestelling" not in text
    tags = world.ctx.store.read(lambda q: q.tags_of([1, 2, 3, 4, 5, 6, 7]))
    assert [(one.word, one.why) for one in tags] == [("Pannenpret", "complaint")]
    story = me.get(f"/comment/{tags[0].event_id}").text
    assert "It names Pannenpret, with a complaint." in story


def test_terms_are_kept_as_given_and_too_many_are_refused(me, world):
    assert "Fien &amp; Co" in me.get("/accounts/1/brand").text
    many = "\n".join(f"merk {n}" for n in range(101))
    refused = me.post("/accounts/1/brand", terms=many)
    assert refused.status == 422 and "merk 100" in refused.text
    assert world.ctx.store.read(lambda q: brands.terms(q, 1)) == ("Pannenpret", "Fien & Co")
    assert me.post("/accounts/1/brand", terms="Pannenpret\nFien & Co\nSoeplab").status == 303
    assert world.ctx.store.read(lambda q: brands.terms(q, 1)) == ("Pannenpret", "Fien & Co", "Soeplab")
    assert me.get("/accounts/99/brand").status == 404


@pytest.mark.parametrize("lang", ["nl", "en"])
@pytest.mark.parametrize(
    "path",
    ["/review", "/review?queue=languages", "/review?tag=brand_risk", "/review?tag=none", "/accounts/1/brand"],
)
def test_pages_stand_in_both_languages(world, path, lang):
    assert Client(world, language=lang).sign_in().get(path).status == 200
