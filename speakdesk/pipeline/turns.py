# mypy: disable-error-code="no-untyped-call"
"""Turn strategies from a persona's rules: who may begin, and when a turn is over."""

from __future__ import annotations

from collections.abc import Callable

from pipecat.frames.frames import (
    Frame,
    InputAudioRawFrame,
    InterimTranscriptionFrame,
    STTMetadataFrame,
    TranscriptionFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.metrics.metrics import MetricsData, TurnMetricsData
from pipecat.turns.types import ProcessFrameResult
from pipecat.turns.user_start import BaseUserTurnStartStrategy
from pipecat.turns.user_stop import (
    BaseUserTurnStopStrategy,
    SpeechTimeoutUserTurnStopStrategy,
    TurnAnalyzerUserTurnStopStrategy,
)
from pipecat.turns.user_turn_strategies import UserTurnStrategies

from speakdesk.domain.turns import TurnDetection, TurnRules
from speakdesk.pipeline.ears import Hearing
from speakdesk.pipeline.models import SharedSmartTurnAnalyzer
from speakdesk.pipeline.yielding import Verdict, Yielding


class MannersTurnStart(BaseUserTurnStartStrategy):
    """Begins a turn where somebody takes it; not for agreement, nor for this desk's other bots."""

    def __init__(self, rules: TurnRules, yielding: Yielding, hearing: Hearing) -> None:
        super().__init__(enable_interruptions=rules.allow_interruptions)
        self._yielding = yielding
        self._hearing = hearing
        self._is_turn = False
        self._is_waiting_for_person = False

    async def handle_user_turn_started(self) -> None:
        """A turn has begun, by this strategy or otherwise."""
        self._is_turn = True
        self._is_waiting_for_person = False

    async def handle_user_turn_stopped(self) -> None:
        """The turn is over."""
        self._is_turn = False

    async def process_frame(self, frame: Frame) -> ProcessFrameResult:
        """Feed one frame to the manners and act on their verdict."""
        verdict = self._verdict_on(frame)
        if verdict is Verdict.TURN and not self._is_turn:
            await self.trigger_user_turn_started()
            return ProcessFrameResult.STOP
        if verdict is Verdict.BACKCHANNEL and not self._is_turn:
            await self.trigger_reset_aggregation()
        return ProcessFrameResult.CONTINUE

    def _verdict_on(self, frame: Frame) -> Verdict:
        if isinstance(frame, InputAudioRawFrame):
            if self._is_waiting_for_person and not self._hearing.sibling():
                self._is_waiting_for_person = False
                return self._yielding.on_voice_started()
            return self._yielding.verdict() if self._yielding.is_undecided else Verdict.OPEN
        if isinstance(frame, VADUserStartedSpeakingFrame):
            if self._hearing.sibling():
                self._is_waiting_for_person = True
                return Verdict.OPEN
            return self._yielding.on_voice_started()
        if isinstance(frame, VADUserStoppedSpeakingFrame):
            self._is_waiting_for_person = False
            return self._yielding.on_voice_stopped()
        if isinstance(frame, (TranscriptionFrame, InterimTranscriptionFrame)):
            if not frame.text.strip() or self._hearing.sibling(frame):
                return Verdict.OPEN
            return self._yielding.on_words(frame.text, isinstance(frame, TranscriptionFrame))
        if isinstance(frame, STTMetadataFrame):
            self._yielding.expect_words_after(frame.ttfs_p99_latency)
        return Verdict.OPEN


class SmartTurnStop(TurnAnalyzerUserTurnStopStrategy):
    """Pipecat's Smart Turn rule, which also tells when it decided.

    A turn that begins only once its words are known (over the bot's own speech) keeps the verdict
    that was reached on its sound.
    """

    def __init__(self, rules: TurnRules, on_decided: Callable[[], None]) -> None:
        super().__init__(turn_analyzer=SharedSmartTurnAnalyzer(rules.patience_s))
        self._on_decided = on_decided

    async def handle_user_turn_started(self) -> None:
        """Ready for the end of the turn that begins."""
        is_over = self._vad_stopped and not self._vad_user_speaking
        is_complete = self._turn_complete
        await super().handle_user_turn_started()
        if is_over:
            self._vad_stopped = True
            self._turn_complete = self._timeout_expired = is_complete

    async def _handle_prediction_result(self, result: MetricsData | None) -> None:
        if result is None or (isinstance(result, TurnMetricsData) and result.is_complete):
            self._on_decided()


class SilenceTurnStop(SpeechTimeoutUserTurnStopStrategy):
    """Pipecat's silence rule, which also tells when it decided."""

    def __init__(self, rules: TurnRules, on_decided: Callable[[], None]) -> None:
        super().__init__(user_speech_timeout=max(0.05, rules.silence_s - rules.vad_stop_s))
        self._on_decided = on_decided

    async def _maybe_trigger_user_turn_stopped(self) -> None:
        if self._user_speech_wait_done and not self._vad_user_speaking:
            self._on_decided()
        await super()._maybe_trigger_user_turn_stopped()


def turn_strategies(
    rules: TurnRules, yielding: Yielding, hearing: Hearing, on_decided: Callable[[], None]
) -> UserTurnStrategies:
    """The strategies that a persona's rules ask for."""
    stop: BaseUserTurnStopStrategy
    if rules.detection is TurnDetection.SMART:
        stop = SmartTurnStop(rules, on_decided)
    else:
        stop = SilenceTurnStop(rules, on_decided)
    return UserTurnStrategies(start=[MannersTurnStart(rules, yielding, hearing)], stop=[stop])
