"""What the history tells: plain data, as read from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from speakdesk.domain.bot import BotState, EvidenceMark
from speakdesk.domain.errors import Problem


@dataclass(frozen=True, slots=True)
class MeetingSummary:
    """One meeting in a list. `ended` is None while it runs.

    `title` reads "Ada and Marco in Practice room"; `snippet` is what a person said first, or in a
    search the line that was found.
    """

    id: str
    title: str
    platform: str
    place: str
    provider: str
    started: datetime
    ended: datetime | None
    cause: str
    bot_count: int
    line_count: int
    snippet: str

    @property
    def seconds(self) -> float | None:
        """How long it took, or None while it runs."""
        return (self.ended - self.started).total_seconds() if self.ended else None


@dataclass(frozen=True, slots=True)
class LineRecord:
    """One line as it was said. `seconds` is how long it took, where known."""

    bot_id: str
    line_id: str
    at: datetime
    speaker: str
    text: str
    is_bot: bool
    interrupted: bool = False
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class TurnRecord:
    """How long each stage of one answer took, in milliseconds (see `domain.events.TurnTimed`)."""

    bot_id: str
    at: datetime
    turn: int
    turn_decided_ms: float | None = None
    transcript_ms: float | None = None
    first_token_ms: float | None = None
    first_audio_ms: float | None = None
    on_wire_ms: float | None = None
    total_ms: float | None = None


@dataclass(frozen=True, slots=True)
class ProblemRecord:
    """A trouble a bot had, or its end."""

    at: datetime
    problem: Problem
    recovered: bool


@dataclass(frozen=True, slots=True)
class ChatRecord:
    """One message of the meeting's chat."""

    bot_id: str
    at: datetime
    sender: str
    text: str
    from_bot: bool


@dataclass(frozen=True, slots=True)
class BotRecord:
    """One bot of a past or running meeting. `line_count` counts all lines in its transcript."""

    id: str
    name: str
    persona: str
    provider: str
    provider_bot_id: str
    state: BotState
    cause: str
    problem: Problem | None
    line_count: int
    created: datetime
    ended: datetime | None
    evidence: tuple[EvidenceMark, ...] = ()
    problems: tuple[ProblemRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class MeetingRecord:
    """One meeting whole: its bots and, in the order of time, lines, turns and chat."""

    summary: MeetingSummary
    bots: tuple[BotRecord, ...]
    lines: tuple[LineRecord, ...]
    turns: tuple[TurnRecord, ...]
    chat: tuple[ChatRecord, ...]


@dataclass(frozen=True, slots=True)
class SearchHit:
    """A line that was found; `marks` are the (start, end) characters that matched in its text."""

    meeting_id: str
    meeting_title: str
    line: LineRecord
    marks: tuple[tuple[int, int], ...]
