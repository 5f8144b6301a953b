"""Speech faster or slower at its own pitch: overlapping pieces, each where it fits best (WSOLA).

W. Verhelst, M. Roelands: "An overlap-add technique based on waveform similarity", ICASSP 1993.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Pair = npt.NDArray[np.float32]
"""Samples -1..1, one row a sample, two columns: the meeting and the bot."""

_PIECE_S = 0.040
_SEARCH_S = 0.010
# Waves are compared at about this rate: higher ones only cost time.
_COMPARE_HZ = 8000


class Stretcher:
    """Takes sound piece by piece. Both columns are moved together, so that they stay in step."""

    def __init__(self, rate_hz: int, speed: float) -> None:
        self._speed = speed
        self._half = round(rate_hz * _PIECE_S / 2)
        self._reach = round(rate_hz * _SEARCH_S)
        self._skip = max(1, rate_hz // _COMPARE_HZ)
        self._waiting: Pair = np.zeros((0, 2), np.float32)
        self._ideal = 0.0
        self._tail: Pair | None = None
        fade = (1 - np.cos(np.pi * (np.arange(self._half) + 0.5) / self._half)) / 2
        self._fade: Pair = fade[:, None].astype(np.float32)

    def feed(self, sound: Pair, *, is_last: bool = False) -> Pair:
        """What can be said of it by now; `is_last` lets go of everything that was held back."""
        if self._speed == 1.0:
            return sound
        half, reach = self._half, self._reach
        self._waiting = np.concatenate([self._waiting, sound])
        if is_last:
            self._waiting = np.concatenate(
                [self._waiting, np.zeros((2 * half + reach, 2), np.float32)]
            )
        out: list[Pair] = []
        while round(self._ideal) + reach + 2 * half <= len(self._waiting):
            begin = self._best_begin(round(self._ideal))
            piece = self._waiting[begin : begin + 2 * half]
            if self._tail is None:
                out.append(piece[:half])
            else:
                out.append(self._tail * (1 - self._fade) + piece[:half] * self._fade)
            self._tail = piece[half:]
            self._ideal += half * self._speed
        done = max(0, round(self._ideal) - reach)
        self._waiting = self._waiting[done:]
        self._ideal -= done
        return np.concatenate(out) if out else np.zeros((0, 2), np.float32)

    def _best_begin(self, ideal: int) -> int:
        """Near `ideal`, where the sound goes on most like what was played last would have."""
        if self._tail is None:
            return ideal
        wanted = self._tail.sum(axis=1)[:: self._skip]
        begin = max(0, ideal - self._reach)
        near = self._waiting[begin : ideal + self._reach + self._half].sum(axis=1)[:: self._skip]
        likeness = np.correlate(near, wanted, "valid")
        squares = np.concatenate([np.zeros(1), np.cumsum(near.astype(np.float64) ** 2)])
        energy = squares[len(wanted) :] - squares[: len(squares) - len(wanted)]
        score = likeness / np.sqrt(energy[: len(likeness)] + 1e-6)
        place = int(np.argmax(score))
        if score[place] <= 1e-3:
            return ideal
        return begin + place * self._skip
