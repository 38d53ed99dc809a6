"""Posts on their way: what TikTok tells of a publication, by webhook or asked, and the account's settings and mentions.

The product publishes nothing. What is known of a publication came by a webhook of the app, or a person named it; until
it has come to an end it is asked again, within the limits of reading. Mentions are shown and kept nowhere: they are
posts of other people.
"""

import asyncio
import re

import msgspec

from goodstanding.core.capability import Finding
from goodstanding.kernel.problems import GoodstandingError
from goodstanding.kernel.timing import HOUR, SECOND
from goodstanding.usecases import connections, publications
from goodstanding.usecases.context import Context, Who
from goodstanding.usecases.ports import Account, Queries, Transaction, Video
from goodstanding.usecases.ports.feed import (
    Mention,
    PublishStatus,
    ReadFailedError,
    VideoSettings,
)
from goodstanding.usecases.ports.publishing import Publication
from goodstanding.usecases.reading import served
from goodstanding.usecases.reading_rules import PublishingRules, reading_rules

PUBLISH, MENTIONS = "publish.video", "mentions.read"
SHOWN = 50
_PUBLISH_ID = re.compile(r"[!-~]{4,200}")


class BadPublicationError(GoodstandingError):
    """That is no id of a publication."""

    code = "BAD_PUBLICATION"


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What the platform answered just now; `trouble` is why one part was not told."""

    settings: VideoSettings | None = None
    settings_trouble: str = ""
    mentions: tuple[Mention, ...] = ()
    more_mentions: bool = False
    mentions_trouble: str = ""


class Post(msgspec.Struct, frozen=True, kw_only=True):
    """A post that is known here, with its publication where there is one."""

    video: Video
    publication: Publication | None


class Posts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an account's posts. `asked` is absent until the platform was asked."""

    account: Account
    publish: Finding
    mentions: Finding
    under_way: tuple[Publication, ...]
    """Publications that became no known post (yet), the newest first."""
    posts: tuple[Post, ...]
    asked: Asked | None = None


def watch(ctx: Context, account_id: int, publish_id: str, *, who: Who) -> Publication:
    """Follow a publication that another tool began under the same app.

    Raises `BadPublicationError`, `NoAccountError`.
    """
    name = publish_id.strip()
    if not _PUBLISH_ID.fullmatch(name):
        raise BadPublicationError

    def work(tx: Transaction) -> Publication:
        connections.standing(tx, account_id)
        known = tx.publication(account_id, name)
        if known is not None and known.status:
            return known
        now = ctx.clock.now()
        row = msgspec.structs.replace(
            publications.row_of(tx, account_id, name, now), next_at=now, first_at=now, asks=0, trouble=""
        )
        tx.put_publication(row)
        connections.log(ctx, tx, account_id, who, {"act": "publication_watched", "publish": name})
        return row

    return ctx.store.write(work)


def known(q: Queries, account_id: int) -> Posts:
    """Return what is known of an account's posts without asking; raises `NoAccountError`."""
    standing = connections.standing(q, account_id)
    videos = q.videos(account_id)[:SHOWN]
    became = q.publications_of(account_id, [one.id for one in videos])
    ids = {one.publish_id for one in became.values()}
    return Posts(
        account=standing.account,
        publish=_finding(standing, PUBLISH),
        mentions=_finding(standing, MENTIONS),
        under_way=tuple(one for one in q.publications(account_id, limit=SHOWN) if one.publish_id not in ids),
        posts=tuple(Post(video=one, publication=became.get(one.id)) for one in videos),
    )


