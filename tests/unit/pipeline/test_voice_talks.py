"""What a bot says and when, over a meeting in memory."""

from __future__ import annotations

import asyncio
import gc
from dataclasses import replace
from typing import Any

import pytest

from speakdesk.domain import model_room
from speakdesk.domain.bot import Evidence
from speakdesk.domain.events import LineFinal
from speakdesk.domain.speech import Keys
from speakdesk.domain.turns import TurnDetection, TurnRules
from speakdesk.pipeline import build, context
from tests.fixtures.meeting import meeting
from tests.fixtures.virtual_time import play

QUESTION = "Could you tell us what the plan is for today?"


def test_greets_only_after_admission_and_only_once() -> None:
    async def scene() -> None:
        room = meeting(greeting="Hello, I am Ada.")
        await room.open(admit=False)
        await asyncio.sleep(3)
        assert room.sound_sent() == 0
        await room.voice.admitted()
        await room.voice.admitted()
        await room.until_quiet()
        await room.voice.admitted()
        await room.until_quiet()
        assert room.lines() == [("Ada", "Hello, I am Ada.")]
        await room.close()

    play(scene())


def test_a_greeting_waits_for_the_socket() -> None:
    async def scene() -> None:
        room = meeting(greeting="Hello, I am Ada.")
        await room.voice.start()
        await room.voice.admitted()
        await asyncio.sleep(20)
        room.connect()
        await room.until_speaking()
        await room.until_quiet()
        assert room.lines() == [("Ada", "Hello, I am Ada.")]
        await room.close()

    play(scene())


def test_answers_a_question_and_remembers_its_greeting() -> None:
    async def scene() -> None:
        room = meeting(greeting="Hello, I am Ada.", answers=["We listen first. Then we answer."])
        await room.open()
        await room.until_speaking()
        await room.until_quiet()
        await room.say(QUESTION)
        await room.until_speaking()
        await room.until_quiet()
        assert room.lines() == [
            ("Ada", "Hello, I am Ada."),
            ("Someone", QUESTION),
            ("Ada", "We listen first. Then we answer."),
        ]
        told = [(m["role"], m["content"]) for m in room.llm.asked[0]]
        assert told[0][0] == "system"
        assert told[1:] == [("assistant", "Hello, I am Ada."), ("user", QUESTION)]
        await room.close()

    play(scene())


def test_events_come_in_the_order_things_happen() -> None:
    async def scene() -> None:
        room = meeting(thinks_s=0.3)
        await room.open()
        room.roster(Ada=False, Priya=True)
        await room.say(QUESTION)
        room.roster(Ada=True, Priya=False)
        await room.until_speaking()
        await room.until_quiet()
        room.roster(Ada=True, Priya=True)
        await asyncio.sleep(0.1)
        kinds = [e.kind for e in room.events if e.kind != "line.partial"]
        assert kinds.index("bot.evidence") < kinds.index("line.final")
        assert kinds.index("line.final") < kinds.index("turn.timed")
        finals = room.of("line.final")
        assert [(f.speaker, f.is_bot) for f in finals] == [("Priya", False), ("Ada", True)]
        bots: list[Any] = [e for e in room.events if getattr(e, "is_bot", False)]
        assert isinstance(bots[-1], LineFinal)
        assert len({e.line_id for e in bots}) == 1
        assert {e.evidence for e in room.of("bot.evidence")} == {
            Evidence.HEARS,
            Evidence.SPEAKS,
            Evidence.HEARD,
        }
        await room.close()

    play(scene())


@pytest.mark.parametrize("detection", list(TurnDetection))
def test_times_every_stage_of_a_turn(detection: TurnDetection) -> None:
    async def scene() -> None:
        rules = TurnRules(detection=detection, silence_s=0.8)
        room = meeting(rules=rules, thinks_s=0.5, transcript_after_s=0.1)
        await room.open()
        await room.say(QUESTION)
        await room.until_speaking()
        timed = room.of("turn.timed")[0]
        stages = [
            timed.turn_decided_ms,
            timed.transcript_ms,
            timed.first_token_ms,
            timed.first_audio_ms,
            timed.on_wire_ms,
        ]
        assert None not in stages
        assert sum(stages) == pytest.approx(timed.total_ms, abs=1)
        # Silence waits for its full pause; Smart Turn for the VAD and then the transcript.
        expected = 800 if detection is TurnDetection.SILENCE else 200
        assert timed.turn_decided_ms == pytest.approx(expected, abs=60)
        assert timed.first_token_ms == pytest.approx(500, abs=20)
        await room.until_quiet()
        await room.close()

    play(scene())


