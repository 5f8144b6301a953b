"""The parent's side of the hearing process: one child for all bots, started anew when it dies.

Threads and pipes, no event loop: it works under any loop and any platform. Callbacks come on the
reader's thread. A child's death is told to every open utterance, whose sound is kept and played to
the next child once, so that nothing said is lost.
"""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from loguru import logger

from speakdesk.domain.errors import Problem, Reason, Stage
from speakdesk.pipeline.offline import sphinx_process
from speakdesk.pipeline.offline.sphinx_process import (
    AUDIO,
    BEGIN,
    DROP,
    END,
    FINAL,
    HEADER,
    PARTIAL,
    READY,
    TROUBLE,
    WORDS,
    read_message,
)

WORKER_FLAG = "--sphinx-worker"
# A child that crashes more often than this within the window is left alone until the window passed.
MOST_CRASHES = 4
CRASH_WINDOW_S = 60.0
SILENT_AFTER_S = 30.0


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of an utterance: text so far, or the whole of it, or a problem on the way to it."""

    text: str = ""
    is_final: bool = False
    problem: Problem | None = None


@dataclass(slots=True, eq=False)
class _Open:
    stream: str
    callback: Callable[[Heard], None]
    audio: list[bytes] = field(default_factory=list)
    is_ended: bool = False
    was_replayed: bool = False


def command() -> list[str]:
    """How the child is started: this program again where it is frozen, else a file of its own."""
    if getattr(sys, "frozen", False):
        return [sys.executable, WORKER_FLAG]
    return [sys.executable, "-P", "-X", "utf8", str(Path(sphinx_process.__file__))]


class SphinxWorker:
    """One child process and the utterances it is hearing. Every method may come from any thread."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._process: subprocess.Popen[bytes] | None = None
        self._outbox: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._open: dict[int, _Open] = {}
        self._next = 1
        self._words: list[str] = []
        self._crashes: list[float] = []
        self._trouble = ""
        self._is_stopped = False
        self._watch: threading.Timer | None = None
        self.ready = threading.Event()

    @property
    def pid(self) -> int | None:
        """The child's process id while one runs."""
        with self._lock:
            return self._process.pid if self._process is not None else None

    def start(self) -> None:
        """Start the child if none runs; returns at once, `ready` is set when it can hear."""
        with self._lock:
            if self._process is None and not self._is_stopped:
                self._spawn()

    def stop(self) -> None:
        """End the child and forget what it was hearing. Safe to call twice; blocks for a moment."""
        with self._lock:
            self._is_stopped = True
            self._open.clear()
            self._end_watch()
            process, threads = self._process, self._threads
            self._process = None
            self._outbox.put(None)
        if process is None:
            return
        process.kill()
        process.wait()
        for thread in threads:
            if thread is not threading.current_thread():
                thread.join(5)

    def teach(self, lines: str) -> None:
        """Make the child know further words (`word PHONES` lines), this one and every next one."""
        with self._lock:
            if lines and lines not in self._words:
                self._words.append(lines)
                self._post(WORDS, 0, lines.encode())

    def begin(self, stream: str, callback: Callable[[Heard], None]) -> int:
        """Open an utterance and give its number; `stream` names whose loudness to remember."""
        with self._lock:
            number = self._next
            self._next += 1
            self._open[number] = _Open(stream, callback)
            if self._process is None and not self._is_stopped:
                if self._is_worn_out():
                    self._fail(number)
                    return number
                self._spawn()
            else:
                self._post(BEGIN, number, stream.encode())
            return number

    def feed(self, number: int, pcm: bytes) -> None:
        """Sound of an open utterance: s16le mono 16 kHz."""
        with self._lock:
            one = self._open.get(number)
            if one is not None and not one.is_ended:
                one.audio.append(pcm)
                self._post(AUDIO, number, pcm)

    def end(self, number: int) -> None:
        """The utterance is over; its final text follows."""
        with self._lock:
            one = self._open.get(number)
            if one is not None and not one.is_ended:
                one.is_ended = True
                self._post(END, number)
                self._begin_watch()

    def drop(self, number: int) -> None:
        """Forget the utterance; nothing follows."""
        with self._lock:
            if self._open.pop(number, None) is not None:
                self._post(DROP, number)

    def _post(self, kind: bytes, number: int, body: bytes = b"") -> None:
        self._outbox.put(HEADER.pack(kind, number, len(body)) + body)

    def _spawn(self) -> None:
        self.ready.clear()
        self._trouble = ""
        self._outbox = queue.SimpleQueue()
        flags = getattr(subprocess, "CREATE_NO_WINDOW", 0)
        try:
            process = subprocess.Popen(
                command(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                creationflags=flags,
                env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            )
        except OSError as error:
            self._trouble = str(error)
            for number in list(self._open):
                self._fail(number)
            return
        self._process = process
        self._threads = [
            threading.Thread(target=target, args=args, name=name, daemon=True)
            for target, args, name in (
                (self._write, (process, self._outbox), "sphinx-writer"),
                (self._read, (process,), "sphinx-reader"),
            )
        ]
        for lines in self._words:
            self._post(WORDS, 0, lines.encode())
        for number, one in self._open.items():
            self._post(BEGIN, number, one.stream.encode())
            for pcm in one.audio:
                self._post(AUDIO, number, pcm)
            if one.is_ended:
                self._post(END, number)
        for thread in self._threads:
            thread.start()

    @staticmethod
    def _write(process: subprocess.Popen[bytes], outbox: queue.SimpleQueue[bytes | None]) -> None:
        pipe = process.stdin
        assert pipe is not None
        try:
            while (message := outbox.get()) is not None:
                pipe.write(message)
                if outbox.empty():
                    pipe.flush()
        except OSError:
            # The child is gone; the reader sees the same and acts on it.
            logger.debug("hearing process: its input is closed")
        try:
            pipe.close()
        except OSError:
            logger.debug("hearing process: unsent sound is dropped")

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        pipe = process.stdout
        assert pipe is not None
        with pipe:
            while (message := read_message(pipe)) is not None:
                kind, number, body = message
                text = body.decode("utf-8", "replace")
                if kind == READY:
                    self.ready.set()
                elif kind == TROUBLE:
                    self._trouble = text
                else:
                    self._deliver(kind, number, text)
        process.kill()
        process.wait()
        self._on_death(process)

    def _deliver(self, kind: bytes, number: int, text: str) -> None:
        with self._lock:
            one = self._open.get(number)
            if one is None or (kind == PARTIAL and one.is_ended):
                return
            if kind == FINAL:
                del self._open[number]
                self._end_watch()
                self._begin_watch()
        one.callback(Heard(text, is_final=kind == FINAL))

    def _on_death(self, process: subprocess.Popen[bytes]) -> None:
        told: list[tuple[_Open, Problem]] = []
        with self._lock:
            if process is not self._process:
                return
            self._process = None
            self._outbox.put(None)
            self._end_watch()
            self._crashes.append(time.monotonic())
            logger.warning("hearing process: ended with code {}", process.returncode)
            problem = self._problem(process.returncode)
            for number, one in list(self._open.items()):
                told.append((one, problem))
                if one.was_replayed:
                    del self._open[number]
                one.was_replayed = True
            if self._open and not self._is_worn_out():
                self._spawn()
                self._begin_watch()
            else:
                self._open.clear()
        for one, problem in told:
            is_lost = one not in self._open.values()
            one.callback(Heard(is_final=is_lost, problem=problem))

    def _is_worn_out(self) -> bool:
        since = time.monotonic() - CRASH_WINDOW_S
        self._crashes = [at for at in self._crashes if at > since]
        return len(self._crashes) >= MOST_CRASHES

    def _fail(self, number: int) -> None:
        one = self._open.pop(number)
        one.callback(Heard(is_final=True, problem=self._problem(None)))

    def _problem(self, code: int | None) -> Problem:
        return Problem(
            Stage.LISTEN,
            Reason.CRASHED,
            "The offline hearing (PocketSphinx) stopped in the middle of its work"
            + (f", with code {code}." if code is not None else " several times in a row."),
            "It starts again by itself; say the sentence once more if no answer comes.",
            self._trouble,
            is_permanent=False,
            retry_after_s=None if code is not None else CRASH_WINDOW_S,
        )

    def _begin_watch(self) -> None:
        """Have a child that owes a final text and stays silent ended, like one that crashed."""
        if self._watch is None and any(one.is_ended for one in self._open.values()):
            self._watch = threading.Timer(SILENT_AFTER_S, self._on_silence, (self._process,))
            self._watch.daemon = True
            self._watch.start()

    def _end_watch(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def _on_silence(self, process: subprocess.Popen[bytes] | None) -> None:
        with self._lock:
            if process is not None and process is self._process:
                self._trouble = f"no answer for {SILENT_AFTER_S:g} s"
                process.kill()


_shared_lock = threading.Lock()
_shared: SphinxWorker | None = None
_users = 0


def acquire() -> SphinxWorker:
    """The one worker of this process, started; every call owes one `release`. Blocks briefly."""
    global _shared, _users
    with _shared_lock:
        if _shared is None:
            _shared = SphinxWorker()
        _shared.start()
        _users += 1
        return _shared


def release() -> None:
    """Give up one use; with the last one the child ends and its memory is given back."""
    global _shared, _users
    with _shared_lock:
        _users -= 1
        if _users > 0 or _shared is None:
            return
        worker, _shared, _users = _shared, None, 0
    worker.stop()
