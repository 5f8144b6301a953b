# mypy: disable-error-code="no-untyped-call"
"""One bot's voice: Pipecat's pipeline between a meeting's socket and three speech services.

input (VAD) → STT → people → LLM → TTS → output → bot, on the application's own loop. Importing this
module imports Pipecat (0.5 s): do it in a thread.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from loguru import logger
from pipecat.frames.frames import TTSSpeakFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_response_universal import (
    LLMAssistantAggregatorParams,
    LLMUserAggregatorParams,
)
from pipecat.services.llm_service import LLMService
from pipecat.services.stt_service import STTService
from pipecat.services.tts_service import TTSService
from pipecat.workers.runner import WorkerRunner

from speakdesk.domain.errors import Problem, Reason, SpeechError, Stage
from speakdesk.domain.events import BotProblem, Event
from speakdesk.domain.speech import Keys
from speakdesk.pipeline.aggregators import BotAggregator, PeopleAggregator
from speakdesk.pipeline.context import (
    context_tokens,
    instructions,
    new_context,
    still_there,
    summarising,
)
from speakdesk.pipeline.contract import Levels, VoiceOrder
from speakdesk.pipeline.delivery import MeetingOutput
from speakdesk.pipeline.ears import Hearing, MeetingInput
from speakdesk.pipeline.models import (
    PIPELINE_RATE_HZ,
    SharedSileroAnalyzer,
    load_models,
    models_are_loaded,
    settle_memory,
)
from speakdesk.pipeline.observer import TurnClock, VoiceObserver
from speakdesk.pipeline.roster import RosterBook
from speakdesk.pipeline.services.watch import ServiceWatch, watch_service
from speakdesk.pipeline.speech import make_services
from speakdesk.pipeline.tools import register_tools
from speakdesk.pipeline.transport import MeetingTransport
from speakdesk.pipeline.turns import turn_strategies
from speakdesk.pipeline.yielding import Yielding
from speakdesk.providers.wire import MeetingSocket

START_PATIENCE_S = 15.0
# The pipeline has this long to end by itself, and as long again before it is cut off.
STOP_PATIENCE_S = 2.0
# A turn without a transcript is given up after this.
TURN_PATIENCE_S = 5.0

ServiceTriple = tuple[STTService, LLMService[Any], TTSService]
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


@dataclass(slots=True)
class _Parts:
    """What a running voice is made of; let go as a whole when it stops."""

    transport: MeetingTransport
    ears: MeetingInput
    output: MeetingOutput
    people: PeopleAggregator
    bot: BotAggregator
    worker: PipelineWorker
    watches: tuple[ServiceWatch, ...]

    async def silence(self) -> None:
        """Drop what is on its way out; what was said of it is in the conversation afterwards."""
        await self.output.cut()
        await self.bot.commit_cut()


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
        self._parts: _Parts | None = None
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
        self._parts = parts = self._assemble(*triple)
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
            await self.hush()
        await self._speak(text)

    async def hush(self) -> None:
        """Be silent at once: drop what is queued and what is still being thought."""
        if self._parts is None:
            return
        await self._parts.silence()
        await self._parts.people.broadcast_interruption()

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

    def _assemble(self, stt: STTService, llm: LLMService[Any], tts: TTSService) -> _Parts:
        order, emit = self._order, self._emit
        now = asyncio.get_running_loop().time
        roster = RosterBook(order.bot_name, order.siblings)
        hearing = Hearing(roster, now, answers_siblings=order.turns.answers_other_bots)
        clock = TurnClock(order.bot_id, emit, now)
        output = MeetingOutput(
            order.rate_hz, bot_id=order.bot_id, bot_name=order.bot_name, emit=emit, now=now
        )
        yielding = Yielding(
            order.turns,
            is_speaking=lambda: output.is_speaking,
            hold=output.hold,
            release=output.release,
        )
        output.yielding = yielding
        output.on_first_audio = clock.first_audio
        output.on_first_sound = clock.first_sound
        analyzer = SharedSileroAnalyzer(
            order.turns, lambda is_voice: yielding.on_window(is_voice, hearing.may_yield())
        )
        ears = MeetingInput(analyzer, hearing, roster, now)
        transport = MeetingTransport(order.bot_id, order.codec, ears, output, roster, emit, now)
        transport.on_attached = self._greet_where_due
        is_notes = order.plan.llm.key == "notes"
        tools = None
        if order.tools:
            tools = register_tools(llm, order.tools, emit, order.bot_id, keys=order.keys)
        system = instructions(
            order.persona,
            order.bot_name,
            siblings=order.siblings(),
            has_tools=bool(tools and tools.standard_tools),
            with_knowledge=not is_notes,
        )
        context = new_context(system, tools)
        people = PeopleAggregator(
            context,
            hearing,
            context_tokens(system),
            LLMUserAggregatorParams(
                user_turn_strategies=turn_strategies(order.turns, yielding, hearing, clock.decided),
                user_turn_stop_timeout=TURN_PATIENCE_S,
                user_idle_timeout=order.turns.idle_s,
                empty_user_turn=None,
            ),
        )

        def on_question() -> None:
            output.thinking(True)
            clock.asked()

        people.on_question = on_question
        people.add_event_handler("on_user_turn_idle", self._on_idle)
        people.add_event_handler("on_user_turn_started", self._on_turn_started)
        bot = BotAggregator(
            context,
            output.take_unrecorded,
            # The notes brain answers from files and cannot put a talk into other words.
            LLMAssistantAggregatorParams(
                enable_auto_context_summarization=not is_notes,
                auto_context_summarization_config=summarising(system),
            ),
        )
        worker = PipelineWorker(
            Pipeline([ears, stt, people, llm, tts, output, bot]),
            params=PipelineParams(
                audio_in_sample_rate=PIPELINE_RATE_HZ, audio_out_sample_rate=order.rate_hz
            ),
            observers=[VoiceObserver(order.bot_id, emit, hearing, clock, now)],
            enable_rtvi=False,
            enable_turn_tracking=False,
            cancel_on_idle_timeout=False,
            cancel_runner_on_idle_timeout=False,
            idle_timeout_secs=None,
            cancel_timeout_secs=STOP_PATIENCE_S,
            check_dangling_tasks=False,
        )
        watches = tuple(
            watch_service(service, choice, emit, order.bot_id, keys=order.keys)
            for service, choice in (
                (stt, order.plan.stt),
                (llm, order.plan.llm),
                (tts, order.plan.tts),
            )
        )
        parts = _Parts(transport, ears, output, people, bot, worker, watches)
        people.on_interrupting = parts.silence
        return parts

    async def _run(self, worker: PipelineWorker) -> None:
        runner = WorkerRunner(handle_sigint=False, handle_sigterm=False, check_dangling_tasks=False)
        await runner.add_workers(worker)
        await runner.run()

    def _on_ended(self, running: asyncio.Task[None]) -> None:
        if not running.cancelled() and (error := running.exception()) is not None:
            logger.opt(exception=error).error("{}: the voice's pipeline failed", self._order.bot_id)
        if not self._is_stopping:
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
        if self._has_greeted or not self._is_admitted or parts is None or self._running is None:
            return
        if not parts.transport.is_attached:
            return
        self._has_greeted = True
        if self._order.greeting.strip():
            await self._speak(self._order.greeting)

    async def _speak(self, text: str) -> None:
        if self._parts is not None:
            # Behind an interruption on its way to the same place, so that it survives it.
            await self._parts.people.queue_frame(TTSSpeakFrame(text.strip()))

    async def _on_idle(self, people: PeopleAggregator) -> None:
        if not self._has_asked_idle:
            self._has_asked_idle = True
            await self._speak(still_there(self._order.persona.language))

    async def _on_turn_started(self, people: PeopleAggregator, strategy: object) -> None:
        self._has_asked_idle = False


def _ms_since(began_s: float) -> float:
    return (time.perf_counter() - began_s) * 1000
