"""What the platform offers an account: each feature on or off, with the rule that says so, its source and its date.

The table is dated data (`playbooks/platform/tiktok-capabilities-*.toml`). Nothing is guessed in favour of a feature: what
is not known (the type, the country) leaves it off. Fewer scopes never turn a feature on.
"""

import tomllib
from collections.abc import Mapping
from typing import Literal, TypeVar

import msgspec

from goodstanding.kernel.problems import Invalid, Problem

AccountType = Literal["unknown", "personal", "business"]
Confidence = Literal["documented", "vendor", "assumed"]
Weight = Literal["conflict", "limit", "note"]
REWARDS = "creator-rewards"
"""The programme whose account type and countries are checked."""
PROGRAMMES = (REWARDS, "live-gifts", "subscriptions", "shop-affiliate")
"""Programmes an account can be said to take part in."""


class Source(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A statement in our own words, with where and when it was read."""

    id: str
    nl: str
    en: str
    source: str
    date: str


S = TypeVar("S", bound=Source)


class Rule(Source, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something a feature needs. `region`, `value` and `least` belong to their kinds."""

    kind: Literal[
        "connected", "scopes", "answered", "type", "outside", "inside", "approval", "verified", "followers"
    ]
    confidence: Confidence
    region: str = ""
    value: str = ""
    least: int = 0


class Feature(Source, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something the platform offers: its scopes and the rules it needs; `elsewhere` needs no connection of ours."""

    scopes: tuple[str, ...]
    needs: tuple[str, ...] = ()
    elsewhere: bool = False


class ConflictText(Source, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that does not go together, in words."""

    weight: Weight
    confidence: Confidence


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One dated reading of what the platform offers whom."""

    id: str
    read_on: str
    regions: dict[str, frozenset[str]]
    rules: tuple[Rule, ...]
    features: tuple[Feature, ...]
    conflicts: tuple[ConflictText, ...]

    def rule(self, rule_id: str) -> Rule:
        """Return the rule with this id; raises `KeyError`."""
        return _named(self.rules, rule_id)

    def feature(self, feature_id: str) -> Feature:
        """Return the feature with this id; raises `KeyError`."""
        return _named(self.features, feature_id)

    def conflict(self, conflict_id: str) -> ConflictText:
        """Return the conflict with this id; raises `KeyError`."""
        return _named(self.conflicts, conflict_id)


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an account. `None`, `unknown` and an empty country mean *not known*."""

    account_type: AccountType = "unknown"
    country: str = ""
    """Registration country as the operator stated it, ISO 3166 two letters."""
    connected: bool = False
    scopes: frozenset[str] = frozenset()
    verified: bool | None = None
    followers: int | None = None
    approved: bool = False
    """The operator says that the platform's extra reviews (United States) are passed."""
    answered: Mapping[str, int] = {}
    """Features the platform itself refused, with its code."""
    programmes: frozenset[str] = frozenset()


class Why(msgspec.Struct, frozen=True, kw_only=True):
    """One reason for off: `code` says what is missing, `rule` is an id of the table."""

    code: Literal[
        "NOT_CONNECTED", "SCOPE_MISSING", "ANSWERED", "TYPE_UNKNOWN", "TYPE", "COUNTRY_UNKNOWN", "COUNTRY",
        "APPROVAL", "NOT_VERIFIED", "VERIFIED_UNKNOWN", "FOLLOWERS", "FOLLOWERS_UNKNOWN",
    ]  # fmt: skip
    rule: str
    detail: str = ""
    """The missing scopes, the country, the number wanted, the platform's code."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One feature of one account; `why` is empty exactly when it is on."""

    feature: str
    on: bool
    why: tuple[Why, ...]


def read_table(text: str) -> Table:
    """Read a table of capabilities; raises `Invalid` when it is not one or names what it does not hold."""
    try:
        table = msgspec.convert(tomllib.loads(text), Table)
        for feature in table.features:
            for rule_id in feature.needs:
                table.rule(rule_id)
        for rule in table.rules:
            if rule.kind in ("outside", "inside", "approval"):
                table.regions[rule.region]
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, KeyError) as error:
        raise Invalid((Problem(code="BAD_CAPABILITIES", fields={"detail": str(error)}),)) from error
    return table


def assess(table: Table, profile: Profile) -> tuple[Finding, ...]:
    """Return every feature of the table, in its order, as it stands for this account."""
    return tuple(_find(table, feature, profile) for feature in table.features)


def is_on(findings: tuple[Finding, ...], feature: str) -> bool:
    """Tell whether a feature is on; a feature the table does not hold is off."""
    return any(one.on for one in findings if one.feature == feature)


def conflicts(table: Table, profile: Profile) -> tuple[ConflictText, ...]:
    """Return what does not go together on this account, gravest first."""
    rewarded = REWARDS in profile.programmes
    business = profile.account_type == "business"
    closed = profile.country in table.regions["eea_uk_ch"]
    holds = {
        "REWARDS-TYPE": rewarded and business,
        "REWARDS-MESSAGES": rewarded,
        "REWARDS-COUNTRY": rewarded
        and bool(profile.country)
        and profile.country not in table.regions["creator_rewards"],
        "MESSAGES-REGION": closed,
        "MESSAGES-US": profile.country in table.regions["us"] and not profile.approved,
        "MESSAGES-TYPE": profile.account_type == "personal" and not rewarded,
        "COMMENT-WINDOW": not is_on(assess(table, profile), "messages.from_comment"),
    }
    return tuple(table.conflict(name) for name, held in holds.items() if held)


def _find(table: Table, feature: Feature, profile: Profile) -> Finding:
    why = [*_permission(table, feature, profile)]
    for rule_id in feature.needs:
        missing = _missing(table, table.rule(rule_id), profile)
        if missing is not None:
            why.append(missing)
    if feature.id in profile.answered:
        rule = _of_kind(table, "answered")
        why.append(Why(code="ANSWERED", rule=rule.id, detail=str(profile.answered[feature.id])))
    return Finding(feature=feature.id, on=not why, why=tuple(why))


def _permission(table: Table, feature: Feature, profile: Profile) -> tuple[Why, ...]:
    if feature.elsewhere:
        return ()
    if not profile.connected:
        return (Why(code="NOT_CONNECTED", rule=_of_kind(table, "connected").id),)
    lacking = [scope for scope in feature.scopes if scope not in profile.scopes]
    if not lacking:
        return ()
    return (Why(code="SCOPE_MISSING", rule=_of_kind(table, "scopes").id, detail=" ".join(lacking)),)


def _missing(table: Table, rule: Rule, profile: Profile) -> Why | None:
    if rule.kind == "type":
        if profile.account_type == "unknown":
            return Why(code="TYPE_UNKNOWN", rule=rule.id)
        return None if profile.account_type == rule.value else Why(code="TYPE", rule=rule.id)
    if rule.kind in ("outside", "inside", "approval"):
        return _place(table.regions[rule.region], rule, profile)
    if rule.kind == "verified":
        if profile.verified is None:
            return Why(code="VERIFIED_UNKNOWN", rule=rule.id)
        return None if profile.verified else Why(code="NOT_VERIFIED", rule=rule.id)
    if rule.kind == "followers":
        if profile.followers is None:
            return Why(code="FOLLOWERS_UNKNOWN", rule=rule.id, detail=str(rule.least))
        enough = profile.followers >= rule.least
        return None if enough else Why(code="FOLLOWERS", rule=rule.id, detail=str(rule.least))
    return None


def _place(region: frozenset[str], rule: Rule, profile: Profile) -> Why | None:
    if not profile.country:
        return Why(code="COUNTRY_UNKNOWN", rule=rule.id)
    within = profile.country in region
    if rule.kind == "approval":
        refused = within and not profile.approved
        return Why(code="APPROVAL", rule=rule.id, detail=profile.country) if refused else None
    wanted = rule.kind == "inside"
    return None if within == wanted else Why(code="COUNTRY", rule=rule.id, detail=profile.country)


def _of_kind(table: Table, kind: str) -> Rule:
    return next(rule for rule in table.rules if rule.kind == kind)


def _named(rows: tuple[S, ...], wanted: str) -> S:
    found = next((row for row in rows if row.id == wanted), None)
    if found is None:
        raise KeyError(wanted)
    return found
