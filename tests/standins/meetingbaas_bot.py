"""A MeetingBaas cloud bot that dials whatever it was told to, well-mannered or not.

Wire facts: contracts/meetingbaas.md §3. One socket URL for both directions.
"""

from __future__ import annotations

import asyncio
import json
import struct
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

FRAME_S = 0.1
HUGE = 10 * 1024 * 1024
ENDED = frozenset({"completed", "failed"})


@dataclass
class Manner:
    """How a bot behaves. `lobby` keeps it in the waiting room until `admit`.

    `dials` is how many sockets it opens: 0 never calls, 2 calls twice at once. `dials_after_leave`
    calls once more when it has left. `reconnect_every_s` hangs up and calls again so often.
    `odd_bytes` sends frames of an odd length, `huge_frame` a single frame of 10 MB before the
    others. `ends_after_frames` ends the meeting in the middle of what is being said. `pace` 1 is
    real time; smaller is faster.
    """

    lobby: bool = False
    dials: int = 1
    dials_after_leave: bool = False
    reconnect_every_s: float | None = None
    odd_bytes: bool = False
    huge_frame: bool = False
    ends_after_frames: int | None = None
    pace: float = 1.0


@dataclass(eq=False)
class CloudBot:
    """One bot. `received` is what our side played; `closings` the close codes of its sockets."""

    wish: dict[str, Any]
    url: str
    rate_hz: int
    manner: Manner
    happened: Callable[[], Awaitable[None]]
    report: Callable[[CloudBot], Awaitable[None]]
    bot_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    status: str = "queued"
    error_code: str | None = None
    error_message: str | None = None
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    updated: datetime = field(default_factory=lambda: datetime.now(UTC))
    joined: datetime | None = None
    exited: datetime | None = None
    history: list[str] = field(default_factory=list)
    received: bytearray = field(default_factory=bytearray)
    texts_received: list[str] = field(default_factory=list)
    chat: list[str] = field(default_factory=list)
    closings: list[int | None] = field(default_factory=list)
    dialled: int = 0
    refused_dials: int = 0
    frames_sent: int = 0
    is_deleted: bool = False
    extra: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        self._tasks: list[asyncio.Task[None]] = []
        self._admitted = asyncio.Event()
        self._over = asyncio.Event()
        self._sound = bytearray()
        self._speaker = "Priya"
        self.extra = self.wish.get("extra")

    @property
    def is_over(self) -> bool:
        return self.status in ENDED

    def start(self) -> None:
        self._tasks.append(asyncio.create_task(self._live(), name="cloud bot"))

    def say(self, pcm: bytes, speaker: str = "Priya") -> None:
        """Sound of the meeting: s16le mono at the bot's rate."""
        self._speaker = speaker
        self._sound += pcm

    def admit(self) -> None:
        self._admitted.set()

    async def leave(self) -> None:
        await self.end("api_request_stop", "completed", "API_REQUEST")

    async def end(
        self, status: str, final: str = "completed", code: str | None = None, words: str = ""
    ) -> None:
        """The bot's time in the meeting is over."""
        if self.is_over:
            return
        self.exited = datetime.now(UTC)
        self.error_code, self.error_message = code, words or None
        await self._enter(status)
        self._over.set()
        self._admitted.set()
        await self._enter(final)
        if self.manner.dials_after_leave:
            self._tasks.append(asyncio.create_task(self._late_call(), name="late call"))

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _live(self) -> None:
        await self._enter("joining_call")
        calls = []
        if self.url:
            calls = [
                asyncio.create_task(self._call(), name=f"call {number}")
                for number in range(self.manner.dials)
            ]
        try:
            if self.manner.lobby:
                await self._enter("in_waiting_room")
                await self._admitted.wait()
            if not self._over.is_set():
                self._admitted.set()
                self.joined = datetime.now(UTC)
                await self._enter("in_call_recording")
            await self._over.wait()
            await asyncio.gather(*calls)
        finally:
            for call in calls:
                call.cancel()
            await asyncio.gather(*calls, return_exceptions=True)

    async def _enter(self, status: str) -> None:
        self.status, self.updated = status, datetime.now(UTC)
        self.history.append(status)
        await self.report(self)
        await self.happened()

    async def _call(self) -> None:
        """Dial until the meeting is over, as the service does with 1, 2, 4 … s between."""
        wait_s = 1.0
        while not self._over.is_set():
            try:
                async with connect(self.url, max_size=None, compression=None) as socket:
                    self.dialled += 1
                    await self.happened()
                    await self._talk(socket)
                self.closings.append(socket.close_code)
                wait_s = 1.0
            except (OSError, InvalidHandshake, ConnectionClosed, TimeoutError):
                self.refused_dials += 1
            await self.happened()
            if self.manner.reconnect_every_s is None:
                await self._pause(wait_s)
                wait_s = min(60.0, wait_s * 2)

    async def _late_call(self) -> None:
        try:
            async with connect(self.url, max_size=None, compression=None) as socket:
                self.dialled += 1
                await socket.send(self._handshake())
                await self.happened()
                await socket.wait_closed()
            self.closings.append(socket.close_code)
        except (OSError, InvalidHandshake, ConnectionClosed):
            self.refused_dials += 1
        await self.happened()

    async def _talk(self, socket: ClientConnection) -> None:
        await socket.send(self._handshake())
        hearing = asyncio.create_task(self._hear(socket), name="hear")
        try:
            await self._sound_out(socket, hearing)
        except ConnectionClosed:
            pass
        finally:
            hearing.cancel()
            await asyncio.gather(hearing, return_exceptions=True)

    async def _sound_out(self, socket: ClientConnection, hearing: asyncio.Task[None]) -> None:
        limit_s, age_s, was_welcome = self.manner.reconnect_every_s, 0.0, False
        while not (self._over.is_set() or hearing.done()):
            if self._admitted.is_set():
                if not was_welcome:
                    await socket.send(self._roster())
                    was_welcome = True
                    if self.manner.huge_frame:
                        await socket.send(b"\x01\x00" * (HUGE // 2))
                await socket.send(self._frame())
                self.frames_sent += 1
                await self.happened()
                if self.frames_sent == self.manner.ends_after_frames:
                    await self.end("call_ended", "completed", "NO_ATTENDEES")
                    return
            await self._pause(FRAME_S)
            age_s += FRAME_S
            if limit_s is not None and age_s >= limit_s:
                return

    async def _hear(self, socket: ClientConnection) -> None:
        async for message in socket:
            if isinstance(message, str):
                self.texts_received.append(message)
            else:
                self.received += message
            await self.happened()

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds * self.manner.pace):
                await self._over.wait()
        except TimeoutError:
            return

    def _handshake(self) -> str:
        return json.dumps(
            {
                "protocol_version": 2,
                "bot_id": self.bot_id,
                "offset": self.frames_sent * FRAME_S,
                "sample_rate": self.rate_hz,
            }
        )

    def _roster(self) -> str:
        now = datetime.now(UTC).timestamp()
        people = [(self._speaker, 1, bool(self._sound)), (self.wish.get("bot_name", ""), 2, False)]
        return json.dumps(
            [
                {"name": name, "id": number, "timestamp": now, "isSpeaking": speaks}
                for name, number, speaks in people
            ]
        )

    def _frame(self) -> bytes:
        size = self.rate_hz // 10 * 2
        frame = bytes(self._sound[:size])
        del self._sound[:size]
        frame += b"\0" * (size - len(frame))
        return frame + b"\x01" if self.manner.odd_bytes else frame


def tone(seconds: float, rate_hz: int) -> bytes:
    """A buzz that is clearly no silence."""
    period = rate_hz // 200
    cycle = b"".join(struct.pack("<h", 8000 if n < period // 2 else -8000) for n in range(period))
    return (cycle * (int(seconds * rate_hz) // period + 1))[: int(seconds * rate_hz) * 2]
