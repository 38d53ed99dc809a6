"""The bio page: what may stand on it, clicks without people, and a form whose receipts prove what was shown."""

import json

import msgspec
import pytest
from hypothesis import given as examples
from hypothesis import strategies as st

from goodstanding.core import bio as core
from goodstanding.core.bio import Document, Link
from goodstanding.kernel.problems import Invalid
from goodstanding.kernel.timing import DAY, HOUR, MINUTE
from goodstanding.usecases import audit, bio, moderation, playbooks, privacy
from goodstanding.usecases.bio import FormError, Given
from goodstanding.usecases.context import person
from tests.faults.world import World

ME = person(1)
SHOP = Link(id=1, nl="Winkel", en="Shop", url="https://shop.example.org/pannen?x=1")
PAGE = msgspec.structs.replace(
    bio.empty_document(),
    links=(SHOP, Link(id=2, nl="Oud", en="Old", url="https://old.example.org/", shown=False)),
)
GIVEN = Given(
    token="",
    name="Kijker Een",
    email=" Kijker@Example.ORG ",
    purposes=("answer", "marketing"),
    old_enough="yes",
)


@pytest.fixture
def world():
    world = World()
    bio.save(world.ctx, 1, "lotte", PAGE, live=True, who=ME)
    yield world
    assert audit.verify(world.ctx).ok
    world.close()


def token(world, tongue="nl"):
    found = world.ctx.store.read(lambda q: bio.shown(q, "lotte"))
    return bio.form_token(world.ctx, "lotte", found, tongue)


def fill_in(world, given=GIVEN, *, visitor="192.0.2.1", tongue="nl", **changes):
    filled = msgspec.structs.replace(given, token=token(world, tongue), **changes)
    return bio.fill_in(world.ctx, "lotte", filled, visitor=visitor)


def receipts(world):
    return world.ctx.store.read(lambda q: q.form_receipts(1, 100))


def refused(world, **changes):
    before = world.ctx.store.read(lambda q: q.audit_head())
    with pytest.raises(FormError) as error:
        fill_in(world, **changes)
    assert receipts(world) == [] and world.ctx.store.read(lambda q: q.audit_head()) == before, (
        "nothing was kept"
    )
    return error.value.fields["why"]


def test_a_receipt_proves_what_was_shown_and_ticked(world):
    name = fill_in(world, ref="Zomer-26")
    _, kept, shown = bio.receipt(world.ctx, "lotte", name)
    words = json.loads(shown)
    assert (kept.purposes, kept.ref, kept.withdrawn_at) == ("answer marketing", "zomer-26", None)
    assert core.digest_of(shown) == kept.text
    assert words["language"] == "nl" and words["purposes"]["answer"] == PAGE.words["nl"].answer
    entries = world.ctx.store.read(lambda q: q.audit_entries(kept.seq, kept.seq + 2))
    first, second = (json.loads(entry.body) for entry in entries)
    assert [(e["kind"], e["actor"]["id"]) for e in (first, second)] == [("consent", "bio-form")] * 2
    assert first["body"] == {
        "answer": "given",
        "answered_at": kept.at,
        "purpose": "answer",
        "source": "form",
        "text_version": kept.text,
    }
    assert second["body"] == first["body"] | {"purpose": "marketing"}
    assert sorted(first["pii"]) == ["email", "name", "source"]
    evidence = world.ctx.store.read(lambda q: q.consent_evidence(kept.contact_id))
    assert [(e.purpose, e.answer, e.text_version, e.source, e.source_id, e.seq) for e in evidence] == [
        ("answer", "given", kept.text, "form", kept.token, kept.seq),
        ("marketing", "given", kept.text, "form", kept.token, kept.seq + 1),
    ]
    contact = world.ctx.store.read(lambda q: q.contact(kept.contact_id))
    assert (contact.answer, contact.marketing) == ("given", "given")


def test_no_name_or_address_stands_in_the_open(world):
    fill_in(world, handle="@Kijker.Een", email="")
    fill_in(world)
    file = world.file.read_bytes() + b"".join(p.read_bytes() for p in world.folder.glob("*-wal"))
    for secret in (b"kijker@example.org", b"Kijker Een", b"kijker.een"):
        assert secret.lower() not in file.lower()
    assert [(p.name, p.address) for p in bio.people(world.ctx, 1)] == [
        ("Kijker Een", "kijker@example.org"), ("Kijker Een", "@kijker.een"),
    ]  # fmt: skip


def test_a_second_press_leads_to_the_same_receipt(world):
    filled = msgspec.structs.replace(GIVEN, token=token(world))
    first = bio.fill_in(world.ctx, "lotte", filled, visitor="a")
    assert bio.fill_in(world.ctx, "lotte", filled, visitor="a") == first
    assert len(receipts(world)) == 1


