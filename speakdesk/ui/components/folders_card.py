"""The folders with personas of one's own."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from speakdesk.ui.dialogs.ask import ask_folder
from speakdesk.ui.face import Face
from speakdesk.ui.widgets.basics import ElidedLabel, button, label


class FoldersCard(QWidget):
    """Emits `changed` with all folders when one was added or taken out."""

    changed = Signal(object)

    def __init__(self, face: Face, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._face = face
        self._folders: tuple[str, ...] = ()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self._rows = QVBoxLayout()
        self._rows.setSpacing(6)
        column.addLayout(self._rows)
        self.add = button("Add a folder…", tip="A folder that holds persona folders")
        self.add.clicked.connect(lambda: face.tasks.start(self._add(), "add persona folder"))
        column.addWidget(self.add)
        column.setAlignment(self.add, Qt.AlignmentFlag.AlignLeft)

    def show_folders(self, folders: Sequence[str]) -> None:
        """Show these."""
        self._folders = tuple(folders)
        while (item := self._rows.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        own = str(self._face.desk.paths.personas)
        self._rows.addWidget(_fixed("Your own", own))
        for folder in self._folders:
            self._rows.addWidget(self._row(folder))

    def _row(self, folder: str) -> QWidget:
        holder = QWidget()
        holder.setObjectName("transparent")
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(ElidedLabel(folder), 1)
        remove = button("Remove", kind="small", name=f"Remove the folder {folder}")
        remove.clicked.connect(
            lambda: self.changed.emit(tuple(f for f in self._folders if f != folder))
        )
        row.addWidget(remove)
        return holder

    async def _add(self) -> None:
        chosen = await ask_folder(self.window(), "Folder with personas")
        if chosen is not None and str(chosen) not in self._folders:
            self.changed.emit((*self._folders, str(chosen)))


def _fixed(words: str, folder: str) -> QWidget:
    """A folder that is always read."""
    holder = QWidget()
    holder.setObjectName("transparent")
    row = QHBoxLayout(holder)
    row.setContentsMargins(0, 0, 0, 0)
    row.addWidget(label(words, tone="muted"))
    path = ElidedLabel(folder)
    path.setAccessibleName(f"{words}: {folder}")
    row.addWidget(path, 1)
    return holder
