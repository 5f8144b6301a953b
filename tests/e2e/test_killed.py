"""A program that is killed: what it had at MeetingBaas is not forgotten."""

from __future__ import annotations

import asyncio
import signal
import socket
import time
from pathlib import Path

from tests.e2e.conftest import Speakdesk
from tests.standins.meetingbaas import MeetingBaasCloud

MEETING = "https://meet.google.com/abc-defg-hij"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(folder: Path, count: int) -> None:
    deadline = time.monotonic() + 30
    while len(list(folder.glob("*.json"))) < count:
        assert time.monotonic() < deadline
        time.sleep(0.02)


async def test_a_scheduled_bot_is_taken_up_and_a_mute_one_is_told_to_leave(
    speakdesk: Speakdesk,
) -> None:
    async with MeetingBaasCloud() as cloud:
        account = {"MEETING_BAAS_API_URL": cloud.url, "MEETING_BAAS_API_KEY": "full"}

        def address() -> tuple[str, str, str, str]:
            port = str(free_port())
            return "--start-port", port, "--websocket-url", f"http://127.0.0.1:{port}"

        launch = ("launch", "-m", MEETING, "-p", "interviewer", "--json")
        killed = [
            speakdesk.start(*launch, *address(), "--at", "in 30 min", **account),
            speakdesk.start(*launch, *address(), "--bot-name", "Zed", **account),
        ]
        await cloud.until(lambda: len(cloud.scheduled) == len(cloud.bots) == 1, wait_s=60)
        notes = speakdesk.home / "data" / "bots-out"
        await asyncio.to_thread(wait_for, notes, 2)
        for program in killed:
            program.send(signal.SIGKILL)
            await asyncio.to_thread(program.wait)
        (waiting,), (mute,) = cloud.scheduled.values(), cloud.bots.values()
        port = free_port()
        (speakdesk.home / "config" / "settings.json").write_text(f'{{"port": {port}}}')
        program = speakdesk.start(
            "bots", "resume", "--json", BASE_URL=f"http://127.0.0.1:{port}", **account
        )
        told = await asyncio.to_thread(
            program.until,
            lambda e: e["kind"] == "notice" and "without its voice" in e["sentence"],
        )
        assert told["sentence"].startswith("Zed of an earlier session was still in meet abc-")
        assert mute.is_over
        await cloud.until(lambda: any(r.method == "PATCH" for r in cloud.requests), wait_s=30)
        url = cloud.wishes[waiting["bot_id"]]["streaming_config"]["input_url"]
        assert url.startswith(f"ws://127.0.0.1:{port}/ws/")
        assert waiting["status"] == "scheduled"
        program.send(signal.SIGINT)
        await asyncio.to_thread(program.rest)
        assert await asyncio.to_thread(program.wait) == 130, program.stderr
        assert waiting["status"] == "cancelled"
        assert not notes.exists()
