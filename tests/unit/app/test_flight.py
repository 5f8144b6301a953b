"""The flight recorder in the desk: asked for, shown, kept, found again, and never in the way."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect

from speakdesk.app.flight import flights
from speakdesk.app.flight.recorder import persona_hash
from speakdesk.domain.bot import BotState
from speakdesk.domain.clock import utc_now
from speakdesk.domain.events import BotStateChanged, LineFinal, LogLine, Notice, RosterChanged
from speakdesk.domain.launch import BotView
from speakdesk.domain.meeting import parse_link
from speakdesk.gateway import listener
from speakdesk.gateway.flow import Flow
from speakdesk.store.flight import writer
from speakdesk.store.flight.format import EventRecord, LogRecord, SocketChange, SocketRecord
from speakdesk.store.flight.reader import FlightFile
from speakdesk.store.flight.shelf import FlightShelf
from speakdesk.store.redaction import KNOWN_SECRETS
from tests.fixtures import bad_day as days
from tests.fixtures.bad_day import BadDay, bad_day
from tests.standins.meetingbaas_bot import Manner

SECRET_LINK = parse_link("https://us02web.zoom.us/j/1234567890?pwd=Tr0ub4dor")


@pytest.fixture
async def day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[BadDay]:
    async with bad_day(tmp_path, monkeypatch) as day:
        yield day


async def settle(day: BadDay, **changes: Any) -> None:
    await day.desk.save_settings(day.desk.settings.current.with_changes(**changes))


async def hold(day: BadDay, **more: Any) -> BotView:
    """A meeting in which Priya says one line; the bot has left at the end."""
    view = await day.launch(**more)
    await day.seen.state(BotState.IN_CALL, view.bot_id)
    day.hear("We begin on Tuesday.")
    await day.desk.leave(view.bot_id)
    await day.seen.state(BotState.ENDED, view.bot_id)
    await day.desk.flights.close()
    return day.desk.bots[view.bot_id]


async def the_file(day: BadDay, view: BotView) -> Path:
    (note,) = await day.desk.flights.flight_of(view.meeting_id)
    return note.path


def notices(day: BadDay) -> list[Notice]:
    return [e for e in day.seen.events if isinstance(e, Notice)]


async def test_nothing_is_recorded_unless_asked(day: BadDay) -> None:
    view = await hold(day)
    assert not view.is_flight_recorded
    assert await day.desk.flights.flight_of(view.meeting_id) == ()
    assert not day.desk.paths.flights.exists()


async def test_a_launch_is_recorded_from_its_first_state_to_its_last(day: BadDay) -> None:
    view = await day.launch(flight=True)
    await day.seen.state(BotState.IN_CALL, view.bot_id)
    assert day.view().is_flight_recorded
    told = notices(day)[0]
    assert "recorded on this computer" in told.sentence
    assert "many places they must agree" in told.next_step
    day.hear("We begin on Tuesday.")
    await day.desk.leave(view.bot_id)
    await day.seen.state(BotState.ENDED, view.bot_id)
    await day.desk.flights.close()
    assert not day.view().is_flight_recorded
    assert str(await the_file(day, view)) in told.next_step
    with FlightFile.open(await the_file(day, view)) as flight:
        assert flight.verify() == ()
        assert flight.has_ended
        header, persona = flight.header, day.desk.personas.get("interviewer")
        assert (header.bot_id, header.bot_name, header.provider) == (
            view.bot_id,
            "Ada",
            "meetingbaas",
        )
        assert header.meeting_id == view.meeting_id
        assert header.persona_hash == persona_hash(persona.source)
        assert header.stt is not None
        assert header.stt.key == "sphinx"
        assert header.greeting == persona.greeting
        states = [e.state for e in flight.events() if isinstance(e, BotStateChanged)]
        assert states[0] is BotState.PREPARING
        assert states[-1] is BotState.ENDED
        assert "We begin on Tuesday." in [getattr(e, "text", "") for e in flight.events()]
        assert {e.bot_id for e in flight.events()} == {view.bot_id}


async def test_the_settings_record_and_a_launch_may_refuse(day: BadDay) -> None:
    await settle(day, record_flights=True)
    refused = await hold(day, flight=False)
    assert await day.desk.flights.flight_of(refused.meeting_id) == ()
    recorded = await hold(day)
    assert list(await day.desk.flights.recorded_meetings()) == [recorded.meeting_id]


async def test_two_bots_of_one_launch_have_a_file_each(day: BadDay, tmp_path: Path) -> None:
    file = tmp_path / "ours.speakdesk"
    await day.launch("interviewer", "interviewer", flight=True, flight_file=file)
    for view in list(day.desk.bots.values()):
        await day.seen.state(BotState.IN_CALL, view.bot_id)
    await day.desk.leave_all()
    for view in list(day.desk.bots.values()):
        await day.seen.state(BotState.ENDED, view.bot_id)
    await day.desk.flights.close()
    found = await day.desk.flights.flight_of(day.view().meeting_id)
    assert {n.path.name for n in found} == {"ours.speakdesk", "ours-2.speakdesk"}


async def test_a_full_disk_stops_the_recording_and_the_bot_goes_on(
    day: BadDay, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: Path) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(writer.FlightWriter.__init__, "__kwdefaults__", {
        **(writer.FlightWriter.__init__.__kwdefaults__ or {}), "opener": full,
    })  # fmt: skip
    view = await day.launch(flight=True)
    await day.seen.state(BotState.IN_CALL, view.bot_id)
    await day.seen.until(lambda e: isinstance(e, Notice) and "the disk is full" in e.sentence)
    assert not day.view().is_flight_recorded
    assert day.view().state is BotState.IN_CALL
    day.hear("Can you still hear me?")
    assert day.view().line_count == 1


async def test_names_are_replaced_as_they_are_written(day: BadDay) -> None:
    await settle(day, flight_hide_names=True)
    view = await day.launch(flight=True)
    await day.seen.state(BotState.IN_CALL, view.bot_id)
    day.voices[0].emit(RosterChanged(bot_id=view.bot_id, names=("Ada", "Priya", "Max Berg")))
    line = {"speaker": "Priya", "text": "Max Berg and Priya begin on Tuesday.", "is_bot": False}
    day.voices[0].emit(LineFinal(bot_id=view.bot_id, line_id="1", **line))  # type: ignore[arg-type]
    await day.desk.leave(view.bot_id)
    await day.seen.state(BotState.ENDED, view.bot_id)
    await day.desk.flights.close()
    content = (await the_file(day, view)).read_bytes()
    assert b"Priya" not in content
    assert b"Berg" not in content
    assert b"Person 2 and Person 1 begin on Tuesday." in content
    assert b"Ada" in content
    assert "Person 1, Person 2 … for people's names" in notices(day)[0].sentence


async def test_no_key_and_no_passcode_gets_into_a_recording(
    day: BadDay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(days, "LINK", SECRET_LINK)
    KNOWN_SECRETS.add("very-secret-key-123")
    view = await day.launch(flight=True, greeting="The code is Tr0ub4dor.")
    await day.seen.state(BotState.IN_CALL, view.bot_id)
    day.hear("My key is very-secret-key-123, the code Tr0ub4dor.")
    line = f"dials wss://x.example.com/ws/{view.bot_id}/s3cr3ts3cr3t"
    day.desk.bus.publish(
        LogLine(bot_id=view.bot_id, level="info", source="x", text=line + " Tr0ub4dor")
    )
    await day.desk.leave(view.bot_id)
    await day.seen.state(BotState.ENDED, view.bot_id)
    await day.desk.flights.close()
    path = await the_file(day, view)
    content = path.read_bytes()
    for secret in (b"very-secret-key-123", b"Tr0ub4dor", b"s3cr3ts3cr3t", days.KEY.encode()):
        assert secret not in content
    with FlightFile.open(path) as flight:
        assert any(isinstance(r, LogRecord) for r in flight.records())
        assert flight.header.meeting == "zoom:1234567890"


async def test_a_real_voice_s_sound_and_sockets_are_in_it(day: BadDay) -> None:
    day.voice = day.talking
    view = await day.launch(flight=True, greeting="Hello, I am here now.")
    await day.dialled()
    await day.until(lambda: day.view().line_count > 0)
    await day.desk.leave(view.bot_id)
    await day.seen.state(BotState.ENDED, view.bot_id)
    await day.desk.flights.close()
    with FlightFile.open(await the_file(day, view)) as flight:
        assert flight.verify() == ()
        sockets = [r.change for r in flight.records() if isinstance(r, SocketRecord)]
        assert (sockets[0], sockets[-1]) == ("opened", "closed")
        said_s = sum(1 for r in flight.records() if type(r).__name__ == "AudioOut")
        assert said_s >= 2
        kinds = {r.kind for r in flight.records() if isinstance(r, EventRecord)}
        assert {"bot.state", "bot.evidence", "line.final"} <= kinds


async def test_a_socket_that_was_closed_for_what_it_sent_is_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "Flow", lambda: Flow(messages_per_s=1, messages_at_once=30))
    async with bad_day(tmp_path, monkeypatch, manner=Manner(dials=0)) as day:
        view = await day.launch(flight=True)
        await day.seen.state(BotState.IN_CALL)
        (bot,) = day.cloud.bots.values()
        async with connect(bot.url) as flood:
            for _ in range(31):
                await flood.send('[{"name":"x"}]')
            await day.trouble("far more than sound needs")
        await day.desk.leave(view.bot_id)
        await day.ends(BotState.ENDED)
        await day.desk.flights.close()
        with FlightFile.open(await the_file(day, view)) as flight:
            refused = [r for r in flight.records() if isinstance(r, SocketRecord)]
        assert [r.change for r in refused] == [SocketChange.REFUSED]
        assert "far more than sound needs" in refused[0].reason


async def test_old_recordings_are_deleted_at_the_start(day: BadDay) -> None:
    view = await hold(day, flight=True)
    path = await the_file(day, view)
    old = (datetime.now(UTC) - timedelta(days=40)).timestamp()
    os.utime(path, (old, old))
    for days_kept, is_there in ((0, True), (41, True), (39, False)):
        await settle(day, flight_days=days_kept)
        again = day.make()
        await again.open()
        await again.close()
        assert path.exists() is is_there


async def test_a_desk_that_stays_open_deletes_old_recordings_too(
    day: BadDay, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = await hold(day, flight=True)
    path = await the_file(day, view)
    old = (datetime.now(UTC) - timedelta(days=40)).timestamp()
    os.utime(path, (old, old))
    await settle(day, flight_days=0)
    monkeypatch.setattr(flights, "SWEEP_EVERY_S", 0.01)
    deleted, loop = asyncio.Event(), asyncio.get_running_loop()
    delete_older = FlightShelf.delete_older

    def delete(shelf: FlightShelf, before: datetime, keep: Iterable[Path] = ()) -> int:
        count = delete_older(shelf, before, keep)
        if count:
            loop.call_soon_threadsafe(deleted.set)
        return count

    monkeypatch.setattr(FlightShelf, "delete_older", delete)
    again = day.make()
    await again.open()
    assert path.exists()
    await again.save_settings(again.settings.current.with_changes(flight_days=39))
    await deleted.wait()
    assert not path.exists()
    await again.close()


async def test_a_meeting_that_is_forgotten_takes_its_recording_along(day: BadDay) -> None:
    view = await hold(day, flight=True)
    path = await the_file(day, view)
    await day.desk.history.delete(view.meeting_id)
    assert not path.exists()


async def test_a_bot_that_waits_for_its_time_is_not_recorded_yet(day: BadDay) -> None:
    view = await day.launch(flight=True, join_at=utc_now() + timedelta(hours=2))
    await day.until(lambda: bool(day.view().advice))
    assert not day.view().is_flight_recorded
    await day.desk.leave(view.bot_id)
    await day.ends(BotState.ENDED)
    assert not day.view().is_flight_recorded
