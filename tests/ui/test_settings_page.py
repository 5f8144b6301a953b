"""Settings are kept at once; keys go in and never come out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit

from speakdesk.domain.errors import Problem, ProviderError, Reason, Stage
from speakdesk.providers.base import KeyCheck, KeyVerdict
from speakdesk.ui.face import Face
from speakdesk.ui.pages.settings import SettingsPage
from speakdesk.ui.widgets.basics import ElidedLabel
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


@pytest.mark.parametrize(
    ("verdict", "kind"),
    [
        (KeyVerdict.FULL, "Full key"),
        (KeyVerdict.SENDING_ONLY, "Sending only"),
        (KeyVerdict.REFUSED, "Refused"),
    ],
)
def test_a_key_is_checked_and_its_kind_is_said(
    settings: SettingsPage, desk: FakeDesk, run: Run, verdict: KeyVerdict, kind: str
) -> None:
    refusal = Problem(Stage.PROVIDER, Reason.AUTHENTICATION, "x", "Make a new one.", "Unauthorized")
    problem = refusal if verdict is KeyVerdict.REFUSED else None
    desk.key_check = KeyCheck(verdict, "This is what it may do.", problem)
    keys = settings.keys
    keys.check.click()
    assert not keys.check.isEnabled()
    run(until(keys.check.isEnabled))

    words = " Make a new one. They said: “Unauthorized”" if problem else ""
    assert keys.verdict == (kind, f"This is what it may do.{words}")
    assert ("check_key", "meetingbaas") in desk.calls


def test_a_check_that_could_not_be_made_says_why(
    settings: SettingsPage, desk: FakeDesk, run: Run
) -> None:
    async def refuse(provider: str) -> KeyCheck:
        raise ProviderError(Problem(Stage.PROVIDER, Reason.MISSING, "No key.", "Set one."))

    desk.check_key = refuse  # type: ignore[method-assign]
    settings.keys.check.click()
    run(until(settings.keys.check.isEnabled))
    assert settings.keys.verdict == ("Not known", "No key. Set one.")


def test_an_address_is_shown_because_it_is_no_secret(
    settings: SettingsPage, desk: FakeDesk
) -> None:
    desk.keys.values["BASE_URL"] = "https://desk.example"
    settings.load()
    assert settings.keys._lines["BASE_URL"].text() == "https://desk.example"
    assert "https://desk.example" in settings.tunnel._note.text()


def test_ways_of_joining_are_kept(settings: SettingsPage, desk: FakeDesk, run: Run) -> None:
    join = settings.join
    join.recording.setCurrentIndex(join.recording.findData("audio_only"))
    join.recording.activated.emit(join.recording.currentIndex())
    run(until(lambda: str(desk.settings.current.join.recording) == "audio_only"))
    line = join.times["waiting_room_s"]
    line.setText("15")
    line.editingFinished.emit()
    run(until(lambda: desk.settings.current.join.waiting_room_s == 900))
    assert line.text() == "15 min"
    line.clear()
    line.editingFinished.emit()
    run(until(lambda: desk.settings.current.join.waiting_room_s is None))
    alone = join.times["only_bots_s"]
    assert alone.text() == "2 min"
    alone.clear()
    alone.editingFinished.emit()
    run(until(lambda: desk.settings.current.join.only_bots_s == 0))


def test_a_wrong_time_stays_typed_and_is_not_kept(
    settings: SettingsPage, desk: FakeDesk, run: Run
) -> None:
    line = settings.join.times["silence_s"]
    line.setText("2 min")
    line.editingFinished.emit()
    settings.load()
    assert line.text() == "2 min"
    assert settings.join._group.options["silence_s"].field.note == "Between 5 min and 1 h."
    assert desk.settings.current.join.silence_s is None


def test_the_way_in_is_kept(
    settings: SettingsPage, desk: FakeDesk, run: Run, notices: list[tuple[str, str, str]]
) -> None:
    tunnel = settings.tunnel
    tunnel.port.setText("99999")
    tunnel.port.editingFinished.emit()
    settings.load()
    assert tunnel.port.text() == "99999"
    assert desk.settings.current.port == 8765
    tunnel.port.setText("9000")
    tunnel.port.editingFinished.emit()
    run(until(lambda: desk.settings.current.port == 9000))
    tunnel.check.click()
    run(until(lambda: not desk.settings.current.tunnel.is_checked))
    tunnel._on_file(Path("/opt/ngrok"))
    run(until(lambda: desk.settings.current.tunnel.ngrok_path == "/opt/ngrok"))
    tunnel.domain.setText("not a name")
    tunnel.domain.editingFinished.emit()
    run(until(lambda: notices))
    assert "only a name" in notices[0][1]
    assert desk.settings.current.tunnel.domain == ""


@pytest.mark.parametrize(
    ("field", "value"), [("summarise", "always"), ("fetch_recordings", "video")]
)
def test_what_happens_after_a_meeting_is_kept(
    settings: SettingsPage, desk: FakeDesk, run: Run, field: str, value: str
) -> None:
    combo = settings._combos[field]
    combo.setCurrentIndex(combo.findData(value))
    combo.activated.emit(combo.currentIndex())
    run(until(lambda: getattr(desk.settings.current, field) == value))


def test_persona_folders_name_their_paths(settings: SettingsPage) -> None:
    names = [child.accessibleName() for child in settings.folders.findChildren(ElidedLabel)]
    assert "Your own: /home/ada/SpeakDesk/personas" in names
