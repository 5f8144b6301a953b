"""A caption, an editor, and one line below: a hint, what is wrong, or why it cannot be used."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from speakdesk.ui.widgets.basics import ElidedLabel, label


class Field(QWidget):
    """Wrong input stays in the editor; only the line below and the border tell."""

    def __init__(
        self, caption: str, editor: QWidget, hint: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("transparent")
        self.caption = caption
        self.editor = editor
        self._hint = hint
        self._problem = ""
        self._barred = ""
        self._tip = editor.toolTip()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        self._caption = label(caption, tone="muted", size="small")
        self._caption.setBuddy(editor)
        self._note = ElidedLabel(tone="muted")
        self._note.inner.setProperty("type", "small")
        column.addWidget(self._caption)
        column.addWidget(editor)
        column.addWidget(self._note)
        editor.setSizePolicy(QSizePolicy.Policy.Expanding, editor.sizePolicy().verticalPolicy())
        if not editor.accessibleName():
            editor.setAccessibleName(caption)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._show()

    def minimumSizeHint(self) -> QSize:
        return QSize(96, super().minimumSizeHint().height())

    def set_hint(self, hint: str) -> None:
        """What is said where nothing is wrong."""
        self._hint = hint
        self._show()

    def set_problem(self, problem: str) -> None:
        """Say what is wrong; empty where nothing is."""
        self._problem = problem
        self._show()

    def set_barred(self, reason: str) -> None:
        """Grey out for this reason; empty makes it usable again."""
        self._barred = reason
        self.editor.setEnabled(not reason)
        self.editor.setToolTip(reason or self._tip)
        self._show()

    @property
    def is_barred(self) -> bool:
        """True while it cannot be used."""
        return bool(self._barred)

    @property
    def note(self) -> str:
        """What stands below the editor."""
        return self._note.text

    def _show(self) -> None:
        note = self._barred or self._problem or self._hint
        is_wrong = bool(self._problem) and not self._barred
        self._note.set_text(note)
        self._note.set_tone("bad" if is_wrong else "muted")
        self.editor.setAccessibleDescription(note)
        wrong = "true" if is_wrong else "false"
        if self.editor.property("wrong") != wrong:
            self.editor.setProperty("wrong", wrong)
            self.editor.style().unpolish(self.editor)
            self.editor.style().polish(self.editor)
