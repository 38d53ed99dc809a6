"""One comment's story, and why: everything that happened to it, and what was known when it was decided."""

import hashlib
from dataclasses import dataclass, field
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from goodstanding.core.policy.compile import CompiledPolicy
from goodstanding.core.policy.decide import decide
from goodstanding.core.policy.explain import explain_decision, gate_line, rule_lines, rule_titles
from goodstanding.core.policy.gate import trace_bytes
from goodstanding.core.policy.model import Decision, Facts
from goodstanding.core.policy.sealing import SealedRecord, read_record
from goodstanding.core.targets import is_ours
from goodstanding.kernel.problems import GoodstandingError
from goodstanding.kernel.reasons import Code
from goodstanding.locale import Lang
from goodstanding.usecases import audit, moderation, policies, registry
from goodstanding.usecases.ports import AuditRow, Case, DecisionRow, Event, Outgoing, Queries
from goodstanding.usecases.wording import say
from goodstanding.web import conversation, drafts, models, understood
from goodstanding.web.desk import Desk, Web, back, lang_of, trouble, who
from goodstanding.web.desk import field as form_field
from goodstanding.web.items import Item, of_decisions
from goodstanding.web.login import FormBody


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One line of the story."""

    at: int
    order: int
    kind: str
    """Names the words: came, change, decided, case, planned, and so on."""
    who: str = ""
    """`type:id` of the actor, as the log names it."""
    seq: int | None = None
    """Position in the log, when it is sealed there."""
    about: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterLine:
    """One limit as it stood: `limit` is None when no limit of this policy carries its name."""

    name: str
    limit: int | None
    used: int
    free_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """The explanation of a decision in words of one language."""

    decision: DecisionRow
    facts: Facts | None
    """None once the person's data was erased."""
    same: bool = True
    """Deciding again from the sealed facts gave exactly the sealed answer and trace."""
    reasons: list[str] = field(default_factory=list)
    gates: list[tuple[str, str]] = field(default_factory=list)
    """(verdict, sentence); what stood in the way comes first."""
    rules: list[tuple[bool | None, str, list[str]]] = field(default_factory=list)
    """(matched, sentence, its conditions); what matched comes first."""
    counters: list[CounterLine] = field(default_factory=list)
    policy_title: str = ""


def routes(desk: Desk) -> list[HTTPRouteHandler]:
    """Return the pages of this feature."""
    ctx = desk.ctx

    @get("/comment/{event_id:int}", sync_to_thread=True)
    def story(request: Web, event_id: FromPath[int]) -> Response[Any]:
        lang = lang_of(request)

        def work(q: Queries) -> dict[str, Any]:
            event = q.event(event_id)
            if event is None:
                raise NotFoundException
            decision = q.decision(event_id)
            outgoing = desk.parts.reads.outgoing_of(q, event)
            cases = q.cases_of_event(event_id)
            log = desk.parts.reads.log_of(q, event_id)
            open_case = next((one for one in cases if one.state == "open"), None)
            return {
                "item": _item(desk, q, event, decision),
                "nameless": is_ours(event.external_id),
                "why": explain(desk, q, event, decision, lang) if decision else None,
                "moments": _moments(desk, q, event, decision, outgoing, cases, log),
                "open_case": open_case,
                "proposed": next(
                    (o for o in outgoing if o.state == "held" and o.code != Code.AUTHORISATION_ENDED), None
                ),
                "outgoing": outgoing,
                "pictures": conversation.drawn(q, outgoing),
                "registered": registry.of_video(q, event.account_id, event.video_id),
                "talk": conversation.of_event(desk, q, event),
                "wrong": models.wrong(desk, q, event),
                "tagged": q.tags_of([event_id]),
                "understood": understood.explained(desk, q, event, lang),
                "offer": drafts.of_event(desk, q, event, lang),
            }

        return desk.page(request, "comment.html", work)

    @post("/comment/{event_id:int}/reply", sync_to_thread=True)
    def reply(request: Web, event_id: FromPath[int], data: FormBody) -> Response[Any]:
        here = f"/comment/{event_id}"
        case = desk.read(
            lambda q: next((one for one in q.cases_of_event(event_id) if one.state == "open"), None)
        )
        if case is None:
            return back(data, here, said="error", code="GONE")
        try:
            moderation.approve(ctx, case.id, who(request).id, text=form_field(data, "text"))
        except GoodstandingError as error:
            return back(data, here, said="error", code=trouble(error))
        desk.wake()
        newest = desk.read(lambda q: q.acts(person_id=who(request).id, limit=1))
        return back(data, here, said="approved", act=newest[0].id if newest else 0)

    return [story, reply]


