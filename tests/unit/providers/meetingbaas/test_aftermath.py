"""What is there after a meeting: files and how long their addresses last, transcripts, cost."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speakdesk.domain.aftermath import ArtifactKind
from speakdesk.providers.meetingbaas.artifacts import expiry_of, read_aftermath
from speakdesk.providers.meetingbaas.calendar_replies import read_connection, read_event
from speakdesk.providers.meetingbaas.replies import read_cost, read_details, read_scheduled
from speakdesk.providers.meetingbaas.transcript import parse_transcript, read_transcript
from speakdesk.providers.meetingbaas.v1.replies import aftermath_from_data, read_listed
from speakdesk.providers.meetingbaas.zoom import read_credential
from tests.conformance.openapi import V2

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
BOT = "123e4567-e89b-42d3-a456-426614174000"
NAMES = [
    "bot_id", "status", "tokens", "participants", "video", "transcript", "transcripts", "result",
    "utterances", "words", "start", "speaker", "text", "transcriptions", "transcription", "bot",
    "bot_data", "errors", "created_at", "raw_payload", "attendees", "meeting_url", "metadata",
]  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)
OBJECT = st.dictionaries(st.sampled_from(NAMES), JSON, max_size=6)


@pytest.mark.parametrize(
    ("url", "expires"),
    [
        (
            "https://s3/x?X-Amz-Date=20260102T030000Z&X-Amz-Expires=3600&X-Amz-Signature=s",
            datetime(2026, 1, 2, 4, tzinfo=UTC),
        ),
        (
            "https://storage/x?X-Goog-Date=20260102T030000Z&X-Goog-Expires=60",
            datetime(2026, 1, 2, 3, 1, tzinfo=UTC),
        ),
        ("https://cdn/x?Expires=1767326400&Signature=s", datetime(2026, 1, 2, 4, tzinfo=UTC)),
        ("https://blob/x?se=2026-01-02T04%3A00%3A00Z&sig=s", datetime(2026, 1, 2, 4, tzinfo=UTC)),
        ("https://s3/x?X-Amz-Date=nonsense&X-Amz-Expires=3600", None),
        ("https://s3/x?X-Amz-Date=20260102T030000Z&X-Amz-Expires=" + "9" * 40, None),
        ("https://cdn/x?Expires=3600", None),
        ("https://cdn/x", None),
        ("https://[broken", None),
    ],
)
def test_an_address_says_itself_when_it_runs_out(url: str, expires: datetime | None) -> None:
    assert expiry_of(url) == expires


@given(st.text(max_size=60))
def test_no_address_breaks_the_reader(text: str) -> None:
    expiry_of(f"https://x/?X-Amz-Date={text}&X-Amz-Expires={text}&se={text}&Expires={text}")


def test_files_are_listed_with_the_time_their_address_lasts() -> None:
    after = read_aftermath(
        {
            "bot_id": BOT,
            "status": "completed",
            "video": "https://s3/v.mp4",
            "audio": "",
            "diarization": None,
            "transcription": "javascript:alert(1)",
            "raw_transcription": "https://s3/raw.json",
            "chat_messages": "https://s3/chat.json",
            "tokens": {"total": "0.6", "recording": "0.5"},
            "error_code": "NO_ATTENDEES",
        },
        NOW,
    )
    assert [artifact.kind for artifact in after.artifacts] == [
        ArtifactKind.VIDEO,
        ArtifactKind.RAW_TRANSCRIPT,
        ArtifactKind.CHAT,
    ]
    video = after.artifacts[0]
    assert not video.is_expired(NOW + timedelta(hours=3, minutes=59))
    assert video.is_expired(NOW + timedelta(hours=4))
    assert "s3" not in repr(after)
    assert after.problem is None
    assert after.cost is not None
    assert (after.cost.total, after.cost.recording) == (0.6, 0.5)


@pytest.mark.parametrize(
    ("status", "is_complete"),
    [
        ("completed", True),
        ("failed", True),
        ("transcription_failed", True),
        ("transcribing", False),
        ("call_ended", False),
        ("in_call_recording", False),
        ("levitating", False),
    ],
)
def test_it_is_complete_when_nothing_is_being_worked_on(status: str, is_complete: bool) -> None:
    assert read_aftermath({"status": status}, NOW).is_complete is is_complete


def test_a_cost_without_a_total_is_the_sum_of_its_parts() -> None:
    cost = read_cost({"recording": 0.5, "streaming_input": 0.1, "streaming_output": None})
    assert cost is not None
    assert cost.total == pytest.approx(0.6)
    assert read_cost(None) is None
    assert read_cost({}) is None


UTTERANCE = {
    "text": "Hello there",
    "language": "en",
    "start": 1.5,
    "end": 2.5,
    "confidence": 0.9,
    "channel": 0,
    "words": [{"word": "Hello", "start": 1.5, "end": 1.9, "confidence": 0.9}],
}


def chunk(text: str, length_s: float) -> dict[str, Any]:
    utterance = {**UTTERANCE, "text": text, "speaker": 0}
    return {
        "metadata": {"audio_duration": length_s},
        "transcription": {"languages": ["en"], "utterances": [utterance]},
    }


@pytest.mark.parametrize(
    ("data", "speaker", "text", "start_s"),
    [
        ({"result": {"utterances": [{**UTTERANCE, "speaker": "Priya"}]}}, "Priya", None, 1.5),
        ({"transcriptions": [chunk("Hello there", 60)]}, "Speaker 1", None, 1.5),
        ([{"speaker": "Priya", "start_time": 3, "words": [{"text": "Hi"}]}], "Priya", "Hi", 3),
        (
            {"bot_data": {"transcripts": [{"speaker": "P", "start_time": 1, "words": []}]}},
            "P",
            "",
            1,
        ),
        (
            [{"speaker": "Priya", "offset": 2.5, "words": [{"word": "Hi", "start": 2.5}]}],
            "Priya",
            "Hi",
            2.5,
        ),
        ({"data": [{"speaker": {"name": "Priya"}, "text": "Hi", "start": 0}]}, "Priya", "Hi", 0),
        ({"utterances": [{"speaker": 3, "text": "Hi"}]}, "Speaker 4", "Hi", 0),
        ([{"speaker": "Priya", "start_time": 1.0, "end_time": 4.0}], "Priya", "", 1.0),
    ],
)
def test_every_known_shape_of_transcript_is_read(
    data: Any, speaker: str, text: str | None, start_s: float
) -> None:
    (line,) = read_transcript(data)
    assert (line.speaker, line.start_s) == (speaker, start_s)
    assert line.text == ("Hello there" if text is None else text)
    assert parse_transcript(json.dumps(data)) == (line,)


def test_chunks_follow_one_another() -> None:
    lines = read_transcript({"transcriptions": [chunk("one", 60), chunk("two", 60)]})
    assert [(line.text, line.start_s) for line in lines] == [("one", 1.5), ("two", 61.5)]
    assert lines[1].words[0].start_s == 61.5


def test_lines_come_by_time() -> None:
    lines = read_transcript(
        [{"speaker": "a", "text": "2", "start": 2}, {"speaker": "b", "text": "1", "start": 1}]
    )
    assert [line.text for line in lines] == ["1", "2"]


@pytest.mark.parametrize(
    "content",
    [
        '{"speaker": "Priya", "text": "one", "start": 1}\n{"speaker": "Max", "text": "two"}\nnot',
        b'\xef\xbb\xbf[{"speaker": "Priya", "text": "one", "start": 0},'
        b' {"speaker": "Max", "text": "two", "start": 1}]',
    ],
)
def test_files_with_a_value_a_line_and_with_a_mark_are_read(content: bytes | str) -> None:
    assert {line.text for line in parse_transcript(content)} == {"one", "two"}


@pytest.mark.parametrize("content", ["", "<html>", "null", "7", '"x"', b"\xff\xfe", "[" * 100_000])
def test_what_is_no_transcript_has_no_lines(content: bytes | str) -> None:
    assert parse_transcript(content) == ()


@pytest.mark.skipif(not V2.path.exists(), reason="the specifications are not here")
@pytest.mark.parametrize("name", ["OutputTranscription", "RawTranscription", "DiarizationSegment"])
def test_the_specifications_files_are_read(name: str) -> None:
    example = V2.example(V2.content["components"]["schemas"][name], is_full=True)
    (line,) = read_transcript([example] if name == "DiarizationSegment" else example)
    assert line.speaker


@given(JSON)
def test_no_json_breaks_the_transcript_reader(data: Any) -> None:
    for line in read_transcript(data):
        assert line.end_s >= line.start_s


@given(OBJECT)
def test_no_object_breaks_the_readers(data: Any) -> None:
    read_details(data)
    read_aftermath(data, NOW)
    aftermath_from_data(data, BOT, NOW)
    read_listed(data)
    read_scheduled(data)
    read_event(data)
    read_connection(data)
    read_credential(data)


def v1_reply(**bot: Any) -> dict[str, Any]:
    words = [{"id": 1, "bot_id": 1, "start_time": 1.0, "end_time": 1.4, "text": "Hello"}]
    line = {"id": 1, "bot_id": 1, "speaker": "Priya", "start_time": 1.0, "words": words}
    return {
        "mp4": "https://s3/v.mp4",
        "audio": "",
        "meeting_participants_file": "https://s3/p.json",
        "speaker_diarization_file": "",
        "speaker_diarization_file_network": "",
        "duration": 61,
        "bot_data": {"bot": {"uuid": BOT, **bot}, "transcripts": [line]},
    }


def test_v1_tells_files_and_lines_of_an_ended_meeting() -> None:
    after = aftermath_from_data(
        v1_reply(bot_joined_at="2026-01-02T03:00:00", bot_exited_at="2026-01-02T03:01:01"), "x", NOW
    )
    assert (after.provider_bot_id, after.raw, after.is_complete) == (BOT, "ended", True)
    assert [artifact.kind for artifact in after.artifacts] == [
        ArtifactKind.VIDEO,
        ArtifactKind.PARTICIPANTS,
    ]
    assert [(line.speaker, line.text) for line in after.lines] == [("Priya", "Hello")]
    assert (after.duration_s, after.speakers, after.cost) == (61, ("Priya",), None)
    assert after.joined == datetime(2026, 1, 2, 3, tzinfo=UTC)


def test_v1_tells_why_a_bot_failed() -> None:
    after = aftermath_from_data(v1_reply(errors="TimeoutWaitingToStart: nobody came"), BOT, NOW)
    assert after.problem is not None
    assert after.problem.vendor_words == "TimeoutWaitingToStart: nobody came"
    assert after.is_complete
