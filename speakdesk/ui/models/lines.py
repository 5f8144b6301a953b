"""Transcript lines as the window keeps them, and which of them a view of all bots shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from speakdesk.domain.events import ChatMessage, Event, LineFinal, LinePartial, ToolCalled
from speakdesk.domain.launch import BotView


class LineKind(StrEnum):
    """What a line of the transcript is."""

    SPEECH = "speech"
    CHAT = "chat"
    TOOL = "tool"


@dataclass(slots=True, eq=False)
class Line:
    """One line. It changes while it is spoken (`is_final` False), then stays."""

    line_id: str
    bot_id: str
    at: datetime
    speaker: str
    text: str
    is_bot: bool = False
    kind: LineKind = LineKind.SPEECH
    is_final: bool = True
    interrupted: bool = False


class LineBook:
    """All lines of all bots since the window opened, in the order they began."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.by_bot: dict[str, list[Line]] = {}
        self._open: dict[tuple[str, str], Line] = {}

    def take(self, event: Event, bots: Mapping[str, BotView]) -> tuple[Line | None, bool]:
        """Note one event: the line it concerns (None for other events), and whether it is new."""
        if isinstance(event, LinePartial | LineFinal):
            place = (event.bot_id, event.line_id)
            is_final = isinstance(event, LineFinal)
            interrupted = isinstance(event, LineFinal) and event.interrupted
            line = self._open.get(place)
            is_new = line is None
            if line is None:
                line = Line(event.line_id, event.bot_id, event.at, event.speaker, event.text)
                line.is_bot = event.is_bot
                self._add(line)
                self._open[place] = line
            line.speaker, line.text = event.speaker, event.text
            line.is_final, line.interrupted = is_final, interrupted
            if is_final:
                self._open.pop(place, None)
            return line, is_new
        if isinstance(event, ChatMessage):
            line = Line("", event.bot_id, event.at, event.sender, event.text, event.from_bot)
            line.kind = LineKind.CHAT
            self._add(line)
            return line, True
        if isinstance(event, ToolCalled):
            view = bots.get(event.bot_id)
            took = f"{event.took_ms / 1000:.1f} s"
            text = f"used {event.tool} ({took})" if event.ok else event.failed
            line = Line("", event.bot_id, event.at, view.name if view else "", text, True)
            line.kind = LineKind.TOOL
            self._add(line)
            return line, True
        return None, False

    def _add(self, line: Line) -> None:
        self.lines.append(line)
        self.by_bot.setdefault(line.bot_id, []).append(line)


def belongs_to_all(line: Line, bots: Mapping[str, BotView]) -> bool:
    """Whether a view of all bots shows this line.

    Every bot of a meeting hears the same people, so their lines are taken from the first bot of
    that meeting; a bot's own lines are taken from itself, not from what a sibling heard of it.
    """
    view = bots.get(line.bot_id)
    if view is None or (line.is_bot and line.speaker == view.name):
        return True
    for other in bots.values():
        if other.meeting_id != view.meeting_id:
            continue
        if other.bot_id != line.bot_id and other.name == line.speaker:
            return False
    first = next(
        (b for b in bots.values() if b.meeting_id == view.meeting_id and _could_hear(b, line)), view
    )
    return first.bot_id == line.bot_id


def _could_hear(view: BotView, line: Line) -> bool:
    return view.ended is None or view.ended >= line.at
