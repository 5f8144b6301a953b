"""A web server on this computer, inside a loop that belongs to somebody else."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
from collections.abc import Callable, Iterator

import uvicorn
from loguru import logger

BACKLOG = 128
CLOSE_PATIENCE_S = 3.0


def bind(host: str, port: int) -> socket.socket:
    """A socket that listens on a port nobody else has; 0 takes a free one.

    Raises OSError, or OverflowError for a number that is no port.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        if sys.platform == "win32":
            # There SO_REUSEADDR would share the port with whoever has it.
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        bound.listen(BACKLOG)
        bound.setblocking(False)
    except BaseException:
        bound.close()
        raise
    return bound


class _QuietServer(uvicorn.Server):
    """uvicorn that leaves the signals alone and says when it serves."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_up = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.is_up.set()


class LocalServer:
    """One application on one bound socket, served on the running loop."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._server: _QuietServer | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def is_open(self) -> bool:
        """True while it serves or begins to."""
        return self._task is not None and not self._task.done()

    async def open(self, bound: socket.socket, configure: Callable[[], uvicorn.Config]) -> None:
        """Serve `bound`, which belongs to the server from here on; returns once it does.

        `configure` runs in a thread: it imports what the application needs. Raises OSError.
        """
        try:
            config = await asyncio.to_thread(_loaded, configure)
            server = self._server = _QuietServer(config)
            loop = asyncio.get_running_loop()
            task = self._task = loop.create_task(server.serve([bound]), name=self._name)
            up = loop.create_task(server.is_up.wait(), name=f"{self._name} starts")
            try:
                await asyncio.wait({task, up}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                up.cancel()
            if task.done():
                task.result()
                raise OSError(f"{self._name} stopped as it started")
        except BaseException:
            await self.close()
            bound.close()
            raise

    async def close(self) -> None:
        """Stop serving; what is open is closed. Safe to call twice."""
        server, self._server = self._server, None
        task, self._task = self._task, None
        if server is None or task is None:
            return
        server.should_exit = True
        await asyncio.wait({task}, timeout=CLOSE_PATIENCE_S)
        if not task.done():
            task.cancel()
            await asyncio.wait({task})
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.opt(exception=error).error("{} had stopped", self._name)


def _loaded(configure: Callable[[], uvicorn.Config]) -> uvicorn.Config:
    config = configure()
    config.load()
    return config
