"""Bots that join at a time: kept by the provider, followed from here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from speakdesk.app.bots import waiting
from speakdesk.app.way_in import Way
from speakdesk.domain.bot import BotState, Evidence
from speakdesk.domain.events import BotProblem, Event
from speakdesk.domain.launch import BotView, Launch
from speakdesk.domain.meeting import PRACTICE_LINK
from speakdesk.pipeline.contract import Voice, VoiceOrder
from tests.fixtures.bad_day import LINK, BadDay, bad_day
from tests.standins.desk import ScriptedProvider
from tests.standins.meetingbaas import Trouble
from tests.unit.app.test_desk import IN_CALL


@pytest.fixture
async def day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[BadDay]:
    monkeypatch.setattr(waiting, "LONGEST_NAP_S", 0.01)
    monkeypatch.setattr(waiting, "LOOK_EVERY_S", 0.0)
    async with bad_day(tmp_path, monkeypatch) as day:
        yield day


async def scheduled(day: BadDay, minutes: float = 60.0, **more: object) -> BotView:
    """A bot that waits at the provider."""
    await day.launch(join_at=day.clock.now() + timedelta(minutes=minutes), **more)  # type: ignore[arg-type]
    await day.until(lambda: day.view().advice.startswith("Joins at "))
    return day.view()


async def test_it_is_kept_by_the_provider_at_once_and_waits_without_a_voice(day: BadDay) -> None:
    view = await scheduled(day)
    (entry,) = day.cloud.scheduled.values()
    assert view.provider_bot_id == entry["bot_id"]
    assert view.state is BotState.PREPARING
    assert view.join_at is not None
    assert view.advice.startswith("Joins at ")
    assert "Keep SpeakDesk open until then" in view.advice
    assert Evidence.ACCEPTED in {mark.evidence for mark in view.marks}
    assert day.voices == []
    assert day.cloud.bots == {}


async def test_its_voice_is_ready_shortly_before_and_it_joins_under_the_same_id(
    day: BadDay,
) -> None:
    made, make = asyncio.Event(), day.voice

    def note(order: VoiceOrder, emit: Callable[[Event], None]) -> Voice:
        made.set()
        return make(order, emit)

    day.voice = note
    view = await scheduled(day)
    day.clock.sleep(minutes=58, seconds=30)
    await asyncio.wait_for(made.wait(), 10)
    assert day.view().state is BotState.PREPARING
    day.clock.sleep(minutes=2)
    bot = day.cloud.begin(view.provider_bot_id)
    await day.seen.state(BotState.JOINING)
    await day.seen.state(BotState.IN_CALL)
    await day.cloud.until(lambda: bot.dialled > 0)
    assert day.view().join_at is None
    assert day.voices[0].admissions == 1


async def test_one_that_is_late_is_waited_for(day: BadDay) -> None:
    view = await scheduled(day)
    day.clock.sleep(minutes=61)
    await day.seen.state(BotState.JOINING)
    await day.trouble("does not say how the bot is doing")
    day.cloud.begin(view.provider_bot_id)
    await day.seen.state(BotState.IN_CALL)
    await day.recovered("does not say how the bot is doing")


async def test_one_that_dials_early_gets_its_voice_at_once(day: BadDay) -> None:
    view = await scheduled(day)
    day.cloud.begin(view.provider_bot_id)
    await day.seen.state(BotState.IN_CALL)
    assert [voice.started for voice in day.voices] == [True]


async def test_leaving_takes_it_back_at_the_provider(day: BadDay) -> None:
    view = await scheduled(day)
    await day.desk.leave(view.bot_id)
    await day.ends(BotState.ENDED)
    assert [entry["status"] for entry in day.cloud.scheduled.values()] == ["cancelled"]
    assert day.view().join_at is None


async def test_closing_the_desk_takes_it_back_as_well(day: BadDay) -> None:
    await scheduled(day)
    await day.desk.close()
    assert [entry["status"] for entry in day.cloud.scheduled.values()] == ["cancelled"]


async def test_leaving_while_it_is_being_scheduled_leaves_nothing_behind(day: BadDay) -> None:
    await day.launch(join_at=day.clock.now() + timedelta(hours=1))
    await day.cloud.until(lambda: bool(day.cloud.scheduled))
    await day.desk.leave(day.view().bot_id)
    await day.ends(BotState.ENDED)
    assert [entry["status"] for entry in day.cloud.scheduled.values()] == ["cancelled"]


async def test_one_that_can_no_longer_be_taken_back_is_told_to_leave_when_it_comes(
    day: BadDay,
) -> None:
    view = await scheduled(day, minutes=3)
    day.cloud.trouble = Trouble.WRONG_STATE
    day.cloud.troubled_path = f"/{view.provider_bot_id}"
    await day.desk.leave(view.bot_id)
    problem = await day.trouble("in its last minutes")
    assert "told to leave" in problem.sentence
    await day.ends(BotState.ENDED)
    day.cloud.trouble = Trouble.NONE
    bot = day.cloud.begin(view.provider_bot_id)
    await day.cloud.until(lambda: bot.is_over)
    await day.recovered("in its last minutes")


async def test_one_that_was_cancelled_elsewhere_ends_here(day: BadDay) -> None:
    view = await scheduled(day)
    day.cloud.scheduled[view.provider_bot_id]["status"] = "cancelled"
    ended = await day.ends(BotState.ENDED)
    assert ended.cause == "it was cancelled at MeetingBaas"


async def test_a_time_that_was_changed_elsewhere_is_shown(day: BadDay) -> None:
    view = await scheduled(day)
    later = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=5)
    day.cloud.scheduled[view.provider_bot_id]["join_at"] = later.isoformat()
    await day.until(lambda: day.view().join_at == later)


async def test_a_refused_time_fails_in_the_providers_words(day: BadDay) -> None:
    day.cloud.trouble = Trouble.NO_TOKENS
    await day.launch(join_at=day.clock.now() + timedelta(hours=1))
    view = await day.ends(BotState.FAILED)
    assert view.problem is not None
    assert "FST_ERR_INSUFFICIENT_TOKENS" in view.problem.vendor_words


async def test_a_record_only_bot_waits_as_well(day: BadDay) -> None:
    at = day.clock.now() + timedelta(hours=1)
    await day.desk.launch(Launch(LINK, (), "meetingbaas", add_recorder=True, join_at=at))
    await day.until(lambda: bool(day.view().provider_bot_id))
    (wish,) = day.cloud.wishes.values()
    assert wish["streaming_enabled"] is False
    day.clock.sleep(hours=1)
    day.cloud.begin(day.view().provider_bot_id)
    await day.seen.state(BotState.IN_CALL)
    assert day.voices == []


async def test_a_new_public_address_is_given_to_one_that_waits(
    day: BadDay, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = f"http://127.0.0.1:{day.port}"
    moving = MovingWay(day, base)
    monkeypatch.setattr(day.desk._way_in, "use", moving.use)
    view = await scheduled(day, given="")
    moving.base = "https://new.example.com"
    day.desk._on_moved()
    await day.cloud.until(
        lambda: (
            "new.example.com"
            in day.cloud.wishes[view.provider_bot_id]["streaming_config"]["input_url"]
        )
    )
    assert day.view().troubles == ()


async def test_where_the_address_cannot_be_given_any_more_that_is_told(
    day: BadDay, monkeypatch: pytest.MonkeyPatch
) -> None:
    moving = MovingWay(day, f"http://127.0.0.1:{day.port}")
    monkeypatch.setattr(day.desk._way_in, "use", moving.use)
    await scheduled(day, minutes=3, given="")
    moving.base = "https://new.example.com"
    day.desk._on_moved()
    problem = await day.trouble("still has the old one")
    assert "send it again" in problem.next_step


async def test_a_provider_that_cannot_wait_is_asked_when_it_is_time(day: BadDay) -> None:
    provider = ScriptedProvider(now=IN_CALL)
    desk = day.desk
    desk._providers._given["scripted"] = provider
    at = day.clock.now() + timedelta(hours=1)
    (bot_id,) = await desk.launch(Launch(PRACTICE_LINK, ("interviewer",), "scripted", join_at=at))
    await day.until(lambda: bool(desk.bots[bot_id].advice))
    assert "SpeakDesk sends it then" in desk.bots[bot_id].advice
    assert provider.requests == []
    day.clock.sleep(hours=1)
    await day.seen.state(BotState.IN_CALL, bot_id)
    assert desk.bots[bot_id].join_at is None


async def test_leaving_while_it_waits_here_asks_nobody(day: BadDay) -> None:
    provider = ScriptedProvider(now=IN_CALL)
    day.desk._providers._given["scripted"] = provider
    at = day.clock.now() + timedelta(hours=1)
    (bot_id,) = await day.desk.launch(
        Launch(PRACTICE_LINK, ("interviewer",), "scripted", join_at=at)
    )
    await day.desk.leave(bot_id)
    await day.seen.state(BotState.ENDED, bot_id)
    assert provider.requests == []
    assert not [e for e in day.seen.events if isinstance(e, BotProblem)]


class MovingWay:
    """A tunnel whose address changes."""

    def __init__(self, day: BadDay, base: str) -> None:
        self.base = base

    def use(self, port: int, *, is_public: bool, given_url: str = "") -> object:
        websocket = self.base.replace("http", "ws", 1)
        return nullcontext(Way(websocket, self.base, is_tunnel=True))
