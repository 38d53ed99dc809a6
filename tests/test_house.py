"""House rules that no linter knows: paths, locks, sentences, reasons, sizes, sources."""

import ast
import re
import subprocess
import tomllib
from functools import cache
from pathlib import Path
from string import Formatter

import pytest

from goodstanding import __version__

ROOT = Path(__file__).parents[1]
LINES_MAX = 600
LONGER = {
    # The verifier must stand alone in one file; one file for the imitation's many calls: split by nobody's need so far.
    "goodstanding/adapters/evidence/verifier.py": 700,
    "goodstanding/sandbox/api.py": 750,
}
MACHINE = re.compile(r"/(?:home|root|Users|work|tmp)/[\w.-]+|[A-Z]:\\\\Users")
REASONED = re.compile(r"#\s*(noqa|type: ignore|pragma: no cover)(?P<codes>[^#]*)(?P<rest>.*)$")


@cache
def tracked(*endings):
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    names = done.stdout.decode().split("\0") if done.returncode == 0 else []
    found = [ROOT / n for n in names if n] or [
        p for p in ROOT.rglob("*") if ".venv" not in p.parts and p.is_file()
    ]
    return [p for p in found if p.is_file() and (not endings or p.suffix in endings)]


def name(path):
    return path.relative_to(ROOT).as_posix()


def test_no_path_of_a_machine_stands_in_a_tracked_file():
    found = [
        f"{name(path)}:{number}: {line.strip()[:100]}"
        for path in tracked(
            ".py", ".toml", ".md", ".txt", ".html", ".js", ".css", ".lock", ".cfg", ".ini", ""
        )
        if path.name not in ("LICENSE", "test_house.py")
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if MACHINE.search(line)
    ]
    assert found == []


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_locks_pin_hashes_and_name_no_index(lock):
    text = (ROOT / lock).read_text()
    pins = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
    assert pins and all(re.match(r"[\w.\[\],-]+==\S+", line) for line in pins)
    for block in re.split(r"\n(?=\S)", text):
        if block and not block.startswith("#"):
            assert "--hash=sha256:" in block, block.splitlines()[0]
    assert not re.search(r"index-url|extra-index|trusted-host|https?://", text)


def sentences():
    for path in sorted((ROOT / "goodstanding/locale").glob("*.toml")):
        for key, words in tomllib.loads(path.read_text(encoding="utf-8")).items():
            yield path.name, key, words


def test_every_sentence_stands_once_in_both_languages_with_the_same_fields():
    seen = {}
    for file, key, words in sentences():
        assert key not in seen, f"{key} stands in {seen.get(key)} and {file}"
        seen[key] = file
        assert set(words) == {"nl", "en"}, key
        assert len({bool(text.strip()) for text in words.values()}) == 1, key
        fields = [
            {re.sub("_(nl|en)$", "", f) for _, f, _, _ in Formatter().parse(t) if f} for t in words.values()
        ]
        assert fields[0] == fields[1], key
    assert len(seen) > 200


def test_every_sentence_that_the_commands_say_exists():
    known = {key for _, key, _ in sentences()}
    said = set()
    for path in (ROOT / "goodstanding/cli").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and re.fullmatch(r"cli\.[a-z_]+", node.value)
            ):
                said.add(node.value)
            if (
                isinstance(node, ast.Call)
                and getattr(node.func, "id", "") == "say"
                and isinstance(node.args[0], ast.Constant)
            ):
                said.add(f"cli.{node.args[0].value}")
    assert len(said) > 30
    assert sorted(said - known) == []


def test_every_exception_to_a_check_says_why():
    found = []
    for path in tracked(".py"):
        if name(path).startswith("tests/") or "migrations/versions" in name(path):
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            match = REASONED.search(line)
            if match is None or line.lstrip().startswith('"'):
                continue
            rest = (
                re.sub(r"^[:\s]*(\[[\w, -]+\]|[A-Z]+[0-9]+(, ?[A-Z]+[0-9]+)*)?", "", match["codes"])
                + match["rest"]
            )
            if len(rest.strip(" #-")) < 5:
                found.append(f"{name(path)}:{number}: {line.strip()[-80:]}")
    assert found == []


def test_files_stay_readable():
    sizes = {
        name(p): len(p.read_bytes().splitlines())
        for p in tracked(".py", ".js", ".css")
        if not name(p).startswith("tests/")
    }
    too_long = {
        n: lines for n, lines in sizes.items() if lines > LONGER.get(n, LINES_MAX) and "/vendor/" not in n
    }
    assert too_long == {}
    assert set(LONGER) <= set(sizes)


def test_one_version():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == __version__


@pytest.mark.parametrize(
    "policy", sorted((ROOT / "goodstanding/playbooks/policies").glob("*.toml")), ids=lambda p: p.stem
)
def test_every_number_of_a_shipped_policy_has_a_source_and_a_date(policy):
    document = tomllib.loads(policy.read_text(encoding="utf-8"))
    sources = document["sources"]
    wanted = {f"gates.{key}" for key in document["gates"] if key != "human_intents"}
    wanted |= {f"pacing.{key}" for key in document["pacing"]} | {
        f"similar.{key}" for key in document["similar"]
    }
    wanted |= {f"limits.{one['scope']}.{one['channel']}.{one['window_hours']}" for one in document["limits"]}
    wanted |= {f"review.{queue}" for queue in document["review"]["queues"]}
    assert sorted(wanted - set(sources)) == []
    for one in sources.values():
        assert one["source"].strip() and re.fullmatch(r"20\d\d-\d\d-\d\d", one["date"])
        assert re.fullmatch(r"own|TT-[A-Z]+-\d+", one["kind"])


def test_every_rule_of_the_platform_has_a_source_and_a_date():
    for path in sorted((ROOT / "goodstanding/playbooks/platform").glob("tiktok-2*.toml")):
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        assert set(document["numbers"]) - {"sources"} == set(document["numbers"]["sources"])
        ids = [rule["id"] for rule in document["rules"]]
        assert len(ids) == len(set(ids)) > 10
        for rule in document["rules"]:
            assert rule["source"].strip() and re.fullmatch(r"20\d\d-\d\d-\d\d", rule["date"]), rule["id"]
            assert rule["nl"].strip() and rule["en"].strip()


def test_links_between_documents_lead_somewhere():
    dead = []
    for path in tracked(".md"):
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
            if not re.match(r"[a-z]+:", target) and not (path.parent / target).exists():
                dead.append(f"{name(path)} -> {target}")
    assert sorted(d for d in dead if not d.endswith("today.png")) == []