async def look(ctx: Context, account_id: int) -> Posts:
    """Ask TikTok now: how far posts are, the settings for new ones, and mentions. Raises `NoAccountError`.

    What the account may not do is not asked; what TikTok does not tell is said beside the rest.
    """
    found = await asyncio.to_thread(ctx.store.read, lambda q: known(q, account_id))
    platform, account = ctx.platforms[found.account.connector], found.account
    asked = Asked()
    if found.publish.on:
        for one in found.under_way:
            if not publications.has_ended(one):
                await ask(ctx, account, one)
        try:
            settings = await platform.video_settings(account)
            asked = msgspec.structs.replace(asked, settings=settings)
        except ReadFailedError as error:
            asked = msgspec.structs.replace(asked, settings_trouble=_trouble(error))
    if found.mentions.on:
        try:
            page = await platform.mention_page(account, days=reading_rules().publishing.mention_days)
            asked = msgspec.structs.replace(asked, mentions=page.mentions, more_mentions=page.more)
        except ReadFailedError as error:
            asked = msgspec.structs.replace(asked, mentions_trouble=_trouble(error))
            await _learn_no(ctx, account, MENTIONS, error)
    found = await asyncio.to_thread(ctx.store.read, lambda q: known(q, account_id))
    return msgspec.structs.replace(found, asked=asked)


async def step(ctx: Context) -> int:
    """Ask how far the posts are that are due; returns how many were asked."""
    now, rules = ctx.clock.now(), reading_rules().publishing
    due, (_, connected) = await asyncio.to_thread(
        ctx.store.read, lambda q: (q.publications_due(now, rules.asks_in_a_step), served(q))
    )
    for one in due:
        account = connected.get(one.account_id)
        if account is None:
            await _write(ctx, msgspec.structs.replace(one, next_at=now + HOUR, trouble="reauthorise"))
        else:
            await ask(ctx, account, one)
    return len(due)


async def ask(ctx: Context, account: Account, row: Publication) -> None:
    """Ask how far one publication is, and keep what is told."""
    try:
        told: PublishStatus | ReadFailedError = await ctx.platforms[account.connector].publish_status(
            account, row.publish_id
        )
    except ReadFailedError as error:
        told = error

    def work(tx: Transaction) -> None:
        now, rules = ctx.clock.now(), reading_rules().publishing
        before = tx.publication(account.id, row.publish_id) or row
        if isinstance(told, ReadFailedError):
            tx.put_publication(_failed(before, told, rules, now))
            return
        post_id = told.post_ids[0] if told.post_ids else ""
        found = publications.merged(before, told.status, reason=told.reason, post_id=post_id, at=now)
        publications.keep(tx, msgspec.structs.replace(found, asks=before.asks + 1), now)
        if (found.status, found.reason, found.post_id) != (before.status, before.reason, before.post_id):
            body = {
                "act": "publication",
                "publish": row.publish_id,
                "status": found.status,
                "reason": found.reason,
            }
            connections.log(ctx, tx, account.id, ("platform", account.connector), body)

    await asyncio.wrap_future(ctx.store.submit(work))


def _failed(row: Publication, error: ReadFailedError, rules: PublishingRules, now: int) -> Publication:
    """Return a publication after an ask that brought nothing."""
    if error.kind in ("absent", "refused"):
        return msgspec.structs.replace(row, next_at=publications.NEVER, trouble=_trouble(error))
    if error.kind == "wait":
        return msgspec.structs.replace(row, next_at=now + max(error.wait_ms, SECOND))
    wait = HOUR if error.kind in ("reauthorise", "capability") else publications.interval(row, rules)
    row = msgspec.structs.replace(row, next_at=now + wait, asks=row.asks + 1, trouble=_trouble(error))
    return publications.patience(row, rules, now)


def _finding(standing: connections.Standing, feature: str) -> Finding:
    return next(one for one in standing.findings if one.feature == feature)


def _trouble(error: ReadFailedError) -> str:
    """Return the kind of trouble; what the platform answered stands behind it."""
    return f"{error.kind} {error.answer}".strip()


async def _learn_no(ctx: Context, account: Account, feature: str, error: ReadFailedError) -> None:
    """Where TikTok itself says that the account may not do something, the feature is off from then on."""
    if error.kind != "capability" or not error.answer.isdigit():
        return
    code = int(error.answer)
    await asyncio.wrap_future(
        ctx.store.submit(lambda tx: connections.answered_no(ctx, tx, account, feature, code))
    )


async def _write(ctx: Context, row: Publication) -> None:
    await asyncio.wrap_future(ctx.store.submit(lambda tx: tx.put_publication(row)))
