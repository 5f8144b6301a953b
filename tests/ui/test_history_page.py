"""Past meetings: read, searched, exported, deleted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QLineEdit

from speakdesk.ui.face import Face
from speakdesk.ui.pages.history import HistoryPage, file_name
from tests.ui.conftest import Run, until
from tests.ui.fake_desk import FakeDesk


@pytest.fixture
def history(face: Face, desk: FakeDesk, run: Run) -> Iterator[HistoryPage]:
    for number in range(1, 121):
        word = "zebra" if number == 77 else "plan"
        desk.history.add(
            number,
            f"Meeting {number}",
            [("You", "Hello", False)] * 30 + [("Ada", f"The {word} is ready.", True)],
        )
    made = HistoryPage(face)
    made.resize(1000, 600)
    made.show()
    yield made
    run(face.tasks.aclose())
    made.hide()
    made.deleteLater()


def modal() -> QDialog | None:
    widget = QApplication.activeModalWidget()
    return widget if isinstance(widget, QDialog) else None


def test_meetings_come_page_by_page(history: HistoryPage, run: Run) -> None:
    history.reload()
    run(until(lambda: history.lines.rowCount()))
    assert history.model.rowCount() == 50
    assert history._title.text == "Meeting 1"

    bar = history.list.verticalScrollBar()
    bar.setValue(bar.maximum())
    run(until(lambda: history.model.rowCount() == 100))
    bar.setValue(bar.maximum())
    run(until(lambda: history.model.rowCount() == 120))
    assert history.model.is_complete


def test_search_finds_the_meeting_and_goes_to_the_line(history: HistoryPage, run: Run) -> None:
    history.reload()
    run(until(lambda: history.lines.rowCount()))
    QTest.keyClicks(history.search, "zebra")
    run(until(lambda: history._title.text == "Meeting 77" and history.lines.rowCount() == 31))

    run(until(lambda: history.view.currentIndex().row() == 30))
    assert history.model.rowCount() == 1
    assert history.model.index(0).data() == "Meeting 77"


def test_a_search_without_result_says_so(history: HistoryPage, desk: FakeDesk, run: Run) -> None:
    history.search.setText("nobody said this")
    run(until(lambda: desk.history.questions))
    run(until(lambda: "Nobody said that" in history._no_meeting.words))
    assert history._no_meeting.isVisible()


def test_delete_asks_first(history: HistoryPage, desk: FakeDesk, run: Run) -> None:
    history.reload()
    run(until(lambda: history.lines.rowCount()))
    history.delete.click()
    run(until(modal))
    dialog = modal()
    assert dialog is not None
    dialog.reject()
    run(until(lambda: modal() is None))
    assert len(desk.history.records) == 120

    history.delete.click()
    run(until(modal))
    dialog = modal()
    assert dialog is not None
    dialog.accept()
    run(until(lambda: len(desk.history.records) == 119))
    run(until(lambda: history._title.text == "Meeting 2"))


def test_export_writes_the_file_it_was_asked_for(
    history: HistoryPage, run: Run, tmp_path: Path, notices: list[tuple[str, str, str]]
) -> None:
    history.reload()
    run(until(lambda: history.lines.rowCount()))
    history.export.click()
    run(until(modal))
    dialog = modal()
    assert isinstance(dialog, QFileDialog)
    dialog.setDirectory(str(tmp_path))
    dialog.selectNameFilter("Markdown (*.md)")
    name = dialog.findChild(QLineEdit, "fileNameEdit")
    assert name is not None
    name.setText("notes.md")
    dialog.accept()
    run(until(lambda: notices))

    assert notices == [("info", "The meeting was saved as notes.md.", "")]
    assert "The plan is ready." in (tmp_path / "notes.md").read_text(encoding="utf-8")


def test_file_names_hold_nothing_a_system_refuses() -> None:
    assert file_name('Ada: "what?" / <x>', "txt") == "Ada what  x.txt"
    assert file_name("???", "srt") == "meeting.srt"
