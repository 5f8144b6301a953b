"""The practice meeting on a clock of its own: each `tick()` is 100 ms."""

from __future__ import annotations

import asyncio
import json
import uuid
import wave
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from speakdesk.domain.errors import ProviderError, StoreError
from speakdesk.providers.practice.bot import BotOrder, SimulatedBot
from speakdesk.providers.practice.room import PracticeRoom
from speakdesk.providers.practice.scenario import Scenario
from speakdesk.providers.practice.sound import from_pcm, loudness
from tests.fixtures.tone import tone


@dataclass(frozen=True)
class Said:
    pcm: bytes
    rate_hz: int


def hum(text: str, *, language: str, gender: str) -> Said:
    """A voice without words: 100 ms of tone for each letter."""
    return Said(tone(300, 0.1 * len(text), 22050), 22050)


class Ear:
    """Stands where a bot's socket would be, and keeps what the room sends it."""

    def __init__(self, bot: SimulatedBot) -> None:
        self.sounds: list[bytes] = []
        self.rosters: list[dict[str, bool]] = []
        bot.send_sound = self.sounds.append  # type: ignore[method-assign]
        bot.send_roster = self._on_roster  # type: ignore[method-assign]

    def _on_roster(self, text: str) -> None:
        self.rosters.append({item["name"]: item["isSpeaking"] for item in json.loads(text)})

    @property
    def levels(self) -> list[float]:
        return [loudness(from_pcm(sound)) for sound in self.sounds]


@pytest.fixture
async def room() -> AsyncIterator[PracticeRoom]:
    room = PracticeRoom(speak=hum)
    yield room
    await room.stop()


def order(name: str = "Ada", **more: Any) -> BotOrder:
    more = {"rate_hz": 16000, **more}
    return BotOrder(bot_id=str(uuid.uuid4()), name=name, meeting_url="practice://room", **more)


def enter(room: PracticeRoom, name: str = "Ada", **more: Any) -> tuple[SimulatedBot, Ear]:
    bot = room.add_bot(order(name, **more))
    return bot, Ear(bot)


def speak_as(bot: SimulatedBot, seconds: float) -> None:
    bot._on_message(tone(500, seconds, bot.rate_hz))


async def run(room: PracticeRoom, ticks: int) -> None:
    for _ in range(ticks):
        room.tick()
        await asyncio.sleep(0)


async def finish(room: PracticeRoom, task: asyncio.Task[Any], most_ticks: int = 300) -> Any:
    """Let the room's time pass until the task is done."""
    for _ in range(most_ticks):
        if task.done():
            break
        room.tick()
        # A thread may hold the next sound: give the loop a real turn.
        await asyncio.wait({task}, timeout=0.002)
    assert task.done(), "it never ended"
    return task.result()


async def test_bot_passes_through_every_status_into_the_call(room: PracticeRoom) -> None:
    room.scenario.joining_s, room.scenario.lobby_s = 0.2, 0.5
    bot, _ = enter(room)
    assert bot.status == "joining_call"
    await run(room, 2)
    assert bot.status == "in_waiting_room"
    await run(room, 4)
    assert bot.status == "in_waiting_room"
    await run(room, 1)
    assert [status for status, _ in bot.status_log] == [
        "queued",
        "joining_call",
        "in_waiting_room",
        "in_call_not_recording",
        "in_call_recording",
    ]


async def test_lobby_without_end_waits_for_admission(room: PracticeRoom) -> None:
    room.scenario.lobby_s = None
    bot, ear = enter(room)
    await run(room, 100)
    assert bot.status == "in_waiting_room"
    assert ear.rosters == []
    room.admit(bot.bot_id)
    await run(room, 1)
    assert bot.is_in_call
    assert ear.rosters


async def test_lobby_gives_up_when_the_bots_patience_ends(room: PracticeRoom) -> None:
    room.scenario.lobby_s = None
    bot, _ = enter(room, waiting_room_timeout_s=1.0)
    await run(room, 12)
    assert (bot.status, bot.error_code) == ("failed", "TIMEOUT_WAITING_TO_START")


async def test_refused_bot_fails_and_is_never_in_the_call(room: PracticeRoom) -> None:
    room.scenario.refuse = True
    room.scenario.lobby_s = 0.3
    bot, ear = enter(room)
    await run(room, 5)
    assert (bot.status, bot.error_code) == ("failed", "BOT_NOT_ACCEPTED")
    assert bot.joined is None
    assert ear.rosters == []


