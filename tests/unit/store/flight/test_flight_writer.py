"""A recording while it is made: on disk within a second, whole whatever the disk does."""

from __future__ import annotations

import errno
import threading
from pathlib import Path

import numpy as np
import pytest

from speakdesk.domain.errors import Problem
from speakdesk.store.flight.blocks import BLOCK_S, Gathering
from speakdesk.store.flight.format import (
    AudioDiscarded,
    AudioIn,
    EventRecord,
    Kind,
    LogRecord,
    Record,
)
from speakdesk.store.flight.reader import FlightFile, Side
from speakdesk.store.flight.writer import FlightWriter, RawFile, open_raw
from tests.fixtures.recording import HEADER, HandClock, tone, writer_for


class Told:
    """What the writer says when it stops."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.happened = threading.Event()

    def __call__(self, problem: Problem) -> None:
        self.problems.append(problem)
        self.happened.set()


class FullDisk:
    """A disk with room for so many bytes; what goes beyond is written in part, as disks do."""

    def __init__(self, room: int, code: int = errno.ENOSPC) -> None:
        self.room = room
        self.code = code
        self.content = bytearray()
        self.file: RawFile | None = None
        self.has_sound = threading.Event()

    def open(self, path: Path) -> FullDisk:
        self.file = open_raw(path)
        return self

    def write(self, data: bytes, /) -> int:
        assert self.file is not None
        fits = data[: self.room - len(self.content)]
        if not fits:
            raise OSError(self.code, "No space left on device")
        self.content += fits
        count = self.file.write(fits) or 0
        if len(self.content) > 20_000:
            self.has_sound.set()
        return count

    def truncate(self, size: int, /) -> int:
        assert self.file is not None
        del self.content[size:]
        return self.file.truncate(size)

    def fileno(self) -> int:
        assert self.file is not None
        return self.file.fileno()

    def close(self) -> None:
        assert self.file is not None
        self.file.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "flights" / "meeting.speakdesk"


def hold_a_meeting(writer: FlightWriter, clock: HandClock, seconds: float) -> None:
    sound = tone(seconds)
    for begin in range(0, len(sound), 1600):
        writer.heard(sound[begin : begin + 1600].tobytes(), 16000, ("Priya",))
        writer.append(LogRecord(writer.now_s, "info", "test", f"{begin}"))
        clock.s += 0.1


def test_sound_comes_back_as_it_was_and_where_it_was(path: Path) -> None:
    clock, told = HandClock(), Told()
    writer = writer_for(path, clock, told)
    heard, said = tone(3.0), tone(1.0, 330)
    for i in range(30):
        writer.heard(heard[i * 1600 : (i + 1) * 1600].tobytes(), 16000, ("Priya",))
        clock.s += 0.1
    clock.s = 4.0
    for i in range(50):
        writer.sent(said[i * 320 : (i + 1) * 320].tobytes(), 16000)
        clock.s += 0.02
    writer.discarded(said[:8000].tobytes(), 16000, 0.08)
    writer.close_blocking("done")
    assert not told.problems
    with FlightFile.open(path) as flight:
        assert flight.verify() == ()
        assert flight.has_ended
        assert np.array_equal(flight.audio(Side.MEETING, 0, 3), heard)
        assert np.array_equal(flight.audio(Side.BOT, 4, 5), said)
        assert not flight.audio(Side.BOT, 0, 4).any()
        dropped = [r for r in flight.records() if isinstance(r, AudioDiscarded)]
        assert [r.at_s for r in dropped] == [pytest.approx(5.08)]
        assert dropped[0].cut_s == pytest.approx(5.0)
        speakers = {r.speakers for r in flight.records() if isinstance(r, AudioIn)}
        assert speakers == {("Priya",)}


def test_what_happens_is_in_the_file_while_the_meeting_goes_on(path: Path) -> None:
    clock, disk = HandClock(), FullDisk(1_000_000)
    writer = FlightWriter(path, HEADER, clock, on_stopped=Told(), opener=disk.open)
    writer.start()
    hold_a_meeting(writer, clock, 2.0)
    assert disk.has_sound.wait(10)
    with FlightFile.open(path) as flight:
        assert not flight.has_ended
        assert flight.damage == ()
        assert flight.duration_s > 0.4
    writer.close_blocking()


def test_a_full_disk_ends_the_recording_at_its_last_whole_record(path: Path) -> None:
    clock, told, disk = HandClock(), Told(), FullDisk(30_000)
    writer = FlightWriter(path, HEADER, clock, on_stopped=told, opener=disk.open)
    writer.start()
    hold_a_meeting(writer, clock, 5.0)
    assert told.happened.wait(10)
    hold_a_meeting(writer, clock, 1.0)
    writer.close_blocking()
    assert len(told.problems) == 1
    assert "the disk is full" in told.problems[0].sentence
    assert "The bot goes on" in told.problems[0].sentence
    assert told.problems[0].vendor_words == "No space left on device"
    assert not writer.is_recording
    with FlightFile.open(path) as flight:
        assert flight.verify() == ()
        assert flight.header == HEADER


def test_a_place_that_may_not_be_written_is_told_and_nothing_is_recorded(path: Path) -> None:
    def refuse(_: Path) -> RawFile:
        raise OSError(errno.EACCES, "Permission denied")

    told = Told()
    writer = FlightWriter(path, HEADER, HandClock(), on_stopped=told, opener=refuse)
    writer.start()
    assert told.happened.wait(10)
    writer.heard(bytes(3200), 16000)
    writer.close_blocking()
    assert "The meeting is not recorded" in told.problems[0].sentence
    assert "permissions" in told.problems[0].next_step
    assert not path.exists()


def test_an_existing_file_is_never_written_over(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("mine")
    told = Told()
    writer = writer_for(path, HandClock(), told)
    assert told.happened.wait(10)
    writer.close_blocking()
    assert path.read_text() == "mine"
    assert "a file of that name" in told.problems[0].sentence


def test_a_disk_that_hangs_does_not_fill_the_memory(path: Path) -> None:
    gate = threading.Event()

    def slow(where: Path) -> RawFile:
        gate.wait(30)
        return open_raw(where)

    told = Told()
    writer = FlightWriter(path, HEADER, HandClock(), on_stopped=told, opener=slow)
    writer.start()
    try:
        for _ in range(60):
            writer.heard(bytes(1024 * 1024), 16000)
        assert "too slow" in told.problems[0].sentence
        assert len(told.problems) == 1
    finally:
        gate.set()
        writer.close_blocking()


def test_a_mistake_of_ours_ends_only_the_recording(path: Path) -> None:
    def revise(record: Record) -> Record:
        if isinstance(record, LogRecord):
            raise ZeroDivisionError
        return record

    told = Told()
    writer = FlightWriter(path, HEADER, HandClock(), on_stopped=told, revise=revise)
    writer.start()
    writer.append(LogRecord(0.0, "info", "s", "x"))
    assert told.happened.wait(10)
    writer.close_blocking()
    assert "by a mistake of SpeakDesk" in told.problems[0].sentence


def test_each_record_is_revised_before_it_is_written(path: Path) -> None:
    def revise(record: Record) -> Record | None:
        return None if isinstance(record, LogRecord) else record

    writer = FlightWriter(path, HEADER, HandClock(), on_stopped=Told(), revise=revise)
    writer.start()
    writer.append(LogRecord(0.0, "info", "s", "secret"))
    writer.append(EventRecord(0.0, {"kind": "notice", "sentence": "half a pair: \ud83d"}))
    writer.close_blocking()
    assert b"secret" not in path.read_bytes()
    with FlightFile.open(path) as flight:
        assert flight.count(Kind.EVENT) == 1


def gather(pieces: list[tuple[float, int]], rate_hz: int = 16000) -> list[tuple[float, float]]:
    side, blocks = Gathering(), []
    for at_s, samples in pieces:
        blocks += side.add(at_s, tone(samples / rate_hz).tobytes(), rate_hz)
    blocks += side.take()
    return [(round(b.at_s, 3), round(b.sound.seconds, 3)) for b in blocks]


def test_sound_that_jitters_is_one_stream_and_a_gap_is_a_gap() -> None:
    jittery = [(0.1 * i + (0.05 if i % 2 else 0.0), 1600) for i in range(10)]
    assert gather(jittery) == [(0.0, BLOCK_S), (0.5, BLOCK_S)]
    assert gather([(0.0, 1600), (3.0, 1600)]) == [(0.0, 0.1), (3.0, 0.1)]


def test_a_burst_is_laid_out_one_after_the_other() -> None:
    assert gather([(1.0, 1600)] * 4) == [(1.0, 0.4)]
    side = Gathering()
    for _ in range(3):
        side.add(1.0, bytes(3200), 16000)
    assert side.take()[0].sound.late_us == (0, -100_000, -200_000)


def test_another_rate_or_another_speaker_begins_another_block() -> None:
    side = Gathering()
    assert side.add(0.0, bytes(3200), 16000, ("A",)) == []
    (first,) = side.add(0.1, bytes(3200), 16000, ("B",))
    assert first.speakers == ("A",)
    (second,) = side.add(0.2, bytes(9600), 48000, ("B",))
    assert (second.speakers, second.sound.rate_hz) == (("B",), 16000)


def test_one_large_message_becomes_several_blocks() -> None:
    blocks = Gathering().add(0.0, tone(2.0).tobytes(), 16000)
    assert [b.at_s for b in blocks] == [0.0, 0.5, 1.0, 1.5]
