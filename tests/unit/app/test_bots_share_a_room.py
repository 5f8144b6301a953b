"""Two bots in the practice room, over real sockets, take turns."""

from __future__ import annotations

import wave
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from pipecat.frames.frames import Frame, TTSAudioRawFrame, VADUserStoppedSpeakingFrame

from speakdesk.app.desk import Desk
from speakdesk.domain.bot import BotState
from speakdesk.domain.events import Event, FloorChanged, LineFinal
from speakdesk.domain.launch import FloorPlace, Launch
from speakdesk.domain.meeting import PRACTICE_LINK
from speakdesk.domain.speech import SpeechWish
from speakdesk.domain.turns import TurnDetection, TurnRules
from speakdesk.pipeline.build import PipecatVoice, build_voice
from speakdesk.pipeline.contract import VoiceOrder
from speakdesk.store.paths import Paths
from tests.fixtures.meeting import Answers, Heard, Tones
from tests.standins.desk import Seen

# Each bot's sound is flat, at a height of its own: in the recording two at once are a third height.
_OFFLINE = SpeechWish(stt="sphinx", llm="notes", tts="espeak")
HEIGHTS = {"Ada": 3000, "Marco": 8000}


class Flat(Tones):
    """Says everything as half a second at one height."""

    def __init__(self, height: int) -> None:
        super().__init__(16000)
        self._piece = np.full(8000, height, np.int16).tobytes()

    async def run_tts(self, text: str, context_id: str) -> AsyncGenerator[Frame | None, None]:
        self.said.append(text)
        yield TTSAudioRawFrame(self._piece, 16000, 1, context_id=context_id)


class Ears(Heard):
    """Hears what the person in the room just said, once."""

    said = ""

    def __init__(self) -> None:
        super().__init__([])
        self._known = ""

    async def process_frame(self, frame: Frame, direction: object) -> None:
        if isinstance(frame, VADUserStoppedSpeakingFrame):
            self.lines = [] if Ears.said == self._known else [Ears.said]
            self._known = Ears.said
        await super().process_frame(frame, direction)  # type: ignore[arg-type]


def voice(order: VoiceOrder, emit: Callable[[Event], None]) -> PipecatVoice:
    def services() -> tuple[Ears, Answers, Flat]:
        return Ears(), Answers([f"I am {order.bot_name}."]), Flat(HEIGHTS[order.bot_name])

    rules = TurnRules(detection=TurnDetection.SILENCE, silence_s=0.7)
    return build_voice(replace(order, turns=rules), emit, services)


async def test_they_greet_and_answer_one_at_a_time(tmp_path: Path) -> None:
    Ears.said = ""
    desk = Desk(Paths.inside(tmp_path), build_voice=voice)
    seen = Seen()
    await desk.open()
    desk.bus.subscribe(seen)
    try:
        ids = await desk.launch(
            Launch(
                PRACTICE_LINK,
                ("interviewer", "interviewer"),
                names=("Ada", "Marco"),
                greeting="Hello.",
                speech=_OFFLINE,
            )
        )
        await desk.practice.record(tmp_path / "room.wav")
        for bot in ids:
            await seen.state(BotState.IN_CALL, bot)
        await seen.until(lambda _: len(_spoken(seen)) == 2)
        Ears.said = "What do you all think of it?"
        await desk.practice.say(Ears.said)
        await seen.until(lambda _: len(_spoken(seen)) == 4)
        Ears.said = "And what about you Marco?"
        await desk.practice.say(Ears.said)
        await seen.until(lambda _: len(_spoken(seen)) == 5)
        spoken = _spoken(seen)
        assert sorted(spoken[:2]) == [("Ada", "Hello."), ("Marco", "Hello.")]
        assert spoken[2:] == [
            ("Ada", "I am Ada."),
            ("Marco", "I am Marco."),
            ("Marco", "I am Marco."),
        ]
        floors = [e for e in seen.events if isinstance(e, FloorChanged)]
        assert any(e.bot_id and e.waiting for e in floors)
        assert [desk.bots[bot].floor for bot in ids] == [FloorPlace.FREE] * 2
        await desk.practice.room.stop_recording()
    finally:
        await desk.close()
    heights = _heights(tmp_path / "room.wav")
    assert max(HEIGHTS.values()) - 10 < heights.max() < max(HEIGHTS.values()) + 100


def _spoken(seen: Seen) -> list[tuple[str, str]]:
    return [(e.speaker, e.text) for e in seen.events if isinstance(e, LineFinal) and e.is_bot]


def _heights(path: Path) -> np.ndarray:  # type: ignore[type-arg]
    with wave.open(str(path)) as wav:
        samples = np.frombuffer(wav.readframes(wav.getnframes()), np.int16)
    return samples.reshape(-1, 2)[:, 1]
