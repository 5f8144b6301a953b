"""Switching the appearance: at once for whoever asks, dressed a moment later, painted once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication, QWidget

from speakdesk.ui.theme import Look
from speakdesk.ui.tokens import DARK, LIGHT
from tests.ui.conftest import Run, until


@pytest.fixture
def window(look: Look, run: Run) -> Iterator[QWidget]:
    made = QWidget()
    made.show()
    yield made
    look.choose("light")
    run(until(lambda: not look._is_undressed))
    made.hide()
    made.deleteLater()


def test_the_new_look_is_on_a_moment_later(
    qapp: QApplication, look: Look, window: QWidget, run: Run
) -> None:
    heard: list[str] = []
    look.changed.connect(lambda: heard.append(look.theme.name))
    look.choose("dark")
    assert look.theme is DARK
    assert not window.updatesEnabled()
    run(until(lambda: heard))
    assert heard == ["dark"]
    assert window.updatesEnabled()
    assert DARK.surface in qapp.styleSheet()


def test_two_switches_at_once_end_with_the_last(
    qapp: QApplication, look: Look, window: QWidget, run: Run
) -> None:
    look.choose("dark")
    look.choose("light")
    run(until(lambda: not look._is_undressed))
    assert look.theme is LIGHT
    assert LIGHT.surface in qapp.styleSheet()
    assert window.updatesEnabled()
