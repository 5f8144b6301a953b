"""What the people in the measured meetings say: eSpeak NG's speech, made once and kept on disk."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr

RATE_HZ = 16000
FRAME_S = 0.1
FRAME_BYTES = int(RATE_HZ * FRAME_S) * 2
SILENCE = bytes(FRAME_BYTES)
LOUD_PEAK = 500

# Smart Turn takes each of these, as eSpeak says them, for a finished turn at once.
QUESTIONS = ("How are you doing today?", "What do you think about it?", "Can you hear me?")
INTERRUPTION = "Please tell us about your plan."


@dataclass(frozen=True, slots=True)
class Utterance:
    """Speech at 16 kHz as s16le mono; `begin_s` and `end_s` bound what can be heard of it."""

    pcm: bytes
    begin_s: float
    end_s: float

    def frames(self) -> list[bytes]:
        """The speech in frames of 100 ms, the last filled up with silence."""
        padded = self.pcm + bytes(-len(self.pcm) % FRAME_BYTES)
        return [padded[i : i + FRAME_BYTES] for i in range(0, len(padded), FRAME_BYTES)]


def utterance(text: str) -> Utterance:
    """The spoken text."""
    name = hashlib.sha256(f"{RATE_HZ} {text}".encode()).hexdigest()[:16]
    kept = Path(tempfile.gettempdir()) / f"speakdesk-bench-{os.getuid()}" / f"{name}.pcm"
    if not kept.exists():
        kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = kept.with_suffix(f".{os.getpid()}")
        fresh.write_bytes(_synthesize(text))
        fresh.replace(kept)
    pcm = kept.read_bytes()
    heard = np.flatnonzero(np.abs(np.frombuffer(pcm, np.int16).astype(np.int32)) > LOUD_PEAK)
    return Utterance(pcm, float(heard[0]) / RATE_HZ, float(heard[-1]) / RATE_HZ)


def is_loud(pcm: bytes) -> bool:
    """Whether a person would hear it."""
    samples = np.frombuffer(pcm[: len(pcm) // 2 * 2], np.int16)
    return bool(samples.size) and int(np.abs(samples.astype(np.int32)).max()) > LOUD_PEAK


def _synthesize(text: str) -> bytes:
    from speakdesk.providers.espeak import synthesize

    spoken = synthesize(text, language="en", speed_wpm=165)
    samples = np.frombuffer(spoken.pcm, np.int16).astype(np.float32)
    at_rate = soxr.resample(samples, spoken.rate_hz, RATE_HZ)
    at_rate *= 20000 / max(1.0, float(np.abs(at_rate).max()))
    return bytes(at_rate.astype(np.int16).tobytes())
