"""What the model is told of a persona, and what is kept of a long talk."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pipecat.processors.aggregators.llm_context import LLMContext

from speakdesk.domain.model_room import USUAL, room_of
from speakdesk.domain.persona import Knowledge, Persona
from speakdesk.pipeline.context import (
    MESSAGES_KEPT,
    forget_oldest,
    instructions,
    noted,
    sibling_note,
)


def _persona(**fields: Any) -> Persona:
    return Persona("ada", "Ada", **fields)


def test_names_the_persona_its_manner_its_language_and_its_siblings() -> None:
    text = instructions(
        _persona(
            prompt="You interview people.",
            characteristics=("curious",),
            voice_tone=("warm and low",),
            metadata={"language_code": "de-AT"},
        ),
        "Ada",
        siblings=frozenset({"Marco"}),
        has_tools=True,
    )
    for part in ("You are Ada.", "You interview people.", "- curious", "- warm and low", "de-AT"):
        assert part in text
    assert "Marco" in text
    assert "tools" in text


def test_knowledge_stays_within_its_budget_and_small_files_stay_whole() -> None:
    files = (
        Knowledge("big.md", "x" * 80 + "\n" + "big line\n" * 10_000),
        Knowledge("small.md", "The code is 4711."),
        Knowledge("huge.md", "huge line\n" * 20_000),
        Knowledge("empty.md", "  "),
    )
    text = instructions(_persona(knowledge=files), "Ada")
    assert "The code is 4711." in text
    assert "### big.md" in text
    assert "### huge.md" in text
    assert "empty.md" not in text
    assert "[shortened]" in text
    assert len(text) < USUAL.knowledge + 3000
    assert "4711" not in instructions(_persona(knowledge=files), "Ada", with_knowledge=False)


def test_a_model_with_more_room_is_told_more() -> None:
    long = _persona(prompt="p" * 200_000, knowledge=(Knowledge("big.md", "k" * 200_000),))
    for model in ("", "gpt-4", "gpt-4.1"):
        room, text = room_of(model), instructions(long, "Ada", model=model)
        assert text.count("p" * 1000) == room.prompt // 1000
        assert text.count("k" * 1000) == room.knowledge // 1000


@pytest.mark.parametrize("says", ["yes", "no", ""])
def test_no_persona_denies_that_it_is_an_ai(says: str) -> None:
    text = instructions(_persona(metadata={"discloses_ai": says, "greeting": "Hi."}), "Ada")
    assert "You are an AI" in text
    assert ("Say so plainly whenever somebody asks" in text) is (says != "no")
    assert ("need not bring it up" in text) is (says == "no")
    assert "never" in text
    assert "human" in text


def test_what_another_bot_said_is_told_from_what_people_say() -> None:
    note: Any = sibling_note("Ada", "It is [quite] late.")
    assert "Ada" in note["content"]
    assert noted(note["content"]) == "It is [quite] late."
    assert noted("It is late.") is None
    assert noted("[The assistant is late.") is None


def test_a_model_that_cannot_summarise_forgets_whole_turns_from_the_front() -> None:
    context = LLMContext()
    for i in range(100):
        context.add_message({"role": "user", "content": f"question {i} " + "x" * 400})
        context.add_message({"role": "assistant", "content": f"answer {i}"})
    assert not forget_oldest(context, replace(USUAL, talk_tokens=50_000))
    assert forget_oldest(context, replace(USUAL, talk_tokens=500))
    messages: list[Any] = context.messages
    assert messages[0]["role"] == "user"
    assert messages[-1]["content"] == "answer 99"
    assert len(messages) <= 4 * MESSAGES_KEPT
