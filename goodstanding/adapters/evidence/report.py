"""The readable part of an evidence pack: one HTML file, no script, fit for print."""

import hashlib
import json
from datetime import UTC, datetime
from html import escape

from goodstanding.core.audit.checkpoint import Checkpoint
from goodstanding.core.audit.entries import Entry, unseal
from goodstanding.core.audit.evidence import DisclosedEntry, PackContents, Story, Text

_WORDS = {
    "nl": {
        "title": "Bewijsbundel",
        "made": "Gemaakt op {when} uit logboek {origin}, ondertekend bij {size} logregels.",
        "check": "Of dit verslag klopt, controleert u met verify.py; zie README.txt.",
        "fingerprint": "Vingerafdruk van de sleutel",
        "reason": "Aanleiding",
        "who": "Wie",
        "when": "Wanneer",
        "what": "Wat",
        "why": "Waarom",
        "values": "Gegevens",
        "hidden": "Wel verzegeld, hier niet getoond: {names}.",
        "proof": "Bewijs",
        "place": "Nummer {number}, geteld vanaf 0, in een logboek van {size} logregels; "
        "verzegelde tekst in {file}, bewijs in {proof}.",
        "entry": "Logregel {number}",
        "other": "Overige logregels",
        "policies": "Beleidsversies",
        "earlier": "Bijgevoegd is ook een eerder ijkpunt; sindsdien is het logboek alleen gegroeid.",
        "months": "januari februari maart april mei juni juli augustus september oktober november december",
    },
    "en": {
        "title": "Evidence pack",
        "made": "Made on {when} from log {origin}, signed at {size} entries.",
        "check": "To check whether this report is true, run verify.py; see README.txt.",
        "fingerprint": "Key fingerprint",
        "reason": "Occasion",
        "who": "Who",
        "when": "When",
        "what": "What",
        "why": "Why",
        "values": "Values",
        "hidden": "Sealed as well, not shown here: {names}.",
        "proof": "Proof",
        "place": "Number {number}, counting from 0, in a log of {size} entries; "
        "sealed text in {file}, proof in {proof}.",
        "entry": "Entry {number}",
        "other": "Other entries",
        "policies": "Policy versions",
        "earlier": "An earlier checkpoint is enclosed too; since then the log only grew.",
        "months": "January February March April May June July August September October November December",
    },
}

LANGUAGES = tuple(_WORDS)
"""Languages a report can be told in."""

_STYLE = """
:root { color-scheme: light; }
body { font: 11pt/1.5 system-ui, sans-serif; color: #1c1c1c; background: #fff; max-width: 46rem;
  margin: 2rem auto; padding: 0 1.25rem; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .75rem; }
h2 { font-size: 1.25rem; margin: 2.25rem 0 .5rem; border-bottom: 1px solid #999; padding-bottom: .2rem; }
h3 { font-size: 1rem; margin: 0 0 .4rem; }
article { border: 1px solid #bbb; border-radius: 6px; padding: .8rem 1rem; margin: .8rem 0;
  break-inside: avoid; }
dl { display: grid; grid-template-columns: 7rem 1fr; gap: .25rem 1rem; margin: 0; }
dt { font-weight: 600; }
dd { margin: 0; overflow-wrap: anywhere; }
ul { margin: 0; padding-left: 1.1rem; }
bdi { white-space: pre-wrap; }
code { font-size: .9em; overflow-wrap: anywhere; }
main + main { margin-top: 4rem; break-before: page; }
@media (max-width: 34rem) { dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .5rem; } }
@media print { body { margin: 0; max-width: none; } a { color: inherit; } }
"""


def render_report(contents: PackContents, checkpoint: Checkpoint) -> str:
    """Return the whole page: one part per language of `contents`, in that order."""
    first = contents.languages[0]
    parts = "\n".join(_Part(contents, checkpoint, language).render() for language in contents.languages)
    return (
        f'<!DOCTYPE html>\n<html lang="{escape(first)}">\n<head>\n<meta charset="utf-8">\n'
        '<meta http-equiv="Content-Security-Policy"'
        " content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_WORDS[first]['title']}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n{parts}\n"
        "</body>\n</html>\n"
    )


