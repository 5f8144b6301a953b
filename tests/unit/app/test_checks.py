"""The doctor examines without falling ill itself."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from speakdesk.app import checks
from speakdesk.app.checks import (
    CheckResult,
    check_disk,
    check_offline_hearing,
    check_offline_speech,
    check_port,
    check_python,
    run_checks,
)


def test_this_machine_can_hold_a_practice_meeting() -> None:
    assert check_python().ok
    assert check_offline_hearing().ok
    assert check_offline_speech().ok


def test_a_taken_port_is_told_but_not_needed() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = check_port("127.0.0.1", taken.getsockname()[1])
    assert not result.ok
    assert result.is_optional
    assert "next free" in result.sentence


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert check_disk(tmp_path / "not" / "there" / "yet").sentence
    monkeypatch.setattr(checks, "LOW_DISK_BYTES", 1 << 62)
    assert not check_disk(tmp_path).ok


async def test_a_check_that_crashes_is_a_finding() -> None:
    def check_broken() -> CheckResult:
        raise ZeroDivisionError("by zero")

    (result,) = await run_checks((check_broken,))
    assert not result.ok
    assert result.name == "broken"
