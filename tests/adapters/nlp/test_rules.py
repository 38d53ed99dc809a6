"""What the shipped lists and rules find by themselves, by example and by property. Handles and names are invented."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from ruled import Lists

from goodstanding.adapters.nlp.lists import shipped

LISTS = Lists()
LEXICON = shipped()


def seen(text):
    return LISTS.fresh(text)


def strong(text):
    return {intent for intent, milli in seen(text).intents if milli >= 850}


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("wat kost die jas?", "price"),
        ("Wat kost dat", "price"),
        ("hoeveel kosten deze schoenen", "price"),
        ("PRIJS?", "price"),
        ("prijs", "price"),
        ("hoe duur is die tas 😍", "price"),
        ("kun je de prijs doorgeven", "price"),
        ("wat is de prjis van deze lamp?", "price"),
        ("how much is this?", "price"),
        ("how much does it cost", "price"),
        ("price please", "price"),
        ("what's the price of that jacket", "price"),
        ("whats teh pirce, price?", "price"),
        ("link?", "link"),
        ("LINK PLEASE 😭", "link"),
        ("linkje aub", "link"),
        ("heb je een link voor die lamp?", "link"),
        ("waar kan ik dit kopen?", "link"),
        ("waar kan je die broek bestellen", "link"),
        ("waar heb je die trui vandaan", "link"),
        ("where can i buy this", "link"),
        ("Where did you get that shirt?", "link"),
        ("omg where is your dress from", "link"),
        ("can you send the link", "link"),
        ("INFO", "info"),
        ("info aub", "info"),
        ("meer informatie graag", "info"),
        ("can i get more info please", "info"),
        ("is dit ook in maat 42?", "product_question"),
        ("welke kleur is dit", "product_question"),
        ("verzenden jullie ook naar België?", "product_question"),
        ("which shade are you wearing?", "product_question"),
        ("do you ship to the netherlands?", "product_question"),
        ("is this still available?", "product_question"),
        ("how do you do that?", "question"),
        ("waarom doe je dat?", "question"),
        ("willen jullie samenwerken met ons merk?", "collab"),
        ("would love to collab with you", "collab"),
        ("business inquiry: where can we reach you", "collab"),
        ("bestelling nooit ontvangen", "complaint"),
        ("i want a refund now", "complaint"),
        ("mijn pakket is kapot aangekomen", "complaint"),
        ("it stopped working after a day", "complaint"),
        ("dankjewel voor de tip", "thanks"),
        ("thank you so much!", "thanks"),
        ("ik ben 13", "minor"),
        ("ik ben pas 12 jaar", "minor"),
        ("im 12 years old", "minor"),
        ("I'm only 14 lol", "minor"),
        ("13yo here", "minor"),
        ("ik wil niet meer leven", "crisis"),
        ("ik wil dood", "crisis"),
        ("i want to kill myself", "crisis"),
        ("i don't want to live anymore", "crisis"),
    ],
)
def test_wish_is_found(text, intent):
    assert intent in strong(text)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("the price of fame", "price"),
        ("dit is onbetaalbaar mooi", "price"),
        ("hij heeft de prijs gewonnen", "price"),
        ("worth the price", "price"),
        ("een grijs gebied", "price"),
        ("dat kost veel tijd", "price"),
        ("hoeveel likes krijg ik hiervoor", "price"),
        ("how much I love this", "price"),
        ("link in my bio", "link"),
        ("the missing link", "link"),
        ("waar haal je de tijd vandaan", "link"),
        ("where did you get that confidence", "link"),
        ("waar zijn de toiletten", "link"),
        ("bedankt voor de info", "info"),
        ("dit is geen maatwerk", "product_question"),
        ("ik ben 13 kilo afgevallen", "minor"),
        ("ik ben 12 weken zwanger", "minor"),
        ("im 12 weeks pregnant", "minor"),
        ("ik ben 34", "minor"),
        ("my daughter is 12", "minor"),
        ("ik ga dood van het lachen", "crisis"),
        ("im dead 💀", "crisis"),
        ("this song kills me", "crisis"),
        ("no thanks", "thanks"),
    ],
)
def test_other_meaning_is_no_wish(text, intent):
    assert intent not in strong(text)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("JA", "yes"),
        ("ja!", "yes"),
        (" Yes please. ", "yes"),
        ("ｊａ", "yes"),
        ("ja, ik ga akkoord", "yes"),
        ("nee bedankt", "no"),
        ("No thanks!", "no"),
        ("STOP", "stop"),
        ("Stop!!", "stop"),
        ("uitschrijven aub", "stop"),
        ("stop met berichten sturen", "stop"),
        ("please don't message me anymore", "stop"),
        ("stuur mij geen berichten meer", "stop"),
        ("ja maar wat kost het", None),
        ("ja hoor 🙄", None),
        ("ja?", None),
        ("ja 👍", None),
        ("jaaa", None),
        ("j4", None),
        ("niet ja", None),
        ("ok", None),
        ("yes daddy", None),
        ("jasmijn", None),
        ("can't stop watching", None),
        ("stop het is te grappig", None),
    ],
)
def test_only_whole_listed_texts_answer(text, answer):
    assert seen(text).answer == answer


@pytest.mark.parametrize(
    "text",
    [
        "jij bent een idioot",
        "je bent echt een klootzak",
        "wat een kankerhoer",
        "kankerlijer",
        "you are such an idiot",
        "you dumb bitch",
        "u r a LOSER",
        "fuck you",
        "rot op",
        "krijg kanker",
        "ga dood",
        "kill yourself",
        "go die",
        "niemand mag jou",
        "you are disgusting",
        "ik weet waar je woont",
        "i will find you and hurt you",
        "je moeder is een hoer",
        "dikke trut",
    ],
)
def test_insult_or_threat_is_abuse(text):
    assert seen(text).abuse_milli >= 700


@pytest.mark.parametrize(
    "text",
    [
        "wat een kutweer",
        "damn this is good",
        "fucking amazing ❤️",
        "this is the shit 🔥",
        "kanker mooi",
        "godverdomme wat mooi",
        "je bent geen idioot",
        "you are not an idiot",
        "he called me an idiot",
        "i am such an idiot haha",
        "mijn moeder heeft kanker",
        "kankeronderzoek is belangrijk",
        "hoe doe je dat",
        "nieuwe hoes voor mijn telefoon",
        "ik ga dood van het lachen",
        "aan de slag",
        "zet die doos daar neer",
        "die jurk is bloedmooi",
        "wat een lief kind",
        "ik hou van je video's",
        "love from Scunthorpe",
        "class assassin",
        "voor de zak patat",
    ],
)
def test_friendly_or_merely_coarse_text_is_no_abuse(text):
    found = seen(text)
    assert (found.abuse_milli or 0) < 200
    assert (found.hate_milli or 0) < 200
    assert (found.threat_milli or 0) < 200


@pytest.mark.parametrize(
    ("text", "severity"),
    [("damn", 1), ("wat een kutweer", 2), ("fucking amazing", 2), ("tyfus wat koud", 3), ("mooi weer", 0)],
)
def test_profanity_has_a_severity(text, severity):
    assert seen(text).profanity == severity


@pytest.mark.parametrize(
    "text", ["alle moslims moeten dood", "kill all jews", "go back to your country", "kutmarokkaan"]
)
def test_hate_is_found_apart_from_abuse(text):
    assert seen(text).hate_milli >= 800
    assert seen(text).abuse_milli >= 800


@pytest.mark.parametrize(
    "text", ["my muslim neighbour is lovely", "trots op alle vrouwen", "ik ben homo en blij"]
)
def test_naming_a_group_is_no_hate(text):
    assert seen(text).hate_milli == 0


@pytest.mark.parametrize(
    "text",
    [
        "check my channel",
        "check out my page please",
        "subscribe to my channel",
        "volg mij terug aub",
        "gratis iphone",
        "earn money online",
        "dm me on whatsapp +31612345678",
        "giveaway on my profile",
        "click link below https://example.com/win",
        "bitcoin trading made me rich",
        "sub4sub",
        "w i n een gratis iphone op mijn pagina",
        "s u b s c r i b e to my channel",
        "CHECK MY CHÀNNEL",
        "verdien snel geld thuis",
    ],
)
def test_advertising_is_spam(text):
    assert seen(text).spam_milli >= 500


@pytest.mark.parametrize(
    "text",
    [
        "where can I buy this? check my channel",
        "wat kost dit? volg mij terug aub",
        "price? https://example.com/x",
    ],
)
def test_a_wish_does_not_hide_spam(text):
    assert seen(text).spam_milli >= 500


@pytest.mark.parametrize(
    "text",
    [
        "love this video",
        "hij won de prijs",
        "great channel!",
        "ik volg je al jaren",
        "free hugs for everyone",
    ],
)
def test_plain_praise_is_no_spam(text):
    assert seen(text).spam_milli < 200


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("wat een mooie jurk heb je aan", "nl"),
        ("ik vind dit echt heel leuk", "nl"),
        ("I love this so much", "en"),
        ("where did you get that", "en"),
        ("ich finde das sehr schön", "und"),
        ("bu çok güzel bir video", "und"),
        ("هذا الفيديو جميل جدا", "und"),
        ("c'est vraiment très beau", "und"),
        ("🔥🔥🔥", "und"),
        ("link?", "und"),
    ],
)
def test_language(text, language):
    found = seen(text)
    assert found.language == language
    assert (found.language_milli >= 800) == (language != "und")


@pytest.mark.parametrize(
    "text",
    ["ich finde das sehr schön", "bu çok güzel bir video", "هذا الفيديو جميل جدا", "Это очень красиво"],
)
def test_without_lists_for_the_language_the_heads_abstain(text):
    found = seen(text)
    heads = (found.abuse_milli, found.hate_milli, found.threat_milli, found.sexual_milli, found.spam_milli)
    assert heads == (None,) * 5
    assert found.sentiment_milli is None
    assert found.profanity is None


def test_a_listed_word_counts_in_any_language():
    assert seen("bu adam tam bir motherfucker").abuse_milli >= 500


@pytest.mark.parametrize("text", ["link?", "🔥🔥🔥", "", "  ", "123"])
def test_text_without_telling_words_is_judged(text):
    assert seen(text).abuse_milli == 0


def test_home_language_is_told_for_words_both_languages_share():
    at_home = Lists(home="nl")
    found = [at_home.fresh(text) for text in ["link?", "INFO", "I love it", "🔥", "çok güzel"]]
    assert [(one.language, one.language_milli >= 800) for one in found] == [
        ("nl", True),
        ("nl", True),
        ("en", True),
        ("und", False),
        ("und", False),
    ]


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("dit is geweldig", 1),
        ("love it ❤️", 1),
        ("niet mooi", -1),
        ("not good at all", -1),
        ("wat een slechte kwaliteit, heel teleurgesteld", -1),
        ("this is terrible", -1),
        ("not bad", 1),
        ("🤮", -1),
        ("de trein van tien uur", 0),
    ],
)
def test_sentiment(text, sign):
    milli = seen(text).sentiment_milli
    assert (milli > 0) - (milli < 0) == sign
    assert -1000 <= milli <= 1000


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("mail me: viewer@example.com", ("email",)),
        ("bel +31 6 12345678", ("phone",)),
        ("NL91 ABNA 0417 1643 00", ("iban",)),
        ("zie www.example.com/x @somebody", ("handle", "url")),
        ("voor € 25,- of 30 euro", ("price",)),
        ("3 keer gekeken in 2024", ()),
    ],
)
def test_kinds_of_thing_contained(text, kinds):
    assert seen(text).contains == kinds


def test_hits_explain_a_score_and_hold_only_listed_words():
    found = seen("fuck you xqzvw, check my xqzvw channel")
    assert ("profanity", "fuck") in found.hits
    assert {"abuse", "spam"} <= {head for head, _ in found.hits}
    assert "xqzvw" not in str(found.hits)
    assert len(seen("fuck shit cunt whore slut dick bitch asshole kut lul hoer check my channel").hits) == 8


DISGUISES = {
    "leet": lambda word: word.translate(str.maketrans("oieast", "013457")),
    "signs": lambda word: word.replace("a", "@").replace("s", "$"),
    "cyrillic": lambda word: word.replace("o", "о").replace("e", "е").replace("a", "а").replace("i", "і"),
    "zero width": "\u200b".join,
    "soft hyphen": "\u00ad".join,
    "stretched": lambda word: word[0] + word[1] * 4 + word[2:],
    "stretched end": lambda word: word + word[-1] * 5,
    "spaced": " ".join,
    "dotted": ".".join,
    "dashed": "-".join,
    "wide": lambda word: "".join(chr(ord(c) + 0xFEE0) for c in word),
    "mathematical": lambda word: "".join(chr(0x1D41A + ord(c) - 97) for c in word),
    "accents": lambda word: "\u0301".join(word) + "\u0308",
    "loud": str.upper,
}
LISTED = [
    key
    for key in LEXICON.risks
    if key.isascii() and key.isalpha() and len(key) > 3 and max(s for h, s in LEXICON.entries[key].heads) > 1
]


@pytest.mark.parametrize("disguise", sorted(DISGUISES))
@settings(max_examples=60, deadline=None)
@given(word=st.sampled_from(LISTED))
def test_disguise_changes_nothing(disguise, word):
    disguised = DISGUISES[disguise](word)
    assume(any(map(str.isalpha, disguised)))  # digits alone are a number, not a word
    plain, worn = LISTS.fresh(word), LISTS.fresh(disguised)
    assert (worn.abuse_milli, worn.hate_milli, worn.profanity) == (
        plain.abuse_milli,
        plain.hate_milli,
        plain.profanity,
    )


def test_stars_hide_no_word():
    for text in ("f**k you", "f*ck you", "je bent een k*nkerl*jer", "sh*t"):
        assert seen(text).profanity >= 2


def test_stars_that_fit_several_words_are_read_as_a_curse():
    assert (seen("F***!").hate_milli, seen("F***!").profanity) == (0, 2)
