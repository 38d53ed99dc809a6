"""Words about drafts, for pages and commands alike; takes plain codes and fields."""

from collections.abc import Mapping

from goodstanding.locale import Lang, keys, sentence


def why(lang: Lang, code: str) -> str:
    """Return why a draft is not sent, or is not there."""
    key = f"drafts.why.{code}"
    if key in keys():
        return sentence(lang, key)
    if code.startswith("HTTP_"):
        return sentence(lang, "drafts.why.HTTP", {"status": code.removeprefix("HTTP_")})
    return code


def error(lang: Lang, code: str, fields: Mapping[str, object]) -> str:
    """Return what went wrong; the bare code when there is no sentence for it."""
    for key in (f"drafts.error.{code}.{fields.get('which', '')}", f"drafts.error.{code}"):
        if key in keys():
            return sentence(lang, key, fields)
    return code
