"""What is wrong with a launch is said before anything happens."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from speakdesk.app.bots.launch_checks import check_picture
from speakdesk.domain.errors import PersonaError, ProviderError, Reason, SpeakDeskError
from speakdesk.domain.join import (
    JoinOptions,
    LeaveTimeouts,
    RecordingMode,
    SignInOptions,
    TranscriptionOptions,
    ZoomOptions,
)
from speakdesk.domain.launch import Launch
from speakdesk.domain.meeting import PRACTICE_LINK, parse_link
from tests.fixtures.bad_day import KEY, LINK, BadDay, bad_day

ZOOM = parse_link("https://us02web.zoom.us/j/1234567890")
NOW = datetime.now(UTC)


@pytest.fixture
async def day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[BadDay]:
    async with bad_day(tmp_path, monkeypatch, MEETING_BAAS_API_KEY=KEY) as day:
        yield day
        assert day.cloud.requests == []
        assert day.desk.bots == {}
        assert await day.desk.history.meetings() == ()


async def refused(day: BadDay, launch: Launch, words: str) -> SpeakDeskError:
    with pytest.raises(SpeakDeskError, match=words) as caught:
        await day.desk.launch(launch)
    assert caught.value.problem.next_step
    return caught.value


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"rate_hz": 44100}, "44100 Hz is not a rate"),
        ({"names": ("a", "b")}, "2 names for 1 bots"),
        ({"names": ("a" * 256,)}, "at most 255 characters, not 256"),
        ({"names": ("two\nlines",)}, "one line"),
        ({"entry_message": "x" * 501}, "at most 500 characters, not 501"),
        ({"picture_url": "http://example.com/a.png"}, "begins with https://"),
        ({"picture_url": "https://192.168.0.4/a.png"}, "this computer or network only"),
        ({"extra": {"at": NOW}}, "no JSON"),
        ({"extra": {"speakdesk_bot": "x"}}, "SpeakDesk's own"),
        ({"options": JoinOptions(timeouts=LeaveTimeouts(silence_s=5))}, "between 300 and 3600"),
        ({"join_at": NOW - timedelta(hours=1)}, "a minute from now at the earliest"),
        ({"join_at": NOW + timedelta(days=91)}, "at most 90 days ahead"),
        ({"join_at": datetime(2099, 1, 1)}, "no time zone"),
        ({"websocket_url": "ftp://x"}, "no public address"),
    ],
)
async def test_a_value_nobody_takes_is_said(day: BadDay, more: dict[str, Any], words: str) -> None:
    error = await refused(day, Launch(LINK, ("interviewer",), "meetingbaas", **more), words)
    assert error.problem.reason is Reason.BAD_INPUT


async def test_somebody_must_be_sent(day: BadDay) -> None:
    with pytest.raises(PersonaError, match="No persona is chosen"):
        await day.desk.launch(Launch(LINK, (), "meetingbaas"))


@pytest.mark.parametrize(
    "options",
    [JoinOptions(allow_multiple_bots=False), JoinOptions(deduplication_key="one")],
)
async def test_several_bots_and_one_place_do_not_go_together(
    day: BadDay, options: JoinOptions
) -> None:
    personas = ("interviewer", "meeting_scribe")
    await refused(day, Launch(LINK, personas, "meetingbaas", options=options), "several")


@pytest.mark.parametrize(
    ("launch", "words"),
    [
        (
            Launch(PRACTICE_LINK, ("interviewer",), "practice", add_recorder=True),
            "keeps no recording",
        ),
        (
            Launch(
                PRACTICE_LINK,
                ("interviewer",),
                "practice",
                options=JoinOptions(recording=RecordingMode.AUDIO_ONLY),
            ),
            "keeps no recording",
        ),
        (
            Launch(
                ZOOM,
                ("interviewer",),
                "meetingbaas",
                options=JoinOptions(zoom=ZoomOptions(sdk_id="a", sdk_password="b")),
            ),
            "needs MeetingBaas v1",
        ),
        (
            Launch(
                LINK,
                ("interviewer",),
                "meetingbaas",
                options=JoinOptions(zoom=ZoomOptions(credential_id="a")),
            ),
            "For Zoom meetings only",
        ),
        (
            Launch(
                LINK,
                ("interviewer",),
                "meetingbaas-v1",
                options=JoinOptions(sign_in=SignInOptions("a")),
            ),
            "joins without an account",
        ),
        (
            Launch(
                LINK,
                ("interviewer",),
                "meetingbaas-v1",
                options=JoinOptions(timeouts=LeaveTimeouts(grace_s=10)),
            ),
            "no such limit",
        ),
        (
            Launch(LINK, ("interviewer",), "meetingbaas-v1", rate_hz=48000),
            "16 or 24 kHz",
        ),
        (
            Launch(
                LINK,
                ("interviewer",),
                "meetingbaas-v1",
                options=JoinOptions(transcription=TranscriptionOptions("whisper")),
            ),
            "does not transcribe",
        ),
    ],
)
async def test_what_a_provider_cannot_do_is_said_and_not_dropped(
    day: BadDay, launch: Launch, words: str
) -> None:
    error = await refused(day, launch, words)
    assert isinstance(error, ProviderError)
    assert error.problem.reason in (Reason.UNSUPPORTED, Reason.BAD_INPUT)


@pytest.mark.parametrize(
    ("url", "is_good"),
    [
        ("https://pictures.example.com/a.png", True),
        ("https://localhost/a.png", False),
        ("https://user@example.com/a.png", False),
        ("https://[::1", False),
        ("ada.png", False),
    ],
)
def test_a_picture_is_a_public_address(url: str, is_good: bool) -> None:
    assert (check_picture(url) is None) is is_good
