"""The shape of a recording's sound for drawing it at any zoom, from the peaks it carries."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from speakdesk.store.flight.format import AudioDiscarded, AudioIn, AudioOut, Kind
from speakdesk.store.flight.reader import FlightFile, Side
from speakdesk.store.flight.sound import PEAK_S

Columns = npt.NDArray[np.float32]
"""One row a column: its lowest and its highest sample, -1..1; 0, 0 where nothing was."""

FINEST_S = PEAK_S
"""Columns narrower than this show no more than columns of this width, unless sound is decoded."""


_SIDES = {AudioIn: Side.MEETING, AudioOut: Side.BOT, AudioDiscarded: Side.DISCARDED}
_KINDS = frozenset({Kind.AUDIO_IN, Kind.AUDIO_OUT, Kind.AUDIO_DISCARDED})


class FlightPeaks:
    """All sides' peaks on one grid. Asking for columns takes well under a millisecond."""

    def __init__(self, grids: Mapping[Side, Columns]) -> None:
        self._grids = grids

    @classmethod
    def read(cls, flight: FlightFile) -> FlightPeaks:
        """Read them; blocking, a tenth of a second for an hour. No sound is decoded."""
        count = max(1, int(np.ceil(flight.duration_s / PEAK_S)) + 1)
        return cls({side: flight.peaks(side, 0.0, count * PEAK_S, count) for side in Side})

    @classmethod
    def read_beginning(cls, flight: FlightFile, until_s: float) -> FlightPeaks:
        """Those of the first part alone; a few milliseconds for a minute."""
        count = max(1, int(np.ceil(until_s / PEAK_S)) + 1)
        grids = {side: np.zeros((count, 2), np.float32) for side in Side}
        for record in flight.records(0.0, until_s, _KINDS):
            if not isinstance(record, (AudioIn, AudioOut, AudioDiscarded)):
                continue
            grid, pairs = grids[_SIDES[type(record)]], record.sound.peak_pairs()
            first = round(record.at_s / PEAK_S)
            part = grid[first : first + len(pairs)]
            np.minimum(part[:, 0], pairs[: len(part), 0], out=part[:, 0])
            np.maximum(part[:, 1], pairs[: len(part), 1], out=part[:, 1])
        return cls(grids)

    def columns(self, side: Side, since_s: float, step_s: float, count: int) -> Columns:
        """`count` columns of `step_s` seconds each, from `since_s` on."""
        grid = self._grids[side]
        out = np.zeros((max(0, count), 2), np.float32)
        edges = np.floor((since_s + np.arange(count + 1) * step_s) / PEAK_S + 1e-9).astype(np.int64)
        starts, ends = edges[:-1], np.maximum(edges[1:], edges[:-1] + 1)
        usable = (ends > 0) & (starts < len(grid))
        if not usable.any():
            return out
        first, last = np.flatnonzero(usable)[[0, -1]]
        begin = np.clip(starts[first : last + 1], 0, len(grid) - 1)
        part = grid[: min(len(grid), int(ends[last]))]
        out[first : last + 1, 0] = np.minimum.reduceat(part[:, 0], begin)
        out[first : last + 1, 1] = np.maximum.reduceat(part[:, 1], begin)
        return out


def columns_of(samples: npt.NDArray[np.int16], count: int) -> Columns:
    """Decoded sound as `count` columns of equal width."""
    out = np.zeros((count, 2), np.float32)
    if count <= 0 or not len(samples):
        return out
    begin = np.minimum(np.arange(count) * len(samples) // count, len(samples) - 1)
    out[:, 0] = np.minimum.reduceat(samples, begin)
    out[:, 1] = np.maximum.reduceat(samples, begin)
    return out / np.float32(32768)
