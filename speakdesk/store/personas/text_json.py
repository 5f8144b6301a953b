"""A persona's texts as one JSON value: what drafts and kept versions hold."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from speakdesk.domain.persona import Knowledge, Persona
from speakdesk.store.personas.edit import source_of


@dataclass(frozen=True, slots=True)
class PersonaTexts:
    """The README.md and the knowledge files of a persona at one time, in their order."""

    source: str
    knowledge: tuple[Knowledge, ...]

    @classmethod
    def of(cls, persona: Persona) -> PersonaTexts:
        """The texts as a save would write them. Raises PersonaError for what cannot be written."""
        return cls(source_of(persona), persona.knowledge)

    @property
    def fingerprint(self) -> str:
        """Equal for equal texts, whatever their order."""
        digest = hashlib.sha256(self.source.encode("utf-8", "surrogatepass"))
        for item in sorted(self.knowledge, key=lambda k: k.name):
            for part in (item.name, item.text):
                digest.update(b"\0" + part.encode("utf-8", "surrogatepass"))
        return digest.hexdigest()

    def files(self) -> dict[str, str]:
        """Every file by name."""
        return {"README.md": self.source, **{k.name: k.text for k in self.knowledge}}

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "source": self.source,
            "knowledge": [{"name": k.name, "text": k.text} for k in self.knowledge],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> PersonaTexts:
        """What `to_json` wrote. Raises KeyError, TypeError or ValueError for anything else."""
        source, knowledge = data["source"], data["knowledge"]
        if not isinstance(source, str) or not isinstance(knowledge, list):
            raise TypeError("no persona's texts")
        return cls(source, tuple(Knowledge(str(k["name"]), str(k["text"])) for k in knowledge))
