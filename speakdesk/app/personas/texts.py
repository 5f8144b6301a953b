"""The texts of a persona at one moment of an edit, and what differs between two of them."""

from __future__ import annotations

from dataclasses import dataclass, field

from speakdesk.domain.persona import Knowledge, Persona
from speakdesk.domain.picture import Picture
from speakdesk.store.personas.edit import source_of
from speakdesk.store.personas.text_json import PersonaTexts
from speakdesk.store.personas.versions import compare


@dataclass(frozen=True, slots=True)
class EditState:
    """Everything that undo brings back. `picture` is a new one that no folder holds yet."""

    key: str
    source: str
    knowledge: tuple[Knowledge, ...] = ()
    picture: Picture | None = field(default=None, repr=False)

    @classmethod
    def of(cls, persona: Persona) -> EditState:
        """A persona as it stands. Raises PersonaError where it can be no file."""
        is_read = bool(persona.source) and persona.folder is not None
        source = persona.source if is_read else source_of(persona)
        return cls(persona.key, source, persona.knowledge)

    @property
    def letters(self) -> int:
        """How long all texts are together."""
        return len(self.source) + sum(len(item.text) for item in self.knowledge)


def difference(before: EditState, after: EditState, old: str, new: str) -> str:
    """A unified diff of every file that differs; empty where none does."""
    return compare(
        PersonaTexts(before.source, before.knowledge),
        PersonaTexts(after.source, after.knowledge),
        old,
        new,
    )
