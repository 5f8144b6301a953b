"""The listener: one local port through which every provider's bot reaches us."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

from loguru import logger

from speakdesk.domain.errors import GatewayError, Problem, Reason, Stage
from speakdesk.gateway.door import Door
from speakdesk.providers.wire import SocketClosed

if TYPE_CHECKING:
    import uvicorn
    from fastapi import FastAPI
    from starlette.websockets import WebSocket

POLICY_VIOLATION = 1008
MAX_MESSAGE_BYTES = 1 << 20
PORTS_TO_TRY = 20


class StarletteSocket:
    """A Starlette WebSocket as the `MeetingSocket` a voice carries."""

    def __init__(self, websocket: WebSocket) -> None:
        self._websocket = websocket
        self._is_closed = False

    async def receive(self) -> bytes | str:
        """The next message. Raises SocketClosed."""
        if self._is_closed:
            raise SocketClosed
        try:
            message = await self._websocket.receive()
        except RuntimeError as e:
            raise SocketClosed(reason=str(e)) from e
        if message["type"] != "websocket.receive":
            self._is_closed = True
            raise SocketClosed(message.get("code"), message.get("reason") or "")
        data = message.get("bytes")
        return data if data is not None else message.get("text") or ""

    async def send(self, message: bytes | str) -> None:
        """Send one message. Raises SocketClosed."""
        from starlette.websockets import WebSocketDisconnect

        if self._is_closed:
            raise SocketClosed
        try:
            if isinstance(message, str):
                await self._websocket.send_text(message)
            else:
                await self._websocket.send_bytes(message)
        except (RuntimeError, WebSocketDisconnect, OSError) as e:
            self._is_closed = True
            raise SocketClosed(reason=str(e)) from e

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close it; safe to call twice."""
        if self._is_closed:
            return
        self._is_closed = True
        try:
            await self._websocket.close(code, reason)
        except (RuntimeError, OSError) as e:
            logger.debug("a socket was closed already: {}", type(e).__name__)


class Listener:
    """Serves the door on one loopback port, on the running loop."""

    def __init__(self, door: Door, host: str = "127.0.0.1", port: int = 8765) -> None:
        self.door = door
        self.host = host
        self.port = port
        self.taken: tuple[int, ...] = ()
        self._server: uvicorn.Server | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def is_open(self) -> bool:
        """True while the port is served."""
        return self._task is not None and not self._task.done()

    @property
    def websocket_base(self) -> str:
        """Where a bot on this machine dials."""
        return f"ws://{self.host}:{self.port}"

    async def open(self) -> None:
        """Listen on `port`, or on the next free one (`taken` then names the busy ones).

        Raises GatewayError where none of twenty ports is free.
        """
        if self.is_open:
            return
        import uvicorn

        bound = self._bind()
        config = uvicorn.Config(
            _application(self.door),
            log_config=None,
            access_log=False,
            lifespan="off",
            ws_max_size=MAX_MESSAGE_BYTES,
            ws_ping_interval=20.0,
            ws_ping_timeout=20.0,
            ws_per_message_deflate=False,
            timeout_graceful_shutdown=1,
        )
        server = uvicorn.Server(config)
        self._server = server
        started = asyncio.get_running_loop().create_task(server._serve(sockets=[bound]))
        self._task = started
        while not server.started:
            if started.done():
                raise _cannot_listen(self.port, str(started.exception() or "the server stopped"))
            await asyncio.sleep(0.005)

    async def close(self) -> None:
        """Stop listening; open sockets are closed."""
        if self._server is None or self._task is None:
            return
        self._server.should_exit = True
        await asyncio.wait([self._task], timeout=3)
        if not self._task.done():
            self._task.cancel()
            await asyncio.wait([self._task])
        self._server = self._task = None

    def _bind(self) -> socket.socket:
        taken: list[int] = []
        last: OSError | None = None
        ports = [0] if self.port == 0 else range(self.port, self.port + PORTS_TO_TRY)
        for port in ports:
            candidate = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                candidate.bind((self.host, port))
                candidate.listen(128)
            except OSError as e:
                candidate.close()
                taken.append(port)
                last = e
                continue
            candidate.setblocking(False)
            self.port = candidate.getsockname()[1]
            self.taken = tuple(taken)
            return candidate
        raise _cannot_listen(self.port, str(last)) from last


def _application(door: Door) -> FastAPI:
    from fastapi import FastAPI
    from starlette.routing import WebSocketRoute

    async def carry(websocket: WebSocket) -> None:
        parameters = websocket.path_params
        on_socket = door.admit(parameters["bot_id"], parameters["secret"])
        if on_socket is None:
            logger.warning("a socket without a valid secret was refused")
            await websocket.accept()
            await websocket.close(POLICY_VIOLATION, "unknown bot or secret")
            return
        await websocket.accept()
        handed = StarletteSocket(websocket)
        try:
            await on_socket(handed)
        finally:
            await handed.close()

    return FastAPI(
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        routes=[WebSocketRoute("/ws/{bot_id}/{secret}", carry)],
    )


def _cannot_listen(port: int, words: str) -> GatewayError:
    return GatewayError(
        Problem(
            Stage.GATEWAY,
            Reason.UNAVAILABLE,
            f"SpeakDesk cannot listen on port {port}: it and the next {PORTS_TO_TRY - 1} are taken "
            "or not allowed.",
            "Choose another port in the settings, or close the program that uses it.",
            words,
        )
    )
