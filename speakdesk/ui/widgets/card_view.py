"""The library as a grid of cards that fill the width; one delegate paints them all."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QListView, QWidget

from speakdesk.ui.theme import Look
from speakdesk.ui.widgets.card_delegate import GAP, HEIGHT, WIDTH, CardDelegate


class CardView(QListView):
    """Emits `opened` (Enter, double click), `delete_pressed`, `copy_pressed` (Ctrl+D) and
    `menu_asked` with where on the screen."""

    opened = Signal()
    delete_pressed = Signal()
    copy_pressed = Signal()
    menu_asked = Signal(object)

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._delegate = CardDelegate(look)
        self.setItemDelegate(self._delegate)
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMovement(QListView.Movement.Static)
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Personas; Enter edits, Delete deletes")
        self.viewport().setAutoFillBackground(False)
        self.doubleClicked.connect(lambda _index: self.opened.emit())
        look.changed.connect(self._repaint)
        look.portraits.arrived.connect(self._repaint)

    def _repaint(self) -> None:
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        # The bar's room is kept free always, or cards would change width when it comes and goes.
        room = self.width() - 2 * self.frameWidth() - self.verticalScrollBar().sizeHint().width()
        # The list wraps one or two pixels before its edge.
        columns = max(1, (room - 2) // (WIDTH + GAP))
        width = max(WIDTH // 2, (room - 2) // columns)
        if self.gridSize().width() != width:
            self._delegate.set_width(width)
            self.setGridSize(QSize(width, HEIGHT + GAP))
        super().resizeEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, plain = event.key(), event.modifiers() == Qt.KeyboardModifier.NoModifier
        is_control = event.modifiers() == Qt.KeyboardModifier.ControlModifier
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and (
            plain or event.modifiers() == Qt.KeyboardModifier.KeypadModifier
        ):
            self.opened.emit()
        elif key == Qt.Key.Key_Delete and plain:
            self.delete_pressed.emit()
        elif key == Qt.Key.Key_D and is_control:
            self.copy_pressed.emit()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            at = self.visualRect(self.currentIndex()).center()
            self.menu_asked.emit(self.viewport().mapToGlobal(at))
        elif self.indexAt(self.viewport().mapFromGlobal(event.globalPos())).isValid():
            self.menu_asked.emit(event.globalPos())
