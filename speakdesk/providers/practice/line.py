"""One socket of a simulated bot: dials, says hello, carries messages, dials again when cut."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from loguru import logger
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from speakdesk.providers.tls import tls_context

_FIRST_WAIT_S = 1.0
_LONGEST_WAIT_S = 60.0
_HELD_MESSAGES = 20
_OPEN_TIMEOUT_S = 10.0
_CLOSE_TIMEOUT_S = 1.0
_LARGEST_MESSAGE = 16 * 1024 * 1024


class StreamingLine:
    """A WebSocket client that reconnects after 1, 2, 4 … 60 s (contracts/meetingbaas.md §3.4).

    `hello` gives the messages that open each connection; `on_message` gets what comes in.
    `back_off_scale` stretches or shortens the waits. What is offered while the socket is down is
    lost, as it is with the real bot. The waits start over once a connection has held for as long
    as the last wait.
    """

    def __init__(
        self,
        url: str,
        *,
        hello: Callable[[], Iterable[str]],
        on_message: Callable[[bytes | str], None],
        on_open: Callable[[], None],
        back_off_scale: Callable[[], float],
    ) -> None:
        self._url = url
        self._hello = hello
        self._on_message = on_message
        self._on_open = on_open
        self._back_off_scale = back_off_scale
        self._socket: ClientConnection | None = None
        self._outbox: asyncio.Queue[bytes | str] = asyncio.Queue(_HELD_MESSAGES)
        self._task: asyncio.Task[None] | None = None
        self.connections = 0
        self.failures = 0
        self.last_failure = ""

    @property
    def is_open(self) -> bool:
        """True while messages can go out."""
        return self._socket is not None

    @property
    def where(self) -> str:
        """The server dialled, without the path that may hold a secret."""
        parts = urlsplit(self._url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"

    def start(self) -> None:
        """Begin to dial."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run(), name="practice bot")

    def offer(self, message: bytes | str) -> None:
        """Send this soon; the oldest waiting message is dropped where the peer reads too slowly."""
        if self._socket is None:
            return
        if self._outbox.full():
            self._outbox.get_nowait()
        self._outbox.put_nowait(message)

    def drop(self) -> None:
        """Cut the connection as a broken network would, without a goodbye; it is dialled again."""
        if self._socket is not None:
            self._socket.transport.abort()

    async def close(self) -> None:
        """Say goodbye (1000) and dial no more; safe to call twice."""
        task, self._task = self._task, None
        if task is None:
            return
        socket, self._socket = self._socket, None
        if socket is not None:
            await socket.close(1000, "the meeting is over")
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        wait_s = _FIRST_WAIT_S
        while True:
            opened_at: float | None = None
            try:
                async with await self._dial() as socket:
                    opened_at = loop.time()
                    await self._carry(socket)
            except ConnectionClosed as e:
                self._failed(f"the connection was cut ({e})")
            except (OSError, TimeoutError, WebSocketException, ValueError) as e:
                self._failed(f"{type(e).__name__}: {e}")
            finally:
                self._socket = None
            scale = self._back_off_scale()
            if opened_at is not None and loop.time() - opened_at >= wait_s * scale:
                wait_s = _FIRST_WAIT_S
            await asyncio.sleep(wait_s * scale)
            wait_s = min(wait_s * 2, _LONGEST_WAIT_S)

    async def _dial(self) -> connect:
        parts = urlsplit(self._url)
        tls = await tls_context() if parts.scheme == "wss" else None
        return connect(
            self._url,
            ssl=tls,
            proxy=None if _is_loopback(parts.hostname or "") else True,
            compression=None,
            open_timeout=_OPEN_TIMEOUT_S,
            close_timeout=_CLOSE_TIMEOUT_S,
            max_size=_LARGEST_MESSAGE,
        )

    async def _carry(self, socket: ClientConnection) -> None:
        for text in self._hello():
            await socket.send(text)
        while not self._outbox.empty():
            self._outbox.get_nowait()
        self._socket = socket
        self.connections += 1
        sender = asyncio.get_running_loop().create_task(self._send(socket), name="practice sound")
        try:
            self._on_open()
            async for message in socket:
                self._on_message(message)
        finally:
            self._socket = None
            sender.cancel()
            await asyncio.gather(sender, return_exceptions=True)

    async def _send(self, socket: ClientConnection) -> None:
        try:
            while True:
                message = await self._outbox.get()
                await socket.send(message)
        except ConnectionClosed:
            return

    def _failed(self, why: str) -> None:
        self.failures += 1
        self.last_failure = why.replace(self._url, self.where)
        if self.failures == 1:
            logger.info("a practice bot's socket to {} is down and is dialled again", self.where)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
