"""Cartesia as a bot's mouth: Pipecat's class, bounded and able to come back.

Protocol facts: one WebSocket for many contexts; `chunk`, `timestamps`, `done` and `error` messages
carry the context they belong to; an idle socket is closed by the vendor after five minutes.
"""

from __future__ import annotations

import json
import time
from typing import Any

from pipecat.frames.frames import TTSStoppedFrame
from pipecat.services.cartesia.tts import CartesiaTTSService
from websockets.protocol import State

from speakdesk.pipeline.services.patience import Patience, VendorRefused
from speakdesk.pipeline.services.steady import SteadyConnection, Tap
from speakdesk.providers.tls import tls_context

RATES_HZ = (8000, 16000, 22050, 24000, 44100, 48000)


def nearest_rate(rate_hz: int) -> int:
    """The wire's rate where Cartesia offers it, else the next above: 32000 becomes 48000."""
    above = [rate for rate in RATES_HZ if rate >= rate_hz and rate != 44100]
    return rate_hz if rate_hz in RATES_HZ else min(above, default=48000)


class CartesiaMouth(SteadyConnection, CartesiaTTSService):
    """Cartesia's streaming synthesis."""

    def __init__(self, *, patience: Patience, **options: Any) -> None:
        # A silent context is ours to judge (services/watch.py): the vendor is never written off.
        super().__init__(
            stop_frame_timeout_s=patience.audio_s,
            max_consecutive_zero_audio_contexts=0,
            **options,
        )
        self.patience = patience

    @property
    def is_connected(self) -> bool:
        """True while the socket is open and its reader runs."""
        reader = self._receive_task
        is_open = self._websocket is not None and self._websocket.state is State.OPEN
        return is_open and reader is not None and not reader.done()

    async def _renew(self) -> None:
        await self._disconnect()
        await self._connect()

    async def _connect(self) -> None:
        # A reader that gave up stays in place in Pipecat, and a new socket would have none.
        if self._receive_task is not None and self._receive_task.done():
            self._receive_task = None
        await super()._connect()

    async def _websocket_connect(self, uri: str, **options: Any) -> Any:
        if uri.startswith("wss:"):
            options.setdefault("ssl", await tls_context())
        socket = await super()._websocket_connect(
            uri, open_timeout=self.patience.connect_s, **options
        )
        self.connected_at_s = time.monotonic()
        return socket

    async def _synthesize_text(self, text: str, context_id: str) -> None:
        # Pipecat would write what goes unspoken into the log.
        if self.is_usable:
            await super()._synthesize_text(text, context_id)

    async def on_turn_context_completed(self) -> None:
        """Close the turn; without a vendor its audio never comes, so nobody waits for it."""
        context_id = self._turn_context_id
        await super().on_turn_context_completed()  # type: ignore[no-untyped-call]
        if context_id and not self.is_alive and self.audio_context_available(context_id):
            await self.remove_audio_context(context_id)

    def _get_websocket(self) -> Tap:
        return Tap(super()._get_websocket(), self._hear)  # type: ignore[no-untyped-call]

    async def _hear(self, message: str | bytes) -> bool:
        self.heard_from()
        if b'"error"' not in (message if isinstance(message, bytes) else message.encode()):
            return False
        content = json.loads(message)
        if not isinstance(content, dict) or content.get("type") != "error":
            return False
        context_id = content.get("context_id")
        if context_id and not self.audio_context_available(context_id):
            return True
        status = content.get("status_code")
        words = next((str(content[n]) for n in ("message", "error", "title") if content.get(n)), "")
        refused = VendorRefused(status if isinstance(status, int) else 0, words)
        await self.stop_all_metrics()  # type: ignore[no-untyped-call]
        await self.push_error(f"Cartesia reported: {words}", exception=refused)
        if context_id:
            await self.append_to_audio_context(context_id, TTSStoppedFrame(context_id=context_id))
            await self.remove_audio_context(context_id)
        return True
