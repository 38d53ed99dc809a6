"""`goodstanding doctor`: checks the installation and says how to mend it."""

import asyncio
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from goodstanding.cli import words
from goodstanding.cli.opening import as_json, opened, place_options, say, semantic_settings

if TYPE_CHECKING:
    from goodstanding.bootstrap import App

FREE_MB_MIN = 500
TAIL = 1_000
SIGNS = {"ok": "✓", "warning": "!", "wrong": "✗"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was checked."""

    what: str
    state: Literal["ok", "warning", "wrong"] = "ok"
    detail: str = ""
    fix: str = ""


@click.command()
@place_options
@click.option("--confirm-clock", is_flag=True, help="Say that this machine's time is right after a long gap.")
@click.option("--json", "json_", is_flag=True, help="Print the findings as JSON.")
def doctor(data: Path, database: str, confirm_clock: bool, json_: bool) -> None:
    """Check database, keys, clock, log, disk and the connection to TikTok.

    Each finding says how to mend it. Exit 1 when something is wrong. For example:
    `goodstanding doctor --data data --json`.
    """
    with opened(data, database) as app:
        if confirm_clock:
            _confirm(app)
        findings = [*_findings(app)]
    if json_:
        as_json([{"what": f.what, "state": f.state, "detail": f.detail, "fix": f.fix} for f in findings])
    else:
        for one in findings:
            click.echo(f"  {SIGNS[one.state]} {one.what}: {one.detail or say('ok')}")
            if one.fix:
                click.echo(f"      → {one.fix}")
    wrong = any(one.state == "wrong" for one in findings)
    raise SystemExit(words.FOUND_PROBLEM if wrong else 0)


def _confirm(app: "App") -> None:
    from goodstanding.adapters.clock.clocks import SystemClock
    from goodstanding.bootstrap import HIGH_WATER

    if isinstance(app.clock, SystemClock):
        app.clock.confirm()
        now = app.clock.now()
        app.ctx.store.write(lambda tx: tx.put_setting(HIGH_WATER, str(now), now))
        click.echo(say("clock_confirmed"), err=True)


def _findings(app: "App") -> Iterator[Finding]:
    from goodstanding.adapters.storage.migrate import newest

    ctx = app.ctx
    place = (
        app.settings.database.rsplit("@", 1)[-1] if app.settings.database else str(app.settings.database_file)
    )
    yield Finding(what=say("doctor_database"), detail=place)
    yield Finding(what=say("doctor_schema"), detail=newest())
    yield _keys(app)
    yield _disk(app)
    yield asyncio.run(_platform(app))
    yield from _connections(app)
    yield from _public(app)
    yield _metrics()
    yield _second_opinion()
    yield _clock(app)
    yield _model(app)
    if not ctx.store.read(lambda q: q.persons()):
        yield Finding(what=say("doctor_owner"), state="warning", detail="-", fix=say("fix_owner"))
    by_state = ctx.store.read(lambda q: q.deliveries_by_state())
    bad = by_state.get("unreadable", 0) + by_state.get("unknown", 0)
    yield Finding(what=say("doctor_problems"), state="warning" if bad else "ok", detail=str(bad))
    unknown = len(ctx.store.read(lambda q: q.outgoing_in_state("unknown", limit=1000)))
    yield Finding(what=say("doctor_unknown"), state="warning" if unknown else "ok", detail=str(unknown))
    yield _log(app)


def _keys(app: "App") -> Finding:
    for path in (app.settings.data / "master.key", app.settings.keys_file):
        if path.exists() and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            return Finding(
                what=say("doctor_keys"), state="wrong", detail=path.name, fix=say("fix_keys", path=str(path))
            )
    return Finding(what=say("doctor_keys"))


def _disk(app: "App") -> Finding:
    free = shutil.disk_usage(app.settings.data).free // 1_000_000
    low = free < FREE_MB_MIN
    return Finding(
        what=say("doctor_disk"),
        state="wrong" if low else "ok",
        detail=f"{free:,} MB",
        fix=say("fix_disk", free=free) if low else "",
    )


async def _platform(app: "App") -> Finding:
    accounts = app.ctx.store.read(lambda q: q.accounts())
    if not accounts:
        return Finding(what=say("doctor_platform"), state="warning", detail=say("no_accounts"))
    platform = app.ctx.platforms[accounts[0].connector]
    told = await platform.ask_time(accounts[0])
    await platform.close()
    if told is None:
        return Finding(what=say("doctor_platform"), state="warning", detail="-", fix=say("fix_platform"))
    app.clock.hear(told)
    return Finding(what=say("doctor_platform"), detail=f"{abs(app.clock.now() - told) // 1000} s")


def _connections(app: "App") -> Iterator[Finding]:
    """What is wrong with accounts' connections, or will be within a month."""
    from goodstanding.kernel.timing import iso
    from goodstanding.locale import accounts as wording
    from goodstanding.usecases import connections

    found = app.ctx.store.read(lambda q: connections.notices(app.ctx, q))
    if not found:
        yield Finding(what=say("doctor_connections"))
    for one in found:
        at = iso(one.at) if one.at is not None else ""
        told = wording.notice(
            words.language(None), one.code, handle=one.account.handle, at=at, detail=one.detail
        )
        wrong = one.code in ("ENDED", "REMOVED")
        yield Finding(
            what=say("doctor_connections"),
            state="wrong" if wrong else "warning",
            detail=told,
            fix="" if one.code == "TROUBLE" else f"goodstanding accounts connect {one.account.id}",
        )


def _public(app: "App") -> Iterator[Finding]:
    """Ask for each public address, and say of each what to mend."""
    from goodstanding.adapters.reach import look
    from goodstanding.usecases import bio

    url = app.settings.public_url
    if not url:
        yield Finding(
            what=say("doctor_public"), state="warning", detail=say("reach_off"), fix=say("fix_public")
        )
        return
    pages = app.ctx.store.read(lambda q: [bio.page_for(q, one.id) for one in q.accounts()])
    slugs = [one.page.slug for one in pages if one is not None and one.page.live]
    for one in asyncio.run(look(url, slugs, allowed=app.settings.private_hosts)):
        what = f"{say('doctor_public')}: {say(f'reach_{one.feature}')}"
        if one.code == "ok":
            yield Finding(what=what, detail=one.url)
        else:
            yield Finding(
                what=what, state="wrong", detail=one.url, fix=say(f"reach_fix_{one.code}", url=one.url)
            )


def _metrics() -> Finding:
    """Say who may read the figures."""
    from goodstanding.cli.serve import metrics_token

    return Finding(
        what=say("doctor_metrics"), detail=say("metrics_token" if metrics_token() else "metrics_local")
    )


def _second_opinion() -> Finding:
    """Open the second opinion where it is turned on, and say what keeps it from running."""
    from goodstanding.adapters.nlp.second import trouble_here

    what = say("doctor_semantic")
    if not semantic_settings().on:
        return Finding(what=what, detail=say("semantic_off"))
    why, detail = trouble_here()
    if not why:
        return Finding(what=what, detail=detail)
    return Finding(what=what, state="warning", detail=detail or why, fix=say(f"fix_semantic_{why}"))


def _clock(app: "App") -> Finding:
    doubt = app.ctx.clock.doubt()
    if not doubt:
        return Finding(what=say("doctor_clock"))
    if doubt == "CLOCK_UNHEARD":
        return Finding(what=say("doctor_clock"), state="warning", detail=say("clock_unheard"))
    apart = app.clock.apart()
    gap = doubt == "CLOCK_GAP"
    fix = say("fix_clock_gap", days=apart // 86_400_000) if gap else say("fix_clock", seconds=apart // 1000)
    return Finding(what=say("doctor_clock"), state="wrong", detail=doubt, fix=fix)


def _model(app: "App") -> Finding:
    """Say whether the model in use can be used."""
    from goodstanding.usecases import models

    kept = models.find(app.ctx, models.ACTIVE)
    if kept.trouble:
        detail = f"{kept.digest[:16]}: {kept.trouble}"
        return Finding(what=say("doctor_model"), state="wrong", detail=detail, fix=say("fix_model"))
    return Finding(what=say("doctor_model"), detail=kept.digest[:16])


def _log(app: "App") -> Finding:
    """Every entry of the tail still has the bytes it was sealed with (`audit verify` checks it all)."""
    from goodstanding.core.audit.tree import leaf_hash

    rows = app.ctx.store.read(lambda q: q.audit_newest(before=2**62, limit=TAIL))
    bad = [row.seq for row in rows if leaf_hash(row.body) != row.hash]
    return Finding(
        what=say("doctor_audit"),
        state="wrong" if bad else "ok",
        detail=", ".join(map(str, bad[:5])),
        fix="goodstanding audit verify" if bad else "",
    )
