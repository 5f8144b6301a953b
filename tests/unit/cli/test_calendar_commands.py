"""`speakdesk calendar` with the real Desk, against the MeetingBaas stand-in."""

from __future__ import annotations

import asyncio
import getpass
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from loguru import logger

from speakdesk.cli.main import main
from speakdesk.domain.meeting import parse_link
from speakdesk.providers.base import JoinRequest
from speakdesk.providers.meetingbaas.client import MeetingBaasV2Provider
from tests.standins.meetingbaas import MeetingBaasCloud, Trouble
from tests.standins.meetingbaas_calendar import GOOD_TOKEN

URL = "https://zoom.us/j/123456789?pwd=hush-hush"
SECRET = "the-client-secret"
Run = Callable[..., Awaitable[tuple[int, str, str]]]


@pytest.fixture
async def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[MeetingBaasCloud]:
    async with MeetingBaasCloud() as cloud:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("SPEAKDESK_HOME", str(tmp_path))
        monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
        monkeypatch.setenv("MEETING_BAAS_API_KEY", "mb-key-0123456789")
        monkeypatch.setenv("MEETING_BAAS_API_URL", cloud.url)
        for name in ("NGROK_AUTHTOKEN", "BASE_URL"):
            monkeypatch.delenv(name, raising=False)
        yield cloud


@pytest.fixture
async def run(cloud: MeetingBaasCloud, capfd: pytest.CaptureFixture[str]) -> AsyncIterator[Run]:
    """Run a command on a thread, so that the stand-in goes on answering."""

    async def command(*arguments: str) -> tuple[int, str, str]:
        status = await asyncio.to_thread(main, ["calendar", *arguments])
        out, err = capfd.readouterr()
        return status, out, err

    yield command
    logger.remove()


@pytest.fixture
def values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_CALENDAR_CLIENT_ID", "the-id")
    monkeypatch.setenv("GOOGLE_CALENDAR_CLIENT_SECRET", SECRET)
    monkeypatch.setenv("GOOGLE_CALENDAR_REFRESH_TOKEN", GOOD_TOKEN)


async def connected(run: Run) -> str:
    status, out, _ = await run("connect", "google", "--json")
    assert status == 0
    return str(json.loads(out)["calendar_id"])


async def test_connecting_takes_its_secrets_from_the_environment(
    run: Run, cloud: MeetingBaasCloud, values: None
) -> None:
    status, out, err = await run("connect", "google", "--json")
    assert status == 0, err
    assert json.loads(out)["status"] == "active"
    assert SECRET not in out + err
    assert GOOD_TOKEN not in out + err
    (seen,) = [r for r in cloud.requests if r.path == "/v2/calendars" and r.method == "POST"]
    assert seen.body["oauth_client_secret"] == SECRET

    status, out, _ = await run("list")
    assert status == 0
    assert "google" in out
    assert "me@example.com" in out
    status, _, err = await run("connect", "google")
    assert status == 1
    assert "connected already" in err


async def test_connecting_without_a_terminal_names_what_is_missing(run: Run) -> None:
    status, out, err = await run("connect", "microsoft")
    assert status == 2
    assert out == ""
    assert "MICROSOFT_CALENDAR_CLIENT_SECRET" in err
    assert "Entra" in err
    status, _, err = await run("connect", "apple")
    assert status == 2


