"""Policy versions: kept, compared, activated, refused. A version is never changed."""

from goodstanding.core.policy.compile import CompiledPolicy, compile_policy
from goodstanding.core.policy.document import Policy
from goodstanding.core.policy.model import Effect
from goodstanding.core.policy.parse import parse
from goodstanding.kernel.problems import GoodstandingError, Invalid
from goodstanding.usecases import audit, playbooks
from goodstanding.usecases.context import SYSTEM, Context, Who
from goodstanding.usecases.ports import Account, Outgoing, PolicyVersion, Queries, Transaction
from goodstanding.usecases.ports.messages import MessageContent

REFUSED = "REFUSED_BY_PLATFORM_RULE"


class UnknownPolicyError(GoodstandingError):
    """There is no version of this hash; field: hash."""

    code = "UNKNOWN_POLICY"


def read(text: str) -> Policy:
    """Return the policy of a TOML document; raises `Invalid` with lines and reasons."""
    return parse(text, playbooks.platform_rules())


def compiled(ctx: Context, q: Queries, policy_hash: str) -> CompiledPolicy:
    """Return a version ready to decide; raises `UnknownPolicyError`."""
    ready = ctx.compiled.get(policy_hash)
    if ready is None:
        version = q.policy(policy_hash)
        if version is None:
            raise UnknownPolicyError(hash=policy_hash)
        ready = compile_policy(read(version.body), playbooks.platform_rules())
        ctx.compiled[policy_hash] = ready
    return ready


def wording(policy: CompiledPolicy, effect: Effect) -> str:
    """Return the text of a planned reply or message."""
    return policy.text(template=effect.template, variant=effect.variant, language=effect.language)


def disclosed(policy: CompiledPolicy, language: str, text: str) -> str:
    """Return a message with the words in front that the first automatic one begins with; once, and if there are any."""
    words = policy.policy.disclosure
    if words is None or text.startswith(words.of(language)):
        return text
    return f"{words.of(language)}\n\n{text}"


def card(policy: CompiledPolicy, one: Outgoing) -> MessageContent | None:
    """Return the buttons of an act whose template asks a question."""
    template = policy.template(one.template) if one.act == "message" else None
    if template is None or template.card is None:
        return None
    return MessageContent(
        account_id=one.account_id,
        outgoing_id=one.id,
        kind="card",
        purpose=template.card.purpose,
        version=template.card.version,
        buttons=template.card.buttons(one.language),
    )


def target_minutes(policy: CompiledPolicy, queue: str) -> int:
    """Return the target of a queue in minutes."""
    queues = policy.policy.review.queues
    return queues.get(queue) or queues[policy.policy.review.queue]


def keep(ctx: Context, tx: Transaction, text: str, who: Who = SYSTEM, *, parent: str | None = None) -> str:
    """Keep a valid document as a version and return its hash; raises `Invalid`.

    A document that asks for something the platform forbids is refused, and the refusal is logged (R1-R4);
    see `keep_or_log`.
    """
    policy = read(text)
    version = PolicyVersion(
        hash=policy.hash,
        parent=parent,
        body=text,
        title=policy.title.en,
        actor=":".join(who),
        at=ctx.clock.now(),
    )
    if tx.add_policy(version):
        _log(ctx, tx, who, 0, {"act": "keep", "hash": policy.hash, "parent": parent or ""})
    return policy.hash


def keep_or_log(ctx: Context, text: str, who: Who, *, parent: str | None = None) -> str:
    """Like `keep`, in a transaction of its own; a refusal by a platform rule is logged before `Invalid` is raised."""
    try:
        return ctx.store.write(lambda tx: keep(ctx, tx, text, who, parent=parent))
    except Invalid as invalid:
        refused = [p for p in invalid.problems if p.code == REFUSED]
        if refused:
            fields = refused[0].fields
            rule, what = str(fields.get("rule", "")), str(fields.get("word", ""))
            ctx.store.write(lambda tx: audit.refuse(ctx, tx, who, rule=rule, what=what))
        raise


def activate(ctx: Context, account_id: int, policy_hash: str, who: Who) -> None:
    """Let a kept version decide for an account from now on; raises `UnknownPolicyError`."""

    def work(tx: Transaction) -> None:
        compiled(ctx, tx, policy_hash)
        before = next(a.policy_hash for a in tx.accounts() if a.id == account_id)
        tx.add_activation(account_id, policy_hash, ":".join(who), ctx.clock.now())
        tx.change_account(account_id, {"policy_hash": policy_hash})
        _log(ctx, tx, who, account_id, {"act": "activate", "before": before, "after": policy_hash})

    ctx.store.write(work)


def active(ctx: Context, account: Account) -> CompiledPolicy:
    """Return the policy that decides for an account."""
    return ctx.store.read(lambda q: compiled(ctx, q, account.policy_hash))


def _log(ctx: Context, tx: Transaction, who: Who, account_id: int, body: dict[str, object]) -> None:
    audit.append(
        ctx, tx, [audit.Draft(account_id=account_id, kind="policy", at=ctx.clock.now(), actor=who, body=body)]
    )
