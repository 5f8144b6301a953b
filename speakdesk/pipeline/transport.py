# mypy: disable-error-code="no-untyped-call"
"""One Pipecat transport over a provider's codec and sockets that come and go.

The pipeline outlives the socket: a drop keeps the conversation, a new socket takes over, and what
was sent is never sent again. Each socket gets a codec of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from loguru import logger
from pipecat.transports.base_transport import BaseTransport

from speakdesk.domain.bot import Evidence
from speakdesk.domain.events import BotEvidence, ChatMessage, Event, RosterChanged
from speakdesk.domain.launch import RATES_HZ
from speakdesk.pipeline.delivery import MeetingOutput
from speakdesk.pipeline.ears import MeetingInput
from speakdesk.pipeline.roster import RosterBook
from speakdesk.pipeline.tap import FlightTap
from speakdesk.providers.wire import (
    AudioCodec,
    AudioIn,
    ChatIn,
    Handshake,
    MeetingSocket,
    Roster,
    SocketClosed,
    Unreadable,
    WireEvent,
)

# A socket that takes longer than this for one message is as good as gone.
SEND_PATIENCE_S = 2.0
# So long a socket may take to close; nothing but the end waits for it.
CLOSE_PATIENCE_S = 1.0
# The meeting may show us speaking this long after our last sound.
_HEARD_WITHIN_S = 3.0
_REPLACED = "replaced by a newer connection"


@dataclass(slots=True)
class _Wire:
    """One socket with its codec and the rate that both sides use on it."""

    socket: MeetingSocket
    codec: AudioCodec
    rate_hz: int
    unreadable: int = 0


class MeetingTransport(BaseTransport):
    """Carries one bot's sound to and from whichever socket is the present one."""

    def __init__(
        self,
        bot_id: str,
        codec: Callable[[], AudioCodec],
        ears: MeetingInput,
        output: MeetingOutput,
        roster: RosterBook,
        emit: Callable[[Event], None],
        now: Callable[[], float],
        sound_now: Callable[[], float],
    ) -> None:
        super().__init__()
        self._bot_id = bot_id
        self._codec = codec
        self._ears = ears
        self._output = output
        self._roster = roster
        self._emit = emit
        self._now = now
        self._sound_now = sound_now
        self._wire: _Wire | None = None
        self._proven: set[Evidence] = set()
        self._last_sent_s = float("-inf")
        self._is_over = False
        self._farewells: set[asyncio.Task[None]] = set()
        self.on_attached: Callable[[], Awaitable[None]] | None = None
        self.on_detached: Callable[[], object] | None = None
        self.tap: FlightTap | None = None

    def input(self) -> MeetingInput:
        """The hearing half."""
        return self._ears

    def output(self) -> MeetingOutput:
        """The speaking half."""
        return self._output

    @property
    def is_attached(self) -> bool:
        """True while there is a socket."""
        return self._wire is not None

    async def attach(self, socket: MeetingSocket) -> None:
        """Carry `socket` until it closes; an older one is let go without waiting for it."""
        if self._is_over:
            await socket.close(1000, "the bot has left")
            return
        codec = self._codec()
        wire = _Wire(socket, codec, codec.rate_hz)
        older, self._wire = self._wire, wire
        if older is not None:
            self._tell_closed(1000, _REPLACED)
            self._let_go(older.socket, 1000, _REPLACED)
        try:
            await self._open(wire)
            if self.on_attached is not None:
                await self.on_attached()
            while self._wire is wire:
                message = await socket.receive()
                if self._wire is not wire:
                    break
                for event in wire.codec.decode(message):
                    await self._on_event(wire, event)
                # After a stall many messages wait: none of the above gives the loop to others.
                await asyncio.sleep(0)
        except SocketClosed as closed:
            logger.debug("{}: the meeting's socket closed ({})", self._bot_id, closed.code)
            self._detach(wire, closed.code, closed.reason)
        finally:
            self._detach(wire)

    async def close(self) -> None:
        """Close the present socket and take no other; bounded, whatever the meeting does."""
        self._is_over = True
        wire = self._wire
        if wire is not None:
            self._detach(wire, 1000, "the bot has left")
            self._let_go(wire.socket, 1000, "the bot has left")
        try:
            if self._farewells:
                await asyncio.wait(self._farewells, timeout=CLOSE_PATIENCE_S)
        finally:
            for farewell in tuple(self._farewells):
                farewell.cancel()

    async def _open(self, wire: _Wire) -> None:
        if wire.rate_hz != self._output.mouth.rate_hz and self._output.is_speaking:
            await self._output.cut()
            await self._output.broadcast_interruption()
        self._ears.open_wire(wire.rate_hz)
        if self.tap is not None:
            self.tap.opened(wire.rate_hz)

        async def send(pcm: bytes) -> None:
            await self._send(wire, wire.codec.encode(pcm))
            if self.tap is not None and self._wire is wire:
                self.tap.sent(pcm, wire.rate_hz)

        async def flush_wire() -> None:
            if messages := wire.codec.interrupt():
                await self._send(wire, messages)

        self._output.open_wire(wire.rate_hz, send, flush_wire)

    def _detach(self, wire: _Wire, code: int | None = None, reason: str = "") -> None:
        if self._wire is wire:
            self._wire = None
            self._tell_closed(code, reason)
            self._output.close_wire()
            if self.on_detached is not None:
                self.on_detached()

    def _tell_closed(self, code: int | None, reason: str) -> None:
        if self.tap is not None:
            self.tap.closed(code, reason)

    def _let_go(self, socket: MeetingSocket, code: int, reason: str) -> None:
        """Close a socket beside the rest: a peer that is gone must not hold up the next one."""
        farewell = asyncio.create_task(socket.close(code, reason), name="farewell to a socket")
        self._farewells.add(farewell)
        farewell.add_done_callback(self._said_goodbye)

    def _said_goodbye(self, farewell: asyncio.Task[None]) -> None:
        self._farewells.discard(farewell)
        if not farewell.cancelled() and (error := farewell.exception()) is not None:
            logger.debug("{}: a socket did not close: {}", self._bot_id, type(error).__name__)

    async def _send(self, wire: _Wire, messages: list[bytes | str]) -> None:
        try:
            async with asyncio.timeout(SEND_PATIENCE_S):
                for message in messages:
                    await wire.socket.send(message)
        except TimeoutError:
            logger.warning("{}: the meeting stopped reading, its socket is given up", self._bot_id)
            self._detach(wire, 1011, "not reading")
            self._let_go(wire.socket, 1011, "not reading")
            return
        except (SocketClosed, OSError, RuntimeError):
            self._detach(wire)
            return
        self._last_sent_s = self._now()
        self._prove(Evidence.SPEAKS, "audio left towards the meeting")

    async def _on_event(self, wire: _Wire, event: WireEvent) -> None:
        match event:
            case AudioIn():
                if self.tap is not None:
                    self.tap.heard(event.pcm, wire.rate_hz, self._roster.speaking)
                if await self._ears.hear(event.pcm):
                    self._prove(Evidence.HEARS, "sound arrived from the meeting")
            case Roster():
                self._on_roster(event)
            case Handshake():
                await self._on_handshake(wire, event)
            case ChatIn():
                self._emit(ChatMessage(bot_id=self._bot_id, sender=event.sender, text=event.text))
            case Unreadable():
                wire.unreadable += 1
                if wire.unreadable in (1, 100):
                    logger.warning("{}: unreadable message: {}", self._bot_id, event.why)

    async def _on_handshake(self, wire: _Wire, handshake: Handshake) -> None:
        rate_hz = handshake.rate_hz
        if rate_hz is None or rate_hz == wire.rate_hz:
            return
        if rate_hz not in RATES_HZ:
            logger.warning("{}: the meeting names an unusable rate {}", self._bot_id, rate_hz)
            return
        logger.info("{}: the meeting speaks at {} Hz", self._bot_id, rate_hz)
        wire.rate_hz = rate_hz
        await self._open(wire)

    def _on_roster(self, message: Roster) -> None:
        now_s = self._now()
        if self._roster.update(message, self._sound_now()):
            self._emit(
                RosterChanged(
                    bot_id=self._bot_id,
                    names=self._roster.names,
                    speaking=tuple(n for n in self._roster.names if n in self._roster.speaking),
                )
            )
        if self._roster.we_are_heard and now_s - self._last_sent_s < _HEARD_WITHIN_S:
            self._prove(Evidence.HEARD, "the meeting shows the bot speaking")

    def _prove(self, evidence: Evidence, detail: str) -> None:
        if evidence not in self._proven:
            self._proven.add(evidence)
            self._emit(BotEvidence(bot_id=self._bot_id, evidence=evidence, detail=detail))
