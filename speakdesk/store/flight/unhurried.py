"""Reading that leaves room for other threads."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")

# Reading so many records, or finding so many frames, takes a thread about a millisecond.
_AT_ONCE = 64
FRAMES_AT_ONCE = 512


def unhurried(records: Iterable[T], at_once: int = _AT_ONCE) -> Iterator[T]:
    """The same, one by one, with the interpreter's lock let go every now and then.

    A thread that wants it, the loop's above all, else waits 5 ms each time. Letting go costs up to
    a quarter of a millisecond on a busy machine.
    """
    for number, record in enumerate(records, 1):
        yield record
        if not number % at_once:
            time.sleep(0)