def test_says_a_typed_line_word_for_word_and_the_model_knows_it() -> None:
    async def scene() -> None:
        room = meeting()
        await room.open()
        await room.voice.say("The dial-in is 4711.")
        await room.voice.say("Write it down.")
        await room.until_speaking()
        await room.until_quiet()
        assert room.lines() == [("Ada", "The dial-in is 4711."), ("Ada", "Write it down.")]
        await room.say(QUESTION)
        await room.until(lambda: bool(room.llm.asked))
        said = [m["content"] for m in room.llm.asked[0] if m["role"] == "assistant"]
        assert said == ["The dial-in is 4711.", "Write it down."]
        await room.close()

    play(scene())


def test_an_answer_gives_way_to_a_typed_line() -> None:
    async def scene() -> None:
        room = meeting(answers=["This is a long answer that goes on and on for quite a while."])
        await room.open()
        await room.say(QUESTION)
        await room.until_speaking()
        await asyncio.sleep(1)
        await room.voice.say("We have to stop.")
        await room.until_quiet()
        answer, typed = room.of("line.final")[1:]
        assert answer.interrupted
        assert "This is a long answer that goes on".startswith(answer.text[:20])
        assert typed.text == "We have to stop."
        await room.close()

    play(scene())


def test_hush_silences_at_once_and_stops_the_thinking() -> None:
    async def scene() -> None:
        answer = "This is a long answer that goes on and on for a while."
        room = meeting(answers=[answer], thinks_s=2)
        await room.open()
        await room.say(QUESTION)
        await room.until(lambda: bool(room.llm.asked))
        await room.voice.hush()
        await asyncio.sleep(5)
        assert room.sound_sent() == 0
        await room.say(QUESTION)
        await room.until_speaking()
        await asyncio.sleep(1)
        hushed_at = room.now()
        await room.voice.hush()
        await room.until_quiet()
        last, piece = room.socket.got[-1]
        assert last <= hushed_at
        assert last + len(piece) / 2 / room.rate_hz <= hushed_at + 0.25
        assert room.of("line.final")[-1].interrupted
        await room.close()

    play(scene())


def test_asks_once_into_a_long_silence_in_the_persona_s_language() -> None:
    async def scene() -> None:
        room = meeting(greeting="Hello.", rules=TurnRules(idle_s=10))
        await room.open()
        await asyncio.sleep(60)
        assert room.lines() == [("Ada", "Hello."), ("Ada", "Are you still there?")]
        await room.close()

    play(scene())
    assert context.still_there("de-AT") == "Sind Sie noch da?"


def test_a_long_talk_is_summarised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_room, "USUAL", replace(model_room.USUAL, talk_tokens=60))

    async def scene() -> None:
        room = meeting(answers=["Yes, that is quite all right with me."])
        await room.open()
        for _ in range(10):
            await room.say(QUESTION)
            await room.until_speaking()
            await room.until_quiet()
        assert room.llm.summaries >= 1
        last = room.llm.asked[-1]
        assert last[0]["role"] == "system"
        assert "They planned the day." in str(last)
        assert len(last) < 19
        await room.close()

    play(scene())


def test_a_failing_model_is_reported_and_the_bot_stays_and_recovers() -> None:
    async def scene() -> None:
        room = meeting()
        await room.open()
        room.llm.fails = 1
        await room.say(QUESTION)
        await room.until(lambda: bool(room.of("bot.problem")))
        assert not room.of("bot.problem")[0].recovered
        await asyncio.sleep(3)
        await room.say(QUESTION)
        await room.until_speaking()
        await room.until(lambda: len(room.of("bot.problem")) == 2)
        assert room.of("bot.problem")[1].recovered
        await room.until_quiet()
        await room.close()

    play(scene())


def test_stays_for_hours_without_a_word() -> None:
    async def scene() -> None:
        room = meeting()
        await room.voice.start()
        room.connect()
        await asyncio.sleep(4 * 3600)
        await room.voice.say("Still here.")
        await room.until_speaking()
        await room.until_quiet()
        assert room.of("bot.problem") == []
        await room.close()

    play(scene())


def test_levels_follow_what_is_heard_and_said() -> None:
    async def scene() -> None:
        room = meeting()
        await room.open()
        await asyncio.sleep(0.5)
        assert room.voice.levels().heard == 0
        saying = asyncio.create_task(room.say(QUESTION))
        await asyncio.sleep(1)
        assert room.voice.levels().heard > 0.3
        assert room.voice.levels().spoken == 0
        await saying
        await room.until_speaking()
        assert room.voice.levels().spoken > 0.3
        await room.close()

    play(scene())


def test_warm_can_be_called_with_no_keys_and_twice() -> None:
    async def scene() -> None:
        await build.warm(Keys())
        await build.warm(Keys())

    try:
        play(scene())
    finally:
        gc.unfreeze()


def test_what_is_loaded_once_is_not_collected_over_and_over() -> None:
    gc.unfreeze()
    try:
        play(build.warm(Keys()))
        assert gc.get_freeze_count() > 50_000
    finally:
        gc.unfreeze()
