# mypy: disable-error-code="no-untyped-call"
"""A mouth that speaks with the recorded sound: Pipecat's base class over a script."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator

from pipecat.frames.frames import Frame, InterruptionFrame, TTSAudioRawFrame
from pipecat.processors.frame_processor import FrameDirection
from pipecat.services.settings import TTSSettings
from pipecat.services.tts_service import TTSService

from speakdesk.pipeline.replay.script import Prompter, SaidLine, Sounding, letters
from speakdesk.pipeline.replay.timeline import Timeline

_LONGEST_STALL_S = 30.0
_SOUND_PIECE_S = 0.1
_LETTERS_A_SECOND = 15
# A greeting may have waited for other bots of the desk; longer than this it is something else.
_LONGEST_WAIT_S = 20.0


class RecordedMouth(TTSService):
    """Says everything with the recorded sound; what was never said then is silence of its length.

    Sound comes all at once, as the pipeline of today lets it out, but for where the service of
    then stalled.
    """

    def __init__(self, prompter: Prompter, timeline: Timeline, rate_hz: int) -> None:
        super().__init__(
            sample_rate=rate_hz,
            push_start_frame=True,
            push_stop_frames=True,
            # A stall of the recorded service is no end of the line.
            stop_frame_timeout_s=_LONGEST_STALL_S,
            settings=TTSSettings(model="recorded", voice="recorded", language=None),
        )
        self._prompter = prompter
        self._timeline = timeline
        self._lines: deque[tuple[Sounding, float]] = deque()
        self._sounding: Sounding | None = None
        self._began_s = 0.0

    def begin(self, line: SaidLine, first_audio_s: float) -> None:
        """The sentences that follow are of this line, whose first sound takes so long to make."""
        self._lines.append((Sounding(line), first_audio_s))

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Forget an answer that is cut off."""
        if isinstance(frame, InterruptionFrame):
            self._lines.clear()
            self._sounding = None
        await super().process_frame(frame, direction)

    async def run_tts(self, text: str, context_id: str) -> AsyncGenerator[Frame | None, None]:
        """The part of the recorded sound that has this text."""
        sounding = self._sounding
        if sounding is None or not sounding.has(text):
            sounding = await self._line_beginning(text)
            self._sounding = sounding
        begin, end = sounding.take(text)
        size = round(_SOUND_PIECE_S * sounding.rate_hz)
        for start in range(begin, end, size):
            stop = min(start + size, end)
            await self._stall(sounding, start, stop)
            pcm = sounding.pcm[start * 2 : stop * 2]
            yield TTSAudioRawFrame(pcm, sounding.rate_hz, 1, context_id=context_id)

    async def _line_beginning(self, text: str) -> Sounding:
        """The line that begins with this text, when its first sound was made then."""
        if self._lines:
            sounding, first_audio_s = self._lines.popleft()
            await asyncio.sleep(first_audio_s)
        elif (line := self._prompter.line_of(text)) is not None:
            sounding = Sounding(line)
            latest_s = self._timeline.now_s() + _LONGEST_WAIT_S
            await self._timeline.until(min(line.since_s, latest_s))
        elif self._sounding is not None and not self._sounding.is_over:
            # The same line, spelled otherwise.
            return self._sounding
        else:
            samples = round(letters(text) / _LETTERS_A_SECOND * self.sample_rate)
            silence = bytes(samples * 2)
            sounding = Sounding(SaidLine(0.0, text, silence, self.sample_rate))
        self._began_s = self._timeline.now_s()
        return sounding

    async def _stall(self, sounding: Sounding, start: int, stop: int) -> None:
        before_s = 0.0
        for pause in sounding.pauses:
            if start <= pause.sample < stop:
                played_s = pause.sample / sounding.rate_hz
                await self._timeline.until(self._began_s + played_s + before_s + pause.seconds)
            before_s += pause.seconds
