"""What `goodstanding feed posts` shows: posts, publications on their way, the settings for new posts, mentions."""

import asyncio
import sys
from typing import TYPE_CHECKING, Any

import click

from goodstanding.cli.opening import as_json, fail, say, whoami
from goodstanding.cli.words import CANNOT_REACH, FOUND_PROBLEM, WRONG_USE, heading, language, shown, table
from goodstanding.kernel.problems import GoodstandingError
from goodstanding.kernel.timing import iso
from goodstanding.locale import accounts as wording

if TYPE_CHECKING:
    from goodstanding.bootstrap import App
    from goodstanding.core.capability import Finding, Rule, Why
    from goodstanding.locale import Lang
    from goodstanding.usecases.ports.feed import VideoSettings
    from goodstanding.usecases.ports.publishing import Publication
    from goodstanding.usecases.publishing import Asked, Posts


def show(app: "App", account: int, *, ask: bool, publication: str, json_: bool) -> None:
    """Print the posts of an account; exits 1 when a publication failed, 3 when TikTok did not answer."""
    from goodstanding.usecases import publishing

    try:
        if publication:
            publishing.watch(app.ctx, account, publication, who=whoami())
            click.echo(say("posts_watching"), err=True)
        found = (
            asyncio.run(_asked(app, account))
            if ask
            else app.ctx.store.read(lambda q: publishing.known(q, account))
        )
    except GoodstandingError as error:
        fail(wording.error(language(None), error.code, error.fields), WRONG_USE)
    if json_:
        as_json(_whole(found))
    else:
        _print(found)
    troubles = (found.asked.settings_trouble, found.asked.mentions_trouble) if found.asked else ()
    if any(one.split(" ")[0] in ("retry", "wait") for one in troubles):
        sys.exit(CANNOT_REACH)
    if any(one.status == "FAILED" for one in found.under_way):
        sys.exit(FOUND_PROBLEM)


async def _asked(app: "App", account: int) -> "Posts":
    from goodstanding.usecases import publishing

    try:
        return await publishing.look(app.ctx, account)
    finally:
        await asyncio.gather(*(platform.close() for platform in app.ctx.platforms.values()))


def state(one: "Publication | None") -> str:
    """Return how a publication is, in words."""
    if one is None:
        return "-"
    lang = language(None)
    parts = [wording.word(lang, "publication", one.status)]
    if one.reason:
        parts.append(wording.publish_reason(lang, one.reason))
    if one.trouble:
        parts.append(wording.read_trouble(lang, one.trouble))
    return shown(". ".join(part.rstrip(".") for part in parts), 200)


def _because(lang: "Lang", why: "Why", rule: "Rule") -> str:
    """Return one reason for off, with its rule, where it was read and when."""
    return f"{wording.why(lang, why.code, why.detail)} [{rule.id}: {rule.source}, {rule.date}]"


def _print(found: "Posts") -> None:
    from goodstanding.usecases import playbooks

    lang, rules = language(None), playbooks.capabilities()
    for finding in (found.publish, found.mentions):
        if not finding.on:
            base = rules.feature(finding.feature)
            feature = base.nl if lang == "nl" else base.en
            why = "; ".join(_because(lang, w, rules.rule(w.rule)) for w in finding.why)
            click.echo(say("posts_off", feature=feature, handle=found.account.handle, why=why), err=True)
    if found.under_way:
        heading(say("posts_under_way"))
        rows = [
            [one.publish_id, state(one), iso(one.told_at) if one.told_at else "-"] for one in found.under_way
        ]
        table(say("posts_under_way_head").split("|"), rows)
    if found.posts:
        rows = [[one.video.id, shown(one.video.title, 40), state(one.publication)] for one in found.posts]
        table(say("posts_head").split("|"), rows)
    elif not found.under_way:
        click.echo(say("posts_none"))
    if found.asked is None:
        click.echo(say("posts_not_asked"), err=True)
    else:
        _print_asked(found, found.asked)


def _print_asked(found: "Posts", asked: "Asked") -> None:
    from goodstanding.usecases.reading_rules import reading_rules

    lang = language(None)
    if asked.settings is not None or asked.settings_trouble:
        heading(say("posts_settings"))
        lines = (
            _settings_words(asked.settings)
            if asked.settings
            else [wording.read_trouble(lang, asked.settings_trouble)]
        )
        for line in lines:
            click.echo(f"  {line}")
    if not found.mentions.on:
        return
    heading(say("posts_mentions", days=reading_rules().publishing.mention_days))
    if asked.mentions_trouble:
        click.echo(f"  {wording.read_trouble(lang, asked.mentions_trouble)}")
    elif not asked.mentions:
        click.echo(f"  {say('posts_mentions_none')}")
    for one in asked.mentions:
        day = iso(one.published_at)[:10] if one.published_at else "-"
        click.echo(f"  {day}  {one.video_id}  {shown(one.caption, 60)}  {shown(one.url, 200)}".rstrip())
    if asked.more_mentions:
        click.echo(f"  {say('posts_mentions_more')}")


def _settings_words(one: "VideoSettings") -> list[str]:
    pairs = (("comment", one.comment_disabled), ("duet", one.duet_disabled), ("stitch", one.stitch_disabled))
    words = {True: say("posts_closed"), False: say("posts_allowed"), None: say("posts_untold")}
    lines = [f"{say(f'posts_{name}')}: {words[closed]}" for name, closed in pairs]
    lines.append(f"{say('posts_privacy')}: {', '.join(one.privacy_levels) or say('posts_untold')}")
    lines.append(
        f"{say('posts_seconds')}: {say('posts_untold') if one.seconds_max is None else one.seconds_max}"
    )
    return lines


def _whole(found: "Posts") -> dict[str, Any]:
    asked = found.asked
    return {
        "account": found.account.id, "handle": found.account.handle,
        "publish": _feature(found.publish), "mentions_feature": _feature(found.mentions),
        "under_way": [_publication(one) for one in found.under_way],
        "posts": [
            {"id": p.video.id, "title": p.video.title, "publication": _publication(p.publication) if p.publication else None}
            for p in found.posts
        ],
        "settings": None if asked is None or asked.settings is None else _settings(asked.settings),
        "settings_trouble": asked.settings_trouble if asked else None,
        "mentions": None if asked is None or not found.mentions.on else [
            {"video": m.video_id, "at": iso(m.published_at) if m.published_at else None, "caption": m.caption, "url": m.url}
            for m in asked.mentions
        ],
        "mentions_trouble": asked.mentions_trouble if asked else None,
    }  # fmt: skip


def _feature(one: "Finding") -> dict[str, Any]:
    from goodstanding.usecases import playbooks

    rules = playbooks.capabilities()
    why = []
    for w in one.why:
        rule = rules.rule(w.rule)
        why.append(
            {"code": w.code, "rule": w.rule, "detail": w.detail, "source": rule.source, "date": rule.date}
        )
    return {"on": one.on, "why": why}


def _publication(one: "Publication") -> dict[str, Any]:
    return {
        "publish_id": one.publish_id, "status": one.status, "reason": one.reason, "post": one.post_id,
        "told_at": iso(one.told_at) if one.told_at else None, "trouble": one.trouble,
    }  # fmt: skip


def _settings(one: "VideoSettings") -> dict[str, Any]:
    return {
        "privacy_levels": list(one.privacy_levels), "comment_disabled": one.comment_disabled, "duet_disabled": one.duet_disabled,
        "stitch_disabled": one.stitch_disabled, "seconds_max": one.seconds_max,
    }  # fmt: skip
