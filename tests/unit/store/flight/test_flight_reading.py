"""Looking into a recording: spans, sound at any rate, peaks, lines and turns."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from speakdesk.domain.errors import Reason, StoreError
from speakdesk.domain.events import LineFinal
from speakdesk.store.flight.editing import write_flight
from speakdesk.store.flight.format import AudioIn, AudioOut, EventRecord, Kind
from speakdesk.store.flight.lines import lines_of, turns_of
from speakdesk.store.flight.reader import FlightFile, Side
from speakdesk.store.flight.sound import Sound
from tests.fixtures.recording import (
    HEADER,
    bot_sound,
    event,
    meeting_records,
    meeting_sound,
    tone,
    write_meeting,
)


@pytest.fixture
def flight(tmp_path: Path) -> FlightFile:
    return FlightFile.open(write_meeting(tmp_path / "m.speakdesk"))


def test_a_span_has_what_touches_it(flight: FlightFile) -> None:
    found = list(flight.records(5.2, 6.2))
    sound = [r for r in found if isinstance(r, (AudioIn, AudioOut))]
    assert min(r.at_s for r in sound) == 5.0
    assert all(r.at_s < 6.2 for r in found)
    assert all(r.at_s >= 5.2 for r in found if r not in sound)
    assert list(flight.records(5.2, 6.2, frozenset({Kind.SOCKET}))) == []


def test_sound_of_any_span_with_silence_where_nothing_was(flight: FlightFile) -> None:
    assert np.array_equal(flight.audio(Side.MEETING, 2.345, 3.456), meeting_sound()[37520:55296])
    said = flight.audio(Side.BOT, 0.0, 2.0)
    assert np.array_equal(said[8000:24000], bot_sound()[8000:24000])
    assert not said[:8000].any()
    assert not said[24000:].any()
    beyond = flight.audio(Side.MEETING, 9.5, 11.5)
    assert len(beyond) == 32000
    assert not beyond[8000:].any()
    assert len(flight.audio(Side.MEETING, -1.0, 1.0)) == 32000


def test_sound_at_another_rate_keeps_its_length_and_pitch(flight: FlightFile) -> None:
    sound = flight.audio(Side.MEETING, 0.0, 2.0, 48000)
    assert len(sound) == 96000
    spectrum = np.abs(np.fft.rfft(sound.astype(np.float64)))
    assert np.argmax(spectrum) / 2 == pytest.approx(220, abs=1)


def test_a_file_with_two_rates_is_one_sound(tmp_path: Path) -> None:
    records = [
        HEADER,
        AudioIn(0.0, Sound.pack(tone(1.0), 16000)),
        AudioIn(1.0, Sound.pack(tone(1.0, rate_hz=48000), 48000)),
    ]
    write_flight(records, tmp_path / "two.speakdesk")
    with FlightFile.open(tmp_path / "two.speakdesk") as flight:
        sound = flight.audio(Side.MEETING, 0, 2, 16000)
    assert np.array_equal(sound[:16000], tone(1.0))
    assert np.abs(sound[16000:].astype(int)).max() == pytest.approx(8000, rel=0.05)


def test_peaks_follow_the_sound_at_any_zoom(flight: FlightFile) -> None:
    overview = flight.peaks(Side.BOT, 0.0, 10.0, 20)
    loud = np.flatnonzero(overview[:, 1] > 0.1)
    assert loud.tolist() == [1, 2, 10, 11, 12]
    assert overview[1] == pytest.approx([-0.18, 0.18], abs=0.02)
    near = flight.peaks(Side.BOT, 0.4, 0.6, 100)
    assert not near[:45].any()
    assert (near[55:, 1] > 0.1).all()
    assert flight.peaks(Side.BOT, 0.0, 10.0, 0).shape == (0, 2)


def test_lines_stand_where_they_were_said(flight: FlightFile) -> None:
    lines = lines_of(flight)
    assert [(line.number, line.speaker, line.side) for line in lines] == [
        (1, "Ada", Side.BOT),
        (2, "Priya Patel", Side.MEETING),
        (3, "Ada", Side.BOT),
        (4, "Max Berg", Side.MEETING),
    ]
    assert (lines[1].since_s, lines[1].until_s, lines[1].told_s) == (2.0, 3.5, 4.2)


def test_a_turn_is_a_person_and_the_answer(flight: FlightFile) -> None:
    turns = turns_of(lines_of(flight))
    assert [[line.number for line in turn.lines] for turn in turns] == [[1], [2, 3], [4]]
    assert (turns[1].since_s, turns[1].until_s) == (2.0, 6.4)


def test_another_bot_of_the_desk_is_heard_in_the_meeting(tmp_path: Path) -> None:
    said = LineFinal(line_id="x", speaker="Marco", text="Hi", is_bot=True)
    write_flight([HEADER, event(1.0, said)], tmp_path / "s.speakdesk")
    with FlightFile.open(tmp_path / "s.speakdesk") as flight:
        (line,) = lines_of(flight)
    assert line.side is Side.MEETING
    assert line.is_any_bot


def test_what_cannot_be_opened_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as missing:
        FlightFile.open(tmp_path / "none.speakdesk")
    assert missing.value.problem.reason is Reason.NOT_FOUND
    (tmp_path / "empty.speakdesk").write_bytes(b"")
    with pytest.raises(StoreError, match="no whole record"):
        FlightFile.open(tmp_path / "empty.speakdesk")
    with pytest.raises(StoreError):
        FlightFile.open(tmp_path)


def test_a_line_in_which_the_recording_broke_off_is_there_as_far_as_it_is_known(
    tmp_path: Path,
) -> None:
    path = tmp_path / "killed.speakdesk"
    with FlightFile.open(write_meeting(tmp_path / "whole.speakdesk")) as flight:
        final = next(
            record
            for record in flight.records()
            if isinstance(record, EventRecord)
            and record.kind == "line.final"
            and record.data["line_id"] == "l3"
        )
        assert [line.text for line in lines_of(flight)][2] == "Thank you, Priya. I will"
    write_flight([r for r in meeting_records() if r.at_s < final.at_s], path)
    with FlightFile.open(path) as killed:
        assert not killed.has_ended
        line = lines_of(killed)[2]
        assert (line.speaker, line.text, line.is_bot) == ("Ada", "Thank you, P", True)
        assert line.since_s == pytest.approx(5.0)
        assert line.until_s == pytest.approx(killed.duration_s)
        assert not line.interrupted
        assert [line.number for line in lines_of(killed)] == [1, 2, 3]


def test_a_recording_that_ended_has_only_lines_that_were_finished(tmp_path: Path) -> None:
    path = tmp_path / "m.speakdesk"
    unfinished = [
        r for r in meeting_records() if not (isinstance(r, EventRecord) and r.kind == "line.final")
    ]
    write_flight(unfinished, path)
    with FlightFile.open(path) as flight:
        assert flight.has_ended
        assert lines_of(flight) == ()
