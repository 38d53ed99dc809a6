"""The brand terms of an account: what a text must name to be a risk to a brand."""

from collections.abc import Sequence

import msgspec

from goodstanding.core import brand_risk
from goodstanding.kernel.problems import GoodstandingError
from goodstanding.usecases import connections
from goodstanding.usecases.context import Context, Who
from goodstanding.usecases.ports import Queries, Transaction

_SETTING = "brand_terms"


class TooManyTermsError(GoodstandingError):
    """More brand terms than are looked for; fields: most, given."""

    code = "TOO_MANY_BRAND_TERMS"


def terms(q: Queries, account_id: int) -> tuple[str, ...]:
    """Return an account's brand terms, in the order given."""
    kept = q.setting(_SETTING, account_id=account_id)
    return msgspec.json.decode(kept, type=tuple[str, ...]) if kept else ()


def change(ctx: Context, account_id: int, given: Sequence[str], *, who: Who) -> tuple[str, ...]:
    """Keep an account's brand terms and return them as kept; raises `TooManyTermsError` and `NoAccountError`.

    They hold for what comes in from now on.
    """
    if len([one for one in given if one.strip()]) > brand_risk.TERMS_MAX:
        raise TooManyTermsError(most=brand_risk.TERMS_MAX, given=len(given))
    kept = brand_risk.cleaned(given)

    def work(tx: Transaction) -> None:
        connections.account_of(tx, account_id)
        if kept == terms(tx, account_id):
            return
        tx.put_setting(_SETTING, msgspec.json.encode(kept).decode(), ctx.clock.now(), account_id=account_id)
        connections.log(ctx, tx, account_id, who, {"act": "brand_terms", "terms": " | ".join(kept)})

    ctx.store.write(work)
    return kept
