# mypy: disable-error-code="no-untyped-call"
"""Ears that tell what a recording says was heard: Pipecat's base class over a script."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator

from pipecat.frames.frames import (
    Frame,
    InterimTranscriptionFrame,
    StartFrame,
    TranscriptionFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.services.settings import STTSettings
from pipecat.services.stt_latency import (
    DEEPGRAM_TTFS_P99,
    DEFAULT_TTFS_P99,
    GLADIA_TTFS_P99,
    OPENAI_TTFS_P99,
)
from pipecat.services.stt_service import STTService
from pipecat.utils.time import time_now_iso8601

from speakdesk.pipeline.offline.sphinx import TTFS_P99_S
from speakdesk.pipeline.replay.script import Prompter, Words
from speakdesk.pipeline.replay.timeline import Timeline
from speakdesk.pipeline.utterances import mark_utterance, utterance_number

# How long each service of the catalogue may take for its words, as the turn rules know it.
_SLOWEST_WORDS_S = {
    "sphinx": TTFS_P99_S,
    "deepgram": DEEPGRAM_TTFS_P99,
    "gladia": GLADIA_TTFS_P99,
    "openai": OPENAI_TTFS_P99,
}
# Services that say that a transcript is the last one of an utterance.
_FINALIZING = frozenset({"sphinx", "deepgram", "openai"})
# Services that are given only what the voice detection takes for speech.
_SEGMENTED = frozenset({"sphinx", "openai"})
_SEGMENT_MARGIN_S = 0.5
_SEGMENTS_KEPT = 16
# Words told this soon after the end of speech came while it still went on.
_STREAMED_S = 0.1
_LONGEST_UTTERANCE_S = 5.0


class RecordedEars(STTService):
    """Tells the recorded words when they were told then.

    Where today's voice detection still hears the utterance at that time, they follow its end as
    far behind as they did then. What it does not hear at all, a service that depends on it does not
    tell.
    """

    def __init__(self, prompter: Prompter, timeline: Timeline) -> None:
        key = prompter.script.stt_key
        super().__init__(
            ttfs_p99_latency=_SLOWEST_WORDS_S.get(key, DEFAULT_TTFS_P99),
            settings=STTSettings(model="recorded", language=None),
        )
        self._prompter = prompter
        self._timeline = timeline
        self._is_finalizing = key in _FINALIZING
        self._is_segmented = key in _SEGMENTED
        self._voice_since_s: float | None = None
        self._voice_number: int | None = None
        self._voiced_s: deque[tuple[float, float, int | None]] = deque(maxlen=_SEGMENTS_KEPT)
        self._untold = 0
        self._voice_ended = asyncio.Event()
        self._telling: asyncio.Task[None] | None = None

    async def run_stt(self, audio: bytes) -> AsyncGenerator[Frame | None, None]:
        """Nothing: the words come by the clock."""
        return
        yield

    async def start(self, frame: StartFrame) -> None:
        """Begin to tell."""
        await super().start(frame)
        if self._telling is None:
            self._telling = self.create_task(self._tell_all(), "recorded words")

    async def cleanup(self) -> None:
        """Tell no more."""
        await super().cleanup()
        telling, self._telling = self._telling, None
        if telling is not None:
            await self.cancel_task(telling)

    async def _handle_vad_user_started_speaking(self, frame: VADUserStartedSpeakingFrame) -> None:
        await super()._handle_vad_user_started_speaking(frame)
        self._voice_since_s = self._timeline.now_s() - frame.start_secs
        self._voice_number = utterance_number(frame)
        self._voice_ended.clear()

    async def _handle_vad_user_stopped_speaking(self, frame: VADUserStoppedSpeakingFrame) -> None:
        await super()._handle_vad_user_stopped_speaking(frame)
        if self._voice_since_s is not None:
            self._voiced_s.append((self._voice_since_s, self._timeline.now_s(), self._voice_number))
            self._untold += 1
        self._voice_since_s = None
        self._voice_ended.set()

    async def _tell_all(self) -> None:
        for words in self._prompter.script.words:
            await self._timeline.until(words.told_s)
            if words.is_final:
                await self._tell_final(words)
            else:
                await self.push_frame(InterimTranscriptionFrame(words.text, "", time_now_iso8601()))

    async def _tell_final(self, words: Words) -> None:
        behind_s = words.told_s - words.until_s
        is_streamed = behind_s < _STREAMED_S
        if not is_streamed and self._hears_still(words):
            try:
                async with asyncio.timeout(_LONGEST_UTTERANCE_S):
                    await self._voice_ended.wait()
            except TimeoutError:
                behind_s = 0.0
            await asyncio.sleep(behind_s)
        self._prompter.words_told += 1
        if self._is_segmented and not self._was_heard(words):
            return
        self._untold = max(0, self._untold - 1)
        final = TranscriptionFrame(words.text, "", time_now_iso8601())
        final.finalized = self._is_finalizing and not is_streamed
        if self._is_segmented and not self._hears_still(words):
            mark_utterance(final, self._number_of(words))
        await self.push_frame(final)

    def _was_heard(self, words: Words) -> bool:
        """Whether there was a voice that these words may be of; a slow service tells them late."""
        if self._untold or self._hears_still(words):
            return True
        return any(
            since_s < words.until_s + _SEGMENT_MARGIN_S
            and words.since_s - _SEGMENT_MARGIN_S < until_s
            for since_s, until_s, _ in self._voiced_s
        )

    def _number_of(self, words: Words) -> int | None:
        """The utterance that was going on where these words are said to end."""
        return next(
            (
                number
                for since_s, until_s, number in reversed(self._voiced_s)
                if since_s < words.until_s < until_s + _SEGMENT_MARGIN_S
            ),
            None,
        )

    def _hears_still(self, words: Words) -> bool:
        return self._voice_since_s is not None and self._voice_since_s < words.until_s
