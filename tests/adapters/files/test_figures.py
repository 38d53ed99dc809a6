"""Numbers and days as reports write them: read one way, both ways, or not at all."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goodstanding.adapters.files import days, figures
from goodstanding.adapters.files.days import Day
from goodstanding.adapters.files.figures import Figure, NotANumberError
from goodstanding.adapters.files.rules import studio

RULES = studio()
DOT, COMMA = "1,500.00", "1.500,00"


@pytest.mark.parametrize(
    ("text", "kind", "dot", "comma"),
    [
        ("12", "count", Figure(12, "count"), Figure(12, "count")),
        ("-12", "count", Figure(-12, "count"), Figure(-12, "count")),
        ("−3", "count", Figure(-3, "count"), Figure(-3, "count")),
        ("1.500", "count", Figure(1500, "thousandths"), Figure(1500, "count")),
        ("18,400", "count", Figure(18400, "count"), Figure(18400, "thousandths")),
        ("1,234,567", "count", Figure(1234567, "count"), None),
        ("1.234.567", "count", None, Figure(1234567, "count")),
        ("1.2K", "count", Figure(1200, "count", exact=False), None),
        ("1,2 mln", "count", None, Figure(1_200_000, "count", exact=False)),
        ("2万", "count", Figure(20_000, "count", exact=False), Figure(20_000, "count", exact=False)),
        ("1 500", "count", Figure(1500, "count"), Figure(1500, "count")),
        ("38%", "ratio", Figure(380_000, "ppm"), Figure(380_000, "ppm")),
        ("38,5 %", "ratio", None, Figure(385_000, "ppm")),
        ("0.38", "ratio", Figure(380_000, "ppm"), None),
        ("0:12", "duration", Figure(12_000, "ms"), Figure(12_000, "ms")),
        ("1:02:03", "duration", Figure(3_723_000, "ms"), Figure(3_723_000, "ms")),
        ("1h 2m 3s", "duration", Figure(3_723_000, "ms"), Figure(3_723_000, "ms")),
        ("12.5s", "duration", Figure(12_500, "ms"), None),
        ("$1.500", "money", Figure(1_500_000, "micro_usd"), Figure(1_500_000_000, "micro_usd")),
        ("€ 0,40", "money", None, Figure(400_000, "micro_eur")),
    ],
)
def test_each_reading_of_a_number(text, kind, dot, comma):
    wanted = {style: one for style, one in ((DOT, dot), (COMMA, comma)) if one is not None}
    assert figures.read(text, kind, RULES) == wanted


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", "count"), ("abc", "count"), ("1,2,3", "count"), ("12.34.5", "count"), ("1e9", "count"), ("9" * 41, "count"), ("150%", "ratio"), ("38", "ratio"),
        ("0:99", "duration"), ("1,5K%", "ratio"), ("--1", "count"), ("１２x", "count"), ("$", "money"), ("9" * 30, "count"),
    ],
)  # fmt: skip
def test_what_is_no_number_is_none(text, kind):
    with pytest.raises(NotANumberError):
        figures.read(text, kind, RULES)


@given(st.integers(-(10**12), 10**12), st.sampled_from([DOT, COMMA]))
def test_a_number_with_thousands_is_read_back_in_its_own_style(value, style):
    text = f"{value:,}" if style == DOT else f"{value:,}".replace(",", ".")
    found = figures.read(text, "count", RULES)
    assert found[style] == Figure(value, "count")
    assert figures.is_open(found) == (1000 <= abs(value) < 10**6)


@given(st.text(max_size=45), st.sampled_from(["count", "average", "ratio", "duration", "money"]))
@settings(max_examples=400)
def test_any_text_is_a_number_or_none(text, kind):
    try:
        found = figures.read(text, kind, RULES)
    except NotANumberError:
        return
    assert found
    assert all(abs(one.value) < 2**53 for one in found.values())


@pytest.mark.parametrize("text", ["", " ", "-", "N/A", "undefined", "None", "null"])
def test_nothing_is_absent_and_not_zero(text):
    assert figures.is_absent(text, RULES)
    assert not figures.is_absent("0", RULES)


def only(text):
    return set(days.read(text, RULES.months).by_order.values())


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-11-20", Day(2026, 11, 20)),
        ("2026/1/5", Day(2026, 1, 5)),
        ("January 1", Day(0, 1, 1)),
        ("1 januari", Day(0, 1, 1)),
        ("1 de enero de 2026", Day(2026, 1, 1)),
        ("Nov 20, 2026", Day(2026, 11, 20)),
        ("20 nov. 2026 10:00", Day(2026, 11, 20)),
        ("1月5日", Day(0, 1, 5)),
        ("2026年1月5日", Day(2026, 1, 5)),
        ("5/5/2026", Day(2026, 5, 5)),
    ],
)
def test_a_day_that_is_sure(text, day):
    assert only(text) == {day}
    assert not days.read(text, RULES.months).open


def test_a_day_that_is_open_says_both():
    found = days.read("03/04/2026", RULES.months)
    assert found.open
    assert found.by_order == {"dmy": Day(2026, 4, 3), "mdy": Day(2026, 3, 4)}
    assert days.read("13/04/2026", RULES.months).proved == "dmy"
    assert days.read("04/13/2026", RULES.months).proved == "mdy"
    assert days.read("03/04", RULES.months).needs_year
    assert days.read("11/20/2026, 3:04 PM", RULES.months).seconds == 15 * 3600 + 240


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "31/04/2026",
        "2026-02-30",
        "January",
        "January 32",
        "13/13/2026",
        "1/1/1999",
        "10:00",
        "1-2-3-4",
        "foo 3",
    ],
)
def test_what_is_no_day_is_none(text):
    found = days.read(text, RULES.months)
    assert found is None or not found.by_order


@given(st.text(max_size=70))
@settings(max_examples=400)
def test_any_text_is_a_day_or_none(text):
    days.read(text, RULES.months)


@given(
    st.dates(
        min_value=__import__("datetime").date(2014, 1, 1), max_value=__import__("datetime").date(2099, 12, 31)
    )
)
def test_every_day_is_read_back(day):
    assert only(day.isoformat()) == {Day(day.year, day.month, day.day)}
    shown = f"{day.day:02d}/{day.month:02d}/{day.year}"
    assert days.read(shown, RULES.months).by_order["dmy"] == Day(day.year, day.month, day.day)
