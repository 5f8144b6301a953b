"""How a bot goes: the provider is told at once, and seen to until the bot has really left."""

from __future__ import annotations

import asyncio
from datetime import datetime

from loguru import logger

from speakdesk.app.bots.standing import BotStanding
from speakdesk.app.problems import joins_before_it_leaves, may_still_be_there
from speakdesk.domain.bot import BotState
from speakdesk.domain.clock import Clock
from speakdesk.domain.errors import Problem, ProviderError, Reason, Stage
from speakdesk.providers.base import MeetingProvider, SchedulingProvider

LEAVE_TIMEOUT_S = 5.0
SEE_OFF_S = 120.0
LATE_BOT_S = 300.0
TELL_AGAIN_S = 10.0
SEE_OFF_PAUSES_S = (1.0, 2.0, 5.0)
LOCAL_PAUSE_S = 0.1

_NO_USE = frozenset({Reason.AUTHENTICATION, Reason.MISSING})
_IN_MEETING = frozenset({BotState.JOINING, BotState.LOBBY, BotState.IN_CALL})


class Departure:
    """Tells one provider bot to leave. What does not work becomes a trouble of the bot."""

    def __init__(self, provider: MeetingProvider, standing: BotStanding, clock: Clock) -> None:
        self._provider = provider
        self._standing = standing
        self._clock = clock
        self._trouble: Problem | None = None
        self._comes: Problem | None = None
        self._told_s: float | None = None
        self._was_seen = False
        self._is_hopeless = False

    @property
    def is_told(self) -> bool:
        """True once the provider took the request to leave."""
        return self._told_s is not None

    async def tell(self) -> None:
        """Tell it to leave. Bounded; never raises."""
        try:
            async with asyncio.timeout(LEAVE_TIMEOUT_S):
                await self._leave()
        except TimeoutError:
            logger.warning("{} did not answer in time that a bot leaves", self._provider.key)
        except ProviderError as e:
            self._complain(e.problem)

    async def cancel(self) -> bool:
        """Tell a bot that waits for its time not to come. Bounded; False where it comes anyhow."""
        problem = await self._cancel()
        if problem is not None:
            self._comes = joins_before_it_leaves(self._provider.name, problem)
            self._standing.trouble(self._comes)
        return problem is None

    async def _cancel(self) -> Problem | None:
        provider, bot_id = self._provider, self._standing.view.provider_bot_id
        try:
            async with asyncio.timeout(LEAVE_TIMEOUT_S):
                if isinstance(provider, SchedulingProvider):
                    await provider.cancel_scheduled(bot_id)
                else:
                    await provider.leave(bot_id)
        except TimeoutError:
            return Problem(
                Stage.PROVIDER, Reason.TIMEOUT, f"{provider.name} did not answer in time."
            )
        except ProviderError as e:
            return e.problem
        return None

    async def see_off(self, comes_at: datetime | None = None) -> bool:
        """Make sure that it has left: tell it again where that failed, and look. Never raises.

        True where it has left, or will not come.

        A bot that could not be taken back is told to leave when it comes, at `comes_at`. Ends after
        some minutes; what is still open then is told.
        """
        if self._is_hopeless:
            return False
        began_s, late_s = self._clock.monotonic(), SEE_OFF_S
        if comes_at is not None:
            until_s = (comes_at - self._clock.now()).total_seconds()
            late_s = max(0.0, until_s) + LATE_BOT_S
        number = 0
        while self._clock.monotonic() - began_s < late_s:
            try:
                if await self._has_left(is_known=comes_at is None):
                    self._recover()
                    self._standing.recover(self._comes)
                    return True
            except ProviderError as e:
                if e.problem.reason in _NO_USE:
                    self._complain(e.problem)
                    return False
                logger.info("a bot's end is not known yet: {}", e.problem.sentence)
            is_remote = self._provider.needs_public_url
            pauses = SEE_OFF_PAUSES_S if is_remote else (LOCAL_PAUSE_S,)
            await asyncio.sleep(pauses[min(number, len(pauses) - 1)])
            number += 1
        if comes_at is not None and not self._was_seen:
            self._standing.recover(self._comes)
            return True
        logger.warning("{} did not confirm in time that a bot left", self._provider.key)
        self._complain(None)
        return False

    async def _has_left(self, *, is_known: bool) -> bool:
        if is_known and self._told_s is None:
            await self._leave()
        try:
            status = await self._provider.status(self._standing.view.provider_bot_id)
        except ProviderError as e:
            if e.problem.reason is Reason.NOT_FOUND:
                return is_known
            raise
        self._was_seen = True
        if status.state is not None and status.state.is_final:
            return True
        told_s = self._told_s
        is_stale = told_s is None or self._clock.monotonic() - told_s > TELL_AGAIN_S
        if status.state in _IN_MEETING and is_stale:
            await self._leave()
        return False

    async def _leave(self) -> None:
        await self._provider.leave(self._standing.view.provider_bot_id)
        self._told_s = self._clock.monotonic()
        self._recover()

    def _complain(self, problem: Problem | None) -> None:
        self._is_hopeless = problem is not None and problem.reason in _NO_USE
        if self._trouble is None:
            self._trouble = may_still_be_there(self._provider.name, problem)
            self._standing.trouble(self._trouble)

    def _recover(self) -> None:
        self._standing.recover(self._trouble)
        self._trouble = None
