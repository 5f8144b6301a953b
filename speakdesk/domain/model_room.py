"""How much a language model is told of a persona and of the talk, by how much it can hold.

The windows are those the vendors document for their own models. Whoever serves another model
decides how much of it is used, so one that is not in the table gets the usual room.
"""

from __future__ import annotations

from dataclasses import dataclass

LETTERS_A_TOKEN = 4

_WINDOWS_TOKENS = {
    "chatgpt-4o": 128_000,
    "claude": 200_000,
    "gemini-2": 1_048_576,
    "gemini-3": 1_048_576,
    "gpt-3.5-turbo": 16_385,
    "gpt-4": 8_192,
    "gpt-4-0125": 128_000,
    "gpt-4-1106": 128_000,
    "gpt-4-turbo": 128_000,
    "gpt-4.1": 1_047_576,
    "gpt-4.5": 128_000,
    "gpt-4o": 128_000,
    "gpt-5": 400_000,
    "o1": 200_000,
    "o1-mini": 128_000,
    "o3": 200_000,
    "o4-mini": 200_000,
}
# Everything told is read anew for every answer: more would be slow before it was too long.
_MOST_TOLD_TOKENS = 32_000
_MOST_TALK_TOKENS = 6_000


@dataclass(frozen=True, slots=True)
class ModelRoom:
    """The letters of the prompt and of all knowledge files that a model is told.

    `talk_tokens` is what the conversation may take before it is put into fewer words.
    """

    prompt: int
    knowledge: int
    talk_tokens: int


USUAL = ModelRoom(16_000, 24_000, _MOST_TALK_TOKENS)


def window_of(model: str) -> int | None:
    """How many tokens a model holds, by its name (`gpt-4.1-mini`, `openai/gpt-4o`), or None."""
    name = model.strip().lower().rpartition("/")[2]
    known = [
        begins
        for begins in _WINDOWS_TOKENS
        if name.startswith(begins) and not name[len(begins) : len(begins) + 1].isalnum()
    ]
    return _WINDOWS_TOKENS[max(known, key=len)] if known else None


def room_of(model: str) -> ModelRoom:
    """What a model is told: a third of its window, within bounds; the usual for an unknown one."""
    window = window_of(model)
    if window is None:
        return USUAL
    letters = min(window // 3, _MOST_TOLD_TOKENS) * LETTERS_A_TOKEN
    prompt = letters * 2 // 5
    return ModelRoom(prompt, letters - prompt, min(window // 4, _MOST_TALK_TOKENS))
