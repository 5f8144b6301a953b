"""What an earlier session left at MeetingBaas: taken up where it waits, let go where mute."""

from __future__ import annotations

import stat
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from speakdesk.app.bots import departure, waiting
from speakdesk.domain.bot import BotState
from speakdesk.domain.clock import to_iso
from speakdesk.domain.events import Notice
from speakdesk.domain.launch import BotView, Launch
from speakdesk.store.bots_out import BotOut, BotsOutFolder
from tests.fixtures.bad_day import LINK, BadDay, bad_day
from tests.standins.meetingbaas import Trouble
from tests.standins.meetingbaas_bot import CloudBot


@pytest.fixture
async def day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[BadDay]:
    monkeypatch.setattr(waiting, "LONGEST_NAP_S", 0.01)
    monkeypatch.setattr(departure, "SEE_OFF_PAUSES_S", (0.01,))
    # The second session has no launch that could be given an address.
    async with bad_day(tmp_path, monkeypatch) as day:
        monkeypatch.setenv("BASE_URL", f"http://127.0.0.1:{day.port}")
        yield day


def folder(day: BadDay) -> Path:
    return day.home / "data" / "bots-out"


async def again(day: BadDay) -> None:
    """Another session over the same folder."""
    day.desk = day.make()
    day.seen.events.clear()
    await day.desk.open()
    day.desk.bus.subscribe(day.seen)
    await day.desk.leftovers.look()


async def kept(day: BadDay, **more: object) -> BotView:
    """A bot that waits at the provider while SpeakDesk is closed."""
    at = day.clock.now().replace(microsecond=0) + timedelta(hours=1)
    await day.launch(join_at=at, **more)  # type: ignore[arg-type]
    await day.until(lambda: day.view().advice.startswith("Joins at "))
    view = day.view()
    await day.desk.close(keep_waiting=True)
    return view


def notices(day: BadDay) -> list[str]:
    return [e.sentence for e in day.seen.events if isinstance(e, Notice)]


def left_by_a_killed_session(day: BadDay, bot: CloudBot, persona: str = "interviewer") -> None:
    dead = BotsOutFolder(folder(day))
    dead.write([BotOut(day.provider.key, bot.bot_id, "Ada", "meet abc-defg-hij", persona)])
    dead.release()


async def test_a_bot_that_waits_is_kept_over_a_restart_and_dials_the_new_session(
    day: BadDay,
) -> None:
    before = await kept(day, greeting="Hello again.", names=("Zed",))
    (entry,) = day.cloud.scheduled.values()
    assert entry["status"] == "scheduled"
    await again(day)
    await day.until(lambda: day.view().advice.startswith("Joins at "))
    view = day.view()
    assert (view.name, view.persona) == ("Zed", "interviewer")
    assert view.provider_bot_id == before.provider_bot_id
    assert view.join_at == before.join_at
    wish = day.cloud.wishes[view.provider_bot_id]
    assert f"/ws/{view.bot_id}/" in wish["streaming_config"]["input_url"]
    assert len(day.cloud.scheduled) == 1
    day.clock.sleep(hours=1)
    day.cloud.begin(view.provider_bot_id)
    await day.seen.state(BotState.IN_CALL)
    assert day.voices[0].order.greeting == "Hello again."


async def test_only_the_addresses_of_a_kept_bot_are_changed(day: BadDay) -> None:
    await kept(day)
    await again(day)
    await day.until(lambda: day.view().advice.startswith("Joins at "))
    (change,) = [r for r in day.cloud.requests if r.method == "PATCH"]
    assert set(change.body) <= {
        "streaming_enabled", "streaming_config", "callback_enabled", "callback_config", "bot_image",
    }  # fmt: skip


async def test_in_its_last_minutes_it_is_said_that_it_comes_without_its_voice(day: BadDay) -> None:
    await kept(day)
    day.cloud.trouble, day.cloud.troubled_method = Trouble.WRONG_STATE, "PATCH"
    await again(day)
    problem = await day.trouble("joins without its voice")
    assert "send it again" in problem.next_step
    assert day.view().is_live


