"""The practice room alone: a sandbox for any MeetingBaas v2 client (`speakdesk room`)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from speakdesk.domain.errors import SpeakDeskError
from speakdesk.providers.practice.bot import FINAL
from speakdesk.providers.practice.room import PracticeRoom
from speakdesk.providers.practice.scenario import Scenario
from speakdesk.providers.practice.server import PracticeServer
from speakdesk.providers.practice.sound import read_sound
from speakdesk.providers.practice.voices import Speak

_PERSON = "Guest"
_QUIET_BEFORE_A_TURN_S = 1.0
_GREETING_MAY_TAKE_S = 5.0


@dataclass(frozen=True, slots=True)
class ScriptedTurn:
    """One thing a participant says: a text, or a sound file."""

    text: str = ""
    wav: Path | None = None


async def run_room(
    port: int = 0,
    lobby_s: float | None = 0.0,
    say: Sequence[str] = (),
    wav: Sequence[Path] = (),
    *,
    announce: Callable[[str], None],
    host: str = "127.0.0.1",
    api_key: str = "",
    scenario: Scenario | None = None,
    record: Path | None = None,
    speak: Speak | None = None,
    on_open: Callable[[PracticeRoom], None] | None = None,
) -> None:
    """Serve until cancelled; `announce` gets the base URL first, then what happens.

    `on_open` is handed the room before anybody comes in.

    The turns (texts, then files) start when the first bot is in the call, each once it has been
    quiet for a second. Raises GatewayError where the port is taken, StoreError where a file cannot
    be read or written.
    """
    turns = [ScriptedTurn(text=text) for text in say] + [ScriptedTurn(wav=path) for path in wav]
    for path in wav:
        await asyncio.to_thread(read_sound, path)
    scenario = scenario or Scenario()
    scenario.lobby_s = lobby_s
    server = PracticeServer(api_key=api_key, scenario=scenario, speak=speak)
    await server.start(host, port)
    try:
        announce(f"Practice room: {server.base_url}")
        room = server.room
        room.join_person(_PERSON)
        if on_open is not None:
            on_open(room)
        if record is not None:
            await room.record(record)
        async with asyncio.TaskGroup() as group:
            group.create_task(_report(room, announce), name="practice report")
            group.create_task(_perform(room, turns, announce), name="practice script")
    finally:
        await server.stop()


async def _perform(
    room: PracticeRoom, turns: Sequence[ScriptedTurn], announce: Callable[[str], None]
) -> None:
    if not turns:
        return
    await room.until_admitted()
    await room.until_answered(_QUIET_BEFORE_A_TURN_S, _GREETING_MAY_TAKE_S)
    for turn in turns:
        await room.until_quiet(_QUIET_BEFORE_A_TURN_S)
        try:
            if turn.wav is not None:
                announce(f"{_PERSON} plays {turn.wav.name}")
                await room.play_file(turn.wav, _PERSON)
            else:
                announce(f"{_PERSON}: {turn.text}")
                await room.say(turn.text, _PERSON)
        except SpeakDeskError as e:
            announce(str(e.problem))
            continue
        await room.until_answered(_QUIET_BEFORE_A_TURN_S)


async def _report(room: PracticeRoom, announce: Callable[[str], None]) -> None:
    """Announce each change of a bot's status, of its socket, and each chat message."""
    seen: dict[str, int] = {}
    dialled: dict[str, int] = {}
    failed: set[str] = set()
    chat = 0
    while True:
        await room.until_next_tick()
        for bot_id, bot in room.bots.items():
            if seen.get(bot_id) == len(bot.status_log) and bot.status in FINAL:
                continue
            for status, _ in bot.status_log[seen.get(bot_id, 0) :]:
                announce(f"{bot.name}: {status}")
            seen[bot_id] = len(bot.status_log)
            if bot.connections != dialled.get(bot_id, 0):
                dialled[bot_id] = bot.connections
                announce(f"{bot.name}: socket open (connection {bot.connections})")
            if bot.last_failure and not bot.is_connected and bot_id not in failed:
                failed.add(bot_id)
                announce(f"{bot.name}: the streaming socket is down, {bot.last_failure}")
        for line in room.chat[chat:]:
            announce(f"{line.sender} writes: {line.text}")
        chat = len(room.chat)
