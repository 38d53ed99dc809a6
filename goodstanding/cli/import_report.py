"""What `goodstanding import` prints: an import as JSON or in words, questions, mappings, counts."""

from typing import TYPE_CHECKING

import click

from goodstanding.cli import words
from goodstanding.cli.opening import say
from goodstanding.locale import sentence

if TYPE_CHECKING:
    from goodstanding.kernel.problems import Problem
    from goodstanding.usecases.imports import Counts, Look
    from goodstanding.usecases.ports.imports import ImportedFile, Question


def document(file: "ImportedFile") -> dict[str, object]:
    """Return an import as scripts read it."""
    from goodstanding.kernel.timing import iso
    from goodstanding.usecases import imports

    counts = imports.counts_of(file)
    return {
        "import": file.id,
        "account": file.account_id,
        "kind": file.kind,
        "file": file.name,
        "sha256": file.digest,
        "state": file.state,
        "code": file.code,
        "at": iso(file.at),
        "counts": counts_document(counts),
    }


def counts_document(counts: "Counts") -> dict[str, object]:
    """Return what became of a file, as scripts read it."""
    return {
        "added": counts.added,
        "known": counts.known,
        "refused": counts.refused,
        "withheld": counts.withheld,
        "sections": counts.sections,
        "left_out": counts.left_out,
        "without_id": counts.without_id,
        "region": counts.region,
        "region_stated": counts.region_stated,
        "region_differs": counts.region_differs,
        "undone": counts.undone,
    }


def question_document(one: "Question") -> dict[str, object]:
    """Return a question as scripts read it."""
    return {
        "name": one.name,
        "examples": one.examples,
        "choices": [{"value": c.value, "shown": c.shown} for c in one.choices],
    }


def line(file: "ImportedFile") -> list[str]:
    """Return an import as a row of the list."""
    from goodstanding.kernel.timing import iso
    from goodstanding.usecases import imports

    counts = imports.counts_of(file)
    state = say(f"import_state_{file.state}")
    return [
        str(file.id), iso(file.at)[:16], file.kind, words.shown(file.name, 40), state,
        str(0 if counts.preview else counts.added), str(counts.refused),
    ]  # fmt: skip


def report(file: "ImportedFile", problems: list[tuple[str, str]]) -> None:
    """Print an import in words, with the first of its problems."""
    from goodstanding.usecases import imports
    from goodstanding.usecases.import_words import refusal_words

    counts = imports.counts_of(file)
    click.echo(
        say(
            "import_title",
            number=file.id,
            file=words.shown(file.name, 80),
            state=say(f"import_state_{file.state}"),
        )
    )
    if file.state == "refused":
        lang = words.language(None)
        click.echo(refusal_words(lang, "FILE_REFUSED", {**counts.fields, "reason": file.code}))
    if file.state == "asked":
        show_questions(counts.questions)
    show_counts(counts, preview=counts.preview)
    for place, why in problems:
        click.echo(f"  {words.shown(place, 120)}: {why}")
    if counts.refused > len(problems) and problems:
        click.echo(say("import_more", count=counts.refused - len(problems), number=file.id))
    click.echo(say("import_hash", sha256=file.digest))


def show_counts(counts: "Counts", *, preview: bool) -> None:
    """Print what became, or would become, of a file."""
    for name, tally in counts.sections.items():
        key = "import_would" if preview else "import_section"
        click.echo("  " + say(key, what=_section(name), added=tally.added, known=tally.known))
    if preview and not counts.sections:
        return
    click.echo(
        say(
            "import_sum_would" if preview else "import_sum",
            added=counts.added,
            known=counts.known,
            refused=counts.refused,
        )
    )
    if counts.withheld:
        click.echo(say("import_withheld", count=counts.withheld))
    if counts.without_id:
        click.echo(say("import_without_id", count=counts.without_id))
    if counts.region:
        key = "import_region"
        if counts.region_stated:
            key = "import_region_differs" if counts.region_differs else "import_region_agrees"
        click.echo(say(key, region=counts.region, stated=counts.region_differs))
    if absent := counts.left_out.get("absent", 0):
        click.echo(say("import_absent", count=absent))
    left = [name for name in counts.left_out if name != "absent"]
    if left:
        click.echo(say("import_left_out", names=words.shown(", ".join(left), 600)))


def show_columns(look: "Look") -> None:
    """Print what each column is taken for."""
    for one in look.columns:
        role = _role(one.role) if one.role else say("import_column_left")
        click.echo(
            "  " + say("import_column", column=words.shown(one.column, 60), role=role, name=one.role or "-")
        )


def show_questions(questions: "list[Question]") -> None:
    """Print what must be answered, with the answers there are."""
    for one in questions:
        examples = ", ".join(words.shown(example, 40) for example in one.examples)
        click.echo(say(f"import_ask_{one.name}", examples=examples))
        for choice in one.choices:
            shown = ", ".join(choice.shown)
            click.echo("    " + say("import_choice", option=one.name, value=choice.value, shown=shown))


def _role(role: str) -> str:
    return sentence(words.language(None), f"import_role.{role}")


def _section(name: str) -> str:
    return sentence(words.language(None), f"import_section.{name}")


def why(code: str, fields: str) -> str:
    """Return a stored problem in words that are safe on a terminal."""
    from goodstanding.usecases.import_words import stored_problem_words

    return words.shown(stored_problem_words(words.language(None), code, fields), 300)


def problem_words(problem: "Problem") -> str:
    """Return a problem in words."""
    return words.problem_words(words.language(None), problem)
