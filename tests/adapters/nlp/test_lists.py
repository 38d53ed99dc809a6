import re
import tomllib
from importlib.resources import files

import pytest

from goodstanding.adapters.nlp.lists import built, compiled, shipped


def line(text):
    return f" {text} "


def matches(phrase, text):
    return bool(compiled(phrase, head="x", milli=1).matches.search(line(text)))


@pytest.mark.parametrize(
    ("phrase", "text", "expected"),
    [
        ("wat kost", "nou wat kost dit", True),
        ("wat kost", "wat kostbaar", False),
        ("wat|hoeveel kost", "hoeveel kost", True),
        ("rot (nou|toch)? op", "rot op", True),
        ("rot (nou|toch)? op", "rot toch op", True),
        ("rot (nou|toch) op", "rot op", False),
        ("(im|i am) here", "i am here", True),
        ("waar ~2 kopen", "waar kan ik kopen", True),
        ("waar ~2 kopen", "waar kan ik dat kopen", False),
        ("^ link", "link dan", True),
        ("^ link", "de link", False),
        ("link $", "de link", True),
        ("link $", "link dan", False),
        ("meer (info|$)", "veel meer", True),
        ("keer <number> !euro", "keer 12 euro", True),
        ("dm <any> !now", "dm <handle> now", True),
        ("check !my channel", "check my channel", True),
        ("you're", "youre here", True),
    ],
)
def test_notation_of_phrases(phrase, text, expected):
    assert matches(phrase, text) is expected


@pytest.mark.parametrize("phrase", ["(a (b|c)?)? d", "a) b"])
def test_nested_brackets_are_refused(phrase):
    with pytest.raises(ValueError, match="b"):
        compiled(phrase, head="x", milli=1)


def test_table_with_an_unknown_head_is_refused():
    with pytest.raises(ValueError, match="insullt"):
        built([{"language": "en", "words": [{"head": "insullt", "words": "x"}]}], digest="0")


def test_phrase_without_a_word_is_refused():
    with pytest.raises(ValueError, match="<number>"):
        compiled("~3 <number>", head="x", milli=1)


def test_a_phrase_is_found_by_its_named_word_or_its_rarest():
    lexicon = built(
        [
            {
                "language": "en",
                "words": [{"head": "common", "words": "see my"}],
                "phrases": [{"head": "spam", "milli": 900, "phrases": ["see my channel", "!see the light"]}],
            }
        ],
        digest="0",
    )
    texts = {key: [lexicon.phrases[n].text for n in numbers] for key, numbers in lexicon.anchors.items()}
    assert texts == {"channel": ["see my channel"], "see": ["!see the light"]}


def test_one_typing_error_is_understood_unless_it_makes_another_word():
    document = {
        "language": "nl",
        "near": "prijs",
        "not_near": "prins",
        "words": [{"head": "common", "words": "prijst"}],
    }
    near = built([document], digest="0").near
    assert {key: near.get(key) for key in ("prjis", "prijjs", "pris", "grijs", "prijst", "prins")} == {
        "prjis": "prijs",
        "prijjs": "prijs",
        "pris": "prijs",
        "grijs": None,
        "prijst": None,
        "prins": None,
    }


def test_every_shipped_file_says_version_date_source_and_language():
    folder = files("goodstanding") / "playbooks" / "words"
    documents = {f.name: tomllib.loads(f.read_text()) for f in folder.iterdir() if f.name.endswith(".toml")}
    assert documents
    for document in documents.values():
        assert document["source"] == "own"
        assert document["language"] in ("nl", "en", "any")
        assert re.fullmatch(r"\d+", document["version"])
        assert document["date"].year >= 2026


def test_shipped_lists_have_both_languages_for_each_risk():
    entries = shipped().entries.values()
    for head in ("insult", "profanity", "sexual", "hate"):
        counts = {
            lang: sum(1 for e in entries if e.severity(head) and lang in e.languages) for lang in ("nl", "en")
        }
        assert min(counts.values()) >= 15, (head, counts)
    assert all(1 <= severity <= 3 for entry in entries for _, severity in entry.heads)


def test_every_phrase_matches_a_text_of_its_own_words():
    for phrase in shipped().phrases:
        parts = []
        for element in re.findall(r"\([^)]*\)\??|\S+", phrase.text):
            if element[0] == "~" or element in "^$" or element.endswith(")?"):
                continue
            first = next(w for w in element.strip("(!)").split("|") if w != "$")
            parts.append({"<number>": "7", "<any>": "<url>"}.get(first, first))
        sample = line(" ".join(parts).replace("'", "").replace("ï", "i"))
        assert phrase.matches.search(sample), (phrase.text, sample)
        assert all(not need.isdisjoint(sample.split()) for need in phrase.needs)


def test_digest_follows_the_bytes():
    assert len(shipped().digest) == 64
    assert shipped() is shipped()
