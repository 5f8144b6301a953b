"""How quickly the player opens, shows and moves in a two-hour recording, and how late the loop is.

The recording is made on the spot. The window runs in a process of its own, offscreen.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

from tests.bench.figures import Figure, median
from tests.bench.options import Options, note
from tests.bench.subject import ROOT, Subject
from tests.fixtures.long_flight import write_long_flight

HOURS = 2
TIMEOUT_S = 120.0
LIMITS_MS: Mapping[str, tuple[float, str]] = {
    "open": (200.0, "from the click until its length is known and it can be played"),
    "first_paint": (500.0, "from the click until both voices are drawn where they are in sight"),
    "seek": (200.0, "worst of 60 places: cursor, view, line and the sound from there decoded"),
    "full_paint": (100.0, "worst whole painting of the waveform, all zooms"),
    "loop_late": (50.0, "worst lateness of the loop while it opened and was sought in"),
}


async def player(
    _subjects: Mapping[str, Callable[[], Subject]], options: Options
) -> AsyncIterator[Figure]:
    """Open a long recording afresh a few times; the median of each counts."""
    note(f"player: a recording of {HOURS} hours")
    with tempfile.TemporaryDirectory(prefix="speakdesk-bench-") as folder:
        path = Path(folder) / "long.speakdesk"
        await asyncio.to_thread(write_long_flight, path, HOURS * 3600.0)
        found = [await _watch(path, folder) for _ in range(options.rounds)]
    for name, (limit_ms, what) in LIMITS_MS.items():
        value = median([one[name] for one in found])
        yield Figure(f"player.{name}", value, "ms", None, limit_ms, note=what)


async def _watch(path: Path, home: str) -> dict[str, float]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.measured.player", str(path)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "SPEAKDESK_HOME": home, "QT_QPA_PLATFORM": "offscreen"},
    )
    async with asyncio.timeout(TIMEOUT_S):
        out, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"the player ended with {process.returncode}")
    found: dict[str, float] = json.loads(out.splitlines()[-1])
    return found
