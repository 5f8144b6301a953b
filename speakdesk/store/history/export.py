"""A past meeting as a file: plain text, Markdown, subtitles or JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from enum import Enum
from typing import Any

from speakdesk.domain.clock import to_iso
from speakdesk.domain.errors import Problem, Reason, Stage, StoreError
from speakdesk.store.history.records import LineRecord, MeetingRecord

FORMATS = ("txt", "md", "srt", "vtt", "json")

_SHORTEST_S = 1.0
_LONGEST_GUESS_S = 8.0
_CHARACTERS_PER_S = 14.0


def export_meeting(meeting: MeetingRecord, format_name: str) -> str:
    """The meeting in one of `FORMATS`. Subtitles count from the meeting's start.

    Raises StoreError for another format.
    """
    match format_name.lower().lstrip("."):
        case "txt":
            return _text(meeting)
        case "md":
            return _markdown(meeting)
        case "srt":
            return _subtitles(meeting, "srt")
        case "vtt":
            return _subtitles(meeting, "vtt")
        case "json":
            return _json(meeting)
    raise StoreError(
        Problem(
            Stage.STORE,
            Reason.BAD_INPUT,
            f"“{format_name}” is not a format a meeting can be exported in.",
            f"Use one of {', '.join(FORMATS)}.",
        )
    )


def _text(meeting: MeetingRecord) -> str:
    summary = meeting.summary
    lines = [summary.title, _when(meeting), ""]
    lines += [f"[{_offset(meeting, line.at)}] {_said(line)}" for line in meeting.lines]
    return "\n".join(lines) + "\n"


def _markdown(meeting: MeetingRecord) -> str:
    parts = [f"# {_escaped(meeting.summary.title)}", "", _when(meeting), ""]
    for bot in meeting.bots:
        cause = f", {_escaped(bot.cause)}" if bot.cause else ""
        parts.append(f"- **{_escaped(bot.name)}** ({_escaped(bot.persona)}): {bot.state}{cause}")
    parts += ["", "## Transcript", ""]
    for line in meeting.lines:
        cut = " *(interrupted)*" if line.interrupted else ""
        parts += [
            f"**{_escaped(line.speaker)}** {_offset(meeting, line.at)}  ",
            f"{_escaped(line.text)}{cut}",
            "",
        ]
    if meeting.chat:
        parts += ["## Chat", ""]
        parts += [
            f"- {_offset(meeting, m.at)} **{_escaped(m.sender)}**: {_escaped(m.text)}"
            for m in meeting.chat
        ]
        parts.append("")
    return "\n".join(parts)


def _subtitles(meeting: MeetingRecord, format_name: str) -> str:
    import pysubs2

    subtitles = pysubs2.SSAFile()
    for index, line in enumerate(meeting.lines):
        start_s = _seconds(meeting, line.at)
        follower = meeting.lines[index + 1] if index + 1 < len(meeting.lines) else None
        next_s = _seconds(meeting, follower.at) if follower else None
        end_s = start_s + _shown_s(line, None if next_s is None else next_s - start_s)
        subtitles.events.append(
            pysubs2.SSAEvent(
                start=round(start_s * 1000),
                end=round(end_s * 1000),
                text=_subtitle_text(line, format_name),
            )
        )
    return str(subtitles.to_string(format_name))


def _shown_s(line: LineRecord, until_next_s: float | None) -> float:
    """How long a line is shown: as long as it took, else a guess that ends with the next line."""
    if line.seconds is not None and line.seconds > 0:
        return max(line.seconds, 0.2)
    guess = min(max(len(line.text) / _CHARACTERS_PER_S, _SHORTEST_S), _LONGEST_GUESS_S)
    if until_next_s is not None and until_next_s > 0:
        return min(guess, until_next_s)
    return guess


def _subtitle_text(line: LineRecord, format_name: str) -> str:
    # Braces and backslashes are commands to the library, an arrow ends a cue's head.
    text = " ".join(_said(line).split())
    text = text.replace("{", "(").replace("}", ")").replace("\\", "/").replace("-->", "→")
    if format_name == "vtt":
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text


def _json(meeting: MeetingRecord) -> str:
    return json.dumps(_plain(asdict(meeting)), ensure_ascii=False, indent=2) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if isinstance(value, datetime):
        return to_iso(value)
    if isinstance(value, Enum):
        return value.value
    return value


def _said(line: LineRecord) -> str:
    return f"{line.speaker}: {line.text}{' …' if line.interrupted else ''}"


def _when(meeting: MeetingRecord) -> str:
    summary = meeting.summary
    started = f"{summary.started:%Y-%m-%d %H:%M} UTC"
    if summary.seconds is None:
        return f"{started}, still running"
    return f"{started}, {_clock(summary.seconds)}"


def _seconds(meeting: MeetingRecord, at: datetime) -> float:
    return max(0.0, (at - meeting.summary.started).total_seconds())


def _offset(meeting: MeetingRecord, at: datetime) -> str:
    return _clock(_seconds(meeting, at))


def _clock(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def _escaped(text: str) -> str:
    for mark in "\\`*_#[]<>|":
        text = text.replace(mark, f"\\{mark}")
    return text
