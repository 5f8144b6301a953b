"""A voice over services with manners of their own: timed words, slow sound, tools, silence."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace

import numpy as np
import pytest
from pipecat.frames.frames import (
    Frame,
    FunctionCallFromLLM,
    LLMContextFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    TTSAudioRawFrame,
)
from pipecat.processors.frame_processor import FrameDirection
from pipecat.services.settings import TTSSettings
from pipecat.services.tts_service import TTSService

from speakdesk.domain.errors import Reason, Stage
from speakdesk.pipeline.build import PipecatVoice
from tests.fixtures.meeting import Answers, Meeting, Tones, meeting
from tests.fixtures.virtual_time import play

QUESTION = "Could you tell us what the plan is for today?"
ANSWER = "We begin with the numbers and end with the names. Then there is lunch for everybody."


def _tone(seconds: float, rate_hz: int) -> bytes:
    wave = 8000 * np.sin(np.arange(round(seconds * rate_hz)) * 0.11)
    return bytes(wave.astype(np.int16).tobytes())


class TimedWords(TTSService):
    """Tells when each word is spoken, a third of a second apart, as some vendors do."""

    def __init__(self) -> None:
        super().__init__(
            push_text_frames=False,
            push_start_frame=True,
            push_stop_frames=True,
            sample_rate=24000,
            settings=TTSSettings(model="timed", voice="tone", language=None),
        )
        self._so_far: dict[str, int] = {}

    async def run_tts(self, text: str, context_id: str) -> AsyncGenerator[Frame | None, None]:
        words = text.split()
        before = self._so_far.get(context_id, 0)
        self._so_far[context_id] = before + len(words)
        timed = [(word, (before + i) / 3) for i, word in enumerate(words)]
        await self.add_word_timestamps(timed, context_id)
        for _ in words:
            yield TTSAudioRawFrame(_tone(1 / 3, 24000), 24000, 1, context_id=context_id)


class SlowTones(Tones):
    """Makes its sound in pieces, now and then slower than it is spoken."""

    async def run_tts(self, text: str, context_id: str) -> AsyncGenerator[Frame | None, None]:
        self.said.append(text)
        for i in range(10):
            await asyncio.sleep(0.4 if i == 5 else 0.05)
            yield TTSAudioRawFrame(_tone(0.2, 24000), 24000, 1, context_id=context_id)


class AsksForTheTime(Answers):
    """Uses a tool first and answers then."""

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        if isinstance(frame, LLMContextFrame) and not self.asked:
            self.asked.append([])
            await self.push_frame(LLMFullResponseStartFrame())
            call = FunctionCallFromLLM(
                function_name="time",
                tool_call_id="1",
                arguments={"place": "UTC"},
                context=frame.context,
            )
            await self.run_function_calls([call])
            await self.push_frame(LLMFullResponseEndFrame())
            return
        await super().process_frame(frame, direction)


def _with(room: Meeting, **parts: object) -> Meeting:
    triple = (parts.get("stt", room.stt), parts.get("llm", room.llm), parts.get("tts", room.tts))
    order = room.voice._order
    if "tools" in parts:
        order = replace(order, tools=("time",))
    room.voice = PipecatVoice(order, room.events.append, lambda: triple)  # type: ignore[arg-type, return-value]
    return room


def test_timed_words_tell_exactly_what_was_said() -> None:
    async def scene() -> None:
        room = _with(meeting(answers=[ANSWER, "Fine."]), tts=TimedWords())
        await room.open()
        await room.say(QUESTION)
        await room.until_speaking()
        await room.until_quiet()
        assert room.bot_lines()[0].text == ANSWER
        await room.close()

    play(scene())


def test_timed_words_that_were_cut_off_are_not_remembered() -> None:
    async def scene() -> None:
        room = _with(meeting(answers=[ANSWER, "Fine."]), tts=TimedWords())
        await room.open()
        await room.say(QUESTION)
        await room.until_speaking()
        await asyncio.sleep(2)
        await room.say("Stop, that is not what I wanted to know from you.")
        await room.until(lambda: len(room.llm.asked) == 2)
        cut = room.bot_lines()[0]
        assert cut.interrupted
        assert ANSWER.startswith(cut.text)
        assert 6 <= len(cut.text.split()) <= 9
        said = [m["content"] for m in room.llm.asked[1] if m["role"] == "assistant"]
        assert said == [cut.text]
        await room.close()

    play(scene())


def test_slow_sound_is_spoken_without_losing_a_sample() -> None:
    async def scene() -> None:
        room = _with(meeting(answers=["Only one sentence here."]), tts=SlowTones())
        await room.open()
        await room.say(QUESTION)
        await room.until_speaking()
        await room.until_quiet(2)
        assert room.sound_sent() / room.rate_hz == pytest.approx(2.0, abs=0.02)
        assert [line.text for line in room.bot_lines()] == ["Only one sentence here."]
        await room.close()

    play(scene())


def test_a_tool_is_used_and_told() -> None:
    async def scene() -> None:
        room = meeting()
        llm = AsksForTheTime(["It is late."])
        room = _with(room, llm=llm, tools=True)
        await room.open()
        await room.say("What time is it in the whole wide world?")
        await room.until_speaking()
        await room.until_quiet()
        assert [(e.tool, e.ok) for e in room.of("tool.called")] == [("time", True)]
        assert room.bot_lines()[0].text == "It is late."
        assert any(m["role"] == "tool" for m in llm.asked[1])
        await room.close()

    play(scene())


def test_a_turn_without_words_is_given_up_and_the_next_one_answered() -> None:
    async def scene() -> None:
        room = meeting()
        await room.open()
        await room.say(QUESTION, heard_as="")
        await asyncio.sleep(7)
        assert room.llm.asked == []
        await room.say(QUESTION)
        await room.until_speaking()
        await room.close()

    play(scene())


def test_a_pipeline_that_ends_by_itself_is_a_problem() -> None:
    async def scene() -> None:
        room = meeting()
        await room.open()
        parts = room.voice._parts
        assert parts is not None
        await parts.worker.cancel(reason="a bug")
        await room.until(lambda: bool(room.of("bot.problem")))
        problem = room.of("bot.problem")[0].problem
        assert (problem.stage, problem.reason) == (Stage.APP, Reason.CRASHED)
        await room.close()

    play(scene())
