"""eSpeak NG as a function: text in, PCM out, through the shared library the wheel carries.

About 1 ms of work per second of speech. The library keeps one voice and one callback for the whole
process, so one lock guards it; it is loaded by the first call. C interface: speak_lib.h of 1.52.
"""

from __future__ import annotations

import ctypes
import difflib
import locale
import threading
from dataclasses import dataclass
from functools import cache
from typing import Any

from speakdesk.domain.errors import Problem, Reason, SpeechError, Stage

RATE_HZ = 22050
SLOWEST_WPM, FASTEST_WPM = 80, 450
USUAL_WPM = 165

_SYNCHRONOUS = 2
_DONT_EXIT = 0x8000
_CHARS_UTF8 = 1
_POSITION_CHARACTER = 1
_PARAMETER_RATE = 1
_IPA = 2
_RAMP_SAMPLES = 64

# Tags that people write, in the words eSpeak has for them.
_ALIASES = {
    "en": "en-us",
    "zh": "cmn",
    "zh-hk": "yue",
    "zh-mo": "yue",
    "no": "nb",
    "nn": "nb",
    "iw": "he",
    "in": "id",
    "fr": "fr-fr",
    "es-mx": "es-419",
    "es-ar": "es-419",
    "es-co": "es-419",
    "es-cl": "es-419",
    "es-pe": "es-419",
    "es-us": "es-419",
    "en-ca": "en-us",
    "en-au": "en-gb",
    "en-nz": "en-gb",
    "en-ie": "en-gb",
    "en-in": "en-gb",
}
_VARIANTS = {
    "female": "f3",
    "f": "f3",
    "male": "m3",
    "m": "m3",
    "non-binary": "f5",
    "nonbinary": "f5",
}
_GENDERS = {1: "male", 2: "female"}


@dataclass(frozen=True, slots=True)
class Speech:
    """Spoken text: `pcm` is s16le mono at `rate_hz`, beginning and ending at silence."""

    pcm: bytes
    rate_hz: int

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self.pcm) / 2 / self.rate_hz


@dataclass(frozen=True, slots=True)
class EspeakVoice:
    """One voice of the library. `language` is its first tag, lower case; `gender` may be empty."""

    identifier: str
    name: str
    language: str
    gender: str
    languages: tuple[str, ...] = ()


class _VoiceStruct(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_char_p),
        ("languages", ctypes.c_void_p),
        ("identifier", ctypes.c_char_p),
        ("gender", ctypes.c_ubyte),
        ("age", ctypes.c_ubyte),
        ("variant", ctypes.c_ubyte),
        ("xx1", ctypes.c_ubyte),
        ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    ]


_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)

_lock = threading.Lock()
_engine: _Engine | None = None


