"""MeetingBaas's dialect on the audio socket (contracts/meetingbaas.md §3), v1-era and v2 alike."""

from __future__ import annotations

import json
import math
from typing import Any

from speakdesk.providers.wire import AudioIn, Handshake, Roster, Speaker, Unreadable, WireEvent

_MILLISECONDS_FROM = 1e11


class MeetingBaasCodec:
    """One socket: handshake (repeated, unknown keys), roster, s16le mono PCM of any frame size.

    Text is JSON: an object with `bot_id` or `protocol_version` is a handshake, an array (or one
    object) of speakers is a roster. Sources disagree whether timestamps are Unix seconds or
    milliseconds (§3.2), so both are read. There is no message that drops queued audio (§3.3).
    """

    def __init__(self, rate_hz: int) -> None:
        self.rate_hz = rate_hz
        self._odd_in = b""
        self._odd_out = b""

    def decode(self, message: bytes | str) -> list[WireEvent]:
        """What a message means. Never raises: garbage becomes `Unreadable`."""
        if isinstance(message, str):
            return [_read_text(message)]
        pcm = self._odd_in + message if self._odd_in else bytes(message)
        whole = len(pcm) & ~1
        self._odd_in = pcm[whole:]
        return [AudioIn(pcm[:whole])] if whole else []

    def encode(self, pcm: bytes) -> list[bytes | str]:
        """One binary message of whole samples; a split sample waits for its other half."""
        if self._odd_out:
            pcm = self._odd_out + pcm
        whole = len(pcm) & ~1
        self._odd_out = bytes(pcm[whole:])
        return [bytes(pcm[:whole])] if whole else []

    def interrupt(self) -> list[bytes | str]:
        """Nothing: what the bot has received it will play (§3.3)."""
        return []


def _read_text(text: str) -> WireEvent:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return Unreadable("text that is not JSON")
    if isinstance(data, dict):
        if "isSpeaking" in data or "is_speaking" in data:
            return _read_roster([data])
        for wrapper in ("speakers", "participants"):
            if isinstance(data.get(wrapper), list):
                return _read_roster(data[wrapper])
        if "bot_id" in data or "protocol_version" in data:
            return _read_handshake(data)
        return Unreadable("a JSON object that is neither a handshake nor a speaker")
    if isinstance(data, list):
        return _read_roster(data)
    return Unreadable("JSON that is neither an object nor a list")


def _read_handshake(data: dict[str, Any]) -> Handshake:
    bot_id = data.get("bot_id")
    rate_hz = _number(data.get("sample_rate"))
    start = _number(data.get("start_time"))
    return Handshake(
        provider_bot_id=bot_id if isinstance(bot_id, str) else "",
        rate_hz=int(rate_hz) if rate_hz is not None and rate_hz > 0 else None,
        offset_s=_number(data.get("offset")) or 0.0,
        protocol_version=int(_number(data.get("protocol_version")) or 0),
        start_time_s=None if start is None else _seconds(start),
    )


def _read_roster(items: list[Any]) -> WireEvent:
    speakers = []
    for item in items:
        if not isinstance(item, dict):
            continue
        name = item.get("name")
        if not isinstance(name, str) or not name:
            continue
        speaking = item.get("isSpeaking", item.get("is_speaking", False))
        number = item.get("id")
        speakers.append(
            Speaker(
                name=name,
                is_speaking=speaking is True,
                id=number if isinstance(number, int) and not isinstance(number, bool) else None,
                at_s=_seconds(_number(item.get("timestamp")) or 0.0),
            )
        )
    if items and not speakers:
        return Unreadable("a JSON list without a single named speaker")
    return Roster(tuple(speakers))


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _seconds(timestamp: float) -> float:
    return timestamp / 1000 if abs(timestamp) > _MILLISECONDS_FROM else timestamp
