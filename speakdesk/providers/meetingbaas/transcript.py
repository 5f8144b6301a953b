"""MeetingBaas's own transcript and diarization, in every shape they are known to come in.

v2: `OutputTranscription` (one list of utterances with names) and `RawTranscription` (the
transcriber's own, in chunks, speakers by number); v1: the list in `meeting_data` and the one in the
`complete` webhook; diarization segments of both. Unknown shapes give no lines and never raise.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from speakdesk.domain.aftermath import ProviderLine, ProviderWord
from speakdesk.providers.meetingbaas import reading

_LISTS = ("utterances", "transcripts", "transcript", "segments", "diarization", "lines")
_WRAPPERS = ("result", "transcription", "data", "bot_data")
_DEEPEST = 6


def parse_transcript(content: bytes | str) -> tuple[ProviderLine, ...]:
    """The lines of a file: JSON, or one JSON value a line. Empty where there is nothing to read."""
    text = content.decode("utf-8", "replace") if isinstance(content, bytes) else content
    text = text.removeprefix("\ufeff").strip()
    try:
        return read_transcript(json.loads(text))
    except (ValueError, RecursionError):
        pass
    found = []
    for line in text.splitlines():
        try:
            found.append(json.loads(line))
        except (ValueError, RecursionError):
            continue
    return read_transcript([item for item in found if isinstance(item, dict)])


def read_transcript(data: Any) -> tuple[ProviderLine, ...]:
    """The lines of a transcript or diarization, by time."""
    return tuple(sorted(_lines(data, _DEEPEST), key=lambda line: line.start_s))


def _lines(data: Any, depth: int) -> list[ProviderLine]:
    if isinstance(data, list):
        return [line for item in reading.items(data) if (line := _line(item, 0.0))]
    if not isinstance(data, dict) or depth == 0:
        return []
    if isinstance(data.get("transcriptions"), list):
        return _chunks(reading.items(data["transcriptions"]), depth)
    for name in _LISTS:
        if isinstance(data.get(name), list):
            return _lines(data[name], depth)
    for name in _WRAPPERS:
        if isinstance(data.get(name), dict | list):
            return _lines(data[name], depth - 1)
    return []


def _chunks(chunks: Iterable[Mapping[str, Any]], depth: int) -> list[ProviderLine]:
    """Each chunk counts from its own beginning, so the lengths before it are added."""
    found: list[ProviderLine] = []
    began_s = 0.0
    for chunk in chunks:
        transcription = reading.mapping(chunk.get("transcription"))
        lines = (_line(u, began_s) for u in reading.items(transcription.get("utterances")))
        found += [line for line in lines if line]
        length_s = reading.number(reading.mapping(chunk.get("metadata")).get("audio_duration"))
        began_s += max(length_s or 0.0, 0.0)
    return found


def _line(item: Mapping[str, Any], began_s: float) -> ProviderLine | None:
    words = tuple(
        word for entry in reading.items(item.get("words")) if (word := _word(entry, began_s))
    )
    text = _first_text(item, "text", "transcript", "transcription").strip()
    if not text:
        text = " ".join(word.text for word in words)
    start = _first_number(item, "start", "start_time", "offset")
    end = _first_number(item, "end", "end_time")
    speaker = _speaker(item.get("speaker", item.get("speaker_name", item.get("name"))))
    if not text and (not speaker or start is None):
        return None
    first_s = words[0].start_s if words else began_s
    start_s = first_s if start is None else began_s + start
    last_s = words[-1].end_s if words else start_s
    end_s = last_s if end is None else began_s + end
    return ProviderLine(
        speaker=speaker,
        text=text,
        start_s=start_s,
        end_s=max(start_s, end_s),
        language=_first_text(item, "language", "lang"),
        words=words,
    )


def _word(item: Mapping[str, Any], began_s: float) -> ProviderWord | None:
    text = _first_text(item, "word", "text").strip()
    if not text:
        return None
    start = _first_number(item, "start", "start_time") or 0.0
    end = _first_number(item, "end", "end_time")
    return ProviderWord(text, began_s + start, began_s + (start if end is None else end))


def _speaker(value: Any) -> str:
    if isinstance(value, str):
        return value.strip()
    number = reading.number(value)
    if number is None:
        return reading.text(reading.mapping(value).get("name")).strip()
    return f"Speaker {int(number) + 1}"


def _first_text(item: Mapping[str, Any], *names: str) -> str:
    return next((found for name in names if (found := reading.text(item.get(name)))), "")


def _first_number(item: Mapping[str, Any], *names: str) -> float | None:
    for name in names:
        found = reading.number(item.get(name))
        if found is not None:
            return found
    return None
