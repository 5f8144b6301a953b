"""How much a model can hold, by its name."""

from __future__ import annotations

import pytest

from speakdesk.domain.model_room import USUAL, room_of, window_of


@pytest.mark.parametrize(
    ("model", "tokens"),
    [
        ("gpt-4.1", 1_047_576),
        ("GPT-4.1-mini-2025-04-14", 1_047_576),
        ("openai/gpt-4o-mini", 128_000),
        ("gpt-4", 8_192),
        ("gpt-4-0613", 8_192),
        ("gpt-4-turbo-2024-04-09", 128_000),
        ("gpt-5.1-chat-latest", 400_000),
        ("o1-mini", 128_000),
        ("anthropic/claude-sonnet-4", 200_000),
    ],
)
def test_a_known_model_by_its_family(model: str, tokens: int) -> None:
    assert window_of(model) == tokens


@pytest.mark.parametrize("model", ["", "llama3.2:3b", "gpt-45", "o12", "gpt-oss:20b", "my-gpt-4"])
def test_any_other_gets_the_usual_room(model: str) -> None:
    assert window_of(model) is None
    assert room_of(model) == USUAL


@pytest.mark.parametrize("model", ["gpt-4", "gpt-3.5-turbo", "gpt-4o", "gpt-4.1"])
def test_what_is_told_and_twice_the_talk_leave_room_for_an_answer(model: str) -> None:
    room, window = room_of(model), window_of(model)
    assert window is not None
    told = (room.prompt + room.knowledge) // 4
    assert told + 2 * room.talk_tokens + 1000 < window
    assert told <= 32_000
