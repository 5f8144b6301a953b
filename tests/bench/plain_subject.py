"""The baseline as a subject: a plain Pipecat server whose bots live as long as their sockets."""

from __future__ import annotations

import asyncio

from tests.bench.line import Line
from tests.bench.subject import Joined, MeasuredProcess


class PlainPipecat:
    """Plain Pipecat behind FastAPI's WebSocket transport."""

    name = "plain"

    def __init__(self) -> None:
        self.process = MeasuredProcess()
        self._port = 0

    async def start(self, answer_s: float) -> None:
        """Start the process; Pipecat is imported when it says it is ready."""
        self.process = MeasuredProcess()
        await self.process.start("tests.bench.measured.plain", "--answer-s", str(answer_s))
        self._port = await self.process.command("port")

    async def add_bot(self, bot: str) -> Joined:
        """Dial; the pipeline is built behind the socket."""
        line = Line()
        await line.dial(f"ws://127.0.0.1:{self._port}/ws/{bot}")
        return Joined(bot, line, line.dialled, line.dialled)

    async def remove_bot(self, joined: Joined) -> None:
        """Hang up; the pipeline ends with the socket."""
        await joined.line.close()
        await asyncio.sleep(0.3)

    async def hush(self, joined: Joined) -> bool:
        """Plain Pipecat knows interruption by speech only."""
        return False

    async def stop(self) -> None:
        """End the process."""
        await self.process.stop()
