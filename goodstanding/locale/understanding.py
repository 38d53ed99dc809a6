"""Words about what was understood, for pages and commands alike; takes plain codes and fields."""

from goodstanding.locale import Lang, keys, sentence

_MOOD_MILLI_MIN = 200


def head(lang: Lang, name: str) -> str:
    """Return the name of a head."""
    return _first(lang, (f"understood.head.{name}", f"word.{name}"), name)


def language(lang: Lang, code: str) -> str:
    """Return the name of a language, or its code where there is none."""
    return _first(lang, (f"word.{code}",) if code in ("nl", "en", "und") else (), code)


def verdict(lang: Lang, code: str) -> str:
    """Return what the thresholds make of a score."""
    return sentence(lang, f"understood.verdict.{code}")


def silent(lang: Lang, why: str, tongue: str) -> str:
    """Return why heads abstain."""
    return sentence(lang, f"understood.silent.{why}", {"language": language(lang, tongue)})


def tone(lang: Lang, milli: int) -> str:
    """Return the word for a tone of -1000 to 1000."""
    name = "negative" if milli <= -_MOOD_MILLI_MIN else "positive" if milli >= _MOOD_MILLI_MIN else "neutral"
    return sentence(lang, f"understood.tone.{name}")


def reason(lang: Lang, kind: str, what: str) -> str:
    """Return what spoke for a head: words of the text in quotes, or a feature of the whole text in words."""
    if kind == "word":
        return f"“{what}”"
    family, _, rest = what.partition(":")
    if family == "n":
        return sentence(lang, "understood.reason.length")
    if family == "m":
        return sentence(lang, "understood.reason.company", {"kinds": rest.replace("&", ", ")})
    if family != "r":
        return sentence(lang, "understood.reason.shouted") if what == "shouted" else what
    name = rest.rpartition(":")[0]
    if name in ("glad", "cross"):
        return sentence(lang, f"understood.reason.{name}")
    if name.startswith("in "):
        return sentence(lang, "understood.reason.language", {"language": language(lang, name[3:])})
    if name.startswith("said "):
        return sentence(lang, "understood.reason.said", {"head": head(lang, name[5:])})
    return sentence(lang, "understood.reason.rule", {"head": head(lang, name)})


def percent(lang: Lang, milli: int) -> str:
    """Return thousandths as a percentage."""
    return f"{milli / 10:.1f} %".replace(".", "," if lang == "nl" else ".")


def _first(lang: Lang, names: tuple[str, ...], default: str) -> str:
    return next((sentence(lang, key) for key in names if key in keys()), default)
