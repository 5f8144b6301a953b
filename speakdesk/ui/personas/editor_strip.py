"""A strip above the editor with one sentence and what can be done about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from speakdesk.domain.errors import Problem
from speakdesk.ui.face import next_words
from speakdesk.ui.theme import Look
from speakdesk.ui.widgets.basics import button, card, label

Deed = tuple[str, Callable[[], None]]


class Strip(QWidget):
    """Hidden until it has something to say."""

    def __init__(self, look: Look, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._tone = "attention"
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 8, 12, 8)
        row.setSpacing(8)
        self._words = label(wrap=True, selectable=True)
        self._words.setAccessibleName(name)
        row.addWidget(self._words, 1)
        self._row = row
        self.buttons: list[QPushButton] = []
        look.changed.connect(self.update)
        self.setVisible(False)

    @property
    def words(self) -> str:
        """What is said; empty where nothing is."""
        return self._words.text() if not self.isHidden() else ""

    def say(self, words: str, deeds: Sequence[Deed] = (), *, tone: str = "attention") -> None:
        """Say this, with a button for each deed; the first is the one to take."""
        self._tone = tone
        self._words.setText(words)
        for old in self.buttons:
            self._row.removeWidget(old)
            old.hide()
            old.deleteLater()
        self.buttons = []
        for words_on, act in deeds:
            made = button(words_on, kind="small")
            made.clicked.connect(lambda _checked=False, act=act: act())
            self._row.addWidget(made)
            self.buttons.append(made)
        self.setVisible(True)
        self.update()

    def say_problem(self, problem: Problem) -> None:
        """Say what went wrong and what to do, with a button to dismiss it."""
        words = f"{problem.sentence} {next_words(problem)}".strip()
        self.say(words, (("Dismiss", self.close_strip),), tone="bad")

    def close_strip(self) -> None:
        """Say nothing any more."""
        self.setVisible(False)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(self._look.color(self._tone))
        painter.setBrush(self._look.color(f"{self._tone}_ground"))
        painter.drawRoundedRect(self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        painter.end()


def framed(content: QWidget) -> QFrame:
    """A part of the editor on a surface of its own."""
    frame = card()
    row = QHBoxLayout(frame)
    row.setContentsMargins(0, 6, 0, 6)
    row.addWidget(content)
    return frame
