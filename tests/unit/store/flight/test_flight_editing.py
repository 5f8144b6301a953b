"""Recordings made out of others: parts that stand by themselves, and what must not be told gone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from speakdesk.domain.errors import Reason, StoreError
from speakdesk.store.flight.editing import Span, cut, repair
from speakdesk.store.flight.format import (
    AudioDiscarded,
    AudioIn,
    EventRecord,
    Record,
    SocketChange,
    SocketRecord,
)
from speakdesk.store.flight.lines import lines_of
from speakdesk.store.flight.reader import FlightFile, Side
from speakdesk.store.flight.redacting import Redaction, redact
from tests.fixtures.recording import HEADER, bot_sound, meeting_sound, write_meeting


@pytest.fixture
def flight(tmp_path: Path) -> FlightFile:
    return FlightFile.open(write_meeting(tmp_path / "m.speakdesk"))


def events(flight: FlightFile, kind: str) -> list[EventRecord]:
    return [r for r in flight.records() if isinstance(r, EventRecord) and r.kind == kind]


def test_a_part_stands_by_itself(flight: FlightFile, tmp_path: Path) -> None:
    cut(flight, Span(1.75, 7.25), tmp_path / "part.speakdesk")
    with FlightFile.open(tmp_path / "part.speakdesk") as part:
        assert part.verify() == ()
        assert part.has_ended
        assert part.duration_s == pytest.approx(5.5)
        assert part.header.started == "2026-11-20T10:00:01.750Z"
        assert part.header.cut_from_s == 1.75
        assert part.header.edits == ("cut from 1.750 s to 7.250 s",)
        assert np.array_equal(part.audio(Side.MEETING, 0, 5.5), meeting_sound()[28000:116000])
        assert np.array_equal(part.audio(Side.BOT, 3.25, 4.75), bot_sound()[80000:104000])
        lines = lines_of(part)
        assert [line.text for line in lines] == [
            "I am Priya and Max Berg comes later.",
            "Thank you, Priya. I will",
        ]
        assert lines[0].since_s == pytest.approx(0.25)
        (dropped,) = (r for r in part.records() if isinstance(r, AudioDiscarded))
        assert (dropped.at_s, dropped.cut_s) == (pytest.approx(4.75), pytest.approx(4.65))


def test_a_part_has_the_lines_that_were_said_in_it(flight: FlightFile, tmp_path: Path) -> None:
    cut(flight, Span(1.55, 3.6), tmp_path / "part.speakdesk")
    with FlightFile.open(tmp_path / "part.speakdesk") as part:
        (line,) = lines_of(part)
        assert line.text == "I am Priya and Max Berg comes later."
        assert line.told_s == pytest.approx(2.05)
        assert len(events(part, "line.partial")) == 1
        assert part.duration_s == pytest.approx(2.05)


def test_a_part_begins_in_the_state_of_its_moment(flight: FlightFile, tmp_path: Path) -> None:
    cut(flight, Span(5.0, 9.0), tmp_path / "part.speakdesk")
    with FlightFile.open(tmp_path / "part.speakdesk") as part:
        first = [r for r in part.records(0.0, 0.001) if not hasattr(r, "sound")][1:]
        assert isinstance(first[0], SocketRecord)
        assert first[0].change is SocketChange.OPENED
        kinds = [r.kind for r in first if isinstance(r, EventRecord)]
        assert sorted(kinds) == ["bot.evidence", "bot.state", "roster.changed"]
        (state,) = events(part, "bot.state")
        assert state.data["state"] == "in_call"


@given(since_ms=st.integers(0, 9900), length_ms=st.integers(1, 10000))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_part_has_the_sound_of_its_span(
    flight: FlightFile, tmp_path: Path, since_ms: int, length_ms: int
) -> None:
    out = tmp_path / f"{since_ms}-{length_ms}.speakdesk"
    since_s, until_s = since_ms / 1000, min(10.0, (since_ms + length_ms) / 1000)
    out.unlink(missing_ok=True)
    cut(flight, Span(since_s, until_s), out)
    with FlightFile.open(out) as part:
        length_s = until_s - since_s
        for side in (Side.MEETING, Side.BOT):
            expected = flight.audio(side, since_s, until_s)
            assert np.array_equal(part.audio(side, 0, length_s), expected)
    out.unlink()


def test_a_part_of_nothing_is_refused(flight: FlightFile, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"lasts 10\.0 s"):
        cut(flight, Span(12.0, 15.0), tmp_path / "x.speakdesk")
    assert not (tmp_path / "x.speakdesk").exists()


def test_nothing_is_written_over(flight: FlightFile, tmp_path: Path) -> None:
    for target, words in ((flight.path, "itself"), (tmp_path / "other", "exists already")):
        if target != flight.path:
            target.write_text("mine")
        before = target.read_bytes()
        with pytest.raises(StoreError, match=words) as refused:
            cut(flight, Span(0, 1), target)
        assert refused.value.problem.reason is Reason.BAD_INPUT
        assert target.read_bytes() == before


def test_who_cancels_leaves_no_file(flight: FlightFile, tmp_path: Path) -> None:
    class Cancelled(Exception):
        pass

    def cancel(done: float) -> None:
        if done > 0.4:
            raise Cancelled

    with pytest.raises(Cancelled):
        cut(flight, Span(0, 10), tmp_path / "x.speakdesk", cancel)
    assert [p.name for p in tmp_path.iterdir()] == ["m.speakdesk"]


def test_names_are_replaced_everywhere_the_same_way(flight: FlightFile, tmp_path: Path) -> None:
    out = tmp_path / "r.speakdesk"
    redact(flight, Redaction(names=True), out)
    content = out.read_bytes()
    for name in (b"Priya", b"Patel", b"Max", b"Berg"):
        assert name not in content
    with FlightFile.open(out) as hidden:
        assert hidden.header.names_are_hidden
        assert hidden.header.bot_name == "Ada"
        lines = lines_of(hidden)
        assert [line.speaker for line in lines] == ["Ada", "Person 1", "Ada", "Person 2"]
        assert lines[1].text == "I am Person 1 and Person 2 comes later."
        assert lines[2].text == "Thank you, Person 1. I will"
        assert lines[3].text == "Thanks Ada."
        roster = events(hidden, "roster.changed")[-1].data
        assert roster["names"] == ["Ada", "Person 1", "Person 2"]
        assert roster["speaking"] == ["Person 2"]
        assert np.array_equal(hidden.audio(Side.MEETING, 0, 10), meeting_sound())


def test_a_line_is_taken_out_with_its_sound(flight: FlightFile, tmp_path: Path) -> None:
    out = tmp_path / "r.speakdesk"
    redact(flight, Redaction(lines=frozenset({2})), out)
    assert b"comes later" not in out.read_bytes()
    assert b"I am Priya" not in out.read_bytes()
    with FlightFile.open(out) as hidden:
        assert [line.text for line in lines_of(hidden)][1] == "[redacted]"
        heard = hidden.audio(Side.MEETING, 0, 10)
        assert not heard[27200:60800].any()
        assert np.array_equal(heard[:27200], meeting_sound()[:27200])
        assert np.array_equal(heard[60800:], meeting_sound()[60800:])
        assert np.array_equal(hidden.audio(Side.BOT, 0, 10), flight.audio(Side.BOT, 0, 10))


def test_a_bot_s_line_goes_with_what_it_was_kept_from_saying(
    flight: FlightFile, tmp_path: Path
) -> None:
    out = tmp_path / "r.speakdesk"
    redact(flight, Redaction(lines=frozenset({3})), out)
    with FlightFile.open(out) as hidden:
        assert not hidden.audio(Side.BOT, 5.0, 6.5).any()
        assert not hidden.audio(Side.DISCARDED, 6.0, 8.0).any()
        assert np.array_equal(hidden.audio(Side.MEETING, 0, 10), meeting_sound())


def test_the_greeting_goes_from_the_header_too(flight: FlightFile, tmp_path: Path) -> None:
    assert flight.header.greeting == "Hello, I am Ada."
    greeting = next(line for line in lines_of(flight) if line.text.startswith("Hello"))
    out = tmp_path / "r.speakdesk"
    redact(flight, Redaction(lines=frozenset({greeting.number})), out)
    assert b"Hello, I am" not in out.read_bytes()
    with FlightFile.open(out) as hidden:
        assert hidden.header.greeting == "[redacted]"


def test_a_greeting_by_name_is_without_the_name(tmp_path: Path) -> None:
    named = replace(HEADER, greeting="Hello Priya, I am Ada.")
    with FlightFile.open(write_meeting(tmp_path / "m.speakdesk", named)) as flight:
        redact(flight, Redaction(names=True), tmp_path / "r.speakdesk")
    with FlightFile.open(tmp_path / "r.speakdesk") as hidden:
        assert hidden.header.greeting == "Hello Person 1, I am Ada."
        assert hidden.header.names_are_hidden


def test_a_silence_beyond_the_end_is_refused(flight: FlightFile, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"lasts 10\.0 s") as refused:
        redact(flight, Redaction(silences=(Span(90.0, 95.0),)), tmp_path / "r.speakdesk")
    assert refused.value.problem.reason is Reason.BAD_INPUT
    assert not (tmp_path / "r.speakdesk").exists()


def test_a_silence_goes_through_both_sides_and_takes_its_words(
    flight: FlightFile, tmp_path: Path
) -> None:
    out = tmp_path / "r.speakdesk"
    redact(flight, Redaction(silences=(Span(5.5, 6.1),)), out)
    with FlightFile.open(out) as hidden:
        assert not hidden.audio(Side.MEETING, 5.5, 6.1).any()
        assert not hidden.audio(Side.BOT, 5.5, 6.1).any()
        assert hidden.audio(Side.MEETING, 6.1, 6.2).any()
        texts = [line.text for line in lines_of(hidden)]
        assert texts[2] == "[redacted]"
        assert texts[3] == "Thanks Ada."
        assert hidden.header.edits == ("redacted: silence from 5.500 s to 6.100 s",)


def test_a_line_that_is_not_there_is_refused(flight: FlightFile, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no line 9"):
        redact(flight, Redaction(lines=frozenset({2, 9})), tmp_path / "r.speakdesk")


def test_a_repair_keeps_what_is_whole(flight: FlightFile, tmp_path: Path) -> None:
    broken = bytearray(flight.path.read_bytes())
    victims: list[Record] = [r for r in flight.records() if isinstance(r, AudioIn)]
    place = broken.find(victims[3].sound.packed[10:60])  # type: ignore[union-attr]
    broken[place] ^= 1
    path = tmp_path / "broken.speakdesk"
    path.write_bytes(bytes(broken[:-20]))
    with FlightFile.open(path) as found:
        assert len(found.verify()) == 2
        repair(found, tmp_path / "whole.speakdesk")
    with FlightFile.open(tmp_path / "whole.speakdesk") as whole:
        assert whole.verify() == ()
        assert whole.header == flight.header
        assert whole.record_count == flight.record_count - 2
