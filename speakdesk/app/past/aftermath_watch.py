"""Asking a provider what there is after a meeting, until it has told all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Protocol, runtime_checkable

import httpx
from loguru import logger

from speakdesk.app.past.history import HistoryBook
from speakdesk.domain.aftermath import Aftermath, Artifact, ArtifactKind, ProviderLine
from speakdesk.domain.clock import Clock
from speakdesk.domain.errors import Problem, ProviderError, Reason, Stage, StoreError
from speakdesk.domain.events import AftermathChanged
from speakdesk.providers.base import MeetingProvider
from speakdesk.providers.meetingbaas.download import fetch_lines
from speakdesk.store.history.records import PendingBot

FIRST_WAIT_S = 5.0
LONGEST_WAIT_S = 120.0
WATCHED_FOR = timedelta(hours=2)
# v1 may not know a bot for a moment after its end; later than this it will not come back.
UNKNOWN_FOR = timedelta(minutes=15)
AT_ONCE = 3
_TRANSCRIPTS = (ArtifactKind.TRANSCRIPT, ArtifactKind.RAW_TRANSCRIPT)


@runtime_checkable
class KeepsMeetings(Protocol):
    """What a provider with recordings can be asked, beside what every one can."""

    name: str

    async def aftermath(self, provider_bot_id: str) -> Aftermath: ...

    async def artifact(self, provider_bot_id: str, kind: ArtifactKind) -> Artifact | None: ...

    async def delete_data(self, provider_bot_id: str) -> str: ...


Lookup = Callable[[str], Awaitable[MeetingProvider]]


async def keeper_of(lookup: Lookup, bot: PendingBot) -> KeepsMeetings:
    """The provider of a bot that has ended. Raises ProviderError, also where it keeps nothing."""
    provider = await lookup(bot.provider)
    if not isinstance(provider, KeepsMeetings):
        raise ProviderError(keeps_nothing(provider.name))
    return provider


def keeps_nothing(name: str) -> Problem:
    """The provider records nothing."""
    return Problem(
        Stage.PROVIDER,
        Reason.UNSUPPORTED,
        f"{name} keeps no recording, so there is nothing to fetch.",
        "The lines in the history are all there is of this meeting.",
    )


class AftermathWatch:
    """Asks about bots that have ended; what it learns is in the history, with an event for each.

    Nothing is asked more than `AT_ONCE` at a time. `sleep` waits between two questions.
    """

    def __init__(
        self,
        history: HistoryBook,
        lookup: Lookup,
        publish: Callable[[AftermathChanged], None],
        clock: Clock,
        sleep: Callable[[float], Awaitable[None]],
        http: httpx.AsyncClient | None = None,
    ) -> None:
        self._history = history
        self._lookup = lookup
        self._publish = publish
        self._clock = clock
        self._sleep = sleep
        self._http = http
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def follow(self, bot: PendingBot) -> bool:
        """Ask until the provider has told all; False where it has not after `WATCHED_FOR`.

        A bot that ended longer ago is asked about once. Raises StoreError, and ProviderError where
        asking again cannot help; why is in the history then.
        """
        wait_s = FIRST_WAIT_S
        while True:
            pause_s = wait_s
            try:
                if await self.ask(bot):
                    return True
            except ProviderError as e:
                if self._is_in_vain(bot, e.problem):
                    raise
                pause_s = max(wait_s, e.problem.retry_after_s or 0.0)
            if self._clock.now() - bot.ended > WATCHED_FOR:
                logger.info("{} has not told all about a meeting in time", bot.provider)
                return False
            await self._sleep(pause_s)
            wait_s = min(wait_s * 1.6, LONGEST_WAIT_S)

    async def ask(self, bot: PendingBot) -> bool:
        """Ask once and keep the answer; True where that was all. Raises ProviderError, StoreError.

        A refusal is kept as well, so that whoever looks reads why nothing is there.
        """
        async with self._turns:
            try:
                provider = await keeper_of(self._lookup, bot)
                found = await provider.aftermath(bot.provider_bot_id)
            except ProviderError as e:
                is_final = e.problem.reason is Reason.NOT_FOUND and self._is_in_vain(bot, e.problem)
                await self._history.save_trouble(
                    bot.bot_id, e.problem, self._clock.now(), is_final=is_final
                )
                self._publish(AftermathChanged(bot_id=bot.bot_id, meeting_id=bot.meeting_id))
                raise
            return await self._keep(bot, provider, found)

    def _is_in_vain(self, bot: PendingBot, problem: Problem) -> bool:
        if problem.reason is Reason.NOT_FOUND:
            return self._clock.now() - bot.ended > UNKNOWN_FOR
        return problem.is_permanent

    async def _keep(self, bot: PendingBot, provider: KeepsMeetings, found: Aftermath) -> bool:
        """All of it is complete only once the transcript is here too, should we be killed now."""
        history, now = self._history, self._clock.now()
        await history.save_aftermath(bot.bot_id, replace(found, is_complete=False), now)
        trouble: Problem | None = None
        try:
            lines = await self._lines(bot, provider, found)
            if lines is not None:
                await history.save_provider_lines(bot.bot_id, lines, now)
        except (ProviderError, StoreError) as e:
            # Also the transcript's own temporary file may find no room; the rest is kept.
            trouble = e.problem
        is_done = found.is_complete and (trouble is None or trouble.is_permanent)
        await history.save_aftermath(
            bot.bot_id, replace(found, is_complete=is_done), self._clock.now(), trouble
        )
        self._publish(AftermathChanged(bot_id=bot.bot_id, meeting_id=bot.meeting_id))
        return is_done

    async def _lines(
        self, bot: PendingBot, provider: KeepsMeetings, found: Aftermath
    ) -> tuple[ProviderLine, ...] | None:
        """The provider's transcript as it stands, None where it has none (yet)."""
        if found.lines:
            return found.lines
        if found.is_deleted or not found.is_complete:
            return None
        for kind in _TRANSCRIPTS:
            artifact = found.artifact(kind)
            if artifact is not None:
                return await fetch_lines(
                    artifact,
                    renew=partial(provider.artifact, bot.provider_bot_id, kind),
                    http=self._http,
                    sleep=self._sleep,
                )
        return None
