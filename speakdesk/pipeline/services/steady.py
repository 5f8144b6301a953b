"""What SpeakDesk adds to a Pipecat service that keeps a WebSocket to its vendor.

Pipecat 1.14 connects in `setup()`, which holds the whole pipeline's start until the vendor answers;
it writes a service off (`is_usable`) after three failed connections or one refusal, and never asks
again. A meeting outlives both: the bot starts at once, and comes back when the vendor does.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any

from speakdesk.pipeline.services.patience import Patience, VendorSilent

if TYPE_CHECKING:
    from pipecat.frames.frames import CancelFrame, EndFrame, InputAudioRawFrame
    from pipecat.processors.frame_processor import FrameDirection, FrameProcessorSetup
    from pipecat.services.ai_service import AIService

    _Base = AIService
else:
    _Base = ABC


def _nobody() -> None:
    """Stands in for `heard_from` until somebody listens."""


class SteadyConnection(_Base):
    """Mixin, placed before the Pipecat class: connects behind the start, and can be revived.

    `heard_from` is called for each message of the vendor; `connected_at_s` is when the present
    socket opened (monotonic), where the class says so. A class sets `patience`, answers
    `is_connected`, and reconnects in `_renew`.
    """

    patience: Patience = Patience()
    heard_from: Callable[[], None] = staticmethod(_nobody)
    connected_at_s = float("-inf")
    _is_setting_up = False
    _is_over = False
    _first_connection: asyncio.Task[None] | None = None

    @property
    @abstractmethod
    def is_connected(self) -> bool:
        """True while the vendor's socket is open and read."""

    @property
    def is_alive(self) -> bool:
        """True while the service can do its work, as far as anyone can tell without asking."""
        return self.is_usable and self.is_connected

    @abstractmethod
    async def _renew(self) -> None:
        """Drop the connection and make a new one."""

    async def _resume(self) -> None:
        """Go on with what was held back while there was no connection."""

    async def setup(self, setup: FrameProcessorSetup) -> None:  # type: ignore[override]
        """Set up without waiting for the vendor; the connection is made behind it."""
        self._is_setting_up = True
        try:
            await super().setup(setup)
        finally:
            self._is_setting_up = False
        self._connecting = asyncio.Lock()
        self._reviving = asyncio.Lock()
        self._first_connection = self.create_task(self._connect_first(), "first_connection")

    async def stop(self, frame: EndFrame) -> None:
        """End in good order; from here on nothing is connected any more."""
        self._is_over = True
        await super().stop(frame)

    async def cancel(self, frame: CancelFrame) -> None:
        """End at once; from here on nothing is connected any more."""
        self._is_over = True
        await super().cancel(frame)

    async def cleanup(self) -> None:
        """Release what the service holds."""
        self._is_over = True
        await super().cleanup()  # type: ignore[no-untyped-call]

    async def revive(self, *, force: bool = False) -> None:
        """Try once to be alive again, within `patience.connect_s`; errors go the usual way.

        Does nothing where the service is alive, unless `force` says that it only looks so.
        """
        if self._first_connection is not None and not self._first_connection.done() and not force:
            await asyncio.wait([self._first_connection])
        async with self._reviving:
            if self._is_over:
                return
            if self.is_alive and not force:
                await self._resume()
                return
            await self.set_usable(True)
            try:
                async with asyncio.timeout(self.patience.connect_s + 0.5):
                    await self._renew()
            except TimeoutError:
                silent = VendorSilent(self.patience.connect_s, "answer to our call")
                await self.push_error(str(silent), exception=silent)
            except Exception as error:  # noqa: BLE001  # whatever a vendor's client raises
                await self.push_error(f"connection error: {error}", exception=error)

    async def _connect_first(self) -> None:
        try:
            async with asyncio.timeout(self.patience.connect_s + 0.5):
                await self._connect()
        except TimeoutError:
            silent = VendorSilent(self.patience.connect_s, "answer to our call")
            await self.push_error(str(silent), exception=silent)
        except Exception as error:  # noqa: BLE001  # whatever a vendor's client raises
            await self.push_error(f"connection error: {error}", exception=error)

    async def _connect(self) -> None:
        if self._is_setting_up or self._is_over:
            return
        async with self._connecting:
            await super()._connect()  # type: ignore[misc]

    async def _disconnect(self) -> None:
        first, self._first_connection = self._first_connection, None
        if first is not None and not first.done() and first is not asyncio.current_task():
            await self.cancel_task(first)
        await super()._disconnect()  # type: ignore[misc]


class SteadyEars(SteadyConnection):
    """The same for speech-to-text: what is said while the connection is made is heard after it."""

    _reconnecting: bool
    _reconnect_audio_buffer: list[tuple[InputAudioRawFrame, FrameDirection]]

    def hold(self) -> None:
        """Keep the audio that comes until `revive` has ended."""
        if not self._reconnecting:
            self._reconnect_audio_buffer.clear()
            self._reconnecting = True

    async def _renew(self) -> None:
        # Pipecat's `_reconnect` would first forget what `hold` kept.
        self.hold()
        try:
            await self._do_reconnect()  # type: ignore[attr-defined]
        except BaseException:
            self._reconnect_audio_buffer.clear()
            self._reconnecting = False
            raise
        await self._resume()

    async def _resume(self) -> None:
        held = list(self._reconnect_audio_buffer)
        self._reconnect_audio_buffer.clear()
        self._reconnecting = False
        for frame, direction in held:
            await self.process_audio_frame(frame, direction)  # type: ignore[attr-defined]


class Tap:
    """A vendor's WebSocket, seen through: `hear` gets each message and may keep it for itself.

    Iterating gives the messages for which `hear` returned False.
    """

    def __init__(self, websocket: Any, hear: Callable[[str | bytes], Awaitable[bool]]) -> None:
        self._websocket = websocket
        self._hear = hear

    async def __aiter__(self) -> AsyncIterator[str | bytes]:
        async for message in self._websocket:
            if not await self._hear(message):
                yield message

    async def send(self, message: str | bytes) -> None:
        """Send to the vendor."""
        await self._websocket.send(message)
