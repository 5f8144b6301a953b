# mypy: disable-error-code="no-untyped-call"
"""A mind that gives the recorded answers: Pipecat's base class over a script."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from pipecat.frames.frames import (
    Frame,
    LLMContextFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
)
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.frame_processor import FrameDirection
from pipecat.services.llm_service import LLMService

from speakdesk.pipeline.replay.script import Prompter, Reply, SaidLine
from speakdesk.pipeline.replay.timeline import Timeline
from speakdesk.pipeline.services.own_model import own_model_settings


class RecordedMind(LLMService[Any]):
    """Gives the recorded reply to each question, as late as it came then.

    Where there is none, a question that lives longer than answers usually took is noted as one
    that would be answered now; what the answer would be, no recording can know.
    """

    def __init__(
        self, prompter: Prompter, timeline: Timeline, on_line: Callable[[SaidLine, float], None]
    ) -> None:
        super().__init__(settings=own_model_settings("recorded"))
        self._prompter = prompter
        self._timeline = timeline
        self._on_line = on_line

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Answer a context; pass on the rest."""
        await super().process_frame(frame, direction)
        if not isinstance(frame, LLMContextFrame):
            await self.push_frame(frame, direction)
            return
        asked_s = self._timeline.now_s()
        reply = self._prompter.reply_to(asked_s)
        if reply is None:
            await self._give_nothing(asked_s)
        else:
            await self._give(reply)

    async def _give(self, reply: Reply) -> None:
        """Each line is an answer of its own: between two of them something was looked up."""
        await asyncio.sleep(reply.first_token_s)
        sounds_s = self._timeline.now_s() + reply.first_audio_s
        for i, line in enumerate(reply.lines):
            if i:
                await self._timeline.until(sounds_s + line.since_s - reply.lines[0].since_s)
            self._on_line(line, 0.0 if i else reply.first_audio_s)
            await self.push_frame(LLMFullResponseStartFrame())
            for j, word in enumerate(line.text.split()):
                await self.push_frame(LLMTextFrame(word if j == 0 else f" {word}"))
            await self.push_frame(LLMFullResponseEndFrame())

    async def _give_nothing(self, asked_s: float) -> None:
        script = self._prompter.script
        await asyncio.sleep(script.usual_wait_s)
        if not (script.has_siblings or self._prompter.has_failed_after(asked_s)):
            self._prompter.unanswered_s.append(asked_s)
        await self.push_frame(LLMFullResponseStartFrame())
        await self.push_frame(LLMFullResponseEndFrame())

    async def run_inference(
        self,
        context: LLMContext,
        max_tokens: int | None = None,
        system_instruction: str | None = None,
        response_schema: dict[str, Any] | None = None,
    ) -> str | None:
        """A summary of a long talk, which no recorded answer depends on."""
        return "They have talked about several things."
