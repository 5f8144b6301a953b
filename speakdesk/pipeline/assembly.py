# mypy: disable-error-code="no-untyped-call"
"""What one voice is made of, joined: input (VAD) → STT → people → LLM → TTS → output → bot."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pipecat.frames.frames import TTSSpeakFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import (
    LLMAssistantAggregatorParams,
    LLMUserAggregatorParams,
)
from pipecat.services.llm_service import LLMService
from pipecat.services.stt_service import STTService
from pipecat.services.tts_service import TTSService

from speakdesk.domain.events import Event
from speakdesk.domain.model_room import room_of
from speakdesk.pipeline.aggregators import BotAggregator, PeopleAggregator
from speakdesk.pipeline.context import instructions, summarising
from speakdesk.pipeline.contract import VoiceOrder
from speakdesk.pipeline.delivery import MeetingOutput
from speakdesk.pipeline.ears import Hearing, MeetingInput
from speakdesk.pipeline.models import PIPELINE_RATE_HZ, SharedSileroAnalyzer
from speakdesk.pipeline.observer import TurnClock, VoiceObserver
from speakdesk.pipeline.roster import RosterBook
from speakdesk.pipeline.services.watch import ServiceWatch, watch_service
from speakdesk.pipeline.sound_clock import SoundClock
from speakdesk.pipeline.tools import register_tools
from speakdesk.pipeline.transport import MeetingTransport
from speakdesk.pipeline.turn_taking import TurnActs, TurnTaking
from speakdesk.pipeline.turns import turn_strategies
from speakdesk.pipeline.yielding import Yielding

# The pipeline has this long to end by itself, and as long again before it is cut off.
STOP_PATIENCE_S = 2.0
# A turn without a transcript is given up after this.
TURN_PATIENCE_S = 5.0

ServiceTriple = tuple[STTService, LLMService[Any], TTSService]


@dataclass(slots=True)
class Parts:
    """What a running voice is made of; let go as a whole when it stops."""

    transport: MeetingTransport
    ears: MeetingInput
    output: MeetingOutput
    people: PeopleAggregator
    bot: BotAggregator
    turns: TurnTaking
    worker: PipelineWorker
    watches: tuple[ServiceWatch, ...]

    async def silence(self) -> None:
        """Drop what is on its way out; what was said of it is in the conversation afterwards."""
        await self.output.cut()
        await self.bot.commit_cut()

    async def cut(self) -> None:
        """The same, and stop what is being thought and made."""
        await self.silence()
        await self.people.broadcast_interruption()

    async def speak(self, text: str) -> None:
        """Have this line made into sound."""
        # Behind an interruption on its way to the same place, so that it survives it.
        await self.people.queue_frame(TTSSpeakFrame(text))


def assemble(order: VoiceOrder, emit: Callable[[Event], None], services: ServiceTriple) -> Parts:
    """The parts of this order's voice, joined and not running yet; on the loop's thread."""
    stt, llm, tts = services
    now = asyncio.get_running_loop().time
    roster = RosterBook(order.bot_name, order.siblings)
    sound = SoundClock(now)
    hearing = Hearing(roster, sound.now, order.floor.sibling_at if order.floor else None)
    clock = TurnClock(order.bot_id, emit, now)

    def tell_own_line(event: Event) -> None:
        emit(event)
        turns.spoken(event)

    output = MeetingOutput(
        order.rate_hz,
        bot_id=order.bot_id,
        bot_name=order.bot_name,
        emit=tell_own_line,
        now=now,
    )
    yielding = Yielding(
        order.turns,
        is_speaking=lambda: output.is_speaking,
        hold=output.hold,
        release=output.release,
    )
    output.yielding = yielding
    output.on_first_audio = clock.first_audio

    def on_first_sound() -> None:
        clock.first_sound()
        turns.sounding()

    output.on_first_sound = on_first_sound
    analyzer = SharedSileroAnalyzer(
        order.turns, lambda is_voice: yielding.on_window(is_voice, hearing.may_yield())
    )
    ears = MeetingInput(analyzer, hearing, roster, now, sound)
    transport = MeetingTransport(
        order.bot_id, order.codec, ears, output, roster, emit, now, sound.now
    )
    if order.tap is not None:
        transport.tap, output.on_dropping = order.tap, order.tap.discarded
    is_notes = order.plan.llm.key == "notes"
    room = room_of(order.plan.llm.model)
    tools = None
    if order.tools:
        tools = register_tools(llm, order.tools, emit, order.bot_id, keys=order.keys)
    llm.append_system_instruction(
        instructions(
            order.persona,
            order.bot_name,
            siblings=order.siblings(),
            has_tools=bool(tools and tools.standard_tools),
            with_knowledge=not is_notes,
            model=order.plan.llm.model,
        )
    )

    async def answer_later() -> None:
        clock.waited()
        await people.answer()

    context = LLMContext(tools=tools) if tools is not None else LLMContext()
    turns = TurnTaking(
        order.floor,
        hearing,
        TurnActs(
            speak=lambda text: parts.speak(text),
            answer=answer_later,
            hold=output.hold,
            stop=lambda: parts.cut(),
            note=lambda name, text: people.note(name, text),
        ),
        answers_other_bots=order.turns.answers_other_bots,
    )
    output.on_silent = turns.silent
    people = PeopleAggregator(
        context,
        hearing,
        LLMUserAggregatorParams(
            user_turn_strategies=turn_strategies(order.turns, yielding, hearing, clock.decided),
            user_turn_stop_timeout=TURN_PATIENCE_S,
            user_idle_timeout=order.turns.idle_s,
            empty_user_turn=None,
        ),
        turns,
        room,
    )

    def on_question() -> None:
        output.thinking(True)
        clock.asked()

    people.on_question = on_question
    bot = BotAggregator(
        context,
        output.take_unrecorded,
        # The notes brain answers from files and cannot put a talk into other words.
        LLMAssistantAggregatorParams(
            enable_auto_context_summarization=not is_notes,
            auto_context_summarization_config=summarising(room),
        ),
    )
    worker = PipelineWorker(
        Pipeline([ears, stt, people, llm, tts, output, bot]),
        params=PipelineParams(
            audio_in_sample_rate=PIPELINE_RATE_HZ, audio_out_sample_rate=order.rate_hz
        ),
        observers=[VoiceObserver(order.bot_id, emit, hearing, clock, now, turns)],
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
    parts = Parts(transport, ears, output, people, bot, turns, worker, watches)
    people.on_interrupting = parts.silence
    return parts
