"""A persona for a calendar's event through the whole Desk: set, listed, moved, taken back."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from speakdesk.app import voices
from speakdesk.app.calendar.scheduled import Sender
from speakdesk.app.calendar.sending import EventWish
from speakdesk.app.desk import Desk
from speakdesk.domain.bot import BotState
from speakdesk.domain.clock import to_iso
from speakdesk.store.paths import Paths
from tests.standins.desk import ScriptedVoice, Seen
from tests.standins.meetingbaas import MeetingBaasCloud
from tests.standins.meetingbaas_calendar import GOOD_TOKEN

URL = "https://meet.google.com/abc-defg-hij"
LOGIN = {"client_id": "id", "client_secret": "secret", "refresh_token": GOOD_TOKEN}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
async def cloud() -> AsyncIterator[MeetingBaasCloud]:
    async with MeetingBaasCloud() as made:
        yield made


@pytest.fixture
async def desk(
    cloud: MeetingBaasCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Desk]:
    async def warm_nothing(self: voices.Voices, keys: object) -> None:
        self._is_warm = False

    port = free_port()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(voices.Voices, "warm", warm_nothing)
    for name in ("OPENAI_API_KEY", "DEEPGRAM_API_KEY", "CARTESIA_API_KEY", "NGROK_AUTHTOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    monkeypatch.setenv("MEETING_BAAS_API_KEY", "mb-key-0123456789")
    monkeypatch.setenv("MEETING_BAAS_API_URL", cloud.url)
    monkeypatch.setenv("BASE_URL", f"http://127.0.0.1:{port}")
    made = Desk(Paths.inside(tmp_path), build_voice=ScriptedVoice)
    made.listen_on(port)
    await made.open()
    yield made
    await made.close()


async def test_a_persona_waits_for_its_event_and_is_moved_and_taken_back(
    desk: Desk, cloud: MeetingBaasCloud
) -> None:
    seen = Seen()
    desk.bus.subscribe(seen)
    calendar = desk.calendar
    await calendar.ready()
    login = calendar.accounts.login("google", LOGIN)
    (choice,) = await calendar.accounts.choices(login)
    connection = await calendar.accounts.connect(login, choice)
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
    cloud.calendars.add_event(connection.calendar_id, "Review", URL, start=at)
    (entry,) = (await calendar.agenda()).events

    (bot_id,) = (await calendar.send(entry, EventWish(persona="interviewer"))).bot_ids
    await cloud.until(lambda: len(cloud.scheduled) == 1)
    (provider_bot,) = cloud.scheduled
    assert cloud.scheduled[provider_bot]["join_at"] == to_iso(at)
    await seen.until(lambda _event: bool(desk.bots[bot_id].provider_bot_id))
    assert desk.bots[bot_id].state is BotState.PREPARING
    (row,) = await calendar.waiting.rows()
    assert (row.sender, row.bot_id, row.persona) == (Sender.HERE, bot_id, "interviewer")
    (entry,) = (await calendar.agenda()).events
    assert [view.bot_id for view in entry.bots] == [bot_id]

    later = at + timedelta(hours=1)
    await calendar.waiting.reschedule(row, join_at=later)
    assert cloud.scheduled[provider_bot]["join_at"] == to_iso(later)
    assert (await calendar.waiting.rows())[0].join_at == later
    await calendar.unsend(entry)
    await seen.state(BotState.ENDED, bot_id)
    assert cloud.scheduled[provider_bot]["status"] == "cancelled"
    assert await calendar.waiting.rows() == ()
    assert cloud.live_bots == []
