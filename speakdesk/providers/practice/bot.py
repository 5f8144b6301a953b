"""A simulated MeetingBaas bot: its life as v2 tells it, its sockets, its place in the room.

The real bot's behaviour on the socket is contracts/meetingbaas.md §3, its status values §2.4.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np

from speakdesk.domain.clock import Clock
from speakdesk.providers.practice.line import StreamingLine
from speakdesk.providers.practice.playback import PlaybackMeter, SoundQueue
from speakdesk.providers.practice.scenario import Scenario
from speakdesk.providers.practice.sound import (
    ROOM_RATE_HZ,
    TICK_S,
    Block,
    RateStream,
    loudness,
)

IN_CALL = frozenset(
    {"in_call_not_recording", "in_call_recording", "recording_paused", "recording_resumed"}
)
FINAL = frozenset({"completed", "failed"})


@dataclass(frozen=True, slots=True)
class BotOrder:
    """What `POST /v2/bots` asked for. Empty URLs mean no socket in that direction."""

    bot_id: str
    name: str
    meeting_url: str = field(repr=False)
    output_url: str = field(default="", repr=False)
    input_url: str = field(default="", repr=False)
    rate_hz: int = 24000
    entry_message: str = ""
    extra: Mapping[str, Any] | None = None
    recording_mode: str = "speaker_view"
    waiting_room_timeout_s: float = 600.0
    no_one_joined_timeout_s: float = 600.0


class SimulatedBot:
    """One bot of the practice room. The room's tick drives its life; `status` is v2's word for it.

    `meter` measures what it was sent; `level` is its own loudness in the last tick, RMS 0..1;
    `finished` is set once it has reached `completed` or `failed`.
    """

    def __init__(
        self, order: BotOrder, number: int, scenario: Scenario, clock: Clock, welcome: _Welcome
    ) -> None:
        self.order = order
        self.number = number
        self.level = 0.0
        self.meter = PlaybackMeter(order.rate_hz)
        self.created: datetime = clock.now()
        self.joined: datetime | None = None
        self.exited: datetime | None = None
        self.updated: datetime = self.created
        self.error_code = ""
        self.error_message = ""
        self.heard_names: tuple[tuple[str, int], ...] = ()
        self.status_log: list[tuple[str, datetime]] = [("queued", self.created)]
        self.finished = asyncio.Event()
        self._scenario = scenario
        self._clock = clock
        self._welcome = welcome
        self._status_s = 0.0
        self._alone_s = 0.0
        self._queue = SoundQueue(order.rate_hz)
        self._to_room = (
            None if order.rate_hz == ROOM_RATE_HZ else RateStream(order.rate_hz, ROOM_RATE_HZ)
        )
        self._was_silent = True
        self._sound_began_s: float | None = None
        self._lines: list[StreamingLine] = []
        self._output: StreamingLine | None = None
        self._ending: asyncio.Task[None] | None = None

    @property
    def bot_id(self) -> str:
        return self.order.bot_id

    @property
    def name(self) -> str:
        return self.order.name

    @property
    def rate_hz(self) -> int:
        return self.order.rate_hz

    @property
    def status(self) -> str:
        """The v2 status value."""
        return self.status_log[-1][0]

    @property
    def is_in_call(self) -> bool:
        """True from admission until it leaves."""
        return self.status in IN_CALL

    @property
    def is_waiting(self) -> bool:
        """True while it is on its way or in the lobby."""
        return self.status in ("queued", "joining_call", "in_waiting_room")

    @property
    def is_live(self) -> bool:
        """True until it begins to leave."""
        return self.is_in_call or self.is_waiting

    @property
    def is_connected(self) -> bool:
        """True while the socket that carries the meeting's sound is open."""
        return self._output is not None and self._output.is_open

    @property
    def connections(self) -> int:
        """How often a socket was opened, all of them together."""
        return sum(line.connections for line in self._lines)

    @property
    def last_failure(self) -> str:
        """Why a socket is down, in the words of the failure; empty where none ever was."""
        return next((line.last_failure for line in self._lines if line.last_failure), "")

    def advance(self, seconds: float, has_people: bool) -> None:
        """Let time pass: from the queue through the lobby into the call."""
        self._status_s += seconds
        if self.status == "queued":
            self._enter("joining_call")
        if self.status == "joining_call" and self._status_s >= self._scenario.joining_s:
            self._enter("in_waiting_room")
            self._dial()
        if self.status == "in_waiting_room":
            lobby_s = self._scenario.lobby_s
            if lobby_s is not None and self._status_s >= lobby_s - TICK_S / 2:
                if self._scenario.refuse:
                    self.refuse()
                else:
                    self.admit()
            elif self._status_s >= self.order.waiting_room_timeout_s:
                self._end(
                    "waiting_room_timeout",
                    "failed",
                    "TIMEOUT_WAITING_TO_START",
                    "The bot was not admitted before its waiting room timeout.",
                )
        elif self.is_in_call:
            self._alone_s = 0.0 if has_people else self._alone_s + seconds
            if self._alone_s >= self.order.no_one_joined_timeout_s:
                self.call_ended()

    def admit(self) -> bool:
        """Let it in. Returns False where it is not waiting."""
        if not self.is_waiting:
            return False
        self._dial()
        self.joined = self._clock.now()
        self._enter("in_call_not_recording")
        self._enter("in_call_recording")
        self._welcome(self, True)
        return True

    def refuse(self) -> bool:
        """Turn it away from the lobby. Returns False where it is not waiting."""
        return self.is_waiting and self._end(
            "bot_rejected",
            "failed",
            "BOT_NOT_ACCEPTED",
            "The host denied the bot's request to join.",
        )

    def remove(self) -> bool:
        """Throw it out. Returns False where it is not there."""
        if self.is_waiting:
            return self.refuse()
        return self.is_in_call and self._end(
            "bot_removed", "completed", "BOT_REMOVED", "The bot was removed from the meeting."
        )

    def leave(self) -> bool:
        """It was told through the API to leave. Returns False where it has left already."""
        return self.is_live and self._end(
            "api_request_stop", "completed", "API_REQUEST", "The bot was stopped through the API."
        )

    def call_ended(self) -> bool:
        """Everybody else has left. Returns False where it has left already."""
        return self.is_live and self._end(
            "call_ended", "completed", "NO_ATTENDEES", "Everybody else left the meeting."
        )

    def drop_socket(self) -> None:
        """Cut its sockets as a broken network would; it dials again."""
        for line in self._lines:
            line.drop()

    def take(self) -> Block | None:
        """What it plays into the room this tick, at the room's rate; None for silence."""
        block = self._queue.take() if self.is_in_call else None
        if self._to_room is not None and not (block is None and self._was_silent):
            self._was_silent = block is None
            if block is None:
                block = np.zeros(self.rate_hz // 10, np.float32)
            block = self._to_room.convert(block)
        self.level = 0.0 if block is None else min(loudness(block), 1.0)
        return block

    def send_sound(self, message: bytes) -> None:
        """One tick of meeting sound: 100 ms of s16le mono at the bot's rate."""
        if self._output is None or not self._output.is_open:
            return
        if self._sound_began_s is None:
            now = self._clock.now().timestamp()
            self._sound_began_s = self._clock.monotonic()
            if self._scenario.repeat_handshake:
                self._output.offer(self._handshake(start_time_ms=int(now * 1000)))
        self._output.offer(message)

    def send_roster(self, text: str) -> None:
        """A roster message; only ever sent to a bot that was admitted."""
        if self._output is not None and self.is_in_call:
            self._output.offer(text)

    async def close(self) -> None:
        """The room closes: end at once and wait until the sockets are shut."""
        self.call_ended()
        await self.finished.wait()

    def _dial(self) -> None:
        if self._lines:
            return
        output, entry = self.order.output_url, self.order.input_url
        if output:
            is_shared = output == entry
            self._output = self._line(
                output,
                hello=lambda: [self._handshake()],
                on_message=self._on_message if is_shared else _ignore,
                on_open=lambda: self._welcome(self, False) if self.is_in_call else None,
            )
        if entry and entry != output:
            self._line(entry, hello=tuple, on_message=self._on_message, on_open=lambda: None)
        for line in self._lines:
            line.start()

    def _line(
        self,
        url: str,
        *,
        hello: Callable[[], list[str] | tuple[str, ...]],
        on_message: Callable[[bytes | str], None],
        on_open: Callable[[], None],
    ) -> StreamingLine:
        line = StreamingLine(
            url,
            hello=hello,
            on_message=on_message,
            on_open=on_open,
            back_off_scale=lambda: self._scenario.reconnect_scale,
        )
        self._lines.append(line)
        return line

    def _handshake(self, start_time_ms: int | None = None) -> str:
        began = self._sound_began_s
        message: dict[str, Any] = {
            "protocol_version": 2,
            "bot_id": self.bot_id,
            "offset": 0.0 if began is None else round(self._clock.monotonic() - began, 3),
            "sample_rate": self.rate_hz,
        }
        if self._scenario.repeat_handshake:
            message["start_time"] = start_time_ms
        return json.dumps(message)

    def _on_message(self, message: bytes | str) -> None:
        if isinstance(message, str):
            self.meter.text_messages += 1
            return
        if len(message) % 2:
            self.meter.odd_messages += 1
            message = message[:-1]
        samples = np.frombuffer(message, dtype="<i2")
        self.meter.note(samples, self._clock.monotonic())
        if self.is_in_call:
            self._queue.put(message)
        else:
            self.meter.in_lobby_ms += samples.size / self.rate_hz * 1000

    def _enter(self, status: str) -> None:
        self.updated = self._clock.now()
        self.status_log.append((status, self.updated))
        self._status_s = 0.0

    def _end(self, status: str, final: str, error_code: str, error_message: str) -> bool:
        if self.joined is not None:
            self.exited = self._clock.now()
        self.error_code, self.error_message = error_code, error_message
        self._enter(status)
        self._queue.clear()
        self._ending = asyncio.get_running_loop().create_task(
            self._finish(final), name="practice bot leaves"
        )
        return True

    async def _finish(self, final: str) -> None:
        try:
            await asyncio.gather(*(line.close() for line in self._lines))
        finally:
            self._enter(final)
            self.level = 0.0
            self.finished.set()


_Welcome = Callable[[SimulatedBot, bool], None]


def _ignore(message: bytes | str) -> None:
    """What comes in on the output-only socket is not for the meeting."""
