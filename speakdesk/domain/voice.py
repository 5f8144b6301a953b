"""A voice somebody can choose, and which of several suits a persona best."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from speakdesk.domain.errors import Problem
from speakdesk.domain.persona import Persona

BY_MODEL = "model"
BY_RANKING = "ranking"

_WORD = re.compile(r"[^\W\d_]{3,}")
_STEM = 5
_SAME = {"nb": "no", "nn": "no", "iw": "he", "in": "id", "cmn": "zh", "fil": "tl"}
_MOST_WORDS_THAT_COUNT = 4
# Words that stand in nearly every description and tell no two voices apart.
_COMMON = frozenset(
    word
    for line in (
        "and the with for who that this very has her his their she they",
        "voice speaks speak tone clear male female",
    )
    for word in line.split()
)


@dataclass(frozen=True, slots=True)
class VoiceEntry:
    """One voice of a text-to-speech service.

    `service` is the service's key in the catalogue, `id` what a persona's file names. `language` is
    a BCP 47 tag in lower case, empty for a voice that speaks any. `gender` is MALE, FEMALE,
    NON-BINARY or empty. `is_own` marks a voice of the person's own account.
    """

    service: str
    id: str
    name: str
    language: str = ""
    gender: str = ""
    description: str = ""
    is_own: bool = False

    def speaks(self, language: str) -> bool:
        """True where the voice is of this language, whatever the region; any voice for none."""
        return not language or not self.language or base_of(self.language) == base_of(language)


@dataclass(frozen=True, slots=True)
class VoiceList:
    """The voices of a service that were asked for.

    `fetched_at` (UTC) is when the service gave them, None for a list that came with the program.
    `problem` says why they are not newer; the voices may be used all the same.
    """

    service: str
    voices: tuple[VoiceEntry, ...] = ()
    from_cache: bool = False
    fetched_at: datetime | None = None
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class VoiceMatch:
    """The voice that suits a persona. `why` is a sentence, `by` is `model` or `ranking`.

    `alternatives` are the next best, best first. `problem` says why no model chose although there
    should be one, or why the list of voices is not a new one.
    """

    voice: VoiceEntry
    why: str
    by: str
    alternatives: tuple[VoiceEntry, ...] = ()
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """A voice as heard: `pcm` is s16le mono at `rate_hz`."""

    pcm: bytes
    rate_hz: int

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self.pcm) / 2 / self.rate_hz


def base_of(tag: str) -> str:
    """ "de" of "de-CH"; one code for a language that has several."""
    base = tag.strip().replace("_", "-").split("-")[0].lower()
    return _SAME.get(base, base)


def search_voices(
    voices: Iterable[VoiceEntry], *, language: str = "", gender: str = "", words: str = ""
) -> tuple[VoiceEntry, ...]:
    """The voices of a language and a gender whose texts hold every one of the words."""
    wanted = gender.strip().upper()
    parts = words.casefold().split()
    return tuple(
        voice
        for voice in voices
        if voice.speaks(language)
        and (not wanted or voice.gender == wanted)
        and all(part in _text_of(voice) for part in parts)
    )


def rank_voices(voices: Iterable[VoiceEntry], persona: Persona) -> tuple[VoiceEntry, ...]:
    """The voices of the persona's language, the best first: gender, region, then shared words."""
    wanted = _stems(_persona_text(persona))
    scored = [
        (-_score(voice, persona, wanted), place, voice)
        for place, voice in enumerate(voices)
        if voice.speaks(persona.language)
    ]
    return tuple(voice for _, _, voice in sorted(scored, key=lambda item: item[:2]))


def why_ranked(voice: VoiceEntry, persona: Persona) -> str:
    """What the ranking found in a voice, as a sentence."""
    reasons: list[str] = []
    if voice.language:
        reasons.append(f"it speaks the persona's language ({voice.language})")
    if persona.gender and voice.gender == persona.gender:
        reasons.append(f"its gender is {voice.gender.lower()}")
    wanted = _stems(_persona_text(persona))
    shared = [w for w in _words(_text_of(voice)) if w[:_STEM] in wanted]
    if shared:
        told = ", ".join(dict.fromkeys(shared[:_MOST_WORDS_THAT_COUNT]))
        reasons.append(f"its description shares the words {told}")
    if not reasons:
        return "It is the first of the voices there are; nothing tells them apart for this persona."
    last = reasons.pop()
    told = f"{', '.join(reasons)} and {last}" if reasons else last
    return f"{told[0].upper()}{told[1:]}."


def _score(voice: VoiceEntry, persona: Persona, wanted: frozenset[str]) -> float:
    score = 0.0
    if persona.gender and voice.gender:
        if voice.gender == persona.gender:
            score += 6
        elif "NON-BINARY" not in (voice.gender, persona.gender):
            score -= 6
    if voice.language:
        score += 2 if voice.language.lower() == persona.language.lower() else 1
    shared = len(wanted & _stems(_text_of(voice)))
    return score + min(shared, _MOST_WORDS_THAT_COUNT)


def _persona_text(persona: Persona) -> str:
    texts = (*persona.voice_tone, *persona.characteristics, persona.role, persona.summary)
    return " ".join(texts)


def _text_of(voice: VoiceEntry) -> str:
    return f"{voice.name} {voice.description} {voice.id}".casefold()


def _words(text: str) -> list[str]:
    return [word for word in _WORD.findall(text.casefold()) if word not in _COMMON]


def _stems(text: str) -> frozenset[str]:
    return frozenset(word[:_STEM] for word in _words(text))
