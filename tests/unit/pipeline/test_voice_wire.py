"""A voice and its sockets: rates, sizes, pace, drops, and what is left when it stops."""

from __future__ import annotations

import asyncio
import gc
import weakref
from typing import Any

import numpy as np
import pytest
from pipecat.workers.runner import WorkerRunner

from speakdesk.domain.errors import Reason
from tests.fixtures.meeting import Meeting, meeting, speech
from tests.fixtures.virtual_time import play

QUESTION = "Could you tell us what the plan is for today?"
LONG = (
    "First we look at the numbers of last month and then at what they mean for the next one. "
    "After that everybody says in a sentence or two what they are working on right now."
)


def _tone_hz(pcm: bytes, rate_hz: int) -> float:
    samples = np.frombuffer(pcm, np.int16)[: rate_hz // 2].astype(np.float64)
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum)) * rate_hz / len(samples)


@pytest.mark.parametrize("rate_hz", [16000, 24000, 32000, 48000])
def test_hears_and_speaks_at_every_rate(rate_hz: int) -> None:
    async def scene() -> None:
        room = meeting(rate_hz=rate_hz, answers=[LONG])
        await room.open()
        await room.say(QUESTION)
        await room.until_speaking()
        await room.until_quiet()
        assert room.lines() == [("Someone", QUESTION), ("Ada", LONG)]
        assert room.sound_sent() / rate_hz == pytest.approx(room.seconds_said(), abs=0.05)
        # The tone the service made at 24 kHz has kept its pitch.
        tone_hz = 0.11 * 24000 / 6.2832
        assert _tone_hz(room.socket.pcm(), rate_hz) == pytest.approx(tone_hz, rel=0.02)
        await room.close()

    play(scene())


def test_sound_at_the_wire_s_own_rate_leaves_untouched() -> None:
    async def scene() -> None:
        room = meeting(rate_hz=16000, tts_rate_hz=16000)
        await room.open()
        await room.voice.say("Word for word.")
        await room.until_speaking()
        await room.until_quiet()
        count = round(len("Word for word.") / 15 * 16000)
        wave = (8000 * np.sin(np.arange(count) * 0.11)).astype(np.int16).tobytes()
        assert room.socket.pcm() == wave
        await room.close()

    play(scene())


@pytest.mark.parametrize("size", [512, 1001, 3333, 96000])
def test_hears_messages_of_any_size(size: int) -> None:
    async def scene() -> None:
        room = meeting()
        await room.voice.start()
        room.connect()
        pcm = speech(QUESTION, 16000) + bytes(32000 * 2)
        room.stt.lines.append(QUESTION)
        for start in range(0, len(pcm), size):
            room.socket.deliver(pcm[start : start + size])
            await asyncio.sleep(size / 32000)
        await room.until(lambda: bool(room.llm.asked))
        assert room.llm.asked[0][-1]["content"] == QUESTION
        await room.close()

    play(scene())


def test_never_more_than_a_fifth_of_a_second_is_ahead_of_the_clock() -> None:
    async def scene() -> None:
        room = meeting(answers=[LONG])
        await room.open()
        await room.say(QUESTION)
        await room.until_speaking()
        await room.until_quiet()
        _check_pace(room, room.socket.got)
        await room.close()

    play(scene())


def _check_pace(room: Meeting, got: list[tuple[float, bytes]]) -> None:
    dry = got[0][0]
    for at, piece in got:
        assert len(piece) % 2 == 0
        assert at <= dry + 0.001, "the meeting ran dry"
        dry += len(piece) / 2 / room.rate_hz
        assert dry - at <= 0.2


def test_a_busy_loop_leaves_no_gap() -> None:
    async def scene() -> None:
        room = meeting(answers=[LONG])
        await room.open()
        await room.say(QUESTION)
        await room.until_speaking()
        loop = asyncio.get_running_loop()
        for _ in range(30):
            await asyncio.sleep(0.15)
            loop._paced.now_s += 0.05  # type: ignore[attr-defined]
        await room.until_quiet()
        _check_pace(room, room.socket.got)
        await room.close()

    play(scene())


def test_a_drop_in_mid_sentence_keeps_the_talk_and_repeats_nothing() -> None:
    async def scene() -> None:
        room = meeting(answers=[LONG, "I am still here."])
        await room.open()
        await room.say(QUESTION)
        await room.until_speaking()
        await asyncio.sleep(2)
        first = room.socket
        first.drop()
        await asyncio.sleep(1.5)
        room.connect()
        await room.until_quiet(2)
        assert [e.text for e in room.bot_lines()] == [LONG]
        assert room.sound_sent() / 16000 == pytest.approx(room.seconds_said(), abs=0.05)
        await room.say("Are you still with us after that?")
        await room.until_speaking()
        asked = room.llm.asked[-1]
        assert [m["role"] for m in asked] == ["system", "user", "assistant", "user"]
        assert asked[2]["content"] == LONG
        await room.close()

    play(scene())


