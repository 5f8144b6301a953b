"""Watches one speech service of one bot: troubles become Problems, silence too, and it comes back.

Whoever builds the pipeline makes the service (`pipeline/speech.py`), calls `watch_service(...)`
before the pipeline starts, and `await watch.close()` after it ended. The watch listens to the
service's own Pipecat events: it needs no place in the pipeline and no `on_pipeline_error`. The
`ErrorFrame`s travel upstream as ever. Leave the worker's `processor_unusable_policy` at CONTINUE.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from itertools import chain, repeat
from typing import Any

from loguru import logger
from pipecat.frames.frames import (
    ErrorFrame,
    Frame,
    FunctionCallsStartedFrame,
    InterimTranscriptionFrame,
    LLMContextFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    TTSSpeakFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.services.ai_service import AIService
from pipecat.utils.errors import ErrorCategory

from speakdesk.domain.errors import Problem, Reason
from speakdesk.domain.events import BotProblem, Event
from speakdesk.domain.speech import Keys, Role, ServiceChoice
from speakdesk.pipeline.services.patience import Patience, VendorSilent
from speakdesk.pipeline.services.problems import problem_from_error
from speakdesk.pipeline.services.steady import SteadyConnection, SteadyEars

# What a service gives when it works.
_OUTPUTS: dict[Role, tuple[type[Frame], ...]] = {
    Role.STT: (TranscriptionFrame, InterimTranscriptionFrame),
    Role.LLM: (LLMTextFrame, FunctionCallsStartedFrame),
    Role.TTS: (TTSAudioRawFrame,),
}
# What starts its work, and so is the moment to try again.
_STARTS: dict[Role, tuple[type[Frame], ...]] = {
    Role.STT: (VADUserStartedSpeakingFrame,),
    Role.LLM: (LLMContextFrame,),
    Role.TTS: (LLMFullResponseStartFrame, TTSSpeakFrame),
}
# Pipecat's words for a sentence that got no sound (tts_service.py).
_NO_AUDIO = "completed with no audio"
# Reasons that say little; beside a known trouble they say nothing new.
_VAGUE = frozenset({Reason.PROTOCOL, Reason.CONNECTIVITY, Reason.TIMEOUT})


def watch_service(
    service: AIService,
    choice: ServiceChoice,
    emit: Callable[[Event], None],
    bot_id: str,
    *,
    keys: Keys | None = None,
    patience: Patience | None = None,
) -> ServiceWatch:
    """Watch a service and emit its troubles as `bot.problem` events, recovered ones included."""

    def report(problem: Problem, recovered: bool) -> None:
        emit(BotProblem(bot_id=bot_id, problem=problem, recovered=recovered))

    return ServiceWatch(service, choice, report, keys=keys, patience=patience or Patience())


class ServiceWatch:
    """One service's health. A trouble is reported once, and once more when it is over."""

    def __init__(
        self,
        service: AIService,
        choice: ServiceChoice,
        report: Callable[[Problem, bool], None],
        *,
        keys: Keys | None = None,
        patience: Patience,
    ) -> None:
        self._service = service
        self._choice = choice
        self._role = choice.role
        self._report = report
        self._keys = keys
        self._patience = patience
        self._problem: Problem | None = None
        self._silence: asyncio.TimerHandle | None = None
        self._asked_at = 0.0
        self._soundless = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._revival: asyncio.Task[None] | None = None
        self._is_closed = False
        service.add_event_handler("on_before_process_frame", self._on_frame_in)
        service.add_event_handler("on_after_push_frame", self._on_frame_out)
        service.add_event_handler("on_error", self._on_error)
        if isinstance(service, SteadyConnection):
            service.heard_from = self._on_sign_of_life

    @property
    def problem(self) -> Problem | None:
        """The present trouble, or None while the service works."""
        return self._problem

    async def close(self) -> None:
        """Stop watching; nothing is reported after this."""
        self._is_closed = True
        self._stop_waiting()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _on_frame_in(self, service: AIService, frame: Frame) -> None:
        if isinstance(frame, _STARTS[self._role]):
            await self._prepare()
        elif isinstance(frame, VADUserStoppedSpeakingFrame) and self._role is Role.STT:
            self._wait_for_a_sign()

    async def _on_frame_out(self, service: AIService, frame: Frame) -> None:
        if isinstance(frame, _OUTPUTS[self._role]):
            self._soundless = 0
            self._on_sign_of_life()

    async def _prepare(self) -> None:
        """Have the service ready for the work that begins."""
        self._asked_at = time.monotonic()
        self._stop_waiting()
        if not isinstance(self._service, SteadyConnection):
            await self._service.set_usable(True)
        elif not self._service.is_alive and not self._is_closed:
            if isinstance(self._service, SteadyEars):
                self._service.hold()
                self._spawn(self._service.revive())
            else:
                await self._service.revive()

    def _wait_for_a_sign(self) -> None:
        service = self._service
        if isinstance(service, SteadyConnection) and service.is_alive and not self._is_closed:
            self._stop_waiting()
            loop = asyncio.get_running_loop()
            self._silence = loop.call_later(self._patience.transcript_s, self._on_silence)

    def _stop_waiting(self) -> None:
        if self._silence is not None:
            self._silence.cancel()
            self._silence = None

    def _on_silence(self) -> None:
        self._silence = None
        self._trouble(VendorSilent(self._patience.transcript_s, "transcript"))
        self._revive_soon(force=True)

    def _on_sign_of_life(self) -> None:
        self._stop_waiting()
        if self._problem is not None and not self._is_closed:
            problem, self._problem = self._problem, None
            logger.info("{} {} works again", self._role.value, self._choice.key)
            self._report(problem, True)

    async def _on_error(self, service: AIService, frame: ErrorFrame) -> None:
        if self._is_closed or frame.category is ErrorCategory.APPLICATION:
            return
        if frame.error.endswith(_NO_AUDIO):
            self._on_soundless_sentence()
            return
        self._trouble(frame)
        self._revive_soon()

    def _on_soundless_sentence(self) -> None:
        """A sentence ended without sound: a silent vendor, or nothing to be said in it."""
        self._soundless += 1
        waited_s = time.monotonic() - self._asked_at
        if waited_s >= self._patience.audio_s * 0.9:
            self._trouble(VendorSilent(self._patience.audio_s, "sound"))
            self._revive_soon(force=True)
        elif self._lost_its_socket():
            self._trouble(ConnectionError("The connection dropped before the sentence had sound."))
            self._revive_soon()
        elif self._soundless >= 3:
            self._trouble(ErrorFrame("The service answers without any sound."))

    def _lost_its_socket(self) -> bool:
        """True where the line dropped under the present work, even if a new one is up already."""
        service = self._service
        if not isinstance(service, SteadyConnection):
            return False
        return not service.is_connected or service.connected_at_s > self._asked_at

    def _trouble(self, error: ErrorFrame | BaseException) -> None:
        if self._is_closed:
            return
        problem = problem_from_error(self._role, self._choice, error, self._keys)
        known = self._problem
        if known is not None and (problem.reason is known.reason or problem.reason in _VAGUE):
            return
        self._problem = problem
        logger.warning(
            "{} {}: {} ({})", self._role.value, self._choice.key, problem.reason, problem.sentence
        )
        self._report(problem, False)

    def _revive_soon(self, *, force: bool = False) -> None:
        """Keep trying until the service is alive; a permanent trouble waits for the next turn."""
        service = self._service
        if not isinstance(service, SteadyConnection) or self._is_closed:
            return
        if self._problem is not None and self._problem.is_permanent and not force:
            return
        if self._revival is None or self._revival.done():
            self._revival = self._spawn(self._keep_reviving(service, force))

    async def _keep_reviving(self, service: SteadyConnection, force: bool) -> None:
        if force:
            await service.revive(force=True)
        waits_s = self._patience.revive_s
        for wait_s in chain(waits_s, repeat(waits_s[-1])):
            problem = self._problem
            if service.is_alive or (problem is not None and problem.is_permanent):
                return
            asked_s = (problem.retry_after_s if problem is not None else None) or 0.0
            await asyncio.sleep(max(wait_s, min(asked_s, 60.0)))
            await service.revive()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=f"watch {self._role.value} {self._choice.key}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
