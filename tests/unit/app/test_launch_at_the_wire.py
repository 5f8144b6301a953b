"""What a launch asks a provider for, seen where it arrives."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from speakdesk.domain.bot import BotState, Evidence
from speakdesk.domain.join import (
    CallbackOptions,
    JoinOptions,
    LeaveTimeouts,
    RecordingMode,
    TranscriptionOptions,
    ZoomOptions,
)
from speakdesk.domain.launch import Launch
from speakdesk.domain.meeting import parse_link
from tests.fixtures.bad_day import BadDay, bad_day

ZOOM = parse_link("https://us02web.zoom.us/j/1234567890?pwd=SECRET")


@pytest.fixture
async def day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[BadDay]:
    async with bad_day(tmp_path, monkeypatch) as day:
        yield day


async def bodies(day: BadDay, count: int) -> list[dict[str, Any]]:
    await day.cloud.until(lambda: len(day.cloud.bots) == count)
    return [bot.wish for bot in day.cloud.bots.values()]


async def test_everything_a_launch_says_reaches_the_provider(day: BadDay) -> None:
    options = JoinOptions(
        recording=RecordingMode.AUDIO_ONLY,
        timeouts=LeaveTimeouts(300, 400, 500, 60, 7200),
        transcription=TranscriptionOptions("gladia", "own-key"),
        callback=CallbackOptions("https://hooks.example.com/x", "shh", "PUT"),
    )
    await day.launch(
        names=("Zed",),
        picture_url="https://pictures.example.com/zed.png",
        entry_message="Hello, I take notes.",
        extra={"customer": "12"},
        options=options,
        rate_hz=24000,
    )
    (body,) = await bodies(day, 1)
    assert body["bot_name"] == "Zed"
    assert body["bot_image"] == "https://pictures.example.com/zed.png"
    assert body["entry_message"] == "Hello, I take notes."
    assert body["recording_mode"] == "audio_only"
    assert body["streaming_config"]["audio_frequency"] == 24000
    assert body["timeout_config"] == {
        "waiting_room_timeout": 300,
        "no_one_joined_timeout": 400,
        "silence_timeout": 500,
        "grace_period": 60,
        "max_recording_duration": 7200,
    }
    assert body["transcription_config"]["api_key"] == "own-key"
    assert body["callback_config"] == {
        "url": "https://hooks.example.com/x",
        "secret": "shh",
        "method": "PUT",
    }
    assert body["extra"]["customer"] == "12"
    assert body["extra"]["speakdesk_bot"] == day.view().bot_id


async def test_zoom_settings_reach_a_zoom_meeting(day: BadDay) -> None:
    options = JoinOptions(zoom=ZoomOptions(credential_id="zc-1"))
    url = f"http://127.0.0.1:{day.port}"
    await day.desk.launch(
        Launch(ZOOM, ("interviewer",), "meetingbaas", websocket_url=url, options=options)
    )
    (body,) = await bodies(day, 1)
    assert body["zoom_config"] == {"credential_id": "zc-1"}


async def test_the_settings_count_where_a_launch_says_nothing(day: BadDay) -> None:
    join = {"recording": "gallery_view", "silence_s": 900, "transcription": True}
    await day.desk.save_settings(day.desk.settings.current.with_changes(join=join))
    await day.launch()
    await day.launch(options=JoinOptions())
    first, second = await bodies(day, 2)
    assert first["recording_mode"] == "gallery_view"
    assert first["timeout_config"] == {"silence_timeout": 900}
    assert first["transcription_enabled"] is True
    assert second["recording_mode"] == "speaker_view"
    assert "timeout_config" not in second
    assert second["transcription_enabled"] is False


async def test_bots_of_one_meeting_do_not_count_as_people_for_each_other(day: BadDay) -> None:
    await day.launch("interviewer", "meeting_scribe", add_recorder=True)
    bots = {body["bot_name"]: body for body in await bodies(day, 3)}
    names = {view.name for view in day.desk.bots.values()}
    assert set(bots) == names
    for name, body in bots.items():
        assert set(body["ignored_participant_names"]) == names - {name}
        assert body["allow_multiple_bots"] is True


async def test_the_provider_reports_to_this_desk_unless_the_launch_says_elsewhere(
    day: BadDay,
) -> None:
    await day.launch()
    bot = await day.dialled()
    assert bot.wish["callback_enabled"] is True
    assert "/webhooks/meetingbaas/" in bot.wish["callback_config"]["url"]
    await bot.end("call_ended", "failed", "BOT_NOT_ACCEPTED")
    view = await day.ends(BotState.FAILED)
    assert view.problem is not None
    assert "not let in" in view.problem.sentence


async def test_a_record_only_bot_joins_without_a_socket_and_without_a_voice(day: BadDay) -> None:
    await day.launch("interviewer", add_recorder=True)
    ada, recorder = day.desk.bots
    await day.seen.state(BotState.IN_CALL, recorder)
    view = day.desk.bots[recorder]
    assert view.is_recorder
    assert view.persona == ""
    assert view.plan is None
    assert view.name == "Recorder"
    assert [mark.evidence for mark in view.marks] == [Evidence.ACCEPTED, Evidence.ADMITTED]
    body = next(b.wish for b in day.cloud.bots.values() if b.wish["bot_name"] == "Recorder")
    assert body["streaming_enabled"] is False
    assert "streaming_config" not in body
    assert not day.desk.bots[ada].is_recorder
    assert len(day.voices) == 1


async def test_a_record_only_bot_may_go_alone_and_needs_no_way_in(day: BadDay) -> None:
    (bot_id,) = await day.desk.launch(
        Launch(
            parse_link("https://meet.google.com/abc-defg-hij"),
            (),
            "meetingbaas",
            add_recorder=True,
            entry_message="This meeting is recorded.",
        )
    )
    await day.seen.state(BotState.IN_CALL, bot_id)
    (body,) = await bodies(day, 1)
    assert body["entry_message"] == "This meeting is recorded."
    assert day.voices == []
    await day.desk.leave(bot_id)
    await day.ends(BotState.ENDED)


async def test_the_recording_can_be_paused_and_resumed_in_the_call(day: BadDay) -> None:
    view = await day.launch()
    await day.seen.state(BotState.IN_CALL)
    bot = await day.dialled()
    await day.desk.pause_recording(view.bot_id)
    assert bot.status == "recording_paused"
    assert day.view().is_recording_paused
    await day.desk.resume_recording(view.bot_id)
    assert not day.view().is_recording_paused


async def test_a_pause_by_somebody_else_is_shown(day: BadDay) -> None:
    await day.launch()
    await day.seen.state(BotState.IN_CALL)
    bot = await day.dialled()
    bot.status = "recording_paused"
    await day.until(lambda: day.view().is_recording_paused)
    assert "Resume" in day.view().advice
    bot.status = "recording_resumed"
    await day.until(lambda: not day.view().is_recording_paused)


async def test_an_unknown_status_is_shown_as_it_came_and_moves_nothing(day: BadDay) -> None:
    await day.launch()
    await day.seen.state(BotState.IN_CALL)
    bot = await day.dialled()
    bot.status = "dreaming_of_sheep"
    await day.until(lambda: day.view().provider_status == "dreaming_of_sheep")
    assert day.view().state is BotState.IN_CALL
    assert day.view().advice == ""
    bot.status = "in_call_recording"


async def test_the_lobby_says_what_to_do_and_admission_takes_it_back(day: BadDay) -> None:
    day.cloud.manner.lobby = True
    await day.launch()
    await day.seen.state(BotState.LOBBY)
    assert day.view().advice == "Ask the host to let it in."
    assert day.view().provider_status == "in_waiting_room"
    next(iter(day.cloud.bots.values())).admit()
    await day.seen.state(BotState.IN_CALL)
    await day.until(lambda: day.view().advice == "")
