"""What every use case is handed: the ports, joined by `bootstrap`."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from goodstanding.core.policy.compile import CompiledPolicy
from goodstanding.usecases.ports import Chance, Classifier, Clock, Platform, Signer, Store, Vault
from goodstanding.usecases.ports.connections import AppKeys, Authorizer
from goodstanding.usecases.ports.drafts import Drafter
from goodstanding.usecases.ports.models import Serving, Shelf

SYSTEM = ("system", "goodstanding")
Who = tuple[str, str]
"""Actor type and id, as the audit log names them: ("person", "1"), ("rule", "price-nl"), ("platform", "tiktok")."""


def person(person_id: int) -> Who:
    """Return the actor of a person."""
    return ("person", str(person_id))


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """One workspace's world."""

    workspace_id: int
    store: Store
    clock: Clock
    chance: Chance
    classifier: Classifier
    vault: Vault
    signer: Signer
    platforms: dict[str, Platform]
    """By connector name, such as `tiktok`."""
    homes: Mapping[str, Classifier] = field(default_factory=dict)
    """Classifiers by the language an account is at home in; `classifier` serves the rest."""
    authorizers: Mapping[str, Authorizer] = field(default_factory=dict)
    """Consent and tokens, by connector name."""
    given_apps: Mapping[str, AppKeys] = field(default_factory=dict)
    """Apps whose credentials stand in the environment; they win over stored ones."""
    shelf: Shelf | None = None
    """The models of this installation; `None` where there are none to choose from."""
    serving: Serving | None = None
    """What takes up the model in use; `None` where it cannot change."""
    drafter: Drafter | None = None
    """The way to a language model; `None` where this installation has none."""
    compiled: dict[str, CompiledPolicy] = field(default_factory=dict)
    """Compiled policies by hash; filled by `usecases.policies`."""
