"""A persona: who a bot is, as a Markdown folder says it. The file is the truth.

A folder `<key>/` holds `README.md`, any number of further `*.md` files (its knowledge) and a
picture if there is one. README.md: `# Name`, the prompt (all text until the first `## `),
`## Characteristics` (list), `## Voice` (a line, then a list), `## Metadata` (list of
`- key: value`). Unknown keys and sections are kept in `Persona.source`, the file's own text.

The metadata keys that mean something here; `domain.persona_keys` tells what each may say:

| about | keys |
|---|---|
| who it is | role, summary, gender, skin_tone, language_code, aliases, tags, |
| | image, relevant_links |
| what it says | greeting (spoken), entry_message (chat), discloses_ai |
| its voice | tts, tts_model, speed, <service>_voice_id, <service>_voice (cartesia_voice_id, …) |
| its ears and mind | stt, stt_model, llm, llm_model, llm_base_url, tools, knowledge_order |
| its turns | turn_detection, silence_s, patience_s, idle_s, allow_interruptions, |
| | backchannel_words, answers_other_bots, vad_confidence, vad_start_s, vad_stop_s, |
| | vad_min_volume |
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from speakdesk.domain.speech import SpeechWish
from speakdesk.domain.turns import TurnDetection, TurnRules

KEY_PATTERN = re.compile(r"^[a-z0-9][a-z0-9_\-]{0,63}\Z")

TEMPORARY_KEY = "temporary"
SLOWEST, FASTEST = 0.5, 2.0

_LONGEST_S = 3600.0
_NAMED = re.compile(
    r"(?:You are|Du bist|Sie sind|Tu es|Vous êtes|Eres|Usted es) "
    r"([A-ZÀ-ÖØ-Þ][\w'\-]{1,30}(?: [A-ZÀ-ÖØ-Þ][\w'\-]{1,30})?)(?=[,.;:]|$| (?:and|und|et|y) )"
)


@dataclass(frozen=True, slots=True)
class Knowledge:
    """One further Markdown file of a persona: `name` is the file's name, `text` its content."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Persona:
    """One persona as read from its folder. `picture` is the image file in it, where there is one.

    A temporary persona (`temporary_persona`) has no folder and is in no library.
    """

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
    picture: Path | None = None

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
    def aliases(self) -> tuple[str, ...]:
        """Other names it answers to, in the file's order."""
        return _listed(self.meta("aliases"))

    @property
    def tags(self) -> tuple[str, ...]:
        """Words to find it by."""
        return _listed(self.meta("tags"))

    @property
    def links(self) -> tuple[str, ...]:
        """Where to read more: `relevant_links`, separated by spaces (a comma is forgiven)."""
        return tuple(link for link in re.split(r"[\s,]+", self.meta("relevant_links")) if link)

    @property
    def image(self) -> str:
        """What the file says of its picture: a URL, or the name of a file beside it."""
        return self.meta("image")

    @property
    def skin_tone(self) -> str:
        """A few words for whoever draws its picture."""
        return self.meta("skin_tone")

    @property
    def discloses_ai(self) -> bool:
        """True (where the file says nothing) if it says that it is an AI when that matters."""
        return _truth(self.meta("discloses_ai"), True)

    @property
    def speed(self) -> float | None:
        """How fast it speaks, 1.0 is the voice's own pace; None where the file leaves it open."""
        value = _number(self.meta("speed"), FASTEST)
        return value if value is not None and value >= SLOWEST else None

    @property
    def knowledge_order(self) -> tuple[str, ...]:
        """The knowledge files that come first, by name; the others follow by name."""
        return _listed(self.meta("knowledge_order"))

    @property
    def is_temporary(self) -> bool:
        """True for one that was made from a bare prompt and lies in no folder."""
        return self.folder is None and self.key == TEMPORARY_KEY

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


def with_knowledge(persona: Persona, knowledge: Sequence[Knowledge]) -> Persona:
    """The persona with these knowledge files in this order, which the file then says.

    Files in the order of their names need no word in it; nor can a name with a comma stand there.
    """
    names = [item.name for item in knowledge]
    metadata = dict(persona.metadata)
    if names == sorted(names, key=lambda name: (name.casefold(), name)):
        metadata.pop("knowledge_order", None)
    else:
        metadata["knowledge_order"] = ", ".join(n for n in names if not re.search("[,;]", n))
    return replace(persona, knowledge=tuple(knowledge), metadata=metadata)


def temporary_persona(prompt: str, name: str = "", **metadata: str) -> Persona:
    """A persona from a bare prompt, for one launch; never saved.

    `metadata` are further values (`language_code`, `greeting`, …); empty ones are left out. The
    name comes from the prompt where it says "You are X" (also in German, French or Spanish) and
    none is given.
    """
    text = prompt.strip()
    return Persona(
        key=TEMPORARY_KEY,
        name=" ".join(name.split()) or _name_in(text) or "Assistant",
        prompt=text,
        metadata={key: value for key, value in metadata.items() if value.strip()},
    )


def _name_in(prompt: str) -> str:
    return match[1] if (match := _NAMED.match(prompt)) else ""


def _listed(text: str) -> tuple[str, ...]:
    """The items of a value separated by commas or semicolons, each once."""
    items = (" ".join(item.split()) for item in re.split(r"[,;\uff0c\u3001]", text))
    return tuple(dict.fromkeys(item for item in items if item))


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
