"""How the provider is asked, how patiently, and what a sleep of the computer means."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from speakdesk.app.bots.following import (
    LONGEST_WAIT_S,
    NO_USE_ASKING_S,
    REMOTE_CADENCE,
    Forgotten,
    StatusWatch,
)
from speakdesk.app.bots.standing import BotStanding
from speakdesk.domain.bot import BotState
from speakdesk.domain.clock import utc_now
from speakdesk.domain.errors import Problem, ProviderError, Reason, Stage
from speakdesk.domain.events import Notice
from speakdesk.domain.launch import BotView
from tests.fixtures.bad_day import BadDay, SleepyClock, bad_day
from tests.standins.desk import LINK, PLAN, ScriptedProvider, Seen


class Desktop:
    """One bot's status watch on a bare stage."""

    def __init__(self) -> None:
        self.clock = SleepyClock()
        self.seen = Seen()
        self.provider = ScriptedProvider(needs_public_url=True)
        now = utc_now()
        view = BotView("b1", "Ada", "ada", LINK, "m1", "scripted", BotState.JOINING, now, now, PLAN)
        self.standing = BotStanding(view, self.seen, self.clock)
        self.watch = StatusWatch(self.provider, self.standing, self.clock)

    def fails(self, reason: Reason, retry_after_s: float | None = None) -> None:
        problem = Problem(Stage.PROVIDER, reason, "No.", "Wait.", retry_after_s=retry_after_s)
        self.provider.now = ProviderError(problem)


@pytest.fixture
def desktop() -> Desktop:
    return Desktop()


async def test_it_asks_fast_until_the_bot_is_admitted_then_slowly(desktop: Desktop) -> None:
    await desktop.watch.ask()
    assert desktop.watch._wait_s() == REMOTE_CADENCE.joining_s
    desktop.standing.move(BotState.IN_CALL)
    assert desktop.watch._wait_s() == REMOTE_CADENCE.in_call_s


@pytest.mark.parametrize(
    ("reason", "retry_after_s", "wait_s"),
    [
        (Reason.RATE_LIMIT, 42.0, 42.0),
        (Reason.RATE_LIMIT, 99_999.0, LONGEST_WAIT_S),
        (Reason.UNAVAILABLE, None, REMOTE_CADENCE.joining_s * 2),
        (Reason.AUTHENTICATION, None, NO_USE_ASKING_S),
    ],
)
async def test_what_the_provider_wishes_is_honoured(
    desktop: Desktop, reason: Reason, retry_after_s: float | None, wait_s: float
) -> None:
    desktop.fails(reason, retry_after_s)
    assert await desktop.watch.ask() is None
    assert desktop.watch._wait_s() == wait_s


async def test_a_key_that_may_not_read_is_told_at_once_and_once(desktop: Desktop) -> None:
    desktop.fails(Reason.AUTHENTICATION)
    for _ in range(5):
        await desktop.watch.ask()
    assert len(desktop.standing.view.troubles) == 1


async def test_a_bot_so_new_that_it_is_not_found_yet_is_not_forgotten(desktop: Desktop) -> None:
    desktop.fails(Reason.NOT_FOUND)
    assert await desktop.watch.ask() is None


async def test_one_that_never_turns_up_is_forgotten_in_the_end(desktop: Desktop) -> None:
    desktop.fails(Reason.NOT_FOUND)
    await desktop.watch.ask()
    desktop.clock.sleep(seconds=25)
    with pytest.raises(Forgotten):
        await desktop.watch.ask()


async def test_a_bot_that_was_known_and_is_not_found_is_forgotten(desktop: Desktop) -> None:
    await desktop.watch.ask()
    desktop.fails(Reason.NOT_FOUND)
    with pytest.raises(Forgotten):
        await desktop.watch.ask()


async def test_a_sleep_is_noticed_and_a_short_delay_is_none(desktop: Desktop) -> None:
    wake = asyncio.Event()
    wake.set()
    await desktop.watch.ask()
    desktop.clock.sleep(seconds=20)
    await desktop.watch.pause(wake)
    assert desktop.watch.slept_s == 0.0
    desktop.clock.sleep(hours=1)
    await desktop.watch.pause(wake)
    assert 3500 < desktop.watch.slept_s < 3700


@pytest.fixture
async def day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[BadDay]:
    async with bad_day(tmp_path, monkeypatch) as day:
        yield day


async def test_after_a_sleep_a_bot_that_is_still_there_is_told_so(day: BadDay) -> None:
    await day.launch()
    await day.seen.state(BotState.IN_CALL)
    day.clock.sleep(hours=1)
    notice = await day.seen.until(lambda e: isinstance(e, Notice) and "slept" in e.sentence)
    assert isinstance(notice, Notice)
    assert "60 minutes" in notice.sentence
    assert "is still in the call" in notice.sentence
    assert notice.bot_id == day.view().bot_id
