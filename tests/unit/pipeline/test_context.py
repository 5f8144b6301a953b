"""What the model is told of a persona, and what is kept of a long talk."""

from __future__ import annotations

from typing import Any

import pytest
from pipecat.processors.aggregators.llm_context import LLMContext

from speakdesk.domain.persona import Knowledge, Persona
from speakdesk.pipeline.context import (
    KNOWLEDGE_LETTERS,
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
    assert len(text) < KNOWLEDGE_LETTERS + 3000
    assert "4711" not in instructions(_persona(knowledge=files), "Ada", with_knowledge=False)


def test_what_another_bot_said_is_told_from_what_people_say() -> None:
    note: Any = sibling_note("Ada", "It is [quite] late.")
    assert "Ada" in note["content"]
    assert noted(note["content"]) == "It is [quite] late."
    assert noted("It is late.") is None
    assert noted("[The assistant is late.") is None


def test_a_model_that_cannot_summarise_forgets_whole_turns_from_the_front(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    context = LLMContext()
    for i in range(100):
        context.add_message({"role": "user", "content": f"question {i} " + "x" * 400})
        context.add_message({"role": "assistant", "content": f"answer {i}"})
    monkeypatch.setattr("speakdesk.pipeline.context.CONVERSATION_TOKENS", 50_000)
    assert not forget_oldest(context)
    monkeypatch.setattr("speakdesk.pipeline.context.CONVERSATION_TOKENS", 500)
    assert forget_oldest(context)
    messages: list[Any] = context.messages
    assert messages[0]["role"] == "user"
    assert messages[-1]["content"] == "answer 99"
    assert len(messages) <= 4 * MESSAGES_KEPT
