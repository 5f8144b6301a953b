"""Send again: the same bot afresh, and never two of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from speakdesk.domain.bot import BotState
from speakdesk.domain.errors import ProviderError
from speakdesk.domain.join import JoinOptions, RecordingMode
from tests.fixtures.bad_day import BadDay, bad_day

OPTIONS = JoinOptions(recording=RecordingMode.AUDIO_ONLY)


@pytest.fixture
async def day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[BadDay]:
    async with bad_day(tmp_path, monkeypatch) as day:
        yield day


async def ended(day: BadDay, **more: object) -> str:
    view = await day.launch(**more)  # type: ignore[arg-type]
    await day.seen.state(BotState.IN_CALL, view.bot_id)
    await day.desk.leave(view.bot_id)
    await day.ends(BotState.ENDED)
    return view.bot_id


async def test_the_same_persona_name_options_and_meeting_go_again(day: BadDay) -> None:
    old = await ended(day, names=("Zed",), options=OPTIONS, greeting="Hi.", extra={"a": "b"})
    (new,) = await day.desk.send_again(old)
    assert new != old
    await day.seen.state(BotState.IN_CALL, new)
    first, second = (bot.wish for bot in day.cloud.bots.values())
    for name in ("bot_name", "recording_mode", "meeting_url"):
        assert first[name] == second[name]
    assert second["extra"]["a"] == "b"
    assert second["extra"]["speakdesk_bot"] == new
    assert day.voices[-1].order.greeting == "Hi."


async def test_two_clicks_send_one_bot(day: BadDay) -> None:
    old = await ended(day)
    first, second = await asyncio.gather(day.desk.send_again(old), day.desk.send_again(old))
    assert first == second
    assert await day.desk.send_again(old) == first
    assert len(day.desk.bots) == 2


async def test_when_its_successor_has_ended_it_can_be_sent_once_more(day: BadDay) -> None:
    old = await ended(day)
    (second,) = await day.desk.send_again(old)
    await day.seen.state(BotState.IN_CALL, second)
    await day.desk.leave(second)
    await day.seen.state(BotState.ENDED, second)
    (third,) = await day.desk.send_again(old)
    assert third not in (old, second)


async def test_one_that_is_still_there_leaves_first_and_keeps_its_name(day: BadDay) -> None:
    view = await day.launch()
    await day.seen.state(BotState.IN_CALL)
    (new,) = await day.desk.send_again(view.bot_id)
    assert not day.desk.bots[view.bot_id].is_live
    assert day.desk.bots[new].name == view.name


async def test_an_old_deduplication_key_is_never_used_again(day: BadDay) -> None:
    await day.launch()
    day.desk._crew.get(day.view().bot_id)
    run = day.desk._crew.get(day.view().bot_id)
    assert run.order.again is not None
    options = replace(OPTIONS, deduplication_key="once")
    from speakdesk.app.bots.launching import send_again

    again = send_again(replace(run.order.again, options=options), run.order.persona, "Ada")
    assert again.options == OPTIONS


async def test_a_recorder_goes_again_as_a_recorder_and_a_scheduled_one_now(day: BadDay) -> None:
    await day.launch(add_recorder=True)
    ada, recorder = day.desk.bots
    assert day.desk.launch_of(ada).add_recorder is False
    assert day.desk.launch_of(ada).personas == ("interviewer",)
    assert day.desk.launch_of(recorder).add_recorder is True
    assert day.desk.launch_of(recorder).personas == ()
    later = await day.launch("meeting_scribe", join_at=day.clock.now() + timedelta(hours=1))
    del later
    scheduled = list(day.desk.bots)[2]
    assert day.desk.launch_of(scheduled).join_at is None


async def test_a_bot_that_is_not_in_the_list_is_said(day: BadDay) -> None:
    with pytest.raises(ProviderError, match="not in the list any more"):
        await day.desk.send_again("nobody")
    with pytest.raises(ProviderError, match="not in the list any more"):
        await day.desk.pause_recording("nobody")
