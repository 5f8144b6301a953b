"""A minimal real Pipecat pipeline around a service, with what comes out of it to wait for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Self, TypeVar, cast

from pipecat.frames.frames import (
    EndFrame,
    Frame,
    InputAudioRawFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.services.ai_service import AIService
from pipecat.workers.runner import WorkerRunner

from speakdesk.domain.errors import Problem
from speakdesk.domain.events import BotProblem, Event
from speakdesk.domain.speech import Keys, ServiceChoice
from speakdesk.pipeline.services.patience import Patience
from speakdesk.pipeline.services.watch import watch_service
from speakdesk.pipeline.utterances import mark_utterance

_F = TypeVar("_F", bound=Frame)

RATE_IN_HZ = 16000
# Quick enough for a test that waits for silence, long enough for a busy machine to answer.
HURRY = Patience(
    connect_s=1.0, transcript_s=0.6, token_s=0.6, audio_s=0.6, revive_s=(0.02, 0.05, 0.1)
)


class _Ear(FrameProcessor):
    def __init__(self, direction: FrameDirection, keep: Callable[[Frame], None]) -> None:
        super().__init__()
        self._direction = direction
        self._keep = keep

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if direction is self._direction:
            self._keep(frame)
        await self.push_frame(frame, direction)


class LivePipeline:
    """`async with LivePipeline(service, choice) as live:` runs it, watched, for the block."""

    def __init__(
        self,
        service: AIService,
        choice: ServiceChoice,
        *,
        keys: Keys | None = None,
        patience: Patience = HURRY,
        more: Sequence[FrameProcessor] = (),
        watched: Sequence[tuple[AIService, ServiceChoice]] = (),
    ) -> None:
        self.service = service
        self.frames: list[Frame] = []
        self.events: list[Event] = []
        self._changed = asyncio.Event()
        ear_up = _Ear(FrameDirection.UPSTREAM, self._keep)
        ear_down = _Ear(FrameDirection.DOWNSTREAM, self._keep)
        self._worker = PipelineWorker(
            Pipeline([ear_up, service, *more, ear_down]),
            params=PipelineParams(audio_in_sample_rate=RATE_IN_HZ, audio_out_sample_rate=24000),
            cancel_on_idle_timeout=False,
            enable_rtvi=False,
        )
        self._started = asyncio.Event()
        self._worker.add_event_handler("on_pipeline_started", self._on_started)
        self.watches = [
            watch_service(one, its_choice, self._emit, "bot-1", keys=keys, patience=patience)
            for one, its_choice in ((service, choice), *watched)
        ]
        self._runner: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        runner = WorkerRunner(handle_sigint=False)
        await runner.add_workers(self._worker)
        self._runner = asyncio.create_task(runner.run())
        async with asyncio.timeout(10):
            await self._started.wait()
        return self

    async def __aexit__(self, *_: object) -> None:
        for watch in self.watches:
            await watch.close()
        await self._worker.cancel()
        if self._runner is not None:
            async with asyncio.timeout(10):
                await self._runner

    async def end(self) -> None:
        """End the pipeline in good order."""
        await self._worker.queue_frame(EndFrame())

    async def push(self, *frames: Frame) -> None:
        """Put frames in at the top."""
        for frame in frames:
            await self._worker.queue_frame(frame)

    async def speak(self, seconds: float = 0.4, number: int | None = None) -> None:
        """A person says something: speech starts, audio that is not silent, speech ends.

        `number` is the utterance's, where the frames are to tell it.
        """
        await self.push(VADUserStartedSpeakingFrame(start_secs=0.2))
        for _ in range(round(seconds / 0.02)):
            audio = b"\x00\x10" * (RATE_IN_HZ // 50)
            await self.push(InputAudioRawFrame(audio, RATE_IN_HZ, 1))
        stopped = VADUserStoppedSpeakingFrame(stop_secs=0.2)
        mark_utterance(stopped, number)
        await self.push(stopped)

    async def wait(self, kind: type[_F], where: Callable[[_F], bool] = lambda _: True) -> _F:
        """The next frame of a kind that was not waited for yet; earlier ones are forgotten."""

        def found() -> _F | None:
            for index, frame in enumerate(self.frames):
                if isinstance(frame, kind) and where(frame):
                    del self.frames[: index + 1]
                    return frame
            return None

        return cast(_F, await self._until(found))

    async def problem(self) -> Problem:
        """The next trouble that is reported."""
        return (await self._event(recovered=False)).problem

    async def recovery(self) -> Problem:
        """The next trouble that is reported as over."""
        return (await self._event(recovered=True)).problem

    @property
    def problems(self) -> list[Problem]:
        """Troubles reported and not yet taken by `problem`."""
        return [e.problem for e in self.events if isinstance(e, BotProblem) and not e.recovered]

    async def _event(self, *, recovered: bool) -> BotProblem:
        def found() -> BotProblem | None:
            for index, event in enumerate(self.events):
                if isinstance(event, BotProblem) and event.recovered is recovered:
                    del self.events[: index + 1]
                    return event
            return None

        return cast(BotProblem, await self._until(found))

    async def _until(self, found: Callable[[], Any]) -> Any:
        async with asyncio.timeout(10):
            while (result := found()) is None:
                self._changed.clear()
                await self._changed.wait()
        return result

    def _keep(self, frame: Frame) -> None:
        if not isinstance(frame, InputAudioRawFrame):
            self.frames.append(frame)
            self._changed.set()

    def _emit(self, event: Event) -> None:
        self.events.append(event)
        self._changed.set()

    async def _on_started(self, worker: PipelineWorker, frame: Frame) -> None:
        self._started.set()
