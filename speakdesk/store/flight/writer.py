"""A recording while it is made: facts go in on the loop, a thread packs and writes them."""

from __future__ import annotations

import asyncio
import errno
import os
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Protocol

from loguru import logger

from speakdesk.domain.clock import Clock
from speakdesk.domain.errors import Problem, Reason, Stage
from speakdesk.store.flight.blocks import Block, Gathering, blocks_of
from speakdesk.store.flight.coding import encode
from speakdesk.store.flight.format import (
    AudioDiscarded,
    AudioIn,
    AudioOut,
    Ended,
    Header,
    Record,
)
from speakdesk.store.flight.framing import pack_frame, preamble

# Sound waits at most for two of these and a block's age: everything is written within a second.
DRAIN_S = 0.2
BLOCK_AGE_S = 0.4
SYNC_S = 5.0
MOST_WAITING = 48 * 1024 * 1024


class RawFile(Protocol):
    """What the writer needs of an unbuffered file."""

    def write(self, data: bytes, /) -> int | None:
        """Write; returns how many bytes went. Raises OSError."""
        ...

    def truncate(self, size: int, /) -> int:
        """Cut off what lies beyond. Raises OSError."""
        ...

    def fileno(self) -> int:
        """The descriptor, for fsync."""
        ...

    def close(self) -> None:
        """Close it. Raises OSError."""
        ...


@dataclass(frozen=True, slots=True)
class _Piece:
    at_s: float
    pcm: bytes
    rate_hz: int
    speakers: tuple[str, ...]
    is_in: bool


@dataclass(frozen=True, slots=True)
class _Discarded:
    at_s: float
    begin_s: float
    pcm: bytes
    rate_hz: int


