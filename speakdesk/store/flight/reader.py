"""A recording opened: found quickly, read lazily, damaged parts left out and told."""

from __future__ import annotations

import bisect
import mmap
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from operator import attrgetter
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt
import soxr

from speakdesk.domain.clock import from_iso
from speakdesk.domain.errors import StoreError
from speakdesk.domain.events import Event
from speakdesk.store.flight.coding import Unreadable
from speakdesk.store.flight.format import (
    FORMAT_MAJOR,
    AudioDiscarded,
    AudioIn,
    AudioOut,
    AudioRecord,
    EventRecord,
    Header,
    Kind,
    Record,
)
from speakdesk.store.flight.framing import (
    MAGIC,
    Bytes,
    Damage,
    Frame,
    read_head,
    read_whole,
    version_of,
    walk,
)
from speakdesk.store.flight.refusals import cannot_open, empty, newer, no_recording
from speakdesk.store.flight.sound import LONGEST_BLOCK_S, PEAK_S, Samples
from speakdesk.store.flight.unhurried import FRAMES_AT_ONCE, unhurried

Peaks = npt.NDArray[np.float32]


class Side(StrEnum):
    """Whose sound: the meeting's, the bot's, or what the bot was kept from saying."""

    MEETING = "meeting"
    BOT = "bot"
    DISCARDED = "discarded"


_KIND_OF = {
    Side.MEETING: Kind.AUDIO_IN,
    Side.BOT: Kind.AUDIO_OUT,
    Side.DISCARDED: Kind.AUDIO_DISCARDED,
}
_AUDIO_KINDS = frozenset(int(kind) for kind in _KIND_OF.values())


