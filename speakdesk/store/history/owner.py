"""Which processes are alive: each holds a lock on a file of its own, and a dead one cannot."""

from __future__ import annotations

import contextlib
import os
import uuid
from pathlib import Path

from speakdesk.store.file_lock import try_lock, unlock

# A POSIX lock belongs to the process: asking for it again from the same process would succeed, and
# closing a second descriptor would drop it. So the files held here are never opened again.
_held_here: set[Path] = set()


class Owner:
    """This process as the owner of the meetings it runs, until `release` or its death."""

    def __init__(self, folder: Path) -> None:
        """Take a fresh lock in `folder`. Blocking, short. Raises OSError."""
        folder.mkdir(parents=True, exist_ok=True)
        self.id = uuid.uuid4().hex
        self.path = folder / f"{self.id}.lock"
        self._file = self.path.open("a+b")
        _held_here.add(self.path.absolute())
        if not try_lock(self._file):
            _held_here.discard(self.path.absolute())
            self._file.close()
            raise OSError(f"a fresh lock file is locked already: {self.path}")

    def release(self) -> None:
        """Give the lock back; safe to call twice."""
        if self._file.closed:
            return
        with contextlib.suppress(OSError):
            unlock(self._file)
        self._file.close()
        with contextlib.suppress(OSError):
            self.path.unlink()
        _held_here.discard(self.path.absolute())


def is_alive(folder: Path, owner_id: str) -> bool:
    """True while the process that owns this id lives. Where that cannot be told, it does."""
    path = folder / f"{owner_id}.lock"
    if path.absolute() in _held_here:
        return True
    try:
        file = path.open("r+b")
    except FileNotFoundError:
        return False
    except OSError:
        return True
    with file:
        if not try_lock(file):
            return True
        with contextlib.suppress(OSError):
            unlock(file)
    return False


def forget(folder: Path, owner_id: str) -> None:
    """Remove a dead owner's file."""
    with contextlib.suppress(OSError):
        (folder / f"{owner_id}.lock").unlink()


def _forget_inherited() -> None:
    _held_here.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_inherited)
