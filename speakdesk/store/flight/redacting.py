"""A recording again without what must not be told: names, lines with their sound, whole spans."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from speakdesk.domain.errors import Problem, Reason, Stage, StoreError
from speakdesk.store.flight.editing import Progress, Span, with_progress, write_flight
from speakdesk.store.flight.format import (
    AudioDiscarded,
    AudioIn,
    AudioOut,
    AudioRecord,
    EventRecord,
    Header,
    Kind,
    Record,
    Unknown,
)
from speakdesk.store.flight.lines import MARGIN_S, FlightLine, lines_of
from speakdesk.store.flight.names import Pseudonyms
from speakdesk.store.flight.reader import FlightFile, Side
from speakdesk.store.flight.sound import Samples, Sound

A = TypeVar("A", bound=AudioRecord)

HIDDEN_TEXT = "[redacted]"


@dataclass(frozen=True, slots=True)
class Redaction:
    """What to take out: people's names, the text and sound of lines by number, all sound of spans.

    The text of a line that was said inside a silenced span goes too.
    """

    names: bool = False
    lines: frozenset[int] = frozenset()
    silences: tuple[Span, ...] = ()


def redact(
    flight: FlightFile, what: Redaction, out: Path, progress: Progress | None = None
) -> None:
    """Write a recording without what must not be told. Raises StoreError, also for a wrong line or
    a span beyond the end.

    Records of a kind that this version does not know are left out: they cannot be searched.
    """
    lines = lines_of(flight)
    wrong = sorted(what.lines - {line.number for line in lines})
    if wrong:
        raise StoreError(
            Problem(
                Stage.STORE,
                Reason.BAD_INPUT,
                f"There is no line {wrong[0]}: the recording has {len(lines)}.",
                "`speakdesk flight info FILE` shows them with their numbers.",
            )
        )
    if any(span.since_s >= flight.duration_s for span in what.silences):
        raise StoreError(
            Problem(
                Stage.STORE,
                Reason.BAD_INPUT,
                "There is nothing to silence there: the recording lasts "
                f"{flight.duration_s:.1f} s.",
                "Choose a span inside it.",
            )
        )
    write_flight(_redacted_records(flight, what, lines, progress), out, flight.path)


def _redacted_records(
    flight: FlightFile,
    what: Redaction,
    lines: Sequence[FlightLine],
    progress: Progress | None,
) -> Iterator[Record]:
    hidden = [line for line in lines if line.number in what.lines or _is_in(line, what.silences)]
    hidden_ids = {line.line_id for line in hidden}
    quiet = _quiet_spans(hidden, what.silences)
    names = Pseudonyms(
        {flight.header.bot_name, *(line.speaker for line in lines if line.is_any_bot)}
    )
    if what.names:
        for known in flight.records(kinds=frozenset({Kind.EVENT, Kind.AUDIO_IN})):
            names.learn(known)
    whole = Span(0.0, flight.duration_s)
    has_header = False
    for found in with_progress(flight.records(), whole, progress):
        record: Record | None = found
        if isinstance(found, Header):
            has_header = True
        elif not has_header:
            has_header = True
            yield _redacted_header(flight.header, what, names, hidden)
        if isinstance(found, Header):
            record = _redacted_header(found, what, names, hidden)
        else:
            record = _redacted(found, hidden_ids, quiet)
            if record is not None and what.names:
                record = names.hide(record)
        if record is not None:
            yield record


def _redacted_header(
    header: Header, what: Redaction, names: Pseudonyms, hidden: Collection[FlightLine]
) -> Header:
    """The header says what was done; the greeting in it goes where its line goes."""
    greeting = _letters(header.greeting)
    said = (_letters(line.text) for line in hidden if line.is_bot)
    header = replace(
        header,
        greeting=HIDDEN_TEXT if any(t and t in greeting for t in said) else header.greeting,
        edits=(*header.edits, _words(what)),
    )
    return names.hide_header(header) if what.names else header


def _letters(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def _redacted(
    record: Record,
    hidden_ids: Collection[str],
    quiet: Mapping[Side, list[Span]],
) -> Record | None:
    match record:
        case Unknown():
            return None
        case EventRecord():
            return _without_text(record, hidden_ids)
        case AudioIn() | AudioOut() | AudioDiscarded():
            return _silenced(record, quiet)
        case _:
            return record


def _is_in(line: FlightLine, spans: Collection[Span]) -> bool:
    return any(span.touches(line.since_s, line.until_s + 1e-9) for span in spans)


def _quiet_spans(
    hidden: Sequence[FlightLine], silences: Sequence[Span]
) -> Mapping[Side, list[Span]]:
    quiet = {side: list(silences) for side in Side}
    for line in hidden:
        span = Span(line.since_s - MARGIN_S, line.until_s + MARGIN_S)
        quiet[line.side].append(span)
    return quiet


def _without_text(record: EventRecord, hidden_ids: Collection[str]) -> EventRecord:
    data = record.data
    is_line = record.kind in ("line.final", "line.partial")
    if not is_line or str(data.get("line_id", "")) not in hidden_ids:
        return record
    return replace(record, data={**data, "text": HIDDEN_TEXT})


def _silenced(record: A, quiet: Mapping[Side, list[Span]]) -> A | None:
    side = _side(record)
    spans = [s for s in quiet[side] if s.touches(record.at_s, record.until_s)]
    if isinstance(record, AudioDiscarded):
        # What an interruption kept back belongs to the line that it interrupted.
        is_hidden = any(s.touches(record.cut_s - MARGIN_S, record.cut_s) for s in quiet[Side.BOT])
        spans += [Span(record.at_s, record.until_s + 1.0)] if is_hidden else []
    if not spans:
        return record
    sound = record.sound
    try:
        samples: Samples = sound.unpack().copy()
    except ValueError:
        return None
    for span in spans:
        first = max(0, round((span.since_s - record.at_s) * sound.rate_hz))
        last = max(0, round((span.until_s - record.at_s) * sound.rate_hz))
        samples[first:last] = 0
    packed = Sound.pack(samples, sound.rate_hz, sound.pieces, sound.late_us)
    silenced: Any = replace(record, sound=packed)
    return silenced  # type: ignore[no-any-return]


def _side(record: AudioRecord) -> Side:
    if isinstance(record, AudioIn):
        return Side.MEETING
    return Side.DISCARDED if isinstance(record, AudioDiscarded) else Side.BOT


def _words(what: Redaction) -> str:
    done = ["redacted:"]
    if what.names:
        done.append("names of people;")
    if what.lines:
        done.append(f"{len(what.lines)} lines;")
    done += [f"silence from {s.since_s:.3f} s to {s.until_s:.3f} s;" for s in what.silences]
    return " ".join(done).rstrip(";")
