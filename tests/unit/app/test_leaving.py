"""Leaving: shown at once, told at once, seen to afterwards; nobody is left behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from speakdesk.app.bots import departure
from speakdesk.domain.bot import BotState
from speakdesk.domain.events import RosterChanged
from tests.fixtures.bad_day import BadDay, bad_day
from tests.standins.meetingbaas import Trouble


@pytest.fixture
async def day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[BadDay]:
    monkeypatch.setattr(departure, "SEE_OFF_PAUSES_S", (0.01,))
    async with bad_day(tmp_path, monkeypatch) as day:
        yield day


async def in_call(day: BadDay, *personas: str) -> None:
    await day.launch(*personas)
    for bot_id in day.desk.bots:
        await day.seen.state(BotState.IN_CALL, bot_id)
    await day.dialled()


async def test_it_is_shown_before_anybody_was_asked(day: BadDay) -> None:
    await in_call(day)
    await day.desk.leave(day.view().bot_id)
    assert day.view().state is BotState.LEAVING
    ended = await day.ends(BotState.ENDED)
    assert ended.cause == "asked to leave"


async def test_a_click_on_leave_does_not_wait_for_the_providers_confirmation(day: BadDay) -> None:
    await in_call(day)
    bot = await day.dialled()
    bot.end = _never(bot)  # type: ignore[method-assign]
    await day.desk.leave(day.view().bot_id)
    await day.ends(BotState.ENDED)
    assert not bot.is_over
    assert day.view().troubles == ()
    del bot.end
    await bot.leave()


async def test_a_leave_that_is_not_taken_is_tried_again_until_it_is(day: BadDay) -> None:
    await in_call(day)
    day.cloud.trouble, day.cloud.troubled = Trouble.SERVER_ERROR, 6
    day.cloud.troubled_path = "/leave"
    await day.desk.leave(day.view().bot_id)
    problem = await day.trouble("may still be in the meeting")
    assert "Remove it in the meeting" in problem.next_step
    await day.ends(BotState.ENDED)
    await day.recovered("may still be in the meeting")
    assert day.cloud.live_bots == []
    assert day.view().troubles == ()


async def test_all_leave_at_once_when_the_desk_closes(day: BadDay) -> None:
    await in_call(day, "interviewer", "meeting_scribe", "standup_facilitator")
    await day.desk.close()
    assert day.cloud.live_bots == []
    assert {view.state for view in day.desk.bots.values()} == {BotState.ENDED}


async def test_a_bot_that_is_made_while_the_desk_closes_is_left_as_well(day: BadDay) -> None:
    await day.launch()
    await day.seen.state(BotState.JOINING)
    await day.desk.close()
    assert [bot.is_over for bot in day.cloud.bots.values()] in ([], [True])


async def test_bots_leave_a_meeting_that_people_have_left(
    day: BadDay, monkeypatch: pytest.MonkeyPatch
) -> None:
    await in_call(day, "interviewer", "meeting_scribe")
    join = {"only_bots_s": 1}
    await day.desk.save_settings(day.desk.settings.current.with_changes(join=join))
    names = tuple(view.name for view in day.desk.bots.values())
    for voice in day.voices:
        voice.emit(RosterChanged(bot_id=voice.order.bot_id, names=("Priya", *names)))
        voice.emit(RosterChanged(bot_id=voice.order.bot_id, names=names))
    for number in (0, 1):
        view = await day.ends(BotState.ENDED, number)
        assert view.cause.startswith("only bots were left in the meeting for ")
    await day.cloud.until(lambda: day.cloud.live_bots == [])


async def test_a_record_only_bot_goes_with_the_last_that_hears_who_is_there(day: BadDay) -> None:
    await day.launch(add_recorder=True)
    for bot_id in day.desk.bots:
        await day.seen.state(BotState.IN_CALL, bot_id)
    join = {"only_bots_s": 1}
    await day.desk.save_settings(day.desk.settings.current.with_changes(join=join))
    (voice,) = day.voices
    for names in (("Priya", "Ada", "Recorder"), ("Ada", "Recorder")):
        voice.emit(RosterChanged(bot_id=voice.order.bot_id, names=names))
    recorder = await day.ends(BotState.ENDED, 1)
    assert recorder.is_recorder
    assert recorder.cause == day.view().cause


async def test_bots_wait_for_the_first_person_as_long_as_it_takes(day: BadDay) -> None:
    await in_call(day)
    join = {"only_bots_s": 1}
    await day.desk.save_settings(day.desk.settings.current.with_changes(join=join))
    run = day.desk._crew.get(day.view().bot_id)
    crowd = run._presence.crowd
    crowd.note((day.view().name,), 0.0)
    assert crowd.alone_s(10_000.0) == 0.0
    await asyncio.sleep(0)
    assert day.view().state is BotState.IN_CALL


def _never(bot: object) -> object:
    async def end(*_: object, **__: object) -> None:
        return None

    return end
