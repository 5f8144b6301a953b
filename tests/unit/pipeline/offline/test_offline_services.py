"""The three offline services, each in a real Pipecat pipeline."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import soxr
from pipecat.frames.frames import (
    EndFrame,
    ErrorFrame,
    Frame,
    FunctionCallResultFrame,
    InputAudioRawFrame,
    InterimTranscriptionFrame,
    InterruptionFrame,
    LLMContextFrame,
    LLMContextSummaryRequestFrame,
    LLMContextSummaryResultFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    STTMetadataFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    TTSSpeakFrame,
    TTSStartedFrame,
    TTSStoppedFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.workers.runner import WorkerRunner

from speakdesk.domain.errors import SpeechError
from speakdesk.domain.events import Event
from speakdesk.domain.persona import Persona
from speakdesk.pipeline.context import sibling_note
from speakdesk.pipeline.offline import sphinx_worker
from speakdesk.pipeline.offline.brain import NotesLLMService
from speakdesk.pipeline.offline.espeak import EspeakTTSService
from speakdesk.pipeline.offline.sphinx import PocketSphinxSTTService, knows_language, spelled
from speakdesk.pipeline.tools import register_tools
from speakdesk.pipeline.utterances import mark_utterance, utterance_number
from speakdesk.providers import espeak


class Tap(FrameProcessor):
    """Notes every frame that passes, and wakes whoever waits for one."""

    def __init__(self) -> None:
        super().__init__()
        self.frames: list[Frame] = []
        self._changed = asyncio.Condition()

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        async with self._changed:
            self.frames.append(frame)
            self._changed.notify_all()
        await self.push_frame(frame, direction)

    async def until(self, kind: type[Frame], test: Callable[[Any], bool] = bool) -> Any:
        async with asyncio.timeout(30), self._changed:
            while True:
                for frame in self.frames:
                    if isinstance(frame, kind) and (test is bool or test(frame)):
                        return frame
                await self._changed.wait()

    def of(self, kind: type[Frame]) -> list[Any]:
        return [frame for frame in self.frames if isinstance(frame, kind)]


class Line:
    """A running pipeline: tap, the processors under test, tap."""

    def __init__(self, *processors: FrameProcessor) -> None:
        self.before, self.after = Tap(), Tap()
        self.worker = PipelineWorker(
            Pipeline([self.before, *processors, self.after]),
            params=PipelineParams(audio_in_sample_rate=16000, audio_out_sample_rate=24000),
            enable_rtvi=False,
            cancel_on_idle_timeout=False,
        )

    async def __aenter__(self) -> Line:
        started = asyncio.Event()

        async def on_started(*_: object) -> None:
            started.set()

        self.worker.add_event_handler("on_pipeline_started", on_started)
        runner = WorkerRunner(handle_sigint=False)
        await runner.add_workers(self.worker)
        self._running = asyncio.create_task(runner.run())
        async with asyncio.timeout(30):
            await started.wait()
        return self

    async def send(self, *frames: Frame) -> None:
        for frame in frames:
            await self.worker.queue_frame(frame)

    async def __aexit__(self, *_: object) -> None:
        await self.worker.queue_frame(EndFrame())
        async with asyncio.timeout(30):
            await self._running


def spoken_frames(text: str, rate_hz: int = 16000) -> list[InputAudioRawFrame]:
    speech = espeak.synthesize(text, speed_wpm=160)
    samples = soxr.resample(np.frombuffer(speech.pcm, np.int16), speech.rate_hz, rate_hz)
    pcm = bytes(rate_hz // 2 * 2) + samples.tobytes() + bytes(rate_hz // 5 * 2)
    size = rate_hz // 10 * 2
    return [
        InputAudioRawFrame(pcm[start : start + size], rate_hz, 1)
        for start in range(0, len(pcm), size)
    ]


MONDAY = "What do we do on Monday morning?"


def is_monday(text: str) -> bool:
    """Half of the sentence's words: the voice wavers at random, so no single word is sure."""
    said = set(MONDAY.lower().strip("?").split())
    return len(said & set(text.lower().split())) >= len(said) / 2


async def say_to(line: Line, text: str, rate_hz: int = 16000) -> None:
    """What a VAD makes of a spoken line: it notices after 700 ms, the last 200 ms are silence."""
    frames = spoken_frames(text, rate_hz)
    await line.send(*frames[:7], VADUserStartedSpeakingFrame(start_secs=0.2))
    await line.send(*frames[7:], VADUserStoppedSpeakingFrame(stop_secs=0.2))


