"""Turns Pipecat's frames into our events: people's lines as they are heard, and each turn's times.

One observer per bot; it looks a frame's type up in a table and lets nearly all of them pass. Lines
of this desk's other bots are marked as a bot's. The bot's own lines come from `delivery.py`,
troubles from `services/watch.py`.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from pipecat.frames.frames import (
    Frame,
    FunctionCallsStartedFrame,
    InterimTranscriptionFrame,
    InterruptionFrame,
    LLMTextFrame,
    TranscriptionFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.observers.base_observer import BaseObserver, FramePushed

from speakdesk.domain.clock import utc_now
from speakdesk.domain.events import Event, LineFinal, LinePartial, TurnTimed
from speakdesk.pipeline.ears import Hearing
from speakdesk.pipeline.turn_taking import TurnTaking


@dataclass(slots=True)
class _Moments:
    """When each stage of the present turn was reached, in monotonic seconds."""

    speech_end: float | None = None
    decided: float | None = None
    transcript: float | None = None
    asked: float | None = None
    first_token: float | None = None
    first_audio: float | None = None


class TurnClock:
    """Measures one answer after another; a turn that is never answered leaves no event."""

    def __init__(
        self, bot_id: str, emit: Callable[[Event], None], now: Callable[[], float]
    ) -> None:
        self._bot_id = bot_id
        self._emit = emit
        self._now = now
        self._moments = _Moments()
        self._turn = 0

    def speech_ended(self, ago_s: float) -> None:
        """Somebody stopped speaking `ago_s` seconds ago."""
        if self._moments.asked is None:
            self._moments = _Moments(speech_end=self._now() - ago_s)

    def decided(self) -> None:
        """The turn is over as far as its sound can tell."""
        if self._moments.first_token is None:
            self._moments.decided = self._now()

    def transcribed(self) -> None:
        """The words are there."""
        if self._moments.first_token is None:
            self._moments.transcript = self._now()

    def asked(self) -> None:
        """The model has the question."""
        if self._moments.asked is None:
            self._moments.asked = self._now()

    def first_token(self) -> None:
        """The model begins to answer."""
        if self._moments.asked is not None and self._moments.first_token is None:
            self._moments.first_token = self._now()

    def first_audio(self) -> None:
        """The voice has its first sound."""
        if self._moments.first_token is not None and self._moments.first_audio is None:
            self._moments.first_audio = self._now()

    def waited(self) -> None:
        """The model is asked now that the floor is free: a wait for others is not timed."""
        self._moments = _Moments(asked=self._now())

    def interrupted(self) -> None:
        """The answer is off."""
        if self._moments.asked is not None:
            self._moments = _Moments()

    def first_sound(self) -> None:
        """The first sound of an utterance left; where it answers somebody, that turn is timed."""
        moments = self._moments
        if moments.first_token is None:
            return
        self._moments = _Moments()
        if moments.speech_end is None:
            return
        self._turn += 1
        on_wire = self._now()
        reached = moments.speech_end
        stages: list[float | None] = []
        for moment in (
            moments.decided,
            moments.transcript,
            moments.first_token,
            moments.first_audio,
            on_wire,
        ):
            if moment is None:
                stages.append(None)
                continue
            # The words may be there before the turn is decided: that stage then takes no time.
            stages.append(round(max(0.0, moment - reached) * 1000, 1))
            reached = max(reached, moment)
        self._emit(
            TurnTimed(
                bot_id=self._bot_id,
                turn=self._turn,
                turn_decided_ms=stages[0],
                transcript_ms=stages[1],
                first_token_ms=stages[2],
                first_audio_ms=stages[3],
                on_wire_ms=stages[4],
                total_ms=round((on_wire - moments.speech_end) * 1000, 1),
            )
        )


class VoiceObserver(BaseObserver):
    """Follows one bot's pipeline from outside."""

    def __init__(
        self,
        bot_id: str,
        emit: Callable[[Event], None],
        hearing: Hearing,
        clock: TurnClock,
        now: Callable[[], float],
        turns: TurnTaking,
    ) -> None:
        super().__init__(observe_every_push=False)
        self._turns = turns
        self._bot_id = bot_id
        self._emit = emit
        self._hearing = hearing
        self._clock = clock
        self._now = now
        self._line_id = ""
        self._told_until_s = float("-inf")
        self._handlers: dict[type[Frame], Callable[[Frame], None]] = {
            VADUserStoppedSpeakingFrame: self._on_voice_stopped,
            InterimTranscriptionFrame: self._on_words,
            TranscriptionFrame: self._on_words,
            LLMTextFrame: self._on_token,
            FunctionCallsStartedFrame: self._on_lookup,
            InterruptionFrame: self._on_interruption,
        }

    async def on_push_frame(self, data: FramePushed) -> None:
        """Handle the few frames that mean something."""
        handler = self._handlers.get(type(data.frame))
        if handler is not None:
            handler(data.frame)

    def _on_voice_stopped(self, frame: Frame) -> None:
        if isinstance(frame, VADUserStoppedSpeakingFrame):
            self._clock.speech_ended(frame.stop_secs)

    def _on_token(self, frame: Frame) -> None:
        self._clock.first_token()
        self._turns.working()

    def _on_lookup(self, frame: Frame) -> None:
        self._turns.looking_up()

    def _on_interruption(self, frame: Frame) -> None:
        self._clock.interrupted()

    def _on_words(self, frame: Frame) -> None:
        if not isinstance(frame, (InterimTranscriptionFrame, TranscriptionFrame)):
            return
        text = frame.text.strip()
        if not text:
            return
        self._line_id = self._line_id or uuid.uuid4().hex[:12]
        sibling = self._hearing.sibling(frame)
        line_id, speaker = self._line_id, sibling or self._hearing.speaker(frame)
        # A service may tell one utterance in several pieces; each begins where the last ended.
        began_s, ended_s = self._hearing.span_of(frame)
        since_s = max(began_s, self._told_until_s)
        now_s = self._now()
        since_s = min(max(since_s, now_s - 60), now_s)
        began_at = utc_now() - timedelta(seconds=now_s - since_s)
        if isinstance(frame, InterimTranscriptionFrame):
            self._emit(
                LinePartial(
                    bot_id=self._bot_id,
                    at=began_at,
                    line_id=line_id,
                    speaker=speaker,
                    text=text,
                    is_bot=bool(sibling),
                )
            )
            return
        self._line_id, self._told_until_s = "", min(now_s, ended_s)
        self._clock.transcribed()
        self._emit(
            LineFinal(
                bot_id=self._bot_id,
                at=began_at,
                line_id=line_id,
                speaker=speaker,
                text=text,
                is_bot=bool(sibling),
                seconds=round(max(0.0, ended_s - since_s), 2),
            )
        )
