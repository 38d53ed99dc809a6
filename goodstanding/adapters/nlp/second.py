"""Understanding as an installation has it: the fast path for each language, with a second opinion where one is wanted."""

from dataclasses import dataclass

import structlog

from goodstanding.adapters.nlp import semantic
from goodstanding.adapters.nlp.classifier import Classifier
from goodstanding.kernel.problems import GoodstandingError
from goodstanding.settings import SemanticSettings
from goodstanding.usecases import ports

log = structlog.get_logger("semantic")


@dataclass(frozen=True, slots=True, kw_only=True)
class Understanding:
    """Whether the texts of an installation have a second opinion, or why not."""

    opinion: semantic.SecondOpinion | None = None
    why: str = ""
    """Why a second opinion that is wanted could not be opened."""
    detail: str = ""

    def over(self, fast: Classifier) -> ports.Classifier:
        """Return what reads with this opinion over the fast path; without one, the fast path itself."""
        return fast if self.opinion is None else semantic.SemanticClassifier(fast, self.opinion)

    def trouble(self) -> str:
        """Return why a second opinion that is wanted does not run now; empty when all is well."""
        return self.why or ("failed" if self.opinion is not None and self.opinion.trouble else "")

    def tell(self) -> None:
        """Log whether a second opinion that is wanted runs."""
        if self.why:
            log.warning("second opinion cannot run", why=self.why, detail=self.detail)
        elif self.opinion is not None:
            log.info("second opinion", model=self.opinion.model, seconds=self.opinion.budget.seconds)


def understanding(wanted: SemanticSettings) -> Understanding:
    """Return the second opinion that is wanted; where it cannot run, that is said and the fast path goes on alone."""
    if not wanted.on:
        return Understanding()
    try:
        return Understanding(opinion=semantic.opened(wanted.seconds))
    except GoodstandingError as wrong:
        why, detail = _told(wrong)
        return Understanding(why=why, detail=detail)


def trouble_here() -> tuple[str, str]:
    """Return why a second opinion cannot run on this machine and the detail; without trouble nothing, and its model."""
    try:
        return "", semantic.opened().model
    except GoodstandingError as wrong:
        return _told(wrong)


def _told(wrong: GoodstandingError) -> tuple[str, str]:
    return str(wrong.fields["why"]), str(wrong.fields.get("detail", ""))
