"""What sound is made of where a device meets the room: formats, and samples from one to the other.

The room's own is mono s16le at 16 kHz.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtMultimedia import QAudioDevice, QAudioFormat

ROOM_RATE_HZ = 16000
_NUMPY_TYPES = {
    QAudioFormat.SampleFormat.UInt8: np.uint8,
    QAudioFormat.SampleFormat.Int16: np.int16,
    QAudioFormat.SampleFormat.Int32: np.int32,
    QAudioFormat.SampleFormat.Float: np.float32,
}


def wanted_format(device: QAudioDevice, rate_hz: int = ROOM_RATE_HZ) -> QAudioFormat:
    """Mono 16 bit at this rate where the device takes it, what it prefers otherwise."""
    plain = QAudioFormat()
    plain.setSampleRate(rate_hz)
    plain.setChannelCount(1)
    plain.setSampleFormat(QAudioFormat.SampleFormat.Int16)
    return plain if device.isFormatSupported(plain) else device.preferredFormat()


def to_mono_s16(data: bytes, form: QAudioFormat) -> bytes:
    """A device's samples as mono s16le of the same rate; a partial frame at the end is dropped."""
    kind = _NUMPY_TYPES.get(form.sampleFormat(), np.int16)
    size = np.dtype(kind).itemsize * form.channelCount()
    raw = np.frombuffer(data[: len(data) // size * size], dtype=kind)
    samples: np.ndarray = raw.astype(np.float32)
    if kind is np.uint8:
        samples = (samples - 128) / 128
    elif kind is np.int16:
        samples /= 32768
    elif kind is np.int32:
        samples /= 2147483648
    mono = samples.reshape(-1, form.channelCount()).mean(axis=1)
    return bytes((np.clip(mono, -1, 1) * 32767).astype("<i2").tobytes())


def from_mono_float(mono: np.ndarray, form: QAudioFormat) -> bytes:
    """Mono samples -1..1 in a device's own format, the same on every channel."""
    kind = _NUMPY_TYPES.get(form.sampleFormat(), np.int16)
    spread = np.repeat(np.clip(mono, -1, 1)[:, None], form.channelCount(), axis=1)
    if kind is np.uint8:
        return bytes((spread * 127 + 128).astype(np.uint8).tobytes())
    if kind is np.int16:
        return bytes((spread * 32767).astype(np.int16).tobytes())
    if kind is np.int32:
        return bytes((spread.astype(np.float64) * 2147483647).astype(np.int32).tobytes())
    return bytes(spread.astype(np.float32).tobytes())


def loudness(pcm: bytes) -> float:
    """How loud mono s16le is, 0..1, on a scale that fits an ear."""
    if len(pcm) < 2:
        return 0.0
    samples = np.frombuffer(pcm[: len(pcm) // 2 * 2], dtype="<i2").astype(np.float32)
    power = float(np.sqrt(np.mean(samples * samples))) / 32768
    return min(1.0, power * 4)
