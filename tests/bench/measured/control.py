"""Inside a measured process: commands come as JSON lines on stdin, replies leave on a pipe."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
import threading
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from tests.bench.figures import percentile
from tests.bench.measured import marks

Command = Callable[..., Awaitable[Any]]
PROBE_PERIOD_S = 0.01


class LoopProbe:
    """How late the loop wakes a sleeper that wants to be woken every 10 ms."""

    def __init__(self) -> None:
        self._late_ms: list[float] = []
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to sample."""
        self._late_ms = []
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> dict[str, float | None]:
        """The delays in milliseconds since `start`: p50, p99 and the worst."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            self._task = None
        late = self._late_ms
        return {
            "p50": percentile(late, 50),
            "p99": percentile(late, 99),
            "worst": max(late, default=None),
        }

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + PROBE_PERIOD_S
            await asyncio.sleep(PROBE_PERIOD_S)
            self._late_ms.append(max(0.0, loop.time() - due) * 1000)


class Control:
    """Serves commands on the running loop until `quit` or the end of stdin."""

    def __init__(self, reply_fd: int, commands: Mapping[str, Command]) -> None:
        self._reply = os.fdopen(reply_fd, "w", buffering=1)
        self._probe = LoopProbe()
        self._commands: dict[str, Command] = {
            "probe_start": self._probe.start,
            "probe_stop": self._probe.stop,
            "take_marks": _take_marks,
            "collect": _collect,
            **commands,
        }
        self._tasks: set[asyncio.Task[None]] = set()
        self._quit = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    async def serve(self) -> None:
        """Say that we are ready and work until told to quit."""
        threading.Thread(target=self._read, name="bench-control", daemon=True).start()
        self._say({"id": 0, "value": "ready"})
        await self._quit.wait()

    def _read(self) -> None:
        for line in sys.stdin:
            self._loop.call_soon_threadsafe(self._start, json.loads(line))
        self._loop.call_soon_threadsafe(self._quit.set)

    def _start(self, order: dict[str, Any]) -> None:
        if order["do"] == "quit":
            self._say({"id": order["id"], "value": None})
            self._quit.set()
            return
        task = self._loop.create_task(self._run(order))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, order: dict[str, Any]) -> None:
        reply: dict[str, Any] = {"id": order["id"]}
        try:
            reply["value"] = await self._commands[order["do"]](**order.get("with", {}))
        except Exception as e:
            reply["error"] = f"{type(e).__name__}: {e}"
        self._say(reply)

    def _say(self, reply: dict[str, Any]) -> None:
        self._reply.write(json.dumps(reply) + "\n")


async def _take_marks() -> list[dict[str, Any]]:
    return marks.take()


async def _collect() -> None:
    gc.collect()
