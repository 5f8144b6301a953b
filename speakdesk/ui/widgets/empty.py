"""What an empty panel says: what will appear here, and the one next step."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from speakdesk.ui.widgets.basics import label


class EmptyNote(QWidget):
    """Two centred lines: `what` will appear, and the next `step`."""

    def __init__(self, what: str, step: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(4)
        column.addStretch(2)
        self._what = label(what, strong=True, wrap=True)
        self._step = label(step, tone="muted", wrap=True)
        for line in (self._what, self._step):
            line.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            column.addWidget(line)
        column.addStretch(3)

    def set_words(self, what: str, step: str) -> None:
        """Say something else."""
        self._what.setText(what)
        self._step.setText(step)

    @property
    def words(self) -> str:
        """Both lines."""
        return f"{self._what.text()} {self._step.text()}"
