# mypy: disable-error-code="no-untyped-call"
"""Ears without a key or a network: a Pipecat STT service over the hearing process.

Sound streams to the child while somebody speaks, so that only one short pass is left when they
stop. PocketSphinx knows American English and nothing else.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from typing import Any

import numpy as np
import soxr
from loguru import logger
from pipecat.frames.frames import (
    CancelFrame,
    EndFrame,
    Frame,
    InputAudioRawFrame,
    InterimTranscriptionFrame,
    StartFrame,
    TranscriptionFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.processors.frame_processor import FrameDirection
from pipecat.services.settings import STTSettings
from pipecat.services.stt_service import STTService
from pipecat.transcriptions.language import Language
from pipecat.utils.time import time_now_iso8601

from speakdesk.domain.errors import SpeechError
from speakdesk.pipeline.offline import sphinx_worker
from speakdesk.pipeline.offline.sphinx_process import RATE_HZ
from speakdesk.pipeline.offline.sphinx_worker import Heard, SphinxWorker
from speakdesk.pipeline.offline.words import pronunciations
from speakdesk.pipeline.utterances import mark_utterance, utterance_number

PRE_ROLL_S = 0.6
TAIL_S = 0.2
# One pass over the utterance: about 5 % of its length, on a busy machine more.
TTFS_P99_S = 1.0


def knows_language(language: str) -> bool:
    """True where the model can be of use: English of any region."""
    return language.replace("_", "-").split("-")[0].lower() in ("en", "")


class PocketSphinxSTTService(STTService):
    """Hears English offline. `words` are a persona's own words, which it learns by their spelling.

    Emits interim transcriptions while somebody speaks and one finalized transcription after each
    VAD stop, with no punctuation. A crash of the child becomes an ErrorFrame whose exception is a
    SpeechError; the next words are heard by a new child.
    """

    def __init__(
        self,
        *,
        language: str = "en",
        sample_rate: int | None = None,
        words: tuple[str, ...] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(
            sample_rate=sample_rate,
            ttfs_p99_latency=TTFS_P99_S,
            settings=STTSettings(model="en-us", language=Language.EN_US),
            **kwargs,
        )
        if not knows_language(language):
            logger.warning("PocketSphinx hears English only; the persona asks for {}", language)
        self._own_words = words
        self._worker: SphinxWorker | None = None
        self._utterance: int | None = None
        self._before: deque[bytes] = deque()
        self._before_bytes = 0
        self._resampler: Any = None
        self._heard: asyncio.Queue[tuple[Heard, int | None]] = asyncio.Queue()
        self._heard_task: asyncio.Task[None] | None = None

    def can_generate_metrics(self) -> bool:
        """TTFB is end of speech to final transcript."""
        return True

    async def start(self, frame: StartFrame) -> None:
        """Start the hearing process, or join the one that runs."""
        await super().start(frame)
        if self._worker is not None:
            return
        self._heard_task = self.create_task(self._push_heard())
        self._worker = await asyncio.to_thread(sphinx_worker.acquire)
        if self._own_words:
            await asyncio.to_thread(self._teach, self._worker)

    async def stop(self, frame: EndFrame) -> None:
        """Let go of the hearing process."""
        await super().stop(frame)
        await self._let_go()

    async def cancel(self, frame: CancelFrame) -> None:
        """Let go of the hearing process at once."""
        await super().cancel(frame)
        await self._let_go()

    async def cleanup(self) -> None:
        """Let go of what is still held."""
        await super().cleanup()
        await self._let_go()

    async def process_audio_frame(
        self, frame: InputAudioRawFrame, direction: FrameDirection
    ) -> None:
        """Stream speech to the child; keep the last moment of what is no speech yet."""
        if self._muted or not self.is_usable or not frame.audio:
            return
        self._user_id = getattr(frame, "user_id", "")
        pcm = self._at_16_khz(frame)
        if self._utterance is not None and self._worker is not None:
            self._record_stt_audio_usage(frame.audio)
            self._worker.feed(self._utterance, pcm)
            return
        self._before.append(pcm)
        self._before_bytes += len(pcm)
        while self._before_bytes - len(self._before[0]) >= PRE_ROLL_S * RATE_HZ * 2:
            self._before_bytes -= len(self._before.popleft())

    async def run_stt(self, audio: bytes) -> AsyncGenerator[Frame | None, None]:
        """Feed sound to the open utterance; texts come by themselves."""
        if self._utterance is not None and self._worker is not None:
            self._worker.feed(self._utterance, audio)
        yield None

    async def _handle_vad_user_started_speaking(self, frame: VADUserStartedSpeakingFrame) -> None:
        await super()._handle_vad_user_started_speaking(frame)
        if self._worker is None or self._muted or self._utterance is not None:
            return
        loop = asyncio.get_running_loop()
        number = utterance_number(frame)

        def tell(heard: Heard) -> None:
            # The loop may be gone when a last word comes from the reader's thread.
            if not loop.is_closed():
                loop.call_soon_threadsafe(self._heard.put_nowait, (heard, number))

        # A dead child is started again by `begin`, which takes a few milliseconds.
        self._utterance = await asyncio.to_thread(self._worker.begin, self.name, tell)
        for pcm in self._before:
            self._worker.feed(self._utterance, pcm)
        self._before.clear()
        self._before_bytes = 0

    async def _handle_vad_user_stopped_speaking(self, frame: VADUserStoppedSpeakingFrame) -> None:
        await super()._handle_vad_user_stopped_speaking(frame)
        if self._worker is None or self._utterance is None:
            return
        utterance, self._utterance = self._utterance, None
        self._worker.feed(utterance, bytes(round(TAIL_S * RATE_HZ) * 2))
        self._worker.end(utterance)

    async def _push_heard(self) -> None:
        while True:
            heard, number = await self._heard.get()
            if heard.problem is not None:
                await self.push_error(heard.problem.sentence, exception=SpeechError(heard.problem))
            text = spelled(heard.text)
            if not text:
                continue
            if heard.is_final:
                final = TranscriptionFrame(
                    text, self._user_id, time_now_iso8601(), Language.EN, finalized=True
                )
                mark_utterance(final, number)
                await self.push_frame(final)
                await self.emit_stt_usage_metrics()
            else:
                interim = InterimTranscriptionFrame(
                    text, self._user_id, time_now_iso8601(), Language.EN
                )
                mark_utterance(interim, number)
                await self.push_frame(interim)

    def _at_16_khz(self, frame: InputAudioRawFrame) -> bytes:
        if frame.sample_rate == RATE_HZ:
            return frame.audio
        if self._resampler is None:
            self._resampler = soxr.ResampleStream(
                frame.sample_rate, RATE_HZ, 1, dtype="int16", quality="HQ"
            )
        samples = np.frombuffer(frame.audio[: len(frame.audio) & ~1], np.int16)
        return bytes(self._resampler.resample_chunk(samples).tobytes())

    def _teach(self, worker: SphinxWorker) -> None:
        try:
            worker.teach(pronunciations(self._own_words))
        except SpeechError as error:
            logger.warning("PocketSphinx learns no persona words: {}", error)

    async def _let_go(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            if self._utterance is not None:
                worker.drop(self._utterance)
                self._utterance = None
            await asyncio.to_thread(sphinx_worker.release)
        if self._heard_task is not None:
            await self.cancel_task(self._heard_task)
            self._heard_task = None


def spelled(text: str) -> str:
    """The recogniser's lower-case words as a person would write them."""
    words = [
        "I" + word[1:] if word == "i" or word.startswith("i'") else word for word in text.split()
    ]
    joined = " ".join(words)
    return joined[:1].upper() + joined[1:]
