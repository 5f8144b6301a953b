"""The lines of a recording with their numbers, and where in the sound each was said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from speakdesk.domain.clock import from_iso
from speakdesk.store.flight.format import EventRecord, Kind
from speakdesk.store.flight.reader import FlightFile, Side

# How far a line's sound may lie beyond what its event says.
MARGIN_S = 0.3
_LINE = "line.final"
_PART = "line.partial"
# Words of a line that goes on come at least so often.
_GOES_ON_S = 1.5


@dataclass(frozen=True, slots=True)
class FlightLine:
    """One line; `number` counts from 1 in the order they were said.

    Times are the recording's: the line was said from `since_s` to `until_s` and known at `told_s`.
    One in which the recording broke off ends there, with the words known by then.
    `is_bot` where the recorded bot said it, `is_any_bot` also where another of the desk's bots did.
    """

    number: int
    line_id: str
    since_s: float
    until_s: float
    told_s: float
    speaker: str
    text: str
    is_bot: bool
    is_any_bot: bool
    interrupted: bool

    @property
    def side(self) -> Side:
        """In whose sound it is."""
        return Side.BOT if self.is_bot else Side.MEETING


@dataclass(frozen=True, slots=True)
class FlightTurn:
    """One person's turn and the bot's answer to it; `number` counts from 1."""

    number: int
    since_s: float
    until_s: float
    lines: tuple[FlightLine, ...]


def lines_of(flight: FlightFile) -> tuple[FlightLine, ...]:
    """All lines of a recording, in the order they began."""
    found = sorted(_lines(flight), key=lambda line: (line.since_s, line.told_s))
    return tuple(replace(line, number=number) for number, line in enumerate(found, start=1))


def turns_of(lines: tuple[FlightLine, ...]) -> tuple[FlightTurn, ...]:
    """The turns: each begins with people speaking and ends with the bot's last line after it.

    What the bot says before anybody spoke is a turn of its own.
    """
    groups: list[list[FlightLine]] = []
    for line in lines:
        begins = not line.is_bot and (not groups or groups[-1][-1].is_bot)
        if begins or not groups:
            groups.append([])
        groups[-1].append(line)
    return tuple(
        FlightTurn(
            number,
            min(line.since_s for line in group),
            max(line.until_s for line in group),
            tuple(group),
        )
        for number, group in enumerate(groups, start=1)
    )


def _lines(flight: FlightFile) -> Iterator[FlightLine]:
    begun: dict[str, EventRecord] = {}
    for record in flight.records(kinds=frozenset({Kind.EVENT})):
        if not isinstance(record, EventRecord):
            continue
        if record.kind == _PART:
            begun[str(record.data.get("line_id", ""))] = record
        elif record.kind == _LINE:
            begun.pop(str(record.data.get("line_id", "")), None)
            yield _line(flight, record, record.at_s)
    if not flight.has_ended:
        for record in begun.values():
            goes_on = flight.duration_s - record.at_s <= _GOES_ON_S
            told_s = flight.duration_s if goes_on else record.at_s
            yield _line(flight, record, told_s)


def _line(flight: FlightFile, record: EventRecord, told_s: float) -> FlightLine:
    data, started, own = record.data, flight.started, flight.header.bot_name
    since_s = told_s
    if started is not None:
        try:
            since_s = (from_iso(str(data.get("at"))) - started).total_seconds()
        except ValueError:
            since_s = told_s
    since_s = min(max(0.0, since_s), told_s)
    seconds = data.get("seconds")
    until_s = told_s
    if isinstance(seconds, (int, float)) and seconds >= 0:
        until_s = since_s + float(seconds)
    is_any_bot = bool(data.get("is_bot"))
    return FlightLine(
        0,
        str(data.get("line_id", "")),
        since_s,
        max(since_s, until_s),
        told_s,
        str(data.get("speaker", "")),
        str(data.get("text", "")),
        is_any_bot and own in ("", data.get("speaker")),
        is_any_bot,
        bool(data.get("interrupted")),
    )
