"""A recording's sound on its way to the speakers: read, stretched, converted, ahead of its time."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt
import soxr

from speakdesk.ui.player.stretch import Pair, Stretcher

BLOCK_S = 0.25


class SoundSource(Protocol):
    """Where sound comes from; `app.flight_view.FlightView` is one."""

    @property
    def rate_hz(self) -> int: ...

    @property
    def duration_s(self) -> float: ...

    def sound(self, first: int, count: int) -> npt.NDArray[np.int16]: ...


class Feed:
    """Hands out a recording from a moment on, block by block, at one speed; not for the loop."""

    def __init__(self, source: SoundSource, at_s: float, speed: float, rate_hz: int) -> None:
        self._source = source
        self._next = round(at_s * source.rate_hz)
        self._last = round(source.duration_s * source.rate_hz)
        self._stretcher = Stretcher(source.rate_hz, speed)
        self._converter = (
            None
            if rate_hz == source.rate_hz
            else soxr.ResampleStream(source.rate_hz, rate_hz, 2, dtype="float32", quality="MQ")
        )
        self.is_over = self._next >= self._last

    def next_block(self) -> Pair:
        """The next samples at the speakers' rate, -1..1, the meeting left and the bot right."""
        if self.is_over:
            return np.zeros((0, 2), np.float32)
        count = min(round(BLOCK_S * self._source.rate_hz), self._last - self._next)
        sound: Pair = self._source.sound(self._next, count).astype(np.float32)
        sound /= np.float32(32768)
        self._next += count
        self.is_over = self._next >= self._last
        block = self._stretcher.feed(sound, is_last=self.is_over)
        if self._converter is None:
            return block
        converted: Pair = self._converter.resample_chunk(
            np.ascontiguousarray(block), last=self.is_over
        )
        return converted
