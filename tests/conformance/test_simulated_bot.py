"""The simulated bot at our end of the socket, as contracts/meetingbaas.md §3 has the real one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from speakdesk.domain.meeting import PRACTICE_LINK
from speakdesk.providers.base import JoinRequest
from speakdesk.providers.meetingbaas.codec import MeetingBaasCodec
from speakdesk.providers.practice.provider import PracticeProvider
from speakdesk.providers.practice.server import PracticeServer
from speakdesk.providers.practice.sound import from_pcm, loudness
from speakdesk.providers.practice.standalone import run_room
from speakdesk.providers.wire import AudioIn, Handshake, Roster
from tests.conformance.meeting_end import MeetingEnd, meeting_end
from tests.fixtures.tone import tone

QUICK = 0.02


@dataclass(frozen=True)
class Said:
    pcm: bytes
    rate_hz: int


def hum(text: str, *, language: str, gender: str) -> Said:
    """A voice without words."""
    return Said(tone(300, 0.5, 22050), 22050)


@pytest.fixture
async def end() -> AsyncIterator[MeetingEnd]:
    async with meeting_end() as end:
        yield end


@pytest.fixture
async def server() -> AsyncIterator[PracticeServer]:
    server = PracticeServer()
    server.room.scenario.reconnect_scale = QUICK
    await server.start()
    yield server
    await server.stop()


async def send(server: PracticeServer, url: str, rate_hz: int = 16000, name: str = "Ada") -> str:
    provider = PracticeProvider(server.base_url)
    try:
        return await provider.create(JoinRequest(name, PRACTICE_LINK, url, rate_hz))
    finally:
        await provider.aclose()


@pytest.mark.parametrize("rate_hz", [16000, 24000, 32000, 48000])
async def test_handshake_comes_first_and_every_frame_is_100_ms(
    server: PracticeServer, end: MeetingEnd, rate_hz: int
) -> None:
    bot_id = await send(server, f"{end.url}/ws/b/secret", rate_hz)
    await end.until(lambda: end.calls and len(end.calls[0].sounds) >= 3)
    call = end.calls[0]
    assert call.path == "/ws/b/secret"
    assert call.texts[0] == {
        "protocol_version": 2,
        "bot_id": bot_id,
        "offset": 0.0,
        "sample_rate": rate_hz,
    }
    assert isinstance(call.messages[0], str)
    assert {len(sound) for sound in call.sounds} == {rate_hz // 10 * 2}
    codec = MeetingBaasCodec(rate_hz)
    kinds = {type(event) for message in call.messages for event in codec.decode(message)}
    assert kinds == {Handshake, Roster, AudioIn}


async def test_roster_comes_only_after_admission(server: PracticeServer, end: MeetingEnd) -> None:
    server.room.scenario.lobby_s = None
    server.room.join_person("Priya")
    bot_id = await send(server, end.url)
    await end.until(lambda: end.calls and len(end.calls[0].sounds) >= 2)
    assert end.calls[0].rosters == []
    assert not any(any(sound) for sound in end.calls[0].sounds)
    server.room.admit(bot_id)
    await end.until(lambda: end.calls[0].rosters)
    assert [(who["name"], who["isSpeaking"]) for who in end.calls[0].rosters[0]] == [
        ("Priya", False),
        ("Ada", False),
    ]


async def test_both_directions_run_over_one_socket(server: PracticeServer, end: MeetingEnd) -> None:
    heard: list[bytes] = []
    server.room.listen(heard.append)
    bot_id = await send(server, end.url, 24000)
    await end.until(lambda: end.calls and end.calls[0].rosters)
    await end.calls[0].connection.send(tone(400, 0.6, 24000))
    await end.until(
        lambda: any(
            who["name"] == "Ada" and who["isSpeaking"]
            for roster in end.calls[0].rosters
            for who in roster
        )
    )
    assert max(loudness(from_pcm(sound)) for sound in heard) > 0.1
    assert server.room.bots[bot_id].meter.received_ms == pytest.approx(600)
    assert len(end.calls) == 1


async def test_two_urls_are_two_sockets_and_the_input_has_no_handshake(
    server: PracticeServer, end: MeetingEnd
) -> None:
    body: dict[str, Any] = {
        "bot_name": "Ada",
        "meeting_url": "practice://room",
        "streaming_enabled": True,
        "streaming_config": {
            "input_url": f"{end.url}/in",
            "output_url": f"{end.url}/out",
            "audio_frequency": 16000,
        },
    }
    async with httpx.AsyncClient(trust_env=False, verify=False) as http:
        bot_id = (await http.post(f"{server.base_url}/v2/bots", json=body)).json()["data"]["bot_id"]
    await end.until(lambda: len(end.calls) == 2)
    by_path = {call.path: call for call in end.calls}
    await by_path["/in"].connection.send(tone(400, 0.3))
    await by_path["/out"].connection.send(tone(400, 0.5))
    await end.until(lambda: len(by_path["/out"].sounds) >= 3)
    assert by_path["/out"].handshakes
    assert by_path["/in"].messages == []
    assert server.room.bots[bot_id].meter.received_ms == pytest.approx(300)


async def test_a_dropped_socket_is_dialled_again_with_a_handshake(
    server: PracticeServer, end: MeetingEnd
) -> None:
    bot_id = await send(server, end.url)
    await end.until(lambda: end.calls and end.calls[0].sounds)
    await server.room.drop_socket(bot_id)
    await end.until(lambda: len(end.calls) == 2 and end.calls[1].rosters)
    assert end.calls[0].close_code == 1006
    assert end.calls[1].handshakes[0]["bot_id"] == bot_id
    assert end.calls[1].handshakes[0]["offset"] > 0
    assert server.room.bots[bot_id].is_in_call


async def test_a_socket_closed_from_our_side_is_dialled_again(
    server: PracticeServer, end: MeetingEnd
) -> None:
    await send(server, end.url)
    await end.until(lambda: end.calls and end.calls[0].handshakes)
    await end.calls[0].connection.close(1008, "wrong secret")
    await end.until(lambda: len(end.calls) == 2)


async def test_a_server_that_is_not_there_is_dialled_with_growing_patience(
    server: PracticeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    enough = asyncio.Event()
    really_sleep = asyncio.sleep

    async def note(seconds: float) -> None:
        task = asyncio.current_task()
        if task is not None and task.get_name() == "practice bot":
            waits.append(seconds)
            if len(waits) >= 9:
                enough.set()
            seconds = 0
        await really_sleep(seconds)

    server.room.scenario.reconnect_scale = 1.0
    monkeypatch.setattr("speakdesk.providers.practice.line.asyncio.sleep", note)
    bot_id = await send(server, "ws://127.0.0.1:9/ws/b/secret")
    await asyncio.wait_for(enough.wait(), 20)
    assert waits[:8] == [1, 2, 4, 8, 16, 32, 60, 60]
    bot = server.room.bots[bot_id]
    assert bot.is_in_call
    assert bot.last_failure
    assert "secret" not in bot.last_failure


async def test_the_end_of_the_meeting_is_a_normal_close(
    server: PracticeServer, end: MeetingEnd
) -> None:
    server.room.join_person("Priya")
    await send(server, end.url)
    await end.until(lambda: end.calls and end.calls[0].rosters)
    server.room.leave_person("Priya")
    await end.until(lambda: end.calls[0].close_code is not None)
    assert end.calls[0].close_code == 1000
    assert len(end.calls) == 1


async def test_the_handshake_comes_again_before_the_first_sound_where_asked(
    server: PracticeServer, end: MeetingEnd
) -> None:
    server.room.scenario.repeat_handshake = True
    await send(server, end.url)
    await end.until(lambda: end.calls and end.calls[0].sounds)
    first, second = end.calls[0].handshakes
    assert first["start_time"] is None
    assert second["start_time"] > 1e11
    messages = end.calls[0].messages
    first_sound = next(i for i, m in enumerate(messages) if isinstance(m, bytes))
    assert '"start_time": 1' in str(messages[first_sound - 1])


async def test_bots_hear_each_other_and_the_roster_names_them(
    server: PracticeServer, end: MeetingEnd
) -> None:
    await send(server, f"{end.url}/ada", name="Ada")
    await send(server, f"{end.url}/max", 48000, name="Max")
    await end.until(lambda: len(end.calls) == 2 and all(call.rosters for call in end.calls))
    by_path = {call.path: call for call in end.calls}
    await by_path["/ada"].connection.send(tone(400, 0.6))
    await end.until(lambda: any(loudness(from_pcm(s)) > 0.1 for s in by_path["/max"].sounds))
    assert max(loudness(from_pcm(s)) for s in by_path["/ada"].sounds) == 0
    assert {"Ada", "Max"} == {who["name"] for who in by_path["/max"].rosters[-1]}


async def test_the_room_alone_serves_and_plays_its_script(end: MeetingEnd) -> None:
    said: list[str] = []
    base_url = asyncio.get_running_loop().create_future()
    heard = asyncio.Event()

    def announce(line: str) -> None:
        said.append(line)
        if line.startswith("Practice room: "):
            base_url.set_result(line.removeprefix("Practice room: "))
        if line == "Guest: hello there":
            heard.set()

    room = asyncio.create_task(run_room(0, 0.2, ["hello there"], announce=announce, speak=hum))
    provider = PracticeProvider(await asyncio.wait_for(base_url, 10))
    bot_id = await provider.create(JoinRequest("Ada", PRACTICE_LINK, end.url))
    await end.until(lambda: end.calls and end.calls[0].rosters)
    # The bot's greeting; the script waits for the quiet after it.
    await end.calls[0].connection.send(tone(400, 0.3))
    await asyncio.wait_for(heard.wait(), 20)
    await end.until(lambda: any(loudness(from_pcm(s)) > 0.05 for s in end.calls[0].sounds))
    await provider.leave(bot_id)
    await end.until(lambda: end.calls[0].close_code == 1000)
    await provider.aclose()
    room.cancel()
    await asyncio.gather(room, return_exceptions=True)
    assert "Ada: in_waiting_room" in said
    assert "Ada: in_call_recording" in said
