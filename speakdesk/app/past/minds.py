"""The language model for what is asked beside a meeting: a summary, a persona's draft."""

from __future__ import annotations

from speakdesk.domain.errors import Problem, Reason, SpeechError, Stage
from speakdesk.domain.persona import Persona
from speakdesk.domain.speech import Keys, Role, SpeechPlan, SpeechWish
from speakdesk.providers.chat_model import ChatModel

_NOBODY = Persona("desk", "SpeakDesk")


def plan_of_desk(defaults: SpeechWish, keys: Keys) -> SpeechPlan:
    """What the settings and the keys choose where no persona is meant."""
    from speakdesk.pipeline.catalogue import plan_speech

    return plan_speech(_NOBODY, SpeechWish(), defaults, keys)


async def mind_for(desk_plan: SpeechPlan, keys: Keys) -> ChatModel | None:
    """The model a plan thinks with; None where that is the offline notes brain.

    The caller closes it. Raises SpeechError where the chosen service lacks its key, its address
    or the name of a model.
    """
    from speakdesk.pipeline.catalogue import compatible_key, find

    choice = desk_plan.llm
    entry = find(Role.LLM, choice.key)
    if entry is None:
        raise SpeechError(_not_ready(f"There is no language model service “{choice.key}”."))
    if entry.is_offline:
        return None
    base_url = choice.base_url or entry.base_url(keys) or entry.default_base_url
    model = choice.model or entry.default_model
    if entry.key == "compatible":
        if not base_url or not model:
            raise SpeechError(
                _not_ready(f"{entry.name} needs an address and a model; one of them is not set.")
            )
        return ChatModel(
            compatible_key(keys, base_url), model, base_url=base_url, name="The language model"
        )
    key = entry.api_key(keys)
    if entry.needs_key and not key:
        raise SpeechError(
            _not_ready(f"{entry.name} needs a key and {entry.key_names[0]} is not set.")
        )
    return ChatModel(key, model, base_url=base_url, name=entry.name)


def _not_ready(sentence: str) -> Problem:
    return Problem(
        Stage.SETTINGS,
        Reason.MISSING,
        sentence,
        "Add it in Settings, or choose another language model there.",
    )
