"""The editor's head: whose persona it is, whether it is saved, the view, and what can be done."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from speakdesk.ui.theme import Look
from speakdesk.ui.widgets.avatar import Avatar
from speakdesk.ui.widgets.basics import ElidedLabel, button

FORM, BOTH, FILE = range(3)
_VIEWS = (
    (FORM, "Form", "Only the form"),
    (BOTH, "Side by side", "The form, and the file beside it"),
    (FILE, "Markdown", "Only the file"),
)


class EditorHead(QWidget):
    """Emits what was asked for; `view_chosen` carries FORM, BOTH or FILE."""

    back_asked = Signal()
    save_asked = Signal()
    try_asked = Signal()
    revert_asked = Signal()
    undo_asked = Signal()
    redo_asked = Signal()
    view_chosen = Signal(int)

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self.back = self._button("Back", "Back to the personas; unsaved text is kept", "small")
        self.back.clicked.connect(self.back_asked)
        self._avatar = Avatar(look, "", 36)
        words = QVBoxLayout()
        words.setSpacing(0)
        self.title = ElidedLabel()
        self.title.inner.setProperty("type", "title")
        self.state = ElidedLabel(tone="muted")
        self.state.inner.setProperty("type", "small")
        words.addWidget(self.title)
        words.addWidget(self.state)
        row.addWidget(self.back)
        row.addSpacing(4)
        row.addWidget(self._avatar)
        row.addLayout(words, 1)
        self.views: dict[int, QPushButton] = {}
        group = QButtonGroup(self)
        for view, name, tip in _VIEWS:
            made = self._button(name, tip, "small")
            made.setCheckable(True)
            group.addButton(made, view)
            self.views[view] = made
            row.addWidget(made)
        group.idClicked.connect(self.view_chosen)
        row.addSpacing(8)
        self.undo = self._button("Undo", "Ctrl+Z", "small")
        self.redo = self._button("Redo", "Ctrl+Shift+Z", "small")
        self.revert = self._button("Revert", "Back to what was saved; Undo brings it back", "small")
        self.attempt = self._button(
            "Try", "Into the practice room with this text, unsaved", "small"
        )
        self.save = self._button("Save", "Ctrl+S", "primary")
        for made, signal in (
            (self.undo, self.undo_asked),
            (self.redo, self.redo_asked),
            (self.revert, self.revert_asked),
            (self.attempt, self.try_asked),
            (self.save, self.save_asked),
        ):
            made.clicked.connect(signal)
            row.addWidget(made)

    @staticmethod
    def _button(text: str, tip: str, kind: str) -> QPushButton:
        return button(text, kind=kind, tip=tip)

    def show_persona(self, name: str, key: str, state: str, *, is_dirty: bool) -> None:
        """Say whose it is and how it stands; a dot before the name marks unsaved text."""
        self.title.set_text(f"● {name}" if is_dirty else name)
        self.title.setAccessibleName(f"{name}, not saved" if is_dirty else name)
        self.state.set_text(state)
        self.state.set_tone("attention" if is_dirty else "muted")
        self._avatar.set_name(name, key)

    def show_deeds(
        self, *, can_undo: bool, can_redo: bool, can_save: bool, can_revert: bool
    ) -> None:
        """Grey out what cannot be done."""
        self.undo.setEnabled(can_undo)
        self.redo.setEnabled(can_redo)
        self.save.setEnabled(can_save)
        self.revert.setEnabled(can_revert)

    def show_view(self, view: int) -> None:
        """Mark the view in use."""
        self.views[view].setChecked(True)
