"""An account that was read: gaps, what came late, a hidden reply, captures and a campaign."""

from goodstanding.kernel.timing import DAY, HOUR, MINUTE
from goodstanding.usecases import reading, reconcile, registry, snapshots
from goodstanding.usecases.ports.feed import MESSAGES, AccountPage, Late, ListedVideo, ReplyWatch, VideoPage

VIDEOS = ("7672400000000000101", "7672400000000000202")


def fill(world):
    """Write what reading the account for a while would have left; returns the captures' ids."""
    ctx = world.ctx
    now = ctx.clock.now()
    ctx.store.write(lambda tx: reading.begin(tx, 1, now - DAY))
    posts = [
        ListedVideo(
            id=one, published_at=now - n * DAY, caption="Soep in tien minuten", comments=4,
            insights={"item_id": one, "likes": 4102, "video_duration": "74.20", "impression_sources": [{"percentage": "0.83"}]},
        )
        for n, one in enumerate(VIDEOS)
    ]  # fmt: skip
    reading.note_posts(ctx, 1, posts)

    def work(tx):
        tx.change_account(1, {"credentials": ctx.vault.lock(0, b"{}")})
        for one in (reading.EVERY_POST, *VIDEOS):
            tx.change_watch(
                1,
                one,
                {
                    "sure_until": now - 7 * MINUTE,
                    "swept_until": now - 3 * HOUR,
                    "next_at": now + 3 * MINUTE,
                    "kind": "top",
                    "newest_at": now - HOUR,
                },
            )
        reconcile.open_gap(tx, 1, VIDEOS[0], "missing", now - 2 * HOUR, found=3)
        tx.close_gaps(1, VIDEOS[0], ["missing"], now - HOUR)
        reconcile.open_gap(tx, 1, VIDEOS[1], "everything", now - HOUR)
        lates = [
            Late(
                account_id=1,
                external_id=f"x{n}",
                video_id=VIDEOS[0],
                happened_at=now - 5 * DAY,
                found_at=now - 4 * DAY,
                came_at=now if n < 2 else None,
            )
            for n in range(5)
        ]
        tx.add_lates(lates)
        tx.count_duplicates(1, 1_234, now)
        reading.begin_messages(tx, 1, now)
        tx.change_watch(1, MESSAGES, {"sure_until": now - 4 * MINUTE, "next_at": now + 6 * MINUTE})
        reconcile.open_gap(tx, 1, MESSAGES, "beyond", now - HOUR)
        tx.count_duplicates(1, 77, now, of="messages")
        event = tx.decisions(after=0, limit=1)[0].event_id if tx.decisions(after=0, limit=1) else 1
        tx.add_reply_watches(
            [
                ReplyWatch(
                    account_id=1, outgoing_id=10_001, event_id=event, video_id=VIDEOS[0], provider_ref="p", sent_at=now - HOUR,
                    due_at=now, state="hidden", looked_at=now,
                )
            ]
        )  # fmt: skip

    ctx.store.write(work)
    account = ctx.store.read(lambda q: q.accounts())[0]
    page = AccountPage(
        business=False, verified=True, followers=18_250, handle="lottekookt", name="Lotte",
        insights={"followers_count": 18_250, "username": "lottekookt", "audience_countries": [{"country": "NL", "percentage": "0.61"}]},
        missing_scopes=("user.insights",),
    )  # fmt: skip
    state = snapshots.Progress(day="2026-09-21")
    ctx.store.write(
        lambda tx: snapshots.keep_account(ctx, tx, account, page, ("2026-08-01", "2026-09-20"), state)
    )
    videos = VideoPage(videos=tuple(posts), cursor=1, more=False)
    ctx.store.write(lambda tx: snapshots.keep_posts(ctx, tx, account, videos, state))
    who = ("person", "1")
    registry.add_campaign(
        ctx,
        account_id=1,
        campaign_id="2026-09-soup-week",
        title="Soepweek",
        campaign_class="sponsored",
        approver_id=1,
        who=who,
    )
    registry.assign(
        ctx, account_id=1, video_id=VIDEOS[0], campaign_id="2026-09-soup-week", video_class="", who=who
    )
    return [one.id for one in ctx.store.read(lambda q: q.snapshots(1, limit=9))]