async def test_removed_bot_ends_normally(room: PracticeRoom) -> None:
    bot, _ = enter(room)
    await room.remove(bot.bot_id)
    assert (bot.status, bot.error_code) == ("completed", "BOT_REMOVED")
    assert "bot_removed" in [status for status, _ in bot.status_log]


async def test_last_person_leaving_ends_the_call(room: PracticeRoom) -> None:
    room.join_person("Priya")
    room.join_person("Max")
    bot, _ = enter(room)
    room.leave_person("Max")
    assert bot.is_in_call
    room.leave_person("Priya")
    await bot.finished.wait()
    assert (bot.status, bot.error_code) == ("completed", "NO_ATTENDEES")


async def test_bot_alone_leaves_after_its_patience(room: PracticeRoom) -> None:
    bot, _ = enter(room, no_one_joined_timeout_s=1.0)
    await run(room, 12)
    assert bot.error_code == "NO_ATTENDEES"


async def test_a_bot_leaves_once(room: PracticeRoom) -> None:
    bot, _ = enter(room)
    assert bot.leave()
    assert not bot.leave()
    await bot.finished.wait()
    assert not bot.leave()
    assert (bot.status, bot.error_code) == ("completed", "API_REQUEST")


async def test_everybody_hears_everybody_but_themselves(room: PracticeRoom) -> None:
    room.join_person("Priya")
    ada, ada_ear = enter(room, "Ada")
    _, max_ear = enter(room, "Max")
    speak_as(ada, 0.5)
    await run(room, 5)
    assert max(max_ear.levels) > 0.1
    assert max(ada_ear.levels) == 0


async def test_nobody_hears_a_bot_in_the_lobby_and_it_hears_nobody(room: PracticeRoom) -> None:
    room.scenario.lobby_s = None
    ada, ada_ear = enter(room, "Ada")
    room.scenario.lobby_s = 0.0
    _, max_ear = enter(room, "Max")
    room.scenario.lobby_s = None
    ada.status_log[1:] = [("in_waiting_room", ada.created)]
    speak_as(ada, 0.5)
    talk = asyncio.create_task(room.play(tone(300, 0.4), 16000, name="Priya"))
    await finish(room, talk)
    assert ada.meter.in_lobby_ms == pytest.approx(500)
    assert max(ada_ear.levels) == 0
    assert max(max_ear.levels) > 0.1
    room.admit(ada.bot_id)
    await run(room, 5)
    assert max_ear.levels[-1] == 0


async def test_lobby_bots_hear_silence(room: PracticeRoom) -> None:
    room.scenario.lobby_s = None
    _, ear = enter(room, "Ada", rate_hz=48000)
    talk = asyncio.create_task(room.play(tone(300, 0.4), 16000, name="Priya"))
    await finish(room, talk)
    assert set(ear.sounds) == {bytes(9600)}


async def test_roster_changes_with_who_really_speaks(room: PracticeRoom) -> None:
    room.join_person("Priya")
    ada, ear = enter(room, "Ada")
    ear.rosters.clear()
    await run(room, 1)
    assert ear.rosters[-1] == {"Priya": False, "Ada": False}
    speak_as(ada, 0.5)
    await run(room, 3)
    assert ear.rosters[-1] == {"Priya": False, "Ada": True}
    assert room.speaking == ("Ada",)
    await run(room, 8)
    assert ear.rosters[-1] == {"Priya": False, "Ada": False}
    told = len(ear.rosters)
    await run(room, 20)
    assert len(ear.rosters) == told


async def test_silence_sent_by_a_bot_is_not_speech(room: PracticeRoom) -> None:
    ada, _ = enter(room, "Ada")
    ada._on_message(bytes(16000))
    await run(room, 5)
    assert room.speaking == ()


async def test_a_bot_hears_its_echo_where_asked(room: PracticeRoom) -> None:
    room.scenario.echo_gain = 0.5
    ada, ear = enter(room, "Ada")
    speak_as(ada, 0.4)
    await run(room, 8)
    assert max(ear.levels) == pytest.approx(0.5 * 0.25 / np.sqrt(2), rel=0.1)


async def test_two_people_talk_at_once(room: PracticeRoom) -> None:
    _, ear = enter(room, "Ada")
    both = asyncio.gather(
        room.play(tone(300, 1.0), 16000, name="Priya"), room.play(tone(700, 1.0), 16000, name="Max")
    )
    await finish(room, asyncio.ensure_future(both))
    one = 0.25 / np.sqrt(2)
    assert max(ear.levels) == pytest.approx(one * np.sqrt(2), rel=0.05)