def _item(desk: Desk, q: Queries, event: Event, decision: DecisionRow | None) -> Item:
    if decision is not None:
        return of_decisions(desk.parts.reads, q, [decision])[0]
    contact = q.contact(event.contact_id) if event.contact_id is not None else None
    return Item(event=event, contact=contact)


def record_of(desk: Desk, q: Queries, seq: int) -> SealedRecord | None:
    """Return the sealed record of a decision; None when it was erased."""
    sealed = audit.disclose(desk.ctx, q.vault_rows([seq]), seq)
    return read_record(sealed.values["record"][1]) if sealed and "record" in sealed.values else None


def explain(desk: Desk, q: Queries, event: Event, decision: DecisionRow, lang: Lang) -> Why:
    """Return why a decision is what it is: its trace, made again from the sealed facts and held against its digest."""
    policy = policies.compiled(desk.ctx, q, decision.policy_hash)
    record = record_of(desk, q, decision.seq)
    titles = rule_titles(policy.policy)
    title = policy.policy.title.nl if lang == "nl" else policy.policy.title.en
    if record is None:
        return Why(decision=decision, facts=None, policy_title=title)
    facts, made = record.facts, decide(policy, record.facts, event.text)
    lines = explain_decision(made, facts, titles=titles)
    reasons = [say(lang, line) for line in lines[1 : 1 + len(made.reasons)]]
    gates = [(one.verdict, say(lang, gate_line(one)), one) for one in made.gates]
    gates.sort(key=lambda one: one[0] == "allow")
    rules = []
    for rule in made.rules:
        first, *conditions = (say(lang, line) for line in rule_lines(rule, titles=titles))
        rules.append((rule.ok, first, conditions))
    rules.sort(key=lambda one: one[0] is False)
    return Why(
        decision=decision,
        facts=facts,
        same=_same(record, made),
        reasons=reasons,
        gates=[(verdict, words) for verdict, words, _ in gates],
        rules=rules,
        counters=_counters(policy, facts, made),
        policy_title=title,
    )


def _same(record: SealedRecord, made: Decision) -> bool:
    sealed = record.decision
    trace = hashlib.sha256(trace_bytes(made.gates, made.rules)).hexdigest()
    return (sealed.outcome, sealed.reasons, sealed.trace) == (made.outcome, made.reasons, trace)


def _counters(policy: CompiledPolicy, facts: Facts, made: Decision) -> list[CounterLine]:
    limits = {limit.name: limit.max for limit in policy.policy.limits}
    asked = {gate.gate.removeprefix("cap:"): gate.wanted for gate in made.gates}
    limits |= {
        name: wanted for name, wanted in asked.items() if isinstance(wanted, int) and name not in limits
    }
    return [
        CounterLine(name=one.name, limit=limits.get(one.name), used=one.used, free_at=one.free_at)
        for one in facts.counters or ()
    ]


def _moments(
    desk: Desk,
    q: Queries,
    event: Event,
    decision: DecisionRow | None,
    outgoing: list[Outgoing],
    cases: list[Case],
    log: list[AuditRow],
) -> list[Moment]:
    """Return the story in order of time; within one instant in the order things cause each other."""
    source = f"platform:{event.connector}" if event.source == "webhook" else f"system:{event.source}"
    found = [Moment(at=event.received_at, order=0, kind="came", who=source, about=event)]
    found += [
        Moment(at=one.received_at, order=5, kind="change", who=f"platform:{one.connector}", about=one)
        for one in desk.parts.reads.changes_of(q, event)
    ]
    if decision is not None:
        by = f"rule:{decision.rule}" if decision.rule else "system:policy"
        found.append(
            Moment(at=decision.at, order=1, kind="decided", who=by, seq=decision.seq, about=decision)
        )
    found += [
        Moment(at=one.created_at, order=2, kind="case", who="system:policy", about=one) for one in cases
    ]
    for one in outgoing:
        by = f"person:{one.approved_by}" if one.approved_by is not None else f"rule:{one.rule or 'policy'}"
        found.append(Moment(at=one.created_at, order=3, kind=f"planned_{one.act}", who=by, about=one))
        if one.state == "cancelled" and one.settled_at is not None:
            found.append(Moment(at=one.settled_at, order=6, kind="cancelled", about=one))
    for row in log:
        if row.kind in ("attempt", "result", "review", "consent", "label", "erasure", "model"):
            body = msgspec.json.decode(row.body)
            by = f"{body['actor']['type']}:{body['actor']['id']}"
            found.append(Moment(at=row.at, order=4, kind=row.kind, who=by, seq=row.seq, about=body["body"]))
    return sorted(found, key=lambda one: (one.at, one.order, one.seq or 0))
