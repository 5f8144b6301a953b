"""What happened in a recording, laid out on its clock: what the player shows under the sound."""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from speakdesk.domain.bot import BotState
from speakdesk.domain.events import BotStateChanged, ChatMessage, Event, ToolCalled, TurnTimed
from speakdesk.store.flight.format import AudioDiscarded, EventRecord, Kind, SocketChange
from speakdesk.store.flight.format import SocketRecord as SocketRecord
from speakdesk.store.flight.lines import FlightLine, FlightTurn, lines_of, turns_of
from speakdesk.store.flight.reader import FlightFile

__all__ = [
    "FlightLine",
    "FlightTurn",
    "Interruption",
    "Remark",
    "SocketChange",
    "SocketRecord",
    "SocketSpan",
    "StateSpan",
    "Story",
    "TimedTurn",
]

_KINDS = frozenset({"bot.state", "turn.timed", "chat.message", "tool.called"})


@dataclass(frozen=True, slots=True)
class StateSpan:
    """How long the bot was in a state."""

    since_s: float
    until_s: float
    state: BotState
    cause: str = ""


@dataclass(frozen=True, slots=True)
class SocketSpan:
    """How long the provider's socket was open; `is_lost` where it closed and another followed."""

    since_s: float
    until_s: float
    is_lost: bool = False


@dataclass(frozen=True, slots=True)
class Interruption:
    """The bot was cut off at `at_s`; from `since_s` to `until_s` it would have gone on."""

    at_s: float
    since_s: float
    until_s: float

    @property
    def discarded_s(self) -> float:
        """How much nobody heard."""
        return max(0.0, self.until_s - self.since_s)


@dataclass(frozen=True, slots=True)
class TimedTurn:
    """An answer whose stages were timed; its first sound was sent at `at_s`."""

    at_s: float
    turn: TurnTimed

    @property
    def since_s(self) -> float:
        """When the person had finished."""
        return max(0.0, self.at_s - (self.turn.total_ms or 0.0) / 1000)


@dataclass(frozen=True, slots=True)
class Remark:
    """A message in the chat, or a tool that was used."""

    at_s: float
    event: ChatMessage | ToolCalled


@dataclass(frozen=True, slots=True)
class Story:
    """Everything but the sound, each part in the order of time."""

    lines: tuple[FlightLine, ...] = ()
    turns: tuple[FlightTurn, ...] = ()
    states: tuple[StateSpan, ...] = ()
    sockets: tuple[SocketSpan, ...] = ()
    socket_records: tuple[SocketRecord, ...] = ()
    interruptions: tuple[Interruption, ...] = ()
    timed: tuple[TimedTurn, ...] = ()
    remarks: tuple[Remark, ...] = ()

    @classmethod
    def read(cls, flight: FlightFile) -> Story:
        """Read it; blocking, a few tenths of a second for hours of talk."""
        lines = lines_of(flight)
        events = list(_events(flight))
        sockets = tuple(
            r for r in flight.records(kinds=frozenset({Kind.SOCKET})) if isinstance(r, SocketRecord)
        )
        return cls(
            lines,
            turns_of(lines),
            _states(events, flight.duration_s),
            _socket_spans(sockets, flight.duration_s),
            sockets,
            _interruptions(flight),
            tuple(TimedTurn(at_s, e) for at_s, e in events if isinstance(e, TurnTimed)),
            tuple(
                Remark(at_s, e) for at_s, e in events if isinstance(e, (ChatMessage, ToolCalled))
            ),
        )

    def turn_after(self, at_s: float) -> float | None:
        """Where the next turn begins; None after the last."""
        starts = [turn.since_s for turn in self.turns]
        place = bisect.bisect_right(starts, at_s + 0.05)
        return starts[place] if place < len(starts) else None

    def turn_before(self, at_s: float) -> float | None:
        """Where this turn begins, or, where it just has, the one before it."""
        starts = [turn.since_s for turn in self.turns]
        place = bisect.bisect_left(starts, at_s - 1.0) - 1
        return starts[place] if place >= 0 else None


def _events(flight: FlightFile) -> Iterable[tuple[float, Event]]:
    for record in flight.records(kinds=frozenset({Kind.EVENT})):
        if isinstance(record, EventRecord) and record.kind in _KINDS:
            try:
                yield record.at_s, record.event()
            except ValueError:
                continue


def _states(events: Sequence[tuple[float, Event]], end_s: float) -> tuple[StateSpan, ...]:
    moves = [(at_s, e) for at_s, e in events if isinstance(e, BotStateChanged)]
    if not moves:
        return ()
    ends = [at_s for at_s, _ in moves[1:]] + [max(end_s, moves[-1][0])]
    return tuple(
        StateSpan(at_s, until_s, e.state, e.cause)
        for (at_s, e), until_s in zip(moves, ends, strict=True)
        if until_s > at_s or e.state.is_final
    )


def _socket_spans(records: Sequence[SocketRecord], end_s: float) -> tuple[SocketSpan, ...]:
    spans: list[SocketSpan] = []
    since_s: float | None = None
    for place, record in enumerate(records):
        if record.change is SocketChange.OPENED and since_s is None:
            since_s = record.at_s
        elif record.change is SocketChange.CLOSED and since_s is not None:
            later = records[place + 1 :]
            is_lost = any(other.change is SocketChange.OPENED for other in later)
            spans.append(SocketSpan(since_s, record.at_s, is_lost))
            since_s = None
    if since_s is not None:
        spans.append(SocketSpan(since_s, max(end_s, since_s)))
    return tuple(spans)


def _interruptions(flight: FlightFile) -> tuple[Interruption, ...]:
    found: dict[float, Interruption] = {}
    for record in flight.records(kinds=frozenset({Kind.AUDIO_DISCARDED})):
        if not isinstance(record, AudioDiscarded):
            continue
        # What two interruptions kept back may lie over each other.
        known = found.get(record.cut_s)
        since_s = record.at_s if known is None else min(known.since_s, record.at_s)
        until_s = record.until_s if known is None else max(known.until_s, record.until_s)
        found[record.cut_s] = Interruption(record.cut_s, since_s, until_s)
    return tuple(found[at_s] for at_s in sorted(found))
