"""A human participant of the practice room: a live microphone, and sounds that were scripted."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass

import numpy as np
import soxr

from speakdesk.providers.practice.playback import SoundQueue
from speakdesk.providers.practice.sound import (
    ROOM_BLOCK,
    ROOM_RATE_HZ,
    Block,
    from_pcm,
    loudness,
    to_pcm,
)

_MICROPHONE_HOLDS_S = 0.5


@dataclass(slots=True, eq=False)
class _Sound:
    samples: Block
    played: asyncio.Future[None]
    next_sample: int = 0


class RoomPerson:
    """One person. Scripted sounds play one after the other; the microphone is added to them.

    `level` is the loudness of the last tick, `microphone_level` that of the latest microphone
    chunk, both RMS 0..1. `gender` and `language` choose the voice of typed lines.
    """

    def __init__(self, name: str, number: int, *, gender: str = "", language: str = "en") -> None:
        self.name = name
        self.number = number
        self.gender = gender
        self.language = language
        self.level = 0.0
        self.microphone_level = 0.0
        self._microphone = SoundQueue(ROOM_RATE_HZ, _MICROPHONE_HOLDS_S)
        self._microphone_rate_hz = ROOM_RATE_HZ
        self._converter: soxr.ResampleStream | None = None
        self._sounds: deque[_Sound] = deque()

    @property
    def has_sounds(self) -> bool:
        """True while something scripted plays or waits."""
        return bool(self._sounds)

    @property
    def has_microphone_sound(self) -> bool:
        """True while live sound waits to be heard."""
        return len(self._microphone) > 0

    def feed(self, pcm: bytes, rate_hz: int = ROOM_RATE_HZ) -> None:
        """Microphone sound as it comes: s16le mono; the room hears it at the next tick."""
        if rate_hz != self._microphone_rate_hz:
            self._microphone_rate_hz = rate_hz
            self._converter = (
                None
                if rate_hz == ROOM_RATE_HZ
                else soxr.ResampleStream(rate_hz, ROOM_RATE_HZ, 1, dtype="float32", quality="LQ")
            )
        samples = from_pcm(pcm)
        self.microphone_level = loudness(samples)
        if self._converter is None:
            self._microphone.put(pcm[: samples.size * 2])
        else:
            self._microphone.put(to_pcm(self._converter.resample_chunk(samples)))

    async def play(self, samples: Block) -> None:
        """Say this after what is said already; returns when the room has heard it.

        Cancelling it makes the person stop in mid-word.
        """
        if not samples.size:
            return
        sound = _Sound(samples, asyncio.get_running_loop().create_future())
        self._sounds.append(sound)
        try:
            await sound.played
        finally:
            if sound in self._sounds:
                self._sounds.remove(sound)

    def take(self) -> tuple[Block | None, Block | None]:
        """This tick's scripted sound and microphone sound, each None where there is none."""
        scripted = self._take_scripted()
        microphone = self._microphone.take()
        if microphone is None:
            self.microphone_level = 0.0
        level = 0.0
        if scripted is not None and microphone is not None:
            level = loudness(scripted + microphone)
        elif scripted is not None:
            level = loudness(scripted)
        elif microphone is not None:
            level = loudness(microphone)
        self.level = min(level, 1.0)
        return scripted, microphone

    def stop(self) -> None:
        """Fall silent for good: whoever waits for a sound to end is told it ended."""
        while self._sounds:
            sound = self._sounds.popleft()
            if not sound.played.done():
                sound.played.set_result(None)
        self._microphone.clear()
        self.level = self.microphone_level = 0.0

    def _take_scripted(self) -> Block | None:
        if not self._sounds:
            return None
        block = np.zeros(ROOM_BLOCK, dtype=np.float32)
        filled = 0
        while self._sounds and filled < ROOM_BLOCK:
            sound = self._sounds[0]
            part = sound.samples[sound.next_sample : sound.next_sample + ROOM_BLOCK - filled]
            block[filled : filled + part.size] = part
            filled += part.size
            sound.next_sample += part.size
            if sound.next_sample >= sound.samples.size:
                self._sounds.popleft()
                if not sound.played.done():
                    sound.played.set_result(None)
        return block
