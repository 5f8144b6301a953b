"""A practice meeting as a stereo WAV: participants on the left, bots on the right, 16 kHz."""

from __future__ import annotations

import asyncio
import queue
import threading
import wave
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

from speakdesk.domain.errors import Problem, Reason, Stage, StoreError
from speakdesk.providers.practice.sound import ROOM_RATE_HZ, SILENCE, Block, to_pcm

_BLOCKS_AT_ONCE = 10


class StereoRecording:
    """Writes in a thread of its own; the file is a valid WAV up to the last second at any time.

    `begin` makes one.
    """

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self.path = path
        self._file = file
        self._blocks: queue.SimpleQueue[tuple[Block, Block] | None] = queue.SimpleQueue()
        self._error: OSError | None = None
        self._thread = threading.Thread(target=self._write, name="practice recording", daemon=True)
        self._thread.start()

    @classmethod
    async def begin(cls, path: Path) -> StereoRecording:
        """Open the file. Raises StoreError where it cannot be written."""
        try:
            file = cast(BinaryIO, await asyncio.to_thread(path.open, "wb"))
        except OSError as e:
            raise _cannot_write(path, e) from e
        return cls(path, file)

    def add(self, people: Block | None, bots: Block | None) -> None:
        """One tick of both sides; None is silence."""
        self._blocks.put((SILENCE if people is None else people, SILENCE if bots is None else bots))

    async def finish(self) -> Path:
        """Write what is left. Raises StoreError where the file could not be written."""
        self._blocks.put(None)
        await asyncio.to_thread(self._thread.join)
        if self._error is not None:
            raise _cannot_write(self.path, self._error) from self._error
        return self.path

    def _write(self) -> None:
        try:
            with self._file, wave.open(self._file, "wb") as wav:
                wav.setnchannels(2)
                wav.setsampwidth(2)
                wav.setframerate(ROOM_RATE_HZ)
                waiting: list[Block] = []
                while (pair := self._blocks.get()) is not None:
                    waiting.append(np.column_stack(pair).ravel())
                    if len(waiting) >= _BLOCKS_AT_ONCE:
                        wav.writeframes(to_pcm(np.concatenate(waiting)))
                        self._file.flush()
                        waiting.clear()
                if waiting:
                    wav.writeframes(to_pcm(np.concatenate(waiting)))
        except OSError as e:
            self._error = e


def _cannot_write(path: Path, error: OSError) -> StoreError:
    return StoreError(
        Problem(
            Stage.STORE,
            Reason.UNAVAILABLE,
            f"The recording {path.name} could not be written.",
            "Choose a folder that exists and has space, then record again.",
            error.strerror or type(error).__name__,
        )
    )