def open_raw(path: Path) -> RawFile:
    """A new file that only this person may read. Raises OSError, also where it exists."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o600)
    return FileIO(descriptor, "w")


_BINARY = getattr(os, "O_BINARY", 0)


class FlightWriter:
    """Writes one recording. Adding to it never waits and never raises.

    Everything is in the file within a second. A file that cannot be written ends the recording:
    it is cut back to its last whole record, and `on_stopped` hears why, once, on the writer's
    thread. `revise` sees each record on that thread before it is written; None leaves it out.
    """

    def __init__(
        self,
        path: Path,
        header: Header,
        clock: Clock,
        *,
        on_stopped: Callable[[Problem], None],
        revise: Callable[[Record], Record | None] | None = None,
        opener: Callable[[Path], RawFile] = open_raw,
    ) -> None:
        self.path = path
        self._header = header
        self._clock = clock
        self._on_stopped = on_stopped
        self._revise = revise
        self._opener = opener
        self._began_s = clock.monotonic()
        self._queue: queue.SimpleQueue[Record | _Piece | _Discarded] = queue.SimpleQueue()
        self._waiting = 0
        self._taken = 0
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._is_stopped = False
        self._written = 0
        self._sides = (Gathering(), Gathering())

    @property
    def now_s(self) -> float:
        """Seconds since the recording began."""
        return max(0.0, self._clock.monotonic() - self._began_s)

    @property
    def is_recording(self) -> bool:
        """True while what is added is kept."""
        return self._thread is not None and not self._is_stopped and not self._closing.is_set()

    @property
    def size_bytes(self) -> int:
        """How much has been written."""
        return self._written

    def start(self) -> None:
        """Begin. The file is made on the thread; one that cannot be is told like a full disk."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="flight recorder", daemon=True)
            self._thread.start()

    # -- what happens; on the loop -----------------------------------------------------------------

    def append(self, record: Record) -> None:
        """Add a record that is complete."""
        if self.is_recording:
            self._queue.put(record)

    def heard(self, pcm: bytes, rate_hz: int, speakers: tuple[str, ...] = ()) -> None:
        """Sound came from the meeting just now: s16le mono, whole samples."""
        self._put_sound(_Piece(self.now_s, pcm, rate_hz, speakers, True), pcm)

    def sent(self, pcm: bytes, rate_hz: int) -> None:
        """Sound went to the meeting just now."""
        self._put_sound(_Piece(self.now_s, pcm, rate_hz, (), False), pcm)

    def discarded(self, pcm: bytes, rate_hz: int, in_s: float = 0.0) -> None:
        """This would have been heard from `in_s` seconds from now on, and never will be."""
        now_s = self.now_s
        self._put_sound(_Discarded(now_s, now_s + in_s, pcm, rate_hz), pcm)

    def _put_sound(self, item: _Piece | _Discarded, pcm: bytes) -> None:
        if not pcm or not self.is_recording:
            return
        self._waiting += len(pcm)
        if self._waiting - self._taken > MOST_WAITING:
            self._stop(_too_slow(self.path))
            return
        self._queue.put(item)

    async def close(self, why: str = "") -> None:
        """Write what is left and end the file in order; safe to call twice."""
        await asyncio.to_thread(self.close_blocking, why)

    def close_blocking(self, why: str = "", timeout_s: float = 5.0) -> None:
        """The same, blocking."""
        if self._thread is None:
            return
        if not self._closing.is_set():
            self._queue.put(Ended(self.now_s, why))
            self._closing.set()
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            logger.error("a recording could not be written to the end before closing")

    # -- on the thread -----------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            file = self._opener(self.path)
        except OSError as e:
            self._stop(cannot_write(self.path, e, has_begun=False))
            return
        try:
            self._write(file, preamble() + pack_frame(encode(self._header)))
            self._keep_writing(file)
        except OSError as e:
            self._cut_back(file)
            self._stop(cannot_write(self.path, e, has_begun=True))
        except Exception as e:  # noqa: BLE001 - the bot goes on whatever becomes of its recording
            logger.opt(exception=e).error("the flight recorder failed")
            self._stop(_failed(self.path, e))
        finally:
            try:
                file.close()
            except OSError as e:
                logger.warning("a recording did not close: {}", e.strerror or type(e).__name__)

    def _keep_writing(self, file: RawFile) -> None:
        synced_s = now_s = self._clock.monotonic()
        is_last = False
        while not is_last and not self._is_stopped:
            is_last = self._closing.wait(DRAIN_S)
            out = self._drain(is_last)
            if out:
                self._write(file, out)
            now_s = self._clock.monotonic()
            if is_last or now_s - synced_s >= SYNC_S:
                os.fsync(file.fileno())
                synced_s = now_s

    def _drain(self, is_last: bool) -> bytes:
        records: list[Record] = []
        last_words: list[Record] = []
        while True:
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                break
            if isinstance(item, _Piece):
                self._taken += len(item.pcm)
                records += self._gather(item)
            elif isinstance(item, _Discarded):
                self._taken += len(item.pcm)
                for at_s, sound in blocks_of(item.begin_s, item.pcm, item.rate_hz):
                    records.append(AudioDiscarded(at_s, sound, item.at_s))
            elif isinstance(item, Ended):
                last_words.append(item)
            else:
                records.append(item)
        for side in (True, False):
            gathering = self._sides[side]
            is_old = self.now_s - gathering.begun_s >= BLOCK_AGE_S
            if not gathering.is_empty and (is_last or is_old):
                records += [_record(b, is_in=side) for b in gathering.take()]
        frames = []
        for record in (*records, *last_words):
            revised = record if self._revise is None else self._revise(record)
            if revised is not None:
                frames.append(pack_frame(encode(revised)))
        return b"".join(frames)

    def _gather(self, piece: _Piece) -> list[Record]:
        gathering = self._sides[piece.is_in]
        blocks = gathering.add(piece.at_s, piece.pcm, piece.rate_hz, piece.speakers)
        return [_record(block, is_in=piece.is_in) for block in blocks]

    def _write(self, file: RawFile, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            count = file.write(bytes(rest) if len(rest) < len(data) else data)
            if not count:
                raise OSError(errno.EIO, "nothing was written")
            rest = rest[count:]
        self._written += len(data)

    def _cut_back(self, file: RawFile) -> None:
        try:
            file.truncate(self._written)
        except OSError as e:
            logger.warning("a recording keeps a broken end: {}", e.strerror or type(e).__name__)

    def _stop(self, problem: Problem) -> None:
        if self._is_stopped:
            return
        self._is_stopped = True
        logger.error("a recording stopped: {}", problem.vendor_words or problem.reason)
        self._on_stopped(problem)


def _record(block: Block, *, is_in: bool) -> Record:
    if is_in:
        return AudioIn(block.at_s, block.sound, block.speakers)
    return AudioOut(block.at_s, block.sound)


def cannot_write(path: Path, error: OSError, *, has_begun: bool) -> Problem:
    """Why a recording could not be made, or not go on."""
    if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):
        why, step = "the disk is full", "Make room; the next recording works again then."
    elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        why, step = "it may not be written there", f"Check the permissions of {path.parent}."
    elif error.errno == errno.EEXIST:
        why, step = "there is a file of that name already", "Choose another name."
    else:
        why, step = "the file cannot be written", f"Check the disk that holds {path.parent}."
    kept = f" What came before is kept in {path.name}." if has_begun else ""
    begin = "The recording of the meeting stopped" if has_begun else "The meeting is not recorded"
    return Problem(
        Stage.STORE,
        Reason.UNAVAILABLE,
        f"{begin}: {why}. The bot goes on.{kept}",
        step,
        error.strerror or str(error),
        is_permanent=False,
    )


def _too_slow(path: Path) -> Problem:
    return Problem(
        Stage.STORE,
        Reason.UNAVAILABLE,
        "The recording of the meeting stopped: the disk is too slow. The bot goes on. What came "
        f"before is kept in {path.name}.",
        f"Check the disk that holds {path.parent}.",
        is_permanent=False,
    )


def _failed(path: Path, error: Exception) -> Problem:
    return Problem(
        Stage.STORE,
        Reason.CRASHED,
        "The recording of the meeting stopped by a mistake of SpeakDesk. The bot goes on. What "
        f"came before is kept in {path.name}.",
        "Please report it with the log.",
        type(error).__name__,
    )