async def test_scenario_throws_crosstalk_into_what_is_said(room: PracticeRoom) -> None:
    room.scenario.crosstalk = "but but"
    room.scenario.crosstalk_name = "Max"
    _, ear = enter(room, "Ada")
    seen: list[set[str]] = []
    talk = asyncio.create_task(room.say("Listen to me", "Priya"))
    for _ in range(200):
        if talk.done():
            break
        room.tick()
        seen.append(set(room.speaking))
        await asyncio.wait({talk}, timeout=0.002)
    assert {"Priya", "Max"} in seen
    assert ear.rosters[-1].keys() == {"Priya", "Max", "Ada"}


async def test_a_line_is_over_when_the_room_has_heard_it(room: PracticeRoom) -> None:
    heard: list[bytes] = []
    room.listen(heard.append)
    talk = asyncio.create_task(room.say("ten letters", "Priya"))
    await finish(room, talk)
    loud = sum(loudness(from_pcm(sound)) > 0.01 for sound in heard)
    assert loud == pytest.approx(11, abs=1)


async def test_a_person_can_be_stopped_in_mid_word(room: PracticeRoom) -> None:
    talk = asyncio.create_task(room.play(tone(300, 30.0), 16000, name="Priya"))
    heard: list[bytes] = []
    room.listen(heard.append)
    for _ in range(500):
        room.tick()
        await asyncio.wait({talk}, timeout=0.002)
        if loudness(from_pcm(heard[-1])) > 0.1:
            break
    talk.cancel()
    await asyncio.gather(talk, return_exceptions=True)
    assert not room.people["Priya"].has_sounds


@pytest.mark.parametrize("rate_hz", [16000, 44100, 48000])
async def test_the_microphone_reaches_the_bots_and_not_the_own_speakers(
    room: PracticeRoom, rate_hz: int
) -> None:
    _, ear = enter(room, "Ada")
    heard: list[bytes] = []
    room.listen(heard.append)
    for _ in range(10):
        room.feed("Priya", tone(300, 0.1, rate_hz), rate_hz)
        await run(room, 1)
    assert max(ear.levels) > 0.1
    assert max(loudness(from_pcm(sound)) for sound in heard) < 0.001
    assert room.people["Priya"].microphone_level > 0.1
    assert {len(sound) for sound in heard} == {3200}


async def test_speakers_can_leave_one_person_out(room: PracticeRoom) -> None:
    everything: list[bytes] = []
    without: list[bytes] = []
    room.listen(everything.append)
    stop = room.listen(without.append, without="Priya")
    await finish(room, asyncio.create_task(room.say("hello", "Priya")))
    assert max(loudness(from_pcm(s)) for s in everything) > 0.1
    assert max(loudness(from_pcm(s)) for s in without) < 0.001
    stop()
    told = len(without)
    await run(room, 3)
    assert len(without) == told


@pytest.mark.parametrize(("rate_hz", "channels"), [(8000, 1), (16000, 2), (44100, 2), (96000, 3)])
async def test_a_wav_of_any_rate_and_channel_count_keeps_its_length(
    room: PracticeRoom, tmp_path: Path, rate_hz: int, channels: int
) -> None:
    path = tmp_path / "turn.wav"
    mono = from_pcm(tone(300, 1.0, rate_hz)) / 32768
    soundfile.write(path, np.column_stack([mono] * channels), rate_hz)
    _, ear = enter(room, "Ada")
    await finish(room, asyncio.create_task(room.play_file(path, "Priya")))
    assert sum(level > 0.1 for level in ear.levels) == pytest.approx(10, abs=1)


async def test_a_file_that_is_no_sound_is_told_in_words(room: PracticeRoom, tmp_path: Path) -> None:
    path = tmp_path / "notes.wav"
    path.write_text("not a sound")
    with pytest.raises(StoreError, match=r"notes\.wav is not a sound file"):
        await room.play_file(path)
    with pytest.raises(StoreError, match=r"no file gone\.wav"):
        await room.play_file(tmp_path / "gone.wav")