async def test_without_being_asked_to_keep_it_closing_takes_it_back(day: BadDay) -> None:
    at = day.clock.now() + timedelta(hours=1)
    await day.launch(join_at=at)
    await day.until(lambda: day.view().advice.startswith("Joins at "))
    await day.desk.close()
    assert [entry["status"] for entry in day.cloud.scheduled.values()] == ["cancelled"]
    assert not folder(day).exists()


async def test_one_that_was_cancelled_meanwhile_is_forgotten(day: BadDay) -> None:
    await kept(day)
    (entry,) = day.cloud.scheduled.values()
    entry["status"] = "cancelled"
    await again(day)
    assert not day.desk.bots
    assert notices(day) == []
    await day.desk.close()
    assert not folder(day).exists()


async def test_a_mute_bot_of_a_killed_session_is_told_to_leave(day: BadDay) -> None:
    bot = day.cloud._make({"bot_name": "Ada", "meeting_url": LINK.url}, "", 16000)
    left_by_a_killed_session(day, bot)
    await day.desk.close()
    await again(day)
    assert bot.is_over
    (told,) = notices(day)
    assert "was still in meet abc-defg-hij, without its voice" in told
    await day.desk.close()
    assert not folder(day).exists()


async def test_a_record_only_bot_of_a_killed_session_goes_on_and_is_told_each_time(
    day: BadDay,
) -> None:
    bot = day.cloud._make({"bot_name": "Ada", "meeting_url": LINK.url}, "", 16000)
    left_by_a_killed_session(day, bot, persona="")
    for _ in range(2):
        await day.desk.close()
        await again(day)
        assert not bot.is_over
        assert "is still in meet abc-defg-hij and records" in notices(day)[0]
    await bot.leave()
    await day.desk.close()
    await again(day)
    assert notices(day) == []


async def test_where_the_provider_cannot_be_asked_the_note_stays_for_the_next_time(
    day: BadDay,
) -> None:
    bot = day.cloud._make({"bot_name": "Ada", "meeting_url": LINK.url}, "", 16000)
    left_by_a_killed_session(day, bot)
    await day.desk.close()
    day.cloud.trouble = Trouble.REFUSED_KEY
    await again(day)
    assert "it is not known how it is doing" in notices(day)[0]
    await day.desk.close()
    day.cloud.trouble = Trouble.NONE
    await again(day)
    assert bot.is_over


async def test_the_note_holds_no_link_and_is_for_its_owner_alone(day: BadDay) -> None:
    await kept(day)
    (note,) = folder(day).glob("*.json")
    assert stat.S_IMODE(note.stat().st_mode) == 0o600
    assert "https://" not in note.read_text(encoding="utf-8")
    await again(day)


async def test_a_session_that_lives_keeps_its_bots_to_itself(day: BadDay) -> None:
    at = day.clock.now().replace(microsecond=0) + timedelta(hours=1)
    alive = BotsOutFolder(folder(day))
    alive.write([BotOut("meetingbaas", "b1", "Ada", "meet", "interviewer", to_iso(at))])
    assert BotsOutFolder(folder(day)).claim() == ()
    alive.release()
    first, second = BotsOutFolder(folder(day)), BotsOutFolder(folder(day))
    assert [bot.name for bot in first.claim()] == ["Ada"]
    assert second.claim() == ()
    first.drop_claimed()
    first.release()


async def test_a_bot_that_left_is_noted_no_more(day: BadDay) -> None:
    await day.launch()
    bot = await day.dialled()
    await day.seen.state(BotState.IN_CALL)
    await day.desk.leave(day.view().bot_id)
    await day.ends(BotState.ENDED)
    await day.desk.close()
    assert bot.is_over
    assert not folder(day).exists()


async def test_a_record_only_bot_that_waits_is_taken_up_too(day: BadDay) -> None:
    at = day.clock.now().replace(microsecond=0) + timedelta(hours=1)
    await day.desk.launch(Launch(LINK, (), "meetingbaas", add_recorder=True, join_at=at))
    await day.until(lambda: bool(day.view().provider_bot_id))
    await day.desk.close(keep_waiting=True)
    await again(day)
    await day.until(lambda: day.view().advice.startswith("Joins at "))
    assert day.view().is_recorder
    assert not [r for r in day.cloud.requests if r.method == "PATCH"]
