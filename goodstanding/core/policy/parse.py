"""From TOML text to a policy, or to problems with line numbers and a guess at what was meant."""

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from goodstanding.core.policy.check import Finding, ProblemCode, check
from goodstanding.core.policy.conditions import CONDITIONS
from goodstanding.core.policy.document import Policy
from goodstanding.core.policy.locate import Path, line_of, locate
from goodstanding.core.policy.model import Outcome
from goodstanding.core.policy.platform import PlatformRules
from goodstanding.kernel.problems import Invalid, Problem

POLICY_BYTES_MAX = 1_000_000
"""A policy file is small; more is refused unread."""
_OUTCOMES: tuple[str, ...] = get_args(Outcome)
_syntax_line = re.compile(r"\(at line (\d+), column \d+\)")
_quoted = re.compile(r"'([^']*)'")


def parse(text: str, platform: PlatformRules) -> Policy:
    """Return the policy in `text`; raises `Invalid` with every problem found, each with its line."""
    policy, findings = read(text, platform)
    problems = tuple(one.problem for one in findings if one.severity == "error")
    if policy is None or problems:
        raise Invalid(problems)
    return policy


def read(text: str, platform: PlatformRules) -> tuple[Policy | None, tuple[Finding, ...]]:
    """Return the policy in `text` (`None` if it cannot be one) and all findings, warnings included, by line."""
    if len(text) > POLICY_BYTES_MAX:
        return None, (_error(ProblemCode.TOO_LARGE, None, limit=POLICY_BYTES_MAX),)
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        return None, (_syntax(error, text),)
    lines = locate(text)
    refused = tuple(_refused(data, platform, lines))
    try:
        policy = Policy.model_validate_json(json.dumps(data, default=str))
    except ValidationError as error:
        known = {one.problem.line for one in refused}
        details = [(_clean(detail["loc"], data), detail) for detail in error.errors()]
        found = [
            _translate(detail, path, data, lines) for path, detail in details if not _outer(path, details)
        ]
        return None, _by_line((*refused, *(one for one in found if not _echo(one, known))))
    located = tuple(
        Finding(
            problem=Problem(code=one.problem.code, line=line_of(lines, one.path), fields=one.problem.fields),
            severity=one.severity,
            path=one.path,
        )
        for one in check(policy, platform)
    )
    return policy, _by_line((*refused, *located))


def _by_line(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda one: (one.problem.line or 0, one.problem.code)))


def _error(code: ProblemCode, line: int | None, **fields: str | int) -> Finding:
    return Finding(problem=Problem(code=code, line=line, fields=fields), severity="error", path=())


def _syntax(error: Exception, text: str) -> Finding:
    """TOML itself is broken; `tomllib` gives the line in its message, or the end of the document."""
    found = _syntax_line.search(str(error))
    line = int(found.group(1)) if found else text.count("\n") + 1
    return _error(ProblemCode.TOML_SYNTAX, line, detail=_syntax_line.sub("", str(error)).strip() or "nesting")


def _refused(
    data: Mapping[str, Any], platform: PlatformRules, lines: Mapping[Path, int]
) -> Iterable[Finding]:
    """Find rules that ask for what the platform forbids: these words are known, and refused with the rule's id."""
    rules = data.get("rules")
    for place, rule in enumerate(rules if isinstance(rules, list) else []):
        word = rule.get("then") if isinstance(rule, dict) else None
        forbidding = platform.refusing(word) if isinstance(word, str) else None
        if forbidding is not None:
            rid = rule.get("rid")
            path = ("rules", place, "then")
            yield Finding(
                problem=Problem(
                    code=ProblemCode.REFUSED_BY_PLATFORM_RULE,
                    line=line_of(lines, path),
                    fields={
                        "word": str(word),
                        "rule": forbidding.id,
                        "rid": rid if isinstance(rid, str) else "",
                    },
                ),
                severity="error",
                path=path,
            )


def _echo(finding: Finding, refused: set[int | None]) -> bool:
    """Tell whether this says again, less clearly, what was already refused."""
    return finding.problem.code == ProblemCode.UNKNOWN_WORD and finding.problem.line in refused


def _outer(path: Path, details: list[tuple[Path, ErrorDetails]]) -> bool:
    """Tell whether something inside `path` is wrong too: then only the inner problem is worth saying."""
    return any(len(other) > len(path) > 0 and other[: len(path)] == path for other, _ in details)


def _clean(location: tuple[str | int, ...], data: Any) -> Path:
    """Drop the tags that pydantic adds to a location for unions, keeping what stands in the document."""
    path: list[str | int] = []
    here = data
    for place, part in enumerate(location):
        if isinstance(here, dict) and part not in here and part in CONDITIONS and here.get("kind") == part:
            continue
        if part == "[key]":
            continue
        path.append(part)
        try:
            here = here[part]
        except (KeyError, IndexError, TypeError):
            path.extend(one for one in location[place + 1 :] if one not in CONDITIONS and one != "[key]")
            break
    return tuple(path)


