"""`speakdesk calendar send` as a process: a persona waits for its event until Ctrl+C."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
from datetime import UTC, datetime, timedelta

from speakdesk.domain.calendar import CalendarLogin
from speakdesk.domain.clock import to_iso
from speakdesk.domain.meeting import parse_link
from speakdesk.providers.meetingbaas.client import MeetingBaasV2Provider
from tests.e2e.conftest import Speakdesk
from tests.standins.meetingbaas import MeetingBaasCloud
from tests.standins.meetingbaas_calendar import GOOD_TOKEN

LINK = parse_link("https://meet.google.com/abc-defg-hij")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def connected(cloud: MeetingBaasCloud) -> str:
    provider = MeetingBaasV2Provider("full", cloud.url)
    login = CalendarLogin("google", "id", "secret", GOOD_TOKEN)
    connection = await provider.calendars.connect(login, "primary")
    await provider.aclose()
    return connection.calendar_id


async def test_a_persona_waits_for_its_event_and_ctrl_c_takes_it_back(
    speakdesk: Speakdesk,
) -> None:
    port = free_port()
    config = speakdesk.home / "config"
    config.mkdir(parents=True)
    (config / "settings.json").write_text(json.dumps({"port": port}))
    async with MeetingBaasCloud() as cloud:
        at = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
        event = cloud.calendars.add_event(await connected(cloud), "Review", LINK.url, start=at)
        program = speakdesk.start(
            *("calendar", "send", event["event_id"], "-p", "interviewer", "--json"),
            MEETING_BAAS_API_KEY="full",
            MEETING_BAAS_API_URL=cloud.url,
            BASE_URL=f"http://127.0.0.1:{port}",
        )
        sent = await asyncio.to_thread(program.until, lambda e: "bots" in e)
        assert len(sent["bots"]) == 1
        await cloud.until(lambda: len(cloud.scheduled) == 1, wait_s=60)
        (bot,) = cloud.scheduled.values()
        assert bot["join_at"] == to_iso(at)
        program.send(signal.SIGINT)
        events = await asyncio.to_thread(program.rest)
        assert await asyncio.to_thread(program.wait) == 130, program.stderr
        assert bot["status"] == "cancelled"
        assert [e["state"] for e in events if e.get("kind") == "bot.state"][-1] == "ended"
        assert cloud.live_bots == []
    assert "SpeakDesk must be running" in program.stderr
