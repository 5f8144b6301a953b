"""The practice meeting itself: who is in it, who hears what, and its clock of 100 ms.

Everything in the room happens in `tick()`; `start()` calls it in real time, a test calls it itself.
The room knows no HTTP: `server.py` lets bots in through MeetingBaas v2's door.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
from loguru import logger

from speakdesk.domain.clock import Clock, SystemClock
from speakdesk.providers.practice.attendance import Attendance
from speakdesk.providers.practice.bot import FINAL, BotOrder, SimulatedBot
from speakdesk.providers.practice.mixing import Mixer, add_up, less, plus
from speakdesk.providers.practice.person import RoomPerson
from speakdesk.providers.practice.recording import StereoRecording
from speakdesk.providers.practice.scenario import Scenario
from speakdesk.providers.practice.sound import (
    ROOM_RATE_HZ,
    SILENCE,
    TICK_S,
    Block,
    read_sound,
    to_pcm,
    to_room,
)
from speakdesk.providers.practice.voices import Speak, Voices
from speakdesk.providers.practice.waiting import Waiting

_TOO_FAR_BEHIND_S = 0.5
_FINISHED_BOTS_KEPT = 500
_SILENCE_PCM = to_pcm(SILENCE)


@dataclass(frozen=True, slots=True)
class ChatLine:
    """A message in the meeting's chat."""

    sender: str
    text: str
    from_bot: bool


