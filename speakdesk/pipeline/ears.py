# mypy: disable-error-code="no-untyped-call"
"""The hearing half of a voice: meeting sound into Pipecat frames, with the VAD in front.

The VAD sits before the STT service, so that a service that hangs cannot keep the bot from noticing
that somebody speaks.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from pipecat.audio.vad.vad_controller import VADController
from pipecat.frames.frames import (
    CancelFrame,
    EndFrame,
    Frame,
    InputAudioRawFrame,
    StartFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor, FrameProcessorSetup

from speakdesk.pipeline.models import PIPELINE_RATE_HZ, SharedSileroAnalyzer, loudness
from speakdesk.pipeline.resampling import StreamResampler
from speakdesk.pipeline.roster import RosterBook
from speakdesk.pipeline.sound_clock import SoundClock
from speakdesk.pipeline.utterances import Utterance, Utterances, mark_utterance

SHORTEST_FRAME_S = 0.04
LONGEST_FRAME_S = 0.1
AUDIO_IDLE_S = 1.0
# How much sound from before the roster named a speaker is still his.
PRE_ROLL_S = 0.2
UTTERANCE_MARGIN_S = 0.3
# The latest piece of an utterance that still goes on.
PRESENT_S = 0.3


class Hearing:
    """What is and was heard and whose it is; times are monotonic seconds from `now`, the sound's.

    `sibling_at` tells which other bot of this desk was sounding through most of a span, for a
    meeting that does not show who speaks.
    """

    def __init__(
        self,
        roster: RosterBook,
        now: Callable[[], float],
        sibling_at: Callable[[float, float], str] | None = None,
    ) -> None:
        self._roster = roster
        self._now = now
        self._sibling_at = sibling_at
        self._utterances = Utterances()

    def begin(self, start_s: float) -> int:
        """Somebody has been speaking since `start_s`; returns the number of what they say."""
        return self._utterances.begin(start_s).number

    def end(self, end_s: float) -> int:
        """They stopped at `end_s`; returns the number of what they said."""
        self._utterances.end(end_s)
        return self._utterances.last.number

    @property
    def since_s(self) -> float:
        """When the present or last utterance began."""
        return self._utterances.last.since_s

    @property
    def until_s(self) -> float:
        """When the last utterance ended; now, where it still goes on."""
        return self._end_of(self._utterances.last)

    def span_of(self, words: Frame) -> tuple[float, float]:
        """From when to when that was said which these words are of; now, where it goes on."""
        utterance = self._of(words)
        return utterance.since_s, self._end_of(utterance)

    def speaker(self, words: Frame | None = None) -> str:
        """Whose these words are; without any, whose the present or last utterance is."""
        utterance = self._of(words)
        since_s = max(utterance.since_s, self._now() - 60) - UTTERANCE_MARGIN_S
        return self._roster.speaker(since_s, max(self._end_of(utterance), since_s))

    def sibling(self, words: Frame | None = None) -> str:
        """The other bot of this desk whose words these are; empty where they are a person's.

        Without any it is about the present or last utterance.
        """
        utterance = self._of(words)
        is_going_on = utterance.end_s is None
        if is_going_on and self._roster.a_person_speaks:
            return ""
        since_s, until_s = utterance.since_s - UTTERANCE_MARGIN_S, self._end_of(utterance)
        if is_going_on and self._roster.only_siblings_speak:
            since_s = max(since_s, until_s - PRESENT_S)
        if name := self._roster.sibling_between(since_s, until_s):
            return name
        if self._sibling_at is None or self._roster.speakers_between(since_s, until_s):
            return ""
        if is_going_on:
            # Somebody may have cut in since: only what is heard at this moment counts.
            return self._sibling_at(max(utterance.since_s, until_s - PRESENT_S), until_s)
        return self._sibling_at(utterance.since_s, until_s)

    def may_yield(self) -> bool:
        """True where the one who speaks now may make the bot fall silent."""
        return not self._roster.only_siblings_speak

    def _of(self, words: Frame | None) -> Utterance:
        utterances = self._utterances
        return utterances.last if words is None else utterances.of(words, self._now())

    def _end_of(self, utterance: Utterance) -> float:
        return self._now() if utterance.end_s is None else utterance.end_s


class MeetingInput(FrameProcessor):
    """Takes PCM of any size at the wire's rate and pushes frames of 40-100 ms at 16 kHz."""

    def __init__(
        self,
        analyzer: SharedSileroAnalyzer,
        hearing: Hearing,
        roster: RosterBook,
        now: Callable[[], float],
        sound: SoundClock,
    ) -> None:
        super().__init__()
        self._hearing = hearing
        self._roster = roster
        self._now = now
        self._sound = sound
        self._is_open = False
        self._resampler = StreamResampler(PIPELINE_RATE_HZ, PIPELINE_RATE_HZ)
        self._rate_hz = PIPELINE_RATE_HZ
        self._pcm = b""
        self._withheld = b""
        self._level = 0.0
        self._level_at_s = float("-inf")
        self._vad = VADController(analyzer, audio_idle_timeout=AUDIO_IDLE_S)
        self._vad_start_s = analyzer.params.start_secs
        self._vad_stop_s = analyzer.params.stop_secs
        self._vad.add_event_handler("on_speech_started", self._on_started)
        self._vad.add_event_handler("on_speech_stopped", self._on_stopped)
        self._vad.add_event_handler("on_broadcast_frame", self._on_broadcast)

    def open_wire(self, rate_hz: int) -> None:
        """A new socket, or the present one's real rate: the sound that follows is a new stream."""
        if rate_hz != self._resampler.in_hz:
            self._resampler = StreamResampler(rate_hz, PIPELINE_RATE_HZ)
        else:
            self._resampler.clear()
        self._pcm = self._withheld = b""
        self._rate_hz = rate_hz
        self._sound.restart()

    def level(self) -> float:
        """How loud it is now, 0..1."""
        return self._level if self._now() - self._level_at_s < 0.25 else 0.0

    async def setup(self, setup: FrameProcessorSetup) -> None:  # type: ignore[override]
        """Set up the VAD with the pipeline."""
        await super().setup(setup)
        await self._vad.setup(setup)

    async def cleanup(self) -> None:
        """Stop the VAD's watch over a silent wire."""
        await super().cleanup()
        await self._vad.cleanup()

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Pass everything on; begin and end with the pipeline."""
        await super().process_frame(frame, direction)
        await self.push_frame(frame, direction)
        if isinstance(frame, StartFrame):
            await self._vad.start()
            self._is_open = True
        elif isinstance(frame, (EndFrame, CancelFrame)):
            self._is_open = False
            await self._vad.stop()

    async def hear(self, pcm: bytes) -> bool:
        """Sound of the meeting, whole samples at the wire's rate; True where it is not silence."""
        samples = np.frombuffer(pcm, np.int16)
        self._sound.heard(len(samples) / self._rate_hz)
        level = loudness(samples)
        # -110..-10 dB is a span for measuring; a meter shows the upper half.
        self._level, self._level_at_s = max(0.0, level * 2 - 1), self._now()
        is_sound = level > 0.35
        if not self._is_open:
            return is_sound
        self._pcm += self._resampler.convert(pcm)
        shortest = round(SHORTEST_FRAME_S * PIPELINE_RATE_HZ) * 2
        longest = round(LONGEST_FRAME_S * PIPELINE_RATE_HZ) * 2
        while len(self._pcm) >= shortest:
            piece, self._pcm = self._pcm[:longest], self._pcm[longest:]
            await self._hear_piece(piece)
        return is_sound

    async def _hear_piece(self, pcm: bytes) -> None:
        if self._roster.is_own_echo(self._sound.now()):
            keep = round(PRE_ROLL_S * PIPELINE_RATE_HZ) * 2
            self._withheld = (self._withheld + pcm)[-keep:]
            # Silence in its place: whoever spoke before has stopped, and services keep their time.
            await self._push(bytes(len(pcm)))
            return
        if self._withheld:
            # The roster lags behind the sound: the first word of whoever it names is in here.
            withheld, self._withheld = self._withheld, b""
            if self._roster.speaking:
                await self._push(withheld)
        await self._push(pcm)

    async def _push(self, pcm: bytes) -> None:
        frame = InputAudioRawFrame(audio=pcm, sample_rate=PIPELINE_RATE_HZ, num_channels=1)
        await self.push_frame(frame)
        await self._vad.process_frame(frame)

    async def _on_started(self, _: VADController) -> None:
        frame = VADUserStartedSpeakingFrame(start_secs=self._vad_start_s)
        mark_utterance(frame, self._hearing.begin(self._sound.now() - self._vad_start_s))
        await self.push_frame(frame)

    async def _on_stopped(self, _: VADController) -> None:
        frame = VADUserStoppedSpeakingFrame(stop_secs=self._vad_stop_s)
        mark_utterance(frame, self._hearing.end(self._sound.now() - self._vad_stop_s))
        await self.push_frame(frame)

    async def _on_broadcast(
        self, _: VADController, frame_class: type[Frame], **fields: object
    ) -> None:
        await self.push_frame(frame_class(**fields))
