"""Words about accounts and their connection, for pages and commands alike; takes plain codes and fields."""

from collections.abc import Mapping

from goodstanding.locale import Lang, keys, sentence

ONBOARDING = 5
"""How many sentences say what TikTok asks for."""


def word(lang: Lang, table: str, code: str) -> str:
    """Return the word of a code in a table such as `mode` or `state`; the code itself without one."""
    key = f"account.{table}.{code}"
    return sentence(lang, key) if key in keys() else code


def state(lang: Lang, code: str, mode: str) -> str:
    """Return how a connection stands."""
    return word(lang, "state", "none.assisted" if (code, mode) == ("none", "assisted") else code)


def why(lang: Lang, code: str, detail: str) -> str:
    """Return why a feature is off."""
    return sentence(lang, f"account.why.{code}", {"detail": detail})


def removed(lang: Lang, code: str) -> str:
    """Return why a connection is gone."""
    key = f"account.removed.{code}"
    return sentence(lang, key if key in keys() else "account.removed.other", {"code": code})


def trouble(lang: Lang, problem: str) -> str:
    """Return why a renewal did not work."""
    name, _, code = problem.partition(" ")
    if name in ("NO_APP", "APP_REFUSED"):
        return sentence(lang, f"account.trouble.{name}", {"code": code})
    plain = name.removeprefix("HTTP_")
    kind = "busy" if plain.isdigit() or name == "UNREADABLE" else "network"
    return sentence(lang, f"account.trouble.{kind}", {"code": plain})


def notice(lang: Lang, code: str, *, handle: str, at: str, detail: str) -> str:
    """Return a notice; `detail` is the platform's reason or the trouble's code."""
    told = (
        removed(lang, detail) if code == "REMOVED" else trouble(lang, detail) if code == "TROUBLE" else detail
    )
    return sentence(lang, f"account.notice.{code}", {"handle": handle, "at": at, "detail": told})


def error(lang: Lang, code: str, fields: Mapping[str, object]) -> str:
    """Return what went wrong; the bare code when there is no sentence for it."""
    for field in ("which", "why"):
        key = f"account.error.{code}.{fields.get(field, '')}"
        if key in keys():
            return sentence(lang, key, fields)
    key = f"account.error.{code}"
    return sentence(lang, key, fields) if key in keys() else code


def publish_reason(lang: Lang, reason: str) -> str:
    """Return why a publication failed; the platform's word itself where it is a new one."""
    key = f"account.publish_reason.{reason}"
    return sentence(lang, key) if key in keys() else reason


def read_trouble(lang: Lang, trouble: str) -> str:
    """Return why something was not told; `trouble` is its kind, with the platform's code behind it."""
    kind, _, answer = trouble.partition(" ")
    known = (
        sentence(lang, f"account.read_trouble.{kind}") if f"account.read_trouble.{kind}" in keys() else kind
    )
    return f"{known} ({answer})" if answer and answer not in ("PACE", "NO_ANSWER", "NOT_REACHED") else known


def onboarding(lang: Lang) -> list[str]:
    """Return what TikTok asks of whoever wants an app, and where that was read."""
    told = [sentence(lang, f"account.onboarding.{number}") for number in range(1, ONBOARDING + 1)]
    return [*told, sentence(lang, "account.onboarding.source")]
