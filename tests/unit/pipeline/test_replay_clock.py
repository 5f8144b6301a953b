"""The clock of a replay: it jumps, it stands still for work, and only replays see it."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import pytest
from pipecat.audio.turn.smart_turn import base_smart_turn

from speakdesk.domain.clock import moments_from, utc_now
from speakdesk.pipeline.replay.clock import ReplayLoop, run
from tests.fixtures.recording import BEGAN


def test_an_hour_passes_at_once_and_in_order() -> None:
    seen: list[str] = []

    async def wait(name: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        seen.append(name)

    async def hour() -> float:
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        await asyncio.gather(wait("late", 3600), wait("early", 1), wait("middle", 60))
        return loop.time() - began_s

    assert run(hour()) == pytest.approx(3600)
    assert seen == ["early", "middle", "late"]


def test_time_stands_still_while_a_thread_works() -> None:
    may_end = threading.Event()

    async def both() -> tuple[float, float]:
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        work = asyncio.ensure_future(asyncio.to_thread(may_end.wait))
        alarm = asyncio.ensure_future(asyncio.sleep(1000))
        await asyncio.sleep(0)
        # The alarm is all that waits, and still does not go off.
        threading.Timer(0.01, may_end.set).start()
        await work
        worked_s = loop.time() - began_s
        assert not alarm.done()
        await alarm
        return worked_s, loop.time() - began_s

    worked_s, all_s = run(both())
    assert worked_s == 0.0
    assert all_s == pytest.approx(1000)


def test_work_outside_holds_the_clock_until_it_lets_go() -> None:
    async def hold() -> float:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, ReplayLoop)
        let_go = loop.hold()

        def end() -> None:
            let_go()
            let_go()

        threading.Timer(0.01, lambda: loop.call_soon_threadsafe(end)).start()
        began_s = loop.time()
        asyncio.get_running_loop().call_later(5, lambda: None)
        await asyncio.sleep(5)
        return loop.time() - began_s

    assert run(hold()) == pytest.approx(5)


def test_a_speed_takes_its_share_of_real_time() -> None:
    async def second() -> float:
        began_s = time.monotonic()
        await asyncio.sleep(1.0)
        return time.monotonic() - began_s

    assert run(second(), speed=50.0) >= 1.0 / 50 - 0.002


def test_pipecat_sees_the_loops_time_and_other_threads_the_machines() -> None:
    smart_turn: Any = base_smart_turn
    elsewhere: list[float] = []

    async def look() -> tuple[float, float]:
        await asyncio.sleep(500)
        now_s = smart_turn.time.monotonic()
        thread = threading.Thread(
            target=lambda: elsewhere.append(smart_turn.time.monotonic() - time.monotonic())
        )
        thread.start()
        thread.join()
        return now_s, asyncio.get_running_loop().time()

    seen_s, loop_s = run(look())
    assert seen_s == loop_s
    assert abs(elsewhere[0]) < 60
    assert smart_turn.time is time


def test_events_of_a_replay_have_the_recordings_moments() -> None:
    async def moment() -> object:
        return utc_now()

    with moments_from(lambda: BEGAN):
        assert run(moment()) == BEGAN
    assert utc_now() != BEGAN
