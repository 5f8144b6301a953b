"""A local stand-in for a vendor: one port, scripted answers, faults switchable while it runs.

aiohttp serves HTTP and WebSocket on one socket inside the test's own loop and lets a connection be
cut without a closing handshake, which is what a dropped line looks like.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

from aiohttp import web


class Fault(StrEnum):
    """What goes wrong with a vendor."""

    NONE = "none"
    REFUSED_KEY = "refused_key"
    FORBIDDEN = "forbidden"
    RATE_LIMIT = "rate_limit"
    QUOTA = "quota"
    SERVER_ERROR = "server_error"
    SILENT = "silent"
    DROP = "drop"
    GARBAGE = "garbage"


STATUS = {
    Fault.REFUSED_KEY: 401,
    Fault.FORBIDDEN: 403,
    Fault.RATE_LIMIT: 429,
    Fault.QUOTA: 402,
    Fault.SERVER_ERROR: 503,
}


@dataclass(slots=True)
class Seen:
    """One request as it arrived: method, path, query, headers, body (JSON, form or bytes)."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any = None


@dataclass
class StandIn:
    """Base of all stand-ins. `fault` holds for what comes next; open sockets see it too.

    `silent_handshake`: Fault.SILENT also leaves a new WebSocket's handshake unanswered, where else
    the socket opens and nothing is said on it.
    """

    fault: Fault = Fault.NONE
    requests: list[Seen] = field(default_factory=list)
    retry_after_s: int | None = None
    silent_handshake: bool = False
    host: str = "127.0.0.1"
    port: int = 0

    def __post_init__(self) -> None:
        self._runner: web.AppRunner | None = None
        self._sockets: set[web.WebSocketResponse] = set()
        self._transports: set[asyncio.Transport] = set()
        self._changed = asyncio.Condition()
        self._gone = asyncio.Event()

    def routes(self, app: web.Application) -> None:
        """Add the vendor's routes."""
        raise NotImplementedError

    def refusal(self, fault: Fault) -> web.Response:
        """The vendor's answer to a refused request, in its own shape."""
        raise NotImplementedError

    @property
    def url(self) -> str:
        """`http://127.0.0.1:port`."""
        return f"http://{self.host}:{self.port}"

    @property
    def ws_url(self) -> str:
        """`ws://127.0.0.1:port`."""
        return f"ws://{self.host}:{self.port}"

    @property
    def connections(self) -> int:
        """How many WebSockets are open now."""
        return len(self._sockets)

    async def __aenter__(self) -> Self:
        await self.listen()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.vanish()

    async def listen(self) -> None:
        """Open the port; the same one as before after `vanish`."""
        self._gone.clear()
        app = web.Application()
        self.routes(app)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self.host, self.port, reuse_address=True)
        await site.start()
        server: Any = site._server
        self.port = server.sockets[0].getsockname()[1]

    async def vanish(self) -> None:
        """Close the port and cut every connection."""
        self._gone.set()
        self.drop()
        if self._runner is not None:
            runner, self._runner = self._runner, None
            await runner.cleanup()

    def drop(self) -> None:
        """Cut all open connections without a word."""
        for transport in list(self._transports):
            transport.abort()

    async def silence(self) -> None:
        """Say nothing for as long as this stand-in is there."""
        await self._gone.wait()

    async def until(self, condition: Callable[[], bool], wait_s: float = 5.0) -> None:
        """Wait until something about this stand-in is so; checked at each thing that happens."""
        async with asyncio.timeout(wait_s), self._changed:
            await self._changed.wait_for(condition)

    async def happened(self) -> None:
        """Let `until` look again."""
        async with self._changed:
            self._changed.notify_all()

    async def note(self, request: web.Request, body: Any = None) -> Seen:
        """Keep what was asked."""
        seen = Seen(request.method, request.path, dict(request.query), dict(request.headers), body)
        self.requests.append(seen)
        await self.happened()
        return seen

    def http(
        self, answer: Callable[[web.Request, Seen], Awaitable[web.StreamResponse]]
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """Wrap an HTTP route: keeps the request, plays the fault, else gives `answer`."""

        async def handle(request: web.Request) -> web.StreamResponse:
            transport = request.transport
            if transport is not None:
                self._transports.add(transport)
            try:
                seen = await self.note(request, await _body(request))
                fault = await self.stumble(request)
                return fault if fault is not None else await answer(request, seen)
            finally:
                if transport is not None:
                    self._transports.discard(transport)

        return handle

    async def refuse_handshake(self, request: web.Request) -> web.Response | None:
        """The fault's answer to a WebSocket handshake, or None where it may go on."""
        if self.fault in STATUS:
            await self.note(request)
            return self._refusal()
        if self.fault is Fault.SILENT and self.silent_handshake:
            await self.note(request)
            await self.silence()
        return None

    def _refusal(self) -> web.Response:
        refusal = self.refusal(self.fault)
        if self.retry_after_s is not None:
            refusal.headers["retry-after"] = str(self.retry_after_s)
        return refusal

    async def stumble(self, request: web.Request) -> web.Response | None:
        """The fault's answer to an HTTP request, or None where all is well."""
        fault = self.fault
        if fault in STATUS:
            return self._refusal()
        if fault is Fault.SILENT:
            await self.silence()
        if fault is Fault.DROP and request.transport is not None:
            request.transport.abort()
        if fault is Fault.GARBAGE:
            return web.Response(text="<html>not what you asked for", content_type="text/html")
        return None

    @asynccontextmanager
    async def socket(self, request: web.Request) -> AsyncIterator[web.WebSocketResponse]:
        """Accept a WebSocket and keep it among the open ones."""
        await self.note(request)
        socket = web.WebSocketResponse(autoping=True)
        await socket.prepare(request)
        self._sockets.add(socket)
        if request.transport is not None:
            self._transports.add(request.transport)
        await self.happened()
        try:
            yield socket
        finally:
            self._sockets.discard(socket)
            if request.transport is not None:
                self._transports.discard(request.transport)
            await self.happened()

    async def send(self, socket: web.WebSocketResponse, message: dict[str, Any]) -> None:
        """Say something on a socket, as the present fault has it."""
        match self.fault:
            case Fault.SILENT:
                return
            case Fault.DROP:
                self.drop()
            case Fault.GARBAGE:
                await socket.send_str("}{ this is not JSON")
            case _:
                await socket.send_str(json.dumps(message))


def _content(value: Any) -> Any:
    if not isinstance(value, web.FileField):
        return value
    with value.file:
        return value.file.read()


async def _body(request: web.Request) -> Any:
    if request.content_type == "application/json":
        return await request.json()
    if request.content_type.startswith("multipart/"):
        form = await request.post()
        return {name: _content(value) for name, value in form.items()}
    return await request.read()
