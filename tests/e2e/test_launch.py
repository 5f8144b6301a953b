"""`speakdesk launch`: client, gateway, tunnel and voice, against a MeetingBaas on this computer.

The practice room's server stands in for MeetingBaas; the stand-in agent for ngrok.
"""

from __future__ import annotations

import json
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import Program, Speakdesk
from tests.standins.ngrok_agent import NgrokStandIn

MEETING = "https://meet.google.com/abc-defg-hij"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[str]:
    """The address of a MeetingBaas that takes the key `full`."""
    desk = Speakdesk(tmp_path / "cloud")
    program = desk.start("room", "--key", "full", "--say", "What is your name?")
    yield program.line().split()[-1]
    desk.stop()


def launch(speakdesk: Speakdesk, cloud: str, *arguments: str, **extra: str) -> Program:
    return speakdesk.start(
        "launch",
        "--meeting-url",
        MEETING,
        "--persona",
        "interviewer",
        "--json",
        *arguments,
        MEETING_BAAS_API_URL=cloud,
        **{"MEETING_BAAS_API_KEY": "full", **extra},
    )


def test_a_bot_talks_in_a_meeting_through_an_address_of_ones_own(
    speakdesk: Speakdesk, cloud: str
) -> None:
    port = str(free_port())
    program = launch(speakdesk, cloud, "-s", port, "--websocket-url", f"http://127.0.0.1:{port}")
    program.until(lambda e: e["kind"] == "line.final" and not e["is_bot"])
    program.until(lambda e: e["kind"] == "line.final" and e["is_bot"])
    program.send(signal.SIGINT)
    events = program.rest()
    assert program.wait() == 130, program.stderr
    assert [e["state"] for e in events if e["kind"] == "bot.state"][-1] == "ended"
    (meeting,) = speakdesk.json("history", "list")
    assert meeting["platform"] == "meet"
    assert "full" not in program.stderr.split()


def test_one_tunnel_is_opened_checked_from_outside_and_closed_with_the_bot(
    speakdesk: Speakdesk, cloud: str, tmp_path: Path
) -> None:
    agent = NgrokStandIn.install(tmp_path / "agent", token="tunnel-token-123")
    program = launch(
        speakdesk,
        cloud,
        "-s",
        str(free_port()),
        PYNGROK_NGROK_PATH=str(agent.path),
        NGROK_AUTHTOKEN="tunnel-token-123",
    )
    program.until(lambda e: e["kind"] == "tunnel.state" and e["state"] == "open")
    program.until(lambda e: e["kind"] == "line.final" and e["is_bot"])
    program.send(signal.SIGINT)
    program.rest()
    program.wait()
    assert len(agent.starts) == 1
    assert "tunnel-token-123" not in str([start["argv"] for start in agent.starts])
    assert "tunnel-token-123" not in program.stderr


def test_without_a_way_in_the_bot_fails_in_words_and_nothing_is_sent(
    speakdesk: Speakdesk, cloud: str, tmp_path: Path
) -> None:
    program = launch(
        speakdesk, cloud, "-s", str(free_port()), PYNGROK_NGROK_PATH=str(tmp_path / "none")
    )
    events = program.rest()
    assert program.wait() == 1
    (problem,) = [e["problem"] for e in events if e["kind"] == "bot.problem"]
    assert "ngrok" in problem["sentence"] + problem["next_step"]
    assert not any(e.get("evidence") == "accepted" for e in events)


def test_a_refused_key_is_told_with_the_providers_words(speakdesk: Speakdesk, cloud: str) -> None:
    port = str(free_port())
    program = launch(
        speakdesk,
        cloud,
        "-s",
        port,
        "--websocket-url",
        f"http://127.0.0.1:{port}",
        MEETING_BAAS_API_KEY="wrong-key-000",
    )
    program.rest()
    assert program.wait() == 1
    assert "FST_ERR_FORBIDDEN" in program.stderr
    assert "wrong-key-000" not in program.stderr


def test_without_a_key_the_next_step_is_said(speakdesk: Speakdesk) -> None:
    done = speakdesk.run("launch", "--meeting-url", MEETING, "--persona", "interviewer")
    assert done.returncode == 1
    assert "MEETING_BAAS_API_KEY" in done.stderr
    assert "interviewer" not in done.stderr, "nobody is introduced before all was checked"


@pytest.mark.parametrize("link", ["", "hello", "https://example.com/x"])
def test_a_link_that_is_none_is_told_in_a_sentence(speakdesk: Speakdesk, link: str) -> None:
    done = speakdesk.run("launch", "--meeting-url", link)
    assert done.returncode == 2
    assert len(done.stderr.split()) > 4
    assert "Traceback" not in done.stderr


def test_a_record_only_bot_is_listed_at_the_provider_and_told_to_leave_from_elsewhere(
    speakdesk: Speakdesk, cloud: str
) -> None:
    account = {"MEETING_BAAS_API_URL": cloud, "MEETING_BAAS_API_KEY": "full"}
    program = speakdesk.start(
        "launch", "-m", MEETING, "-c", "0", "--add-recorder", "--json", **account
    )
    program.until(lambda e: e["kind"] == "bot.state" and e["state"] == "in_call")
    listed = speakdesk.run("bots", "list", "--live", "--json", **account)
    (bot,) = json.loads(listed.stdout)
    assert (bot["name"], bot["is_ours"], bot["is_live"]) == ("Recorder", True, True)
    told = speakdesk.run("bots", "leave", "--all", **account)
    assert told.returncode == 0, told.stderr
    assert "Recorder is told to leave." in told.stdout
    events = program.rest()
    assert program.wait() == 0, program.stderr
    assert [e["state"] for e in events if e["kind"] == "bot.state"][-1] == "ended"
    evidence = {e["evidence"] for e in events if e["kind"] == "bot.evidence"}
    assert evidence == {"accepted", "admitted"}


def test_a_terminated_program_lets_its_bots_leave_first(speakdesk: Speakdesk, cloud: str) -> None:
    account = {"MEETING_BAAS_API_URL": cloud, "MEETING_BAAS_API_KEY": "full"}
    program = speakdesk.start(
        "launch", "-m", MEETING, "-c", "0", "--add-recorder", "--json", **account
    )
    program.until(lambda e: e["kind"] == "bot.state" and e["state"] == "in_call")
    program.send(signal.SIGTERM)
    program.rest()
    assert program.wait() == 143, program.stderr
    listed = speakdesk.run("bots", "list", "--live", "--json", **account)
    assert json.loads(listed.stdout) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--at", "yesterday"), "is no time"),
        (("--extra", "[]"), "no JSON object"),
        (("--silence-timeout", "5"), "between 300 and 3600"),
    ],
)
def test_a_wrong_option_is_a_bad_argument(
    speakdesk: Speakdesk, arguments: tuple[str, ...], words: str
) -> None:
    done = speakdesk.run("launch", "-m", MEETING, *arguments, MEETING_BAAS_API_KEY="full")
    assert done.returncode == 2
    assert words in done.stderr
