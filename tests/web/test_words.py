"""Words and looks: nothing untranslated, nothing inline, contrast as promised."""

import re
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from goodstanding.adapters.clock import clocks
from goodstanding.adapters.tiktok import client, wire
from goodstanding.core import tasks
from goodstanding.kernel.reasons import Code
from goodstanding.locale import interface
from goodstanding.usecases import intake, outbox, reserving, settling
from goodstanding.web import assets, gate, i18n
from goodstanding.worker import loop

TEMPLATES = i18n.TEMPLATES
PO = TEMPLATES.parents[1] / "locale" / "interface.nl.po"
_field = re.compile(r"%\((\w+)\)s")


def extracted():
    options = {
        "**.html": {
            "trim_blocks": "true",
            "lstrip_blocks": "true",
            "newstyle_gettext": "true",
            "silent": "false",
        }
    }
    found = extract_from_dir(
        str(TEMPLATES), method_map=[("**.html", "jinja2.ext:babel_extract")], options_map=options
    )
    return {message for _, _, message, _, _ in found}


def catalogue():
    return [m for m in read_po(BytesIO(PO.read_bytes()), locale="nl") if m.id]


def test_the_dutch_catalogue_has_every_sentence_and_none_too_many():
    assert {m.id if isinstance(m.id, str) else tuple(m.id) for m in catalogue()} == extracted()


def test_no_translation_is_empty_or_fuzzy():
    for message in catalogue():
        strings = [message.string] if isinstance(message.string, str) else list(message.string)
        assert all(strings), message.id
        assert not message.fuzzy, message.id


def test_translations_name_the_same_fields():
    for message in catalogue():
        ids = [message.id] if isinstance(message.id, str) else list(message.id)
        strings = [message.string] if isinstance(message.string, str) else list(message.string)
        for string in strings:
            assert set(_field.findall(string)) == set(_field.findall(ids[-1])), message.id


def test_plural_forms_are_chosen_by_number():
    words = interface.translations("nl")
    one, many = "%(num)s entry", "%(num)s entries"
    assert (words.ngettext(one, many, 1), words.ngettext(one, many, 2)) == ("%(num)s regel", "%(num)s regels")


@pytest.mark.parametrize("path", sorted(TEMPLATES.glob("*.html")), ids=lambda p: p.name)
def test_templates_hold_nothing_the_content_policy_would_block(path):
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\sstyle=|\son\w+=|<style|javascript:|\|\s*safe\b|hx-on|https?://", text)
    for script in re.findall(r"<script[^>]*>(.*?)</script>", text, re.DOTALL):
        assert script.strip() == ""


def test_every_template_compiles_in_both_languages():
    for lang in ("nl", "en"):
        for path in TEMPLATES.glob("*.html"):
            i18n.environment(lang).get_template(path.name)


def test_fixed_files_load_nothing_from_elsewhere():
    for name, (_, content) in assets.load().files.items():
        found = [
            u for u in re.findall(rb"https?://[^\s\"')]+", content) if u != b"http://www.w3.org/2000/svg"
        ]
        assert found == [], name
    assert "unsafe-inline" not in gate.POLICY


