"""A slim bar that says what was just done, with a button to undo it for as long as it is shown."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from speakdesk.ui.widgets.basics import ElidedLabel, button

_SHOWN_MS = 20_000


class UndoBar(QFrame):
    """Goes by itself after a while where nothing can be undone; what can be stays."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("card", "true")
        self._act: Callable[[], None] | None = None
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 8, 10, 8)
        row.setSpacing(10)
        self._words = ElidedLabel()
        self.undo = button("Undo", kind="small")
        self.undo.clicked.connect(self._on_undo)
        self.close_button = button("Dismiss", kind="quiet")
        self.close_button.clicked.connect(self.put_away)
        row.addWidget(self._words, 1)
        row.addWidget(self.undo)
        row.addWidget(self.close_button)
        self._timer = QTimer(self, singleShot=True, interval=_SHOWN_MS)
        self._timer.timeout.connect(self.put_away)
        self.setVisible(False)

    def tell(self, sentence: str, undo: Callable[[], None] | None = None) -> None:
        """Say it; `undo` takes it back."""
        self._act = undo
        self._words.set_text(sentence)
        self.undo.setVisible(undo is not None)
        self.undo.setAccessibleName(f"Undo: {sentence}")
        self.setVisible(True)
        if undo is None:
            self._timer.start()
        else:
            self._timer.stop()

    def put_away(self) -> None:
        """Hide it; nothing can be undone from here any more."""
        self._act = None
        self._timer.stop()
        self.setVisible(False)

    @property
    def sentence(self) -> str:
        """What is said; empty while it is hidden."""
        return self._words.text if not self.isHidden() else ""

    def _on_undo(self) -> None:
        act = self._act
        self.put_away()
        if act is not None:
            act()
