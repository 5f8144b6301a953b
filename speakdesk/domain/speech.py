"""The three halves of a voice: which service hears, thinks and speaks, and why that one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Role(StrEnum):
    """What a speech service does."""

    STT = "stt"
    LLM = "llm"
    TTS = "tts"


@dataclass(frozen=True, slots=True)
class ServiceChoice:
    """One chosen service. `key` names it in the catalogue ("deepgram", "notes", "espeak", …).

    `model`, `voice` and `base_url` are empty for the service's own default; `why` is a phrase for
    a person ("the persona asks for it", "DEEPGRAM_API_KEY is set", "no key: the offline voice").
    """

    role: Role
    key: str
    model: str = ""
    voice: str = ""
    base_url: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class SpeechPlan:
    """The three services of one bot.

    `missing` (sentences) is what stands in the way of a launch, `warnings` (sentences) what does
    not but should be known before it.
    """

    stt: ServiceChoice
    llm: ServiceChoice
    tts: ServiceChoice
    missing: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def sentence(self, names: Mapping[str, str]) -> str:
        """ "Hears with X, thinks with Y, speaks with Z." with the display names given by key."""
        return (
            f"Hears with {names.get(self.stt.key, self.stt.key)}, "
            f"thinks with {names.get(self.llm.key, self.llm.key)}, "
            f"speaks with {names.get(self.tts.key, self.tts.key)}."
        )


@dataclass(frozen=True, slots=True)
class SpeechWish:
    """What a launch, a persona or the settings ask for; empty strings ask for nothing."""

    stt: str = ""
    llm: str = ""
    tts: str = ""
    stt_model: str = ""
    llm_model: str = ""
    tts_model: str = ""
    tts_voice: str = ""
    llm_base_url: str = ""

    def over(self, other: SpeechWish) -> SpeechWish:
        """This wish, with `other` filling what it leaves open."""
        return SpeechWish(
            **{
                name: getattr(self, name) or getattr(other, name)
                for name in self.__dataclass_fields__
            }
        )


@dataclass(frozen=True, slots=True)
class Keys:
    """API keys by environment-variable name. Printing one never shows a value."""

    values: Mapping[str, str] = field(default_factory=dict, repr=False)

    def get(self, name: str) -> str:
        """The key, or an empty string."""
        return self.values.get(name, "").strip()

    def has(self, name: str) -> bool:
        """True where a non-empty key is at hand."""
        return bool(self.get(name))
