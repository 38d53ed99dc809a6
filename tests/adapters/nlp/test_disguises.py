"""The normal form of a listed word under every disguise, ordinary text in six languages, and places in the original."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from goodstanding.adapters.nlp.lists import shipped
from goodstanding.adapters.nlp.normalise import aligned, words

LEXICON = shipped()
LISTED = sorted(
    key for key in LEXICON.entries if key.isascii() and key.isalpha() and len(key) > 3 and key == key.lower()
)
CYRILLIC = str.maketrans("aeopcyxi", "аеорсухі")
GREEK = str.maketrans("aovi", "αονι")


def mixed(word, table):
    """Return the word with foreign letters that look alike, of which at least one Latin letter is left."""
    worn = word.translate(table)
    return worn if any("a" <= c <= "z" for c in worn) else word[0] + worn[1:]


DISGUISES = {
    "leet": lambda word: word.translate(str.maketrans("oieast", "013457")),
    "signs": lambda word: word.replace("a", "@").replace("s", "$").replace("e", "€"),
    "cyrillic": lambda word: mixed(word, CYRILLIC),
    "greek": lambda word: mixed(word, GREEK),
    "zero width": "\u200b".join,
    "joiners": "\u200d".join,
    "soft hyphen": "\u00ad".join,
    "right to left": "\u202e".join,
    "stretched": lambda word: word[0] + word[1] * 5 + word[2:],
    "stretched end": lambda word: word + word[-1] * 5,
    "spaced": " ".join,
    "dotted": ".".join,
    "dashed": "-".join,
    "wide": lambda word: "".join(chr(ord(c) + 0xFEE0) for c in word),
    "circled": lambda word: "".join(chr(0x24D0 + ord(c) - 97) for c in word),
    "mathematical": lambda word: "".join(chr(0x1D41A + ord(c) - 97) for c in word),
    "struck through": lambda word: "\u0336".join(word) + "\u0336",
    "accents": "\u0301".join,
    "loud": str.upper,
}
PLAIN_TEXTS = {
    "nl": "'s Avonds zeiden m'n oma's dat één coöperatie geïnteresseerd was in zo'n idee, hè?",
    "en": "She doesn't mind the naïve café owner's 2nd idea; it's a well known cliché",
    "fr": "L'été où j'ai goûté ça, le garçon était déjà parti vers l'hôtel près du cœur",
    "de": "Schöne Grüße, die Straße war größer als üblich und das Mädchen süß",
    "tr": "Işığı gördüm, çok güzel bir ağaç; şu küçük köyün adı İğdır",
    "ar": "كيف حالك اليوم يا صديقي العزيز",
}


@pytest.mark.parametrize("disguise", sorted(DISGUISES))
@settings(max_examples=80, deadline=None)
@given(word=st.sampled_from(LISTED))
def test_a_listed_word_keeps_its_normal_form_in_disguise(disguise, word):
    worn = DISGUISES[disguise](word)
    assume(not worn.isdigit())  # digits alone are a number
    (plain,), found = words(word), words(worn)
    assert len(found) == 1, (worn, found)
    assert {word, plain.keys[0]} & set(found[0].keys), (worn, found[0].keys)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(LISTED), min_size=1, max_size=5), st.data())
def test_disguises_may_be_mixed_in_one_text(chosen, data):
    kinds = [
        data.draw(st.sampled_from(["zero width", "dotted", "wide", "soft hyphen", "loud"])) for _ in chosen
    ]
    text = " ".join(DISGUISES[kind](word) for kind, word in zip(kinds, chosen, strict=True))
    assert [word.keys[0] for word in words(text)] == [words(word)[0].keys[0] for word in chosen]


@pytest.mark.parametrize("language", sorted(PLAIN_TEXTS))
def test_ordinary_text_is_not_damaged(language):
    text = PLAIN_TEXTS[language]
    expected = [word.strip(",;?'").lower().replace("i̇", "i") for word in text.split()]
    expected = [word for word in expected if word]
    assert [word.form for word in words(text) if word.kind == "word"] == expected


LETTERS = st.text(st.sampled_from("abcdeéïopxyzABCÉ"), min_size=2, max_size=8)
BETWEEN = st.sampled_from([" ", "  ", ", ", " 🔥 ", "... ", "\n", " \u200b", "? "])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(LETTERS, BETWEEN), min_size=1, max_size=8))
def test_places_cover_the_letters_of_their_words_in_order(parts):
    text = "".join(word + between for word, between in parts)
    places = [(start, end) for key, start, end in aligned(text) if key[0].isalpha()]
    at = 0
    assert len(places) == len(parts)
    for (word, _), (start, end) in zip(parts, places, strict=True):
        at = text.index(word, at)
        assert start <= at
        assert end >= at + len(word)
        assert not any(c.isalpha() for c in text[start:at] + text[at + len(word) : end])
        at += len(word)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=40))
def test_places_are_in_order_and_within_the_text(text):
    places = [(start, end) for _, start, end in aligned(text)]
    assert all(0 <= start < end <= len(text) for start, end in places)
    assert [start for start, _ in places] == sorted(start for start, _ in places)


def test_two_words_of_one_stretch_have_places_of_their_own():
    text = "zo: wow!Nice🔥vieze_hond"
    assert [(key, text[start:end]) for key, start, end in aligned(text)] == [
        ("zo", "zo:"), ("wow", "wow"), ("nice", "Nice"), ("🔥", "🔥"), ("vieze", "vieze"), ("hond", "hond"),
    ]  # fmt: skip
