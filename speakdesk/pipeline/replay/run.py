"""One recording through today's pipeline; importing this imports Pipecat."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pipecat.services.stt_service import STTService

from speakdesk.domain.clock import moments_from
from speakdesk.domain.events import Event
from speakdesk.pipeline.assembly import ServiceTriple
from speakdesk.pipeline.build import build_voice
from speakdesk.pipeline.contract import Voice, VoiceOrder
from speakdesk.pipeline.models import PIPELINE_RATE_HZ
from speakdesk.pipeline.offline.words import persona_words
from speakdesk.pipeline.replay.clock import run
from speakdesk.pipeline.replay.held import HeldSphinx
from speakdesk.pipeline.replay.recorded_ears import RecordedEars
from speakdesk.pipeline.replay.recorded_mind import RecordedMind
from speakdesk.pipeline.replay.recorded_mouth import RecordedMouth
from speakdesk.pipeline.replay.script import Meeting, Prompter, Script
from speakdesk.pipeline.replay.stage import Stage
from speakdesk.pipeline.replay.timeline import Timeline
from speakdesk.pipeline.speech import make_llm, make_stt, make_tts

# What the bot begins within this after the recording's end is still heard, up to a limit.
_FINISHED_AFTER_S = 2.0
_LONGEST_FINISH_S = 30.0


@dataclass(frozen=True, slots=True)
class Performance:
    """What happened in a replay: each event with its time on the recording's clock.

    `unanswered_s` is when the model was asked and the recording holds no answer.
    """

    events: tuple[tuple[float, Event], ...]
    unanswered_s: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Play:
    """All that a replay needs.

    The order's codec, floor and tap are not used. With a `script` the services answer from the
    recording and the bot leaves at `duration_s`, in mid-word where it did so then; else those of
    the order's plan answer, and it leaves once it has finished. `started` is when the recording
    began.
    """

    order: VoiceOrder
    meeting: Meeting
    started: datetime
    duration_s: float
    script: Script | None = None
    on_progress: Callable[[float], None] | None = None


def perform(play: Play, speed: float | None) -> Performance:
    """Replay at `speed` times real time, or as fast as the machine can. Blocking.

    Raises SpeechError where a service of the plan cannot be used.
    """
    return run(_perform(play), speed)


def _services_of_today(order: VoiceOrder) -> ServiceTriple:
    persona, keys = order.persona, order.keys
    ears: STTService
    if order.plan.stt.key == "sphinx":
        ears = HeldSphinx(
            language=persona.language, sample_rate=PIPELINE_RATE_HZ, words=persona_words(persona)
        )
    else:
        ears = make_stt(order.plan.stt, keys, persona, PIPELINE_RATE_HZ)
    return (
        ears,
        make_llm(order.plan.llm, keys, persona),
        make_tts(order.plan.tts, keys, persona, order.rate_hz),
    )


async def _until_finished(voice: Voice, timeline: Timeline) -> None:
    """Wait until the bot has been silent for a while."""
    last_s, end_s = timeline.now_s(), timeline.now_s() + _LONGEST_FINISH_S
    while timeline.now_s() < end_s and timeline.now_s() - last_s < _FINISHED_AFTER_S:
        await asyncio.sleep(0.1)
        if voice.levels().spoken > 0:
            last_s = timeline.now_s()


async def _perform(play: Play) -> Performance:
    timeline = Timeline(asyncio.get_running_loop().time())
    events: list[tuple[float, Event]] = []
    stage = Stage(play.order.rate_hz, timeline)
    prompter = Prompter(play.script) if play.script is not None else None

    def services() -> ServiceTriple:
        if prompter is None:
            return _services_of_today(play.order)
        mouth = RecordedMouth(prompter, timeline, play.order.rate_hz)
        mind = RecordedMind(prompter, timeline, mouth.begin)
        return RecordedEars(prompter, timeline), mind, mouth

    with moments_from(lambda: play.started + timedelta(seconds=timeline.now_s())):
        voice = build_voice(
            replace(play.order, codec=stage.codec, tap=None, floor=None),
            lambda event: events.append((timeline.now_s(), event)),
            services,
        )
        await voice.start()
        try:
            await stage.play(voice, play.meeting, play.on_progress)
            await timeline.until(play.duration_s)
            if prompter is None:
                await _until_finished(voice, timeline)
            await voice.hush()
        finally:
            await voice.stop()
            await stage.close()
    return Performance(tuple(events), tuple(prompter.unanswered_s) if prompter else ())
