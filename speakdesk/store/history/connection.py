"""Opening the history's database the same way everywhere."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from speakdesk.domain.errors import Problem, Reason, Stage, StoreError

BUSY_S = 5.0


def connect(path: Path, *, can_write: bool = True) -> sqlite3.Connection:
    """A connection with explicit transactions, foreign keys and a write-ahead log.

    Usable from one thread at a time, whichever. Raises sqlite3.Error.
    """
    connection = sqlite3.connect(
        path, timeout=BUSY_S, isolation_level=None, check_same_thread=False
    )
    try:
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA foreign_keys = ON")
        if can_write:
            _use_write_ahead_log(connection)
            # Survives a killed process; only a power cut can cost the last moments.
            connection.execute("PRAGMA synchronous = NORMAL")
        else:
            connection.execute("PRAGMA query_only = ON")
    except BaseException:
        connection.close()
        raise
    return connection


def _use_write_ahead_log(connection: sqlite3.Connection) -> None:
    # SQLite does not wait by itself for this one change, which two first starts may make at once.
    give_up = time.monotonic() + BUSY_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as e:
            if e.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > give_up:
                raise
            time.sleep(0.02)
        else:
            return


@contextlib.contextmanager
def opened(path: Path, *, can_write: bool = False) -> Iterator[sqlite3.Connection]:
    """A connection for one piece of work. Raises StoreError for everything SQLite raises."""
    try:
        connection = connect(path, can_write=can_write)
        try:
            yield connection
        finally:
            connection.close()
    except sqlite3.Error as e:
        raise StoreError(explain(e, path)) from e


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All of it or nothing; takes the write lock at once."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def is_damaged(error: sqlite3.Error) -> bool:
    """True where the file is no database or a broken one."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def explain(error: sqlite3.Error, path: Path) -> Problem:
    """What an SQLite error means for a person."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    words = str(error)
    if code == sqlite3.SQLITE_FULL:
        sentence, next_step = (
            "The disk is full, so the history cannot be written.",
            "Free some space; what was said is kept in memory until then.",
        )
    elif code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        sentence, next_step = (
            "Another program holds the history, so it cannot be written.",
            f"Close whatever else has {path.name} open.",
        )
    elif code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        sentence, next_step = (
            "The history cannot be opened for writing.",
            f"Check the permissions of {path.parent}.",
        )
    elif code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        sentence, next_step = (
            "The history file is damaged.",
            f"Restart SpeakDesk; it puts {path.name} aside and begins a new one.",
        )
    elif code == sqlite3.SQLITE_IOERR:
        sentence, next_step = (
            "The disk failed while the history was written.",
            "Check the disk and its free space.",
        )
    else:
        sentence, next_step = (
            "The history could not be used.",
            "Restart SpeakDesk; if it stays so, report it with the log.",
        )
    return Problem(Stage.STORE, Reason.UNAVAILABLE, sentence, next_step, words, is_permanent=False)
