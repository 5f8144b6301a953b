"""The real program as a process of its own, with a home of its own."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
Event = dict[str, Any]


def environment(home: Path) -> dict[str, str]:
    """A clean environment: no keys, no display, everything kept in `home`."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.endswith(("_API_KEY", "_AUTHTOKEN", "_BASE_URL"))
        and name not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    }
    return {
        **kept,
        "SPEAKDESK_HOME": str(home),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        "PYTHONUNBUFFERED": "1",
    }


@dataclass
class Program:
    """A running `speakdesk`; its stdout arrives as lines."""

    process: subprocess.Popen[str]
    lines: queue.SimpleQueue[str | None] = field(default_factory=queue.SimpleQueue)
    errors: list[str] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        threading.Thread(target=self._read_out, daemon=True).start()
        self._error_reader = threading.Thread(target=self._read_err, daemon=True)
        self._error_reader.start()

    def _read_out(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def _read_err(self) -> None:
        assert self.process.stderr is not None
        self.errors.extend(line for line in self.process.stderr)

    def line(self, timeout_s: float = 60) -> str:
        """The next line on stdout."""
        got = self.lines.get(timeout=timeout_s)
        assert got is not None, f"it ended early:\n{''.join(self.errors)}"
        return got

    def until(self, fits: Callable[[Event], bool], timeout_s: float = 60) -> Event:
        """Read events until one fits."""
        deadline = time.monotonic() + timeout_s
        while True:
            event: Event = json.loads(self.line(deadline - time.monotonic()))
            self.events.append(event)
            if fits(event):
                return event

    def rest(self, timeout_s: float = 90) -> list[Event]:
        """All events to the end."""
        deadline = time.monotonic() + timeout_s
        while (got := self.lines.get(timeout=deadline - time.monotonic())) is not None:
            self.events.append(json.loads(got))
        return self.events

    def wait(self, timeout_s: float = 60) -> int:
        """The exit status."""
        status = self.process.wait(timeout_s)
        self._error_reader.join(10)
        return status

    def send(self, what: signal.Signals) -> None:
        """Send a signal."""
        self.process.send_signal(what)

    @property
    def stderr(self) -> str:
        """What it said on stderr so far."""
        return "".join(self.errors)


class Speakdesk:
    """Starts the program in one home."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._running: list[Program] = []

    def start(self, *arguments: str, **extra: str) -> Program:
        """Start it and return at once."""
        process = subprocess.Popen(
            [sys.executable, "-m", "speakdesk", *arguments],
            cwd=ROOT,
            env={**environment(self.home), **extra},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        program = Program(process)
        self._running.append(program)
        return program

    def run(self, *arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
        """Run it to its end."""
        return subprocess.run(
            [sys.executable, "-m", "speakdesk", *arguments],
            cwd=ROOT,
            env={**environment(self.home), **extra},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=110,
            check=False,
        )

    def json(self, *arguments: str) -> Any:
        """Run it with `--json` and read what it printed."""
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def stop(self) -> None:
        """End whatever still runs."""
        for program in self._running:
            if program.process.poll() is None:
                program.process.kill()
            program.process.wait(10)
            for stream in (program.process.stdout, program.process.stderr):
                if stream is not None:
                    stream.close()


@pytest.fixture
def speakdesk(tmp_path: Path) -> Iterator[Speakdesk]:
    program = Speakdesk(tmp_path / "home")
    yield program
    program.stop()
