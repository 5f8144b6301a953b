"""`speakdesk history` after a meeting: facts, files, summary, both transcripts."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from loguru import logger

from speakdesk.app.past.history import HistoryBook
from speakdesk.cli.main import main
from speakdesk.domain.bot import BotState
from speakdesk.domain.events import BotStateChanged, LineFinal
from speakdesk.domain.meeting import parse_link
from speakdesk.providers.base import JoinRequest
from speakdesk.providers.meetingbaas.client import MeetingBaasV2Provider
from speakdesk.store.paths import Paths
from tests.standins.meetingbaas import MeetingBaasCloud
from tests.standins.openai import OpenAIStandIn

LINK = parse_link("https://meet.google.com/abc-defg-hij")
FILM = bytes(range(256)) * 2000
SAID = {"speaker": "Priya", "text": "We begin on Tuesday.", "start": 1.5, "end": 3.0}
MINUTES = {
    "language": "en",
    "summary": "They begin on Tuesday.",
    "decisions": ["Tuesday"],
    "action_items": [{"who": "Max", "what": "Tell the client", "due": ""}],
    "open_questions": [],
}
Run = Callable[..., Awaitable[tuple[int, str, str]]]


@pytest.fixture
async def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[MeetingBaasCloud]:
    """A home with one ended meeting, whose recording is ready at the service."""
    async with MeetingBaasCloud() as cloud:
        transcript = json.dumps({"result": {"utterances": [SAID]}}).encode()
        cloud.files.content = {"video": FILM, "transcription": transcript}
        monkeypatch.setenv("SPEAKDESK_HOME", str(tmp_path))
        monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
        monkeypatch.setenv("MEETING_BAAS_API_KEY", "mb-key-0123456789")
        monkeypatch.setenv("MEETING_BAAS_API_URL", cloud.url)
        for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
            monkeypatch.delenv(name, raising=False)
        await hold_a_meeting(cloud, Paths.inside(tmp_path))
        yield cloud


async def hold_a_meeting(cloud: MeetingBaasCloud, paths: Paths) -> None:
    provider = MeetingBaasV2Provider("key", cloud.url)
    remote = await provider.create(JoinRequest("Ada", LINK, ""))
    await provider.aclose()
    bot = cloud.bots[remote]
    await cloud.until(lambda: bot.joined is not None)
    await bot.leave()
    paths.create()
    history = HistoryBook(paths.history_file, lambda problem: None)
    await history.open()
    began = datetime.now(UTC) - timedelta(minutes=30)
    history.begin_meeting("m1", LINK, "meetingbaas", began)
    for state in (BotState.PREPARING, BotState.ENDED):
        event = BotStateChanged(
            at=began, bot_id="ada", state=state, name="Ada", persona="p", meeting_id="m1"
        )
        history.record(event)
        history.note_provider_bot("ada", remote)
    history.record(
        LineFinal(at=began, bot_id="ada", line_id="1", speaker="Max", text="Hello.", is_bot=False)
    )
    await history.close()


@pytest.fixture
async def run(capsys: pytest.CaptureFixture[str]) -> AsyncIterator[Run]:
    async def command(*arguments: str) -> tuple[int, str, str]:
        status = await asyncio.to_thread(main, ["history", *arguments])
        out, err = capsys.readouterr()
        return status, out, err

    yield command
    logger.remove()


async def test_fetch_looks_what_there_is_and_downloads_it(
    cloud: MeetingBaasCloud, run: Run, tmp_path: Path
) -> None:
    status, out, _ = await run("fetch", "last")
    assert status == 0
    assert "Ada at the provider: completed" in out
    assert "0.6 tokens (0.5 recording, 0.05 voice in, 0.05 voice out)" in out
    assert "video: at the provider" in out

    target = tmp_path / "film.mp4"
    status, out, err = await run("fetch", "m1", "--kind", "video", "--to", str(target))
    assert (status, out) == (0, f"{target}\n")
    assert target.read_bytes() == FILM
    assert "video" in err

    status, out, _ = await run("show", "m1")
    assert f"video: {target}" in out
    assert "[00:00:00] Max: Hello." in out
    status, out, _ = await run("export", "m1", "--source", "provider")
    assert "[00:00:01] Priya: We begin on Tuesday." in out
    assert "Hello." not in out


async def test_a_meeting_is_found_by_the_beginning_of_its_id(
    cloud: MeetingBaasCloud, run: Run
) -> None:
    status, out, _ = await run("show", "m")
    assert status == 0
    assert "[00:00:00] Max: Hello." in out
    status, _, err = await run("show", "n")
    assert status == 1
    assert "There is no meeting n" in err


async def test_fetch_says_what_there_is_instead(cloud: MeetingBaasCloud, run: Run) -> None:
    status, _, err = await run("fetch", "m1", "-k", "audio")
    assert status == 1
    assert "There is no audio of this meeting. There is: transcript, video." in err
    status, _, err = await run("fetch", "m1", "-k", "smell")
    assert status == 2
    status, _, err = await run("fetch", "m1", "--to", "somewhere")
    assert status == 2


async def test_a_summary_is_written_once_and_again_when_asked(
    cloud: MeetingBaasCloud, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    status, _, err = await run("summary", "m1")
    assert status == 1
    assert "needs a language model" in err
    async with OpenAIStandIn() as vendor:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test-0123456789")
        monkeypatch.setenv("OPENAI_BASE_URL", vendor.base_url)
        monkeypatch.setenv("LLM_MODEL", "llama")
        vendor.answers.extend([json.dumps(MINUTES)] * 2)
        status, out, _ = await run("summary", "m1")
        assert status == 0
        assert out.startswith("They begin on Tuesday.\n\nDecisions\n- Tuesday\n\nAction items\n")
        assert "Written by llama" in out
        status, out, _ = await run("summary", "m1", "--json")
        assert json.loads(out)["action_items"] == MINUTES["action_items"]
        assert len(vendor.requests) == 1
        status, out, _ = await run("summary", "m1", "--redo")
        assert (status, len(vendor.requests)) == (0, 2)
    status, out, _ = await run("show", "m1")
    assert "- Max: Tell the client" in out


async def test_lines_that_are_not_there_are_refused(cloud: MeetingBaasCloud, run: Run) -> None:
    status, _, err = await run("export", "m1", "--source", "provider")
    assert status == 1
    assert "no transcript" in err
    assert (await run("export", "m1", "--source", "theirs"))[0] == 2
