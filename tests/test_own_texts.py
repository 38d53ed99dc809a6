"""Our own labelled texts: enough of them, distinct, labelled twice, and split by family."""

import json
from collections import Counter

from model import written

TEXTS = list(written.texts())


def test_there_are_enough_in_enough_families():
    by_language = Counter(row.lang for row in TEXTS)
    assert by_language["nl"] >= 6_000
    assert by_language["en"] >= 3_000
    assert len({row.family for row in TEXTS}) >= 1_500


def test_they_are_distinct_without_names_numbers_and_emoji():
    seen = Counter(written.masked(row.text) for row in TEXTS)
    assert not [text for text, count in seen.items() if count > 1]


def test_a_third_belongs_to_contrast_pairs_whose_edit_changes_a_label():
    final, there = written.final(), {row.id for row in TEXTS}
    pairs = [row for row in TEXTS if row.pair]
    assert all(row.pair in there for row in pairs)
    telling = [row for row in pairs if final[row.id] != final[row.pair]]
    assert len({row.id for row in telling} | {row.pair for row in telling}) >= len(TEXTS) / 3


def test_every_text_was_labelled_twice_and_every_difference_decided():
    first, second = (written.codes(written.DATA / f"labels-{name}.jsonl") for name in "ab")
    resolved = written.codes(written.DATA / "resolved.jsonl")
    ids = {row.id for row in TEXTS}
    assert first.keys() == second.keys() == ids == written.final().keys()
    assert resolved.keys() == {at for at in ids if first[at] != second[at]}


def test_only_the_codes_of_the_rules_occur():
    for name in ("labels-a", "labels-b", "resolved"):
        with (written.DATA / f"{name}.jsonl").open(encoding="utf-8") as file:
            used = {code for line in file for code in json.loads(line)["codes"].split()}
        assert used <= written.KNOWN, used - written.KNOWN


def test_a_family_lies_in_one_part_and_the_test_part_is_about_a_fifth():
    shares = Counter(written.part(row.family) for row in TEXTS)
    assert 0.15 < shares["test"] / len(TEXTS) < 0.25
    assert shares["choice"] > 500
