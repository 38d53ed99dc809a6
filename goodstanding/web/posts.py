"""One account's posts: what is known of each, those on their way, the settings for new ones, and mentions."""

import asyncio
from typing import Any

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from goodstanding.kernel.problems import GoodstandingError
from goodstanding.locale import Lang
from goodstanding.locale import accounts as wording
from goodstanding.usecases import connections, publications, publishing
from goodstanding.usecases.ports.feed import Mention
from goodstanding.usecases.ports.publishing import Publication
from goodstanding.usecases.reading_rules import reading_rules
from goodstanding.web.accounts import row_of
from goodstanding.web.desk import Desk, Web, actor, back, field, lang_of
from goodstanding.web.login import FormBody


class PostWords:
    """Words for publications, for templates."""

    def __init__(self, lang: Lang) -> None:
        self._lang = lang

    def state(self, one: Publication) -> str:
        """Return how a publication is."""
        return wording.word(self._lang, "publication", one.status)

    def reason(self, one: Publication) -> str:
        """Return why it failed; empty when it did not."""
        return wording.publish_reason(self._lang, one.reason) if one.reason else ""

    def trouble(self, code: str) -> str:
        """Return why TikTok did not tell."""
        return wording.read_trouble(self._lang, code)

    @staticmethod
    def tone(one: Publication) -> str:
        """Return the tone of its state."""
        if one.status in ("FAILED", "NO_LONGER_PUBLICLY_AVAILABLE"):
            return "danger"
        return "ok" if publications.has_ended(one) else "info"

    @staticmethod
    def link(one: Mention) -> str:
        """Return where a mention can be seen; empty where TikTok gave no address that is safe to follow."""
        return one.url if one.url.startswith("https://") else ""

    @staticmethod
    def asked_at(one: Publication) -> int:
        """Return when it is asked again by itself; 0 for never."""
        return 0 if one.next_at == publications.NEVER else one.next_at


def routes(desk: Desk) -> list[HTTPRouteHandler]:
    """Return the pages of this feature."""
    ctx = desk.ctx

    def page(
        request: Web, found: publishing.Posts, *, problem: str = "", status: int = 200, given: str = ""
    ) -> Response[Any]:
        lang = lang_of(request)
        return desk.page(
            request, "account-posts.html", found=found, account=found.account, publish=row_of(found.publish, lang),
            mentions=row_of(found.mentions, lang), say=PostWords(lang), problem=problem, given=given, status=status,
            days=reading_rules().publishing.mention_days,
        )  # fmt: skip

    @get("/accounts/{account_id:int}/posts")
    async def shown(request: Web, account_id: FromPath[int]) -> Response[Any]:
        """Show what is known; with `ask` TikTok is asked first."""
        try:
            if request.query_params.get("ask"):
                found = await publishing.look(ctx, account_id)
            else:
                found = await asyncio.to_thread(desk.read, lambda q: publishing.known(q, account_id))
        except connections.NoAccountError as error:
            raise NotFoundException from error
        return await asyncio.to_thread(page, request, found)

    @post("/accounts/{account_id:int}/posts", sync_to_thread=True)
    def watch(request: Web, account_id: FromPath[int], data: FormBody) -> Response[Any]:
        """Follow a publication that another tool began."""
        given = field(data, "publication", most=300)
        try:
            publishing.watch(ctx, account_id, given, who=actor(request))
        except connections.NoAccountError as error:
            raise NotFoundException from error
        except GoodstandingError as error:
            told = wording.error(lang_of(request), error.code, error.fields)
            found = desk.read(lambda q: publishing.known(q, account_id))
            return page(request, found, problem=told, status=422, given=given)
        desk.wake()
        return back({}, f"/accounts/{account_id}/posts", said="publication_watched")

    return [shown, watch]
