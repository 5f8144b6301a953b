"""A trouble in place: what happened, what to do, and the other side's words; hidden without one."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from speakdesk.domain.errors import Problem
from speakdesk.ui.face import next_words
from speakdesk.ui.widgets.basics import label, set_tone


class ProblemNote(QWidget):
    """Text that can be selected. `name` is what a screen reader calls it."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("transparent")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self._words: QLabel = label(tone="bad", wrap=True, selectable=True)
        self._words.setAccessibleName(name)
        column.addWidget(self._words)
        self.setVisible(False)

    def show_problems(self, *problems: Problem, tone: str = "bad") -> None:
        """Show these; none at all hides the note."""
        texts = [f"{p.sentence} {next_words(p)}".strip() for p in problems]
        self._words.setText("\n".join(texts))
        set_tone(self._words, tone)
        self.setVisible(bool(texts))

    @property
    def words(self) -> str:
        """What is shown."""
        return self._words.text()
