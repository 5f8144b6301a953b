"""Recordings for the faces: what is in one, a part of it, one without what must not be told.

Everything here blocks; call it in a thread. Errors are StoreError, in words.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from speakdesk.domain.errors import Problem, Reason, Stage, StoreError
from speakdesk.store.flight.editing import Progress, Span, cut, repair
from speakdesk.store.flight.format import (
    AudioDiscarded,
    AudioIn,
    AudioOut,
    Ended,
    EventRecord,
    Header,
    Kind,
    LogRecord,
    Record,
    SocketChange,
    SocketRecord,
)
from speakdesk.store.flight.framing import Damage
from speakdesk.store.flight.lines import FlightLine, FlightTurn, lines_of, turns_of
from speakdesk.store.flight.reader import FlightFile, Side
from speakdesk.store.flight.redacting import Redaction, redact
from speakdesk.store.flight.shelf import SUFFIX, FlightNote

__all__ = [
    "SUFFIX",
    "AudioDiscarded",
    "AudioIn",
    "AudioOut",
    "Damage",
    "Ended",
    "EventRecord",
    "FlightFile",
    "FlightInfo",
    "FlightLine",
    "FlightNote",
    "FlightTurn",
    "Header",
    "Kind",
    "LogRecord",
    "Progress",
    "Record",
    "Redaction",
    "Side",
    "SocketChange",
    "SocketRecord",
    "Span",
    "cut",
    "info_of",
    "lines_of",
    "redact",
    "repair",
    "span_of_turn",
    "turns_of",
]

# A turn is cut out with so much around it that it can be heard in its place.
TURN_MARGIN_S = 0.5


@dataclass(frozen=True, slots=True)
class FlightInfo:
    """What is in a recording; seconds of sound by side, counts by kind of event."""

    path: Path
    size_bytes: int
    header: Header
    duration_s: float
    has_ended: bool
    sound_s: dict[str, float]
    events: dict[str, int]
    sockets: tuple[SocketRecord, ...]
    log_lines: int
    lines: tuple[FlightLine, ...]
    turns: int
    damage: tuple[Damage, ...]

    def to_json(self) -> dict[str, Any]:
        """The same as JSON values."""
        return {
            "file": str(self.path),
            "size_bytes": self.size_bytes,
            "header": asdict(self.header),
            "duration_s": round(self.duration_s, 3),
            "ended_in_order": self.has_ended,
            "sound_s": {side: round(seconds, 3) for side, seconds in self.sound_s.items()},
            "events": self.events,
            "sockets": [asdict(s) for s in self.sockets],
            "log_lines": self.log_lines,
            "turns": self.turns,
            "lines": [asdict(line) for line in self.lines],
            "damage": [asdict(d) for d in self.damage],
        }


def info_of(flight: FlightFile) -> FlightInfo:
    """Look through a whole recording."""
    events: dict[str, int] = {}
    sockets: list[SocketRecord] = []
    for record in flight.records(kinds=frozenset({Kind.EVENT, Kind.SOCKET})):
        if isinstance(record, EventRecord):
            events[record.kind] = events.get(record.kind, 0) + 1
        elif isinstance(record, SocketRecord):
            sockets.append(record)
    lines = lines_of(flight)
    return FlightInfo(
        path=flight.path,
        size_bytes=flight.path.stat().st_size,
        header=flight.header,
        duration_s=flight.duration_s,
        has_ended=flight.has_ended,
        sound_s={side.value: flight.seconds(side) for side in Side},
        events=dict(sorted(events.items())),
        sockets=tuple(sockets),
        log_lines=flight.count(Kind.LOG),
        lines=lines,
        turns=len(turns_of(lines)),
        damage=flight.damage,
    )


def span_of_turn(flight: FlightFile, number: int) -> Span:
    """Where a turn is, with what is around it. Raises StoreError where there is none."""
    turns = turns_of(lines_of(flight))
    if not 1 <= number <= len(turns):
        raise StoreError(
            Problem(
                Stage.STORE,
                Reason.BAD_INPUT,
                f"There is no turn {number}: the recording has {len(turns)}.",
                "`speakdesk flight info FILE` shows them.",
            )
        )
    turn = turns[number - 1]
    told_s = max(line.told_s for line in turn.lines)
    return Span(
        max(0.0, turn.since_s - TURN_MARGIN_S),
        min(flight.duration_s, max(turn.until_s, told_s) + TURN_MARGIN_S),
    )
