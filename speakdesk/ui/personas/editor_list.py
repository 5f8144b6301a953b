"""A list of short texts: add, change, take out, and put into another order."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QStringListModel, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLineEdit,
    QListView,
    QVBoxLayout,
    QWidget,
)

from speakdesk.ui.widgets.basics import button, label, set_tone


class ItemList(QWidget):
    """Emits `edited`. Return adds, Delete takes out, Alt with the arrows moves, F2 changes."""

    edited = Signal()

    def __init__(self, caption: str, placeholder: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("transparent")
        self._is_setting = False
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(label(caption, size="title"))
        row = QHBoxLayout()
        row.setSpacing(8)
        self.new = QLineEdit()
        self.new.setPlaceholderText(placeholder)
        self.new.setAccessibleName(f"Add to {caption}")
        self.new.returnPressed.connect(self.add)
        self.plus = button("Add", kind="small", name=f"Add to {caption}")
        self.plus.clicked.connect(self.add)
        self.up = button("Up", kind="small", tip="Move up (Alt+Up)", name=f"{caption}: move up")
        self.up.clicked.connect(lambda: self.move_current(-1))
        self.down = button(
            "Down", kind="small", tip="Move down (Alt+Down)", name=f"{caption}: move down"
        )
        self.down.clicked.connect(lambda: self.move_current(1))
        self.out = button(
            "Remove", kind="small", tip="Take it out (Delete)", name=f"{caption}: remove"
        )
        self.out.clicked.connect(self.remove_current)
        row.addWidget(self.new, 1)
        for one in (self.plus, self.up, self.down, self.out):
            row.addWidget(one)
        column.addLayout(row)
        self.model = QStringListModel(self)
        self.view = QListView()
        self.view.setModel(self.model)
        self.view.setAccessibleName(caption)
        self.view.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.view.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.view.setProperty("rows", "true")
        self.view.setWordWrap(True)
        self.view.setTextElideMode(Qt.TextElideMode.ElideNone)
        self.view.setResizeMode(QListView.ResizeMode.Adjust)
        self.view.setMinimumHeight(150)
        self.view.viewport().setAutoFillBackground(False)
        self.view.installEventFilter(self)
        column.addWidget(self.view, 1)
        self._note = label(tone="muted", size="small", wrap=True)
        column.addWidget(self._note)
        self.model.dataChanged.connect(self._on_changed)
        self.model.rowsInserted.connect(self._on_changed)
        self.model.rowsRemoved.connect(self._on_changed)
        self.model.rowsMoved.connect(self._on_changed)
        self.view.selectionModel().currentChanged.connect(self._grey)
        self.set_problem("")
        self._grey()

    @property
    def items(self) -> tuple[str, ...]:
        """What stands there; empty ones do not count."""
        return tuple(item for item in self.model.stringList() if item.strip())

    def set_items(self, items: tuple[str, ...]) -> None:
        """Show these, keeping the place that was chosen."""
        if self.items == items:
            return
        row = self.view.currentIndex().row()
        self._is_setting = True
        self.model.setStringList(list(items))
        self._is_setting = False
        if items and row >= 0:
            self.view.setCurrentIndex(self.model.index(min(row, len(items) - 1)))
        self._grey()
        self._describe()

    def set_problem(self, problem: str) -> None:
        """Say what is wrong; empty where nothing is."""
        self._problem = problem
        self._describe()

    def _describe(self) -> None:
        count = len(self.items)
        empty = "Nothing here yet; type a line above and press Return."
        self._note.setText(self._problem or (empty if not count else ""))
        self._note.setVisible(bool(self._note.text()))
        set_tone(self._note, "bad" if self._problem else "muted")

    def add(self) -> None:
        """Take what was typed as a new last item."""
        words = " ".join(self.new.text().split())
        if not words:
            return
        self.new.clear()
        row = self.model.rowCount()
        self._is_setting = True
        self.model.insertRow(row)
        self.model.setData(self.model.index(row), words)
        self._is_setting = False
        self.view.setCurrentIndex(self.model.index(row))
        self._on_changed()

    def remove_current(self) -> None:
        """Take the chosen item out."""
        row = self.view.currentIndex().row()
        if row >= 0:
            self.model.removeRow(row)

    def move_current(self, step: int) -> None:
        """Move the chosen item up or down."""
        row, items = self.view.currentIndex().row(), self.model.stringList()
        to = row + step
        if row < 0 or not 0 <= to < len(items):
            return
        items[row], items[to] = items[to], items[row]
        self._is_setting = True
        self.model.setStringList(items)
        self._is_setting = False
        self.view.setCurrentIndex(self.model.index(to))
        self._on_changed()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        if event.key() == Qt.Key.Key_Delete:
            self.remove_current()
            return True
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        if event.modifiers() == Qt.KeyboardModifier.AltModifier and event.key() in steps:
            self.move_current(steps[Qt.Key(event.key())])
            return True
        return False

    def _grey(self) -> None:
        row, count = self.view.currentIndex().row(), self.model.rowCount()
        self.up.setEnabled(row > 0)
        self.down.setEnabled(0 <= row < count - 1)
        self.out.setEnabled(row >= 0)

    def _on_changed(self) -> None:
        if self._is_setting:
            return
        self._grey()
        self._describe()
        self.edited.emit()
