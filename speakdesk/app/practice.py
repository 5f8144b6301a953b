"""The practice meeting of this desk: its room, the person in it, and the knobs for bad days."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from speakdesk.app.tasks import spawn
from speakdesk.domain.incidents import Incidents
from speakdesk.providers.practice.provider import PracticeProvider
from speakdesk.providers.practice.room import PracticeRoom
from speakdesk.providers.practice.scenario import Scenario
from speakdesk.providers.practice.server import PracticeServer
from speakdesk.providers.practice.standalone import run_room as serve_room

PERSON = "You"


class PracticeMeeting:
    """Opens the room with the first practice launch; everything in it stays on this computer."""

    def __init__(self) -> None:
        self.room = PracticeRoom()
        self._server = PracticeServer(self.room)
        self._provider: PracticeProvider | None = None
        self._incidents = Incidents()
        self._opening = asyncio.Lock()
        self._watching: asyncio.Task[None] | None = None

    @property
    def is_open(self) -> bool:
        """True once the room's server runs."""
        return self._provider is not None

    @property
    def lobby_s(self) -> float:
        """How long bots wait in the lobby."""
        return self._incidents.lobby_s

    def arrange(self, incidents: Incidents) -> None:
        """Decide what shall happen to bots from now on."""
        self._incidents = incidents
        scenario = self.room.scenario
        scenario.lobby_s = incidents.lobby_s
        scenario.refuse = incidents.refuse
        scenario.crosstalk = incidents.crosstalk

    async def open(self) -> PracticeProvider:
        """The provider that sends bots into the room; starts the room the first time."""
        async with self._opening:
            if self._provider is None:
                await self._server.start()
                self._provider = PracticeProvider(self._server.base_url)
            self.room.join_person(PERSON)
            if self._watching is None and _happens_later(self._incidents):
                watch = let_it_happen(self.room, lambda: self._incidents)
                self._watching = spawn(watch, "practice incidents")
            return self._provider

    async def say(self, text: str, name: str = PERSON, language: str = "") -> None:
        """The person's typed line, spoken into the room; returns when the room has heard it.

        Raises SpeechError where no voice can say it.
        """
        await self.room.say(text, name, language)

    async def play_file(self, path: Path, name: str = PERSON) -> None:
        """A sound file of any rate and channel count. Raises StoreError where it is unreadable."""
        await self.room.play_file(path, name)

    def feed_microphone(self, pcm: bytes, rate_hz: int) -> None:
        """What the person's microphone hears, s16le mono, as it comes."""
        self.room.feed(PERSON, pcm, rate_hz)

    def listen(self, callback: Callable[[bytes], None]) -> Callable[[], None]:
        """The room for the person's speakers: 100 ms of s16le mono 16 kHz; returns how to stop."""
        return self.room.listen(callback)

    async def record(self, path: Path) -> None:
        """Record the meeting: participants left, bots right. Raises StoreError."""
        await self.room.record(path)

    async def until_quiet(self, silence_s: float) -> None:
        """Return once nobody was heard for this long."""
        await self.room.until_quiet(silence_s)

    async def close(self) -> None:
        """End the meeting and its server; safe to call twice."""
        watching, self._watching = self._watching, None
        if watching is not None:
            watching.cancel()
        provider, self._provider = self._provider, None
        if provider is not None:
            await provider.aclose()
            await self._server.stop()


def _happens_later(incidents: Incidents) -> bool:
    return incidents.drop_after_s is not None or incidents.remove_after_s is not None


async def let_it_happen(room: PracticeRoom, arranged: Callable[[], Incidents]) -> None:
    """Drop and remove each bot as was arranged when it came; runs until cancelled.

    Those that are in the room already are left alone.
    """
    seen = set(room.bots)
    pending: set[asyncio.Task[None]] = set()

    async def one(bot_id: str, incidents: Incidents) -> None:
        bot = room.bots[bot_id]
        while not bot.is_in_call:
            if bot.finished.is_set():
                return
            await asyncio.sleep(0.1)
        happenings = sorted(
            (after_s, what)
            for after_s, what in (
                (incidents.drop_after_s, "drop"),
                (incidents.remove_after_s, "remove"),
            )
            if after_s is not None
        )
        passed = 0.0
        for after_s, what in happenings:
            await asyncio.sleep(after_s - passed)
            passed = after_s
            if bot.finished.is_set():
                return
            await (room.drop_socket(bot_id) if what == "drop" else room.remove(bot_id))

    try:
        while True:
            for bot_id in [b for b in room.bots if b not in seen]:
                seen.add(bot_id)
                if _happens_later(incidents := arranged()):
                    task = spawn(one(bot_id, incidents), f"incidents of {bot_id}")
                    pending.add(task)
                    task.add_done_callback(pending.discard)
            await asyncio.sleep(0.1)
    finally:
        for task in tuple(pending):
            task.cancel()


async def run_room(
    *,
    port: int,
    incidents: Incidents,
    say: Sequence[str],
    wav: Sequence[Path],
    api_key: str,
    announce: Callable[[str], None],
) -> None:
    """Serve the room alone until cancelled; `announce` gets the base URL first.

    Raises GatewayError where the port is taken, StoreError where a sound file is unreadable.
    """
    watching: list[asyncio.Task[None]] = []

    def watch(room: PracticeRoom) -> None:
        watching.append(spawn(let_it_happen(room, lambda: incidents), "practice incidents"))

    try:
        await serve_room(
            port,
            incidents.lobby_s,
            say,
            wav,
            announce=announce,
            api_key=api_key,
            scenario=Scenario(refuse=incidents.refuse, crosstalk=incidents.crosstalk),
            on_open=watch,
        )
    finally:
        for task in watching:
            task.cancel()
