"""Where voices come from: Pipecat imported late and off the loop, models kept warm."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable

from speakdesk.domain.events import Event
from speakdesk.domain.speech import Keys
from speakdesk.pipeline.contract import Voice, VoiceBuilder, VoiceOrder


class Voices:
    """Builds voices; imports the pipeline the first time one is needed."""

    def __init__(self, build_voice: VoiceBuilder | None = None) -> None:
        self._build = build_voice
        self._is_warm = False
        self._warming = asyncio.Lock()

    @property
    def is_warm(self) -> bool:
        """True once Pipecat is imported and the shared models are loaded."""
        return self._is_warm

    async def warm(self, keys: Keys) -> None:
        """Import Pipecat in a thread and load the shared models. Safe to call twice."""
        async with self._warming:
            if self._is_warm:
                return
            await asyncio.to_thread(_import_pipeline)
            from speakdesk.pipeline.build import warm

            await warm(keys)
            self._is_warm = True

    async def make(self, order: VoiceOrder, emit: Callable[[Event], None]) -> Voice:
        """The real voice, once everything it needs is imported."""
        await self.warm(order.keys)
        if self._build is not None:
            return self._build(order, emit)
        from speakdesk.pipeline.build import build_voice

        return build_voice(order, emit)

    async def give_back_memory(self) -> None:
        """Return what an ended bot held to the system."""
        if not self._is_warm:
            return
        from speakdesk.pipeline.models import release_memory

        # On this thread: a widget that is collected on another one takes the program down. What
        # was there before the first bot is frozen, so this takes about a millisecond.
        gc.collect()
        await asyncio.to_thread(release_memory)


def _import_pipeline() -> None:
    import speakdesk.pipeline.build  # noqa: F401