def _luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def _contrast(one, other):
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_contrast_of_the_colour_tokens():
    css = assets.load().files["app.css"][1].decode()
    tokens = {n: (a, b) for n, a, b in re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", css)}
    text = [
        ("text", "surface"), ("text", "sunken"), ("text", "bg"), ("text-2", "bg"), ("text-2", "sunken"), ("text-2", "accent-soft"),
        ("text-2", "surface"), ("accent", "surface"), ("accent", "bg"), ("accent", "accent-soft"), ("on-accent", "accent"), ("ok", "ok-soft"),
        ("warn", "warn-soft"), ("warn", "surface"), ("danger", "danger-soft"), ("danger", "surface"), ("on-danger", "danger"),
        ("info", "info-soft"), ("info", "surface"), ("text", "danger-soft"), ("text", "warn-soft"), ("text", "ok-soft"), ("text", "info-soft"),
    ]  # fmt: skip
    for theme in (0, 1):
        for front, back in text:
            assert _contrast(tokens[front][theme], tokens[back][theme]) >= 4.5, (front, back, theme)
        for front, back in (("line-strong", "surface"), ("line-strong", "sunken"), ("info", "bg")):
            assert _contrast(tokens[front][theme], tokens[back][theme]) >= 3, (front, back, theme)
    assert round(_contrast(*(tokens[n][0] for n in ("text", "surface"))), 2) == 17.20


def test_times_are_local_and_say_their_day_when_it_is_another():
    now = 1790000000000
    assert i18n.clock_time("nl", now, now=now, zone="Europe/Amsterdam") == "16:13"
    assert i18n.clock_time("nl", now - 86_400_000, now=now, zone="Europe/Amsterdam") == "20 sep 16:13"
    assert i18n.clock_time("en", now, now=now, zone="UTC") == "14:13"
    assert (i18n.span("nl", 150_000), i18n.span("en", 3 * 3_600_000)) == ("2 minuten", "3 hours")
    assert i18n.number("nl", 9988) == "9.988"


def test_the_language_of_a_stranger():
    assert i18n.chosen("", "de-DE, nl;q=0.8") == "nl"
    assert i18n.chosen("en", "nl") == "en"
    assert i18n.chosen("", "fr") == "en"


def _words(lang):
    return i18n.environment(lang).get_template("words.html").make_module({"persons": {}})


_CODE = re.compile(r"\"([A-Z_]{3,})\"")


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_every_code_of_an_outgoing_act_has_words(lang):
    words = _words(lang)
    sources = [Path(str(module.__file__)) for module in (outbox, reserving, settling, loop)]
    used = {code for source in sources for code in _CODE.findall(source.read_text(encoding="utf-8"))}
    assert {"UNDER_WAY", "BATCH_LATE", "READ_BACK", "ECHO"} <= used
    for code in used | set(Code) | {*tasks.CODES.values(), tasks.LATE}:
        assert str(words.reason(code)) not in ("", code), code
    answers = set(re.findall(r'state="(\w+)", code="([A-Z_]+)"', Path(str(client.__file__)).read_text()))
    for state, code in answers | {("later", "BATCH_LATE")}:
        if state == "later":
            assert str(words.waits(SimpleNamespace(state="planned", code=code))).endswith("."), code
        elif state == "failed" and code != "ABSENT":  # an absent act is planned again, as READ_BACK
            assert str(words.reason(code)) not in ("", code), code


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_what_waits_says_why_in_a_sentence(lang):
    words = _words(lang)
    deferring = {Code.CAP, Code.BUCKET_EMPTY, Code.VOLUME_SPIKE, Code.QUIET_HOURS, Code.DELAY}
    stored = {"UNDER_WAY", "BATCH_LATE", "READ_BACK", "PACE", "NOT_REACHED"}
    for state, codes in (
        ("planned", reserving.WAITS | deferring | stored),
        ("unknown", {"NO_ANSWER", "OUTCOME_UNKNOWN"}),
    ):
        for code in codes:
            said = str(words.waits(SimpleNamespace(state=state, code=code)))
            assert said.endswith("."), code
            assert said != str(words.reason(code)), code
    assert str(words.waits(SimpleNamespace(state="cancelled", code="CAP"))) == str(words.reason("CAP"))
    assert "40100" in str(words.reason("40100")) != "40100"


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_every_doubt_and_every_problem_has_words(lang):
    words = _words(lang)
    doubts = set(re.findall(r'"(CLOCK_[A-Z]+)"', Path(str(clocks.__file__)).read_text(encoding="utf-8")))
    problems = {
        code
        for module in (intake, wire)
        for code in re.findall(r'problem="([A-Z_]+)"', Path(str(module.__file__)).read_text(encoding="utf-8"))
    }
    assert "CLOCK_UNHEARD" in doubts
    assert "HANDLING_FAILED" in problems
    assert [one for one in doubts if str(words.doubt(one)) == one] == []
    assert [one for one in problems if str(words.problem(one)) == one] == []


@pytest.mark.parametrize(
    ("count", "nl", "en"),
    [
        (0, "0", "0"),
        (780, "780", "780"),
        (1000, "1k", "1k"),
        (9988, "9,9k", "9.9k"),
        (10_001, "10k+", "10k+"),
    ],
)
def test_a_badge_abbreviates(count, nl, en):
    assert (i18n.short("nl", count), i18n.short("en", count)) == (nl, en)


def test_a_counted_sentence_groups_its_number():
    made = i18n.environment("nl").from_string('{{ ngettext("%(num)s entry", "%(num)s entries", 3898) }}')
    assert made.render() == "3.898 regels"