async def test_recording_keeps_people_left_and_bots_right(
    room: PracticeRoom, tmp_path: Path
) -> None:
    path = tmp_path / "meeting.wav"
    await room.record(path)
    assert room.recording == path
    ada, _ = enter(room, "Ada")
    await finish(room, asyncio.create_task(room.play(tone(300, 0.5), 16000, name="Priya")))
    speak_as(ada, 0.5)
    await run(room, 10)
    ticks = room.ticks
    assert await room.stop_recording() == path
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getframerate(), file.getsampwidth()) == (2, 16000, 2)
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
    assert samples.shape[0] == ticks * 1600
    people, bots = samples[:, 0], samples[:, 1]
    assert np.abs(people).max() > 8000
    assert np.abs(bots).max() > 8000
    assert not np.any((np.abs(people) > 500) & (np.abs(bots) > 500))


async def test_a_recording_that_cannot_be_written_says_so(
    room: PracticeRoom, tmp_path: Path
) -> None:
    with pytest.raises(StoreError, match="could not be written"):
        await room.record(tmp_path / "no such folder" / "meeting.wav")


async def test_quiet_comes_after_everybody_has_finished(room: PracticeRoom) -> None:
    ada, _ = enter(room, "Ada")
    speak_as(ada, 1.0)
    began = room.ticks
    await finish(room, asyncio.create_task(room.until_quiet(0.5)))
    assert 14 <= room.ticks - began <= 20


async def test_an_answer_is_a_bot_speaking_and_then_quiet(room: PracticeRoom) -> None:
    ada, _ = enter(room, "Ada")
    answered = asyncio.create_task(room.until_answered(0.5, patience_s=3.0))
    await run(room, 5)
    assert not answered.done()
    speak_as(ada, 0.5)
    assert await finish(room, answered) is True
    nothing = asyncio.create_task(room.until_answered(0.5, patience_s=1.0))
    assert await finish(room, nothing) is False


async def test_waiting_in_a_room_that_closes_ends_in_words(room: PracticeRoom) -> None:
    waiting = asyncio.create_task(room.until_admitted())
    await asyncio.sleep(0)
    await room.stop()
    with pytest.raises(ProviderError, match="was closed"):
        await waiting


async def test_the_entry_message_is_written_once_after_admission(room: PracticeRoom) -> None:
    room.scenario.lobby_s = 0.2
    enter(room, "Ada", entry_message="Hello from Ada")
    assert room.chat == []
    await run(room, 5)
    assert [(line.sender, line.text) for line in room.chat] == [("Ada", "Hello from Ada")]


async def test_ended_bots_stay_listed_and_take_no_more_part(room: PracticeRoom) -> None:
    bot, ear = enter(room, "Ada")
    bot.leave()
    await bot.finished.wait()
    ear.sounds.clear()
    await run(room, 3)
    assert ear.sounds == []
    assert bot.bot_id in room.bots


@pytest.mark.parametrize("rate_hz", [24000, 32000, 48000])
async def test_a_bots_voice_keeps_its_length_at_every_rate(
    room: PracticeRoom, rate_hz: int
) -> None:
    heard: list[bytes] = []
    room.listen(heard.append)
    bot, _ = enter(room, "Ada", rate_hz=rate_hz)
    speak_as(bot, 1.0)
    await run(room, 20)
    assert sum(loudness(from_pcm(s)) > 0.1 for s in heard) == pytest.approx(10, abs=1)


async def test_text_and_odd_bytes_from_the_pipeline_are_counted(room: PracticeRoom) -> None:
    bot, _ = enter(room, "Ada")
    bot._on_message("stop")
    bot._on_message(b"\x01\x02\x03")
    assert (bot.meter.text_messages, bot.meter.odd_messages) == (1, 1)


async def test_the_clock_rests_while_nothing_can_happen(room: PracticeRoom) -> None:
    room.start()
    assert room.is_running
    await asyncio.sleep(0)
    assert room._is_idle()
    ticked = asyncio.Event()
    room.listen(lambda _: ticked.set())
    await asyncio.wait_for(ticked.wait(), 5)


def test_faults_are_taken_by_the_requests_they_name() -> None:
    from speakdesk.providers.practice.scenario import Fault

    scenario = Scenario(faults=[Fault(429, method="POST", path="/leave", times=2)])
    assert scenario.take_fault("GET", "/v2/bots/x/leave") is None
    assert scenario.take_fault("POST", "/v2/bots") is None
    assert scenario.take_fault("POST", "/v2/bots/x/leave") is not None
    assert scenario.take_fault("POST", "/v2/bots/x/leave") is not None
    assert scenario.take_fault("POST", "/v2/bots/x/leave") is None
