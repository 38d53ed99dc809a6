"""What `goodstanding accounts` says of one account: in words, and for scripts."""

from typing import TYPE_CHECKING, Any

import click

from goodstanding.cli.opening import say
from goodstanding.cli.words import heading, language, table

if TYPE_CHECKING:
    from goodstanding.usecases.connections import Standing
    from goodstanding.usecases.regions import Told


def summary(one: "Standing") -> dict[str, object]:
    """Return an account in short, for scripts."""
    a, c = one.account, one.connection
    return {
        "account": a.id, "handle": a.handle, "name": a.name, "mode": a.mode, "zone": a.zone, "language": a.language,
        "stopped": a.killed, "state": c.state, "type": c.account_type, "country": c.country,
        "programmes": c.programmes.split(), "on": [f.feature for f in one.findings if f.on],
        "conflicts": [conflict.id for conflict in one.conflicts],
    }  # fmt: skip


def whole(one: "Standing", notices: list[Any]) -> dict[str, object]:
    """Return everything `show` says, for scripts. Tokens are never part of it."""
    from goodstanding.usecases import playbooks

    c, rules = one.connection, playbooks.capabilities()
    features = []
    for finding in one.findings:
        base: Any = rules.rule(finding.why[0].rule) if finding.why else rules.feature(finding.feature)
        features.append(
            {
                "feature": finding.feature, "on": finding.on, "rule": base.id, "source": base.source, "date": base.date,
                "why": [{"code": w.code, "rule": w.rule, "detail": w.detail} for w in finding.why],
            }
        )  # fmt: skip
    return summary(one) | {
        "table": rules.id, "features": features, "scopes": c.scopes.split(), "asked": c.asked.split(),
        "verified": c.verified, "followers": c.followers, "approved": c.approved, "connected_at": moment(c.connected_at),
        "access_until": moment(c.access_until), "consent_until": moment(c.refresh_until), "trouble": c.problem,
        "removed_at": moment(c.removed_at), "removed_code": c.removed_code, "delete_after": moment(c.delete_after),
        "conflicts": [
            {"id": x.id, "weight": x.weight, "nl": x.nl, "en": x.en, "source": x.source, "date": x.date}
            for x in one.conflicts
        ],
        "notices": [{"code": n.code, "at": moment(n.at), "detail": n.detail} for n in notices],
    }  # fmt: skip


def moment(at: int | None) -> str | None:
    """Return a time as it is shown to scripts and people alike."""
    from goodstanding.kernel.timing import iso

    return None if at is None else iso(at)


def told_by_export(told: "Told | None") -> dict[str, object] | None:
    """Return what the account's own export says of its country, for scripts."""
    if told is None:
        return None
    return {
        "region": told.region,
        "stated": told.stated,
        "agrees": told.agrees,
        "import": told.file_id,
        "at": moment(told.at),
    }


def printed(one: "Standing", notices: list[Any]) -> None:
    """Print an account in words: its state, conflicts, and each feature with its rule."""
    from goodstanding.locale import accounts as wording
    from goodstanding.usecases import playbooks

    lang, a, c = language(None), one.account, one.connection
    heading(f"@{a.handle} ({a.id}) {a.name}")
    state = wording.state(lang, c.state, a.mode)
    kind = wording.word(lang, "type", c.account_type)
    click.echo(f"  {wording.word(lang, 'mode', a.mode)} · {kind} · {c.country or '-'} · {state}")
    if a.killed:
        click.echo(f"  {say('account_is_stopped')}")
    dates = {
        "connected_at": c.connected_at, "access_until": c.access_until, "consent_until": c.refresh_until,
        "delete_after": c.delete_after,
    }  # fmt: skip
    for label, at in dates.items():
        if at is not None:
            click.echo(f"  {say(f'account_{label}')}: {moment(at)}")
    for n in notices:
        click.echo(
            f"  ! {wording.notice(lang, n.code, handle=a.handle, at=moment(n.at) or '', detail=n.detail)}"
        )
    conflicts(one)
    rules = playbooks.capabilities()
    rows = []
    for finding in one.findings:
        feature = rules.feature(finding.feature)
        name = feature.nl if lang == "nl" else feature.en
        why = "; ".join(f"{wording.why(lang, w.code, w.detail)} [{w.rule}]" for w in finding.why)
        rows.append(["✓" if finding.on else "✗", name, why or f"[{feature.id}]"])
    click.echo()
    table(["", say("accounts_feature"), say("accounts_why")], rows)
    used = {w.rule for f in one.findings for w in f.why}
    click.echo()
    for rule in rules.rules:
        if rule.id in used:
            click.echo(f"  {rule.id}: {rule.nl if lang == 'nl' else rule.en} {rule.source}, {rule.date}")


def conflicts(one: "Standing") -> None:
    """Print what contradicts what is wanted of an account."""
    lang = language(None)
    for conflict in one.conflicts:
        sign = {"conflict": "✗", "limit": "!", "note": "·"}[conflict.weight]
        click.echo(
            f"  {sign} {conflict.nl if lang == 'nl' else conflict.en} [{conflict.id}, {conflict.date}]"
        )
