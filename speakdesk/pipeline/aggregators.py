# mypy: disable-error-code="no-untyped-call"
"""Pipecat's two aggregators with what a meeting adds: other bots, and speech that was cut off."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from pipecat.frames.frames import (
    ErrorFrame,
    Frame,
    InputAudioRawFrame,
    InterruptionFrame,
    LLMContextFrame,
    LLMRunFrame,
    TranscriptionFrame,
)
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import (
    LLMAssistantAggregator,
    LLMAssistantAggregatorParams,
    LLMUserAggregator,
    LLMUserAggregatorParams,
)
from pipecat.processors.frame_processor import FrameDirection
from pipecat.turns.user_start import BaseUserTurnStartStrategy, UserTurnStartedParams
from pipecat.turns.user_stop import BaseUserTurnStopStrategy, UserTurnStoppedParams
from pipecat.turns.user_turn_controller import UserTurnController
from pipecat.utils.errors import ErrorCategory
from pipecat.utils.string import TextPartForConcatenation

from speakdesk.domain.model_room import ModelRoom
from speakdesk.pipeline.context import forget_oldest, sibling_note
from speakdesk.pipeline.ears import Hearing
from speakdesk.pipeline.turn_taking import TurnTaking


class PeopleAggregator(LLMUserAggregator):
    """What people say, into the conversation; the model is asked where `turns` lets the bot answer.

    Words of another bot of this desk are not a person's: `note` puts them there as they were
    spoken. Sound ends here: nothing after this needs it. `on_question` is called as the model is
    asked, `on_interrupting` before a turn that cuts the bot off goes on: what the bot said comes
    before it in the conversation.
    """

    def __init__(
        self,
        context: LLMContext,
        hearing: Hearing,
        params: LLMUserAggregatorParams,
        turns: TurnTaking,
        room: ModelRoom,
    ) -> None:
        super().__init__(context, params=params)
        self._hearing = hearing
        self._room = room
        self._turns = turns
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

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Note an error of the model or the voice on its way up."""
        if isinstance(frame, ErrorFrame) and frame.category is not ErrorCategory.APPLICATION:
            self._turns.failed()
        await super().process_frame(frame, direction)

    async def answer(self) -> None:
        """Ask the model about the conversation as it is now."""
        await self.queue_frame(LLMRunFrame())

    def note(self, name: str, text: str) -> None:
        """Another bot of this desk has said this."""
        self._context.add_message(sibling_note(name, text))

    async def _on_user_turn_started(
        self,
        controller: UserTurnController,
        strategy: BaseUserTurnStartStrategy,
        params: UserTurnStartedParams,
    ) -> None:
        self._turns.person_began()
        if params.enable_interruptions and self.on_interrupting is not None:
            await self.on_interrupting()
            self._turns.interrupted()
        await super()._on_user_turn_started(controller, strategy, params)

    async def _on_user_turn_stopped(
        self,
        controller: UserTurnController,
        strategy: BaseUserTurnStopStrategy,
        params: UserTurnStoppedParams,
    ) -> None:
        await super()._on_user_turn_stopped(controller, strategy, params)
        self._turns.person_stopped()

    async def _on_reset_aggregation(
        self, controller: UserTurnController, strategy: BaseUserTurnStartStrategy
    ) -> None:
        await super()._on_reset_aggregation(controller, strategy)
        self._turns.words_dropped()

    async def _handle_transcription(self, frame: TranscriptionFrame) -> None:
        if not self._hearing.sibling(frame):
            self._turns.person_words(frame)
            await super()._handle_transcription(frame)

    async def _push_aggregation(self, *, run_llm: bool = True) -> str:
        # Here, between two turns, nothing of the conversation is in the model's hands.
        forget_oldest(self._context, self._room)
        said = await super()._push_aggregation(run_llm=False)
        if said and run_llm and self._turns.person_said(said):
            await self.push_context_frame()
        return said


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
