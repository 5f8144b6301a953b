"""Sound in the practice room: float32 blocks on the scale of 16-bit samples, mono, 16 kHz."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile  # type: ignore[import-untyped]
import soxr

from speakdesk.domain.errors import Problem, Reason, Stage, StoreError

ROOM_RATE_HZ = 16000
TICK_S = 0.1
ROOM_BLOCK = ROOM_RATE_HZ // 10
FULL_SCALE = 32768.0

Block = npt.NDArray[np.float32]

SILENCE: Block = np.zeros(ROOM_BLOCK, dtype=np.float32)
SILENCE.flags.writeable = False


def from_pcm(pcm: bytes | bytearray | memoryview) -> Block:
    """s16le bytes as a block; a half sample at the end is left out."""
    whole = len(pcm) & ~1
    return np.frombuffer(pcm, dtype="<i2", count=whole // 2).astype(np.float32)


def to_pcm(block: Block) -> bytes:
    """A block as s16le bytes, too loud samples held at full scale."""
    return np.clip(np.rint(block), -32768, 32767).astype("<i2").tobytes()


def loudness(block: Block) -> float:
    """RMS of a block, 0..1."""
    if not block.size:
        return 0.0
    return float(np.sqrt(np.dot(block, block) / block.size)) / FULL_SCALE


def to_room(pcm: bytes, rate_hz: int, channels: int = 1) -> Block:
    """Interleaved s16le of any rate and channel count as room sound. Blocks; call in a thread."""
    samples = from_pcm(pcm)
    if channels > 1:
        whole = samples.size // channels * channels
        samples = samples[:whole].reshape(-1, channels).mean(axis=1)
    return _resample(samples, rate_hz)


def read_sound(path: Path) -> Block:
    """A sound file of any rate and channel count as room sound. Blocks; call in a thread.

    Raises StoreError where the file is missing or holds no sound we can read.
    """
    try:
        samples, rate_hz = soundfile.read(str(path), dtype="float32", always_2d=True)
    except (OSError, soundfile.SoundFileError) as e:
        missing = not path.exists()
        raise StoreError(
            Problem(
                Stage.STORE,
                Reason.MISSING if missing else Reason.BAD_INPUT,
                f"There is no file {path.name}."
                if missing
                else f"{path.name} is not a sound file that can be read.",
                "Give a WAV, FLAC, OGG or MP3 file.",
                "" if missing else str(e).replace(str(path), path.name),
            )
        ) from e
    mono: Block = samples.mean(axis=1, dtype=np.float32) * np.float32(FULL_SCALE)
    return _resample(mono, int(rate_hz))


def _resample(samples: Block, rate_hz: int) -> Block:
    if rate_hz <= 0:
        raise ValueError(f"a sample rate is above zero, not {rate_hz}")
    if rate_hz == ROOM_RATE_HZ or not samples.size:
        return np.ascontiguousarray(samples, dtype=np.float32)
    resampled: Any = soxr.resample(samples, rate_hz, ROOM_RATE_HZ)
    return np.ascontiguousarray(resampled, dtype=np.float32)


class RateStream:
    """A running conversion that gives exactly `out_hz / 10` samples for each tick's block.

    The filter holds up to 31 ms back, so that much silence goes ahead; two streams of the same
    rates that were fed in the same ticks stay aligned to the sample.
    """

    _AHEAD_S = 0.032

    def __init__(self, in_hz: int, out_hz: int) -> None:
        self._stream = soxr.ResampleStream(in_hz, out_hz, 1, dtype="float32", quality="LQ")
        self._size = out_hz // 10
        self._ready: Block = np.zeros(int(out_hz * self._AHEAD_S), dtype=np.float32)

    def convert(self, block: Block) -> Block:
        """One tick in, one tick out."""
        fresh = self._stream.resample_chunk(block)
        ready = np.concatenate((self._ready, fresh))
        if ready.size < self._size:
            ready = np.concatenate((np.zeros(self._size - ready.size, np.float32), ready))
        self._ready = ready[self._size :]
        return ready[: self._size]
