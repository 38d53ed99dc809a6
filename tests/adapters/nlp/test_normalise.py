import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goodstanding.adapters.nlp import normalise
from goodstanding.adapters.nlp.normalise import aligned, keys_of, squeezed, words


def forms(text):
    return [word.form for word in words(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Wat een mooie jurk, ik vind 'm prachtig",
            ["wat", "een", "mooie", "jurk", "ik", "vind", "m", "prachtig"],
        ),
        ("It's a café in Zoë's street", ["it's", "a", "café", "in", "zoë's", "street"]),
        ("C’est déjà l’été à la plage", ["c'est", "déjà", "l'été", "à", "la", "plage"]),
        ("Schöne Grüße aus Köln, Straße", ["schöne", "grüße", "aus", "köln", "straße"]),
        ("İstanbul'da çok güzel ağaç", ["istanbul'da", "çok", "güzel", "ağaç"]),
        ("ışık ve gölge", ["ışık", "ve", "gölge"]),
        ("مرحبا كيف حالك", ["مرحبا", "كيف", "حالك"]),
        ("Привет, как дела", ["привет", "как", "дела"]),
        ("नमस्ते दुनिया", ["नमस्ते", "दुनिया"]),
        ("안녕하세요 친구", ["안녕하세요", "친구"]),
        ("iPhone 15 en mp3 en h264", ["iphone", "15", "en", "mp3", "en", "h264"]),
    ],
)
def test_ordinary_text_keeps_its_words(text, expected):
    assert forms(text) == expected


def test_wholly_foreign_text_is_not_read_as_latin():
    assert forms("он сам") == ["он", "сам"]
    assert all(word.keys == (word.form,) for word in words("κακό αυτό") if word.form.isascii())


def test_word_of_lookalikes_is_latin_only_beside_latin_words():
    assert forms("сор сор") == ["сор", "сор"]
    assert forms("nice сор") == ["nice", "cop"]


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("https://example.com/a?b=1", ["url"]),
        ("example.nl", ["url"]),
        ("(www.example.com)", ["url"]),
        ("leuk.dit is zin.nen", ["word"] * 5),
        ("a.b@example.org", ["email"]),
        ("@some.body hoi", ["handle", "word"]),
        ("+31 (0)6 12 34 56 78", ["phone"]),
        ("06-12345678", ["phone"]),
        ("DE89 3704 0044 0532 0130 00", ["iban"]),
        ("€ 12,50", ["price"]),
        ("12 euro", ["price"]),
        ("25,-", ["price"]),
        ("op 12 mei 2025", ["word"] * 4),
        ("mp34 this that", ["word"] * 3),
        ("1.884.034.783 views", ["word"] * 5),
    ],
)
def test_things_with_a_type_become_placeholders(text, kinds):
    assert [word.kind for word in words(text)] == kinds


def test_placeholders_keep_nothing_of_what_they_stand_for():
    for text in ("a.b@example.org", "https://example.com/secret", "+31612345678", "@somebody"):
        assert words(text)[0].form in ("<email>", "<url>", "<phone>", "<handle>")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("k a n k e r", ["kanker"]),
        ("f u c k you", ["fuck", "you"]),
        ("k.u.t", ["kut"]),
        ("f_u_c_k", ["fuck"]),
        ("i am a fan", ["i", "am", "a", "fan"]),
        ("b\u200ba\u00add", ["bad"]),
        ("wow!nice", ["wow", "nice"]),
        ("<b>dik</b><br />gedrukt", ["dik", "gedrukt"]),
        ("🔥🔥🔥🔥🔥", ["🔥", "🔥", "🔥"]),
        ("❤️👍🏽", ["❤", "👍"]),
        ("echt :) <3", ["echt", ":)", "<3"]),
        ("", []),
        ("...", []),
    ],
)
def test_disguises_and_marks(text, expected):
    assert forms(text) == expected


@pytest.mark.parametrize(
    ("form", "key"),
    [
        ("k4nker", "kanker"),
        ("a$$hole", "asshole"),
        ("sl3t", "slet"),
        ("fuuuuck", "fuck"),
        ("goood", "good"),
        ("cafe\u0301", "cafe"),
        ("you're", "youre"),
        ("kаnker", "kanker"),
        ("1diot", "idiot"),
        ("1oser", "loser"),
    ],
)
def test_keys_undo_the_disguise(form, key):
    assert key in keys_of(form)


def test_numbers_have_no_letters():
    assert keys_of("2024") == ("2024",)


def test_squeezed():
    assert squeezed("assshoooole") == squeezed("asshole") == "ashole"


def test_aligned_gives_the_place_in_the_original():
    text = "Hé, wat kost die €25 jas? k a n k e r @somebody"
    places = {key: text[start:end] for key, start, end in aligned(text)}
    assert places["kost"] == "kost"
    assert places["<price>"] == "€25"
    assert places["kanker"] == "k a n k e r"
    assert places["he"] == "Hé,"


texts = st.text(st.characters(), max_size=50)


@settings(max_examples=200, deadline=None)
@given(texts)
def test_any_text_has_words_with_keys_and_places(text):
    assert words(text) == words(text)
    assert all(word.keys and word.form for word in words(text))
    assert all(0 <= start < end <= len(text) for _, start, end in aligned(text))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyz"), min_size=2, max_size=8), max_size=8))
def test_plain_words_stay_as_they_are(plain):
    assert forms(" ".join(plain)) == plain


@settings(max_examples=100, deadline=None)
@given(st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyz"), min_size=2, max_size=10), st.data())
def test_invisible_characters_change_nothing(word, data):
    at = data.draw(st.integers(0, len(word)))
    mark = data.draw(st.sampled_from("\u200b\u200d\u00ad\u2060\ufeff\u202e\u034f"))
    assert forms(word[:at] + mark + word[at:]) == [word]


def test_only_the_start_of_an_endless_text_is_read():
    assert len(words("ab " * 10_000)) == normalise.LENGTH_MAX // 3 + 1
