"""The player with one recording: opened, painted, sought in; times in ms as one line of JSON."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from PySide6.QtWidgets import QApplication

from speakdesk.ui.face import Face
from speakdesk.ui.loop import DeskLoop
from speakdesk.ui.player.feed import Feed
from speakdesk.ui.player.panel import FlightPlayer
from speakdesk.ui.resources import resource_folder
from speakdesk.ui.tasks import Tasks
from speakdesk.ui.theme import Look

SEEKS = 60


def _ms(since: float) -> float:
    return (time.perf_counter() - since) * 1000


class Measured:
    """One window with a player."""

    def __init__(self, app: QApplication) -> None:
        settings = SimpleNamespace(current=SimpleNamespace(audio_output=""))
        desk = cast(Any, SimpleNamespace(settings=settings))
        self.tasks = Tasks(_fail)
        self.face = Face(desk, Look(app, resource_folder(), "light"), self.tasks, lambda *_: None)
        self.player = FlightPlayer(self.face)
        self.player.resize(1920, 1000)
        self.player.show()
        self.late_ms = 0.0

    async def run(self, path: Path) -> dict[str, float]:
        """Everything once."""
        beat = asyncio.ensure_future(self._watch())
        await asyncio.sleep(0.2)
        self.late_ms = 0.0
        began = time.perf_counter()
        player = self.player
        player.open(path)
        await _until(lambda: player.view is not None)
        opened_ms = _ms(began)
        view = player.view
        assert view is not None
        await _until(lambda: view.peaks is not None)
        player.waveform.grab()
        painted_ms = _ms(began)
        await _until(lambda: player.model.rowCount() > 0)
        seeks = [await self._seek(n * view.duration_s / SEEKS) for n in _shuffled(SEEKS)]
        late_ms = self.late_ms
        beat.cancel()
        paints = []
        for _ in range(24):
            player.waveform.zoom(-1)
            since = time.perf_counter()
            player.waveform.grab()
            paints.append(_ms(since))
        player.close_recording()
        await self.tasks.aclose()
        return {
            "open": opened_ms,
            "first_paint": painted_ms,
            "seek": max(seeks),
            "full_paint": max(paints),
            "loop_late": late_ms,
        }

    async def _seek(self, at_s: float) -> float:
        view = self.player.view
        assert view is not None
        since = time.perf_counter()
        self.player.seek(at_s)
        self.player.waveform.grab()
        await asyncio.to_thread(Feed(view, at_s, 1.0, view.rate_hz).next_block)
        took_ms = _ms(since)
        await asyncio.sleep(0.01)
        return took_ms

    async def _watch(self) -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.002)
            self.late_ms = max(self.late_ms, _ms(before) - 2)


def _shuffled(count: int) -> list[int]:
    """Every place once, far from the one before."""
    return [n * 37 % count for n in range(count)]


def _fail(name: str, error: BaseException) -> None:
    raise RuntimeError(f"{name} failed") from error


async def _until(condition: Any) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - the condition is about widgets
            await asyncio.sleep(0.001)


def main() -> None:
    """Measure the file that was named."""
    app = QApplication(sys.argv[:1])
    loop = DeskLoop(app)
    asyncio.set_event_loop(loop)
    measured = Measured(app)
    print(json.dumps(loop.run_until_complete(measured.run(Path(sys.argv[1])))))
    measured.player.hide()
    loop.close()


if __name__ == "__main__":
    main()
