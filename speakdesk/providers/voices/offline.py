"""eSpeak NG's voices as entries to choose from: each language as a man, a woman and between.

Everything here blocks: call it in a thread.
"""

from __future__ import annotations

from functools import cache

from speakdesk.domain.voice import Sample, VoiceEntry, base_of
from speakdesk.providers import espeak

SERVICE = "espeak"

_GENDERS = ("MALE", "FEMALE", "NON-BINARY")


@cache
def voices() -> tuple[VoiceEntry, ...]:
    """Every voice there is, by language, what eSpeak itself would take for a language first.

    Raises SpeechError where the library cannot be loaded.
    """
    found: dict[str, VoiceEntry] = {}
    for voice in espeak.voices():
        if not voice.language or not voice.identifier:
            continue
        tag = next((t for t in voice.languages if len(t.split("-")[0]) == 2), voice.language)
        for gender in _GENDERS:
            name = espeak.voice_name(gender=gender, voice=voice.identifier)
            found.setdefault(
                name,
                VoiceEntry(
                    SERVICE,
                    name,
                    f"{voice.name}, {gender.lower()}",
                    tag,
                    gender,
                ),
            )
    return tuple(sorted(found.values(), key=_place))


def _place(voice: VoiceEntry) -> tuple[str, bool, str]:
    base = base_of(voice.language)
    return base, voice.id.partition("+")[0] != espeak.voice_name(base), voice.name


def sample(voice_id: str, text: str, language: str, speed: float | None = None) -> Sample:
    """The text as this voice speaks it. Raises SpeechError naming the nearest voice."""
    wpm = espeak.words_a_minute(speed)
    speech = espeak.synthesize(text, language=language, voice=voice_id, speed_wpm=wpm)
    return Sample(speech.pcm, speech.rate_hz)
