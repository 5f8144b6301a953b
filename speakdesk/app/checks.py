"""The doctor: small checks, each with a sentence and a next step."""

from __future__ import annotations

import asyncio
import shutil
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from speakdesk.domain.errors import SpeakDeskError
from speakdesk.gateway.port_owner import owner_of_port

LOW_DISK_BYTES = 500_000_000


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What one check found. `is_optional` marks what the practice room works without."""

    name: str
    ok: bool
    sentence: str
    next_step: str = ""
    is_optional: bool = False


def check_python() -> CheckResult:
    """The interpreter and the libraries whose versions matter together."""
    found = ".".join(map(str, sys.version_info[:3]))
    ok = (3, 11) <= sys.version_info[:2] <= (3, 13)
    return CheckResult(
        "Python",
        ok,
        f"Python {found}, Pipecat {_version('pipecat-ai')}, PySide6 {_version('PySide6')}.",
        "" if ok else "Use Python 3.11, 3.12 or 3.13.",
    )


def check_offline_hearing() -> CheckResult:
    """PocketSphinx and the model it carries."""
    try:
        from pocketsphinx import get_model_path

        there = Path(get_model_path()).is_dir()
    except ImportError:
        there = False
    return CheckResult(
        "Offline ears",
        there,
        "PocketSphinx and its English model are here." if there else "PocketSphinx is not here.",
        "" if there else "Install SpeakDesk's locked dependencies again: make setup.",
    )


def check_offline_speech() -> CheckResult:
    """eSpeak NG says a word."""
    from speakdesk.providers.espeak import synthesize

    try:
        speech = synthesize("ready")
    except SpeakDeskError as e:
        return CheckResult("Offline mouth", False, e.problem.sentence, e.problem.next_step)
    return CheckResult(
        "Offline mouth", bool(speech.pcm), "eSpeak NG speaks.", "" if speech.pcm else "make setup"
    )


def check_port(host: str, port: int, ours: int | None = None) -> CheckResult:
    """The listener's port; `ours` is the one that this desk listens on already."""
    if ours is not None:
        beside = "" if ours == port or not port else f"; port {port} is taken"
        return CheckResult("Port", True, f"SpeakDesk listens on port {ours}{beside}.")
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as e:
            return CheckResult(
                "Port",
                False,
                f"Port {port} is taken by {owner_of_port(port) or 'another program'} "
                f"({e.strerror}); SpeakDesk will use the next free one.",
                "Close the program that uses it, or set another port in the settings.",
                is_optional=True,
            )
    return CheckResult("Port", True, f"Port {port} is free.")


def check_disk(folder: Path) -> CheckResult:
    """Room for history and logs."""
    at = folder
    while not at.exists() and at != at.parent:
        at = at.parent
    free = shutil.disk_usage(at).free
    ok = free > LOW_DISK_BYTES
    return CheckResult(
        "Disk",
        ok,
        f"{free / 1e9:.1f} GB free where meetings are kept.",
        "" if ok else "Free some space; a full disk loses lines of a meeting.",
    )


async def run_checks(checks: tuple[Callable[[], CheckResult], ...]) -> tuple[CheckResult, ...]:
    """Run checks in threads; one that crashes becomes a failed result of its own."""

    async def one(check: Callable[[], CheckResult]) -> CheckResult:
        try:
            return await asyncio.to_thread(check)
        except Exception as e:  # noqa: BLE001 - the doctor must survive what it examines
            name = getattr(check, "__name__", "check").removeprefix("check_").replace("_", " ")
            return CheckResult(name, False, f"This check itself failed: {e}", "Report it.")

    return tuple(await asyncio.gather(*(one(c) for c in checks)))


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"
