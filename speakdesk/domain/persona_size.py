"""How much of a persona its language model is told, in letters; four are about one token."""

from __future__ import annotations

from dataclasses import dataclass

from speakdesk.domain.persona import Persona

PROMPT_LETTERS = 16_000
KNOWLEDGE_LETTERS = 24_000
GREETING_LETTERS = 600


@dataclass(frozen=True, slots=True)
class PersonaSize:
    """The letters of a prompt and of all knowledge files, and what does not fit."""

    prompt: int
    knowledge: int

    @property
    def prompt_left_out(self) -> int:
        """How many letters of the prompt the model is not told."""
        return max(0, self.prompt - PROMPT_LETTERS)

    @property
    def knowledge_left_out(self) -> int:
        """How many letters of the knowledge the model is not told at once."""
        return max(0, self.knowledge - KNOWLEDGE_LETTERS)


def size_of(persona: Persona) -> PersonaSize:
    """How large a persona is for its model."""
    return PersonaSize(
        len(persona.prompt.strip()), sum(len(item.text.strip()) for item in persona.knowledge)
    )
