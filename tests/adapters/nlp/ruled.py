"""What the rules alone find of a text, in the form in which the classifier answers."""

from types import SimpleNamespace

from goodstanding.adapters.nlp import extract, reading
from goodstanding.adapters.nlp.lists import shipped
from goodstanding.adapters.nlp.rules import Rules


class Lists:
    def __init__(self, lexicon=None, *, home=None):
        self.lexicon = lexicon or shipped()
        self.reader = reading.Reader(self.lexicon, lambda _found: 0, {})
        self.rules = Rules(self.lexicon, home=home)

    def fresh(self, text):
        read = self.reader.read(text)
        found = self.rules.found(read)

        def shown(score):
            return score if score or found.listed else None

        return SimpleNamespace(
            language=found.language,
            language_milli=found.certainty,
            sentiment_milli=shown(found.feeling),
            **{
                f"{head}_milli": shown(getattr(found.harm, head))
                for head in ("abuse", "hate", "threat", "sexual")
            },
            spam_milli=shown(found.spam),
            profanity=shown(found.harm.profanity),
            intents=extract.intents(found.scores),
            answer=extract.answer(text, exact=self.lexicon.answers, scores=found.scores),
            contains=found.contains,
            hits=found.hits(read.tokens),
        )
