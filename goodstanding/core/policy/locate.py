"""Where in a TOML text each key stands, so a problem can name its line. Only for text that `tomllib` accepts."""

import re
from collections.abc import Mapping, Sequence

Path = tuple[str | int, ...]

_bare = re.compile(r"[A-Za-z0-9_-]+")
_skip = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_blank = re.compile(r"[ \t]*")
_scalar = re.compile(r"[^,\]}\n#]+")
_strings = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'', re.DOTALL
)


class _Walk:
    """One pass over a valid document."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.place = 0
        self.lines: dict[Path, int] = {}
        self.counts: dict[Path, int] = {}

    def line(self) -> int:
        return self.text.count("\n", 0, self.place) + 1

    def skip(self, pattern: re.Pattern[str] = _skip) -> None:
        found = pattern.match(self.text, self.place)
        assert found is not None
        self.place = found.end()

    def at(self, mark: str) -> bool:
        return self.text.startswith(mark, self.place)

    def key(self) -> list[str]:
        """Read a dotted key."""
        parts = []
        while True:
            self.skip(_blank)
            string = _strings.match(self.text, self.place)
            bare = _bare.match(self.text, self.place)
            found = string or bare
            assert found is not None
            parts.append(found.group()[1:-1] if string else found.group())
            self.place = found.end()
            self.skip(_blank)
            if not self.at("."):
                return parts
            self.place += 1

    def table(self) -> Path:
        """Read a `[table]` or `[[array of tables]]` header and return its path."""
        line = self.line()
        many = self.at("[[")
        self.place += 2 if many else 1
        parts = self.key()
        self.place += 2 if many else 1
        path: Path = ()
        for depth, part in enumerate(parts):
            path = (*path, part)
            last = depth == len(parts) - 1
            if last and many:
                self.counts[path] = self.counts.get(path, -1) + 1
                self.lines.setdefault(path, line)
            if path in self.counts:
                path = (*path, self.counts[path])
            self.lines.setdefault(path, line)
        return path

    def pair(self, base: Path) -> None:
        """Read `key = value`."""
        line = self.line()
        path = base
        for part in self.key():
            path = (*path, part)
            self.lines.setdefault(path, line)
        self.place += 1
        self.skip(_blank)
        self.value(path)

    def value(self, path: Path) -> None:
        self.lines.setdefault(path, self.line())
        string = _strings.match(self.text, self.place)
        if string:
            self.place = string.end()
        elif self.at("["):
            self.inside(path, "]")
        elif self.at("{"):
            self.inside(path, "}")
        else:
            self.skip(_scalar)

    def inside(self, path: Path, end: str) -> None:
        """Read what stands in an array or inline table."""
        self.place += 1
        index = 0
        while True:
            self.skip()
            if self.at(end):
                self.place += 1
                return
            if end == "]":
                self.value((*path, index))
                index += 1
            else:
                self.pair(path)
            self.skip()
            if self.at(","):
                self.place += 1

    def document(self) -> None:
        base: Path = ()
        while True:
            self.skip()
            if self.place >= len(self.text):
                return
            if self.at("["):
                base = self.table()
            else:
                self.pair(base)


def locate(text: str) -> Mapping[Path, int]:
    """Return the line of every path in `text`, which must be valid TOML."""
    walk = _Walk(text.replace("\r\n", "\n"))
    walk.document()
    return walk.lines


def line_of(lines: Mapping[Path, int], path: Sequence[str | int]) -> int | None:
    """Return the line of `path`, or of the nearest part of it that stands in the text."""
    whole = tuple(path)
    for end in range(len(whole), 0, -1):
        if whole[:end] in lines:
            return lines[whole[:end]]
    return None
