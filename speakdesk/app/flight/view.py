"""An open recording as a face needs it: head at once, shape and story next, sound on demand."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from speakdesk.app.flight.peaks import Columns, FlightPeaks, columns_of
from speakdesk.app.flight.story import Story
from speakdesk.domain.errors import Problem, Reason, Stage, StoreError
from speakdesk.store.flight.format import Header
from speakdesk.store.flight.reader import FlightFile, Side

__all__ = ["FlightView", "Side"]

T = TypeVar("T")
Pair = npt.NDArray[np.int16]
"""Sound of both sides, one row a sample: the meeting left, the bot right."""

# Sound that is converted to another rate has edges; they are cut away where this much is beside.
_EDGE_S = 0.05
_CUT_OFF = "the file ends inside a record"


class FlightView:
    """One open recording. Close it when it is not looked at any more.

    Threads that read hold it: the file is let go with the last of them.
    """

    def __init__(self, flight: FlightFile) -> None:
        self.flight = flight
        self._lock = threading.Lock()
        self._readers = 0
        self._is_closed = False
        self.peaks: FlightPeaks | None = None
        self.story = Story()

    @classmethod
    async def open(cls, path: Path) -> FlightView:
        """Open it off the loop; 60 ms for two hours. Raises StoreError."""
        return cls(await asyncio.to_thread(FlightFile.open, path))

    async def load_first_peaks(self, until_s: float) -> FlightPeaks:
        """Read what the beginning is drawn from, where reading all would take a moment."""
        read = FlightPeaks.read_beginning
        self.peaks = await self._read(partial(read, self.flight, min(until_s, self.duration_s)))
        return self.peaks

    async def load_peaks(self) -> FlightPeaks:
        """Read what the waveforms are drawn from."""
        self.peaks = await self._read(partial(FlightPeaks.read, self.flight))
        return self.peaks

    async def load_story(self) -> Story:
        """Read lines, states and everything else that happened."""
        self.story = await self._read(partial(Story.read, self.flight))
        return self.story

    async def _read(self, read: Callable[[], T]) -> T:
        def held() -> T:
            with self.held() as is_open:
                if not is_open:
                    raise StoreError(_closed(self.path))
                return read()

        return await asyncio.to_thread(held)

    @contextmanager
    def held(self) -> Iterator[bool]:
        """Keep the file open meanwhile; False where it was closed before. For any thread."""
        with self._lock:
            is_open = not self._is_closed
            self._readers += is_open
        try:
            yield is_open
        finally:
            with self._lock:
                self._readers -= is_open
                self._let_go()

    def close(self) -> None:
        """Let the file go; safe to call twice."""
        with self._lock:
            self._is_closed = True
            self._let_go()

    def _let_go(self) -> None:
        if self._is_closed and not self._readers:
            self.flight.close()

    @property
    def path(self) -> Path:
        """The file."""
        return self.flight.path

    @property
    def header(self) -> Header:
        """Of what it is a recording."""
        return self.flight.header

    @property
    def duration_s(self) -> float:
        """How long it is."""
        return self.flight.duration_s

    @property
    def rate_hz(self) -> int:
        """The rate at which its sound is handed out."""
        return self.flight.header.rate_hz or 16000

    @property
    def started(self) -> datetime | None:
        """When it began, UTC, where its header says so."""
        return self.flight.started

    @property
    def trouble(self) -> Problem | None:
        """What is wrong with the file as far as it is known, and what can be read all the same."""
        damage = [d for d in self.flight.damage if d.what != _CUT_OFF]
        reach = _clock(self.duration_s)
        if damage:
            near = _clock(damage[0].at_s)
            if len(damage) == 1:
                what = f"This recording is damaged near {near}. That part is left out"
            else:
                what = (
                    f"This recording is damaged in {len(damage)} places, the first near {near}. "
                    "Those parts are left out"
                )
            sentence = f"{what}; everything else up to {reach} is here."
        elif not self.flight.has_ended:
            sentence = (
                "This recording has no proper end: it is still being made, or was cut off. "
                f"Everything up to {reach} is here."
            )
        else:
            return None
        return Problem(
            Stage.STORE,
            Reason.PROTOCOL,
            sentence,
            "`speakdesk flight verify FILE --repair OUT` writes what is whole as a new file.",
        )

    def sound(self, first: int, count: int) -> Pair:
        """`count` samples of both sides from sample `first` on, at `rate_hz`; blocking.

        Silence where nothing was, and once it is closed. Parts that follow each other can be
        joined.
        """
        rate_hz = self.rate_hz
        edge = round(_EDGE_S * rate_hz)
        begin = max(0, first - edge)
        out = np.zeros((max(0, count), 2), np.int16)
        if count <= 0:
            return out
        since_s, until_s = begin / rate_hz, (first + count + edge) / rate_hz
        with self.held() as is_open:
            for channel, side in enumerate((Side.MEETING, Side.BOT) if is_open else ()):
                samples = self.flight.audio(side, since_s, until_s, rate_hz)
                part = samples[first - begin : first - begin + count]
                out[: len(part), channel] = part
        return out

    def fine_columns(self, side: Side, since_s: float, step_s: float, count: int) -> Columns:
        """The shape of a short part from its samples; blocking, for narrow columns."""
        with self.held() as is_open:
            if not is_open:
                return np.zeros((count, 2), np.float32)
            samples = self.flight.audio(side, since_s, since_s + count * step_s, self.rate_hz)
        return columns_of(samples, count)


def _closed(path: Path) -> Problem:
    return Problem(
        Stage.STORE,
        Reason.UNAVAILABLE,
        f"{path.name} was closed while it was read.",
        "Open it again.",
    )


def _clock(seconds: float) -> str:
    minutes, rest = divmod(max(0, int(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
