"""Launch options: checked in sentences, sent in each version's own words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from speakdesk.domain.calendar import ScheduledBot
from speakdesk.domain.errors import ProviderError
from speakdesk.domain.join import (
    CallbackOptions,
    JoinOptions,
    LeaveTimeouts,
    RecordingMode,
    SignInOptions,
    TranscriptionOptions,
    ZoomOptions,
)
from speakdesk.domain.meeting import parse_link
from speakdesk.providers.base import JoinRequest
from speakdesk.providers.meetingbaas.bodies import create_body, secrets_of
from speakdesk.providers.meetingbaas.scheduled import refuse_time, why_locked
from speakdesk.providers.meetingbaas.v1.bodies import join_body

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
MEET = parse_link("https://meet.google.com/abc-defg-hij")
SOCKET = "wss://desk.example/ws/b1/unguessable"


def request(options: JoinOptions, url: str = SOCKET, rate_hz: int = 16000) -> JoinRequest:
    return JoinRequest("Ada", MEET, url, rate_hz, options=options)


@pytest.mark.parametrize(
    "options",
    [
        JoinOptions(timeouts=LeaveTimeouts(waiting_room_s=119)),
        JoinOptions(timeouts=LeaveTimeouts(no_one_joined_s=1801)),
        JoinOptions(timeouts=LeaveTimeouts(silence_s=299)),
        JoinOptions(timeouts=LeaveTimeouts(grace_s=601)),
        JoinOptions(timeouts=LeaveTimeouts(longest_recording_s=60)),
        JoinOptions(image_s=5),
        JoinOptions(images=("https://x/a.png",) * 6),
        JoinOptions(image_loop="sideways"),
        JoinOptions(callback=CallbackOptions("https://x", method="GET")),
        JoinOptions(sign_in=SignInOptions(fallback="perhaps")),
        JoinOptions(zoom=ZoomOptions(sdk_id="only the id")),
    ],
)
def test_a_value_nobody_takes_is_refused_before_anything_is_sent(options: JoinOptions) -> None:
    (sentence,) = options.wrong()
    assert sentence.endswith(".")
    for make in (create_body, join_body):
        with pytest.raises(ProviderError) as caught:
            make(request(options))
        assert caught.value.problem.sentence == sentence


def test_the_defaults_are_taken() -> None:
    assert JoinOptions().wrong() == ()


def test_a_record_only_bot_has_no_socket() -> None:
    plain = request(JoinOptions(), url="")
    assert create_body(plain)["streaming_enabled"] is False
    assert "streaming" not in join_body(plain)


def test_v2_is_told_everything_in_its_own_words() -> None:
    body = create_body(
        request(
            JoinOptions(
                recording=RecordingMode.AUDIO_ONLY,
                timeouts=LeaveTimeouts(waiting_room_s=300, silence_s=900),
                callback=CallbackOptions("https://desk.example/w", "shared"),
                transcription=TranscriptionOptions("Gladia", "key"),
                ignored_names=("Marco",),
                allow_multiple_bots=False,
            )
        )
    )
    assert body["recording_mode"] == "audio_only"
    assert body["timeout_config"] == {"waiting_room_timeout": 300, "silence_timeout": 900}
    assert body["callback_config"] == {
        "url": "https://desk.example/w",
        "method": "POST",
        "secret": "shared",
    }
    assert body["transcription_config"] == {"provider": "gladia", "api_key": "key"}
    assert body["ignored_participant_names"] == ["Marco"]
    assert body["allow_multiple_bots"] is False


@pytest.mark.parametrize(
    ("link", "name"),
    [
        ("https://meet.google.com/abc-defg-hij", "meet_config"),
        ("https://teams.microsoft.com/meet/1234567890", "teams_config"),
    ],
)
def test_a_bot_signs_in_where_the_meeting_is(link: str, name: str) -> None:
    options = JoinOptions(sign_in=SignInOptions(credential_id="c", fallback="anonymous"))
    body = create_body(JoinRequest("Ada", parse_link(link), SOCKET, options=options))
    assert body[name] == {"credential_id": "c", "fallback": "anonymous"}


def test_v1_gives_each_bot_its_own_key_unless_one_is_enough() -> None:
    keys = {join_body(request(JoinOptions()))["deduplication_key"] for _ in range(3)}
    assert len(keys) == 3
    named = JoinOptions(deduplication_key="mine")
    assert join_body(request(named))["deduplication_key"] == "mine"
    assert "deduplication_key" not in join_body(request(JoinOptions(allow_multiple_bots=False)))


def test_v1_writes_rates_and_times_its_own_way() -> None:
    body = join_body(request(JoinOptions(), rate_hz=24000), start=NOW)
    assert body["streaming"] == {"input": SOCKET, "output": SOCKET, "audio_frequency": "24khz"}
    assert body["start_time"] == int(NOW.timestamp())
    options = JoinOptions(timeouts=LeaveTimeouts(no_one_joined_s=120))
    assert join_body(request(options))["automatic_leave"] == {"noone_joined_timeout": 120}


@pytest.mark.parametrize(
    ("make", "options", "rate_hz", "said"),
    [
        (join_body, JoinOptions(), 48000, "16 or 24 kHz"),
        (join_body, JoinOptions(zoom=ZoomOptions(credential_id="c")), 16000, "v2 only"),
        (join_body, JoinOptions(transcription=TranscriptionOptions("soniox")), 16000, "soniox"),
        (create_body, JoinOptions(zoom=ZoomOptions("", sdk_id="i", sdk_password="p")), 16000, "v1"),
    ],
)
def test_what_a_version_does_not_have_is_said(
    make: object, options: JoinOptions, rate_hz: int, said: str
) -> None:
    assert callable(make)
    with pytest.raises(ProviderError, match=said):
        make(request(options, rate_hz=rate_hz))


def test_secrets_are_neither_shown_nor_forgotten() -> None:
    options = JoinOptions(
        transcription=TranscriptionOptions(api_key="secret-1"),
        zoom=ZoomOptions(obf_token="secret-2", sdk_password="secret-3"),
        callback=CallbackOptions("https://x/secret-4", "secret-5"),
    )
    found = " ".join(secrets_of(request(options)))
    for number in range(1, 6):
        assert f"secret-{number}" in found
        assert f"secret-{number}" not in repr(options)


def test_the_last_four_minutes_are_locked() -> None:
    def waiting(minutes: float, status: str = "scheduled") -> ScheduledBot:
        return ScheduledBot("b", join_at=NOW + timedelta(minutes=minutes), status=status)

    assert why_locked(waiting(4), NOW) is None
    assert why_locked(waiting(90), NOW) is None
    problem = why_locked(waiting(3.9), NOW)
    assert problem is not None
    assert "four minutes" in problem.sentence
    for status in ("cancelled", "completed", "failed", "levitating"):
        locked = why_locked(waiting(90, status), NOW)
        assert locked is not None
        assert locked.next_step.endswith(".")


@pytest.mark.parametrize("ahead", [timedelta(seconds=59), timedelta(days=-1), timedelta(days=91)])
def test_a_time_no_bot_can_keep_is_refused(ahead: timedelta) -> None:
    with pytest.raises(ProviderError):
        refuse_time(NOW + ahead, NOW)
