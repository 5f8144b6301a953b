"""New recordings made out of old ones: a part of one, a repair.

The old file is never changed. The new one is written beside its place and moved there when whole.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from speakdesk.domain.clock import to_iso
from speakdesk.domain.errors import Problem, Reason, Stage, StoreError
from speakdesk.store.flight.coding import encode
from speakdesk.store.flight.format import (
    AudioDiscarded,
    AudioRecord,
    Ended,
    EventRecord,
    Header,
    Kind,
    Record,
    SocketChange,
    SocketRecord,
)
from speakdesk.store.flight.framing import pack_frame, preamble
from speakdesk.store.flight.lines import lines_of
from speakdesk.store.flight.reader import FlightFile
from speakdesk.store.flight.sound import Sound

A = TypeVar("A", bound=AudioRecord)

# A line of which no more than this is in a part is not in it.
_TAIL_S = 0.05

Progress = Callable[[float], None]
"""Hears how much is done, 0..1; what it raises ends the work and leaves no file."""


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a recording in seconds; the end is not in it."""

    since_s: float
    until_s: float

    def touches(self, since_s: float, until_s: float) -> bool:
        """True where they have a moment in common."""
        return self.since_s < until_s and since_s < self.until_s


def cut(flight: FlightFile, span: Span, out: Path, progress: Progress | None = None) -> None:
    """Write a part as a recording of its own, with the state it begins in. Raises StoreError.

    It has the lines that were said in it, also one whose words were known a little later.
    """
    span = Span(max(0.0, span.since_s), min(span.until_s, flight.duration_s))
    if span.until_s <= span.since_s:
        raise StoreError(
            Problem(
                Stage.STORE,
                Reason.BAD_INPUT,
                f"There is nothing to cut out: the recording lasts {flight.duration_s:.1f} s.",
                "Choose a beginning before its end, and an end after the beginning.",
            )
        )
    write_flight(_cut_records(flight, span, progress), out, flight.path)


def repair(flight: FlightFile, out: Path) -> None:
    """Write what is whole as a recording without damage. Raises StoreError."""

    def whole() -> Iterator[Record]:
        for record in flight.records():
            if isinstance(record, AudioRecord):
                try:
                    record.sound.unpack()
                except ValueError:
                    continue
            yield record

    def records() -> Iterator[Record]:
        if not flight.count(Kind.HEADER):
            yield flight.header
        yield from whole()

    write_flight(records(), out, flight.path)


def write_flight(records: Iterable[Record], out: Path, source: Path | None = None) -> None:
    """Write records, the header first, as a file that is whole or not there. Raises StoreError."""
    if out.exists():
        same = source is not None and source.exists() and out.samefile(source)
        raise StoreError(
            Problem(
                Stage.STORE,
                Reason.BAD_INPUT,
                f"{out} is the recording itself." if same else f"{out} exists already.",
                "Choose another name for the new file.",
            )
        )
    beside = out.with_name(f".{out.name}.{secrets.token_hex(4)}.tmp")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(preamble())
            for record in records:
                file.write(pack_frame(encode(record)))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(out)
    except OSError as e:
        _remove(beside)
        raise StoreError(
            Problem(
                Stage.STORE,
                Reason.UNAVAILABLE,
                f"{out} cannot be written.",
                "Choose another place, or make room on the disk.",
                e.strerror or str(e),
            )
        ) from e
    except BaseException:
        _remove(beside)
        raise


_BINARY = getattr(os, "O_BINARY", 0)


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()


