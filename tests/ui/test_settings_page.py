"""Settings are kept at once; keys go in and never come out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit

from speakdesk.ui.face import Face
from speakdesk.ui.pages.settings import SettingsPage
from tests.ui.conftest import Run, until
from tests.ui.fake_desk import FakeDesk


@pytest.fixture
def settings(face: Face, run: Run) -> Iterator[SettingsPage]:
    made = SettingsPage(face)
    made.resize(1000, 700)
    made.show()
    yield made
    run(face.tasks.aclose())
    made.hide()
    made.deleteLater()


def test_a_default_service_is_kept(settings: SettingsPage, desk: FakeDesk, run: Run) -> None:
    combo = settings._combos["llm"]
    combo.setCurrentIndex(combo.findData("notes"))
    combo.activated.emit(combo.currentIndex())
    run(until(lambda: desk.settings.current.speech.llm == "notes"))


def test_a_wrong_address_is_told_and_not_kept(
    settings: SettingsPage, desk: FakeDesk, run: Run, notices: list[tuple[str, str, str]]
) -> None:
    line = settings._lines["llm_base_url"]
    line.setText("ftp://nowhere")
    line.editingFinished.emit()
    run(until(lambda: notices))

    assert "starts with http" in notices[0][1]
    assert desk.settings.current.speech.llm_base_url == ""


def test_tools_and_days_are_kept(settings: SettingsPage, desk: FakeDesk, run: Run) -> None:
    settings._tools["weather"].click()
    run(until(lambda: desk.settings.current.tools == ("time",)))
    combo = settings._combos["history_days"]
    combo.setCurrentIndex(combo.findData(30))
    combo.activated.emit(combo.currentIndex())
    run(until(lambda: desk.settings.current.history_days == 30))


def test_a_key_is_kept_without_ever_being_shown(
    settings: SettingsPage, desk: FakeDesk, run: Run
) -> None:
    keys = settings.keys
    assert keys.states()["DEEPGRAM_API_KEY"] == "from the environment"
    assert keys.states()["CARTESIA_API_KEY"] == "not set"
    line = keys._lines["CARTESIA_API_KEY"]
    assert line.echoMode() == QLineEdit.EchoMode.Password
    QTest.keyClicks(line, "sk-very-secret")
    QTest.keyClick(line, Qt.Key.Key_Return)
    run(until(lambda: keys.states()["CARTESIA_API_KEY"] == "from the key store"))

    assert line.text() == ""
    shown = [label.text() for label in settings.findChildren(QLabel)]
    assert not any("sk-very-secret" in text for text in shown)
    keys._removes["CARTESIA_API_KEY"].click()
    run(until(lambda: keys.states()["CARTESIA_API_KEY"] == "not set"))


def test_checks_are_sentences(settings: SettingsPage, run: Run) -> None:
    settings.checks.go.click()
    run(until(lambda: settings.checks.go.text() == "Check again"))
    words = [label.text() for label in settings.checks.findChildren(QLabel)]

    assert "No ngrok token is set. Add it under Keys." in words


def test_a_folder_can_be_taken_out(settings: SettingsPage, desk: FakeDesk, run: Run) -> None:
    settings.folders.changed.emit(("/somewhere/personas",))
    run(until(lambda: desk.settings.current.persona_folders == ("/somewhere/personas",)))
    settings.folders.changed.emit(())
    run(until(lambda: desk.settings.current.persona_folders == ()))
