"""Downloading the ngrok agent: only when a person asked for it, with progress, and cancellable."""

from __future__ import annotations

import asyncio
import re
import subprocess
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

from loguru import logger

from speakdesk.domain.errors import GatewayError, Problem, Reason, Stage
from speakdesk.gateway.background import call_in_loop, in_daemon_thread
from speakdesk.gateway.ngrok_files import default_agent_path

DOWNLOAD_WAIT_S = 600.0
SOCKET_WAIT_S = 20.0
VERSION_WAIT_S = 20.0

_PERCENT = re.compile(r"(\d+)%")
_VERSION = re.compile(r"version\s+(\S+)")
_one_at_a_time = threading.Lock()


class _GivenUp(Exception):
    """The person no longer waits for the download."""


async def download_agent(
    path: Path | None = None,
    progress: Callable[[int], None] = lambda percent: None,
    *,
    wait_s: float = DOWNLOAD_WAIT_S,
) -> str:
    """Download ngrok's agent to `path` (default: pyngrok's own place) and try it; its version.

    `progress` gets 0 to 100 on the loop's thread. Cancelling ends the download at its next piece.
    The folder takes what ngrok's archive holds, so the file must have the agent's usual name.
    Raises GatewayError.
    """
    loop = asyncio.get_running_loop()
    if path is None:
        path = await in_daemon_thread(default_agent_path, "ngrok path")
    target = path.expanduser().absolute()
    given_up = threading.Event()

    def tell(percent: int) -> None:
        if given_up.is_set():
            raise _GivenUp
        call_in_loop(loop, progress, percent)

    try:
        async with asyncio.timeout(wait_s):
            await in_daemon_thread(lambda: _install(target, tell), "ngrok download")
            version = await in_daemon_thread(lambda: _version_of(target), "ngrok version")
    except TimeoutError:
        raise GatewayError(_failed("It took too long.", Reason.TIMEOUT)) from None
    finally:
        given_up.set()
    progress(100)
    logger.info("the ngrok agent {} was downloaded", version)
    return version


def _install(target: Path, tell: Callable[[int], None]) -> None:
    from pyngrok import installer
    from pyngrok.exception import PyngrokError

    if target.name != installer.get_ngrok_bin():
        raise GatewayError(
            Problem(
                Stage.TUNNEL,
                Reason.BAD_INPUT,
                f"The agent's file must be called {installer.get_ngrok_bin()}.",
                "Choose the folder only, or leave the path empty.",
            )
        )

    percent = 0

    def print_progress(line: str) -> None:
        nonlocal percent
        match = _PERCENT.search(line)
        percent = max(percent, int(match.group(1)) if match else 0)
        tell(percent)

    # pyngrok tells its progress to standard output only, through this name.
    names: dict[str, Any] = vars(installer)
    with _one_at_a_time:
        kept = names["_print_progress"], names["_clear_progress"]
        names["_print_progress"], names["_clear_progress"] = print_progress, lambda: None
        try:
            installer.install_ngrok(str(target), timeout=SOCKET_WAIT_S)
        except (PyngrokError, OSError) as e:
            words = str(e)
            _close_what_it_held(e)
            raise GatewayError(_failed(words)) from None
        finally:
            names["_print_progress"], names["_clear_progress"] = kept


def _close_what_it_held(error: BaseException | None) -> None:
    """pyngrok leaves its connection open, in what it raised or in the frames of that."""
    while error is not None:
        if isinstance(error, HTTPError):
            error.close()
        traceback.clear_frames(error.__traceback__)
        error = error.__context__


def _version_of(target: Path) -> str:
    """The version the downloaded program tells; one that does not run is removed."""
    words = ""
    try:
        done = subprocess.run(
            [str(target), "--version"],
            capture_output=True,
            text=True,
            timeout=VERSION_WAIT_S,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        words = done.stdout or done.stderr
        match = _VERSION.search(done.stdout)
        if match is not None:
            return match.group(1)
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError) as e:
        words = str(e)
    target.unlink(missing_ok=True)
    raise GatewayError(_failed(f"The downloaded program does not run: {words.strip()[:200]}"))


def _failed(words: str, reason: Reason = Reason.CONNECTIVITY) -> Problem:
    return Problem(
        Stage.TUNNEL,
        reason,
        "The ngrok agent could not be downloaded.",
        "Check the network and try again, install it yourself from ngrok.com/download and give its "
        "path, or set BASE_URL to a public address of your own.",
        words,
        is_permanent=False,
    )
