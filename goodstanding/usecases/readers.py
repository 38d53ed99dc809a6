"""Who of the team reads which language that nothing here was taught, account by account."""

import re
from collections.abc import Mapping

import msgspec

from goodstanding.kernel.problems import GoodstandingError
from goodstanding.usecases import connections
from goodstanding.usecases.context import Context, person
from goodstanding.usecases.ports import Queries, Transaction

_SETTING = "languages_read"
_LANGUAGE = re.compile(r"[a-z]{2,3}")


class NoLanguageError(GoodstandingError):
    """That is no code of a language; field: language."""

    code = "NO_LANGUAGE"


def readers(q: Queries, account_id: int) -> Mapping[str, tuple[int, ...]]:
    """Return language -> the persons who read it for this account."""
    kept = q.setting(_SETTING, account_id=account_id)
    return msgspec.json.decode(kept, type=dict[str, tuple[int, ...]]) if kept else {}


def languages_of(q: Queries, person_id: int) -> frozenset[tuple[int, str]]:
    """Return (account, language) of everything a person reads."""
    return frozenset(
        (account.id, language)
        for account in q.accounts()
        for language, persons in readers(q, account.id).items()
        if person_id in persons
    )


def mark(ctx: Context, language: str, person_id: int, *, reads: bool) -> None:
    """Note for every account that a person reads a language here, or does not any more; raises `NoLanguageError`."""
    if not _LANGUAGE.fullmatch(language):
        raise NoLanguageError(language=language[:20])

    def work(tx: Transaction) -> None:
        for account in tx.accounts():
            known = dict(readers(tx, account.id))
            before = known.get(language, ())
            after = tuple(sorted({*before, person_id} if reads else {*before} - {person_id}))
            if after == before:
                continue
            known[language] = after
            kept = msgspec.json.encode({name: who for name, who in sorted(known.items()) if who}).decode()
            tx.put_setting(_SETTING, kept, ctx.clock.now(), account_id=account.id)
            body = {"act": "reads" if reads else "reads_no_more", "language": language}
            connections.log(ctx, tx, account.id, person(person_id), body)

    ctx.store.write(work)
