"""Who speaks the typed and scripted lines of the practice room."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Protocol

from speakdesk.providers.practice.person import RoomPerson
from speakdesk.providers.practice.sound import Block, to_room

# PocketSphinx understands eSpeak best at this speed.
TYPED_WPM = 160


class Spoken(Protocol):
    """Synthesised speech: s16le mono."""

    @property
    def pcm(self) -> bytes: ...
    @property
    def rate_hz(self) -> int: ...


class Speak(Protocol):
    """Text to speech; blocks, called in a thread."""

    def __call__(self, text: str, *, language: str, gender: str) -> Spoken: ...


class Voices:
    """Words as room sound; eSpeak NG where no other voice was given."""

    def __init__(self, speak: Speak | None = None) -> None:
        self._speak = speak

    async def words(self, text: str, person: RoomPerson, language: str = "") -> Block:
        """The text in the person's voice. Raises SpeechError where no voice can say it."""
        return await asyncio.to_thread(
            self._words, text, language or person.language, person.gender
        )

    def _words(self, text: str, language: str, gender: str) -> Block:
        if self._speak is None:
            from speakdesk.providers.espeak import synthesize

            self._speak = partial(synthesize, speed_wpm=TYPED_WPM)
        spoken = self._speak(text, language=language, gender=gender)
        return to_room(spoken.pcm, spoken.rate_hz)