class PracticeRoom:
    """One meeting. `scenario` may be turned while it runs; `chat` is what was written in it.

    `speak` says typed lines (eSpeak NG where none is given).
    """

    def __init__(
        self,
        scenario: Scenario | None = None,
        *,
        speak: Speak | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.scenario = scenario or Scenario()
        self.chat: list[ChatLine] = []
        self.clock: Clock = clock or SystemClock()
        self._voices = Voices(speak)
        self._people: dict[str, RoomPerson] = {}
        self._bots: dict[str, SimulatedBot] = {}
        self._live: dict[str, SimulatedBot] = {}
        self._mixer = Mixer()
        self._attendance = Attendance()
        self._listeners: list[tuple[Callable[[bytes], None], str]] = []
        self._waiting = Waiting()
        self._recording: StereoRecording | None = None
        self._next_number = 1
        self._task: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()

    # -- who is here

    @property
    def people(self) -> Mapping[str, RoomPerson]:
        """The human participants by name."""
        return MappingProxyType(self._people)

    @property
    def bots(self) -> Mapping[str, SimulatedBot]:
        """Every bot ever sent here by its provider id, the oldest first; ended ones included."""
        return MappingProxyType(self._bots)

    @property
    def speaking(self) -> tuple[str, ...]:
        """Who can be heard right now, bots included."""
        return self._attendance.speaking

    @property
    def ticks(self) -> int:
        """How many steps of 100 ms the room has made."""
        return self._attendance.ticks

    @property
    def is_running(self) -> bool:
        """True while the room's clock runs by itself."""
        return self._task is not None

    def join_person(self, name: str, *, gender: str = "", language: str = "en") -> RoomPerson:
        """Somebody comes in; the same name again is the same person."""
        person = self._people.get(name)
        if person is None:
            person = RoomPerson(name, self._number(), gender=gender, language=language)
            self._people[name] = person
            self._wake.set()
        return person

    def leave_person(self, name: str) -> None:
        """Somebody goes; when nobody is left the call ends for every bot."""
        person = self._people.pop(name, None)
        if person is None:
            return
        person.stop()
        if not self._people:
            self.end()

    def end(self) -> None:
        """The call is over for every bot."""
        for bot in list(self._live.values()):
            bot.call_ended()
        self._wake.set()

    def add_bot(self, order: BotOrder) -> SimulatedBot:
        """A bot is on its way."""
        bot = SimulatedBot(order, self._number(), self.scenario, self.clock, self._welcome)
        self._bots[order.bot_id] = self._live[order.bot_id] = bot
        self._forget_old_bots()
        bot.advance(0.0, bool(self._people))
        self._wake.set()
        return bot

    def admit(self, bot_id: str) -> None:
        """Let this bot in now."""
        self._bots[bot_id].admit()

    async def refuse(self, bot_id: str) -> None:
        """Turn this bot away from the lobby and see it off."""
        if self._bots[bot_id].refuse():
            await self._bots[bot_id].finished.wait()

    async def remove(self, bot_id: str) -> None:
        """Throw this bot out and see it off."""
        if self._bots[bot_id].remove():
            await self._bots[bot_id].finished.wait()

    async def drop_socket(self, bot_id: str) -> None:
        """Break this bot's connection as a bad network would; it dials again by itself."""
        self._bots[bot_id].drop_socket()

    def write(self, sender: str, text: str, *, from_bot: bool = False) -> None:
        """Write into the meeting's chat."""
        self.chat.append(ChatLine(sender, text, from_bot))

    # -- what is heard

    async def say(self, text: str, name: str = "Guest", language: str = "") -> None:
        """A typed or scripted line, spoken by eSpeak NG; returns when the room has heard it.

        Raises SpeechError where no voice can say it.
        """
        person = self.join_person(name)
        await self._perform(person, await self._voices.words(text, person, language))

    async def play(self, pcm: bytes, rate_hz: int, channels: int = 1, name: str = "Guest") -> None:
        """Interleaved s16le of any rate and channel count; returns when the room has heard it."""
        await self._perform(
            self.join_person(name), await asyncio.to_thread(to_room, pcm, rate_hz, channels)
        )

    async def play_file(self, path: Path, name: str = "Guest") -> None:
        """A sound file of any rate and channel count. Raises StoreError where it is unreadable."""
        await self._perform(self.join_person(name), await asyncio.to_thread(read_sound, path))

    def feed(self, name: str, pcm: bytes, rate_hz: int = ROOM_RATE_HZ) -> None:
        """Microphone sound of a person as it comes, s16le mono."""
        self.join_person(name).feed(pcm, rate_hz)
        self._wake.set()

    def listen(self, callback: Callable[[bytes], None], without: str = "") -> Callable[[], None]:
        """Hand the room's sound to a person's speakers: 100 ms of s16le mono 16 kHz per tick.

        Live microphones are left out always (they are on this side of the speakers), and so is all
        that the person named `without` says. Returns how to stop.
        """
        listener = (callback, without)
        self._listeners.append(listener)
        self._wake.set()

        def unsubscribe() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return unsubscribe

    @property
    def recording(self) -> Path | None:
        """The file the meeting is recorded into, None where it is not."""
        return self._recording.path if self._recording else None

    async def record(self, path: Path) -> None:
        """Record from now on: participants left, bots right. Raises StoreError."""
        await self.stop_recording()
        self._recording = await StereoRecording.begin(path)
        self._wake.set()

    async def stop_recording(self) -> Path | None:
        """Finish the file. Raises StoreError where it could not be written."""
        recording, self._recording = self._recording, None
        return await recording.finish() if recording else None

    # -- waiting, in the room's own time

    async def until_quiet(self, silence_s: float = 1.0) -> None:
        """Return once nobody, bots included, was heard for this long from now on.

        Scripted sound that waits its turn, and the pauses in it, are no quiet.
        """
        began = self.ticks
        needed = round(silence_s / TICK_S)
        room = self._attendance
        await self._until(lambda: self.ticks - max(began, room.last_sound_tick) >= needed)

    async def until_admitted(self) -> SimulatedBot:
        """Return the first bot that is in the call, at once where there is one."""
        found: list[SimulatedBot] = []

        def is_one_there() -> bool:
            found.extend(self._bots_in_call())
            return bool(found)

        await self._until(is_one_there)
        return found[0]

    async def until_answered(self, silence_s: float = 1.0, patience_s: float = 20.0) -> bool:
        """Wait for a bot to begin to speak and for the quiet after it.

        Returns False where no bot began within `patience_s`.
        """
        room = self._attendance
        began = room.bots_began
        last_tick = self.ticks + round(patience_s / TICK_S)
        await self._until(lambda: room.bots_began != began or self.ticks >= last_tick)
        if room.bots_began == began:
            return False
        await self.until_quiet(silence_s)
        return True

    async def until_next_tick(self) -> None:
        """Return after the room's next step of 100 ms."""
        began = self.ticks
        await self._until(lambda: self.ticks > began)

    # -- the clock

    def start(self) -> None:
        """Let the clock run in real time; it rests while nothing can happen."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run(), name="practice room")
            self._task.add_done_callback(_report)

    async def stop(self) -> None:
        """End the meeting: bots leave, sounds stop, a recording is finished."""
        await asyncio.gather(*(bot.close() for bot in self._live.values()))
        self._live.clear()
        for person in self._people.values():
            person.stop()
        self._people.clear()
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        self._waiting.give_up()
        self._listeners.clear()
        await self.stop_recording()

    def tick(self) -> None:
        """One step of 100 ms: everybody speaks, everybody hears."""
        self._advance_bots()
        scripted: dict[str, Block] = {}
        microphones: dict[str, Block] = {}
        for name, person in self._people.items():
            spoken, live = person.take()
            if spoken is not None:
                scripted[name] = spoken
            if live is not None:
                microphones[name] = live
        voices: dict[str, Block] = {}
        for bot_id, bot in self._live.items():
            block = bot.take()
            if block is not None:
                voices[bot_id] = block
        live_sound = add_up(microphones)
        people = plus(add_up(scripted), live_sound)
        bots = add_up(voices)
        everything = plus(people, bots)
        self._note_speakers()
        self._mixer.deliver(self._live, everything, voices, self.scenario)
        self._send_to_listeners(less(everything, live_sound), scripted)
        if self._recording is not None:
            self._recording.add(people, bots)
        self._waiting.look()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time() + TICK_S
        while True:
            if self._is_idle():
                self._wake.clear()
                await self._wake.wait()
                due = loop.time() + TICK_S
            await asyncio.sleep(max(0.0, due - loop.time()))
            self.tick()
            due += TICK_S
            if loop.time() - due > _TOO_FAR_BEHIND_S:
                due = loop.time() + TICK_S

    def _is_idle(self) -> bool:
        return not (
            self._live
            or self._listeners
            or self._waiting
            or self._recording
            or any(p.has_sounds or p.has_microphone_sound for p in self._people.values())
        )

    def _advance_bots(self) -> None:
        for bot_id, bot in list(self._live.items()):
            bot.advance(TICK_S, bool(self._people))
            if bot.status in FINAL:
                del self._live[bot_id]
                self._mixer.forget(bot_id)

    def _note_speakers(self) -> None:
        has_changed = self._attendance.note(
            list(self._people.values()),
            self._bots_in_call(),
            self.scenario.speaking_level,
            is_more_to_come=any(person.has_sounds for person in self._people.values()),
        )
        if has_changed:
            text = self._roster()
            for bot in self._live.values():
                bot.send_roster(text)

    def _send_to_listeners(self, audible: Block | None, scripted: Mapping[str, Block]) -> None:
        if not self._listeners:
            return
        shared = _SILENCE_PCM if audible is None else to_pcm(audible)
        for callback, without in list(self._listeners):
            own = scripted.get(without)
            rest = less(audible, own)
            callback(shared if own is None or rest is None else to_pcm(rest))

    async def _until(self, is_over: Callable[[], bool]) -> None:
        await self._waiting.until(is_over, self._wake.set)

    async def _perform(self, person: RoomPerson, samples: Block) -> None:
        scenario = self.scenario
        both = [person.play(samples)]
        if scenario.crosstalk and person.name != scenario.crosstalk_name:
            guest = self.join_person(scenario.crosstalk_name)
            pause = np.zeros(int(scenario.crosstalk_after_s * ROOM_RATE_HZ), np.float32)
            words = await self._voices.words(scenario.crosstalk, guest)
            both.append(guest.play(np.concatenate((pause, words))))
        self._wake.set()
        await asyncio.gather(*both)

    def _welcome(self, bot: SimulatedBot, is_new: bool) -> None:
        if is_new and bot.order.entry_message:
            self.write(bot.name, bot.order.entry_message, from_bot=True)
        bot.send_roster(self._roster())

    def _roster(self) -> str:
        people = list(self._people.values())
        return self._attendance.roster(people, self._bots_in_call(), self.clock.now().timestamp())

    def _bots_in_call(self) -> list[SimulatedBot]:
        return [bot for bot in self._live.values() if bot.is_in_call]

    def _number(self) -> int:
        number, self._next_number = self._next_number, self._next_number + 1
        return number

    def _forget_old_bots(self) -> None:
        ended = [bot_id for bot_id in self._bots if bot_id not in self._live]
        for bot_id in ended[: max(0, len(ended) - _FINISHED_BOTS_KEPT)]:
            self._attendance.forget(self._bots.pop(bot_id).number)


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        logger.opt(exception=error).error("the practice room's clock stopped")
