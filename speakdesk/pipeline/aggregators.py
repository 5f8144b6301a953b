# mypy: disable-error-code="no-untyped-call"
"""Pipecat's two aggregators with what a meeting adds: other bots, and speech that was cut off."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import cast

from pipecat.frames.frames import (
    Frame,
    InputAudioRawFrame,
    InterruptionFrame,
    LLMContextFrame,
    TranscriptionFrame,
)
from pipecat.processors.aggregators.llm_context import LLMContext, LLMContextMessage
from pipecat.processors.aggregators.llm_response_universal import (
    LLMAssistantAggregator,
    LLMAssistantAggregatorParams,
    LLMUserAggregator,
    LLMUserAggregatorParams,
)
from pipecat.processors.frame_processor import FrameDirection
from pipecat.turns.user_start import BaseUserTurnStartStrategy, UserTurnStartedParams
from pipecat.turns.user_turn_controller import UserTurnController
from pipecat.utils.string import TextPartForConcatenation

from speakdesk.pipeline.context import forget_oldest
from speakdesk.pipeline.ears import Hearing


class PeopleAggregator(LLMUserAggregator):
    """What people say, into the conversation.

    Another bot of this desk is noted there and not answered. Sound ends here: nothing after this
    needs it. `on_question` is called as the model is asked, `on_interrupting` before a turn that
    cuts the bot off goes on: what the bot said comes before it in the conversation.
    """

    def __init__(
        self,
        context: LLMContext,
        hearing: Hearing,
        limit_tokens: int,
        params: LLMUserAggregatorParams,
    ) -> None:
        super().__init__(context, params=params)
        self._hearing = hearing
        self._limit_tokens = limit_tokens
        self.on_question: Callable[[], None] | None = None
        self.on_interrupting: Callable[[], Awaitable[None]] | None = None

    async def push_frame(
        self, frame: Frame, direction: FrameDirection = FrameDirection.DOWNSTREAM
    ) -> None:
        """Pass on everything but sound."""
        if isinstance(frame, InputAudioRawFrame):
            return
        if isinstance(frame, LLMContextFrame) and self.on_question is not None:
            self.on_question()
        await super().push_frame(frame, direction)

    async def _on_user_turn_started(
        self,
        controller: UserTurnController,
        strategy: BaseUserTurnStartStrategy,
        params: UserTurnStartedParams,
    ) -> None:
        if params.enable_interruptions and self.on_interrupting is not None:
            await self.on_interrupting()
        await super()._on_user_turn_started(controller, strategy, params)

    async def _handle_transcription(self, frame: TranscriptionFrame) -> None:
        if frame.text.strip() and self._hearing.is_siblings():
            self._note(
                f"{self._hearing.speaker()} (an assistant, not to be answered): {frame.text}"
            )
            return
        await super()._handle_transcription(frame)

    async def _push_aggregation(self, *, run_llm: bool = True) -> str:
        # Here, between two turns, nothing of the conversation is in the model's hands.
        forget_oldest(self._context, self._limit_tokens)
        return await super()._push_aggregation(run_llm=run_llm)

    def _note(self, text: str) -> None:
        self._context.add_message(cast("LLMContextMessage", {"role": "user", "content": text}))


class BotAggregator(LLMAssistantAggregator):
    """What the bot said, into the conversation: of a sentence cut off, the part that was heard."""

    def __init__(
        self,
        context: LLMContext,
        spoken_tail: Callable[[], str],
        params: LLMAssistantAggregatorParams,
    ) -> None:
        super().__init__(context, params=params)
        self._spoken_tail = spoken_tail

    async def commit_cut(self) -> None:
        """Take in what was said of an answer that is cut off here and now."""
        if tail := self._spoken_tail():
            self._aggregation.append(
                TextPartForConcatenation(f"{tail} …", includes_inter_part_spaces=False)
            )
        await self._trigger_assistant_turn_stopped(interrupted=True)
        await self.reset()

    async def _handle_interruptions(self, frame: InterruptionFrame) -> None:
        await self.commit_cut()