class _Part:
    """The report in one language."""

    def __init__(self, contents: PackContents, checkpoint: Checkpoint, language: str) -> None:
        self._contents = contents
        self._size = checkpoint.size
        self._origin = checkpoint.origin
        self._language = language
        self._words = _WORDS[language]
        self._entries = {unseal(entry.sealed).seq: entry for entry in contents.entries}

    def render(self) -> str:
        told = {seq for story in self._contents.stories for seq in story.entries}
        sections = [self._story(story) for story in self._contents.stories]
        rest = [seq for seq in sorted(self._entries) if seq not in told]
        if rest and sections:
            sections.append(f"<h2>{self._words['other']}</h2>")
        sections += [self._entry(seq) for seq in rest]
        body = "\n".join([self._head(), *sections, self._policies()])
        return f'<main lang="{self._language}">\n{body}\n</main>'

    def _head(self) -> str:
        words, contents = self._words, self._contents
        made = words["made"].format(
            when=self._when(contents.made_at), origin=clean(self._origin), size=self._size
        )
        earlier = f"<p>{words['earlier']}</p>" if contents.earlier is not None else ""
        return (
            f"<h1>{words['title']}</h1>\n<p>{made}</p>\n<p>{words['check']}</p>{earlier}\n<dl>\n"
            f"<dt>{words['reason']}</dt><dd>{self._said(contents.reason)}</dd>\n"
            f"<dt>{words['fingerprint']}</dt><dd><code>{contents.key.fingerprint}</code></dd>\n</dl>"
        )

    def _story(self, story: Story) -> str:
        introduction = [f"<p>{self._said(text)}</p>" for text in story.introduction]
        entries = [self._entry(seq) for seq in story.entries]
        return "\n".join([f"<h2>{self._said(story.title)}</h2>", *introduction, *entries])

    def _entry(self, seq: int) -> str:
        disclosed, words = self._entries[seq], self._words
        entry = unseal(disclosed.sealed)
        lines = [
            (words["when"], self._when(entry.at)),
            (words["who"], self._said(disclosed.who)),
            (words["what"], self._said(disclosed.what)),
        ]
        if disclosed.why:
            reasons = "".join(f"<li>{self._said(text)}</li>" for text in disclosed.why)
            lines.append((words["why"], f"<ul>{reasons}</ul>"))
        if entry.pii:
            lines.append((words["values"], self._values(disclosed, entry)))
        place = words["place"].format(
            number=seq,
            size=self._size,
            file=f"<code>entries/{seq:012d}.json</code>",
            proof=f"<code>proofs/{seq:012d}.tlog-proof</code>",
        )
        lines.append((words["proof"], place))
        rows = "\n".join(f"<dt>{label}</dt><dd>{text}</dd>" for label, text in lines)
        title = words["entry"].format(number=seq)
        return f"<article>\n<h3>{title}</h3>\n<dl>\n{rows}\n</dl>\n</article>"

    def _values(self, disclosed: DisclosedEntry, entry: Entry) -> str:
        shown = [
            f"<li>{clean(item.name)}: <bdi>{clean(_readable(item.value))}</bdi></li>"
            for item in disclosed.values
        ]
        hidden = sorted(set(entry.pii) - {item.name for item in disclosed.values})
        if hidden:
            shown.append(f"<li>{self._words['hidden'].format(names=clean(', '.join(hidden)))}</li>")
        return f"<ul>{''.join(shown)}</ul>"

    def _policies(self) -> str:
        named = sorted(name for name in map(_policy_name, self._contents.policies))
        if not named:
            return ""
        rows = "".join(f"<li><code>{name}</code></li>" for name in named)
        return f"<h2>{self._words['policies']}</h2>\n<ul>{rows}</ul>"

    def _said(self, text: Text) -> str:
        return clean(text[self._language])

    def _when(self, instant: int) -> str:
        """Return the moment in words, to the millisecond, in UTC."""
        seconds, millis = divmod(instant, 1000)
        moment = datetime.fromtimestamp(seconds, UTC)
        month = self._words["months"].split()[moment.month - 1]
        return f"{moment.day} {month} {moment.year}, {moment:%H:%M:%S}.{millis:03d} UTC"


def clean(text: str) -> str:
    """Return `text` for HTML; control characters become visible replacement signs."""
    shown = (char if char >= " " or char in "\n\t" else "\N{REPLACEMENT CHARACTER}" for char in text)
    return escape("".join(shown))


def _readable(value: bytes) -> str:
    """Return a committed value as a person reads it: the text itself when it is a JSON string."""
    text = value.decode()
    try:
        parsed = json.loads(text)
    except ValueError:
        return text
    return parsed if isinstance(parsed, str) else text


def _policy_name(policy: bytes) -> str:
    return f"policy/{hashlib.sha256(policy).hexdigest()}.json"
