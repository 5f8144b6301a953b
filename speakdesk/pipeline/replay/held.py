# mypy: disable-error-code="no-untyped-call"
"""The offline ears on a replay's clock: it stands still until their process has found the words."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from pipecat.frames.frames import VADUserStoppedSpeakingFrame

from speakdesk.pipeline.offline.sphinx import PocketSphinxSTTService
from speakdesk.pipeline.offline.sphinx_worker import Heard
from speakdesk.pipeline.replay.clock import ReplayLoop


class _Finals(asyncio.Queue[tuple[Heard, int | None]]):
    """Takes what was heard; words of an utterance that goes on come at no moment of the clock."""

    def __init__(self) -> None:
        super().__init__()
        self.holds: deque[Callable[[], None]] = deque()

    def put_nowait(self, item: tuple[Heard, int | None]) -> None:
        """Keep the last words of an utterance, and let time go on."""
        heard, _ = item
        if heard.is_final or heard.problem is not None:
            super().put_nowait(item)
        if heard.is_final and self.holds:
            self.holds.popleft()()


class HeldSphinx(PocketSphinxSTTService):
    """PocketSphinx that takes no time of the recording, however long it takes."""

    def __init__(self, *, language: str, sample_rate: int, words: tuple[str, ...]) -> None:
        super().__init__(language=language, sample_rate=sample_rate, words=words)
        self._finals = _Finals()
        self._heard = self._finals

    async def _handle_vad_user_stopped_speaking(self, frame: VADUserStoppedSpeakingFrame) -> None:
        loop = asyncio.get_running_loop()
        if self._utterance is not None and isinstance(loop, ReplayLoop):
            self._finals.holds.append(loop.hold())
        await super()._handle_vad_user_stopped_speaking(frame)

    async def _let_go(self) -> None:
        await super()._let_go()
        while self._finals.holds:
            self._finals.holds.popleft()()