@pytest.fixture
def shared_child() -> Iterator[None]:
    """Keep one hearing process over a test's pipelines."""
    sphinx_worker.acquire()
    yield
    sphinx_worker.release()


async def test_hears_while_it_is_spoken_and_finishes_after_the_vad_stops(
    shared_child: None,
) -> None:
    async with Line(PocketSphinxSTTService(sample_rate=16000)) as line:
        metadata = await line.after.until(STTMetadataFrame)
        assert 0 < metadata.ttfs_p99_latency < 3
        frames = spoken_frames(MONDAY)
        started = VADUserStartedSpeakingFrame(start_secs=0.2)
        mark_utterance(started, 7)
        await line.send(*frames[:7], started, *frames[7:])
        interim = await line.after.until(InterimTranscriptionFrame)
        assert utterance_number(interim) == 7
        assert not line.after.of(TranscriptionFrame)
        await line.send(VADUserStoppedSpeakingFrame(stop_secs=0.2))
        final = await line.after.until(TranscriptionFrame)
        assert final.finalized
        assert utterance_number(final) == 7
        assert is_monday(final.text)
        assert final.text[0].isupper()
        await say_to(line, MONDAY)
        assert is_monday(
            (await line.after.until(TranscriptionFrame, lambda f: f is not final)).text
        )
    assert not line.before.of(ErrorFrame)


async def test_hears_audio_of_another_rate(shared_child: None) -> None:
    async with Line(PocketSphinxSTTService(sample_rate=48000)) as line:
        await say_to(line, MONDAY, 48000)
        assert is_monday((await line.after.until(TranscriptionFrame)).text)


async def test_two_bots_hear_through_one_child() -> None:
    one, other = Line(PocketSphinxSTTService()), Line(PocketSphinxSTTService())
    async with one, other:
        await say_to(one, MONDAY)
        await say_to(other, "Who are you and what can you do?")
        assert is_monday((await one.after.until(TranscriptionFrame)).text)
        assert not is_monday((await other.after.until(TranscriptionFrame)).text)
        worker = sphinx_worker.acquire()
        sphinx_worker.release()
        assert worker.pid is not None
    assert worker.pid is None


async def test_a_crash_of_the_child_is_an_error_frame_and_the_bot_hears_on(
    shared_child: None,
) -> None:
    worker = sphinx_worker.acquire()
    sphinx_worker.release()
    async with Line(PocketSphinxSTTService()) as line:
        frames = spoken_frames(MONDAY)
        await line.send(*frames[:7], VADUserStartedSpeakingFrame(start_secs=0.2))
        await line.after.until(VADUserStartedSpeakingFrame)
        assert worker.pid is not None
        os.kill(worker.pid, signal.SIGKILL)
        error = await line.before.until(ErrorFrame)
        assert isinstance(error.exception, SpeechError)
        assert "PocketSphinx" in error.error
        await line.send(*frames[7:], VADUserStoppedSpeakingFrame(stop_secs=0.2))
        assert is_monday((await line.after.until(TranscriptionFrame)).text)


def test_knows_which_language_it_hears() -> None:
    assert knows_language("en-GB")
    assert not knows_language("de")
    assert spelled("i think i'm late") == "I think I'm late"


