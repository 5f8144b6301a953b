"""A persona as a model proposes it from one sentence, for a person to look over."""

from __future__ import annotations

from dataclasses import dataclass

from speakdesk.domain.persona import Persona


@dataclass(frozen=True, slots=True)
class PersonaDraft:
    """Every field of a new persona, checked and bounded; nothing is saved yet.

    `sentence` is what the person asked for. `key` was free when the draft was made.
    """

    sentence: str
    key: str
    name: str
    prompt: str
    role: str = ""
    summary: str = ""
    greeting: str = ""
    entry_message: str = ""
    characteristics: tuple[str, ...] = ()
    voice_tone: tuple[str, ...] = ()
    gender: str = ""
    skin_tone: str = ""
    language: str = "en"
    tags: tuple[str, ...] = ()

    def persona(self) -> Persona:
        """The persona, ready for the editor, the practice room or the library."""
        metadata = {
            "role": self.role,
            "summary": self.summary,
            "greeting": self.greeting,
            "entry_message": self.entry_message,
            "gender": self.gender,
            "language_code": self.language,
            "skin_tone": self.skin_tone,
            "tags": ", ".join(self.tags),
        }
        return Persona(
            key=self.key,
            name=self.name,
            prompt=self.prompt,
            characteristics=self.characteristics,
            voice_tone=self.voice_tone,
            metadata={name: value for name, value in metadata.items() if value},
        )
