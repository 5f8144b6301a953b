# mypy: disable-error-code="no-untyped-call"
"""One bot's voice: Pipecat's pipeline between a meeting's socket and three speech services.

input (VAD) → STT → people → LLM → TTS → output → bot, on the application's own loop. Importing this
module imports Pipecat (0.5 s): do it in a thread.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from loguru import logger
from pipecat.pipeline.worker import PipelineWorker
from pipecat.workers.runner import WorkerRunner

from speakdesk.domain.errors import Problem, Reason, SpeechError, Stage
from speakdesk.domain.events import BotProblem, Event
from speakdesk.domain.floor.terms import WishKind
from speakdesk.domain.speech import Keys
from speakdesk.pipeline.aggregators import PeopleAggregator
from speakdesk.pipeline.assembly import STOP_PATIENCE_S, Parts, ServiceTriple, assemble
from speakdesk.pipeline.context import still_there
from speakdesk.pipeline.contract import Levels, VoiceOrder
from speakdesk.pipeline.models import (
    PIPELINE_RATE_HZ,
    load_models,
    models_are_loaded,
    settle_memory,
)
from speakdesk.pipeline.speech import make_services
from speakdesk.providers.wire import MeetingSocket

START_PATIENCE_S = 15.0
ServiceFactory = Callable[[], ServiceTriple]


def build_voice(
    order: VoiceOrder, emit: Callable[[Event], None], services: ServiceFactory | None = None
) -> PipecatVoice:
    """A voice for this order. `services`, called in a thread, replaces the plan's own services."""
    return PipecatVoice(order, emit, services)


async def warm(keys: Keys) -> None:
    """Load the shared models and the vendors that keys are at hand for, off the loop."""
    await asyncio.to_thread(_warm, keys)


def _warm(keys: Keys) -> None:
    from pipecat.utils.string import match_endofsentence

    load_models()
    match_endofsentence("Ready. And")
    if keys.has("DEEPGRAM_API_KEY"):
        import speakdesk.pipeline.services.deepgram
    if keys.has("GLADIA_API_KEY"):
        import speakdesk.pipeline.services.gladia
    if keys.has("CARTESIA_API_KEY"):
        import speakdesk.pipeline.services.cartesia
    if keys.has("OPENAI_API_KEY"):
        import speakdesk.pipeline.services.openai  # noqa: F401
    settle_memory()