class _Engine:
    """The loaded library. Every method is called with `_lock` held."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._callback = _Callback(self._on_samples)
        self._voice = ""
        self._library = _load_library()
        self.rate_hz = self._initialize()
        self.voices = self._list(None)
        self.variants = tuple(
            voice.identifier.rpartition("/")[2] for voice in self._list(b"variant")
        )

    def _initialize(self) -> int:
        import espeakng_loader

        # The library sets LC_CTYPE for the whole process; the application's own choice comes back.
        before = locale.setlocale(locale.LC_CTYPE)
        path = espeakng_loader.get_data_path()
        rate_hz = self._library.espeak_Initialize(
            _SYNCHRONOUS, 0, path.encode(), ctypes.c_int(_DONT_EXIT)
        )
        locale.setlocale(locale.LC_CTYPE, before)
        if rate_hz <= 0:
            raise _broken(f"eSpeak NG could not read its voice data in {path}.")
        self._library.espeak_SetSynthCallback(self._callback)
        return int(rate_hz)

    def _on_samples(self, samples: Any, count: int, _events: int | None) -> int:
        if samples and count > 0:
            self._pieces.append(ctypes.string_at(samples, count * 2))
        return 0

    def _list(self, language: bytes | None) -> tuple[EspeakVoice, ...]:
        spec = None
        if language is not None:
            held = ctypes.create_string_buffer(language)
            spec = ctypes.byref(_VoiceStruct(languages=ctypes.cast(held, ctypes.c_void_p)))
        listed = self._library.espeak_ListVoices(spec)
        found: list[EspeakVoice] = []
        index = 0
        while listed[index]:
            raw = listed[index].contents
            tags = _language_tags(raw.languages)
            found.append(
                EspeakVoice(
                    identifier=(raw.identifier or b"").decode("utf-8", "replace"),
                    name=(raw.name or b"").decode("utf-8", "replace"),
                    language=tags[0] if tags else "",
                    gender=_GENDERS.get(raw.gender, ""),
                    languages=tags,
                )
            )
            index += 1
        return tuple(found)

    def _use(self, voice: str) -> None:
        # Each choice takes one of the 170 places of the library's queue, which only speaking
        # empties: choosing anew for every word to pronounce garbles the next speech.
        if voice == self._voice:
            return
        if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise _broken(f"eSpeak NG refused its own voice {voice}.")
        self._voice = voice

    def speak(self, text: str, voice: str, speed_wpm: int) -> bytes:
        self._use(voice)
        self._library.espeak_SetParameter(_PARAMETER_RATE, speed_wpm, 0)
        data = text.encode("utf-8", "replace") + b"\0"
        self._pieces.clear()
        status = self._library.espeak_Synth(
            data, len(data), 0, _POSITION_CHARACTER, 0, _CHARS_UTF8, None, None
        )
        self._library.espeak_Synchronize()
        pcm = b"".join(self._pieces)
        self._pieces.clear()
        if status != 0:
            raise _broken(f"eSpeak NG could not speak the text (status {status}).")
        return pcm

    def pronounce(self, text: str, voice: str) -> str:
        self._use(voice)
        held = ctypes.create_string_buffer(text.encode("utf-8", "replace"))
        rest = ctypes.c_void_p(ctypes.addressof(held))
        clauses: list[str] = []
        while rest.value:
            found = self._library.espeak_TextToPhonemes(ctypes.byref(rest), _CHARS_UTF8, _IPA)
            clauses.append((found or b"").decode("utf-8", "replace").strip())
        return " ".join(clause for clause in clauses if clause)


def _load_library() -> ctypes.CDLL:
    try:
        import espeakng_loader

        library = ctypes.CDLL(espeakng_loader.get_library_path())
    except (ImportError, OSError, RuntimeError) as error:
        raise _broken("eSpeak NG's library cannot be loaded.", str(error)) from error
    library.espeak_Initialize.argtypes = [
        ctypes.c_int,
        ctypes.c_int,
        ctypes.c_char_p,
        ctypes.c_int,
    ]
    library.espeak_SetSynthCallback.argtypes = [_Callback]
    library.espeak_SetSynthCallback.restype = None
    library.espeak_SetVoiceByName.argtypes = [ctypes.c_char_p]
    library.espeak_SetParameter.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_int]
    library.espeak_ListVoices.argtypes = [ctypes.c_void_p]
    library.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(_VoiceStruct))
    library.espeak_TextToPhonemes.argtypes = [
        ctypes.POINTER(ctypes.c_void_p),
        ctypes.c_int,
        ctypes.c_int,
    ]
    library.espeak_TextToPhonemes.restype = ctypes.c_char_p
    library.espeak_Synth.argtypes = [
        ctypes.c_char_p,
        ctypes.c_size_t,
        ctypes.c_uint,
        ctypes.c_int,
        ctypes.c_uint,
        ctypes.c_uint,
        ctypes.c_void_p,
        ctypes.c_void_p,
    ]
    return library


def _language_tags(address: int | None) -> tuple[str, ...]:
    """Read eSpeak's list: a priority byte, a tag, NUL, …, ended by a priority of 0."""
    tags: list[str] = []
    while address and ctypes.string_at(address, 1) != b"\0":
        tag = ctypes.string_at(address + 1)
        tags.append(tag.decode("ascii", "replace").lower())
        address += len(tag) + 2
    return tuple(tags)


def _broken(sentence: str, vendor_words: str = "") -> SpeechError:
    return SpeechError(
        Problem(
            Stage.SPEAK,
            Reason.UNAVAILABLE,
            f"The offline voice is broken: {sentence}",
            "Install SpeakDesk again, or choose another voice in the settings.",
            vendor_words,
        )
    )


def _unknown(what: str, asked: str, known: list[str]) -> SpeechError:
    near = difflib.get_close_matches(asked.lower(), known, n=3, cutoff=0.3)
    hint = f"The nearest it has: {', '.join(near)}." if near else "Choose one of its voices."
    return SpeechError(
        Problem(
            Stage.SPEAK,
            Reason.UNSUPPORTED,
            f'The offline voice (eSpeak NG) has no {what} "{asked}".',
            hint,
        )
    )