class FlightFile:
    """One recording, to be read. All of it blocks; made for threads other than the loop's.

    Reading is safe from several threads at once. Close it, or use it in a `with`.
    """

    def __init__(self, path: Path, data: Bytes) -> None:
        self.path = path
        self._data = data
        self._damage: dict[int, Damage] = {}
        self._peaks: dict[Side, tuple[npt.NDArray[np.float64], Peaks]] = {}
        version = version_of(data)
        if version is not None and version[0] > FORMAT_MAJOR:
            raise StoreError(newer(path, version[0]))
        frames: list[Frame] = []
        for found in unhurried(walk(data), FRAMES_AT_ONCE):
            if isinstance(found, Frame):
                frames.append(found)
            else:
                self._damage[found.offset] = found
        is_ours = data[: len(MAGIC)] == MAGIC
        if not frames and not is_ours:
            raise StoreError(no_recording(path))
        if not frames:
            raise StoreError(empty(path))
        self._frames = sorted(frames, key=attrgetter("at_ns"))
        self._times = [frame.at_ns for frame in self._frames]
        self._by_kind: dict[int, tuple[list[Frame], list[int]]] = {}
        self._by_kinds: dict[frozenset[Kind], tuple[list[Frame], list[int]]] = {}
        self.header = self._read_header()
        if self.header.format_major > FORMAT_MAJOR:
            raise StoreError(newer(path, self.header.format_major))
        self.duration_s = self._find_duration()

    @classmethod
    def open(cls, path: Path) -> FlightFile:
        """Open a recording; 30 ms for an hour. One that still grows is as it is now.

        Raises StoreError, also for a newer format.
        """
        try:
            with path.open("rb") as file:
                if path.stat().st_size == 0:
                    raise StoreError(empty(path))
                data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except OSError as e:
            raise StoreError(cannot_open(path, e)) from e
        try:
            return cls(path, data)
        except BaseException:
            data.close()
            raise

    def close(self) -> None:
        """Let go of the file; safe to call twice."""
        if isinstance(self._data, mmap.mmap):
            self._data.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def started(self) -> datetime | None:
        """When the recording began, UTC; None where the header is damaged."""
        try:
            return from_iso(self.header.started)
        except ValueError:
            return None

    @property
    def damage(self) -> tuple[Damage, ...]:
        """What is broken, as far as it has been come across; `verify` comes across all of it."""
        return tuple(self._damage[offset] for offset in sorted(self._damage))

    @property
    def has_ended(self) -> bool:
        """True where the recording ended in order and was not cut off."""
        return bool(self._of(Kind.ENDED)[0])

    @property
    def record_count(self) -> int:
        """How many records there are, damaged content included."""
        return len(self._frames)

    def verify(self) -> tuple[Damage, ...]:
        """Read every record, sound unpacked; returns what is broken and where."""
        for frame in unhurried(self._frames):
            record = self._whole(frame)
            if isinstance(record, (AudioIn, AudioOut, AudioDiscarded)):
                try:
                    record.sound.unpack()
                except ValueError as e:
                    self._note(frame, str(e))
        return self.damage

    # -- records -----------------------------------------------------------------------------------

    def records(
        self,
        since_s: float = 0.0,
        until_s: float = float("inf"),
        kinds: frozenset[Kind] | None = None,
    ) -> Iterator[Record]:
        """The records that touch this span, in the order of their times, read one by one.

        Kinds that this version does not know come as `Unknown` where `kinds` is None.
        """
        frames, times = self._frames, self._times
        if kinds is not None:
            frames, times = self._of_all(kinds)
        first = bisect.bisect_left(times, _ns(since_s - LONGEST_BLOCK_S))
        for frame in unhurried(frames[first:]):
            if frame.at_s >= until_s:
                return
            is_before = frame.at_s < since_s
            if is_before and frame.kind not in _AUDIO_KINDS:
                continue
            record = self._whole(frame)
            if record is None:
                continue
            if is_before and isinstance(record, AudioRecord) and record.until_s <= since_s:
                continue
            yield record

    def events(self, since_s: float = 0.0, until_s: float = float("inf")) -> Iterator[Event]:
        """The bot's events; those that this version does not know are passed over."""
        for _, event in self.timed_events(since_s, until_s):
            yield event

    def timed_events(
        self, since_s: float = 0.0, until_s: float = float("inf")
    ) -> Iterator[tuple[float, Event]]:
        """The bot's events with their time on the recording's clock."""
        for record in self.records(since_s, until_s, frozenset({Kind.EVENT})):
            if isinstance(record, EventRecord):
                try:
                    yield record.at_s, record.event()
                except ValueError:
                    continue

    def count(self, kind: Kind) -> int:
        """How many records of a kind there are."""
        return len(self._of(kind)[0])

    def seconds(self, side: Side) -> float:
        """How much sound there is of a side."""
        return sum(record.sound.seconds for record in self._heads(side))

    # -- sound -------------------------------------------------------------------------------------

    def audio(
        self, side: Side, since_s: float, until_s: float, rate_hz: int | None = None
    ) -> Samples:
        """Sound as s16 mono, silence where nothing was; `rate_hz` None is the recording's own.

        Pieces that are to be joined want the recording's own rate: each is converted by itself.
        """
        rate_hz = rate_hz or self.header.rate_hz or 16000
        length = max(0, round((until_s - since_s) * rate_hz))
        out = np.zeros(length, np.int16)
        is_known = np.zeros(length, np.bool_)
        others: dict[int, Samples] = {}
        for at_s, own_hz, samples in self._sounds(side, since_s, until_s):
            if own_hz == rate_hz:
                target = out
                begin = round((at_s - since_s) * own_hz)
                is_known[max(0, begin) : max(0, begin + len(samples))] = True
            else:
                target = others.setdefault(
                    own_hz, np.zeros(max(0, round((until_s - since_s) * own_hz)), np.int16)
                )
            _place(target, samples, round((at_s - since_s) * own_hz))
        for own_hz, samples in others.items():
            converted = soxr.resample(samples, own_hz, rate_hz)[:length]
            part = out[: len(converted)]
            np.add(part, converted, out=part, where=~is_known[: len(converted)])
        return out

    def peaks(self, side: Side, since_s: float, until_s: float, columns: int) -> Peaks:
        """Lowest and highest sample (-1..1) in each of `columns` equal parts of a span.

        From the records' own peaks of 50 ms, nothing is unpacked; 0, 0 where nothing was. The
        first call for a side reads all of them.
        """
        out = np.zeros((max(0, columns), 2), np.float32)
        if columns <= 0 or until_s <= since_s:
            return out
        times, pairs = self._all_peaks(side)
        if not len(times):
            return out
        step_s = (until_s - since_s) / columns
        first = np.searchsorted(times, since_s - PEAK_S, side="right")
        last = np.searchsorted(times, until_s, side="left")
        begin = np.floor((times[first:last] - since_s) / step_s).astype(np.int64)
        end = np.floor((times[first:last] + PEAK_S * 0.999 - since_s) / step_s).astype(np.int64)
        spread = int((end - begin).max(initial=0))
        for offset in range(spread + 1):
            column = begin + offset
            usable = (column <= end) & (column >= 0) & (column < columns)
            np.minimum.at(out[:, 0], column[usable], pairs[first:last, 0][usable])
            np.maximum.at(out[:, 1], column[usable], pairs[first:last, 1][usable])
        return out

    def _all_peaks(self, side: Side) -> tuple[npt.NDArray[np.float64], Peaks]:
        if side not in self._peaks:
            times: list[npt.NDArray[np.float64]] = [np.zeros(0)]
            pairs: list[Peaks] = [np.zeros((0, 2), np.float32)]
            for record in self._heads(side):
                own = record.sound.peak_pairs()
                times.append(record.at_s + np.arange(len(own), dtype=np.float64) * PEAK_S)
                pairs.append(own)
            joined = np.concatenate(times)
            order = np.argsort(joined, kind="stable")
            self._peaks[side] = joined[order], np.concatenate(pairs)[order]
        return self._peaks[side]

    def _sounds(
        self, side: Side, since_s: float, until_s: float
    ) -> Iterator[tuple[float, int, Samples]]:
        frames, times = self._of(_KIND_OF[side])
        first = bisect.bisect_left(times, _ns(since_s - LONGEST_BLOCK_S))
        for frame in frames[first:]:
            if frame.at_s >= until_s:
                return
            record = self._whole(frame)
            if isinstance(record, AudioRecord) and record.until_s > since_s:
                try:
                    samples = record.sound.unpack()
                except ValueError as e:
                    self._note(frame, str(e))
                else:
                    yield record.at_s, record.sound.rate_hz, samples

    def _heads(self, side: Side) -> Iterator[AudioRecord]:
        for frame in unhurried(self._of(_KIND_OF[side])[0]):
            try:
                record = read_head(self._data, frame)
            except Unreadable as e:
                self._note(frame, str(e))
                continue
            if isinstance(record, AudioRecord):
                yield record

    # -- inside ------------------------------------------------------------------------------------

    def _of(self, kind: Kind) -> tuple[list[Frame], list[int]]:
        if kind not in self._by_kind:
            frames = [frame for frame in self._frames if frame.kind == kind]
            self._by_kind[kind] = frames, [frame.at_ns for frame in frames]
        return self._by_kind[kind]

    def _of_all(self, kinds: frozenset[Kind]) -> tuple[list[Frame], list[int]]:
        if kinds not in self._by_kinds:
            frames = [frame for frame in self._frames if frame.kind in kinds]
            self._by_kinds[kinds] = frames, [frame.at_ns for frame in frames]
        return self._by_kinds[kinds]

    def _whole(self, frame: Frame) -> Record | None:
        try:
            return read_whole(self._data, frame)
        except Unreadable as e:
            self._note(frame, str(e))
            return None

    def _note(self, frame: Frame, what: str) -> None:
        self._damage[frame.offset] = Damage(
            frame.offset, frame.end - frame.offset, what, frame.at_s
        )

    def _read_header(self) -> Header:
        for frame in self._of(Kind.HEADER)[0]:
            record = self._whole(frame)
            if isinstance(record, Header):
                return record
        self._damage.setdefault(0, Damage(0, 0, "the header is missing"))
        return Header(application="", started="")

    def _find_duration(self) -> float:
        until_s = 0.0
        for kind in (Kind.AUDIO_IN, Kind.AUDIO_OUT):
            for frame in reversed(self._of(kind)[0]):
                try:
                    record = read_head(self._data, frame)
                except Unreadable as e:
                    self._note(frame, str(e))
                    continue
                if isinstance(record, AudioRecord):
                    until_s = max(until_s, record.until_s)
                break
        others = (f.at_s for f in reversed(self._frames) if f.kind not in _AUDIO_KINDS)
        return max(until_s, next(others, 0.0))


def _place(target: Samples, samples: Samples, begin: int) -> None:
    skip = max(0, -begin)
    room = target[max(0, begin) : max(0, begin + len(samples))]
    room[:] = samples[skip : skip + len(room)]


def _ns(seconds: float) -> int:
    return max(0, round(seconds * 1e9))
