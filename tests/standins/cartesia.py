"""Cartesia: `/tts/websocket` with contexts and cancel, `/tts/bytes`, and `/voices` in pages."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.standins.base import STATUS, Fault, Seen, StandIn

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

    `orders` are the messages with something to say as they came. `error` is sent in place of
    sound, once, for the next text (a dict with status_code, message…).
    `voices` are listed `page` at a time; `repeats_pages` gives the first page again and again.
    """

    ms_per_word: int = 40
    error: dict[str, Any] | None = None
    texts: list[str] = field(default_factory=list)
    orders: list[dict[str, Any]] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    voices: list[Any] = field(default_factory=list)
    page: int = 100
    repeats_pages: bool = False

    def routes(self, app: web.Application) -> None:
        app.router.add_get("/tts/websocket", self._speak)
        app.router.add_post("/tts/bytes", self.http(self._bytes))
        app.router.add_get("/voices", self.http(self._voices))

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

    async def _voices(self, request: web.Request, seen: Seen) -> web.Response:
        if seen.headers.get("Cartesia-Version") != "2026-03-01":
            return web.json_response({"message": "Missing version"}, status=400)
        after = seen.query.get("starting_after", "")
        ids = [_id_of(voice) for voice in self.voices]
        start = 0 if self.repeats_pages or after not in ids else ids.index(after) + 1
        end = start + min(self.page, int(seen.query.get("limit", "10")))
        has_more = self.repeats_pages or end < len(ids)
        return web.json_response({"data": self.voices[start:end], "has_more": has_more})

    async def _bytes(self, request: web.Request, seen: Seen) -> web.Response:
        form, voice = seen.body["output_format"], seen.body["voice"]
        known = [_id_of(entry) for entry in self.voices]
        if known and voice["id"] not in known:
            words = {"title": "Voice not found", "message": f"Voice {voice['id']} does not exist."}
            return web.json_response(words, status=404)
        if (form["container"], form["encoding"]) != ("raw", "pcm_s16le"):
            return web.json_response({"message": "unexpected format"}, status=400)
        self.texts.append(seen.body["transcript"])
        words_count = len(seen.body["transcript"].split())
        seconds = words_count * self.ms_per_word / 1000
        sound = b"\x00\x04" * int(form["sample_rate"] * seconds)
        return web.Response(body=sound, content_type="application/octet-stream")

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
            self.orders.append(order)
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


def _id_of(voice: Any) -> Any:
    return voice.get("id") if isinstance(voice, dict) else None