def _loaded() -> _Engine:
    global _engine
    if _engine is None:
        _engine = _Engine()
    return _engine


def _at_hand() -> _Engine:
    """The library; once it is in memory without waiting for what it speaks just now."""
    engine = _engine
    if engine is None:
        with _lock:
            engine = _loaded()
    return engine


def is_loaded() -> bool:
    """True once the library is in memory; from then on a voice's name is found without waiting."""
    return _engine is not None


def voices() -> tuple[EspeakVoice, ...]:
    """All voices of the library, as it lists them. Raises SpeechError where it cannot be loaded."""
    return _at_hand().voices


@cache
def voice_name(language: str = "en", gender: str = "", voice: str = "") -> str:
    """The eSpeak voice (`en-us+f3`) for a BCP 47 tag and a gender, or for an explicit `voice`.

    A region or script eSpeak does not know falls back to the language. `voice` may be a voice, a
    voice with a variant, or a variant alone (`f3`). Raises SpeechError naming the nearest.
    """
    engine = _at_hand()
    all_voices, variants = engine.voices, engine.variants
    base, _, variant = voice.strip().partition("+")
    if base in variants and not variant:
        base, variant = "", base
    if variant and variant not in variants:
        raise _unknown("voice variant", variant, list(variants))
    if not variant:
        variant = _VARIANTS.get(gender.strip().lower(), "")
    if base:
        names = {alias: one for one in all_voices for alias in _spellings(one)}
        found = names.get(base.lower())
        if found is None:
            raise _unknown("voice", base, list(names))
    else:
        found = _for_language(language, all_voices)
    return f"{found.identifier.rpartition('/')[2] or found.language}" + (
        f"+{variant}" if variant else ""
    )


def _spellings(voice: EspeakVoice) -> tuple[str, ...]:
    return (
        *voice.languages,
        voice.name.lower(),
        voice.identifier.lower(),
        voice.identifier.rpartition("/")[2].lower(),
    )


def _for_language(language: str, known: tuple[EspeakVoice, ...]) -> EspeakVoice:
    by_tag: dict[str, EspeakVoice] = {}
    for one in known:
        for tag in one.languages:
            by_tag.setdefault(tag, one)
    parts = (language.strip() or "en").replace("_", "-").lower().split("-")
    for length in range(len(parts), 0, -1):
        tag = "-".join(parts[:length])
        for candidate in (_ALIASES.get(tag, tag), tag):
            if candidate in by_tag:
                return by_tag[candidate]
    for tag, one in by_tag.items():
        if tag.split("-")[0] == parts[0]:
            return one
    raise _unknown("voice for the language", language, sorted(by_tag))


def synthesize(
    text: str, *, language: str = "en", gender: str = "", voice: str = "", speed_wpm: int = 170
) -> Speech:
    """Speak `text`. Blocks for about 1 ms per second of speech; any thread may call it.

    `language` is a BCP 47 tag, `gender` MALE, FEMALE, NON-BINARY or empty, `voice` an eSpeak voice
    that goes before both. Text with nothing to say gives empty PCM. Raises SpeechError.
    """
    name = voice_name(language, gender, voice)
    spoken = text.replace("\0", " ").strip()
    with _lock:
        engine = _loaded()
        pcm = b""
        if spoken:
            speed = min(max(speed_wpm, SLOWEST_WPM), FASTEST_WPM)
            pcm = engine.speak(spoken, name, speed)
        rate_hz = engine.rate_hz
    return Speech(_soft_edges(pcm), rate_hz)


def words_a_minute(speed: float | None) -> int:
    """How fast a persona's speed is here; 1.0 and None are the usual pace."""
    return min(max(round(USUAL_WPM * (speed or 1.0)), SLOWEST_WPM), FASTEST_WPM)


def pronounce(text: str, *, language: str = "en") -> str:
    """How `text` is spoken, in IPA, words apart by a space. Raises SpeechError."""
    name = voice_name(language)
    with _lock:
        return _loaded().pronounce(text.replace("\0", " "), name)


def _soft_edges(pcm: bytes) -> bytes:
    """Ramp the first and last 3 ms, so that neither edge clicks."""
    samples = len(pcm) // 2
    ramp = min(_RAMP_SAMPLES, samples // 2)
    if not ramp:
        return pcm
    edited = memoryview(bytearray(pcm)).cast("h")
    for index in range(ramp):
        edited[index] = edited[index] * index // ramp
        edited[-1 - index] = edited[-1 - index] * index // ramp
    return edited.tobytes()
