"""One conversion of sample rates at the edge, with soxr, on s16le mono streams."""

from __future__ import annotations

import numpy as np
import soxr


class StreamResampler:
    """Converts one continuous stream; equal rates pass untouched."""

    def __init__(self, in_hz: int, out_hz: int) -> None:
        self.in_hz, self.out_hz = in_hz, out_hz
        self._stream = (
            None
            if in_hz == out_hz
            else soxr.ResampleStream(in_hz, out_hz, 1, dtype="int16", quality="HQ")
        )

    def convert(self, pcm: bytes) -> bytes:
        """The samples that are ready; the filter keeps up to 20 ms back."""
        if self._stream is None or not pcm:
            return pcm
        return bytes(self._stream.resample_chunk(np.frombuffer(pcm, np.int16)).tobytes())

    def flush(self) -> bytes:
        """What the filter kept back; the stream starts afresh after it."""
        if self._stream is None:
            return b""
        rest = bytes(self._stream.resample_chunk(np.zeros(0, np.int16), last=True).tobytes())
        self._stream.clear()
        return rest

    def clear(self) -> None:
        """Forget what the filter kept back."""
        if self._stream is not None:
            self._stream.clear()
