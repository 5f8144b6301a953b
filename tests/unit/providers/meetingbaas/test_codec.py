"""The codec against anything a socket may bring (contracts/meetingbaas.md §3)."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from speakdesk.providers.meetingbaas.codec import MeetingBaasCodec
from speakdesk.providers.wire import AudioIn, Handshake, Roster, Speaker, Unreadable

EVENTS = (AudioIn, Handshake, Roster, Unreadable)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "bot_id",
                    "sample_rate",
                    "offset",
                    "protocol_version",
                    "start_time",
                    "name",
                    "id",
                    "timestamp",
                    "isSpeaking",
                    "speakers",
                    "other",
                ]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=12,
)


@given(st.lists(st.binary(max_size=50)))
def test_every_sample_arrives_however_the_bytes_are_split(pieces: list[bytes]) -> None:
    codec = MeetingBaasCodec(16000)
    events = [event for piece in pieces for event in codec.decode(piece)]
    heard = b"".join(event.pcm for event in events if isinstance(event, AudioIn))
    sent = b"".join(pieces)
    assert heard == sent[: len(sent) & ~1]
    assert all(isinstance(e, AudioIn) and len(e.pcm) % 2 == 0 and e.pcm for e in events)


@given(st.lists(st.binary(max_size=50)))
def test_only_whole_samples_are_sent(pieces: list[bytes]) -> None:
    codec = MeetingBaasCodec(24000)
    messages = [message for piece in pieces for message in codec.encode(piece)]
    assert all(isinstance(m, bytes) and m and len(m) % 2 == 0 for m in messages)
    said = b"".join(pieces)
    assert b"".join(m for m in messages if isinstance(m, bytes)) == said[: len(said) & ~1]


@given(st.lists(st.binary(max_size=30) | st.text(max_size=60) | json_values.map(json.dumps)))
def test_nothing_makes_it_raise_and_text_never_disturbs_sound(messages: list[bytes | str]) -> None:
    codec = MeetingBaasCodec(16000)
    heard = b""
    for message in messages:
        for event in codec.decode(message):
            assert isinstance(event, EVENTS)
            if isinstance(event, AudioIn):
                assert isinstance(message, bytes)
                heard += event.pcm
    sent = b"".join(m for m in messages if isinstance(m, bytes))
    assert heard == sent[: len(sent) & ~1]


@given(json_values)
def test_any_json_is_read_or_called_unreadable(value: object) -> None:
    (event,) = MeetingBaasCodec(16000).decode(json.dumps(value))
    assert isinstance(event, Handshake | Roster | Unreadable)


def test_reads_the_handshake_of_both_eras_again_and_again() -> None:
    codec = MeetingBaasCodec(16000)
    new = '{"protocol_version":2,"bot_id":"b","offset":0.0,"sample_rate":24000}'
    old = '{"protocol_version":1,"bot_id":"b","offset":1.5}'
    again = (
        '{"protocol_version":2,"bot_id":"b","offset":0.0,"sample_rate":24000,'
        '"start_time":1709654321500,"surprise":{"x":[1]}}'
    )
    assert codec.decode(new) == [Handshake("b", 24000, 0.0, 2, None)]
    assert codec.decode(old) == [Handshake("b", None, 1.5, 1, None)]
    assert codec.decode(again) == [Handshake("b", 24000, 0.0, 2, 1709654321.5)]


def test_reads_seconds_and_milliseconds_alike() -> None:
    codec = MeetingBaasCodec(16000)
    seconds = '[{"name":"John","id":1,"timestamp":1709654321.5,"isSpeaking":true}]'
    milliseconds = '[{"name":"John","id":1,"timestamp":1709654321500,"isSpeaking":true}]'
    expected = [Roster((Speaker("John", True, 1, 1709654321.5),))]
    assert codec.decode(seconds) == expected
    assert codec.decode(milliseconds) == expected


def test_reads_a_single_speaker_and_an_empty_room() -> None:
    codec = MeetingBaasCodec(16000)
    one = '{"name":"Ada","id":null,"isSpeaking":false}'
    assert codec.decode(one) == [Roster((Speaker("Ada", False),))]
    assert codec.decode("[]") == [Roster(())]


def test_says_why_it_cannot_read_without_repeating_it() -> None:
    (event,) = MeetingBaasCodec(16000).decode('{"secret": "Priya said hello"')
    assert isinstance(event, Unreadable)
    assert "Priya" not in event.why


def test_has_no_way_to_interrupt() -> None:
    assert MeetingBaasCodec(16000).interrupt() == []
