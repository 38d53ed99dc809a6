"""The interface's catalogue: English stands in the templates, Dutch in `interface.nl.po`."""

import gettext
from functools import cache
from importlib.resources import files
from io import BytesIO

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from goodstanding.locale import Lang


@cache
def translations(lang: Lang) -> gettext.NullTranslations:
    """Return the words of the pages in `lang`."""
    if lang == "en":
        return gettext.NullTranslations()
    text = files("goodstanding.locale").joinpath(f"interface.{lang}.po").read_bytes()
    compiled = BytesIO()
    write_mo(compiled, read_po(BytesIO(text), locale=lang))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
