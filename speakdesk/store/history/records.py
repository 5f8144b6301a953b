"""What the history tells: plain data, as read from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from speakdesk.domain.aftermath import ArtifactKind, Cost
from speakdesk.domain.bot import BotState, EvidenceMark
from speakdesk.domain.errors import Problem
from speakdesk.domain.minutes import Summary


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
class PersonRecord:
    """Somebody the provider saw in the meeting; `spoke` is None where it does not say."""

    name: str
    spoke: bool | None = None


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A file of the provider's, and where it lies on this computer once it was fetched.

    `is_there` is whether the provider still has it, `expires` when the address it last gave runs
    out; a fresh one is asked for with each download. `size_bytes` is None until it is known.
    """

    kind: ArtifactKind
    is_there: bool = True
    expires: datetime | None = None
    path: str = ""
    size_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class AftermathRecord:
    """What the provider keeps of one bot's meeting, as it was told at `asked`.

    `problem` is the provider's own trouble (a recording that failed), `trouble` what kept us from
    asking or fetching last time. `transcript_read` is when the provider's lines were taken in.
    """

    bot_id: str
    asked: datetime
    raw: str = ""
    is_complete: bool = False
    is_deleted: bool = False
    joined: datetime | None = None
    exited: datetime | None = None
    duration_s: float | None = None
    people: tuple[PersonRecord, ...] = ()
    cost: Cost | None = None
    files: tuple[FileRecord, ...] = ()
    problem: Problem | None = None
    trouble: Problem | None = None
    transcript_read: datetime | None = None

    def file(self, kind: ArtifactKind) -> FileRecord | None:
        """The file of that kind, None where there is none."""
        return next((file for file in self.files if file.kind is kind), None)


@dataclass(frozen=True, slots=True)
class ProviderLineRecord:
    """One line of the provider's own transcript; seconds since its recording began."""

    bot_id: str
    speaker: str
    text: str
    start_s: float
    end_s: float
    language: str = ""


@dataclass(frozen=True, slots=True)
class PendingBot:
    """A bot that has ended and whose provider may have more to tell."""

    bot_id: str
    meeting_id: str
    provider: str
    provider_bot_id: str
    ended: datetime
    is_complete: bool = False


@dataclass(frozen=True, slots=True)
class MeetingRecord:
    """One meeting whole: its bots and, in the order of time, lines, turns and chat.

    `provider_lines` are those of the bot whose recording went on longest; they stay apart from
    our own. `minutes` is the summary a language model wrote.
    """

    summary: MeetingSummary
    bots: tuple[BotRecord, ...]
    lines: tuple[LineRecord, ...]
    turns: tuple[TurnRecord, ...]
    chat: tuple[ChatRecord, ...]
    aftermath: tuple[AftermathRecord, ...] = ()
    provider_lines: tuple[ProviderLineRecord, ...] = ()
    minutes: Summary | None = None

    def after(self, bot_id: str) -> AftermathRecord | None:
        """What the provider keeps of that bot's meeting, None where nothing is known."""
        return next((found for found in self.aftermath if found.bot_id == bot_id), None)

    @property
    def tokens(self) -> float | None:
        """What all bots cost in the provider's tokens; None where none is known."""
        totals = [a.cost.total for a in self.aftermath if a.cost and a.cost.total is not None]
        return sum(totals) if totals else None

    @property
    def people(self) -> tuple[PersonRecord, ...]:
        """Everybody the provider saw, our own bots left out, each once."""
        ours = {bot.name for bot in self.bots}
        found: dict[str, PersonRecord] = {}
        for person in (p for a in self.aftermath for p in a.people):
            known = found.get(person.name)
            if person.name not in ours and (known is None or (person.spoke and not known.spoke)):
                found[person.name] = person
        return tuple(found.values())

    @property
    def provider_began(self) -> datetime:
        """The moment the provider's lines count from."""
        if self.provider_lines:
            after = self.after(self.provider_lines[0].bot_id)
            if after is not None and after.joined is not None:
                return after.joined
        return self.summary.started


@dataclass(frozen=True, slots=True)
class SearchHit:
    """A line that was found; `marks` are the (start, end) characters that matched in its text."""

    meeting_id: str
    meeting_title: str
    line: LineRecord
    marks: tuple[tuple[int, int], ...]
