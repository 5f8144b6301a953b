"""What works on this computer and what is missing, in sentences."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from speakdesk.ui.face import Face
from speakdesk.ui.widgets.basics import button, label
from speakdesk.ui.widgets.status import StatusLabel


class ChecksCard(QWidget):
    """Runs the Desk's checks when asked."""

    def __init__(self, face: Face, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._face = face
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        self._found = QWidget()
        self._found.setObjectName("transparent")
        self._grid = QGridLayout(self._found)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(8)
        self._grid.setColumnStretch(1, 1)
        self._found.setVisible(False)
        self.go = button("Check everything", tip="Look at what is set up and what is missing")
        self.go.clicked.connect(self._on_go)
        column.addWidget(self._found)
        column.addWidget(self.go)
        column.setAlignment(self.go, Qt.AlignmentFlag.AlignLeft)

    def _on_go(self) -> None:
        self._face.tasks.start(self._run(), "checks", preempt=True)

    async def _run(self) -> None:
        self.go.setEnabled(False)
        self.go.setText("Checking…")
        try:
            results = await self._face.desk.checks()
        finally:
            self.go.setEnabled(True)
            self.go.setText("Check again")
        while (item := self._grid.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        for row, result in enumerate(results):
            optional = getattr(result, "is_optional", False)
            tone = "good" if result.ok else "attention" if optional else "bad"
            status = StatusLabel(self._face.look, result.name, tone)
            words = label(f"{result.sentence} {result.next_step}".strip(), wrap=True)
            words.setAccessibleName(words.text())
            self._grid.addWidget(status, row, 0)
            self._grid.addWidget(words, row, 1)
        self._found.setVisible(True)
