"""Speech services that answer at once: Pipecat's own base classes with nothing behind them.

They take no time of their own, so what a conversation over them costs is the cost of the pipeline.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import AsyncGenerator
from typing import Any

from pipecat.frames.frames import (
    Frame,
    LLMContextFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.frame_processor import FrameDirection
from pipecat.services.llm_service import LLMService
from pipecat.services.settings import STTSettings, TTSSettings
from pipecat.services.stt_service import STTService
from pipecat.services.tts_service import TTSService
from pipecat.utils.time import time_now_iso8601

from speakdesk.pipeline.services.own_model import own_model_settings

HEARD = "Could you tell us what the plan for today is?"
ANSWER = "Certainly, the plan for today is to listen first and then to answer."
TONE_HZ = 440
TONE_PEAK = 8000
PIECE_S = 0.1


def tone(seconds: float, rate_hz: int) -> bytes:
    """A steady tone as s16le mono."""
    count = round(seconds * rate_hz)
    step = 2 * math.pi * TONE_HZ / rate_hz
    return array("h", (round(TONE_PEAK * math.sin(step * i)) for i in range(count))).tobytes()


class InstantSTT(STTService):
    """Hears the same sentence whenever the VAD says that somebody has stopped."""

    def __init__(self, text: str = HEARD) -> None:
        super().__init__(ttfs_p99_latency=0.5, settings=STTSettings(model="instant", language=None))
        self._text = text

    async def run_stt(self, audio: bytes) -> AsyncGenerator[Frame | None, None]:
        """Nothing: the sentence comes with the end of speech."""
        return
        yield

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Emit the final transcript right after the end of speech."""
        await super().process_frame(frame, direction)
        if isinstance(frame, VADUserStoppedSpeakingFrame):
            final = TranscriptionFrame(self._text, "", time_now_iso8601())
            final.finalized = True
            await self.push_frame(final)


class InstantLLM(LLMService):
    """Streams the same sentence, word by word, for every context."""

    def __init__(self, text: str = ANSWER) -> None:
        super().__init__(settings=own_model_settings("instant"))
        self._words = [word if i == 0 else " " + word for i, word in enumerate(text.split())]

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Answer a context; pass on the rest."""
        await super().process_frame(frame, direction)
        if not isinstance(frame, LLMContextFrame):
            await self.push_frame(frame, direction)
            return
        await self.push_frame(LLMFullResponseStartFrame())
        for word in self._words:
            await self.push_frame(LLMTextFrame(word))
        await self.push_frame(LLMFullResponseEndFrame())

    async def run_inference(
        self,
        context: LLMContext,
        max_tokens: int | None = None,
        system_instruction: str | None = None,
        response_schema: dict[str, Any] | None = None,
    ) -> str | None:
        """The sentence, as one piece."""
        return "".join(self._words)


class InstantTTS(TTSService):
    """Says every sentence as a tone of the same length, all of it at once."""

    def __init__(self, seconds: float = 2.0, rate_hz: int = 16000) -> None:
        super().__init__(
            sample_rate=rate_hz,
            push_start_frame=True,
            push_stop_frames=True,
            settings=TTSSettings(model="instant", voice="tone", language=None),
        )
        self._pcm = tone(seconds, rate_hz)

    async def run_tts(self, text: str, context_id: str) -> AsyncGenerator[Frame | None, None]:
        """The tone in pieces of 100 ms."""
        size = round(PIECE_S * self.sample_rate) * 2
        for start in range(0, len(self._pcm), size):
            piece = self._pcm[start : start + size]
            yield TTSAudioRawFrame(piece, self.sample_rate, 1, context_id=context_id)