def _translate(  # noqa: C901, PLR0912 one flat table from pydantic's words to ours
    detail: ErrorDetails, path: Path, data: Mapping[str, Any], lines: Mapping[Path, int]
) -> Finding:
    """Turn one finding of pydantic into a problem of ours."""
    line = line_of(lines, path) or 1
    key = ".".join(str(part) for part in path)
    context = {name: value for name, value in detail.get("ctx", {}).items() if isinstance(value, str | int)}
    given = _short(detail["input"])
    match detail["type"]:
        case "extra_forbidden":
            return _error(ProblemCode.UNKNOWN_KEY, line, key=key, meant=_meant(str(path[-1]), _keys(path)))
        case "missing":
            return _error(ProblemCode.MISSING_KEY, line, key=key)
        case "union_tag_invalid":
            kind = detail["input"].get("kind") if isinstance(detail["input"], dict) else ""
            return _error(
                ProblemCode.UNKNOWN_KIND, line, kind=_short(kind), meant=_meant(str(kind), CONDITIONS)
            )
        case "union_tag_not_found":
            return _error(ProblemCode.MISSING_KEY, line, key=f"{key}.kind")
        case "literal_error" | "enum":
            allowed = _quoted.findall(str(context.get("expected", "")))
            if not allowed:
                return _error(
                    ProblemCode.OUT_OF_BOUNDS, line, key=key, given=given, bound=str(context["expected"])
                )
            meant = _meant(given, allowed)
            return _error(
                ProblemCode.UNKNOWN_WORD, line, key=key, given=given, allowed=", ".join(allowed), meant=meant
            )
        case "greater_than_equal" | "less_than_equal" | "greater_than" | "less_than":
            sign = ">=" if detail["type"].startswith("greater") else "<="
            bound = next(iter(context.values()), "")
            return _error(ProblemCode.OUT_OF_BOUNDS, line, key=key, given=given, bound=f"{sign} {bound}")
        case "too_short" | "too_long" | "string_too_short" | "string_too_long":
            return _error(ProblemCode.BAD_LENGTH, line, key=key, detail=detail["msg"])
        case "CONTACT_CEILING":
            line = line_of(lines, ("limits",)) or 1
            return _error(ProblemCode.CONTACT_CEILING, line, **context)
        case "DUPLICATE":
            return _error(ProblemCode.DUPLICATE, _line_of_name(str(context["name"]), data, lines), **context)
        case "DOUBT_ABOVE_SURE":
            return _error(ProblemCode.DOUBT_ABOVE_SURE, line)
        case "DELAY_REVERSED":
            return _error(ProblemCode.DELAY_REVERSED, line)
        case _:
            return _error(ProblemCode.BAD_VALUE, line, key=key, given=given, detail=detail["msg"])


def _line_of_name(name: str, data: Mapping[str, Any], lines: Mapping[Path, int]) -> int | None:
    """Return the line of the second thing that carries `name`."""
    kind, _, value = name.partition(" ")
    table, key = {"rule": ("rules", "rid"), "template": ("templates", "id")}.get(kind, ("limits", ""))
    entries = data.get(table, [])
    places = [place for place, one in enumerate(entries) if key and one.get(key) == value]
    if not places:
        places = [place for place, one in enumerate(entries) if _limit_name(one) == value]
    return line_of(lines, (table, places[-1] if places else 0))


def _limit_name(limit: Mapping[str, Any]) -> str:
    scope = f"rule:{limit.get('rule', '')}" if limit.get("scope") == "rule" else limit.get("scope", "")
    return f"{scope}/{limit.get('channel', '')}/{limit.get('window_hours', '')}"


def _meant(given: str, allowed: Iterable[str]) -> str:
    """Return the nearest allowed word, or nothing."""
    return next(iter(get_close_matches(given.lower(), list(allowed), n=1, cutoff=0.6)), "")


def _short(value: object) -> str:
    return str(value)[:60]


def _keys(path: Path) -> tuple[str, ...]:
    """Return the keys that are allowed where the unknown key at the end of `path` stands."""
    model: Any = Policy
    for part in path[:-1]:
        if isinstance(part, int):
            continue
        model = _model_of(model, part)
        if model is None:
            return ()
    if isinstance(model, tuple):
        return tuple({name for one in model for name in one.model_fields})
    return tuple(field.alias or name for name, field in model.model_fields.items())


def _model_of(model: Any, key: str) -> Any:
    """Return the model, or models, that stand under `key`."""
    if isinstance(model, tuple):
        return None
    for name, field in model.model_fields.items():
        if key in (name, field.alias):
            found = tuple(_models(field.annotation))
            return found[0] if len(found) == 1 else found or None
    return None


def _models(annotation: Any) -> Iterable[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)
