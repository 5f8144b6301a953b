"""Waiting in the room's own time: conditions that are looked at once a tick."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from speakdesk.domain.errors import Problem, ProviderError, Reason, Stage


@dataclass(slots=True, eq=False)
class _Wait:
    is_over: Callable[[], bool]
    done: asyncio.Future[None]


class Waiting:
    """Those who wait for something to become true in the room."""

    def __init__(self) -> None:
        self._waits: list[_Wait] = []

    def __bool__(self) -> bool:
        return bool(self._waits)

    async def until(self, is_over: Callable[[], bool], wake: Callable[[], None]) -> None:
        """Return once `is_over()`. Raises ProviderError where the room is closed before."""
        if is_over():
            return
        wait = _Wait(is_over, asyncio.get_running_loop().create_future())
        self._waits.append(wait)
        wake()
        try:
            await wait.done
        finally:
            if wait in self._waits:
                self._waits.remove(wait)

    def look(self) -> None:
        """Let go whoever's condition is true."""
        for wait in list(self._waits):
            if not wait.done.done() and wait.is_over():
                wait.done.set_result(None)

    def give_up(self) -> None:
        """The room closes: nothing will become true any more."""
        for wait in self._waits:
            if not wait.done.done():
                wait.done.set_exception(
                    ProviderError(
                        Problem(
                            Stage.CALL,
                            Reason.REMOVED,
                            "The practice room was closed while somebody waited in it.",
                            "Start a new practice meeting.",
                        )
                    )
                )
