"""The speech services a bot may hear, think and speak with; imports no Pipecat, so it is cheap.

Adding a service is one `ServiceEntry` here and one branch in `pipeline/speech.py`. Which entry a
bot gets is decided in `pipeline/catalogue.py`, which is the module to import.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from speakdesk.domain.speech import Keys, Role

_ESPEAK_LANGUAGES = (
    "af am ar as az ba be bg bn bs ca cs cy da de el en eo es et eu fa fi fr ga gd gl gu he hi hr "
    "hu hy ia id is it ja ka kk kl kn ko ku ky la lt lv mi mk ml mr ms mt my nb ne nl no nn om or "
    "pa pl pt qu ro ru sd si sk sl sq sr sv sw ta te th tk tn tr tt ug uk ur uz vi yue zh"
)
_CARTESIA_LANGUAGES = (
    "ar bg bn cs da de el en es fi fil fr gu he hi hr hu id it ja ka kn ko ml mr ms nb nl no or pa "
    "pl pt ro ru sk sv ta te th tl tr uk vi zh"
)


@dataclass(frozen=True, slots=True)
class ServiceEntry:
    """One service in one role.

    `key_names`: environment names of the API key, first found wins. `base_url_names`: environment
    names that point the service elsewhere (a self-hosted vendor, a test). `languages` are base
    codes ("de"); None means all. `voices` maps gender ("MALE", "FEMALE", "") or language and gender
    ("de FEMALE") to the vendor's voice. `sentence` tells a person what it is.
    """

    role: Role
    key: str
    name: str
    sentence: str
    key_names: tuple[str, ...] = ()
    base_url_names: tuple[str, ...] = ()
    default_base_url: str = ""
    default_model: str = ""
    languages: frozenset[str] | None = None
    voices: Mapping[str, str] = field(default_factory=dict)
    is_offline: bool = False
    key_is_optional: bool = False

    @property
    def needs_key(self) -> bool:
        """True where the service refuses to work without a key."""
        return bool(self.key_names) and not self.key_is_optional

    def api_key(self, keys: Keys) -> str:
        """The key at hand, or an empty string."""
        return next((keys.get(name) for name in self.key_names if keys.has(name)), "")

    def base_url(self, keys: Keys) -> str:
        """Where the environment points this service, or an empty string."""
        return next((keys.get(name) for name in self.base_url_names if keys.has(name)), "")

    def speaks(self, language: str) -> bool:
        """True where the service knows the language (a BCP 47 tag)."""
        return self.languages is None or base_language(language) in self.languages

    def voice(self, gender: str, language: str) -> str:
        """The voice for a persona that names none; empty where the service has only its own."""
        base = base_language(language)
        for name in (f"{base} {gender}", f"{base} ", gender, ""):
            if name in self.voices:
                return self.voices[name]
        return ""


def base_language(tag: str) -> str:
    """ "de" of "de-CH"."""
    return tag.replace("_", "-").split("-")[0].lower()


_DEEPGRAM_KEYS = ("DEEPGRAM_API_KEY",)
_OPENAI_KEYS = ("OPENAI_API_KEY",)
_OPENAI_URLS = ("OPENAI_BASE_URL",)

CATALOGUE: tuple[ServiceEntry, ...] = (
    ServiceEntry(
        Role.STT,
        "deepgram",
        "Deepgram",
        "Streams what it hears to Deepgram; fast, with partial lines.",
        key_names=_DEEPGRAM_KEYS,
        base_url_names=("DEEPGRAM_BASE_URL",),
        default_model="nova-3-general",
    ),
    ServiceEntry(
        Role.STT,
        "gladia",
        "Gladia",
        "Streams what it hears to Gladia; strong in European languages.",
        key_names=("GLADIA_API_KEY",),
        base_url_names=("GLADIA_URL",),
        default_base_url="https://api.gladia.io/v2/live",
        default_model="solaria-1",
    ),
    ServiceEntry(
        Role.STT,
        "openai",
        "OpenAI",
        "Sends each thing said, once it is said, to OpenAI's transcription.",
        key_names=_OPENAI_KEYS,
        base_url_names=_OPENAI_URLS,
        default_base_url="https://api.openai.com/v1",
        default_model="gpt-transcribe",
    ),
    ServiceEntry(
        Role.STT,
        "sphinx",
        "PocketSphinx",
        "Listens on this computer, English only, and mishears a good deal.",
        languages=frozenset({"en"}),
        is_offline=True,
    ),
    ServiceEntry(
        Role.LLM,
        "openai",
        "OpenAI",
        "Thinks with an OpenAI model.",
        key_names=_OPENAI_KEYS,
        base_url_names=_OPENAI_URLS,
        default_base_url="https://api.openai.com/v1",
        default_model="gpt-4.1",
    ),
    ServiceEntry(
        Role.LLM,
        "compatible",
        "OpenAI-compatible",
        "Thinks with any server that speaks OpenAI's protocol: Ollama, LM Studio, OpenRouter.",
        key_names=("LLM_API_KEY",),
        base_url_names=_OPENAI_URLS,
        key_is_optional=True,
    ),
    ServiceEntry(
        Role.LLM,
        "notes",
        "Notes brain",
        "Answers on this computer from the persona's own notes, and says when they are silent.",
        is_offline=True,
    ),
    ServiceEntry(
        Role.TTS,
        "cartesia",
        "Cartesia",
        "Speaks with Cartesia's voices; quick and natural.",
        key_names=("CARTESIA_API_KEY",),
        base_url_names=("CARTESIA_URL",),
        default_base_url="wss://api.cartesia.ai/tts/websocket",
        default_model="sonic-3.6",
        languages=frozenset(_CARTESIA_LANGUAGES.split()),
        voices={
            "": "f786b574-daa5-4673-aa0c-cbe3e8534c02",
            "FEMALE": "f786b574-daa5-4673-aa0c-cbe3e8534c02",
            "MALE": "228fca29-3a0a-435c-8728-5cb483251068",
            "de FEMALE": "3f4ade23-6eb4-4279-ab05-6a144947c4d5",
            "fr FEMALE": "a249eaff-1e96-4d2c-b23b-12efa4f66f41",
        },
    ),
    ServiceEntry(
        Role.TTS,
        "openai",
        "OpenAI",
        "Speaks with OpenAI's voices, in any language.",
        key_names=_OPENAI_KEYS,
        base_url_names=_OPENAI_URLS,
        default_base_url="https://api.openai.com/v1",
        default_model="gpt-4o-mini-tts",
        voices={"": "alloy", "FEMALE": "marin", "MALE": "cedar", "NON-BINARY": "alloy"},
    ),
    ServiceEntry(
        Role.TTS,
        "espeak",
        "eSpeak NG",
        "Speaks on this computer in many languages; clear, and plainly a machine.",
        languages=frozenset(_ESPEAK_LANGUAGES.split()),
        is_offline=True,
    ),
)

ROLE_NAMES: Mapping[Role, str] = {
    Role.STT: "speech-to-text",
    Role.LLM: "language model",
    Role.TTS: "text-to-speech",
}


@dataclass(frozen=True, slots=True)
class Alias:
    """Another name for a service, with the address that name stands for."""

    key: str
    base_url: str = ""


ALIASES: Mapping[tuple[Role, str], Alias] = {
    (Role.STT, "pocketsphinx"): Alias("sphinx"),
    (Role.STT, "whisper"): Alias("openai"),
    (Role.LLM, "ollama"): Alias("compatible", "http://127.0.0.1:11434/v1"),
    (Role.LLM, "lmstudio"): Alias("compatible", "http://127.0.0.1:1234/v1"),
    (Role.LLM, "lm-studio"): Alias("compatible", "http://127.0.0.1:1234/v1"),
    (Role.LLM, "openrouter"): Alias("compatible", "https://openrouter.ai/api/v1"),
    (Role.LLM, "offline"): Alias("notes"),
    (Role.STT, "offline"): Alias("sphinx"),
    (Role.TTS, "offline"): Alias("espeak"),
    (Role.TTS, "espeak-ng"): Alias("espeak"),
    (Role.TTS, "espeakng"): Alias("espeak"),
}


def entries(role: Role) -> tuple[ServiceEntry, ...]:
    """The services of one role, the best first and the offline one last."""
    return tuple(entry for entry in CATALOGUE if entry.role is role)


def find(role: Role, key: str) -> ServiceEntry | None:
    """The entry with this key in this role."""
    return next((entry for entry in entries(role) if entry.key == key), None)


def names() -> Mapping[str, str]:
    """Display names by key, for `SpeechPlan.sentence`."""
    return {entry.key: entry.name for entry in CATALOGUE}
