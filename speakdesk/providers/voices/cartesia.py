"""Cartesia's voices and what one of them sounds like.

Protocol facts (Cartesia's API reference, version 2026-03-01, the one Pipecat 1.14 speaks): the key
goes into `X-API-Key`; `GET /voices` gives pages `{"data": […], "has_more"}`, the next one after
`starting_after=<last id>`; a voice has id, name, description, language, gender (masculine,
feminine, gender_neutral or null) and is_owner; `POST /tts/bytes` answers with the sound itself;
`generation_config.speed` is 0.6 to 1.5.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx

from speakdesk.domain.errors import SpeechError, Stage
from speakdesk.domain.voice import Sample, VoiceEntry
from speakdesk.providers.vendor import Vendor, VendorLine, checked_key

SERVICE = "cartesia"
VERSION = "2026-03-01"
BASE_URL = "https://api.cartesia.ai"
MODEL = "sonic-3.6"
SAMPLE_RATE_HZ = 24000
SLOWEST, FASTEST = 0.6, 1.5

_PAGE = 100
_MOST_PAGES = 200
_GENDERS = {"masculine": "MALE", "feminine": "FEMALE", "gender_neutral": "NON-BINARY"}
_SOCKET_PATH = "/tts/websocket"
VENDOR = Vendor(
    "Cartesia",
    "CARTESIA_API_KEY",
    Stage.SPEAK,
    "its voices cannot be had for now",
    SpeechError,
)


class CartesiaVoices:
    """Lists voices and speaks samples. Raises SpeechError and nothing else.

    `url` is Cartesia's address, also as CARTESIA_URL names it (`wss://…/tts/websocket`).
    """

    def __init__(
        self,
        key: str,
        *,
        url: str = "",
        http: httpx.AsyncClient | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        key = checked_key(VENDOR, key)
        headers = {"X-API-Key": key, "Cartesia-Version": VERSION}
        self._line = VendorLine(
            VENDOR, http_address(url), headers, secrets=(key,), http=http, sleep=sleep
        )

    async def voices(
        self, on_progress: Callable[[int], None] = lambda count: None
    ) -> tuple[VoiceEntry, ...]:
        """All voices of the account and all public ones; `on_progress` hears how many so far."""
        found: dict[str, VoiceEntry] = {}
        after = ""
        for _ in range(_MOST_PAGES):
            params: dict[str, str | int] = {"limit": _PAGE}
            if after:
                params["starting_after"] = after
            page = await self._line.json("GET", "/voices", params=params, repeatable=True)
            items = page.get("data")
            if not isinstance(items, list):
                raise self._line.odd("without a list of voices")
            entries = [entry for item in items if (entry := _entry(item)) is not None]
            if items and not entries:
                raise self._line.odd("with voices of an unknown shape")
            fresh = {entry.id: entry for entry in entries if entry.id not in found}
            found |= fresh
            on_progress(len(found))
            if not page.get("has_more"):
                return tuple(found.values())
            if not fresh:
                raise self._line.odd("with the same page of voices again and again")
            after = entries[-1].id
        raise self._line.odd("with a list of voices that does not end")

    async def sample(
        self,
        voice_id: str,
        text: str,
        language: str,
        model: str = "",
        speed: float | None = None,
    ) -> Sample:
        """The text as this voice speaks it; `language` is a base code ("de")."""
        body: dict[str, Any] = {
            "model_id": model or MODEL,
            "transcript": text,
            "voice": {"mode": "id", "id": voice_id},
            "output_format": {
                "container": "raw",
                "encoding": "pcm_s16le",
                "sample_rate": SAMPLE_RATE_HZ,
            },
            "language": language,
        }
        if (bounded := pace(speed)) is not None:
            body["generation_config"] = {"speed": bounded}
        response = await self._line.send(
            "POST", "/tts/bytes", body=body, repeatable=True, longest_s=30.0
        )
        return sound_of(self._line, response, SAMPLE_RATE_HZ)

    async def aclose(self) -> None:
        """Close the connections we opened."""
        await self._line.aclose()


def pace(speed: float | None) -> float | None:
    """A persona's speed as Cartesia takes it; None leaves the voice its own."""
    return None if speed is None or speed == 1 else min(max(speed, SLOWEST), FASTEST)


def http_address(url: str) -> str:
    """The HTTP address that belongs to what CARTESIA_URL says; Cartesia's own for nothing."""
    parts = urlsplit(url.strip() or BASE_URL)
    scheme = {"wss": "https", "ws": "http"}.get(parts.scheme, parts.scheme)
    path = parts.path.rstrip("/").removesuffix(_SOCKET_PATH)
    return urlunsplit((scheme, parts.netloc, path, "", ""))


def sound_of(line: VendorLine, response: httpx.Response, rate_hz: int) -> Sample:
    """The raw 16-bit samples of an answer. Raises the vendor's error for anything else."""
    kind = response.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind.startswith(("text/", "application/json")):
        raise line.odd("with text in place of sound", response.text[:2000])
    pcm = response.content
    if len(pcm) < 2:
        raise line.odd("without a sound")
    return Sample(pcm[: len(pcm) // 2 * 2], rate_hz)


def _entry(item: object) -> VoiceEntry | None:
    if not isinstance(item, Mapping):
        return None
    voice_id = _text(item.get("id"))
    if not voice_id:
        return None
    return VoiceEntry(
        SERVICE,
        voice_id,
        _text(item.get("name")) or voice_id,
        _text(item.get("language")).replace("_", "-").lower(),
        _GENDERS.get(_text(item.get("gender")).lower(), ""),
        _text(item.get("description")),
        item.get("is_owner") is True,
    )


def _text(value: object) -> str:
    return " ".join(value.split())[:500] if isinstance(value, str) else ""
