"""The listener: one local port through which every provider's bot reaches us."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from collections.abc import Mapping
from typing import TYPE_CHECKING

from loguru import logger

from speakdesk.domain.errors import GatewayError, Problem, Reason, Stage
from speakdesk.gateway.avatars import PATH as AVATARS_PATH
from speakdesk.gateway.avatars import Avatars
from speakdesk.gateway.background import in_daemon_thread
from speakdesk.gateway.door import Door
from speakdesk.gateway.flow import Flow
from speakdesk.gateway.port_owner import PortOwner, owner_of_port
from speakdesk.gateway.probes import PATH, Probes
from speakdesk.gateway.reports_route import ReportRoute
from speakdesk.providers.wire import SocketClosed

if TYPE_CHECKING:
    import uvicorn
    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.websockets import WebSocket

    from speakdesk.providers.serving import LocalServer

POLICY_VIOLATION = 1008
TOO_BIG = 1009
MAX_MESSAGE_BYTES = 1 << 20
PORTS_TO_TRY = 20
MOST_CONNECTIONS = 256
# A peer that reads no more would hold a goodbye up for as long as its connection stands.
CLOSE_PATIENCE_S = 1.0


class StarletteSocket:
    """A Starlette WebSocket as the `MeetingSocket` a voice carries.

    A peer that sends more than audio ever needs (`gateway.flow`) is closed with 1008, a message
    of more than a megabyte with 1009; `excess` then says so.
    """

    def __init__(self, websocket: WebSocket, flow: Flow | None = None) -> None:
        self.excess: Problem | None = None
        self._websocket = websocket
        self._flow = flow or Flow()
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
            if message.get("code") == TOO_BIG:
                self.excess = _too_big()
            raise SocketClosed(message.get("code"), message.get("reason") or "")
        data = message.get("bytes")
        content: bytes | str = data if data is not None else message.get("text") or ""
        if not self._flow.admits(len(content), asyncio.get_running_loop().time()):
            logger.warning("a socket sent far more than audio needs and was closed")
            self.excess = _too_much()
            await self.close(POLICY_VIOLATION, "too much at once")
            raise SocketClosed(POLICY_VIOLATION, "too much at once")
        return content

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
        """Close it, within a second; safe to call twice."""
        if self._is_closed:
            return
        self._is_closed = True
        try:
            async with asyncio.timeout(CLOSE_PATIENCE_S):
                await self._websocket.close(code, reason)
        except (RuntimeError, OSError) as e:
            logger.debug("a socket was closed already: {}", type(e).__name__)


class Listener:
    """Serves the door, the pictures and the probes on one loopback port, on the running loop.

    `taken` names the busy ports that were passed over, `taken_by` who has them, where known.
    """

    def __init__(
        self,
        door: Door,
        host: str = "127.0.0.1",
        port: int = 8765,
        probes: Probes | None = None,
        avatars: Avatars | None = None,
    ) -> None:
        self.door = door
        self.host = host
        self.port = port
        self.probes = Probes() if probes is None else probes
        self.avatars = Avatars() if avatars is None else avatars
        self.taken: tuple[int, ...] = ()
        self.taken_by: Mapping[int, PortOwner] = {}
        self._server: LocalServer | None = None

    @property
    def is_open(self) -> bool:
        """True while the port is served."""
        return self._server is not None and self._server.is_open

    @property
    def websocket_base(self) -> str:
        """Where a bot on this machine dials."""
        return f"ws://{self.host}:{self.port}"

    @property
    def taken_sentence(self) -> str:
        """Which port is taken, by whom, and which one is used instead; empty where none is."""
        if not self.taken:
            return ""
        owner = self.taken_by.get(self.taken[0], "another program")
        return f"Port {self.taken[0]} is taken by {owner}; SpeakDesk listens on {self.port}."

    async def open(self) -> None:
        """Listen on `port`, or on the next free one (`taken` then names the busy ones).

        Raises GatewayError where none of twenty ports is free.
        """
        if self.is_open:
            return
        from speakdesk.providers.serving import LocalServer

        asked = self.port
        try:
            bound = self._bind()
        except OSError as e:
            raise _cannot_listen(asked, e, await _owner(asked)) from e
        server = LocalServer("listener")
        try:
            await server.open(bound, self._configuration)
        except OSError as e:
            raise _cannot_listen(self.port, e) from e
        self._server = server
        if self.taken:
            owner = await _owner(asked)
            self.taken_by = {} if owner is None else {asked: owner}

    async def close(self) -> None:
        """Stop listening; open sockets are closed."""
        server, self._server = self._server, None
        if server is not None:
            await server.close()

    def _configuration(self) -> uvicorn.Config:
        import uvicorn

        return uvicorn.Config(
            _application(self.door, self.probes, self.avatars),
            log_config=None,
            access_log=False,
            lifespan="off",
            loop="none",
            ws_max_size=MAX_MESSAGE_BYTES,
            ws_ping_interval=20.0,
            ws_ping_timeout=20.0,
            ws_per_message_deflate=False,
            timeout_graceful_shutdown=1,
            limit_concurrency=MOST_CONNECTIONS,
            server_header=False,
        )

    def _bind(self) -> socket.socket:
        """The first port that is free, bound. Raises the last port's OSError."""
        from speakdesk.providers.serving import bind

        taken: list[int] = []
        last = OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))
        end = min(self.port + PORTS_TO_TRY, 65_536)
        ports = [0] if self.port == 0 else range(self.port, end)
        for port in ports:
            try:
                bound = bind(self.host, port)
            except OSError as e:
                taken.append(port)
                last = e
                continue
            self.port = bound.getsockname()[1]
            self.taken = tuple(taken)
            return bound
        raise last


