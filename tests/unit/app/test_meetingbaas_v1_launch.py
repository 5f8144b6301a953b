"""MeetingBaas v1 as a provider of the desk: its reports make the state live."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from speakdesk.domain.bot import BotState
from speakdesk.domain.errors import ProviderError, Reason
from speakdesk.domain.join import JoinOptions
from speakdesk.domain.launch import BotView, Launch
from speakdesk.providers.base import KeyVerdict
from tests.fixtures.bad_day import KEY, LINK, BadDay, bad_day
from tests.standins.meetingbaas import Trouble


@pytest.fixture
async def day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[BadDay]:
    async with bad_day(tmp_path, monkeypatch) as day:
        monkeypatch.setenv("MEETING_BAAS_API_KEY", KEY)
        monkeypatch.setenv("MEETING_BAAS_V1_API_URL", day.cloud.url)
        await day.desk.keys.load()
        yield day


async def launch(day: BadDay, *personas: str, **more: object) -> BotView:
    url = f"http://127.0.0.1:{day.port}"
    chosen = personas if personas or more.get("add_recorder") else ("interviewer",)
    bots = await day.desk.launch(
        Launch(LINK, chosen, "meetingbaas-v1", websocket_url=url, **more)  # type: ignore[arg-type]
    )
    return day.desk.bots[bots[0]]


async def test_its_webhooks_move_the_bot_from_the_lobby_into_the_call(day: BadDay) -> None:
    day.cloud.manner.lobby = True
    await launch(day)
    await day.seen.state(BotState.LOBBY)
    assert day.view().advice == "Ask the host to let it in."
    (bot,) = day.cloud.bots.values()
    assert "/webhooks/meetingbaas-v1/" in bot.wish["webhook_url"]
    bot.admit()
    await day.seen.state(BotState.IN_CALL)
    await bot.end("call_ended")
    view = await day.ends(BotState.ENDED)
    assert view.cause == "the call ended"


async def test_leaving_tells_the_provider(day: BadDay) -> None:
    view = await launch(day)
    await day.seen.state(BotState.IN_CALL)
    await day.desk.leave(view.bot_id)
    await day.ends(BotState.ENDED)
    await day.cloud.until(lambda: day.cloud.live_bots == [])


async def test_several_bots_each_get_a_key_of_their_own(day: BadDay) -> None:
    await launch(day, "interviewer", "meeting_scribe")
    await day.cloud.until(lambda: len(day.cloud.bots) == 2)
    keys = {bot.wish["deduplication_key"] for bot in day.cloud.bots.values()}
    assert len(keys) == 2


async def test_a_key_of_ones_own_is_used_and_a_fresh_one_when_sent_again(day: BadDay) -> None:
    view = await launch(day, options=JoinOptions(deduplication_key="monday"))
    await day.seen.state(BotState.IN_CALL)
    await day.desk.send_again(view.bot_id)
    await day.cloud.until(lambda: len(day.cloud.bots) == 2)
    first, second = (bot.wish["deduplication_key"] for bot in day.cloud.bots.values())
    assert first == "monday"
    assert second != "monday"


async def test_a_record_only_bot_is_followed_by_its_reports(day: BadDay) -> None:
    await launch(day, add_recorder=True)
    await day.seen.state(BotState.IN_CALL)
    (bot,) = day.cloud.bots.values()
    assert "streaming" not in bot.wish


async def test_a_recording_cannot_be_paused_and_that_is_said(day: BadDay) -> None:
    view = await launch(day)
    await day.seen.state(BotState.IN_CALL)
    with pytest.raises(ProviderError, match="cannot pause"):
        await day.desk.pause_recording(view.bot_id)


@pytest.mark.parametrize(
    ("trouble", "verdict"),
    [
        (Trouble.NONE, KeyVerdict.FULL),
        (Trouble.REFUSED_KEY, KeyVerdict.REFUSED),
        (Trouble.SENDING_ONLY, KeyVerdict.SENDING_ONLY),
        (Trouble.SERVER_ERROR, KeyVerdict.UNKNOWN),
    ],
)
@pytest.mark.parametrize("provider", ["meetingbaas", "meetingbaas-v1"])
async def test_a_key_is_checked_without_making_anything(
    day: BadDay, provider: str, trouble: Trouble, verdict: KeyVerdict
) -> None:
    day.cloud.trouble = trouble
    check = await day.desk.check_key(provider)
    assert check.verdict is verdict
    assert day.cloud.bots == {}


async def test_the_doctor_tells_what_the_keys_are_worth_where_asked(day: BadDay) -> None:
    day.cloud.trouble = Trouble.REFUSED_KEY
    plain = await day.desk.checks()
    found = await day.desk.checks(with_keys=True)
    new = [check for check in found if check not in plain and check.name.endswith(" key")]
    assert {check.name for check in new} == {"MeetingBaas key", "MeetingBaas v1 key"}
    v1 = next(check for check in new if "v1" in check.name)
    assert not v1.ok
    assert "FST_ERR_FORBIDDEN" in v1.sentence


async def test_a_provider_can_be_had_by_its_name_and_a_wrong_name_is_said(day: BadDay) -> None:
    assert (await day.desk.provider("meetingbaas-v1")).key == "meetingbaas-v1"
    with pytest.raises(ProviderError) as caught:
        await day.desk.provider("nobody")
    assert caught.value.problem.reason is Reason.MISSING
