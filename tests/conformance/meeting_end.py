"""Our end of the socket in its plainest form: a WebSocket server that keeps what bots send."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed


@dataclass(eq=False)
class Call:
    """One connection a bot opened."""

    path: str
    connection: ServerConnection
    messages: list[str | bytes] = field(default_factory=list)
    close_code: int | None = None

    @property
    def texts(self) -> list[Any]:
        return [json.loads(m) for m in self.messages if isinstance(m, str)]

    @property
    def sounds(self) -> list[bytes]:
        return [m for m in self.messages if isinstance(m, bytes)]

    @property
    def rosters(self) -> list[Any]:
        return [text for text in self.texts if isinstance(text, list)]

    @property
    def handshakes(self) -> list[Any]:
        return [text for text in self.texts if isinstance(text, dict)]


class MeetingEnd:
    """`calls` in the order they came; `until` waits for something to be true of them."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.url = ""
        self._changed = asyncio.Condition()

    async def until(self, is_true: Callable[[], Any]) -> Any:
        async with asyncio.timeout(20), self._changed:
            await self._changed.wait_for(is_true)
        return is_true()

    async def handle(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        call = Call(connection.request.path, connection)
        await self._note(lambda: self.calls.append(call))
        try:
            async for message in connection:
                await self._note(lambda m=message: call.messages.append(m))
        except ConnectionClosed:
            pass
        finally:
            call.close_code = connection.close_code
            await self._note(lambda: None)

    async def _note(self, change: Callable[[], None]) -> None:
        async with self._changed:
            change()
            self._changed.notify_all()


@contextlib.asynccontextmanager
async def meeting_end(largest_message: int | None = 2**20) -> AsyncIterator[MeetingEnd]:
    end = MeetingEnd()
    async with serve(
        end.handle, "127.0.0.1", 0, compression=None, max_size=largest_message
    ) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        end.url = f"ws://127.0.0.1:{port}"
        yield end