async def test_connecting_at_a_terminal_asks_unseen_and_for_the_calendar(
    run: Run, cloud: MeetingBaasCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.calendars.names = ("Work", "Choir")
    secrets = iter([SECRET, GOOD_TOKEN])
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(getpass, "getpass", lambda _prompt: next(secrets))
    monkeypatch.setattr("builtins.input", lambda: "the-id")
    status, out, err = await run("connect", "google", "--calendar", "choir", "--no-keep")
    assert status == 0, err
    assert out.startswith("Connected: ")
    assert "Google Cloud console" in err
    assert "client secret" in err
    assert SECRET not in out + err
    (raw_id,) = cloud.calendars.raw_ids.values()
    assert raw_id == "Choir"


async def test_several_calendars_and_nobody_to_ask_lists_them(
    run: Run, cloud: MeetingBaasCloud, values: None
) -> None:
    cloud.calendars.names = ("Work", "Choir")
    status, _, err = await run("connect", "google")
    assert status == 2
    assert "2  Choir" in err
    assert "--calendar" in err
    assert cloud.calendars.connections == {}
    status, _, err = await run("connect", "google", "--calendar", "nowhere")
    assert status == 2
    assert "no calendar 'nowhere'" in err


async def test_without_a_key_it_says_so_before_anything_is_asked(
    run: Run, cloud: MeetingBaasCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MEETING_BAAS_API_KEY")
    for command in (("connect", "google"), ("list",), ("events", "--json"), ("scheduled",)):
        status, out, err = await run(*command)
        assert status == 1
        assert out == ""
        assert "MEETING_BAAS_API_KEY" in err
    assert cloud.requests == []


async def test_events_a_recorder_and_taking_it_back(
    run: Run, cloud: MeetingBaasCloud, values: None
) -> None:
    calendar = await connected(run)
    event = cloud.calendars.add_event(calendar, "Review", URL)
    status, out, _ = await run("events", "--json")
    assert status == 0
    (found,) = json.loads(out)
    assert found["event_id"] == event["event_id"]
    assert found["platform"] == "zoom"
    assert "hush" not in out
    status, out, _ = await run("events")
    assert "Review · Zoom" in out

    status, out, err = await run(
        "send", event["event_id"], "--record-only", "--name", "Minutes", "--json"
    )
    assert status == 0, err
    assert json.loads(out)["events"] == [event["event_id"]]
    assert "no voice" in err
    assert cloud.calendars.bots[event["event_id"]]["bot_name"] == "Minutes"
    status, out, _ = await run("events")
    assert "goes there: Minutes" in out
    status, _, err = await run("send", event["event_id"], "--record-only")
    assert status == 1
    assert "already set" in err
    status, _, err = await run("unsend", event["event_id"][:10])
    assert status == 0
    assert "1 bot was taken back" in err
    assert cloud.calendars.bots == {}


async def test_a_voice_without_a_public_address_is_refused_in_words(
    run: Run, cloud: MeetingBaasCloud, values: None
) -> None:
    calendar = await connected(run)
    event = cloud.calendars.add_event(calendar, "Review", URL)
    status, out, err = await run("send", event["event_id"], "--persona", "interviewer", "--json")
    assert (status, out) == (1, "")
    assert "NGROK_AUTHTOKEN" in err
    assert cloud.scheduled == {}


async def test_bad_arguments_are_told_apart(run: Run, values: None) -> None:
    for wrong in (
        ("send", "x"),
        ("send", "x", "--persona", "ada", "--record-only"),
        ("send", "x", "--persona", "nobody-of-that-name"),
        ("reschedule", "x"),
        ("reschedule", "x", "--at", "soon"),
        ("disconnect", "x"),
        ("list", "--provider", "zoom"),
    ):
        status, out, err = await run(*wrong)
        assert (status, out) == (2, ""), wrong
        assert err


async def test_scheduled_bots_are_listed_moved_and_cancelled(
    run: Run, cloud: MeetingBaasCloud
) -> None:
    client = MeetingBaasV2Provider("key", cloud.url)
    at = datetime.now(UTC) + timedelta(hours=2)
    bot = await client.schedule(JoinRequest("Ada", parse_link(URL), ""), at)
    await client.aclose()
    status, out, _ = await run("scheduled", "--json")
    assert status == 0
    (row,) = json.loads(out)
    assert (row["bot_id"], row["name"], row["sender"]) == (bot, "Ada", "speakdesk")
    assert "hush" not in out
    status, out, err = await run("reschedule", bot[:8], "--at", "in 3 h", "--name", "Eve")
    assert status == 0, err
    assert out.startswith("Eve joins at ")
    assert cloud.scheduled[bot]["bot_name"] == "Eve"
    cloud.lock_s = 86400.0
    status, _, err = await run("reschedule", bot, "--at", "in 4 h")
    assert status == 1
    assert "four minutes" in err
    status, out, _ = await run("cancel", bot)
    assert (status, out) == (0, "Eve will not join.\n")
    assert cloud.scheduled[bot]["status"] == "cancelled"
    status, out, _ = await run("scheduled")
    assert out == "No bot is scheduled.\n"
    status, _, err = await run("cancel", bot)
    assert status == 1
    assert "no scheduled bot" in err


async def test_sync_disconnect_and_a_bad_day(
    run: Run, cloud: MeetingBaasCloud, values: None
) -> None:
    calendar = await connected(run)
    status, out, _ = await run("sync", "--json")
    assert (status, json.loads(out)) == (0, {"synced": [calendar]})
    cloud.trouble = Trouble.REFUSED_KEY
    status, out, err = await run("events", "--json")
    assert (status, out) == (1, "")
    assert "does not accept the API key" in err
    cloud.trouble = Trouble.NONE
    status, out, err = await run("disconnect", calendar)
    assert status == 2
    assert "--yes" in err
    status, out, _ = await run("disconnect", calendar, "--yes", "--json")
    assert json.loads(out)["disconnected"] is True
    assert cloud.calendars.connections == {}
    status, out, _ = await run("list")
    assert "speakdesk calendar connect google" in out


async def test_a_revoked_calendar_is_told_and_renewed(
    run: Run, cloud: MeetingBaasCloud, values: None
) -> None:
    calendar = await connected(run)
    cloud.calendars.revoke(calendar)
    status, _, err = await run("events")
    assert status == 1
    assert "withdrawn" in err
    status, out, _ = await run("connect", "google", "--renew", calendar, "--json")
    assert (status, json.loads(out)["status"]) == (0, "active")
