"""A person at a terminal without ngrok's program: asked, answered, and a taken port on the way."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import ROOT, Speakdesk, environment
from tests.standins.ngrok_agent import TOKEN, NgrokStandIn

QUESTION = "Fetch it? y, n, or the path of one you have:"


class Terminal:
    """A pseudo-terminal with the program in it."""

    def __init__(self, home: Path, *arguments: str, **extra: str) -> None:
        self._ours, theirs = os.openpty()
        self.shown = ""
        self._program = subprocess.Popen(
            [sys.executable, "-m", "speakdesk", *arguments],
            cwd=ROOT,
            env={**environment(home), **extra},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)

    def until(self, words: str, timeout_s: float = 60) -> None:
        """Read on until these words were shown; what came before them is forgotten."""
        end_s = time.monotonic() + timeout_s
        while words not in self.shown:
            left_s = end_s - time.monotonic()
            assert left_s > 0, self.shown
            ready, _, _ = select.select([self._ours], [], [], left_s)
            assert ready, self.shown
            try:
                self.shown += os.read(self._ours, 65536).decode("utf-8", "replace")
            except OSError as e:
                raise AssertionError(self.shown) from e
        self.shown = self.shown.partition(words)[2]

    def type(self, line: str) -> None:
        os.write(self._ours, f"{line}\n".encode())

    def interrupt(self) -> None:
        self._program.send_signal(signal.SIGINT)

    def close(self) -> int:
        """Read the rest and wait; its exit status."""
        try:
            while True:
                try:
                    if not os.read(self._ours, 65536):
                        break
                except OSError:
                    break
            return self._program.wait(60)
        finally:
            self._program.kill()
            self._program.wait(10)
            os.close(self._ours)


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[str]:
    desk = Speakdesk(tmp_path / "cloud")
    yield desk.start("room", "--key", "full").line().split()[-1]
    desk.stop()


def test_the_agent_is_asked_for_a_taken_port_is_said_and_the_bot_comes_in(
    tmp_path: Path, cloud: str
) -> None:
    agent = NgrokStandIn.install(tmp_path / "mine")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        terminal = Terminal(
            tmp_path / "home",
            *("launch", "--meeting-url", "https://meet.google.com/abc-defg-hij"),
            *("--persona", "interviewer", "--start-port", str(port)),
            MEETING_BAAS_API_URL=cloud,
            MEETING_BAAS_API_KEY="full",
            NGROK_AUTHTOKEN=TOKEN,
            PYNGROK_NGROK_PATH=str(tmp_path / "nowhere"),
        )
        terminal.until(f"Port {port} is taken by ")
        terminal.until(QUESTION)
        terminal.type(str(tmp_path))
        terminal.until("is no ngrok agent that runs here")
        terminal.until(QUESTION)
        terminal.type(str(agent.path))
        terminal.until("dialled in")
        terminal.interrupt()
        assert terminal.close() == 130
    assert not agent.is_running


def test_a_no_ends_the_launch_with_the_other_ways(tmp_path: Path, cloud: str) -> None:
    terminal = Terminal(
        tmp_path / "home",
        *("launch", "--meeting-url", "https://meet.google.com/abc-defg-hij", "-s", "0"),
        MEETING_BAAS_API_URL=cloud,
        MEETING_BAAS_API_KEY="full",
        NGROK_AUTHTOKEN=TOKEN,
        PYNGROK_NGROK_PATH=str(tmp_path / "nowhere"),
    )
    terminal.until(QUESTION)
    terminal.type("n")
    terminal.until("BASE_URL or --websocket-url")
    assert terminal.close() == 1
