"""The meeting's side of a replay: sockets that say what the recording says, at its times."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from speakdesk.pipeline.contract import Voice
from speakdesk.pipeline.replay.script import (
    Admitted,
    Closed,
    Happening,
    Hushed,
    Meeting,
    Opened,
    Typed,
)
from speakdesk.pipeline.replay.timeline import Timeline
from speakdesk.providers.wire import AudioIn, Handshake, SocketClosed, Unreadable, WireEvent

# So often, in seconds of the recording, somebody hears how far the replay is.
_PROGRESS_EVERY_S = 1.0


class StageCodec:
    """Takes what a socket of the stage hands on: sound as bytes, all else by its number."""

    def __init__(self, rate_hz: int, events: dict[str, WireEvent]) -> None:
        self.rate_hz = rate_hz
        self._events = events

    def decode(self, message: bytes | str) -> list[WireEvent]:
        """What was put on the socket."""
        if isinstance(message, bytes):
            return [AudioIn(message)]
        return [self._events.pop(message, Unreadable("nothing was said"))]

    def encode(self, pcm: bytes) -> list[bytes | str]:
        """The bot's sound as it is."""
        return [pcm]

    def interrupt(self) -> list[bytes | str]:
        """A meeting takes nothing back."""
        return []


class StageSocket:
    """One socket of the meeting; what the bot sends goes nowhere."""

    def __init__(self, events: dict[str, WireEvent]) -> None:
        self._events = events
        self._inbox: asyncio.Queue[bytes | str | None] = asyncio.Queue()
        self._code: int | None = None
        self._count = 0

    async def receive(self) -> bytes | str:
        """The next message. Raises SocketClosed."""
        message = await self._inbox.get()
        if message is None:
            raise SocketClosed(self._code)
        return message

    async def send(self, message: bytes | str) -> None:
        """Take a message. Raises SocketClosed."""
        if self._code is not None:
            raise SocketClosed(self._code)

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close it."""
        self.drop(code)

    def drop(self, code: int) -> None:
        """The line is gone."""
        if self._code is None:
            self._code = code
            self._inbox.put_nowait(None)

    def deliver(self, event: WireEvent) -> None:
        """The meeting says this."""
        if self._code is not None:
            return
        if isinstance(event, AudioIn):
            self._inbox.put_nowait(event.pcm)
            return
        self._count += 1
        key = f"{id(self)}:{self._count}"
        self._events[key] = event
        self._inbox.put_nowait(key)


class Stage:
    """Plays the meeting to one voice."""

    def __init__(self, rate_hz: int, timeline: Timeline) -> None:
        self._timeline = timeline
        self._events: dict[str, WireEvent] = {}
        self._rate_hz = rate_hz
        self._socket: StageSocket | None = None
        self._carrying: set[asyncio.Task[None]] = set()

    def codec(self) -> StageCodec:
        """A codec for the next socket."""
        return StageCodec(self._rate_hz, self._events)

    async def play(
        self, voice: Voice, meeting: Meeting, on_progress: Callable[[float], None] | None = None
    ) -> None:
        """Let everything happen at its time; returns after the last."""
        told_s = 0.0
        for at_s, what in meeting:
            await self._timeline.until(at_s)
            await self._let_happen(voice, what)
            if on_progress is not None and at_s - told_s >= _PROGRESS_EVERY_S:
                told_s = at_s
                on_progress(at_s)

    async def close(self) -> None:
        """The meeting is over."""
        if self._socket is not None:
            self._socket.drop(1000)
        for task in tuple(self._carrying):
            task.cancel()
        await asyncio.gather(*self._carrying, return_exceptions=True)

    async def _let_happen(self, voice: Voice, what: Happening) -> None:
        match what:
            case Opened():
                self._open(voice, what.rate_hz)
            case Closed():
                if self._socket is not None:
                    self._socket.drop(what.code)
                    self._socket = None
            case Admitted():
                await voice.admitted()
            case Typed():
                await voice.say(what.text)
            case Hushed():
                await voice.hush()
            case _:
                if self._socket is not None:
                    self._socket.deliver(what)

    def _open(self, voice: Voice, rate_hz: int) -> None:
        if self._socket is not None and rate_hz and rate_hz != self._rate_hz:
            self._rate_hz = rate_hz
            self._socket.deliver(Handshake("", rate_hz))
            return
        self._rate_hz = rate_hz or self._rate_hz
        self._socket = socket = StageSocket(self._events)
        task = asyncio.create_task(voice.attach(socket), name="a socket of the recording")
        self._carrying.add(task)
        task.add_done_callback(self._carrying.discard)