def test_the_same_address_is_the_same_contact_and_never_a_commenter(world):
    world.comment("+A", "price")
    fill_in(world)
    fill_in(world, email="kijker@example.org", purposes=("answer",))
    fill_in(world, email="", handle="+A"[1:] + "a")
    assert len({r.contact_id for r in receipts(world)}) == 2
    commenter = world.ctx.store.read(lambda q: q.contacts_by_external(1, ["+A"]))["+A"]
    assert commenter.id not in {r.contact_id for r in receipts(world)}


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"purposes": ()}, "purpose"),
        ({"purposes": ("everything",)}, "purpose"),
        ({"old_enough": ""}, "age"),
        ({"old_enough": "no"}, "young"),
        ({"trap": "http://"}, "bot"),
        ({"email": "", "handle": ""}, "address"),
        ({"email": "not an address"}, "address"),
        ({"email": "", "handle": "Kijker Een"}, "address"),
    ],
)
def test_what_is_not_enough_keeps_nothing(world, changes, why):
    assert refused(world, **changes) == why


@pytest.mark.parametrize("spoil", [lambda t: "", lambda t: t[:-1] + "0" if t[-1] != "0" else t[:-1] + "1", lambda t: t.replace("nl.", "en.", 1), lambda t: "a.b.c.d.e"])  # fmt: skip
def test_a_form_that_is_not_ours_is_refused(world, spoil):
    with pytest.raises(FormError) as error:
        bio.fill_in(
            world.ctx, "lotte", msgspec.structs.replace(GIVEN, token=spoil(token(world))), visitor="a"
        )
    assert error.value.fields["why"] == "old"


def test_a_form_ends_after_two_hours(world):
    old = token(world)
    world.step(120 * MINUTE + 1)
    with pytest.raises(FormError):
        bio.fill_in(world.ctx, "lotte", msgspec.structs.replace(GIVEN, token=old), visitor="a")


def test_words_that_changed_meanwhile_are_shown_again_first(world):
    old = token(world)
    words = {**PAGE.words, "nl": msgspec.structs.replace(PAGE.words["nl"], answer="Iets anders.")}
    bio.save(world.ctx, 1, "lotte", msgspec.structs.replace(PAGE, words=words), live=True, who=ME)
    with pytest.raises(FormError) as error:
        bio.fill_in(world.ctx, "lotte", msgspec.structs.replace(GIVEN, token=old), visitor="a")
    assert error.value.fields["why"] == "old"


def test_a_closed_form_and_a_page_that_is_not_live(world):
    open_token = token(world)
    bio.save(world.ctx, 1, "lotte", msgspec.structs.replace(PAGE, form=False), live=True, who=ME)
    filled = msgspec.structs.replace(GIVEN, token=open_token)
    for live in (True, False):
        bio.save(world.ctx, 1, "lotte", msgspec.structs.replace(PAGE, form=False), live=live, who=ME)
        with pytest.raises(FormError) as error:
            bio.fill_in(world.ctx, "lotte", filled, visitor="a")
        assert error.value.fields["why"] == "closed"
    assert world.ctx.store.read(lambda q: bio.shown(q, "lotte")) is None


def test_a_visitor_may_not_flood_the_form(world):
    most = playbooks.form_book().numbers.per_visitor_hour
    for n in range(most):
        fill_in(world, email=f"k{n}@example.org")
    with pytest.raises(FormError) as error:
        fill_in(world, email="more@example.org")
    assert error.value.fields["why"] == "often"
    fill_in(world, email="other@example.org", visitor="192.0.2.2")
    world.step(HOUR)
    fill_in(world, email="more@example.org")


def test_taking_back_is_one_press_and_ends_every_purpose(world):
    name = fill_in(world)
    bio.withdraw(world.ctx, "lotte", name)
    bio.withdraw(world.ctx, "lotte", name)
    _, kept, _ = bio.receipt(world.ctx, "lotte", name)
    contact = world.ctx.store.read(lambda q: q.contact(kept.contact_id))
    assert kept.withdrawn_at == world.real
    assert (contact.answer, contact.marketing) == ("withdrawn", "withdrawn")
    consents = [
        json.loads(r.body)["body"]["answer"]
        for r in world.ctx.store.read(lambda q: q.audit_newest(before=2**62, limit=50, kind="consent"))
    ]
    assert consents == ["withdrawn", "given", "given"]
    evidence = world.ctx.store.read(lambda q: q.consent_evidence(kept.contact_id))
    assert [(e.purpose, e.answer, e.source) for e in evidence][2:] == [("answer", "withdrawn", "form")]
    with pytest.raises(moderation.GoneError):
        bio.withdraw(world.ctx, "lotte", "0" * 40)


def test_who_agrees_again_may_take_that_back_with_the_older_receipt(world):
    first = fill_in(world)
    number = receipts(world)[0].contact_id
    for _ in range(2):
        bio.withdraw(world.ctx, "lotte", first)
        world.step(HOUR)
        fill_in(world)
        contact = world.ctx.store.read(lambda q: q.contact(number))
        assert (contact.answer, contact.marketing) == ("given", "given")
        world.step(HOUR)
    bio.withdraw(world.ctx, "lotte", first)
    contact = world.ctx.store.read(lambda q: q.contact(number))
    assert (contact.answer, contact.marketing) == ("withdrawn", "withdrawn")
    assert all(one.withdrawn_at is not None for one in receipts(world))


