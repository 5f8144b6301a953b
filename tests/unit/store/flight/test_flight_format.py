"""The recording's format: whatever happens to a file, nothing is invented and nothing crashes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protobufs import speakdesk_pb2 as pb
from speakdesk.domain.errors import Reason, StoreError
from speakdesk.store.flight.coding import Encoded, decode, encode
from speakdesk.store.flight.format import (
    AudioIn,
    AudioOut,
    EventRecord,
    Header,
    Kind,
    LogRecord,
    Record,
    Unknown,
)
from speakdesk.store.flight.framing import (
    FRAME_BYTES,
    MARKER,
    PREAMBLE_BYTES,
    Frame,
    pack_frame,
    preamble,
    walk,
)
from speakdesk.store.flight.reader import FlightFile, Side
from speakdesk.store.flight.sound import Packing, Sound
from tests.fixtures.recording import HEADER, meeting_records, meeting_sound, tone

PATH = Path("meeting.speakdesk")


@cache
def whole() -> bytes:
    return preamble() + b"".join(pack_frame(encode(r)) for r in meeting_records())


@cache
def small() -> bytes:
    """The same without most of its sound, so that many flips can be tried."""
    few = [r for r in meeting_records() if not isinstance(r, (AudioIn, AudioOut)) or r.at_s == 0.5]
    return preamble() + b"".join(pack_frame(encode(r)) for r in few)


@cache
def originals(data: bytes) -> frozenset[str]:
    return frozenset(told(FlightFile(PATH, data).records()))


def told(records: Iterator[Record]) -> list[str]:
    return [repr(record) for record in records]


def test_a_recording_is_read_as_it_was_written() -> None:
    flight = FlightFile(PATH, whole())
    assert flight.header == HEADER
    assert flight.duration_s == 10.0
    assert flight.has_ended
    assert flight.verify() == ()
    written = sorted(meeting_records(), key=lambda r: r.at_s)
    assert list(flight.records()) == written
    assert [e.kind for e in flight.events()][:3] == ["bot.state", "bot.state", "bot.evidence"]
    assert np.array_equal(flight.audio(Side.MEETING, 0, 10), meeting_sound())


@given(cut=st.integers(0, len(whole())))
def test_a_file_cut_anywhere_opens_up_to_its_last_whole_record(cut: int) -> None:
    data = whole()[:cut]
    ends = [f.end for f in walk(whole()) if isinstance(f, Frame)]
    whole_ones = sum(1 for end in ends if end <= cut)
    if not whole_ones:
        with pytest.raises(StoreError):
            FlightFile(PATH, data)
        return
    flight = FlightFile(PATH, data)
    assert flight.record_count == whole_ones
    assert flight.header == HEADER
    assert set(told(flight.records())) <= originals(whole())
    is_clean = cut in (*ends, PREAMBLE_BYTES)
    assert bool(flight.verify()) is not is_clean


@given(place=st.integers(0, len(small()) - 1), flip=st.integers(1, 255))
@settings(max_examples=300)
def test_a_flipped_byte_costs_one_record_and_is_told(place: int, flip: int) -> None:
    data = bytearray(small())
    data[place] ^= flip
    flight = FlightFile(PATH, bytes(data))
    kept = told(flight.records())
    assert set(kept) <= originals(small())
    assert len(kept) >= len(originals(small())) - 1
    damage = flight.verify()
    assert any(d.offset <= place < d.offset + max(d.length, 1) for d in damage)
    for side in Side:
        flight.peaks(side, 0, flight.duration_s, 50)
        flight.audio(side, 0, flight.duration_s)


@given(
    flips=st.lists(st.tuples(st.integers(0, len(small()) - 1), st.integers(0, 255)), max_size=40),
    cut=st.integers(0, len(small())),
)
def test_a_file_that_is_ruined_still_invents_nothing(
    flips: list[tuple[int, int]], cut: int
) -> None:
    data = bytearray(small())
    for place, value in flips:
        data[place] = value
    try:
        flight = FlightFile(PATH, bytes(data[:cut]))
    except StoreError:
        return
    assert set(told(flight.records())) <= originals(small())
    flight.verify()


@given(data=st.binary(max_size=2000))
def test_what_is_no_recording_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(StoreError) as refused:
        FlightFile(PATH, data)
    assert refused.value.problem.next_step


def test_a_marker_inside_the_sound_is_not_taken_for_a_record() -> None:
    sound = Sound(16000, 400, Packing.PCM, MARKER * 200)
    data = preamble() + b"".join(
        pack_frame(encode(r)) for r in (HEADER, AudioIn(0.0, sound), LogRecord(1.0, "i", "s", "x"))
    )
    assert FlightFile(PATH, data).verify() == ()
    broken = bytearray(data)
    broken[len(preamble() + pack_frame(encode(HEADER))) + 5] ^= 1
    flight = FlightFile(PATH, bytes(broken))
    assert [type(r).__name__ for r in flight.records()] == ["Header", "LogRecord"]


def test_a_record_of_a_newer_kind_is_passed_over_and_kept() -> None:
    message = pb.Record(at_ns=2_000_000_000)
    payload = message.SerializeToString() + b"\xa2\x06\x03abc"  # field 100, three bytes
    frame = pack_frame(Encoded(100, 2_000_000_000, payload))
    data = preamble(1, 7) + pack_frame(encode(HEADER)) + frame
    flight = FlightFile(PATH, data)
    assert flight.verify() == ()
    unknown = list(flight.records())[1]
    assert isinstance(unknown, Unknown)
    assert unknown.kind == 100
    again = decode(100, encode(unknown).head)
    assert isinstance(again, Unknown)
    assert again.payload.endswith(b"abc")
    assert list(flight.events()) == []


@pytest.mark.parametrize("where", ["preamble", "header"])
def test_a_newer_format_is_refused_in_words(where: str) -> None:
    newer = Header("SpeakDesk 9", HEADER.started, format_major=2)
    data = preamble(2 if where == "preamble" else 1) + pack_frame(encode(newer))
    with pytest.raises(StoreError) as refused:
        FlightFile(PATH, data)
    assert refused.value.problem.reason is Reason.UNSUPPORTED
    assert "newer SpeakDesk" in str(refused.value)


def test_an_event_of_a_newer_version_is_passed_over() -> None:
    odd = EventRecord(1.0, {"kind": "mood.changed", "at": "2026-11-20T10:00:01.000Z"})
    wrong = EventRecord(2.0, {"kind": "bot.state", "state": "dancing"})
    data = preamble() + b"".join(pack_frame(encode(r)) for r in (HEADER, odd, wrong))
    flight = FlightFile(PATH, data)
    assert [r.at_s for r in flight.records()] == [0.0, 1.0, 2.0]
    assert list(flight.events()) == []


def test_a_record_that_lies_about_its_kind_is_left_out() -> None:
    log = encode(LogRecord(1.0, "info", "s", "x"))
    data = preamble() + pack_frame(encode(HEADER))
    data += pack_frame(Encoded(Kind.EVENT, log.at_ns, log.head))
    flight = FlightFile(PATH, data)
    assert len(list(flight.records())) == 1
    assert "not what it says" in flight.damage[0].what


@given(
    samples=st.lists(st.integers(-32768, 32767), min_size=1, max_size=4000),
    rate_hz=st.sampled_from([8000, 16000, 24000, 48000]),
)
def test_sound_is_packed_without_loss(samples: list[int], rate_hz: int) -> None:
    pcm = np.array(samples, np.int16)
    sound = Sound.pack(pcm, rate_hz)
    record = decode(Kind.AUDIO_OUT, encode_whole(AudioOut(0.0, sound)))
    assert isinstance(record, AudioOut)
    assert np.array_equal(record.sound.unpack(), pcm)


def encode_whole(record: Record) -> bytes:
    encoded = encode(record)
    return encoded.head + encoded.body


def test_digital_silence_costs_next_to_nothing() -> None:
    record = AudioIn(0.0, Sound.pack(bytes(16000), 16000, (1600,) * 5, (0,) * 5))
    assert len(pack_frame(encode(record))) < FRAME_BYTES + 40
    assert not record.sound.unpack().any()


def test_peaks_are_known_without_unpacking() -> None:
    loud = np.concatenate([np.zeros(800, np.int16), tone(0.45, loud=16000)])
    sound = Sound.pack(loud, 16000)
    head = decode(Kind.AUDIO_IN, encode(AudioIn(0.0, sound)).head)
    assert isinstance(head, AudioIn)
    assert head.sound.packed == b""
    pairs = head.sound.peak_pairs()
    assert pairs.shape == (10, 2)
    assert not pairs[0].any()
    assert pairs[5] == pytest.approx([-0.49, 0.49], abs=0.02)