class PipecatVoice:
    """One bot's ears, mind and mouth (`pipeline/contract.Voice`)."""

    def __init__(
        self,
        order: VoiceOrder,
        emit: Callable[[Event], None],
        services: ServiceFactory | None = None,
    ) -> None:
        self._order = order
        self._emit = emit
        self._services = services
        self._parts: Parts | None = None
        self._running: asyncio.Task[None] | None = None
        self._is_stopping = False
        self._is_admitted = False
        self._has_greeted = False
        self._has_asked_idle = False

    async def start(self) -> None:
        """Start the pipeline; returns once it can hear. Raises SpeechError."""
        began_s = time.perf_counter()
        triple = await self._make_services()
        if not models_are_loaded():
            await asyncio.to_thread(load_models)
        self._parts = parts = assemble(self._order, self._emit, triple)
        parts.transport.on_attached = self._greet_where_due
        parts.transport.on_detached = self._update_presence
        parts.people.add_event_handler("on_user_turn_idle", self._on_idle)
        parts.people.add_event_handler("on_user_turn_started", self._on_turn_started)
        started = asyncio.Event()

        async def on_started(worker: PipelineWorker, frame: object) -> None:
            started.set()

        parts.worker.add_event_handler("on_pipeline_started", on_started)
        self._running = asyncio.create_task(self._run(parts.worker), name="voice")
        self._running.add_done_callback(self._on_ended)
        waiting = asyncio.create_task(started.wait())
        try:
            await asyncio.wait(
                {waiting, self._running},
                timeout=START_PATIENCE_S,
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            waiting.cancel()
        if not started.is_set():
            await self.stop()
            raise SpeechError(
                Problem(
                    Stage.APP,
                    Reason.TIMEOUT,
                    "The bot's voice did not start in time.",
                    "Launch the bot again; if it fails again, please report it with the log.",
                )
            )
        logger.debug("{}: voice up in {:.0f} ms", self._order.bot_id, _ms_since(began_s))
        await self._greet_where_due()

    async def attach(self, socket: MeetingSocket) -> None:
        """Carry this socket until it closes; a newer socket takes over and closes the older."""
        if self._parts is None:
            await socket.close(1013, "the bot is not ready")
            return
        await self._parts.transport.attach(socket)

    async def admitted(self) -> None:
        """The meeting let the bot in: greet, once, however often this is called."""
        self._is_admitted = True
        await self._greet_where_due()

    async def say(self, text: str) -> None:
        """Say this now, word for word; an answer of the model gives way, earlier lines do not."""
        if self._parts is None or not text.strip():
            return
        if self._parts.output.is_answering:
            await self._parts.cut()
            self._parts.turns.interrupted()
        await self._parts.turns.say(WishKind.SAY, text.strip(), first=True)

    async def hush(self) -> None:
        """Be silent at once: drop what is queued and what is still being thought."""
        if self._parts is None:
            return
        self._parts.turns.hushed()
        await self._parts.cut()

    def levels(self) -> Levels:
        """The present loudness; cheap, made to be sampled 10-15 times a second."""
        if self._parts is None:
            return Levels()
        return Levels(self._parts.ears.level(), self._parts.output.level())

    async def stop(self) -> None:
        """End the pipeline and give back what it holds; safe to call twice."""
        if self._is_stopping:
            return
        self._is_stopping = True
        parts, running = self._parts, self._running
        try:
            if parts is not None:
                await parts.turns.close()
                await parts.transport.close()
                await parts.worker.cancel(reason="the bot has left")
            if running is not None:
                await asyncio.wait({running}, timeout=STOP_PATIENCE_S)
        finally:
            # Also where whoever waits for this loses patience: nothing may run on without an owner.
            self._parts = self._running = None
            if running is not None and not running.done():
                running.cancel()
                await asyncio.wait({running}, timeout=STOP_PATIENCE_S)
            if parts is not None:
                await asyncio.gather(*(watch.close() for watch in parts.watches))

    async def _make_services(self) -> ServiceTriple:
        if self._services is not None:
            return await asyncio.to_thread(self._services)
        made = await make_services(
            self._order.plan,
            self._order.keys,
            self._order.persona,
            rate_in_hz=PIPELINE_RATE_HZ,
            rate_out_hz=self._order.rate_hz,
        )
        return made.stt, made.llm, made.tts

    async def _run(self, worker: PipelineWorker) -> None:
        runner = WorkerRunner(handle_sigint=False, handle_sigterm=False, check_dangling_tasks=False)
        await runner.add_workers(worker)
        await runner.run()

    def _on_ended(self, running: asyncio.Task[None]) -> None:
        if not running.cancelled() and (error := running.exception()) is not None:
            logger.opt(exception=error).error("{}: the voice's pipeline failed", self._order.bot_id)
        if not self._is_stopping:
            if self._parts is not None:
                self._parts.turns.hushed()
                self._parts.turns.present(False)
            self._emit(
                BotProblem(
                    bot_id=self._order.bot_id,
                    problem=Problem(
                        Stage.APP,
                        Reason.CRASHED,
                        "The bot's voice ended by itself, so it can neither hear nor speak.",
                        "Let it leave and launch it again; please report it with the log.",
                    ),
                )
            )

    async def _greet_where_due(self) -> None:
        parts = self._parts
        is_running = self._running is not None and not self._running.done()
        if parts is None or not is_running or not self._update_presence() or self._has_greeted:
            return
        self._has_greeted = True
        if greeting := self._order.greeting.strip():
            await parts.turns.say(WishKind.GREETING, greeting)

    def _update_presence(self) -> bool:
        """True where the bot is in the call and has a socket."""
        parts = self._parts
        is_present = self._is_admitted and parts is not None and parts.transport.is_attached
        if parts is not None:
            parts.turns.present(is_present)
        return is_present

    async def _on_idle(self, people: PeopleAggregator) -> None:
        if not self._has_asked_idle and self._parts is not None:
            self._has_asked_idle = True
            question = still_there(self._order.persona.language)
            await self._parts.turns.say(WishKind.IDLE, question)

    async def _on_turn_started(self, people: PeopleAggregator, strategy: object) -> None:
        self._has_asked_idle = False


def _ms_since(began_s: float) -> float:
    return (time.perf_counter() - began_s) * 1000
