"""The wish that a bot leaves: whatever its life waits for ends as soon as it is there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

T = TypeVar("T")

ASKED = "asked to leave"


class AskedToLeave(Exception):
    """It was wished; not an error."""


class LeaveWish:
    """Wished once at most; `cause` says why."""

    def __init__(self) -> None:
        self.cause = ASKED
        self._event = asyncio.Event()

    @property
    def is_there(self) -> bool:
        """True once it was wished."""
        return self._event.is_set()

    def make(self, cause: str) -> None:
        """Wish it from now on."""
        self.cause = cause
        self._event.set()

    def check(self) -> None:
        """Raises AskedToLeave where it was wished."""
        if self.is_there:
            raise AskedToLeave

    async def unless(self, work: Awaitable[T]) -> T:
        """Do this. Raises AskedToLeave, and cancels it, as soon as it is wished."""
        task = asyncio.ensure_future(work)
        try:
            await self.or_done(task)
        except asyncio.CancelledError:
            task.cancel()
            raise
        if not task.done():
            task.cancel()
            await asyncio.wait([task])
            raise AskedToLeave
        return task.result()

    async def or_done(self, task: asyncio.Future[Any]) -> None:
        """Wait until it is wished or `task`, which goes on, is done."""
        wished = asyncio.ensure_future(self._event.wait())
        try:
            await asyncio.wait({task, wished}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            wished.cancel()
