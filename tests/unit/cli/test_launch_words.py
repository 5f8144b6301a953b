"""The words of `speakdesk launch` as a launch, each checked with a sentence."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from speakdesk.cli.launch_words import BadWord, Options, launch_from
from speakdesk.domain.errors import LinkError
from speakdesk.domain.join import JoinOptions, LeaveTimeouts, RecordingMode, TranscriptionOptions
from speakdesk.domain.launch import Launch
from speakdesk.domain.persona import Persona

MEET = "https://meet.google.com/abc-defg-hij"
LIBRARY = tuple(Persona(key, key.title()) for key in ("ada", "lena", "marco"))
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def launch(usual: JoinOptions = JoinOptions(), **words: Any) -> Launch:  # noqa: B008
    options = Options(**{"meeting_url": MEET, **words})
    return launch_from(options, LIBRARY, options.personas, usual, NOW, random.Random(1))


def test_the_provider_follows_from_the_link() -> None:
    assert launch().provider == "meetingbaas"
    assert launch(meeting_url="practice://room").provider == "practice"
    assert launch(provider="meetingbaas-v1").provider == "meetingbaas-v1"


def test_what_is_not_said_is_left_to_the_settings() -> None:
    assert launch(personas=("ada",)).options is None


def test_what_is_said_changes_the_settings_and_keeps_the_rest() -> None:
    usual = JoinOptions(
        timeouts=LeaveTimeouts(waiting_room_s=300),
        transcription=TranscriptionOptions("gladia"),
    )
    options = launch(
        usual, recording="audio", silence_s=900, allow_multiple=False, deduplication_key="k"
    ).options
    assert options is not None
    assert options.recording is RecordingMode.AUDIO_ONLY
    assert options.timeouts == LeaveTimeouts(300, None, 900)
    assert options.transcription == usual.transcription
    assert options.allow_multiple_bots is False
    assert options.deduplication_key == "k"


def test_the_provider_s_transcript_can_be_switched_off() -> None:
    usual = JoinOptions(transcription=TranscriptionOptions("gladia"))
    options = launch(usual, transcription="none").options
    assert options is not None
    assert options.transcription is None


def test_a_key_is_read_from_the_environment_and_never_from_the_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MY_GLADIA", "g-123")
    options = launch(transcription_key="MY_GLADIA").options
    assert options is not None
    assert options.transcription == TranscriptionOptions("gladia", "g-123")
    assert "g-123" not in repr(options)


def test_a_time_is_taken_as_people_write_it() -> None:
    assert launch(at="in 10 min").join_at == NOW + timedelta(minutes=10)
    assert launch(at="2026-11-20T15:30:00Z").join_at == NOW + timedelta(hours=3, minutes=30)
    assert launch().join_at is None


def test_a_record_only_bot_can_go_alone() -> None:
    assert launch(count=0, add_recorder=True).personas == ()
    assert launch(add_recorder=True, personas=("ada",)).personas == ("ada",)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"extra": "{"}, "no JSON"),
        ({"extra": "[1]"}, "no JSON object"),
        ({"recording": "film"}, "no recording mode 'film'"),
        ({"at": "soon"}, "is no time"),
        ({"count": 0}, "nobody would be sent"),
        ({"count": 0, "add_recorder": True, "personas": ("ada",)}, "one is named"),
        ({"transcription_key": "SPEAKDESK_NO_SUCH_KEY"}, "is not set"),
    ],
)
def test_a_word_that_cannot_be_used_is_told(words: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BadWord, match=sentence):
        launch(**words)


def test_a_link_that_is_none_is_told() -> None:
    with pytest.raises(LinkError):
        launch(meeting_url="hello")


def test_a_bare_prompt_comes_before_the_personas_and_takes_the_first_name() -> None:
    made = launch(prompt="You are Max.", language="de", personas=("ada",), names=("Maxi",))
    (given,) = made.given
    assert made.personas == (given.key, "ada")
    assert (given.prompt, given.language, given.name) == ("You are Max.", "de", "Max")
    assert made.names == ("Maxi",)


def test_with_a_count_the_rest_comes_at_random() -> None:
    made = launch(prompt="You are Max.", count=3)
    assert made.personas[0] == made.given[0].key
    assert len(set(made.personas)) == 3


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"prompt": " "}, "--prompt is empty"),
        ({"language": "de"}, "--language goes with --prompt"),
        ({"prompt": "You are Max.", "count": 0, "add_recorder": True}, "one is named"),
    ],
)
def test_a_prompt_that_cannot_be_used_is_told(words: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BadWord, match=sentence):
        launch(**words)
