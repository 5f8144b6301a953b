"""Gladia's live API: `POST /v2/live`, then a WebSocket with acknowledgements and transcripts."""

from __future__ import annotations

import base64
import json
from collections import deque
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web

from tests.standins.base import STATUS, Fault, Seen, StandIn

_WORDS = {
    Fault.REFUSED_KEY: "The provided gladia key is invalid",
    Fault.FORBIDDEN: "You do not have access to this model",
    Fault.RATE_LIMIT: "Too many concurrent sessions",
    Fault.QUOTA: "You have reached your free plan quota",
    Fault.SERVER_ERROR: "Service unavailable",
}


@dataclass
class GladiaStandIn(StandIn):
    """Says the next of `transcripts` after `bytes_per_utterance` of audio that is not silent."""

    transcripts: deque[str] = field(default_factory=deque)
    bytes_per_utterance: int = 6400
    audio_bytes: int = 0
    sessions: int = 0
    stopped: int = 0

    def routes(self, app: web.Application) -> None:
        app.router.add_post("/v2/live", self.http(self._open))
        app.router.add_get("/v2/live", self._listen)

    def refusal(self, fault: Fault) -> web.Response:
        status = STATUS[fault]
        return web.json_response(
            {
                "timestamp": "2026-01-01T00:00:00.000Z",
                "path": "/v2/live",
                "request_id": "G-standin",
                "statusCode": status,
                "message": _WORDS[fault],
            },
            status=status,
        )

    @property
    def live_url(self) -> str:
        """What GLADIA_URL has to be."""
        return f"{self.url}/v2/live"

    async def _open(self, request: web.Request, seen: Seen) -> web.Response:
        self.sessions += 1
        token = f"token-{self.sessions}"
        return web.json_response(
            {"id": f"session-{self.sessions}", "url": f"{self.ws_url}/v2/live?token={token}"},
            status=201,
        )

    async def _listen(self, request: web.Request) -> web.StreamResponse:
        refusal = await self.refuse_handshake(request)
        if refusal is not None:
            return refusal
        async with self.socket(request) as socket:
            heard = 0
            received = 0
            async for message in socket:
                if message.type is not WSMsgType.TEXT:
                    continue
                content = json.loads(message.data)
                if content["type"] == "stop_recording":
                    self.stopped += 1
                    continue
                chunk = base64.b64decode(content["data"]["chunk"])
                self.audio_bytes += len(chunk)
                start, received = received, received + len(chunk)
                await self.send(
                    socket,
                    {
                        "type": "audio_chunk",
                        "acknowledged": True,
                        "data": {"byte_range": [start, received], "time_range": [0, 0]},
                        "error": None,
                    },
                )
                heard += len(chunk) if any(chunk) else 0
                if heard >= self.bytes_per_utterance and self.fault is Fault.NONE:
                    heard = 0
                    await self._utter(socket)
                await self.happened()
        return socket

    async def _utter(self, socket: web.WebSocketResponse) -> None:
        if not self.transcripts:
            return
        text = self.transcripts.popleft()
        for is_final, said in ((False, text.split()[0]), (True, text)):
            await self.send(
                socket,
                {
                    "type": "transcript",
                    "session_id": "session",
                    "data": {
                        "id": "00-1",
                        "is_final": is_final,
                        "utterance": {
                            "text": said,
                            "language": "en",
                            "start": 0.0,
                            "end": 1.0,
                            "confidence": 0.9,
                            "channel": 0,
                            "words": [],
                        },
                    },
                },
            )
