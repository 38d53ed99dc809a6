"""`goodstanding policy validate|show|diff|activate`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from goodstanding.cli import words
from goodstanding.cli.opening import as_json, check_account, fail, opened, place_options, say, whoami

if TYPE_CHECKING:
    from goodstanding.core.policy.document import Policy
    from goodstanding.usecases.context import Context

_JSON = click.option("--json", "json_", is_flag=True, help="Print the result as JSON.")


@click.group()
def policy() -> None:
    """Validate, show, compare and activate policies.

    A policy is named by a shipped name (careful, normal), a TOML file, or the hash of a kept version.
    For example: `goodstanding policy show careful`.
    """


@policy.command()
@click.argument("name")
@words.language_option
@_JSON
def validate(name: str, lang: str | None, json_: bool) -> None:
    """Check a policy file, line by line.

    Every error stands with its line and what was probably meant. Exit 1 when it has errors. Warnings are told
    and do not count. For example: `goodstanding policy validate policy.toml`.
    """
    from goodstanding.core.policy.parse import read
    from goodstanding.usecases import playbooks, wording

    tongue = words.language(lang)
    found, findings = read(_text(name), playbooks.platform_rules())
    errors = [one for one in findings if one.severity == "error"]
    said = [
        {
            "line": one.problem.line, "severity": one.severity, "code": one.problem.code,
            "what": wording.say_problem(tongue, one.problem),
        }
        for one in findings
    ]  # fmt: skip
    if json_:
        as_json({"ok": not errors, "hash": found.hash if found and not errors else None, "findings": said})
    else:
        for one in said:
            click.echo(f"{name}:{one['line'] or 1}: {one['severity']}: {one['what']}", err=True)
        if found is not None and not errors:
            click.echo(say("policy_ok", title=getattr(found.title, tongue), hash=found.hash))
    raise SystemExit(words.FOUND_PROBLEM if errors else 0)


@policy.command()
@place_options
@click.argument("name", required=False)
@click.option(
    "--account", type=int, default=1, show_default=True, help="Whose active policy, when no name is given."
)
@click.option("--toml", is_flag=True, help="Print the document instead of sentences.")
@words.language_option
def show(data: Path, database: str, name: str | None, account: int, toml: bool, lang: str | None) -> None:
    """Read a policy as sentences, in Dutch or English.

    For example: `goodstanding policy show careful --lang nl`. To write your own:
    `goodstanding policy show careful --toml > policy.toml`.
    """
    from goodstanding.core.policy.explain import explain_policy
    from goodstanding.core.policy.export import to_toml
    from goodstanding.usecases import playbooks, wording

    found = _read(name) if name and not name.startswith("sha256:") else _kept(data, database, name, account)
    if toml:
        click.echo(to_toml(found), nl=False)
        return
    tongue = words.language(lang)
    click.echo(getattr(found.title, tongue))
    click.echo(found.hash)
    for line in wording.say_all(tongue, explain_policy(found, playbooks.platform_rules())):
        click.echo(line)


@policy.command()
@click.argument("before")
@click.argument("after")
@words.language_option
@_JSON
def diff(before: str, after: str, lang: str | None, json_: bool) -> None:
    """Say what changes between two policies.

    And whether it loosens or tightens. Exit 1 when they differ. For example:
    `goodstanding policy diff careful policy.toml`.
    """
    from goodstanding.core.policy.diff import compare, needs_second_person
    from goodstanding.core.policy.explain import explain_changes
    from goodstanding.usecases import wording

    changes = compare(_read(before), _read(after))
    said = wording.say_all(words.language(lang), explain_changes(changes))
    if json_:
        as_json({"changes": list(said), "second_person": needs_second_person(changes)})
    else:
        for line in said or (say("same_policy"),):
            click.echo(line)
    raise SystemExit(words.FOUND_PROBLEM if changes else 0)


@policy.command()
@place_options
@click.argument("name")
@click.option("--account", type=int, default=1, show_default=True, help="Account it decides for.")
@words.language_option
def activate(data: Path, database: str, name: str, account: int, lang: str | None) -> None:
    """Keep a policy as a version and let it decide from now on.

    An invalid one is refused; the old one stays. For example:
    `goodstanding policy activate policy.toml --account 2`.
    """
    from goodstanding.kernel.problems import Invalid
    from goodstanding.usecases import connections, policies, wording

    tongue = words.language(lang)
    with opened(data, database) as app:
        check_account(app, account, every=False)
        try:
            policy_hash = (
                name if name.startswith("sha256:") else policies.keep_or_log(app.ctx, _text(name), whoami())
            )
            policies.activate(app.ctx, account, policy_hash, whoami())
        except Invalid as invalid:
            for problem in invalid.problems:
                click.echo(f"{name}:{problem.line or 1}: {wording.say_problem(tongue, problem)}", err=True)
            raise SystemExit(words.FOUND_PROBLEM) from None
        except policies.UnknownPolicyError:
            fail(say("policy_unknown", name=name), words.WRONG_USE)
        version = _version(app.ctx, policy_hash)
        title = getattr(version.title, tongue)
        found = app.ctx.store.read(lambda q: connections.standing(q, account))
        idle = connections.idle_rules(version, found)
    click.echo(say("policy_active", title=title, hash=policy_hash, account=account))
    for rule, finding in idle:
        named = getattr(rule.title, tongue)
        click.echo(say("account_idle_rule", rule=named, feature=finding.feature), err=True)


def _text(name: str) -> str:
    from goodstanding.usecases import playbooks

    if name in playbooks.policy_names():
        return playbooks.policy_text(name)
    try:
        return Path(name).read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        fail(say("policy_unknown", name=name), words.WRONG_USE)
    except (OSError, UnicodeDecodeError) as error:
        fail(say("cannot_open", folder=name, why=str(error)), words.CANNOT_REACH)


def _read(name: str) -> "Policy":
    from goodstanding.cli.backtest import policy_named

    return policy_named(words.language(None), name).policy


def _kept(data: Path, database: str, policy_hash: str | None, account: int) -> "Policy":
    from goodstanding.usecases import policies

    with opened(data, database) as app:
        if policy_hash is None:
            check_account(app, account, every=False)
            policy_hash = next(
                a.policy_hash for a in app.ctx.store.read(lambda q: q.accounts()) if a.id == account
            )
        try:
            return _version(app.ctx, policy_hash)
        except policies.UnknownPolicyError:
            fail(say("policy_unknown", name=policy_hash), words.WRONG_USE)


def _version(ctx: "Context", policy_hash: str) -> "Policy":
    from goodstanding.usecases import policies

    return ctx.store.read(lambda q: policies.compiled(ctx, q, policy_hash)).policy
