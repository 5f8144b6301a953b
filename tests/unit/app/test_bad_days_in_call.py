"""Bad days of a bot's connection and of its meeting: the bot goes on or ends, and it is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from speakdesk.app.bots import presence
from speakdesk.domain.bot import BotState, Evidence
from speakdesk.domain.events import LineFinal, Notice
from speakdesk.gateway import listener
from speakdesk.gateway.flow import Flow
from tests.fixtures.bad_day import BadDay, bad_day
from tests.standins.meetingbaas import Trouble
from tests.standins.meetingbaas_bot import Manner

GREETING = (
    "This is the first sentence of a greeting that takes its time. "
    "And this is the second one, which nobody will hear to its end."
)


def proven(day: BadDay) -> set[Evidence]:
    return {mark.evidence for mark in day.view().marks}


async def test_a_meeting_that_ends_in_mid_sentence_keeps_what_was_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manner = Manner(ends_after_frames=8)
    async with bad_day(tmp_path, monkeypatch, manner=manner) as day:
        day.voice = day.talking
        await day.launch(greeting=GREETING)
        view = await day.ends(BotState.ENDED)
        assert view.cause == "everybody else had left"
        assert view.problem is None
        (line,) = (e for e in day.seen.events if isinstance(e, LineFinal))
        assert line.interrupted
        assert GREETING.startswith(line.text)
        assert line.text != GREETING
        assert await day.kept_lines() == [line.text]


async def test_odd_bytes_are_heard_as_whole_samples(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bad_day(tmp_path, monkeypatch, manner=Manner(odd_bytes=True, pace=0.2)) as day:
        day.voice = day.talking
        await day.launch(greeting="")
        bot = await day.dialled()
        await day.cloud.until(lambda: bot.frames_sent > 10)
        assert bot.dialled == 1
        assert day.view().troubles == ()
        assert day.view().state is BotState.IN_CALL


async def test_a_frame_of_ten_megabytes_costs_its_own_socket_and_is_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manner = Manner(huge_frame=True, pace=0.02)
    async with bad_day(tmp_path, monkeypatch, manner=manner) as day:
        await day.launch()
        told = await day.trouble("more than one megabyte")
        assert "dials again by itself" in told.next_step
        bot = await day.dialled()
        await day.cloud.until(lambda: len(bot.closings) > 5)
        assert set(bot.closings) == {1009}
        assert day.view().troubles == (told,)
        assert day.view().state is BotState.IN_CALL


async def test_a_flood_of_text_costs_its_own_socket_and_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "Flow", lambda: Flow(messages_per_s=1, messages_at_once=30))
    async with bad_day(tmp_path, monkeypatch, manner=Manner(dials=0)) as day:
        await day.launch()
        await day.seen.state(BotState.IN_CALL)
        (bot,) = day.cloud.bots.values()
        async with connect(bot.url) as flood:
            for _ in range(31):
                await flood.send('[{"name":"x"}]')
            with pytest.raises(ConnectionClosed) as closed:
                await flood.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1008
        await day.trouble("far more than sound needs")
        assert day.view().state is BotState.IN_CALL


async def test_a_bot_that_never_dials_is_told_with_what_to_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "DIAL_PATIENCE_S", 0.05)
    async with bad_day(tmp_path, monkeypatch, manner=Manner(dials=0)) as day:
        view = await day.launch()
        told = await day.trouble("has not reached SpeakDesk")
        assert "reached from outside" in told.next_step
        assert day.view().state is BotState.IN_CALL
        assert Evidence.DIALLED_IN not in proven(day)
        await day.desk.leave(view.bot_id)
        await day.ends(BotState.ENDED)


async def test_a_bot_that_dials_twice_keeps_the_newer_connection_and_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bad_day(tmp_path, monkeypatch, manner=Manner(dials=2, pace=0.02)) as day:
        day.voice = day.talking
        await day.launch(greeting="")
        await day.trouble("holds two connections")
        assert day.view().state is BotState.IN_CALL
        greetings = [m for m in day.view().marks if m.evidence is Evidence.DIALLED_IN]
        assert len(greetings) == 1


async def test_a_bot_that_reconnects_every_second_is_told_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manner = Manner(reconnect_every_s=1.0, pace=0.02)
    async with bad_day(tmp_path, monkeypatch, manner=manner) as day:
        day.voice = day.talking
        await day.launch(greeting=GREETING)
        told = await day.trouble("reconnects every second")
        assert "tunnel or the proxy" in told.next_step
        assert day.view().state is BotState.IN_CALL
        # The greeting goes on where it was; it does not begin anew with each connection.
        spoken = [e for e in day.seen.events if isinstance(e, LineFinal)]
        assert len(spoken) <= 1


async def test_a_bot_that_dials_after_it_left_finds_the_door_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manner = Manner(dials_after_leave=True, pace=0.02)
    async with bad_day(tmp_path, monkeypatch, manner=manner) as day:
        view = await day.launch("interviewer", "meeting_scribe")
        bot = await day.dialled()
        await day.dialled(1)
        await day.seen.state(BotState.IN_CALL, view.bot_id)
        await day.desk.leave(view.bot_id)
        await day.ends(BotState.ENDED)
        await day.cloud.until(lambda: bot.dialled > 1)
        await day.cloud.until(lambda: len(bot.closings) + bot.refused_dials > 1)
        assert bot.closings[1:] in ([], [1008])
        assert day.desk._way_in.door.refused == 1
        assert day.view(0).state is BotState.ENDED
        assert day.view(1).is_live


async def test_a_guess_at_the_door_is_refused_and_disturbs_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bad_day(tmp_path, monkeypatch, manner=Manner(pace=0.02)) as day:
        view = await day.launch()
        bot = await day.dialled()
        guess = bot.url.rpartition("/")[0] + "/guess"
        for _ in range(10):
            async with connect(guess) as stranger:
                with pytest.raises(ConnectionClosed) as closed:
                    await stranger.recv()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1008
        (told,) = (e for e in day.seen.events if "without a valid secret" in str(e))
        assert isinstance(told, Notice)
        assert told.sentence.startswith("10 callers")
        sent = bot.frames_sent
        await day.cloud.until(lambda: bot.frames_sent > sent + 3)
        assert bot.dialled == 1
        assert day.desk.bots[view.bot_id].troubles == ()


async def test_a_dropped_connection_comes_back_and_the_trouble_is_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "DROP_PATIENCE_S", 0.0)
    async with bad_day(tmp_path, monkeypatch, manner=Manner(dials=0)) as day:
        await day.launch()
        await day.seen.state(BotState.IN_CALL)
        (bot,) = day.cloud.bots.values()
        async with connect(bot.url):
            await day.seen.until(lambda e: getattr(e, "evidence", None) is Evidence.DIALLED_IN)
        await day.trouble("audio was cut off")
        async with connect(bot.url):
            await day.recovered("audio was cut off")
            assert day.view().troubles == ()
        assert day.view().state is BotState.IN_CALL


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (Trouble.SERVER_ERROR, "FST_ERR_INTERNAL"),
        (Trouble.SILENT, "Timeout"),
        (Trouble.DROP, "disconnected"),
        (Trouble.NOT_JSON, "Sign in"),
        (Trouble.TRUNCATED, "bot_"),
        (Trouble.TOO_FAST_SILENT, "FST_ERR_TOO_MANY_REQUESTS"),
        (Trouble.NO_TOKENS, "FST_ERR_INSUFFICIENT_TOKENS"),
    ],
)
async def test_a_status_that_cannot_be_had_is_told_and_the_bot_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: Trouble, words: str
) -> None:
    monkeypatch.setattr("speakdesk.app.bots.following.STATUS_FAILURES_TO_TELL", 1)
    async with bad_day(tmp_path, monkeypatch) as day:
        await day.launch()
        await day.seen.state(BotState.IN_CALL)
        day.cloud.trouble, day.cloud.troubled_path = trouble, "/status"
        told = await day.trouble("does not say how the bot is doing")
        assert words in told.vendor_words
        assert day.view().state is BotState.IN_CALL
        day.hear("still here")
        day.cloud.trouble = Trouble.NONE
        await day.recovered("does not say how the bot is doing")
        assert day.view().troubles == ()
        assert await day.kept_lines() == ["still here"]


async def test_a_bot_that_the_service_forgot_ends_with_that_as_its_cause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bad_day(tmp_path, monkeypatch) as day:
        await day.launch()
        await day.seen.state(BotState.IN_CALL)
        day.hear("the last line")
        bot = day.cloud.bots.pop(day.view().provider_bot_id)
        view = await day.ends(BotState.ENDED)
        assert "forgot" in view.cause
        assert view.problem is not None
        await bot.stop()
        assert await day.kept_lines() == ["the last line"]


async def test_the_laptop_sleeps_for_an_hour_and_the_meeting_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bad_day(tmp_path, monkeypatch) as day:
        await day.launch()
        await day.seen.state(BotState.IN_CALL)
        day.hear("before")
        day.clock.sleep(hours=1)
        notice = await day.seen.until(lambda e: "slept for" in getattr(e, "sentence", ""))
        assert isinstance(notice, Notice)
        assert "60 minutes" in notice.sentence
        assert "still in the call" in notice.sentence
        assert "not in the transcript" in notice.next_step
        assert day.view().state is BotState.IN_CALL
        day.hear("after")
        assert await day.kept_lines() == ["before", "after"]


async def test_the_laptop_sleeps_for_an_hour_and_the_meeting_ends_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bad_day(tmp_path, monkeypatch) as day:
        await day.launch()
        await day.seen.state(BotState.IN_CALL)
        day.hear("before")
        (bot,) = day.cloud.bots.values()
        day.clock.sleep(hours=2)
        await bot.end("call_ended", "completed", "NO_ATTENDEES")
        view = await day.ends(BotState.ENDED)
        assert view.cause.startswith(
            "everybody else had left, while this computer slept for 2 hours"
        )
        assert await day.kept_lines() == ["before"]
