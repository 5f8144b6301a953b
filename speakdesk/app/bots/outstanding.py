"""Which of this desk's bots are at a provider now, kept on disk while they are."""

from __future__ import annotations

import asyncio
from pathlib import Path

from loguru import logger

from speakdesk.app.bots.order import BotOrder
from speakdesk.app.tasks import spawn
from speakdesk.domain.clock import to_iso
from speakdesk.store.bots_out import BotOut, BotsOutFolder


class Outstanding:
    """Notes a bot once its provider has it, and forgets it once it has certainly left.

    What is noted when this process ends, however it ends, the next one finds with `claim`.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = BotsOutFolder(folder)
        self._bots: dict[str, BotOut] = {}
        self._writing = asyncio.Lock()

    def note(self, order: BotOrder, provider_bot_id: str) -> None:
        """The provider has this bot."""
        provider = order.provider
        if not provider.needs_public_url:
            return
        self._bots[order.bot_id] = BotOut(
            provider=provider.key,
            provider_bot_id=provider_bot_id,
            name=order.name,
            place=order.meeting.display,
            persona=order.persona.key if order.persona else "",
            join_at=to_iso(order.join_at) if order.join_at else "",
            rate_hz=order.rate_hz,
            greeting=order.greeting,
        )
        self._save()

    def let_go(self, bot_id: str) -> None:
        """This bot has left, or will not come."""
        if self._bots.pop(bot_id, None) is not None:
            self._save()

    def keep(self, bot: BotOut) -> None:
        """Leave a claimed one to the next start."""
        self._bots[bot.provider_bot_id] = bot

    async def claim(self) -> tuple[BotOut, ...]:
        """The bots of processes that are gone. What comes of them ends with `settle`."""
        try:
            async with self._writing:
                return await asyncio.to_thread(self._folder.claim)
        except OSError as e:
            logger.warning("bots of an earlier session cannot be looked up: {}", e.strerror)
            return ()

    async def settle(self) -> None:
        """All that was claimed is kept, adopted or over."""
        await self._write()
        async with self._writing:
            await asyncio.to_thread(self._folder.drop_claimed)

    async def close(self) -> None:
        """Leave what is noted to the next start. Safe to call twice."""
        async with self._writing:
            await asyncio.to_thread(self._folder.release)

    def _save(self) -> None:
        spawn(self._write(), "note bots at a provider")

    async def _write(self) -> None:
        async with self._writing:
            try:
                await asyncio.to_thread(self._folder.write, tuple(self._bots.values()))
            except OSError as e:
                logger.warning("a bot at a provider was not noted: {}", e.strerror)
