"""A file that one process holds at a time, and that lets go when the process dies."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import IO

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


class FileLock:
    """`take` it, and `release` it. Blocking, short.

    It keeps other processes out, not other tasks of this one: a POSIX lock belongs to the process.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] | None = None

    @property
    def is_held(self) -> bool:
        """True between a `take` that worked and `release`."""
        return self._file is not None

    def take(self) -> bool:
        """False where another process has it. Raises OSError where no file can be made."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        while True:
            file = self._path.open("a+b")
            if not try_lock(file):
                file.close()
                return False
            if self._is_still_there(file):
                self._file = file
                return True
            file.close()

    def release(self) -> None:
        """Let go of it; safe to call twice."""
        file, self._file = self._file, None
        if file is None:
            return
        if sys.platform != "win32":
            with contextlib.suppress(OSError):
                self._path.unlink()
        with contextlib.suppress(OSError):
            unlock(file)
        file.close()

    def _is_still_there(self, file: IO[bytes]) -> bool:
        """The holder before us removes its file: what we locked may be no file any more."""
        try:
            return os.path.samestat(os.fstat(file.fileno()), self._path.stat())
        except OSError:
            return False


def try_lock(file: IO[bytes]) -> bool:
    """Lock an open file for this process; False where another one has it."""
    try:
        if sys.platform == "win32":
            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.lockf(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def unlock(file: IO[bytes]) -> None:
    """Give it back. Raises OSError."""
    if sys.platform == "win32":
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)
    else:
        fcntl.lockf(file.fileno(), fcntl.LOCK_UN)
