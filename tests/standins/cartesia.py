"""Cartesia's `/tts/websocket`: chunk, timestamps, done and error messages, contexts, cancel."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.standins.base import STATUS, Fault, StandIn

_WORDS = {
    Fault.REFUSED_KEY: "Invalid API key",
    Fault.FORBIDDEN: "Your key may not use this voice",
    Fault.RATE_LIMIT: "Too many concurrent requests",
    Fault.QUOTA: "You have run out of credits",
    Fault.SERVER_ERROR: "Service unavailable",
}


@dataclass
class CartesiaStandIn(StandIn):
    """Speaks `ms_per_word` of a quiet tone for each word it is sent.

    `error` is sent in place of sound, once, for the next text (a dict with status_code, message…).
    """

    ms_per_word: int = 40
    error: dict[str, Any] | None = None
    texts: list[str] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)

    def routes(self, app: web.Application) -> None:
        app.router.add_get("/tts/websocket", self._speak)

    def refusal(self, fault: Fault) -> web.Response:
        status = STATUS[fault]
        return web.json_response(
            {"error_code": str(fault), "title": _WORDS[fault], "message": _WORDS[fault]},
            status=status,
        )

    @property
    def tts_url(self) -> str:
        """What CARTESIA_URL has to be."""
        return f"{self.ws_url}/tts/websocket"

    async def _speak(self, request: web.Request) -> web.StreamResponse:
        refusal = await self.refuse_handshake(request)
        if refusal is not None:
            return refusal
        async with self.socket(request) as socket:
            clocks: dict[str, float] = {}
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    await self._obey(socket, json.loads(message.data), clocks)
                    await self.happened()
        return socket

    async def _obey(
        self, socket: web.WebSocketResponse, order: dict[str, Any], clocks: dict[str, float]
    ) -> None:
        context_id = order["context_id"]
        if order.get("cancel"):
            self.cancelled.append(context_id)
            return
        text = order["transcript"].strip()
        if text:
            self.texts.append(text)
            if self.error is not None:
                error, self.error = self.error, None
                message = {"type": "error", "context_id": context_id, "done": True, **error}
                await self.send(socket, message)
                return
            await self._sound(
                socket, context_id, text, order["output_format"]["sample_rate"], clocks
            )
        if not order["continue"]:
            await self.send(
                socket,
                {"type": "done", "context_id": context_id, "status_code": 206, "done": True},
            )

    async def _sound(
        self,
        socket: web.WebSocketResponse,
        context_id: str,
        text: str,
        rate_hz: int,
        clocks: dict[str, float],
    ) -> None:
        words = text.split()
        start_s = clocks.get(context_id, 0.0)
        word_s = self.ms_per_word / 1000
        clocks[context_id] = start_s + word_s * len(words)
        common = {"context_id": context_id, "status_code": 206, "done": False}
        sound = b"\x00\x04" * int(rate_hz * word_s)
        for _ in words:
            data = base64.b64encode(sound).decode()
            await self.send(socket, {"type": "chunk", "data": data, "step_time": 1.0, **common})
        starts = [start_s + word_s * i for i in range(len(words))]
        times = {"words": words, "start": starts, "end": [s + word_s for s in starts]}
        await self.send(socket, {"type": "timestamps", "word_timestamps": times, **common})
