"""Public addresses that a person gave: checked once while they are in use, doubts told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from speakdesk.gateway.addresses import is_only_local
from speakdesk.gateway.outside import CannotAsk, Reached

Reach = Callable[[str], Awaitable[Reached]]


@dataclass(slots=True)
class _InUse:
    users: int = 0
    checking: asyncio.Task[Reached] | None = None


@dataclass(slots=True)
class GivenAddresses:
    """Checks an address with its first user; the others share what was found.

    `reach` asks through the public name. `on_reached` hears what came of each check.
    """

    reach: Reach
    on_reached: Callable[[Reached], None]
    _in_use: dict[str, _InUse] = field(default_factory=dict)

    @asynccontextmanager
    async def use(self, base: str) -> AsyncIterator[None]:
        """Hold the address. Raises GatewayError where it certainly does not lead here."""
        entry = self._in_use.setdefault(base, _InUse())
        entry.users += 1
        try:
            if entry.checking is None:
                entry.checking = asyncio.get_running_loop().create_task(
                    self._check(base), name="check of a given address"
                )
                entry.checking.add_done_callback(_mark_heard)
            await asyncio.shield(entry.checking)
            yield
        finally:
            entry.users -= 1
            if not entry.users:
                del self._in_use[base]
                if entry.checking is not None:
                    entry.checking.cancel()

    async def _check(self, base: str) -> Reached:
        reached = await reach_or_doubt(base, self.reach)
        self.on_reached(reached)
        return reached


async def reach_or_doubt(base: str, reach: Reach) -> Reached:
    """Check an address of the person's own; where it cannot be asked from here, only a doubt.

    Raises GatewayError where something else than this SpeakDesk answers.
    """
    try:
        return await reach(base)
    except CannotAsk as e:
        if is_only_local(base):
            raise
        return Reached(base, 0.0, e.doubt, is_proven=False)


def _mark_heard(task: asyncio.Task[Reached]) -> None:
    """A check whose users all left may fail unheard."""
    if not task.cancelled():
        task.exception()
