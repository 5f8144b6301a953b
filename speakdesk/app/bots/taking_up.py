"""What an earlier session left at a provider: bots that wait are taken up, mute ones told to leave.

Only a session that was killed leaves bots in a meeting, and only one that was asked to keeps bots
that wait for their time.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from loguru import logger

from speakdesk.app.bots.outstanding import Outstanding
from speakdesk.app.bots.words import clock_words
from speakdesk.domain.clock import Clock
from speakdesk.domain.errors import ProviderError, Reason, SpeakDeskError
from speakdesk.domain.events import Event, Notice
from speakdesk.domain.launch import Launch
from speakdesk.domain.meeting import parse_link
from speakdesk.providers.base import MeetingProvider, ReschedulingProvider
from speakdesk.store.bots_out import BotOut

Adopt = Callable[[Launch, str, datetime], Awaitable[None]]
"""Sends nobody: follows the provider's bot of this id as if the launch had been made here."""


class TakingUp:
    """Looks once, after the start. Nothing here raises."""

    def __init__(
        self,
        outstanding: Outstanding,
        provider: Callable[[str], Awaitable[MeetingProvider]],
        adopt: Adopt,
        publish: Callable[[Event], None],
        clock: Clock,
    ) -> None:
        self._outstanding = outstanding
        self._provider = provider
        self._adopt = adopt
        self._publish = publish
        self._clock = clock

    async def look(self) -> None:
        """Take up what waits, and see to what is left in a meeting."""
        found = await self._outstanding.claim()
        for bot in found:
            try:
                await self._see_to(bot)
            except SpeakDeskError as e:
                if isinstance(e, ProviderError) and e.problem.reason is Reason.NOT_FOUND:
                    continue
                logger.info("a bot of an earlier session stays noted: {}", e.problem.sentence)
                self._outstanding.keep(bot)
                self._tell(
                    f"{bot.name} was sent to {bot.place} in an earlier session, and it is not "
                    f"known how it is doing: {e.problem.sentence}",
                    e.problem.next_step,
                )
        if found:
            await self._outstanding.settle()

    async def _see_to(self, bot: BotOut) -> None:
        provider = await self._provider(bot.provider)
        if bot.join_at and isinstance(provider, ReschedulingProvider):
            kept = await provider.appointment(bot.provider_bot_id)
            if kept.is_waiting and kept.join_at is not None:
                await self._take_up(bot, kept.meeting_url, kept.join_at)
                return
            if kept.status in ("cancelled", "failed"):
                return
        await self._see_off(bot, provider)

    async def _take_up(self, bot: BotOut, url: str, join_at: datetime) -> None:
        launch = Launch(
            parse_link(url),
            (bot.persona,) if bot.persona else (),
            provider=bot.provider,
            rate_hz=bot.rate_hz,
            greeting=bot.greeting,
            names=(bot.name,),
            add_recorder=bot.is_recorder,
        )
        await self._adopt(launch, bot.provider_bot_id, join_at)
        at = clock_words(join_at, self._clock.now())
        self._tell(f"{bot.name} was scheduled in an earlier session and joins at {at}.", "", "info")

    async def _see_off(self, bot: BotOut, provider: MeetingProvider) -> None:
        """A bot's way to its voice ended with the process: it would sit in the meeting, mute."""
        status = await provider.status(bot.provider_bot_id)
        if status.state is not None and status.state.is_final:
            return
        if bot.is_recorder:
            self._outstanding.keep(bot)
            self._tell(
                f"{bot.name} of an earlier session is still in {bot.place} and records.",
                "It leaves when the meeting ends; remove it in the meeting to end it sooner.",
                "info",
            )
            return
        await provider.leave(bot.provider_bot_id)
        self._tell(
            f"{bot.name} of an earlier session was still in {bot.place}, without its voice. It is "
            "told to leave.",
            "Launch it again if it is still wanted there.",
        )

    def _tell(self, sentence: str, next_step: str, level: str = "attention") -> None:
        self._publish(Notice(level=level, sentence=sentence, next_step=next_step))
