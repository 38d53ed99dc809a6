"""A person outside, under all the names they are known by: what is shared already, and whether two names are one."""

from typing import Any

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from goodstanding.kernel.problems import GoodstandingError
from goodstanding.usecases import joining
from goodstanding.usecases.namesakes import Kin
from goodstanding.usecases.ports import Queries
from goodstanding.web.desk import Desk, Web, actor, back, field, trouble, whole
from goodstanding.web.login import FormBody

LISTED = 100


def routes(desk: Desk) -> list[HTTPRouteHandler]:
    """Return the pages of this feature."""
    ctx = desk.ctx

    @get("/contacts", sync_to_thread=True)
    def names(request: Web) -> Response[Any]:
        def work(q: Queries) -> dict[str, Any]:
            ties = [tie for one in q.accounts() for tie in q.open_ties(one.id, LISTED)][:LISTED]
            found = q.contacts(sorted({end for tie in ties for end in (tie.named_id, tie.known_id)}))
            shown = [tie for tie in ties if tie.named_id in found and tie.known_id in found]
            return {"ties": [(tie, found[tie.named_id], found[tie.known_id]) for tie in shown]}

        return desk.page(request, "contacts.html", work)

    @get("/contact/{contact_id:int}", sync_to_thread=True)
    def shown(request: Web, contact_id: FromPath[int]) -> Response[Any]:
        def work(q: Queries) -> dict[str, Any]:
            contact = q.contact(contact_id)
            if contact is None:
                raise NotFoundException
            kin = Kin(q, contact.account_id, [contact_id])
            return {
                "contact": contact,
                "seen": kin.as_one(contact),
                "others": joining.others(q, contact),
                "account": next((one for one in q.accounts() if one.id == contact.account_id), None),
            }

        return desk.page(request, "contact.html", work)

    @post("/contact/{contact_id:int}/name", sync_to_thread=True)
    def decide(request: Web, contact_id: FromPath[int], data: FormBody) -> Response[Any]:
        """Join this contact with another name of the same person, or say that they are two."""
        named, known = whole(field(data, "named")), whole(field(data, "known"))
        act, said = (
            (joining.join, "names_joined")
            if field(data, "join") == "yes"
            else (joining.separate, "names_apart")
        )
        try:
            act(ctx, named, known, who=actor(request))
        except GoodstandingError as error:
            return back(data, f"/contact/{contact_id}", said="error", code=trouble(error))
        desk.wake()
        return back(data, f"/contact/{contact_id}", said=said)

    return [names, shown, decide]
