"""Where messages are closed, no shipped wording invites to one: proved over every shipped policy, in both languages."""

import re

import pytest
from msgspec.structs import replace
from policy_values import PLATFORM, facts, signals

from goodstanding.core.policy.compile import compile_policy
from goodstanding.core.policy.decide import decide
from goodstanding.core.policy.parse import parse
from goodstanding.usecases.playbooks import policy_names, policy_text

SHIPPED = {name: compile_policy(parse(policy_text(name), PLATFORM), PLATFORM) for name in policy_names()}
INVITES = re.compile(
    r"priv[eé]|\bdm\b|inbox|messages?\b|\bchat|gesprek|berich|\bin private\b|\btext us\b|one to one|persoonlijk"
    r"|\b(?:INFO|LINK)\b|write to us|schrijf ons",
    re.IGNORECASE,
)
WORDS = re.compile(r"\b(?:INFO|LINK)\b")
"""The words a person is asked to send, in capitals; `informatie` is none."""
INTENTS = ("price", "link", "info", "product_question")


def invites(text):
    found = INVITES.search(text.replace("info", "").replace("link", ""))
    return found is not None or WORDS.search(text) is not None


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("name", SHIPPED)
def test_what_can_be_sent_where_messages_are_closed_invites_to_none(name, language):
    texts = [text for _, _, text in SHIPPED[name].usable("comment", can_message=False, language=language)]
    assert len(texts) >= 3, "there is something to say"
    assert [text for text in texts if invites(text)] == []


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("name", SHIPPED)
def test_the_check_sees_an_invitation_where_there_is_one(name, language):
    texts = [text for _, _, text in SHIPPED[name].usable("comment", can_message=True, language=language)]
    assert texts
    assert [text for text in texts if not invites(text)] == []


@pytest.mark.parametrize("mode", ["automatic", "assisted", "sandbox"])
@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("intent", INTENTS)
@pytest.mark.parametrize("name", SHIPPED)
def test_the_rule_that_is_chosen_says_the_way_over_the_bio(name, intent, language, mode):
    """Assisted accounts, without any app, never have messages through the interface: theirs fit too."""
    compiled = SHIPPED[name]
    before = facts(compiled)
    told = replace(
        facts(compiled, signals=signals(language=language, intents=((intent, 950),))),
        account=replace(before.account, can_message=False, mode=mode),
    )
    decision = decide(compiled, told, None)
    assert (decision.outcome, decision.rule) == ("reply", "reply-bio")
    (effect,) = decision.effects
    text = compiled.text(template=effect.template, variant=effect.variant, language=effect.language)
    assert effect.language == language and not invites(text)
