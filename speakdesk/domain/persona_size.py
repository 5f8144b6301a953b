"""How much of a persona its language model is told, in letters; four are about one token."""

from __future__ import annotations

from dataclasses import dataclass

from speakdesk.domain.model_room import USUAL, ModelRoom, room_of
from speakdesk.domain.persona import Persona

GREETING_LETTERS = 600


@dataclass(frozen=True, slots=True)
class PersonaSize:
    """The letters of a prompt and of all knowledge files, the model's room, what does not fit."""

    prompt: int
    knowledge: int
    room: ModelRoom = USUAL

    @property
    def prompt_left_out(self) -> int:
        """How many letters of the prompt the model is not told."""
        return max(0, self.prompt - self.room.prompt)

    @property
    def knowledge_left_out(self) -> int:
        """How many letters of the knowledge the model is not told at once."""
        return max(0, self.knowledge - self.room.knowledge)


def size_of(persona: Persona, model: str = "") -> PersonaSize:
    """How large a persona is for the model it thinks with; empty is the one its file names."""
    return PersonaSize(
        len(persona.prompt.strip()),
        sum(len(item.text.strip()) for item in persona.knowledge),
        room_of(model or persona.speech.llm_model),
    )
