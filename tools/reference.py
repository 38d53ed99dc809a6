"""Write docs/reference/commands.md and policy.md from the code itself: `python tools/reference.py [--check]`."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
TARGET = ROOT / "docs" / "reference"
GENERATED = "Written from the code by `python tools/reference.py`; edit the code, not this page.\n"


def main() -> int:
    """Write the pages, or with `--check` say whether they are up to date."""
    pages = {"commands.md": commands(), "policy.md": policy()}
    if "--check" in sys.argv[1:]:
        return int(any((TARGET / name).read_text(encoding="utf-8") != text for name, text in pages.items()))
    TARGET.mkdir(parents=True, exist_ok=True)
    for name, text in pages.items():
        (TARGET / name).write_text(text, encoding="utf-8")
    return 0


def commands() -> str:
    """Return the page of all commands: what `--help` says."""
    import click

    from goodstanding.cli import main as root

    def walk(command: click.Command, path: list[str], above: click.Context | None) -> Iterator[str]:
        context = click.Context(
            command, parent=above, info_name=path[-1], terminal_width=100, max_content_width=100,
            **command.context_settings,
        )  # fmt: skip
        if not isinstance(command, click.Group):
            shown = command.get_help(context)
            yield f"## {' '.join(path[1:])}\n\n```text\n{shown}\n```\n"
            return
        if len(path) > 1:
            yield f"## {' '.join(path[1:])}\n\n{_plain(command.help)}\n"
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from walk(found, [*path, name], context)

    head = "# Commands\n\n" + GENERATED + "\nExit codes are on [their own page](exit-codes.md).\n"
    return head + "\n" + "\n".join(walk(root, ["goodstanding"], None))


def policy() -> str:
    """Return the page of the policy document: every table and key with its type, bounds and meaning."""
    from goodstanding.core.policy.document import Policy

    schema = Policy.model_json_schema(by_alias=True)
    parts = [f"# The policy document\n\n{GENERATED}\n{_plain(schema.get('description', ''))}\n", _PREFACE]
    parts.append(_table("The document", schema))
    parts += [
        _table(name, part)
        for name, part in sorted(schema["$defs"].items())
        if "kind" not in part.get("properties", {}) or name == "Source"
    ]
    parts.append("## Conditions\n\nA rule applies when all of its conditions hold.\n")
    for name, part in sorted(schema["$defs"].items()):
        if "kind" in part.get("properties", {}) and name != "Source":
            kind = part["properties"]["kind"].get("const", name)
            parts.append(_table(f"`{kind}`", part, level=3, hide=("kind",)))
    return "\n".join(parts)


_PREFACE = """\
A policy is one TOML file. No key outside these tables is accepted, and no number outside its bounds. *Loosens* says in
which direction a value allows more; `goodstanding policy diff` uses it. Scores are thousandths: 850 means 0.85.
"""


def _table(title: str, part: Mapping[str, Any], *, level: int = 2, hide: tuple[str, ...] = ()) -> str:
    needed = set(part.get("required", ()))
    rows = [
        f"| `{key}` | {_type(one)} | {'yes' if key in needed else _default(one)} | {_loosens(one)} |"
        for key, one in part.get("properties", {}).items()
        if key not in hide
    ]
    told = _plain(part.get("description", ""))
    head = f"{'#' * level} {title}\n\n" + (
        f"{told}\n\n" if told and level > 1 and title != "The document" else ""
    )
    if not rows:
        return head
    return (
        head
        + "| key | value | required, or default | loosens |\n|---|---|---|---|\n"
        + "\n".join(rows)
        + "\n"
    )


def _type(one: Mapping[str, Any]) -> str:
    if "$ref" in one:
        return _link(one["$ref"])
    if "const" in one:
        return f"`{str(one['const']).lower() if isinstance(one['const'], bool) else one['const']}`"
    if "enum" in one:
        return ", ".join(f"`{word}`" for word in one["enum"])
    choices = one.get("anyOf") or one.get("oneOf")
    if choices:
        if len(choices) > 4:
            return "a [condition](#conditions)"
        return " or ".join(_type(choice) for choice in choices if choice.get("type") != "null")
    kind = one.get("type", "")
    if kind == "array":
        return f"list of {_type(one.get('items', {}))}{_bounds(one, 'minItems', 'maxItems')}"
    if kind == "object":
        values = one.get("additionalProperties")
        return f"table of {_type(values)}" if isinstance(values, dict) else "table"
    if kind == "string" and "pattern" in one:
        return f"text like `{one['pattern'].replace('|', '&#124;')}`" if "|" not in one["pattern"] else "text"
    words = {"integer": "whole number", "string": "text", "boolean": "`true` or `false`", "number": "number"}
    return (
        words.get(kind, kind or "any")
        + _bounds(one, "minimum", "maximum")
        + _bounds(one, "minLength", "maxLength")
    )


def _bounds(one: Mapping[str, Any], low: str, high: str) -> str:
    if low in one and high in one:
        return f", {one[low]} to {one[high]}"
    if high in one:
        return f", at most {one[high]}"
    return f", at least {one[low]}" if low in one else ""


def _default(one: Mapping[str, Any]) -> str:
    if "default" not in one:
        return "yes"
    value = one["default"]
    return (
        "none"
        if value is None
        else "empty"
        if value in ("", [], {}, ())
        else f"`{str(value).lower() if isinstance(value, bool) else value}`"
    )


def _loosens(one: Mapping[str, Any]) -> str:
    return {"up": "higher", "down": "lower", "more": "more entries", "fewer": "fewer entries"}.get(
        one.get("looser", ""), ""
    )


def _link(reference: str) -> str:
    name = reference.rsplit("/", 1)[-1]
    return f"[{name}](#{name.lower()})"


def _plain(text: str | None) -> str:
    return " ".join((text or "").split())


if __name__ == "__main__":
    sys.exit(main())