def test_a_long_drop_ends_the_sentence_and_nothing_old_is_played_later() -> None:
    async def scene() -> None:
        room = meeting(answers=[LONG, "I am still here."])
        await room.open()
        await room.say(QUESTION)
        await room.until_speaking()
        await asyncio.sleep(2)
        room.socket.drop()
        await asyncio.sleep(8)
        cut = room.of("line.final")[-1]
        assert cut.is_bot
        assert cut.interrupted
        second = room.connect()
        await asyncio.sleep(3)
        assert second.got == []
        await room.say("Are you still with us after that?")
        await room.until_speaking()
        await room.until_quiet()
        assert room.lines()[-1] == ("Ada", "I am still here.")
        assert room.llm.asked[-1][2]["content"] == f"{cut.text} …"
        await room.close()

    play(scene())


def test_a_newer_socket_takes_over_and_closes_the_older() -> None:
    async def scene() -> None:
        room = meeting(answers=[LONG])
        await room.open()
        await room.say(QUESTION)
        await room.until_speaking()
        await asyncio.sleep(1)
        older = room.socket
        newer = room.connect()
        await asyncio.sleep(1)
        assert older.closed_with == 1000
        count = len(older.got)
        await asyncio.sleep(1)
        assert len(older.got) == count
        assert len(newer.got) > 10
        await room.until_quiet()
        assert [e.text for e in room.bot_lines()] == [LONG]
        await room.close()

    play(scene())


def test_a_stuck_socket_neither_holds_up_the_next_one_nor_the_end() -> None:
    async def scene() -> None:
        room = meeting(answers=[LONG, "I am still here."])
        await room.open()
        await room.say(QUESTION)
        await room.until_speaking()
        room.socket.flows.clear()
        await asyncio.sleep(3)
        newer = room.connect()
        await asyncio.sleep(0.2)
        assert newer.got
        await room.until_quiet()
        assert [e.text for e in room.bot_lines()] == [LONG]
        newer.flows.clear()
        began_s = room.now()
        await room.voice.stop()
        assert room.now() - began_s < 2
        late = room.connect()
        await asyncio.sleep(0.1)
        assert late.closed_with is not None
        await room.close()

    play(scene())


def test_a_stop_that_nobody_waits_for_still_ends_the_pipeline() -> None:
    async def scene() -> weakref.ref[Any]:
        room = meeting(answers=[LONG])
        await room.open()
        await asyncio.sleep(1)
        room.socket.flows.clear()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(room.voice.stop(), 0.5)
        gone = weakref.ref(room.stt)
        await room.close()
        return gone

    gone = play(scene())
    gc.collect()
    assert gone() is None


def test_a_pipeline_that_fails_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(self: WorkerRunner) -> None:
        await run(self)
        raise ZeroDivisionError

    run = WorkerRunner.run
    monkeypatch.setattr(WorkerRunner, "run", fail)

    async def scene() -> None:
        room = meeting()
        await room.open()
        parts = room.voice._parts
        assert parts is not None
        await parts.worker.cancel(reason="as a crash would")
        await room.until(lambda: bool(room.of("bot.problem")))
        assert room.of("bot.problem")[0].problem.reason is Reason.CRASHED
        await room.close()

    play(scene())


def test_the_handshake_s_rate_counts() -> None:
    async def scene() -> None:
        room = meeting(rate_hz=24000)
        await room.voice.start()
        room.connect()
        room.socket.deliver('{"protocol_version": 2, "bot_id": "x", "sample_rate": 48000}')
        await asyncio.sleep(0.1)
        await room.voice.say("Twice as fine.")
        await room.until_speaking()
        await room.until_quiet()
        assert room.sound_sent() / 48000 == pytest.approx(len("Twice as fine.") / 15, abs=0.05)
        await room.close()

    play(scene())


def test_garbage_and_rosters_do_no_harm() -> None:
    async def scene() -> None:
        room = meeting()
        await room.open()
        for message in ("not json", "{}", "[]", b"", b"\x01"):
            room.socket.deliver(message)
        room.roster(Ada=False, Priya=True)
        room.roster(Ada=False, Priya=True)
        await asyncio.sleep(0.5)
        assert [(e.names, e.speaking) for e in room.of("roster.changed")] == [
            (("Ada", "Priya"), ("Priya",))
        ]
        await room.close()

    play(scene())


def test_stopping_twice_and_in_mid_sentence_leaves_nothing_behind() -> None:
    async def scene() -> weakref.ref[Any]:
        room = meeting(answers=[LONG])
        await room.open()
        await room.say(QUESTION)
        await room.until_speaking()
        await asyncio.sleep(1)
        await room.voice.stop()
        await room.voice.stop()
        last = room.of("line.final")[-1]
        assert last.is_bot
        assert last.interrupted
        assert room.socket.closed_with is not None
        await room.voice.say("too late")
        await room.voice.hush()
        gone = weakref.ref(room.stt)
        await room.close()
        return gone

    gone = play(scene())
    gc.collect()
    assert gone() is None


def test_many_bots_at_once_keep_their_own_conversations() -> None:
    async def scene() -> None:
        rooms = [meeting(answers=[f"I am number {i}."]) for i in range(4)]
        await asyncio.gather(*(room.open() for room in rooms))
        await asyncio.gather(*(room.say(QUESTION) for room in rooms))
        await asyncio.gather(*(room.until_speaking() for room in rooms))
        await asyncio.gather(*(room.until_quiet() for room in rooms))
        assert [room.lines()[-1][1] for room in rooms] == [f"I am number {i}." for i in range(4)]
        await asyncio.gather(*(room.close() for room in rooms))

    play(scene())
