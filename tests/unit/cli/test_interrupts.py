"""Ctrl+C and SIGTERM: the first ends the work in order, the second waits, the third gives up."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from speakdesk.cli.interrupts import INTERRUPTED, TERMINATED, Interrupts, run_until_interrupted


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, INTERRUPTED), (signal.SIGTERM, TERMINATED)]
)
def test_a_signal_lets_the_work_end_in_order(number: signal.Signals, status: int) -> None:
    done = []

    async def work() -> int:
        try:
            os.kill(os.getpid(), number)
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            done.append("tidied up")
        return 0

    assert run_until_interrupted(work()) == status
    assert done == ["tidied up"]


def test_a_second_one_does_not_cut_the_tidying_short(capsys: pytest.CaptureFixture[str]) -> None:
    done = []

    async def work() -> int:
        try:
            os.kill(os.getpid(), signal.SIGINT)
            await asyncio.Event().wait()
        finally:
            os.kill(os.getpid(), signal.SIGINT)
            await asyncio.sleep(0.01)
            done.append("tidied up")
        return 0

    assert run_until_interrupted(work()) == INTERRUPTED
    assert done == ["tidied up"]
    assert "being told to leave" in capsys.readouterr().err


async def test_the_third_gives_up() -> None:
    interrupts = Interrupts()
    interrupts.note(INTERRUPTED)
    interrupts.note(INTERRUPTED)
    with pytest.raises(SystemExit):
        interrupts.note(INTERRUPTED)


def test_work_that_ends_by_itself_keeps_its_status() -> None:
    async def work() -> int:
        return 7

    assert run_until_interrupted(work()) == 7
