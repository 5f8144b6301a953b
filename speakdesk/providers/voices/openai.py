"""OpenAI's voices, a fixed list that speaks any language, and what one of them sounds like.

`POST /audio/speech` with `response_format: "pcm"` answers with s16le mono at 24 kHz; `speed` is
0.25 to 4.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from speakdesk.domain.errors import SpeechError, Stage
from speakdesk.domain.voice import Sample, VoiceEntry
from speakdesk.providers.vendor import Vendor, VendorLine, checked_key
from speakdesk.providers.voices.cartesia import sound_of

SERVICE = "openai"
BASE_URL = "https://api.openai.com/v1"
MODEL = "gpt-4o-mini-tts"
SAMPLE_RATE_HZ = 24000
SLOWEST, FASTEST = 0.25, 4.0
VENDOR = Vendor(
    "OpenAI", "OPENAI_API_KEY", Stage.SPEAK, "the voice cannot be heard for now", SpeechError
)

_KNOWN = (
    ("alloy", "NON-BINARY", "Even and neutral, suits most things."),
    ("ash", "MALE", "Clear and direct, a little warm."),
    ("ballad", "MALE", "Soft and expressive, made for telling."),
    ("cedar", "MALE", "Natural, warm and deep; one of the newest."),
    ("coral", "FEMALE", "Friendly and lively."),
    ("echo", "MALE", "Calm and resonant."),
    ("fable", "NON-BINARY", "Expressive, British, made for stories."),
    ("marin", "FEMALE", "Natural, bright and friendly; one of the newest."),
    ("nova", "FEMALE", "Energetic, young and bright."),
    ("onyx", "MALE", "Deep, serious and confident."),
    ("sage", "FEMALE", "Calm, gentle and thoughtful."),
    ("shimmer", "FEMALE", "Bright and cheerful."),
    ("verse", "MALE", "Versatile and expressive."),
)

VOICES: tuple[VoiceEntry, ...] = tuple(
    VoiceEntry(SERVICE, key, key.capitalize(), "", gender, description)
    for key, gender, description in _KNOWN
)


def pace(speed: float | None) -> float | None:
    """A persona's speed as OpenAI takes it; None leaves the voice its own."""
    return None if speed is None or speed == 1 else min(max(speed, SLOWEST), FASTEST)


class OpenAIVoices:
    """Speaks samples. Raises SpeechError and nothing else."""

    def __init__(
        self,
        key: str,
        *,
        url: str = "",
        http: httpx.AsyncClient | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        key = checked_key(VENDOR, key)
        headers = {"Authorization": f"Bearer {key}"}
        self._line = VendorLine(
            VENDOR, url or BASE_URL, headers, secrets=(key,), http=http, sleep=sleep
        )

    async def sample(
        self,
        voice_id: str,
        text: str,
        manner: str = "",
        model: str = "",
        speed: float | None = None,
    ) -> Sample:
        """The text as this voice speaks it; `manner` is an instruction, which old models lack."""
        model = model or MODEL
        body: dict[str, Any] = {
            "model": model,
            "input": text,
            "voice": voice_id,
            "response_format": "pcm",
        }
        if manner and not model.startswith("tts-1"):
            body["instructions"] = manner
        if (bounded := pace(speed)) is not None:
            body["speed"] = bounded
        response = await self._line.send(
            "POST", "/audio/speech", body=body, repeatable=True, longest_s=45.0
        )
        return sound_of(self._line, response, SAMPLE_RATE_HZ)

    async def aclose(self) -> None:
        """Close the connections we opened."""
        await self._line.aclose()
