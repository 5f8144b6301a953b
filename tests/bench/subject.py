"""What is measured: a process that holds bots, and how the meeting's end reaches one of them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import psutil

from tests.bench.line import Line

ROOT = Path(__file__).resolve().parents[2]
MB = 1e6


@dataclass(frozen=True, slots=True)
class Joined:
    """One bot at the meeting's end. `asked` is when the bot was asked for, `answered` when the
    provider said yes (for a subject without a provider: when it was dialled)."""

    bot: str
    line: Line
    asked: float
    answered: float


class Subject(Protocol):
    """A process under measurement. `answer_s` is how long its bots talk."""

    name: str
    process: MeasuredProcess

    async def start(self, answer_s: float) -> None:
        """Start the process and wait until it is warm."""
        ...

    async def add_bot(self, bot: str) -> Joined:
        """One more bot, its socket open."""
        ...

    async def remove_bot(self, joined: Joined) -> None:
        """The meeting ends for this bot; returns once the subject has let go of it."""
        ...

    async def hush(self, joined: Joined) -> bool:
        """Tell the bot to be silent at once; False where the subject has no such command."""
        ...

    async def stop(self) -> None:
        """End the process."""
        ...


class SubjectFailed(RuntimeError):
    """The measured process died or refused a command."""


class MeasuredProcess:
    """A child that speaks `measured/control.py`'s protocol, and its CPU time and memory."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._ps: psutil.Process | None = None
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._reading: asyncio.Task[None] | None = None
        self._count = 0
        self.started = 0.0

    async def start(self, module: str, *arguments: str, env: dict[str, str] | None = None) -> None:
        """Run `python -m module --reply-fd N …` and wait until it is ready."""
        read_fd, write_fd = os.pipe()
        ready = self._expect(0)
        self.started = time.monotonic()
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", module, "--reply-fd", str(write_fd), *arguments),
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=sys.stderr,
            pass_fds=(write_fd,),
            env={**os.environ, **(env or {})},
        )
        os.close(write_fd)
        self._ps = psutil.Process(self._process.pid)
        self._reading = asyncio.create_task(self._read(read_fd))
        await asyncio.wait_for(ready, 60)

    async def command(self, name: str, timeout_s: float = 30.0, **values: Any) -> Any:
        """Run a command over there and return its value. Raises SubjectFailed."""
        if self._process is None or self._process.stdin is None:
            raise SubjectFailed("the measured process does not run")
        self._count += 1
        answer = self._expect(self._count)
        order = {"id": self._count, "do": name, "with": values}
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        return await asyncio.wait_for(answer, timeout_s)

    def cpu_s(self) -> float:
        """User and system time used so far, living children included."""
        return sum(times.user + times.system for times in (p.cpu_times() for p in self._family()))

    def rss_mb(self) -> float:
        """Resident memory in 10^6 bytes, children included."""
        return sum(p.memory_info().rss for p in self._family()) / MB

    async def stop(self) -> None:
        """Ask it to quit; kill it where it does not within ten seconds."""
        if self._process is None:
            return
        if self._process.returncode is None:
            with contextlib.suppress(SubjectFailed, TimeoutError, ConnectionError):
                await self.command("quit", timeout_s=5)
            try:
                await asyncio.wait_for(self._process.wait(), 10)
            except TimeoutError:
                print("a measured process did not quit and was killed", file=sys.stderr)
                self._process.kill()
                await self._process.wait()
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
        self._process = None

    def _family(self) -> list[psutil.Process]:
        if self._ps is None:
            raise SubjectFailed("the measured process does not run")
        return [self._ps, *self._ps.children(recursive=True)]

    def _expect(self, number: int) -> asyncio.Future[Any]:
        future = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        return future

    async def _read(self, read_fd: int) -> None:
        reader = asyncio.StreamReader()
        pipe = os.fdopen(read_fd, "rb")
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), pipe
        )
        try:
            while line := await reader.readline():
                reply = json.loads(line)
                future = self._waiting.pop(reply["id"], None)
                if future is None or future.done():
                    continue
                if "error" in reply:
                    future.set_exception(SubjectFailed(reply["error"]))
                else:
                    future.set_result(reply.get("value"))
            for future in self._waiting.values():
                if not future.done():
                    future.set_exception(SubjectFailed("the measured process ended"))
        finally:
            transport.close()