async def _owner(port: int) -> PortOwner | None:
    return await in_daemon_thread(lambda: owner_of_port(port), "port owner")


def _application(door: Door, probes: Probes, avatars: Avatars) -> FastAPI:
    from fastapi import FastAPI
    from starlette.responses import PlainTextResponse, Response
    from starlette.routing import Route, WebSocketRoute

    async def answer(request: Request) -> Response:
        known = probes.answer(request.path_params["nonce"])
        if known is None:
            return PlainTextResponse("unknown", 404)
        return PlainTextResponse(known, headers={"cache-control": "no-store"})

    async def show(request: Request) -> Response:
        picture = avatars.find(request.path_params["token"], request.path_params["name"])
        if picture is None:
            door.refuse("a request for a picture")
            return PlainTextResponse("unknown", 404)
        headers = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
        return Response(picture.data, media_type=picture.media_type, headers=headers)

    async def carry(websocket: WebSocket) -> None:
        parameters = websocket.path_params
        on_socket = door.admit(parameters["bot_id"], parameters["secret"])
        if on_socket is None:
            await websocket.accept()
            await websocket.close(POLICY_VIOLATION, "unknown bot or secret")
            return
        await websocket.accept()
        handed = StarletteSocket(websocket)
        try:
            await on_socket(handed)
        finally:
            await handed.close()
            if handed.excess is not None:
                door.complain(parameters["bot_id"], handed.excess)

    return FastAPI(
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        routes=[
            WebSocketRoute("/ws/{bot_id}/{secret}", carry),
            Route(
                "/webhooks/{provider}/{secret}", ReportRoute(door).answer, methods=["POST", "PUT"]
            ),
            Route(AVATARS_PATH + "{token}/{name}", show, methods=["GET"]),
            Route(PATH + "{nonce}", answer, methods=["GET"]),
        ],
    )


def _too_big() -> Problem:
    return Problem(
        Stage.CALL,
        Reason.PROTOCOL,
        "The meeting's bot sent a single message of more than one megabyte, which no sound needs, "
        "so its connection was closed.",
        "It dials again by itself. If this goes on, let the bot leave and send it again.",
        is_permanent=False,
    )


def _too_much() -> Problem:
    return Problem(
        Stage.CALL,
        Reason.PROTOCOL,
        "The meeting's bot sent far more than sound needs, so its connection was closed.",
        "It dials again by itself. If this goes on, let the bot leave and send it again.",
        is_permanent=False,
    )


def _cannot_listen(
    port: int, error: BaseException | None, owner: PortOwner | None = None
) -> GatewayError:
    by = f" {owner} has port {port}." if owner is not None else ""
    return GatewayError(
        Problem(
            Stage.GATEWAY,
            Reason.UNAVAILABLE,
            f"SpeakDesk cannot listen on port {port}: it and the next {PORTS_TO_TRY - 1} are taken "
            f"or not allowed.{by}",
            "Choose another port in the settings, or close the program that uses it.",
            str(error or "the server stopped"),
        )
    )
