"""The metadata keys of a persona that SpeakDesk understands, and what each may say.

Any other key is kept as it is and means nothing here. Readable by other tools: `speakdesk personas
check --keys --json` prints this table.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class ValueKind(StrEnum):
    """What a value looks like."""

    TEXT = "text"
    CHOICE = "choice"
    LANGUAGE = "language"
    LINKS = "links"
    IMAGE = "image"
    LIST = "list"
    YES_NO = "yes/no"
    NUMBER = "number"
    SERVICE = "service"
    TOOLS = "tools"
    ADDRESS = "address"
    VOICE = "voice"


@dataclass(frozen=True, slots=True)
class PersonaKey:
    """One key: `kind` with `choices`, or `least` and `most` for a number; `help` is a sentence."""

    name: str
    kind: ValueKind
    help: str
    choices: tuple[str, ...] = ()
    least: float = 0.0
    most: float = 0.0


GENDERS = ("MALE", "FEMALE", "NON-BINARY")
YES = ("yes", "true", "on", "1")
NO = ("no", "false", "off", "0")

_K = ValueKind
PERSONA_KEYS: tuple[PersonaKey, ...] = (
    PersonaKey("role", _K.TEXT, "A few words on what it does, for lists."),
    PersonaKey("summary", _K.TEXT, "One line on what it is good for."),
    PersonaKey("gender", _K.CHOICE, "Which voice and picture fit.", GENDERS),
    PersonaKey("skin_tone", _K.TEXT, "For whoever draws its picture."),
    PersonaKey("language_code", _K.LANGUAGE, "The language it speaks: en, de, pt-BR."),
    PersonaKey("aliases", _K.LIST, "Other names it answers to, separated by commas."),
    PersonaKey("tags", _K.LIST, "Words to find it by, separated by commas."),
    PersonaKey("image", _K.IMAGE, "Its picture: an https address or a file in its folder."),
    PersonaKey("relevant_links", _K.LINKS, "Where to read more, separated by spaces."),
    PersonaKey("greeting", _K.TEXT, "What it says on arrival; without it, entry_message is said."),
    PersonaKey("entry_message", _K.TEXT, "What it writes into the chat on arrival."),
    PersonaKey("discloses_ai", _K.YES_NO, "Whether it says that it is an AI; yes by default."),
    PersonaKey("tts", _K.SERVICE, "The service it speaks with."),
    PersonaKey("tts_model", _K.TEXT, "That service's model."),
    PersonaKey("speed", _K.NUMBER, "How fast it speaks; 1 is the voice's own pace.", (), 0.5, 2.0),
    PersonaKey("cartesia_voice_id", _K.VOICE, "Its Cartesia voice, a UUID."),
    PersonaKey("openai_voice", _K.VOICE, "Its OpenAI voice, by name."),
    PersonaKey("espeak_voice", _K.VOICE, "Its eSpeak NG voice, by name."),
    PersonaKey("stt", _K.SERVICE, "The service it hears with."),
    PersonaKey("stt_model", _K.TEXT, "That service's model."),
    PersonaKey("llm", _K.SERVICE, "The language model's service it thinks with."),
    PersonaKey("llm_model", _K.TEXT, "The language model's name."),
    PersonaKey("llm_base_url", _K.ADDRESS, "The address of an OpenAI-compatible server."),
    PersonaKey("tools", _K.TOOLS, "What it may look up: tool names, or none."),
    PersonaKey("knowledge_order", _K.LIST, "Knowledge files in this order, separated by commas."),
    PersonaKey("turn_detection", _K.CHOICE, "What ends the other's turn.", ("smart", "silence")),
    PersonaKey("silence_s", _K.NUMBER, "The pause that ends a turn by silence.", (), 0, 3600),
    PersonaKey("patience_s", _K.NUMBER, "The pause that ends an unfinished turn.", (), 0, 3600),
    PersonaKey("idle_s", _K.NUMBER, "Asks once after this much silence; 0 never.", (), 0, 3600),
    PersonaKey("allow_interruptions", _K.YES_NO, "Whether others may cut in; yes by default."),
    PersonaKey("backchannel_words", _K.NUMBER, "Agreement this short is no turn.", (), 0, 3600),
    PersonaKey("answers_other_bots", _K.YES_NO, "Whether it answers bots; no by default."),
    PersonaKey("vad_confidence", _K.NUMBER, "How sure of speech it must be.", (), 0, 1),
    PersonaKey("vad_start_s", _K.NUMBER, "Speech this long is speech.", (), 0, 3600),
    PersonaKey("vad_stop_s", _K.NUMBER, "Silence this long is silence.", (), 0, 3600),
    PersonaKey("vad_min_volume", _K.NUMBER, "Quieter than this is no speech.", (), 0, 1),
)

_BY_NAME = {key.name: key for key in PERSONA_KEYS}
_VOICE_KEY = re.compile(r"^[a-z0-9]+(?:_voice_id|_voice)$")


def find_key(name: str) -> PersonaKey | None:
    """The key of a name; any `<service>_voice_id` or `<service>_voice` is one."""
    found = _BY_NAME.get(name)
    if found is None and _VOICE_KEY.match(name):
        return PersonaKey(name, ValueKind.VOICE, f"Its voice at {name.partition('_')[0]}.")
    return found