async def test_speaks_at_its_own_rate_in_small_pieces() -> None:
    async with Line(EspeakTTSService(language="en-GB", gender="FEMALE")) as line:
        await line.send(TTSSpeakFrame("Hello, I am Olga. Nice to meet you."))
        await line.after.until(TTSStoppedFrame)
        audio = line.after.of(TTSAudioRawFrame)
        assert {frame.sample_rate for frame in audio} == {espeak.RATE_HZ}
        assert all(len(frame.audio) <= espeak.RATE_HZ // 25 * 2 for frame in audio)
        assert sum(len(frame.audio) for frame in audio) > espeak.RATE_HZ
        order = [
            type(f) for f in line.after.frames if isinstance(f, TTSStartedFrame | TTSStoppedFrame)
        ]
        assert order == [TTSStartedFrame, TTSStoppedFrame]


async def test_text_with_nothing_to_say_costs_the_service_nothing() -> None:
    async with Line(EspeakTTSService()) as line:
        for count in range(1, 5):
            await line.send(TTSSpeakFrame("\u200b"))
            await line.after.until(
                TTSStoppedFrame, lambda _, n=count: len(line.after.of(TTSStoppedFrame)) >= n
            )
    assert not line.before.of(ErrorFrame)


def test_a_voice_that_does_not_exist_is_refused_before_the_meeting() -> None:
    with pytest.raises(SpeechError):
        EspeakTTSService(language="xx")


def asked(text: str, **fields: Any) -> LLMContextFrame:
    return LLMContextFrame(LLMContext([{"role": "user", "content": text}], **fields))


async def test_answers_a_sentence_at_a_time(olga: Persona) -> None:
    async with Line(NotesLLMService(olga)) as line:
        await line.send(asked("What happens on Monday morning?"))
        await line.after.until(LLMFullResponseEndFrame)
        texts = [frame.text for frame in line.after.of(LLMTextFrame)]
        assert len(texts) == 3
        assert texts[0].startswith("On Monday morning you collect your laptop")
        kinds = [type(frame) for frame in line.after.frames]
        assert kinds.index(LLMFullResponseStartFrame) < kinds.index(LLMTextFrame)


async def test_what_another_bot_said_is_not_answered(olga: Persona) -> None:
    context = LLMContext(
        [
            {"role": "user", "content": "Where is lunch?"},
            sibling_note("Ada", "No idea."),
        ]
    )
    async with Line(NotesLLMService(olga)) as line:
        await line.send(LLMContextFrame(context))
        await line.after.until(LLMFullResponseEndFrame)
        assert "third floor" in "".join(frame.text for frame in line.after.of(LLMTextFrame))


async def test_another_bot_is_answered_where_it_alone_has_spoken_since(olga: Persona) -> None:
    context = LLMContext(
        [
            {"role": "user", "content": "Who is in the payroll?"},
            {"role": "assistant", "content": "Priya is."},
            sibling_note("Ada", "Where is lunch?"),
        ]
    )
    async with Line(NotesLLMService(olga)) as line:
        await line.send(LLMContextFrame(context))
        await line.after.until(LLMFullResponseEndFrame)
        assert "third floor" in "".join(frame.text for frame in line.after.of(LLMTextFrame))


async def test_answers_again_after_an_interruption(olga: Persona) -> None:
    async with Line(NotesLLMService(olga)) as line:
        await line.send(asked("Where is lunch?"), InterruptionFrame())
        await line.after.until(InterruptionFrame)
        await line.send(asked("Who is in the payroll?"))
        await line.after.until(LLMTextFrame, lambda frame: "Priya" in frame.text)


async def test_asks_a_tool_through_pipecat_and_says_what_it_found(olga: Persona) -> None:
    service = NotesLLMService(olga)
    events: list[Event] = []
    schema = register_tools(service, ["time"], events.append, "bot-1")
    context = LLMContext([{"role": "user", "content": "What time is it in Tokyo?"}], tools=schema)
    pair = LLMContextAggregatorPair(context)
    said = Tap()
    async with Line(pair.user(), service, said, pair.assistant()) as line:
        await line.send(LLMContextFrame(context))
        result = await said.until(FunctionCallResultFrame)
        assert result.result["place"] == "Tokyo"
        await said.until(LLMTextFrame, lambda frame: frame.text.startswith("In Tokyo it is"))
    assert [event.kind for event in events] == ["tool.called"]


async def test_summarises_a_long_talk_by_itself(olga: Persona) -> None:
    messages: list[Any] = [{"role": "system", "content": "You are Olga."}]
    for number in range(12):
        messages.append({"role": "user", "content": f"The budget of part {number} is open."})
        messages.append({"role": "assistant", "content": "That is not in my notes."})
    request = LLMContextSummaryRequestFrame(
        request_id="r1",
        context=LLMContext(messages),
        min_messages_to_keep=4,
        target_context_tokens=100,
        summarization_prompt="Summarise.",
    )
    async with Line(NotesLLMService(olga)) as line:
        await line.send(request)
        result = await line.after.until(LLMContextSummaryResultFrame)
    assert result.error is None
    assert result.summary.startswith("So far people said:")
    assert "budget" in result.summary
    assert "USER:" not in result.summary
    assert len(result.summary) < 500
