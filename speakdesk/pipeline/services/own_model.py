"""The settings of a language model of our own: Pipecat wants each one given, used or not."""

from __future__ import annotations

from pipecat.services.settings import LLMSettings


def own_model_settings(model: str) -> LLMSettings:
    """Settings for a model called `model` that has nothing to set."""
    return LLMSettings(
        model=model,
        system_instruction=None,
        temperature=None,
        max_tokens=None,
        top_p=None,
        top_k=None,
        frequency_penalty=None,
        presence_penalty=None,
        seed=None,
        filter_incomplete_user_turns=False,
        user_turn_completion_config=None,
    )
