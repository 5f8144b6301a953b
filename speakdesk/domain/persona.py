"""A persona: who a bot is, as a Markdown folder says it. The file is the truth.

A folder `<key>/` holds `README.md` and any number of further `*.md` files, its knowledge.
README.md: `# Name`, the prompt (all text until the first `## `), `## Characteristics` (list),
`## Voice` (a line, then a list), `## Metadata` (list of `- key: value`). Unknown keys and sections
are kept in `Persona.source`, the file's own text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from speakdesk.domain.speech import SpeechWish
from speakdesk.domain.turns import TurnDetection, TurnRules

KEY_PATTERN = re.compile(r"^[a-z0-9][a-z0-9_\-]{0,63}\Z")

_LONGEST_S = 3600.0


@dataclass(frozen=True, slots=True)
class Knowledge:
    """One further Markdown file of a persona: `name` is the file's name, `text` its content."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Persona:
    """One persona as read from its folder."""

    key: str
    name: str
    prompt: str = ""
    characteristics: tuple[str, ...] = ()
    voice_tone: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    knowledge: tuple[Knowledge, ...] = ()
    folder: Path | None = None
    is_bundled: bool = False
    source: str = ""

    def meta(self, *names: str, default: str = "") -> str:
        """The first non-empty metadata value among `names`."""
        for name in names:
            value = self.metadata.get(name, "").strip()
            if value:
                return value
        return default

    @property
    def language(self) -> str:
        """The language as a BCP 47 tag, `en` where the file says none."""
        return self.meta("language_code", default="en").replace("_", "-")

    @property
    def greeting(self) -> str:
        """What the bot says, word for word, once it is admitted; empty for none."""
        return self.meta("greeting", "entry_message")

    @property
    def gender(self) -> str:
        """MALE, FEMALE, NON-BINARY or empty."""
        return self.meta("gender").upper()

    @property
    def role(self) -> str:
        """A few words on what this persona does, for a list: `role` or its first characteristic."""
        return self.meta("role") or (self.characteristics[0] if self.characteristics else "")

    @property
    def summary(self) -> str:
        """One line on what it is good for: `summary`, or its role."""
        return self.meta("summary") or self.role

    @property
    def tools(self) -> tuple[str, ...] | None:
        """The tools the file asks for; None where it leaves that open, empty for `none`."""
        text = self.meta("tools").lower()
        if not text:
            return None
        return tuple(t for t in re.split(r"[\s,;]+", text) if t and t != "none")

    @property
    def speech(self) -> SpeechWish:
        """The speech services the file asks for (`stt`, `llm`, `tts`, `llm_model`, …)."""
        return SpeechWish(
            stt=self.meta("stt").lower(),
            llm=self.meta("llm").lower(),
            tts=self.meta("tts").lower(),
            stt_model=self.meta("stt_model"),
            llm_model=self.meta("llm_model"),
            tts_model=self.meta("tts_model"),
            llm_base_url=self.meta("llm_base_url"),
        )

    def voice_for(self, service: str) -> str:
        """The voice the file names for a TTS service (`cartesia_voice_id`, `openai_voice`, …)."""
        return self.meta(f"{service}_voice_id", f"{service}_voice")

    @property
    def turns(self) -> TurnRules:
        """The rules of conversation; what the file does not say, or says badly, is the default."""
        rules = TurnRules()
        numbers = {
            name: value
            for name, most in (
                ("vad_confidence", 1.0),
                ("vad_start_s", _LONGEST_S),
                ("vad_stop_s", _LONGEST_S),
                ("vad_min_volume", 1.0),
                ("silence_s", _LONGEST_S),
                ("patience_s", _LONGEST_S),
                ("idle_s", _LONGEST_S),
            )
            if (value := _number(self.meta(name), most)) is not None
        }
        rules = replace(rules, **numbers)  # type: ignore[arg-type]
        if (words := _number(self.meta("backchannel_words"))) is not None:
            rules = replace(rules, backchannel_words=int(words))
        detection = self.meta("turn_detection").lower()
        if detection in tuple(TurnDetection):
            rules = replace(rules, detection=TurnDetection(detection))
        return replace(
            rules,
            allow_interruptions=_truth(self.meta("allow_interruptions"), True),
            answers_other_bots=_truth(self.meta("answers_other_bots"), False),
        )


def _number(text: str, most: float = _LONGEST_S) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 <= value <= most else None


def _truth(text: str, default: bool) -> bool:
    lowered = text.strip().lower()
    if lowered in ("yes", "true", "on", "1"):
        return True
    if lowered in ("no", "false", "off", "0"):
        return False
    return default
