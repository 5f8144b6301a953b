"""Moments inside a measured process, in the monotonic clock that all processes share."""

from __future__ import annotations

import time
from typing import Any

from pipecat.frames.frames import (
    Frame,
    InputAudioRawFrame,
    InterruptionFrame,
    VADUserStartedSpeakingFrame,
)
from pipecat.processors.frame_processor import FrameDirection

from tests.standins.instant import InstantLLM, InstantSTT, InstantTTS

_marks: list[dict[str, Any]] = []


def mark(name: str, bot: str) -> None:
    """Note that `name` happened to `bot` now."""
    _marks.append({"name": name, "bot": bot, "at": time.monotonic()})


def take() -> list[dict[str, Any]]:
    """All moments since the last call."""
    out = _marks[:]
    _marks.clear()
    return out


class MarkedSTT(InstantSTT):
    """Notes when it first hears (`hears`) and when the bot notices a voice (`noticed`).

    Noticed is the VAD's start of speech or an interruption, whichever comes first.
    """

    def __init__(self, bot: str) -> None:
        super().__init__()
        self._bot = bot
        self._has_heard = False

    async def process_audio_frame(
        self, frame: InputAudioRawFrame, direction: FrameDirection
    ) -> None:
        """Note the first audio."""
        if not self._has_heard:
            self._has_heard = True
            mark("hears", self._bot)
        await super().process_audio_frame(frame, direction)

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Note that somebody cuts in."""
        if isinstance(frame, VADUserStartedSpeakingFrame | InterruptionFrame):
            mark("noticed", self._bot)
        await super().process_frame(frame, direction)


def services(
    bot: str, answer_s: float, rate_hz: int = 16000
) -> tuple[InstantSTT, InstantLLM, InstantTTS]:
    """The same stand-ins for every subject: ears, mind and mouth of one bot."""
    return MarkedSTT(bot), InstantLLM(), InstantTTS(answer_s, rate_hz)
