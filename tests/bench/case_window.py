"""The real `speakdesk` window against a bare one: first paint, what was imported, stalls."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from tests.bench.figures import Figure, median
from tests.bench.options import Options, note
from tests.bench.subject import ROOT, Subject

TIMEOUT_S = 60.0


async def window(
    subjects: Mapping[str, Callable[[], Subject]], options: Options
) -> AsyncIterator[Figure]:
    """Alternating starts, offscreen, in a home of its own; the first pair only warms the caches."""
    is_ours = "desk+window" in subjects
    with tempfile.TemporaryDirectory(prefix="speakdesk-bench-") as home:
        bare_ms: list[float] = []
        ours_ms: list[float] = []
        had_pipecat = False
        for number in range(options.paints + 1):
            note(f"window: start {number}")
            bare_ms.append((await _watch("bare", "painted", home))["painted"]["after_ms"])
            if is_ours:
                painted = (await _watch("speakdesk", "painted", home))["painted"]
                ours_ms.append(painted["after_ms"])
                had_pipecat = had_pipecat or painted["had_pipecat"]
        bare_median = median(bare_ms[1:])
        if not is_ours:
            yield Figure("bare.window_painted", bare_median, "ms")
            return
        yield Figure(
            "window_painted",
            median(ours_ms[1:]),
            "ms",
            bare_median,
            1.5,
            "ratio",
            f"from exec, median of {options.paints}",
        )
        yield Figure("pipecat_imported_before_paint", float(had_pipecat), "yes=1", None, 0.0)
        loading: list[tuple[float, float]] = []
        launching: list[float] = []
        has_bot = True
        for _ in range(options.rounds):
            bare = await _watch("bare-loading", "loaded", home)
            ours = await _watch("speakdesk", "launched", home)
            if not ours["loaded"]["is_loaded"]:
                raise RuntimeError("the window never loaded Pipecat")
            has_bot = has_bot and ours["launched"]["has_bot"]
            loading.append((ours["loaded"]["longest_gap_ms"], bare["loaded"]["longest_gap_ms"]))
            launching.append(ours["launched"]["longest_gap_ms"])
        yield Figure(
            "window_stall_while_loading",
            max(ours for ours, _ in loading),
            "ms",
            max(bare for _, bare in loading),
            120.0,
            note="longest gap of a 5 ms timer, worst of all starts",
        )
        yield Figure(
            "window_stall_while_a_bot_starts",
            max(launching) if has_bot else None,
            "ms",
            None,
            120.0,
            note="after Ctrl+Enter"
            if has_bot
            else "no bot was in the call five seconds after Ctrl+Enter",
        )


async def _watch(program: str, until: str, home: str) -> dict[str, dict[str, Any]]:
    """Run a program until it said `until`; what it said by then, and end it with its children."""
    read_fd, write_fd = os.pipe()
    began = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.measured.first_paint"),
        *("--reply-fd", str(write_fd), program),
        cwd=ROOT,
        stdout=sys.stderr,
        pass_fds=(write_fd,),
        start_new_session=True,
        env={**os.environ, "SPEAKDESK_HOME": home, "QT_QPA_PLATFORM": "offscreen"},
    )
    os.close(write_fd)
    said: dict[str, dict[str, Any]] = {}
    reader = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(read_fd, "rb")
    )
    try:
        async with asyncio.timeout(TIMEOUT_S):
            while until not in said:
                line = await reader.readline()
                if not line:
                    raise RuntimeError(f"{program} ended before it was {until}")
                fact = json.loads(line)
                said[fact["event"]] = fact
    finally:
        transport.close()
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
    said["painted"]["after_ms"] = (said["painted"]["at"] - began) * 1000
    return said
