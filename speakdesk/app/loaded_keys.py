"""The keys, read in the background while the desk opens: who needs one waits for that."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from loguru import logger

from speakdesk.app.tasks import spawn
from speakdesk.domain.events import Event, SettingsChanged
from speakdesk.domain.speech import Keys
from speakdesk.store.secrets import KeyRing


class LoadedKeys:
    """Reads a key ring once; a key store may take its time, or ask for a password first."""

    def __init__(self, ring: KeyRing, publish: Callable[[Event], None]) -> None:
        self._ring = ring
        self._publish = publish
        self._loading: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Start to read; what came of it is told as changed settings."""
        self._loading = spawn(self._load(), "load keys")

    async def ready(self) -> Keys:
        """The keys, once they were read."""
        if self._loading is not None:
            await asyncio.shield(self._loading)
        return self._ring.keys

    def close(self) -> None:
        """Wait for them no longer."""
        if self._loading is not None:
            self._loading.cancel()

    async def _load(self) -> None:
        await self._ring.load()
        if self._ring.problem is not None:
            logger.info("the key store gave nothing: {}", self._ring.problem.sentence)
        self._publish(SettingsChanged(fields=("keys",)))
