"""One run of the ngrok agent under pyngrok, with the parts that pyngrok leaves open.

pyngrok gives its child neither a clean environment nor a bounded start (facts/pyngrok.md). Here the
child gets no key of ours, is known as soon as it exists, and can be ended at any moment, which
frees the thread that pyngrok blocks. Everything in here blocks, `AgentRun.kill` aside.
"""

from __future__ import annotations

import http.client
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speakdesk.gateway.ngrok_files import is_ours, write_config
from speakdesk.gateway.tunnel_config import TunnelConfig

if TYPE_CHECKING:
    from pyngrok.log import NgrokLog
    from pyngrok.process import NgrokProcess

# Of the environment: our own token and key would override the agent's configuration file, and a
# frozen program's library path would make it load our libraries.
_NOT_FOR_THE_AGENT = ("NGROK_AUTHTOKEN", "NGROK_API_KEY")
_LIBRARY_PATHS = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")

_starting = threading.local()


class AgentRun:
    """One agent process from its start to its end."""

    def __init__(self, path: Path, config: TunnelConfig, api_version: str) -> None:
        self.path = path
        self.api_version = api_version
        self.process: subprocess.Popen[str] | None = None
        self.api_url = ""
        self._config = config
        self._config_path: Path | None = None
        self._is_given_up = False
        self._lock = threading.Lock()
        self._monitor: threading.Thread | None = None

    @property
    def is_alive(self) -> bool:
        """True while the process runs."""
        return self.process is not None and self.process.poll() is None

    def start(self, on_line: Callable[[NgrokLog], None]) -> None:
        """Start the agent and wait until it is healthy. May block for good; `kill` ends that.

        `on_line` gets every log line, on threads of pyngrok. Raises GatewayError and what
        `agent_errors` names.
        """
        self._config_path = write_config(self._config, self.api_version)
        try:
            self._start(str(self._config_path), on_line)
        finally:
            with self._lock:
                given_up = self._is_given_up
            if given_up:
                self.stop(0.5)

    def _start(self, config_path: str, on_line: Callable[[NgrokLog], None]) -> None:
        from pyngrok import process
        from pyngrok.conf import PyngrokConfig

        _adopt_pyngrok()
        config = PyngrokConfig(
            ngrok_path=str(self.path),
            config_path=config_path,
            region=self._config.region or None,
            log_event_callback=on_line,
            start_new_session=os.name == "posix",
            config_version=self.api_version,
        )
        # What pyngrok read from the environment would go onto the command line.
        config.auth_token = None
        config.api_key = None
        _starting.run = self
        try:
            started: NgrokProcess = process.get_process(config)
        except agent_errors():
            self._read_the_rest(on_line)
            raise
        finally:
            _starting.run = None
        if self.process is None:
            self.born(started.proc)
        self._monitor = started._monitor_thread
        self.api_url = started.api_url or ""

    def _read_the_rest(self, on_line: Callable[[NgrokLog], None]) -> None:
        """Give out the last lines of an agent that ended.

        pyngrok stops reading once the process is gone, and its reason mostly stands after that.
        """
        from pyngrok.log import NgrokLog

        process = self.process
        if process is None or process.stdout is None or process.poll() is None:
            return
        for line in process.stdout:
            if line.strip():
                on_line(NgrokLog(line))

    def born(self, process: subprocess.Popen[str]) -> None:
        """Take the process in the moment it exists; one that was given up is ended at once."""
        with self._lock:
            self.process = process
            given_up = self._is_given_up
        if given_up:
            _signal(process, force=True)

    def kill(self) -> None:
        """End the process now, or as soon as it exists; never blocks."""
        with self._lock:
            self._is_given_up = True
            process = self.process
        if process is not None:
            _signal(process, force=True)

    def stop(self, wait_s: float) -> None:
        """Ask the process to end, make it end after `wait_s`, and give back what it held.

        May be called twice, also while `start` still runs, which then tidies up itself.
        """
        with self._lock:
            self._is_given_up = True
            process = self.process
        try:
            if process is not None:
                self._end(process, wait_s)
        finally:
            if self._config_path is not None and is_ours(self._config_path):
                self._config_path.unlink(missing_ok=True)

    def _end(self, process: subprocess.Popen[str], wait_s: float) -> None:
        from pyngrok import process as known

        _signal(process, force=False)
        try:
            process.wait(wait_s)
        except subprocess.TimeoutExpired:
            _signal(process, force=True)
            process.wait(wait_s)
        known.is_process_running(str(self.path))
        monitor = self._monitor
        if monitor is not None:
            monitor.join(wait_s)
        if process.stdout is not None and (monitor is None or not monitor.is_alive()):
            process.stdout.close()


def api_request(run: AgentRun, method: str, data: dict[str, Any] | None, wait_s: float) -> Any:
    """Ask the agent's local API about its endpoints (or tunnels, for format 2); returns its JSON.

    Raises what `agent_errors` names.
    """
    from pyngrok import ngrok

    path = "/api/endpoints" if run.api_version == "3" else "/api/tunnels"
    return ngrok.api_request(f"{run.api_url}{path}", method, data, timeout=wait_s)


def agent_errors() -> tuple[type[Exception], ...]:
    """What starting or asking an agent may raise: pyngrok's, the system's, unreadable answers."""
    from pyngrok.exception import PyngrokError
    from yaml import YAMLError  # type: ignore[import-untyped]

    return (PyngrokError, YAMLError, OSError, ValueError, http.client.HTTPException)


def _signal(process: subprocess.Popen[str], *, force: bool) -> None:
    """End the process and, where it leads a session of its own, what it started."""
    with suppress(ProcessLookupError, PermissionError):
        if os.name == "posix" and process.poll() is None and os.getpgid(process.pid) == process.pid:
            os.killpg(process.pid, signal.SIGKILL if force else signal.SIGTERM)
        elif force:
            process.kill()
        else:
            process.terminate()


class _Subprocess:
    """`subprocess` as pyngrok sees it: its children are born into the run that waits for them."""

    def __getattr__(self, name: str) -> Any:
        return getattr(subprocess, name)

    def Popen(self, arguments: list[str], **options: Any) -> subprocess.Popen[str]:
        run: AgentRun | None = getattr(_starting, "run", None)
        if run is None:
            return subprocess.Popen(arguments, **options)
        options.update(
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
        process: subprocess.Popen[str] = subprocess.Popen(arguments, **options)
        run.born(process)
        return process


def _environment() -> dict[str, str]:
    environment = {k: v for k, v in os.environ.items() if k not in _NOT_FOR_THE_AGENT}
    if getattr(sys, "frozen", False):
        for name in _LIBRARY_PATHS:
            original = environment.pop(f"{name}_ORIG", None)
            environment.pop(name, None)
            if original is not None:
                environment[name] = original
    return environment


def _adopt_pyngrok() -> None:
    from pyngrok import process

    if not isinstance(vars(process)["subprocess"], _Subprocess):
        vars(process)["subprocess"] = _Subprocess()
        # It repeats the agent's lines as they are, the authtoken in them included.
        logging.getLogger("pyngrok").setLevel(logging.CRITICAL + 1)
        logging.getLogger("pyngrok.process.ngrok").disabled = True
