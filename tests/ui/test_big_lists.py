"""A hundred thousand lines cost what is in sight, no more."""

from __future__ import annotations

from datetime import timedelta

import pytest
from PySide6.QtCore import QModelIndex, QSize
from PySide6.QtGui import QPixmap

from speakdesk.domain.events import LogLine
from speakdesk.ui.components.log_panel import LogPanel
from speakdesk.ui.face import Face
from speakdesk.ui.models.lines import Line
from speakdesk.ui.models.log import LogModel
from speakdesk.ui.models.transcript import TranscriptModel
from speakdesk.ui.theme import Look
from speakdesk.ui.widgets.transcript_view import TranscriptView
from tests.ui.fake_desk import START

MANY = 100_000


def log_lines(count: int, start: int = 0) -> list[tuple[LogLine, str]]:
    return [
        (
            LogLine(
                bot_id="a" if n % 2 else "b",
                level=("debug", "info", "warning", "error")[n % 4],
                source="speakdesk.app.desk",
                text=f"number {n}",
            ),
            "Ada" if n % 2 else "Bob",
        )
        for n in range(start, start + count)
    ]


def test_the_log_is_a_ring_that_keeps_the_newest() -> None:
    model = LogModel(capacity=1000)
    model.filter(level="debug", bot_id="", text="")
    for start in range(0, 3000, 100):
        model.add(log_lines(100, start))

    assert 1000 <= model.total <= 1250
    assert model.rowCount() == model.total
    last = model.index(model.rowCount() - 1, 4).data()
    assert last == "number 2999"


def test_filters_by_level_bot_and_text_agree_with_what_comes_later() -> None:
    model = LogModel()
    model.filter(level="warning", bot_id="a", text="NUMBER")
    model.add(log_lines(8))
    assert [model.index(r, 4).data() for r in range(model.rowCount())] == ["number 3", "number 7"]

    model.filter(level="error", bot_id="", text="number 7")
    assert [model.index(r, 4).data() for r in range(model.rowCount())] == ["number 7"]

    model.filter(level="debug", bot_id="", text="")
    assert model.rowCount() == 8
    assert model.index(0, 3).data() == "app.desk"


@pytest.fixture
def log_panel(face: Face, loop: object) -> LogPanel:
    return LogPanel(face, LogModel())


def test_the_log_follows_until_a_person_scrolls(log_panel: LogPanel) -> None:
    panel = log_panel
    panel.resize(800, 400)
    panel.show()
    model = panel.table.model()
    assert isinstance(model, LogModel)
    model.add(log_lines(MANY))
    bar = panel.table.verticalScrollBar()
    assert model.rowCount() == MANY * 3 // 4
    assert bar.value() == bar.maximum()

    bar.triggerAction(bar.SliderAction.SliderPageStepSub)
    assert not panel.follow.isChecked()
    stays = bar.value()
    model.add(log_lines(100, MANY))
    assert bar.value() == stays

    panel.follow.setChecked(True)
    assert bar.value() == bar.maximum()
    panel.hide()
    panel.deleteLater()


def test_an_empty_log_says_why(log_panel: LogPanel) -> None:
    assert "appears here" in log_panel._empty.words
    model = log_panel.table.model()
    assert isinstance(model, LogModel)
    model.add(log_lines(1))
    assert "No line passes these filters" in log_panel._empty.words
    log_panel.deleteLater()


class CountingModel(TranscriptModel):
    asked = 0

    def line(self, row: int) -> Line:
        self.asked += 1
        return super().line(row)


def said(count: int) -> list[Line]:
    return [
        Line(str(n), "b", START + timedelta(seconds=n), "Ada", f"line {n} " + "word " * (n % 60))
        for n in range(count)
    ]


def test_a_long_transcript_measures_only_what_is_in_sight(look: Look) -> None:
    model = CountingModel()
    view = TranscriptView(look)
    view.setModel(model)
    view.resize(700, 400)
    view.show()
    model.set_lines(said(MANY))
    view.grab()
    assert model.asked < 400

    model.asked = 0
    view.verticalScrollBar().setValue(view.verticalScrollBar().maximum() // 2)
    view.resize(QSize(500, 300))
    view.grab()
    assert model.asked < 800
    view.hide()
    view.deleteLater()


def test_scrolling_goes_pixel_by_pixel_and_back(look: Look) -> None:
    model = TranscriptModel()
    view = TranscriptView(look, is_live=False)
    view.setModel(model)
    view.resize(600, 300)
    view.show()
    model.set_lines(said(500))
    start = view.visualRect(model.index(0)).top()
    view.scroll_pixels(10)
    assert abs(view.visualRect(model.index(0)).top() - (start - 10)) <= 1
    for _ in range(400):
        view.scroll_pixels(97)
    for _ in range(800):
        view.scroll_pixels(-61)
    assert view.verticalScrollBar().value() == 0
    view.scrollTo(model.index(250), view.ScrollHint.PositionAtTop)
    assert view.indexAt(view.viewport().rect().topLeft() + view.rect().center()).row() >= 250
    view.hide()
    view.deleteLater()


def test_the_transcript_follows_until_a_person_scrolls_up(look: Look) -> None:
    model = TranscriptModel()
    view = TranscriptView(look)
    view.setModel(model)
    view.resize(600, 300)
    view.show()
    model.set_lines(said(200))
    last = view.visualRect(model.index(199))
    assert last.isValid()
    assert abs(last.bottom() - view.viewport().height()) <= 8

    view.scroll_pixels(-400)
    assert not view.follows
    assert view._newest.isVisible()
    view._newest.click()
    assert view.follows
    view.hide()
    view.deleteLater()


def test_every_line_is_painted_in_both_themes(look: Look) -> None:
    model = TranscriptModel()
    view = TranscriptView(look)
    view.setModel(model)
    view.resize(600, 300)
    lines = said(5)
    lines[1].interrupted = True
    lines[2].is_final = False
    lines[3].text = "שלום לכולם"
    lines[4].text = "https://example.com/" + "x" * 400
    model.set_lines(lines)
    pictures = []
    for theme in ("light", "dark"):
        look.choose(theme)
        pictures.append(view.grab())
    look.choose("light")
    assert all(isinstance(picture, QPixmap) for picture in pictures)
    assert pictures[0].toImage() != pictures[1].toImage()
    assert view.visualRect(model.index(4)).height() > view.visualRect(model.index(0)).height()
    assert view.indexAt(view.rect().bottomRight() * 4) == QModelIndex()
    view.deleteLater()
