"""A practice meeting as a stereo WAV: participants on the left, bots on the right, 16 kHz."""

from __future__ import annotations

import asyncio
import queue
import threading
import wave
from pathlib import Path

import numpy as np

from speakdesk.domain.errors import Problem, Reason, Stage, StoreError
from speakdesk.providers.practice.sound import ROOM_RATE_HZ, SILENCE, Block

_BLOCKS_AT_ONCE = 10


class StereoRecording:
    """Writes in a thread of its own; the file is a valid WAV up to the last second at any time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._blocks: queue.SimpleQueue[tuple[Block, Block] | None] = queue.SimpleQueue()
        self._error: OSError | None = None
        self._thread = threading.Thread(target=self._write, name="practice recording", daemon=True)
        self._thread.start()

    def add(self, people: Block | None, bots: Block | None) -> None:
        """One tick of both sides; None is silence."""
        self._blocks.put((SILENCE if people is None else people, SILENCE if bots is None else bots))

    async def finish(self) -> Path:
        """Write what is left. Raises StoreError where the file could not be written."""
        self._blocks.put(None)
        await asyncio.to_thread(self._thread.join)
        if self._error is not None:
            raise StoreError(
                Problem(
                    Stage.STORE,
                    Reason.UNAVAILABLE,
                    f"The recording {self.path.name} could not be written.",
                    "Choose a folder that exists and has space, then record again.",
                    self._error.strerror or type(self._error).__name__,
                )
            ) from self._error
        return self.path

    def _write(self) -> None:
        try:
            with wave.open(str(self.path), "wb") as file:
                file.setnchannels(2)
                file.setsampwidth(2)
                file.setframerate(ROOM_RATE_HZ)
                waiting: list[Block] = []
                while (pair := self._blocks.get()) is not None:
                    waiting.append(np.column_stack(pair).ravel())
                    if len(waiting) >= _BLOCKS_AT_ONCE:
                        file.writeframes(_stereo_pcm(waiting))
                        waiting.clear()
                if waiting:
                    file.writeframes(_stereo_pcm(waiting))
        except OSError as e:
            self._error = e


def _stereo_pcm(blocks: list[Block]) -> bytes:
    joined = np.concatenate(blocks)
    return np.clip(np.rint(joined), -32768, 32767).astype("<i2").tobytes()
