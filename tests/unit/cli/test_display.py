"""Whether a window can open is known before Qt is touched."""

from __future__ import annotations

import pytest

from speakdesk.cli import display


@pytest.fixture(autouse=True)
def _qt_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(display, "find_spec", lambda name: object())


def test_no_display_is_said_in_one_line() -> None:
    reason = display.why_no_window({}, "linux")
    assert "no display" in reason
    assert "\n" not in reason


def test_a_display_that_does_not_answer_is_said() -> None:
    assert ":987" in display.why_no_window({"DISPLAY": ":987"}, "linux")


def test_a_display_that_is_no_display_is_said() -> None:
    assert display.why_no_window({"DISPLAY": "nonsense"}, "linux")


@pytest.mark.parametrize(
    ("environment", "platform"),
    [
        ({}, "darwin"),
        ({}, "win32"),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux"),
        ({"QT_QPA_PLATFORM": "offscreen"}, "linux"),
    ],
)
def test_a_window_can_open(environment: dict[str, str], platform: str) -> None:
    assert display.why_no_window(environment, platform) == ""


def test_qt_that_is_not_installed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(display, "find_spec", lambda name: None)
    assert "PySide6" in display.why_no_window({}, "darwin")