def test_erasure_covers_what_was_filled_in(world):
    fill_in(world)
    gone = receipts(world)[0].contact_id
    privacy.erase(world.ctx, gone, who=ME)
    kept = world.ctx.store.read(lambda q: q.consent_evidence(gone))
    assert len(kept) == 2 and all(one.source_id.startswith("erased:") for one in kept)
    assert [(p.name, p.address) for p in bio.people(world.ctx, 1)] == [("", "")]
    fill_in(world)
    number = receipts(world)[0].contact_id
    fresh = world.ctx.store.read(lambda q: q.contact(number))
    assert fresh.suppressed, "who asked to be forgotten is not written to because of a form"


def test_clicks_are_counted_a_day_a_link_and_a_campaign(world):
    assert bio.follow(world.ctx, "lotte", 1, "zomer") == SHOP.url
    bio.follow(world.ctx, "lotte", 1, "Zomer ")
    bio.follow(world.ctx, "lotte", 1, "kijker@example.org")
    world.step(DAY)
    bio.follow(world.ctx, "lotte", 1, "")
    day = world.real // DAY
    assert world.ctx.store.read(lambda q: q.bio_clicks(1, 0)) == [
        (1, day - 1, "", 1),
        (1, day - 1, "zomer", 2),
        (1, day, "", 1),
    ]
    assert bio.follow(world.ctx, "lotte", 2, "") is None, "a hidden link leads nowhere"
    assert bio.follow(world.ctx, "lotte", 9, "") is None
    assert bio.follow(world.ctx, "nobody", 1, "") is None


def test_made_up_campaigns_do_not_fill_the_database(world):
    for n in range(playbooks.form_book().numbers.refs_per_day + 20):
        bio.follow(world.ctx, "lotte", 1, f"c{n}")
    refs = {r for _, _, r, _ in world.ctx.store.read(lambda q: q.bio_clicks(1, 0))}
    assert len(refs) == playbooks.form_book().numbers.refs_per_day + 1 and core.OTHER_REF in refs


@pytest.mark.parametrize(
    ("url", "may"),
    [
        ("https://shop.example.org/a?b=c#d", True),
        ("https://xn--caf-dma.example/", True),
        ("http://shop.example.org/", False),
        ("javascript:alert(1)", False),
        ("https://user:secret@example.org/", False),
        ("https://localhost/", False),
        ("https:///nothing", False),
        ("https://example.org:99999/", False),
        ("https://example.org/a b", False),
        ("https://example.org/\nx", False),
        ("//example.org", False),
        ("https://example.org/" + "a" * 500, False),
    ],
)
def test_where_a_link_may_lead(url, may):
    assert core.is_web_address(url) is may


@examples(st.text(max_size=60))
def test_any_text_is_an_address_or_not(text):
    assert core.is_web_address(text) in (True, False)
    assert core.clean_ref(text) == core.clean_ref(core.clean_ref(text))
    assert core.clean_email(text) == core.clean_email(core.clean_email(text))


@pytest.mark.parametrize(
    ("slug", "changes", "code"),
    [
        ("", {}, "BIO_SLUG"),
        ("Grote Letters", {}, "BIO_SLUG"),
        ("-x", {}, "BIO_SLUG"),
        ("lotte", {"words": {"nl": core.Words(answer="a", marketing="b")}}, "BIO_TITLE"),
        ("lotte", {"words": {"nl": core.Words(title="t", answer="a")}}, "BIO_PURPOSE"),
        ("lotte", {"links": (Link(id=1, nl="", en="x", url="https://a.example/"),)}, "BIO_LABEL"),
        ("lotte", {"links": (Link(id=1, nl="x", en="x", url="ftp://a.example/"),)}, "BIO_URL"),
        (
            "lotte",
            {"links": tuple(Link(id=n, nl="x", en="x", url="https://a.example/") for n in range(13))},
            "BIO_LINKS",
        ),
        ("lotte", {"links": (SHOP, SHOP)}, "BIO_LINKS"),
    ],
)
def test_what_is_wrong_with_a_page_is_said(world, slug, changes, code):
    with pytest.raises(Invalid) as error:
        bio.save(world.ctx, 1, slug, msgspec.structs.replace(PAGE, **changes), live=True, who=ME)
    assert code in {p.code for p in error.value.problems}


def test_an_account_has_one_page_and_an_address_one_account(world):
    bio.save(world.ctx, 1, "lotte-kookt", PAGE, live=True, who=ME)
    assert world.ctx.store.read(lambda q: bio.shown(q, "lotte")) is None
    with pytest.raises(moderation.GoneError):
        bio.save(world.ctx, 7, "anders", PAGE, live=True, who=ME)


def test_the_shipped_book_is_sourced_and_a_damaged_one_refused():
    book = playbooks.form_book()
    assert set(book.numbers.__struct_fields__) == set(book.sources)
    assert all(one["source"] and one["date"] for one in book.sources.values())
    assert core.check("x", Document(words=dict(book.words))) == ()
    with pytest.raises(Invalid):
        core.read_form_book("id = 1")
