"""Downloading the ngrok agent: only when a person asked for it, with progress, and cancellable."""

from __future__ import annotations

import asyncio
import re
import subprocess
import threading
import traceback
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from loguru import logger

from speakdesk.domain.errors import GatewayError, Problem, Reason, Stage
from speakdesk.gateway.background import call_in_loop, in_daemon_thread
from speakdesk.gateway.ngrok_files import default_agent_path

DOWNLOAD_WAIT_S = 600.0
SOCKET_WAIT_S = 20.0
VERSION_WAIT_S = 20.0
SIZE_WAIT_S = 3.0

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
            version = await in_daemon_thread(lambda: _try_downloaded(target), "ngrok version")
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


def _try_downloaded(target: Path) -> str:
    """The version the downloaded program tells; one that does not run is removed."""
    version, words = version_of(target)
    if not version:
        target.unlink(missing_ok=True)
        raise GatewayError(_failed(f"The downloaded program does not run: {words}"))
    return version


def version_of(target: Path) -> tuple[str, str]:
    """The version that a program tells as ngrok does, else empty, and its own words. Blocks."""
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
        return (match.group(1) if match is not None else ""), words.strip()[:200]
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError) as e:
        return "", str(e)[:200]


def source_of_agent() -> str:
    """The address the agent would be downloaded from. Raises GatewayError where there is none."""
    from pyngrok import installer
    from pyngrok.exception import PyngrokError

    try:
        return installer.get_ngrok_cdn_url("3")
    except PyngrokError as e:
        raise GatewayError(
            Problem(
                Stage.TUNNEL,
                Reason.UNSUPPORTED,
                "There is no ngrok agent to download for this kind of computer.",
                "Set BASE_URL to a public address of your own.",
                str(e),
            )
        ) from None


def size_of_agent(source: str) -> int | None:
    """How many bytes the download is; None where the server does not say. Blocks for seconds."""
    try:
        with urlopen(Request(source, method="HEAD"), timeout=SIZE_WAIT_S) as response:
            said = response.headers.get("content-length") or ""
    except (OSError, ValueError, HTTPException) as e:
        if isinstance(e, HTTPError):
            e.close()
        logger.debug("the size of the ngrok agent is not known: {}", type(e).__name__)
        return None
    return int(said) if said.isdigit() and int(said) else None


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
