"""Sends a bot once more: a fresh one, never two for one wish."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from speakdesk.app.bots.crew import Crew
from speakdesk.app.problems import no_such_bot
from speakdesk.domain.errors import ProviderError
from speakdesk.domain.launch import Launch


class SendingAgain:
    """Remembers which bot took whose place, so that a second click sends no second bot."""

    def __init__(self, crew: Crew, launch: Callable[[Launch], Awaitable[tuple[str, ...]]]) -> None:
        self._crew = crew
        self._launch = launch
        self._successors: dict[str, tuple[str, ...]] = {}
        self._under_way: dict[str, asyncio.Future[tuple[str, ...]]] = {}

    def launch_of(self, bot_id: str) -> Launch:
        """The launch that sends this bot again. Raises ProviderError where it is not listed."""
        again = self._crew.get(bot_id).order.again
        if again is None:
            raise ProviderError(no_such_bot(bot_id))
        return again

    async def send(self, bot_id: str) -> tuple[str, ...]:
        """Send it again, once it has left; while its successor lives, that one's id is given."""
        launch = self.launch_of(bot_id)
        under_way = self._under_way.get(bot_id)
        if under_way is not None:
            return await asyncio.shield(under_way)
        if self._is_succeeded(bot_id):
            return self._successors[bot_id]
        sending = asyncio.ensure_future(self._send(bot_id, launch))
        self._under_way[bot_id] = sending
        try:
            return await asyncio.shield(sending)
        finally:
            if sending.done():
                self._under_way.pop(bot_id, None)
            else:
                sending.add_done_callback(lambda _: self._under_way.pop(bot_id, None))

    async def _send(self, bot_id: str, launch: Launch) -> tuple[str, ...]:
        self._crew.get(bot_id).leave()
        await self._crew.ended(bot_id)
        sent = await self._launch(launch)
        self._successors[bot_id] = sent
        return sent

    def _is_succeeded(self, bot_id: str) -> bool:
        return any(
            (run := self._crew.find(one)) is not None and run.view.is_live
            for one in self._successors.get(bot_id, ())
        )
