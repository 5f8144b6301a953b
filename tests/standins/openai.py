"""OpenAI's HTTP API: chat (SSE, tool calls, usage), transcriptions, speech, images, models."""

from __future__ import annotations

import asyncio
import base64
import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.standins.base import STATUS, Fault, Seen, StandIn

_ERRORS: dict[Fault, tuple[str, str, str | None]] = {
    Fault.REFUSED_KEY: (
        "Incorrect API key provided: wrong-ke*.",
        "invalid_request_error",
        "invalid_api_key",
    ),
    Fault.FORBIDDEN: ("Your project may not use this model.", "invalid_request_error", None),
    Fault.RATE_LIMIT: (
        "Rate limit reached for requests per minute.",
        "requests",
        "rate_limit_exceeded",
    ),
    Fault.QUOTA: (
        "You exceeded your current quota, please check your plan and billing details.",
        "insufficient_quota",
        "insufficient_quota",
    ),
    Fault.SERVER_ERROR: ("The server is overloaded.", "server_error", None),
}


@dataclass(frozen=True, slots=True)
class ToolCall:
    """The model's answer is a call of one of our tools."""

    name: str
    arguments: Mapping[str, Any]


@dataclass
class OpenAIStandIn(StandIn):
    """Answers with the next of `answers` (text or ToolCall), `transcripts` and `sounds`.

    `stall_after`: the stream of an answer stops for good after that many words. An answer that is
    not streamed ends with `finish_reason`; `refused_formats` are the response formats this server
    does not know, and a question longer than `window_bytes` does not fit.
    """

    answers: deque[str | ToolCall] = field(default_factory=deque)
    transcripts: deque[str] = field(default_factory=deque)
    sounds: deque[bytes] = field(default_factory=deque)
    images: deque[bytes] = field(default_factory=deque)
    models: tuple[str, ...] = ("gpt-4.1", "gpt-4o-mini-tts")
    stall_after: int | None = None
    finish_reason: str = "stop"
    refused_formats: frozenset[str] = frozenset()
    window_bytes: int | None = None

    def routes(self, app: web.Application) -> None:
        app.router.add_post("/v1/chat/completions", self.http(self._chat))
        app.router.add_post("/v1/audio/transcriptions", self.http(self._transcribe))
        app.router.add_post("/v1/audio/speech", self.http(self._speak))
        app.router.add_post("/v1/images/generations", self.http(self._images))
        app.router.add_get("/v1/models", self.http(self._models))

    def refusal(self, fault: Fault) -> web.Response:
        message, kind, code = _ERRORS[fault]
        status = 429 if fault is Fault.QUOTA else STATUS[fault]
        body = {"error": {"message": message, "type": kind, "param": None, "code": code}}
        return web.json_response(body, status=status)

    @property
    def base_url(self) -> str:
        """What OPENAI_BASE_URL has to be."""
        return f"{self.url}/v1"

    async def _models(self, request: web.Request, seen: Seen) -> web.Response:
        data = [{"id": name, "object": "model", "owned_by": "stand-in"} for name in self.models]
        return web.json_response({"object": "list", "data": data})

    async def _images(self, request: web.Request, seen: Seen) -> web.Response:
        if not self.images:
            return web.json_response({"created": 1, "data": []})
        encoded = base64.b64encode(self.images.popleft()).decode()
        data = [{"b64_json": encoded}]
        return web.json_response({"created": 1, "output_format": "png", "data": data})

    async def _transcribe(self, request: web.Request, seen: Seen) -> web.Response:
        return web.json_response({"text": self.transcripts.popleft() if self.transcripts else ""})

    async def _speak(self, request: web.Request, seen: Seen) -> web.StreamResponse:
        sound = self.sounds.popleft() if self.sounds else b"\x10\x00" * 4800
        response = web.StreamResponse(headers={"content-type": "audio/pcm"})
        await response.prepare(request)
        for start in range(0, len(sound), 4096):
            await response.write(sound[start : start + 4096])
        await response.write_eof()
        return response

    async def _chat(self, request: web.Request, seen: Seen) -> web.StreamResponse:
        if (refusal := self._what_is_wrong(seen.body)) is not None:
            return refusal
        answer = self.answers.popleft() if self.answers else "All right."
        if not seen.body.get("stream"):
            return web.json_response(_completion(answer, self.finish_reason))
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        for count, delta in enumerate(_deltas(answer)):
            if self.stall_after is not None and count > self.stall_after:
                await asyncio.Event().wait()
            await _say(response, _chunk(delta))
        reason = "tool_calls" if isinstance(answer, ToolCall) else "stop"
        await _say(response, _chunk({}, reason))
        if (seen.body.get("stream_options") or {}).get("include_usage"):
            await _say(response, {**_chunk({}), "choices": [], "usage": _USAGE})
        await response.write(b"data: [DONE]\n\n")
        await response.write_eof()
        return response

    def _what_is_wrong(self, body: Mapping[str, Any]) -> web.Response | None:
        form = (body.get("response_format") or {}).get("type", "")
        if form in self.refused_formats:
            return _refusal_400(f"response_format.type {form} is not supported", None)
        size = sum(len(str(message.get("content", "")).encode()) for message in body["messages"])
        if self.window_bytes is not None and size > self.window_bytes:
            words = "This model's maximum context length is 2048 tokens."
            return _refusal_400(words, "context_length_exceeded")
        return None


_USAGE = {"prompt_tokens": 12, "completion_tokens": 5, "total_tokens": 17}


def _deltas(answer: str | ToolCall) -> list[dict[str, Any]]:
    if isinstance(answer, str):
        words = answer.split(" ")
        texts = [word if i == 0 else f" {word}" for i, word in enumerate(words)]
        return [{"role": "assistant", "content": ""}, *({"content": text} for text in texts)]
    arguments = json.dumps(dict(answer.arguments))
    half = len(arguments) // 2
    name = {"name": answer.name, "arguments": ""}
    first = {"index": 0, "id": "call_1", "type": "function", "function": name}
    rest = [
        {"index": 0, "function": {"arguments": part}}
        for part in (arguments[:half], arguments[half:])
    ]
    return [{"tool_calls": [call]} for call in (first, *rest)]


def _chunk(delta: dict[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "gpt-4.1",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}],
    }


def _refusal_400(message: str, code: str | None) -> web.Response:
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": code}
    return web.json_response({"error": error}, status=400)


def _completion(answer: str | ToolCall, finish_reason: str = "stop") -> dict[str, Any]:
    text = answer if isinstance(answer, str) else None
    message = {"role": "assistant", "content": text}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "gpt-4.1",
        "choices": [{"index": 0, "message": message, "finish_reason": finish_reason}],
        "usage": _USAGE,
    }


async def _say(response: web.StreamResponse, data: dict[str, Any]) -> None:
    await response.write(f"data: {json.dumps(data)}\n\n".encode())
