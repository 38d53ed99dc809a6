"""Reading comments off TikTok's own screen: layouts, ages, buttons, and never an error whatever was pasted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodstanding.core.pasted import Age, read_age, read_pasted, read_screen, same_words
from goodstanding.kernel.problems import Invalid
from goodstanding.kernel.timing import DAY, HOUR, MINUTE
from goodstanding.usecases import playbooks

SCREEN = playbooks.screen()


def read(text):
    return [(c.author, c.text, c.age, c.own) for c in read_pasted(SCREEN, text).comments]


ENGLISH = """kijker_een
Wat kost die pan?
2d
Reply
12
View 3 replies
@Soepliefhebber
Heerlijk recept!
en zo snel
3-14
1.2K
Reply
lottekookt · Creator
Dank je wel!
5h ago
Reply
"""
DUTCH = ENGLISH.replace("2d", "2 d geleden").replace("Reply", "Beantwoorden").replace("View 3 replies", "Bekijk 3 antwoorden").replace("· Creator", "· Maker").replace("5h ago", "5 u geleden")  # fmt: skip
EXPECTED = [
    ("kijker_een", "Wat kost die pan?", Age(span=2 * DAY), False),
    ("Soepliefhebber", "Heerlijk recept!\nen zo snel", Age(month=3, day=14), False),
    ("lottekookt", "Dank je wel!", Age(span=5 * HOUR), True),
]


@pytest.mark.parametrize(
    "text", [ENGLISH, DUTCH, ENGLISH.replace("\n", "\r\n\r\n")], ids=["en", "nl", "spaced"]
)
def test_the_layouts_of_the_screen(text):
    assert read(text) == EXPECTED
    assert read_pasted(SCREEN, text).left == ()


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("2d", Age(span=2 * DAY)),
        ("2 d geleden", Age(span=2 * DAY)),
        ("14 dagen geleden", Age(span=14 * DAY)),
        ("5 u", Age(span=5 * HOUR)),
        ("5h", Age(span=5 * HOUR)),
        ("30 min. geleden", Age(span=30 * MINUTE)),
        ("1w ago", Age(span=7 * DAY)),
        ("Zojuist", Age()),
        ("just now", Age()),
        ("3-14", Age(month=3, day=14)),
        ("14-3", Age(month=3, day=14)),
        ("2025-12-1", Age(year=2025, month=12, day=1)),
        ("13-32", None),
        ("2 dozijn", None),
        ("2d later", None),
        ("100", None),
        ("", None),
    ],
)
def test_ages(text, age):
    assert read_age(SCREEN, text) == age


def test_a_button_glued_to_the_age_and_counts_of_likes():
    assert read("a.b\nhoeveel?\n3-14Reply\n9\nView more (2)\nx_y\nen ik?\n2024-12-1 Beantwoorden\n1,2K") == [
        ("a.b", "hoeveel?", Age(month=3, day=14), False),
        ("x_y", "en ik?", Age(year=2024, month=12, day=1), False),
    ]


def test_an_age_beside_the_name():
    assert read("kijker_een · 2d\nWat kost dat?\nReply") == [
        ("kijker_een", "Wat kost dat?", Age(span=2 * DAY), False)
    ]


def test_a_button_before_the_age():
    assert read("kijker_een\nWat kost dat?\nReply\n2d") == [
        ("kijker_een", "Wat kost dat?", Age(span=2 * DAY), False)
    ]


def test_likes_before_the_age_are_no_text_and_a_number_that_was_written_is():
    assert read("kijker_een\nWat kost dat?\n12\n2d\nReply")[0][1] == "Wat kost dat?"
    assert read("kijker_een\n100\n2d\nReply")[0][1] == "100"


def test_a_long_line_that_begins_like_a_button_is_text():
    assert read("kijker_een\nView all the replies of these people please and answer\n2d\nReply")[0][
        1
    ].startswith("View all")


def test_what_is_not_understood_is_given_back_with_its_line():
    reading = read_pasted(SCREEN, "1.234 reacties\nkijker_een\nhoi\n2d\nReply\n\niemand\n")
    assert reading.left == ((7, "iemand"),)
    lonely = read_pasted(SCREEN, "alleen een naam\n2d\nReply")
    assert (lonely.comments, lonely.left) == ((), ((1, "alleen een naam"),))


def test_badges_between_name_and_text():
    text = "kijker_een\nVriend\nWat kost dat?\n2d\nReply\nlottekookt\nCreator\nDank!\n1d\nReply\nLiked by creator\n"
    assert [(a, t, o) for a, t, _, o in read(text)] == [
        ("kijker_een", "Wat kost dat?", False),
        ("lottekookt", "Dank!", True),
    ]


@given(st.text(max_size=400))
def test_any_text_is_read_without_an_error_and_nothing_is_lost(text):
    reading = read_pasted(SCREEN, text)
    for one in reading.comments:
        assert one.author and one.text and one.line >= 1


NAME = st.from_regex(r"[a-z][a-z0-9_.]{2,15}[a-z]", fullmatch=True).filter(
    lambda n: read_age(SCREEN, n) is None
)
WORDS = st.lists(
    st.sampled_from(["wat", "kost", "die", "pan", "mooi", "recept", "😍", "hé?"]), min_size=2, max_size=8
)


@given(
    st.lists(st.tuples(NAME, WORDS, st.integers(1, 59), st.sampled_from(["m", "h", "d", "w"])), max_size=12)
)
def test_what_is_laid_out_is_read_back(comments):
    known = {*SCREEN.badges, *SCREEN.reply, *SCREEN.now}
    comments = [c for c in comments if c[0] not in known]
    text = "".join(f"{n}\n{' '.join(w)}\n{c}{u}\nReply\n{c}\n" for n, w, c, u in comments)
    assert [(a, t) for a, t, _, _ in read(text)] == [(n, " ".join(w)) for n, w, _, _ in comments]


def test_a_damaged_file_of_words_is_refused():
    for text in ("= 1", "id = 1"):
        with pytest.raises(Invalid):
            read_screen(text)


def test_spaces_do_not_make_another_text():
    assert same_words("  wat \n kost\u00a0dat ") == "wat kost dat"
