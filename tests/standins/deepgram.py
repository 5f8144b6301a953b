"""Deepgram's `/v1/listen`: Results, Finalize, KeepAlive, CloseStream, Metadata."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.standins.base import STATUS, Fault, StandIn

_WORDS = {
    Fault.REFUSED_KEY: "Invalid credentials.",
    Fault.FORBIDDEN: "Project does not have access to the requested model.",
    Fault.RATE_LIMIT: "Too many requests. Please try again later",
    Fault.QUOTA: "Project does not have enough credits for an ASR request.",
    Fault.SERVER_ERROR: "Service temporarily unavailable.",
}


@dataclass
class DeepgramStandIn(StandIn):
    """Answers each Finalize with the next of `transcripts`, after an interim of its first word."""

    transcripts: deque[str] = field(default_factory=deque)
    audio_bytes: int = 0
    finalized: int = 0
    kept_alive: int = 0

    def routes(self, app: web.Application) -> None:
        app.router.add_get("/v1/listen", self._listen)

    def refusal(self, fault: Fault) -> web.Response:
        words = _WORDS[fault]
        return web.json_response(
            {"err_code": fault.upper(), "err_msg": words, "request_id": "stand-in"},
            status=STATUS[fault],
            headers={"dg-error": words},
        )

    async def _listen(self, request: web.Request) -> web.StreamResponse:
        refusal = await self.refuse_handshake(request)
        if refusal is not None:
            return refusal
        async with self.socket(request) as socket:
            async for message in socket:
                if message.type is WSMsgType.BINARY:
                    self.audio_bytes += len(message.data)
                    if self.fault is Fault.DROP:
                        self.drop()
                    await self.happened()
                elif message.type is WSMsgType.TEXT:
                    await self._command(socket, json.loads(message.data)["type"])
        return socket

    async def _command(self, socket: web.WebSocketResponse, command: str) -> None:
        match command:
            case "Finalize":
                self.finalized += 1
                await self._answer(socket)
            case "KeepAlive":
                self.kept_alive += 1
            case "CloseStream":
                await self.send(
                    socket, {"type": "Metadata", "request_id": "stand-in", "channels": 1}
                )
                await socket.close()
        await self.happened()

    async def _answer(self, socket: web.WebSocketResponse) -> None:
        text = self.transcripts.popleft() if self.transcripts and self.fault is Fault.NONE else ""
        if text:
            await self.send(socket, _results(text.split()[0], is_final=False))
        await self.send(socket, _results(text, is_final=True, from_finalize=True))


def _results(text: str, *, is_final: bool, from_finalize: bool = False) -> dict[str, Any]:
    return {
        "type": "Results",
        "channel_index": [0, 1],
        "duration": 1.0,
        "start": 0.0,
        "is_final": is_final,
        "speech_final": is_final,
        "from_finalize": from_finalize,
        "channel": {"alternatives": [{"transcript": text, "confidence": 0.99, "words": []}]},
        "metadata": {
            "request_id": "stand-in",
            "model_info": {"name": "general", "version": "1", "arch": "nova-3"},
            "model_uuid": "stand-in",
        },
    }
