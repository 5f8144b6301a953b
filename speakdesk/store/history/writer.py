"""The history's one writer in this process: its own thread, fed through a queue."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime
from pathlib import Path

from loguru import logger

from speakdesk.domain.errors import Problem, Reason, Stage, StoreError
from speakdesk.domain.events import Event, LinePartial
from speakdesk.domain.meeting import MeetingLink
from speakdesk.store.history.connection import connect, explain, transaction
from speakdesk.store.history.migrations import prepare
from speakdesk.store.history.owner import Owner
from speakdesk.store.history.statements import (
    RECORDED,
    Entry,
    MeetingBegun,
    ProviderBotKnown,
    apply,
    close_orphans,
)

GATHER_S = 0.2
LARGEST_BATCH = 500
MOST_WAITING = 100_000

_UNWRITABLE = (
    sqlite3.ProgrammingError,
    sqlite3.InterfaceError,
    sqlite3.DataError,
    ValueError,
    TypeError,
    OverflowError,
)
_RETRY_S = 1.0
_LONGEST_RETRY_S = 15.0


class _Close:
    """The queue's last word."""


class HistoryWriter:
    """Writes what happens into the history; calling it never waits and never raises.

    Everything is on disk within half a second of `record`. A disk that is full or a file that is
    locked is told once through `report` (on the writer's thread), and writing goes on when it can.
    """

    def __init__(
        self,
        path: Path,
        report: Callable[[Problem], None],
        *,
        gather_s: float = GATHER_S,
        retry_s: float = _RETRY_S,
    ) -> None:
        self.path = path
        self._report = report
        self._gather_s = gather_s
        self._retry_s = retry_s
        self._queue: queue.SimpleQueue[Entry | Future[bool] | _Close] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._owner: Owner | None = None
        self._closing = threading.Event()
        self._in_trouble = False
        self._is_full = False

    @property
    def is_open(self) -> bool:
        """True between `open` and `close`."""
        return self._thread is not None

    async def open(self) -> None:
        """Migrate the file, end what a dead process left open, start writing.

        Raises StoreError where the file is newer than this program or cannot be opened; `record`
        then keeps nothing, and the rest of the program may go on.
        """
        await asyncio.to_thread(self.open_blocking)

    def open_blocking(self) -> None:
        """The same, blocking."""
        if self._thread is not None:
            return
        if (problem := prepare(self.path)) is not None:
            self._report(problem)
        owners = self.path.parent / "owners"
        try:
            self._owner = Owner(owners)
            connection = connect(self.path)
            try:
                with transaction(connection):
                    closed = close_orphans(connection, owners)
            finally:
                connection.close()
        except sqlite3.Error as e:
            self._release()
            raise StoreError(explain(e, self.path)) from e
        except OSError as e:
            self._release()
            raise StoreError(
                Problem(
                    Stage.STORE,
                    Reason.UNAVAILABLE,
                    "The history cannot be opened.",
                    f"Check the permissions of {self.path.parent}.",
                    e.strerror or str(e),
                )
            ) from e
        if closed:
            logger.info("{} meetings of a process that died were closed in the history", closed)
        self._closing.clear()
        self._thread = threading.Thread(target=self._run, name="history", daemon=True)
        self._thread.start()

    def begin_meeting(
        self, meeting_id: str, link: MeetingLink, provider: str, at: datetime
    ) -> None:
        """Note a meeting before its first bot; its passcode is not kept."""
        if self._owner is None:
            return
        self._put(
            MeetingBegun(
                meeting_id,
                str(link.platform),
                link.meeting_id,
                link.display,
                provider,
                self._owner.id,
                at,
            )
        )

    def note_provider_bot(self, bot_id: str, provider_bot_id: str) -> None:
        """Note the provider's own id of a bot."""
        self._put(ProviderBotKnown(bot_id, provider_bot_id))

    def record(self, event: Event) -> None:
        """Keep an event; kinds the history has no place for are passed over.

        A bot's line is kept while it is spoken. Of a person's only the final one is: what was
        half heard may turn out to be nothing.
        """
        if isinstance(event, LinePartial) and not event.is_bot:
            return
        if isinstance(event, RECORDED) and event.bot_id:
            self._put(event)

    async def flush(self, timeout_s: float = 5.0) -> bool:
        """Wait until everything recorded so far is on disk; False where that does not work now."""
        if self._thread is None:
            return True
        done: Future[bool] = Future()
        self._queue.put(done)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(done), timeout_s)
        except TimeoutError:
            return False

    async def close(self, timeout_s: float = 5.0) -> None:
        """Write what is left and stop; safe to call twice."""
        await asyncio.to_thread(self.close_blocking, timeout_s)

    def close_blocking(self, timeout_s: float = 5.0) -> None:
        """The same, blocking."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        self._closing.set()
        self._queue.put(_Close())
        thread.join(timeout_s)
        if thread.is_alive():
            logger.error("the history could not be written to the end before closing")
        self._release()

    def _put(self, entry: Entry) -> None:
        if self._thread is None:
            return
        if self._queue.qsize() < MOST_WAITING:
            self._queue.put(entry)
        elif not self._is_full:
            self._is_full = True
            logger.error("the history waits for the disk too long; new events are not kept")

    def _release(self) -> None:
        if self._owner is not None:
            self._owner.release()
            self._owner = None

    def _run(self) -> None:
        connection: sqlite3.Connection | None = None
        is_last = False
        while not is_last:
            batch, waiting, is_last = self._gather()
            wait_s = self._retry_s
            while batch:
                try:
                    if connection is None:
                        connection = connect(self.path)
                    self._write(connection, batch)
                except sqlite3.Error as e:
                    _close(connection)
                    connection = None
                    self._tell(e)
                    _answer(waiting, False)
                    waiting = self._wait(batch, wait_s)
                    if self._closing.is_set():
                        # One more try is due; a disk that is still full must not hold the exit.
                        self._last_try(batch, waiting)
                        return
                    wait_s = min(wait_s * 2, _LONGEST_RETRY_S)
                else:
                    batch = []
                    self._tell_recovered()
            _answer(waiting, True)
        _close(connection)

    def _wait(self, batch: list[Entry], wait_s: float) -> list[Future[bool]]:
        """Add what arrives until the next try is due; a flush or the close asks for it now."""
        until = time.monotonic() + wait_s
        while len(batch) < MOST_WAITING:
            try:
                item = self._queue.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                return []
            if isinstance(item, Future):
                return [item]
            if isinstance(item, _Close):
                return []
            batch.append(item)
        self._closing.wait(max(0.0, until - time.monotonic()))
        return []

    def _last_try(self, batch: list[Entry], waiting: list[Future[bool]]) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                item = self._queue.get_nowait()
                if isinstance(item, Future):
                    waiting.append(item)
                elif not isinstance(item, _Close):
                    batch.append(item)
        try:
            with contextlib.closing(connect(self.path)) as connection:
                self._write(connection, batch)
        except sqlite3.Error as e:
            logger.error("{} events could not be kept: {}", len(batch), e)
            _answer(waiting, False)
        else:
            _answer(waiting, True)

    def _gather(self) -> tuple[list[Entry], list[Future[bool]], bool]:
        """Wait for something, then a moment for more: one commit serves a whole burst."""
        batch: list[Entry] = []
        waiting: list[Future[bool]] = []
        until: float | None = None
        while len(batch) < LARGEST_BATCH:
            try:
                if self._closing.is_set():
                    item = self._queue.get_nowait()
                elif until is None:
                    item = self._queue.get()
                else:
                    item = self._queue.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                return batch, waiting, False
            if isinstance(item, _Close):
                return batch, waiting, True
            if isinstance(item, Future):
                waiting.append(item)
                return batch, waiting, False
            batch.append(item)
            if until is None:
                until = time.monotonic() + self._gather_s
        return batch, waiting, False

    def _write(self, connection: sqlite3.Connection, batch: list[Entry]) -> None:
        with transaction(connection):
            for entry in batch:
                connection.execute("SAVEPOINT entry")
                try:
                    apply(connection, entry)
                except sqlite3.IntegrityError as e:
                    # Its meeting was deleted meanwhile, or never begun.
                    connection.execute("ROLLBACK TO entry")
                    logger.debug("the history has no place for {}: {}", type(entry).__name__, e)
                except _UNWRITABLE as e:
                    # Trying this one again would hold up everything after it for good.
                    connection.execute("ROLLBACK TO entry")
                    name = type(entry).__name__
                    logger.error("the history cannot keep {}: {}", name, type(e).__name__)
                connection.execute("RELEASE entry")

    def _tell(self, error: sqlite3.Error) -> None:
        if self._in_trouble:
            return
        self._in_trouble = True
        problem = explain(error, self.path)
        logger.error("{} ({})", problem.sentence, error)
        self._report(problem)

    def _tell_recovered(self) -> None:
        if self._in_trouble:
            self._in_trouble = self._is_full = False
            logger.info("the history is written again")


def _answer(waiting: list[Future[bool]], is_written: bool) -> None:
    for future in waiting:
        if future.set_running_or_notify_cancel():
            future.set_result(is_written)


def _close(connection: sqlite3.Connection | None) -> None:
    if connection is not None:
        with contextlib.suppress(sqlite3.Error):
            connection.close()
