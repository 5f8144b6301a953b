"""A past meeting as a file: plain text, Markdown, subtitles or JSON.

Our own lines and the provider's transcript stay apart: a file has the one or the other. Only JSON,
which is the whole record, has both, each under its own name.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from enum import Enum
from typing import Any

from speakdesk.domain.clock import to_iso
from speakdesk.domain.errors import Problem, Reason, Stage, StoreError
from speakdesk.domain.minutes import Summary
from speakdesk.store.history.export_lines import ExportLine, our_lines, provider_lines
from speakdesk.store.history.records import MeetingRecord
from speakdesk.store.history.subtitles import subtitles

FORMATS = ("txt", "md", "srt", "vtt", "json")
SOURCES = ("ours", "provider")


def export_meeting(meeting: MeetingRecord, format_name: str, source: str = "ours") -> str:
    """The meeting in one of `FORMATS`, with the lines of one of `SOURCES`.

    Subtitles count from the meeting's start, the provider's from the start of its recording.
    Raises StoreError for another format or source, and where the provider has no lines.
    """
    form = format_name.lower().lstrip(".")
    if form not in FORMATS:
        raise _bad(
            f"“{format_name}” is not a format a meeting can be exported in.",
            f"Use one of {', '.join(FORMATS)}.",
        )
    if source not in SOURCES:
        raise _bad(f"There are no lines of “{source}”.", f"Use one of {', '.join(SOURCES)}.")
    if form == "json":
        return _json(meeting)
    if source == "provider" and not meeting.provider_lines:
        raise StoreError(
            Problem(
                Stage.STORE,
                Reason.NOT_FOUND,
                "The provider has given no transcript of this meeting.",
                "Ask for one in the launch's options; export our own lines until then.",
            )
        )
    lines = our_lines(meeting) if source == "ours" else provider_lines(meeting)
    if form in ("srt", "vtt"):
        return subtitles(lines, form)
    return _text(meeting, lines) if form == "txt" else _markdown(meeting, lines)


def _text(meeting: MeetingRecord, lines: Sequence[ExportLine]) -> str:
    parts = [meeting.summary.title, _when(meeting), *_facts(meeting), ""]
    if meeting.minutes is not None:
        parts += [*_minutes_text(meeting.minutes), ""]
    parts += [f"[{_clock(line.start_s)}] {line.said}" for line in lines]
    return "\n".join(parts) + "\n"


def _minutes_text(minutes: Summary) -> list[str]:
    parts = ["Summary", minutes.text]
    for title, items in _lists(minutes):
        parts += ["", title, *(f"- {item}" for item in items)]
    return parts


def _markdown(meeting: MeetingRecord, lines: Sequence[ExportLine]) -> str:
    parts = [f"# {_escaped(meeting.summary.title)}", "", _when(meeting), ""]
    for bot in meeting.bots:
        cause = f", {_escaped(bot.cause)}" if bot.cause else ""
        persona = f" ({_escaped(bot.persona)})" if bot.persona else ""
        parts.append(f"- **{_escaped(bot.name)}**{persona}: {bot.state}{cause}")
    parts += [f"- {_escaped(fact)}" for fact in _facts(meeting)]
    if (minutes := meeting.minutes) is not None:
        parts += ["", "## Summary", "", _escaped(minutes.text)]
        for title, items in _lists(minutes):
            parts += ["", f"### {title}", "", *(f"- {_escaped(item)}" for item in items)]
    parts += ["", "## Transcript", ""]
    for line in lines:
        cut = " *(interrupted)*" if line.interrupted else ""
        parts += [
            f"**{_escaped(line.speaker)}** {_clock(line.start_s)}  ",
            f"{_escaped(line.text)}{cut}",
            "",
        ]
    if meeting.chat:
        began = meeting.summary.started
        parts += ["## Chat", ""]
        parts += [
            f"- {_clock(max(0.0, (m.at - began).total_seconds()))} **{_escaped(m.sender)}**: "
            f"{_escaped(m.text)}"
            for m in meeting.chat
        ]
        parts.append("")
    return "\n".join(parts)


def _lists(minutes: Summary) -> list[tuple[str, list[str]]]:
    """The parts of a summary that have anything in them."""
    lists = (
        ("Decisions", list(minutes.decisions)),
        ("Action items", [str(item) for item in minutes.action_items]),
        ("Open questions", list(minutes.open_questions)),
    )
    return [(title, items) for title, items in lists if items]


def _facts(meeting: MeetingRecord) -> list[str]:
    facts = []
    if meeting.people:
        facts.append(f"With {', '.join(person.name for person in meeting.people)}")
    if meeting.tokens is not None:
        facts.append(f"Cost: {meeting.tokens:g} tokens")
    return facts


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


def _when(meeting: MeetingRecord) -> str:
    summary = meeting.summary
    started = f"{summary.started:%Y-%m-%d %H:%M} UTC"
    if summary.seconds is None:
        return f"{started}, still running"
    return f"{started}, {_clock(summary.seconds)}"


def _clock(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def _escaped(text: str) -> str:
    for mark in "\\`*_#[]<>|":
        text = text.replace(mark, f"\\{mark}")
    return text


def _bad(sentence: str, next_step: str) -> StoreError:
    return StoreError(Problem(Stage.STORE, Reason.BAD_INPUT, sentence, next_step))
