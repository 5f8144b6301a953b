"""The practice room on loopback, in MeetingBaas v2's own dialect (design §6)."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import uvicorn

from speakdesk.domain.clock import Clock
from speakdesk.domain.errors import GatewayError, Problem, Reason, Stage
from speakdesk.providers.practice.rest import build_app
from speakdesk.providers.practice.room import PracticeRoom
from speakdesk.providers.practice.scenario import Scenario
from speakdesk.providers.practice.voices import Speak

_LAST_REQUESTS_S = 1


class _QuietServer(uvicorn.Server):
    """uvicorn inside a loop that belongs to somebody else: it leaves the signals alone."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_up = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.is_up.set()


class PracticeServer:
    """A room and its door. `base_url` is where a v2 client sends its requests.

    With `api_key` the server asks for it; without, everybody on this computer may come in.
    """

    def __init__(
        self,
        room: PracticeRoom | None = None,
        *,
        api_key: str = "",
        clock: Clock | None = None,
        scenario: Scenario | None = None,
        speak: Speak | None = None,
    ) -> None:
        self.room = room or PracticeRoom(scenario, speak=speak, clock=clock)
        self.base_url = ""
        self._api_key = api_key
        self._server: _QuietServer | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Open the door; port 0 takes a free one. Raises GatewayError where it is taken."""
        if self._task is not None:
            return
        listener = _bind(host, port)
        config = uvicorn.Config(
            build_app(self.room, self._api_key),
            log_config=None,
            access_log=False,
            lifespan="off",
            loop="none",
            ws="none",
            server_header=False,
            timeout_graceful_shutdown=_LAST_REQUESTS_S,
        )
        server = _QuietServer(config)
        loop = asyncio.get_running_loop()
        self._server = server
        self._task = loop.create_task(server.serve([listener]), name="practice server")
        up = loop.create_task(server.is_up.wait(), name="practice server starts")
        try:
            await asyncio.wait({self._task, up}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            up.cancel()
        if self._task.done():
            task, self._task = self._task, None
            await task
        name, bound_port = listener.getsockname()[:2]
        self.base_url = f"http://{f'[{name}]' if ':' in name else name}:{bound_port}"
        self.room.start()

    async def stop(self) -> None:
        """End the meeting and close the door; safe to call twice."""
        try:
            await self.room.stop()
        finally:
            task, self._task = self._task, None
            server, self._server = self._server, None
            if task is not None and server is not None:
                server.should_exit = True
                await task


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except (OSError, OverflowError) as e:
        listener.close()
        raise GatewayError(
            Problem(
                Stage.GATEWAY,
                Reason.CONFLICT,
                f"The practice room cannot use port {port} of {host}: another program has it, or "
                "it may not be used.",
                "Choose another port, or 0 for any free one.",
                str(e),
            )
        ) from e
    return listener
