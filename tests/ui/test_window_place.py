"""The window comes back where it was, and never where nobody can reach it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from speakdesk.ui.shell import LEAST, Shell
from speakdesk.ui.tokens import LIGHT


@pytest.fixture
def shells(qapp: QApplication) -> Iterator[list[Shell]]:
    made: list[Shell] = []
    yield made
    for shell in made:
        shell.allow_close()
        shell.close()
        shell.deleteLater()


def opened(shells: list[Shell], text: str = "") -> Shell:
    shell = Shell(LIGHT)
    shells.append(shell)
    shell.restore_geometry_text(text)
    shell.show()
    return shell


def test_the_place_is_the_same_however_often_it_is_opened(shells: list[Shell]) -> None:
    text = f"4,5,{LEAST[0]},{LEAST[1]}"
    for _ in range(3):
        text = opened(shells, text).geometry_text()
    assert text == f"4,5,{LEAST[0]},{LEAST[1]}"


def test_a_maximised_window_knows_where_it_goes_back_to(shells: list[Shell]) -> None:
    text = f"10,20,{LEAST[0]},{LEAST[1]},m"
    shell = opened(shells, text)
    assert shell.isMaximized()
    assert shell.geometry_text() == text


@pytest.mark.parametrize("text", ["-9000,40,1000,700", "40,99000,1000,700"])
def test_a_place_on_a_screen_that_is_gone_is_not_taken(shells: list[Shell], text: str) -> None:
    shell = opened(shells, text)
    screen = QGuiApplication.primaryScreen().availableGeometry()
    top = QRect(shell.geometry().topLeft(), shell.size())
    assert screen.intersects(top)


@pytest.mark.parametrize("text", ["", "nonsense", "1,2,3", "1,2,x,4", "AdnQywADAAA="])
def test_what_is_no_place_is_ignored(shells: list[Shell], text: str) -> None:
    assert opened(shells, text).size().width() >= LEAST[0]


def test_an_older_text_is_still_read(shells: list[Shell]) -> None:
    first = opened(shells)
    first.resize(1000, 700)
    older = bytes(first.saveGeometry().toBase64().data()).decode("ascii")
    assert opened(shells, older).size().height() == 700
