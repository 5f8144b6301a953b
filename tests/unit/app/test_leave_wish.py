"""The wish that a bot leaves ends whatever its life waits for."""

from __future__ import annotations

import asyncio

import pytest

from speakdesk.app.bots.leave_wish import ASKED, AskedToLeave, LeaveWish


async def test_work_that_is_done_first_gives_its_result() -> None:
    wish = LeaveWish()
    assert await wish.unless(asyncio.sleep(0, "done")) == "done"
    wish.check()
    assert not wish.is_there
    assert wish.cause == ASKED


async def test_the_wish_cancels_what_is_waited_for_and_says_why() -> None:
    wish = LeaveWish()
    ended: list[str] = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("cancelled")

    asyncio.get_running_loop().call_soon(wish.make, "no time")
    with pytest.raises(AskedToLeave):
        await wish.unless(work())
    assert ended == ["cancelled"]
    assert wish.cause == "no time"
    with pytest.raises(AskedToLeave):
        wish.check()


async def test_what_is_only_watched_goes_on() -> None:
    wish = LeaveWish()
    task = asyncio.ensure_future(asyncio.Event().wait())
    wish.make("no time")
    await wish.or_done(task)
    assert not task.done()
    task.cancel()


async def test_whoever_waits_is_cancelled_with_its_work() -> None:
    wish = LeaveWish()
    ended = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    waiting = asyncio.ensure_future(wish.unless(work()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await ended.wait()
