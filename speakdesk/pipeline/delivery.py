# mypy: disable-error-code="no-untyped-call"
"""The speaking half of a voice: Pipecat's outgoing frames, let out at real time by the mouth.

What was really said is known here and nowhere else, so the bot's own lines come from here, and
what an interruption cut off never reaches the conversation.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import numpy as np
from pipecat.frames.frames import (
    AggregatedTextFrame,
    BotStartedSpeakingFrame,
    BotStoppedSpeakingFrame,
    CancelFrame,
    EndFrame,
    Frame,
    FunctionCallsStartedFrame,
    InterruptionFrame,
    LLMAssistantPushAggregationFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    OutputAudioRawFrame,
    OutputTransportReadyFrame,
    StartFrame,
    SystemFrame,
    TTSAudioRawFrame,
    TTSStoppedFrame,
    TTSTextFrame,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor

from speakdesk.domain.events import Event
from speakdesk.pipeline.lines import BotLines, OutgoingLine
from speakdesk.pipeline.models import loudness
from speakdesk.pipeline.mouth import STALL_S, Mouth
from speakdesk.pipeline.resampling import StreamResampler
from speakdesk.pipeline.yielding import Yielding

# Speech that cannot leave because the socket is gone waits this long for the next one.
DETACHED_PATIENCE_S = 5.0
# A hold that nobody decided about ends after this.
LONGEST_HOLD_S = 6.0


class MeetingOutput(FrameProcessor):
    """Lets sound out through `send(pcm)` at real time; everything else keeps its place in it.

    While there is no wire, sound waits up to `DETACHED_PATIENCE_S` and is then given up.
    `on_first_sound` is called as the first sound of an utterance leaves; `on_silent`, with the
    seconds that are still on the wire, once nothing more of what was begun is to come;
    `on_dropping`, with sound that was made and is dropped, its rate and those seconds.
    """

    def __init__(
        self,
        rate_hz: int,
        *,
        bot_id: str,
        bot_name: str,
        emit: Callable[[Event], None],
        now: Callable[[], float],
    ) -> None:
        super().__init__()
        self.mouth: Mouth[Frame | OutgoingLine] = Mouth(rate_hz)
        self.yielding: Yielding | None = None
        self.on_first_sound: Callable[[], None] | None = None
        self.on_first_audio: Callable[[], None] | None = None
        self.on_silent: Callable[[float], None] | None = None
        self.on_dropping: Callable[[bytes, int, float], None] | None = None
        self._lines = BotLines(bot_id, bot_name, emit)
        self._now = now
        self._send: Callable[[bytes], Awaitable[None]] | None = None
        self._flush_wire: Callable[[], Awaitable[None]] | None = None
        self._resampler = StreamResampler(rate_hz, rate_hz)
        self._unrecorded = ""
        self._is_speaking = False
        self._is_answering = False
        self._is_looking_up = False
        self._give_up_at_s: float | None = None
        self._held_until_s: float | None = None
        self._last_sound_s = float("-inf")
        self._level = 0.0
        self._level_at_s = float("-inf")
        self._wake = asyncio.Event()
        self._pacer: asyncio.Task[None] | None = None

    # What others ask

    @property
    def is_speaking(self) -> bool:
        """True from the first sound of an utterance until its last has left."""
        return self._is_speaking or bool(self.mouth.pending)

    @property
    def is_answering(self) -> bool:
        """True while an answer of the model is on its way out."""
        return self._is_answering

    def thinking(self, is_thinking: bool) -> None:
        """The model has been asked; its answer ends with its end frame or an interruption."""
        self._is_answering = is_thinking

    def level(self) -> float:
        """How loud the bot speaks now, 0..1."""
        return self._level if self._now() - self._level_at_s < 0.2 else 0.0

    def take_unrecorded(self) -> str:
        """The spoken part of the sentence that was cut off, once."""
        text, self._unrecorded = self._unrecorded, ""
        return text

    # The wire

    def open_wire(
        self,
        rate_hz: int,
        send: Callable[[bytes], Awaitable[None]],
        flush_wire: Callable[[], Awaitable[None]],
    ) -> None:
        """Sound goes here from now on; what could not leave before goes on where it stopped.

        Another rate than before needs a silent mouth: `cut` first.
        """
        self.mouth.rate_hz = rate_hz
        self._send, self._flush_wire = send, flush_wire
        self._give_up_at_s = None
        self.mouth.new_wire()
        self._wake.set()

    def close_wire(self) -> None:
        """There is no socket."""
        self._send = self._flush_wire = None
        self._wake.set()

    # Holding back

    def hold(self) -> None:
        """Let nothing more out for now."""
        self.mouth.is_held = True
        self._held_until_s = self._now() + LONGEST_HOLD_S
        self._wake.set()

    def release(self) -> None:
        """Go on where it stopped."""
        self.mouth.is_held = False
        self._held_until_s = None
        self._wake.set()

    async def cut(self) -> None:
        """Drop all that is held, end the line with what was said of it."""
        was_busy = self.is_speaking or self._is_answering or self._is_looking_up
        cut_off = self._lines.cut(self.mouth.queued, self.mouth.sent)
        self._unrecorded = f"{self._unrecorded} {cut_off}".strip()
        if self.on_dropping is not None and (held := self.mouth.held()):
            self.on_dropping(held, self.mouth.rate_hz, self.mouth.on_wire_s(self._now()))
        waiting = self.mouth.drop()
        self._resampler.clear()
        self._is_answering = self._is_looking_up = False
        self._give_up_at_s = None
        self.release()
        if self.yielding is not None:
            self.yielding.reset()
        if self._flush_wire is not None and self.mouth.on_wire_s(self._now()):
            await self._flush_wire()
        for mark in waiting:
            if isinstance(mark, Frame) and not mark.interruptible:
                await self.push_frame(mark)
        await self._stopped_speaking()
        if was_busy:
            self._tell_silence()

    # Pipecat

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Queue sound and everything that must keep its place in it; the rest goes straight on."""
        await super().process_frame(frame, direction)
        if isinstance(frame, StartFrame):
            await self.push_frame(frame, direction)
            self._pacer = self.create_task(self._pace(), "pacer")
            await self.push_frame(OutputTransportReadyFrame(), FrameDirection.UPSTREAM)
        elif isinstance(frame, InterruptionFrame):
            await self.cut()
            await self.push_frame(frame, direction)
        elif isinstance(frame, (EndFrame, CancelFrame)):
            await self._stop_pacer()
            await self.cut()
            await self.push_frame(frame, direction)
        elif isinstance(frame, SystemFrame) or direction is FrameDirection.UPSTREAM:
            if isinstance(frame, FunctionCallsStartedFrame):
                self._is_looking_up = True
            await self.push_frame(frame, direction)
        elif isinstance(frame, OutputAudioRawFrame):
            self._take_sound(frame)
        else:
            self._take_mark(frame)

    async def cleanup(self) -> None:
        """Stop letting sound out."""
        await super().cleanup()
        await self._stop_pacer()

    async def _stop_pacer(self) -> None:
        if self._pacer is not None:
            pacer, self._pacer = self._pacer, None
            await self.cancel_task(pacer)

    def _take_sound(self, frame: OutputAudioRawFrame) -> None:
        if self.on_first_audio is not None and not self.is_speaking:
            self.on_first_audio()
        rate_hz = self.mouth.rate_hz
        if (frame.sample_rate, rate_hz) != (self._resampler.in_hz, self._resampler.out_hz):
            self.mouth.add(self._resampler.flush())
            self._resampler = StreamResampler(frame.sample_rate, rate_hz)
        if isinstance(frame, TTSAudioRawFrame):
            self._begin_clock()
        pcm = frame.audio
        if frame.num_channels == 2:
            pcm = np.frombuffer(pcm, np.int16)[::2].tobytes()
        self.mouth.add(self._resampler.convert(pcm[: len(pcm) & ~1]))
        self._last_sound_s = self._now()
        self._wake.set()

    def _begin_clock(self) -> None:
        # Services count the times of words from the moment they hand on a line's first sound,
        # and hand on the words known by then just before it (TTSService.start_word_timestamps).
        line = self._lines.open(self.mouth.queued, self.mouth.rate_hz)
        if line.clock_base is None:
            line.clock_base = (self.get_clock().get_time(), self.mouth.queued)

    def _take_mark(self, frame: Frame) -> None:
        if isinstance(frame, LLMFullResponseStartFrame):
            self._is_answering, self._is_looking_up = True, False
        queued = self.mouth.queued
        if isinstance(frame, TTSTextFrame) and frame.pts:
            self._begin_clock()
        position = self._lines.position_of(frame.pts, queued) if frame.pts else None
        if isinstance(frame, TTSTextFrame):
            if position is not None:
                self._lines.open(queued, self.mouth.rate_hz).spoken.word(frame.text, position)
            else:
                self._lines.close_sentence(queued)
        elif isinstance(frame, AggregatedTextFrame):
            if frame.will_be_spoken:
                at = queued if position is None else position
                spoken = self._lines.open(queued, self.mouth.rate_hz).spoken
                spoken.announce(frame.text, at, frame.context_id or "")
        elif isinstance(frame, TTSStoppedFrame):
            self._end_sound()
            position = None
            if (line := self._lines.end(self.mouth.queued)) is not None:
                self.mouth.mark(line)
        elif isinstance(frame, (LLMFullResponseEndFrame, LLMAssistantPushAggregationFrame)):
            self.mouth.settle_marks()
            position = None
        self.mouth.mark(frame, position)
        self._wake.set()

    def _end_sound(self) -> None:
        self.mouth.add(self._resampler.flush())
        self.mouth.complete()
        self.mouth.settle_marks()

    # Letting out

    async def _pace(self) -> None:
        while True:
            await self._deliver_marks()
            now_s = self._now()
            await self._give_up_where_due(now_s)
            next_s = self._next_moment_s(now_s)
            if next_s is None or next_s > now_s:
                await self._sleep_until(next_s)
                continue
            pcm = self.mouth.take_chunk(now_s) if self._send is not None else None
            if pcm is not None:
                await self._let_out(pcm)

    def _next_moment_s(self, now_s: float) -> float | None:
        moments: list[float] = []
        if self._held_until_s is not None:
            moments.append(self._held_until_s)
        if self._send is None and self.mouth.pending:
            if self._give_up_at_s is None:
                self._give_up_at_s = now_s + DETACHED_PATIENCE_S
            moments.append(self._give_up_at_s)
        elif (chunk_s := self.mouth.next_chunk_at_s(now_s)) is not None:
            moments.append(chunk_s)
        elif self._is_speaking and not self.mouth.pending:
            moments.append(self._last_sound_s + self.mouth.on_wire_s(now_s) + STALL_S)
        return min(moments, default=None)

    async def _sleep_until(self, moment_s: float | None) -> None:
        is_flowing = (
            self.mouth.has_whole_chunk and self._send is not None and not self.mouth.is_held
        )
        if is_flowing and moment_s is not None:
            # The usual case, 25 times a second: nothing that happens meanwhile makes it earlier.
            await asyncio.sleep(max(0.0, moment_s - self._now()))
            return
        self._wake.clear()
        if moment_s is None:
            await self._wake.wait()
            return
        try:
            async with asyncio.timeout(max(0.0, moment_s - self._now())):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _give_up_where_due(self, now_s: float) -> None:
        if self._held_until_s is not None and now_s >= self._held_until_s:
            self.release()
            if self.yielding is not None:
                self.yielding.give_up()
        if self._give_up_at_s is not None and now_s >= self._give_up_at_s:
            await self.cut()
            await self.broadcast_interruption()
        is_dry = self._is_speaking and not self.mouth.pending
        if is_dry and now_s >= self._last_sound_s + self.mouth.on_wire_s(now_s) + STALL_S:
            # The service never said that it was done.
            self._end_sound()
            if (line := self._lines.end(self.mouth.queued)) is not None:
                self._lines.finish(line, self.mouth.sent)
            await self._stopped_speaking()
            self._tell_silence()

    async def _let_out(self, pcm: bytes) -> None:
        if not self._is_speaking:
            self._is_speaking = True
            await self.broadcast_frame(BotStartedSpeakingFrame)
            if self.on_first_sound is not None:
                self.on_first_sound()
        self._level = max(0.0, loudness(np.frombuffer(pcm, np.int16)) * 2 - 1)
        self._level_at_s = self._last_sound_s = self._now()
        if self._send is not None:
            await self._send(pcm)
        self._lines.progressed(self.mouth.sent, self._now())

    async def _deliver_marks(self) -> None:
        for mark in self.mouth.due_marks():
            if isinstance(mark, OutgoingLine):
                self._lines.finish(mark, self.mouth.sent)
                continue
            if isinstance(mark, TTSTextFrame):
                self._lines.recorded(self.mouth.sent)
            elif isinstance(mark, LLMFullResponseEndFrame):
                self._is_answering = False
            await self.push_frame(mark)
            if isinstance(mark, TTSStoppedFrame) and not self.mouth.pending:
                await self._stopped_speaking()
            if isinstance(mark, (TTSStoppedFrame, LLMFullResponseEndFrame)):
                self._tell_silence()

    async def _stopped_speaking(self) -> None:
        if self._is_speaking:
            self._is_speaking = False
            await self.broadcast_frame(BotStoppedSpeakingFrame)

    def _tell_silence(self) -> None:
        is_busy = self.is_speaking or self._is_answering or self._is_looking_up
        if self.on_silent is not None and not is_busy:
            self.on_silent(self.mouth.on_wire_s(self._now()))