def _cut_records(flight: FlightFile, span: Span, progress: Progress | None) -> Iterator[Record]:
    started = flight.started
    edit = f"cut from {span.since_s:.3f} s to {span.until_s:.3f} s"
    yield replace(
        flight.header,
        started=to_iso(started + timedelta(seconds=span.since_s)) if started else "",
        cut_from_s=flight.header.cut_from_s + span.since_s,
        edits=(*flight.header.edits, edit),
    )
    yield from _state_at(flight, span.since_s)
    lines = lines_of(flight)
    before = {line.line_id for line in lines if line.until_s <= span.since_s + _TAIL_S}
    for record in with_progress(flight.records(span.since_s, span.until_s), span, progress):
        if isinstance(record, (Header, Ended)):
            continue
        if isinstance(record, AudioRecord):
            yield from _part(record, span)
        elif not (isinstance(record, EventRecord) and record.data.get("line_id") in before):
            yield replace(record, at_s=record.at_s - span.since_s)
    length_s = span.until_s - span.since_s
    late = {
        line.line_id
        for line in lines
        if span.since_s <= line.since_s and line.until_s <= span.until_s <= line.told_s
    }
    if late:
        for known in flight.records(span.until_s, kinds=frozenset({Kind.EVENT})):
            if not isinstance(known, EventRecord) or known.kind != "line.final":
                continue
            if known.data.get("line_id") in late:
                yield replace(known, at_s=length_s)
    yield Ended(length_s, "cut")


def _state_at(flight: FlightFile, at_s: float) -> Iterator[Record]:
    """What held at a moment, as records at 0: socket, state, evidence, roster."""
    kept: dict[object, EventRecord | SocketRecord] = {}
    if at_s <= 0:
        return
    for record in flight.records(0.0, at_s, frozenset({Kind.EVENT, Kind.SOCKET})):
        if isinstance(record, SocketRecord):
            kept.pop("socket", None)
            if record.change is SocketChange.OPENED:
                kept["socket"] = record
        elif isinstance(record, EventRecord):
            if record.kind in ("bot.state", "roster.changed"):
                kept.pop(record.kind, None)
                kept[record.kind] = record
            elif record.kind == "bot.evidence":
                kept.setdefault((record.kind, str(record.data.get("evidence"))), record)
    for state in sorted(kept.values(), key=lambda record: record.at_s):
        yield replace(state, at_s=0.0)


def _part(record: A, span: Span) -> Iterator[A]:
    begin_s, rate_hz = record.at_s - span.since_s, record.sound.rate_hz
    if begin_s >= 0 and record.until_s <= span.until_s:
        yield _moved(record, begin_s, record.sound, span)
        return
    try:
        samples = record.sound.unpack()
    except ValueError:
        return
    first = max(0, round(-begin_s * rate_hz))
    last = min(len(samples), round((span.until_s - record.at_s) * rate_hz))
    if last > first:
        pieces, late_us = _pieces_between(record.sound, first, last)
        sound = Sound.pack(samples[first:last].copy(), rate_hz, pieces, late_us)
        yield _moved(record, max(0.0, begin_s), sound, span)


def _moved(record: A, at_s: float, sound: Sound, span: Span) -> A:
    moved: Any = replace(record, at_s=at_s, sound=sound)
    if isinstance(moved, AudioDiscarded):
        moved = replace(moved, cut_s=max(0.0, moved.cut_s - span.since_s))
    return moved  # type: ignore[no-any-return]


def _pieces_between(sound: Sound, first: int, last: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    pieces: list[int] = []
    late_us: list[int] = []
    position = 0
    for size, late in zip(sound.pieces, sound.late_us, strict=False):
        begin, end = max(position, first), min(position + size, last)
        if end > begin:
            pieces.append(end - begin)
            late_us.append(late)
        position += size
    return tuple(pieces), tuple(late_us)


def with_progress(
    records: Iterable[Record], span: Span, progress: Progress | None
) -> Iterator[Record]:
    """The records, and how far they have come in the span."""
    told = 0.0
    length_s = max(1e-9, span.until_s - span.since_s)
    for record in records:
        if progress is not None:
            done = min(1.0, max(0.0, (record.at_s - span.since_s) / length_s))
            if done - told >= 0.01:
                told = done
                progress(done)
        yield record
