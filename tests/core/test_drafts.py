"""What a draft of a language model must pass, whatever the model was led to write, and what may leave the house."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodstanding.adapters.nlp.classifier import Classifier
from goodstanding.core.drafts import Fault, Wanted, faults, read_book, told, without_names
from goodstanding.core.policy.diff import compare
from goodstanding.core.policy.explain import explain_policy
from goodstanding.core.policy.parse import parse
from goodstanding.kernel.problems import Invalid
from goodstanding.usecases import playbooks

PLATFORM = playbooks.platform_rules()
BOOK = playbooks.draft_book()
POLICY = parse(playbooks.policy_text("careful"), PLATFORM)
READERS = {"nl": Classifier(home="nl"), "en": Classifier(home="en")}
NL = Wanted(tongue="nl", channel="reply", most=150)
EN = Wanted(tongue="en", channel="reply", most=150)


def found(text, wanted=NL):
    signals = READERS[wanted.tongue].signals([text[:4000]])[0]
    return set(faults(text, wanted, signals=signals, gates=POLICY.gates, platform=PLATFORM, book=BOOK))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Dankjewel voor je reactie, wat fijn dat je kijkt!", NL),
        ("Dankjewel voor je lieve reactie, daar worden we blij van 😊", NL),
        ("Thank you so much for watching, that makes our day 😊", EN),
    ],
)
def test_an_ordinary_answer_passes(text, wanted):
    assert found(text, wanted) == set()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", Fault.EMPTY),
        (" \n ", Fault.EMPTY),
        ("Wat leuk dat je het vraagt! " * 8, Fault.TOO_LONG),
        ("x" * 5000, Fault.TOO_LONG),
        ("Thank you so much for your question, somebody will look into it.", Fault.LANGUAGE),
        ("Merci beaucoup pour votre question, nous allons regarder cela.", Fault.LANGUAGE),
        ("Kijk even op https://voorbeeld.example.org voor alles wat je wilt weten.", Fault.LINK),
        ("Kijk even op winkel.example voor alles wat je wilt weten.", Fault.LINK),
        ("Kijk even op winkel punt nl voor alles wat je wilt weten.", Fault.LINK),
        ("Kijk even op ｗｗｗ．voorbeeld．nl voor alles.", Fault.LINK),
        ("Wat leuk dat je het vraagt! Hij kost maar € 25 en dat is het waard.", Fault.PRICE),
        ("Wat leuk dat je het vraagt! Je krijgt hem met twintig procent korting van ons.", Fault.PRICE),
        ("Wat leuk dat je het vraagt! Je krijgt er een gratis pan bij van ons.", Fault.PRICE),
        ("Wat leuk! Stuur ons je mail, dan hoor je het van ons.", Fault.ASKS_CONTACT),
        ("Wat leuk! Geef je telefoonnummer door, dan bellen we je.", Fault.ASKS_CONTACT),
        ("Wat leuk! Stuur het naar lotte@example.org, dan hoor je het van ons.", Fault.CONTACT),
        ("Wat leuk! Vraag het even aan @lottekookt, die weet het.", Fault.CONTACT),
        ("Als AI kan ik daar niets over zeggen, maar wat een leuke vraag is dat.", Fault.REFUSAL),
        ("Sorry, maar ik kan hier niet op reageren omdat het niet mag.", Fault.REFUSAL),
        ("**Wat leuk** dat je het vraagt! We kijken het even na voor je.", Fault.FORM),
        ('{"reply": "Wat leuk dat je het vraagt!"}', Fault.FORM),
        ("Wat leuk dat je het\u202e vraagt! We kijken het even na voor je.", Fault.FORM),
        ("Antwoord:\nWat leuk dat je het vraagt! We kijken het even na.", Fault.FORM),
        ("Bestel hem nu meteen, dan heb je hem morgen al in huis.", Fault.PUSH),
    ],
)
def test_what_may_not_be_sent_is_told(text, fault):
    assert fault in found(text)


def test_an_insult_of_our_own_is_stopped():
    assert Fault.INSULT in found("Jij bent echt een idioot, wat een domme vraag is dat.")
    assert Fault.INSULT in found("You are such an idiot, what a stupid question.", EN)


def test_an_address_may_be_asked_for_only_in_private_and_with_consent():
    text = "Wat leuk! Stuur ons je mailadres, dan hoor je het van ons."
    private = msgspec.structs.replace(NL, channel="message", most=1000)
    assert Fault.ASKS_CONTACT in found(text)
    assert Fault.ASKS_CONTACT in found(text, private)
    assert Fault.ASKS_CONTACT in found(text, msgspec.structs.replace(NL, may_ask=True))
    assert Fault.ASKS_CONTACT not in found(text, msgspec.structs.replace(private, may_ask=True))


def test_a_model_that_tells_its_instructions_is_stopped():
    secret, _ = told(BOOK, NL, "", [])
    leak = " ".join(secret.split()[20:32])
    assert Fault.TELLS_RULES in found(leak, msgspec.structs.replace(NL, told=secret, most=2000))


@given(st.text(max_size=400), st.sampled_from([NL, EN]))
def test_any_text_is_judged_and_the_same_way_twice(text, wanted):
    assert found(text, wanted) == found(text, wanted)


@given(
    st.text(max_size=200), st.sampled_from(["https://a.example", "€ 5", "bel me", "als taalmodel", "\u200b"])
)
def test_nothing_around_it_hides_what_may_not_be_sent(text, poison):
    assert found(f"{text} {poison} {text}")


def test_what_the_model_is_told_is_the_tone_the_bounds_and_the_accounts_own_words():
    secret, shown = told(BOOK, NL, "Praat als een kok.", ["Kom gerust langs.", "Kom gerust langs."])
    assert "Praat als een kok." in secret
    assert "150" in secret
    assert shown.count("Kom gerust langs.") == 1
    assert BOOK.nl.tone.strip() in told(BOOK, NL, "", [])[0]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("mail me op kijker.een@example.org", "mail me op [e-mail]"),
        ("ik ben @Kijker.Een en jij?", "ik ben [name] en jij?"),
        ("bel 06-1234 5678 vanavond", "bel [number] vanavond"),
        ("zie https://example.org/x?y=1 daar", "zie [link] daar"),
        ("NL91 ABNA 0417 1643 00 graag", "[account] graag"),
        ("groetjes van kijkereen", "groetjes van [name]"),
        ("kijkereentje is wat anders", "kijkereentje is wat anders"),
        ("hoeveel kost 1 pan van 24 cm", "hoeveel kost 1 pan van 24 cm"),
    ],
)
def test_names_and_addresses_do_not_leave_the_house(text, masked):
    assert without_names(text, ("kijkereen", ""), 600) == masked


@given(st.text(max_size=300), st.from_regex(r"[a-z0-9_]{3,20}", fullmatch=True))
def test_no_handle_leaves_the_house_and_the_bound_holds(text, handle):
    sent = without_names(f"{text} @{handle} {handle}", (handle,), 600)
    assert f"@{handle}" not in sent
    assert not sent.endswith(f" {handle}")
    assert len(sent) <= 600


def test_the_shipped_book_is_sourced_and_a_damaged_one_refused():
    numbers = set(msgspec.structs.asdict(BOOK.numbers))
    assert set(BOOK.sources) == numbers
    assert all({"source", "date", "kind"} <= set(one) for one in BOOK.sources.values())
    with pytest.raises(Invalid):
        read_book("id = 1")


def changed(text):
    return parse(text, PLATFORM)


def with_drafts():
    text = playbooks.policy_text("careful")
    place = text.index("[[templates]]")
    place = text.index('channel = "reply"', place)
    return text[:place] + "drafts = true\n" + text[place:]


def test_a_policy_without_drafts_keeps_its_hash_and_one_with_them_says_so():
    after = changed(with_drafts())
    assert "drafts" not in str(POLICY.body())
    assert after.hash != POLICY.hash
    name = next(one.id for one in after.templates if one.drafts)
    assert {
        line.fields["template"] for line in explain_policy(after, PLATFORM) if line.key == "outcome.drafts"
    } == {name}
    change = [one for one in compare(POLICY, after) if one.path.endswith(".drafts")]
    assert [one.direction for one in change] == ["looser"]
    assert [one.direction for one in compare(after, POLICY) if one.path.endswith(".drafts")] == ["tighter"]


def test_a_question_with_buttons_is_never_worded_by_a_model():
    text = playbooks.policy_text("careful").replace("\ncard = {", "\ndrafts = true\ncard = {", 1)
    assert "drafts" in text
    with pytest.raises(Invalid) as error:
        changed(text)
    assert "CARD_DRAFTS" in {one.code for one in error.value.problems}
