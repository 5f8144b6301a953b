"""All bots of an account: ours marked, no passcode shown, told to leave."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from speakdesk.domain.bot import BotState
from speakdesk.domain.errors import ProviderError
from speakdesk.domain.launch import Launch
from speakdesk.domain.meeting import parse_link
from speakdesk.providers.base import JoinRequest
from tests.fixtures.bad_day import BadDay, bad_day
from tests.standins.meetingbaas import Trouble

ZOOM = parse_link("https://us02web.zoom.us/j/1234567890?pwd=SECRET")


@pytest.fixture
async def day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[BadDay]:
    async with bad_day(tmp_path, monkeypatch) as day:
        yield day


async def of_somebody_else(day: BadDay) -> str:
    """A bot in the same account that no SpeakDesk sent."""
    bot_id = await day.provider.create(JoinRequest("Other", ZOOM, ""))
    day.cloud.bots[bot_id].extra = None
    return bot_id


async def test_the_list_tells_ours_from_others_and_holds_no_passcode(day: BadDay) -> None:
    url = f"http://127.0.0.1:{day.port}"
    await day.desk.launch(Launch(ZOOM, ("interviewer",), "meetingbaas", websocket_url=url))
    await day.seen.state(BotState.IN_CALL)
    other = await of_somebody_else(day)
    found = {bot.provider_bot_id: bot for bot in await day.desk.account.list("meetingbaas")}
    ours = found[day.view().provider_bot_id]
    assert ours.is_ours
    assert ours.bot_id == day.view().bot_id
    assert ours.raw == "in_call_recording"
    assert ours.words == "The bot is in the call."
    assert not found[other].is_ours
    assert "SECRET" not in repr(found)
    assert ours.meeting == "zoom 1234567890"
    await day.desk.account.leave("meetingbaas", other)


async def test_only_live_ones_where_asked(day: BadDay) -> None:
    other = await of_somebody_else(day)
    await day.desk.account.leave("meetingbaas", other)
    assert [bot.provider_bot_id for bot in await day.desk.account.list("meetingbaas")] == [other]
    assert await day.desk.account.list("meetingbaas", only_live=True) == ()


async def test_one_that_waits_for_its_time_is_listed_and_taken_back(day: BadDay) -> None:
    request = JoinRequest("Later", ZOOM, "")
    await day.provider.schedule(request, day.clock.now() + timedelta(hours=1))
    (bot,) = await day.desk.account.list("meetingbaas", only_live=True)
    assert bot.is_waiting
    assert bot.is_ours
    assert bot.join_at is not None
    await day.desk.account.leave("meetingbaas", bot)
    assert [entry["status"] for entry in day.cloud.scheduled.values()] == ["cancelled"]


async def test_a_refused_key_is_an_error_in_words(day: BadDay) -> None:
    day.cloud.trouble = Trouble.REFUSED_KEY
    with pytest.raises(ProviderError, match="does not accept the API key"):
        await day.desk.account.list("meetingbaas")
