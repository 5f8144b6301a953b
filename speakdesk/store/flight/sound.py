"""Sound inside a recording: packed without loss, with peaks that can be drawn without unpacking.

FLAC through libsndfile: 0.03 % of a core a side in blocks of half a second.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.int16]

LONGEST_BLOCK_S = 1.0
"""No record holds more sound than this."""
PEAK_S = 0.05
"""One pair of peaks stands for this long."""
# libsndfile's scale: FLAC's level 8, 3 % smaller than its default and hardly slower.
_SMALLEST = 1.0


class Packing(IntEnum):
    """How samples are stored; the numbers are those of the file format."""

    SILENCE = 0
    FLAC = 1
    PCM = 2


@dataclass(frozen=True, slots=True)
class Sound:
    """At most `LONGEST_BLOCK_S` of 16 bit mono sound.

    `pieces` are the sizes in samples in which it came or went, `late_us` how many microseconds
    later than its place in the sound each one did (negative: earlier). `peaks` are pairs of signed
    bytes, the lowest and the highest sample of each `PEAK_S`, in steps of 256.
    """

    rate_hz: int
    samples: int
    packing: Packing
    packed: bytes = b""
    pieces: tuple[int, ...] = ()
    late_us: tuple[int, ...] = ()
    peaks: bytes = b""

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return self.samples / self.rate_hz

    @classmethod
    def pack(
        cls,
        pcm: bytes | Samples,
        rate_hz: int,
        pieces: tuple[int, ...] = (),
        late_us: tuple[int, ...] = (),
    ) -> Sound:
        """Pack s16le samples. Blocking, about 150 µs for half a second."""
        samples = np.frombuffer(pcm, "<i2") if isinstance(pcm, bytes) else pcm
        count = len(samples)
        if not samples.any():
            return cls(rate_hz, count, Packing.SILENCE, b"", pieces, late_us)
        packed, packing = _flac(samples, rate_hz), Packing.FLAC
        if len(packed) >= count * 2:
            packed, packing = samples.astype("<i2").tobytes(), Packing.PCM
        return cls(rate_hz, count, packing, packed, pieces, late_us, _peaks(samples, rate_hz))

    def unpack(self) -> Samples:
        """The samples as they were. Raises ValueError where they cannot be those."""
        if self.packing is Packing.SILENCE:
            return np.zeros(self.samples, np.int16)
        if self.packing is Packing.PCM:
            if len(self.packed) % 2:
                raise ValueError("half a sample")
            samples = np.frombuffer(self.packed, "<i2").astype(np.int16)
        else:
            samples = _from_flac(self.packed)
        if len(samples) != self.samples:
            raise ValueError(f"{len(samples)} samples instead of {self.samples}")
        return samples

    def peak_pairs(self) -> npt.NDArray[np.float32]:
        """The peaks as rows of lowest and highest, -1..1, one row each `PEAK_S`."""
        rows = peak_count(self.samples, self.rate_hz)
        if self.packing is Packing.SILENCE or len(self.peaks) != rows * 2:
            return np.zeros((rows, 2), np.float32)
        pairs = np.frombuffer(self.peaks, np.int8).astype(np.float32)
        return pairs.reshape(rows, 2) / np.float32(128)


def load_packer() -> None:
    """Load libsndfile, which takes a moment the first time. Blocking."""
    import soundfile  # type: ignore[import-untyped]  # noqa: F401


def peak_count(samples: int, rate_hz: int) -> int:
    """How many pairs of peaks so much sound has."""
    step = max(1, round(rate_hz * PEAK_S))
    return -(-samples // step)


def _peaks(samples: Samples, rate_hz: int) -> bytes:
    step = max(1, round(rate_hz * PEAK_S))
    starts = np.arange(0, len(samples), step)
    pairs = np.empty((len(starts), 2), np.int8)
    pairs[:, 0] = np.minimum.reduceat(samples, starts) >> 8
    pairs[:, 1] = np.maximum.reduceat(samples, starts) >> 8
    return pairs.tobytes()


def _flac(samples: Samples, rate_hz: int) -> bytes:
    import soundfile

    out = io.BytesIO()
    soundfile.write(
        out, samples, rate_hz, format="FLAC", subtype="PCM_16", compression_level=_SMALLEST
    )
    return out.getvalue()


def _from_flac(packed: bytes) -> Samples:
    import soundfile

    try:
        samples, _ = soundfile.read(io.BytesIO(packed), dtype="int16")
    except (soundfile.SoundFileError, RuntimeError) as e:
        raise ValueError(f"the sound cannot be unpacked: {e}") from e
    found: Samples = samples
    if found.ndim != 1:
        raise ValueError("the sound is not mono")
    return found
