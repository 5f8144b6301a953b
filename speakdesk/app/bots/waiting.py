"""A bot that waits for its time: here, where the provider cannot wait, or at the provider."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from loguru import logger

from speakdesk.app.bots.order import BotOrder
from speakdesk.app.bots.standing import BotStanding
from speakdesk.app.bots.words import clock_words
from speakdesk.domain.bot import BotState
from speakdesk.domain.clock import Clock
from speakdesk.domain.errors import ProviderError
from speakdesk.providers.base import ReschedulingProvider

VOICE_LEAD = timedelta(minutes=2)
LONGEST_NAP_S = 20.0
LOOK_EVERY_S = 60.0


class Waiting:
    """Waits until it is time; naps are short, so that a computer that slept is not late."""

    def __init__(
        self, order: BotOrder, standing: BotStanding, clock: Clock, join_at: datetime
    ) -> None:
        self._order = order
        self._standing = standing
        self._clock = clock
        self._join_at = join_at
        self._looked_s = clock.monotonic()

    async def here(self, wake: asyncio.Event) -> None:
        """Wait in this program until the bot's time."""
        self._advise("SpeakDesk sends it then; keep it open.")
        while (left_s := self._left_s(self._join_at)) > 0:
            await _nap(wake, left_s)

    async def there(self, wake: asyncio.Event, has_begun: Callable[[], bool]) -> str | None:
        """Wait until shortly before the bot's time, or until `has_begun`.

        Returns why the bot is not coming where it was cancelled at the provider, None otherwise.
        """
        self._tell_there()
        while not has_begun():
            left_s = self._left_s(self._join_at - VOICE_LEAD)
            if left_s <= 0:
                return None
            await _nap(wake, left_s)
            if self._clock.monotonic() - self._looked_s >= LOOK_EVERY_S:
                self._looked_s = self._clock.monotonic()
                if (called_off := await self._look()) is not None:
                    return called_off
        return None

    async def _look(self) -> str | None:
        """What the provider says of the waiting bot: it may have been changed elsewhere."""
        provider = self._order.provider
        if not isinstance(provider, ReschedulingProvider):
            return None
        try:
            found = await provider.appointment(self._standing.view.provider_bot_id)
        except ProviderError as e:
            logger.info("a waiting bot could not be looked at: {}", e.problem.sentence)
            return None
        if found.status == "cancelled":
            return f"it was cancelled at {provider.name}"
        if found.join_at is not None and found.join_at != self._join_at:
            self._join_at = found.join_at
            self._tell_there()
        return None

    def _tell_there(self) -> None:
        what = "to follow it" if self._order.is_recorder else "for its voice"
        self._advise(f"Keep SpeakDesk open until then, {what}.")

    def _advise(self, words: str) -> None:
        if self._standing.life.state is not BotState.PREPARING:
            return
        clock = clock_words(self._join_at, self._clock.now())
        self._standing.show(join_at=self._join_at, advice=f"Joins at {clock}. {words}")

    def _left_s(self, at: datetime) -> float:
        return (at - self._clock.now()).total_seconds()


async def _nap(wake: asyncio.Event, longest_s: float) -> None:
    wake.clear()
    try:
        async with asyncio.timeout(min(longest_s, LONGEST_NAP_S)):
            await wake.wait()
    except TimeoutError:
        return
