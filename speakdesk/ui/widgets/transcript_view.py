"""The transcript on screen: rows of different heights, measured only where they are in sight.

The scroll bar counts in rows (`UNIT` steps to a row), so no height outside the viewport is needed
and 100,000 lines cost as much as ten. It follows the newest line until a person scrolls up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    Qt,
)
from PySide6.QtGui import (
    QAction,
    QGuiApplication,
    QHelpEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QRegion,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QToolTip, QWidget

from speakdesk.ui.models.transcript import TranscriptModel
from speakdesk.ui.theme import Look
from speakdesk.ui.widgets.basics import button
from speakdesk.ui.widgets.line_painter import LinePainter
from speakdesk.ui.words import local_day

UNIT = 256
_PAD = 6
Index = QModelIndex | QPersistentModelIndex


class TranscriptView(QAbstractItemView):
    """Shows a `TranscriptModel`; Ctrl+C copies the selected lines. Only a live one follows."""

    def __init__(
        self,
        look: Look,
        *,
        is_live: bool = True,
        painter: LinePainter | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._painter = painter or LinePainter(look)
        self._is_live = is_live
        self._follows = is_live
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.viewport().setAutoFillBackground(False)
        self.setAccessibleName("Transcript")
        copy = QAction("Copy", self)
        copy.setShortcut(QKeySequence(QKeySequence.StandardKey.Copy))
        copy.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        copy.triggered.connect(self._on_copy)
        self.addAction(copy)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self._newest = button("Newest line ↓", kind="small", tip="Go to the newest line and follow")
        self._newest.setParent(self)
        self._newest.hide()
        self._newest.clicked.connect(self.follow)
        self.verticalScrollBar().valueChanged.connect(self._on_scrolled)
        look.changed.connect(self.viewport().update)

    @property
    def follows(self) -> bool:
        """True while the view stays at the newest line."""
        return self._follows

    def follow(self) -> None:
        """Go to the newest line and stay there."""
        self._follows = True
        self._newest.hide()
        self._refit()

    def _rows(self) -> int:
        model = self.model()
        return model.rowCount() if model is not None else 0

    def _height(self, row: int) -> int:
        model = self.model()
        assert isinstance(model, TranscriptModel)
        return self._painter.height(model.line(row), self.viewport().width())

    def _bottom_value(self) -> int:
        room = self.viewport().height() - 2 * _PAD
        for row in range(self._rows() - 1, -1, -1):
            height = self._height(row)
            if height > room:
                return row * UNIT + (height - room) * UNIT // height
            room -= height
        return 0

    def _refit(self) -> None:
        bar = self.verticalScrollBar()
        bottom = self._bottom_value()
        bar.setRange(0, bottom)
        bar.setSingleStep(UNIT)
        bar.setPageStep(max(UNIT, self.viewport().height() // 34 * UNIT))
        if self._follows:
            bar.setValue(bottom)
        self.viewport().update()

    def _in_sight(self) -> Iterator[tuple[int, QRect]]:
        value = self.verticalScrollBar().value()
        row, part = divmod(value, UNIT)
        rows, width = self._rows(), self.viewport().width()
        if row >= rows:
            return
        y = _PAD - part * self._height(row) // UNIT
        while row < rows and y < self.viewport().height():
            height = self._height(row)
            yield row, QRect(0, y, width, height)
            y += height
            row += 1

    def _on_scrolled(self, value: int) -> None:
        self._follows = self._is_live and value >= self.verticalScrollBar().maximum()
        self._newest.setVisible(self._is_live and not self._follows)
        self.viewport().update()

    def _on_copy(self) -> None:
        model = self.model()
        assert isinstance(model, TranscriptModel)
        rows = sorted({index.row() for index in self.selectedIndexes()})
        if rows:
            QGuiApplication.clipboard().setText(model.as_text(rows))

    def paintEvent(self, event: QPaintEvent) -> None:
        model = self.model()
        if not isinstance(model, TranscriptModel):
            return
        painter = QPainter(self.viewport())
        chosen, current = self.selectionModel(), self.currentIndex().row()
        for row, box in self._in_sight():
            if not box.intersects(event.rect()):
                continue
            self._painter.paint(
                painter,
                model.line(row),
                box,
                selected=chosen.isRowSelected(row, QModelIndex()),
                focus=self.hasFocus() and row == current,
            )
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        hint = self._newest.sizeHint()
        x = (self.width() - hint.width()) // 2
        self._newest.setGeometry(x, self.height() - hint.height() - 8, hint.width(), hint.height())
        self._refit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        pixels = event.pixelDelta().y() or round(event.angleDelta().y() / 120 * 60)
        self.scroll_pixels(-pixels)
        event.accept()

    def scroll_pixels(self, pixels: int) -> None:
        """Move the content up by so many pixels (down for less than 0)."""
        bar = self.verticalScrollBar()
        if not self._rows():
            return
        row, part = divmod(bar.value(), UNIT)
        offset = part * self._height(row) // UNIT + pixels
        while offset < 0 and row > 0:
            row -= 1
            offset += self._height(row)
        while row < self._rows() - 1 and offset >= self._height(row):
            offset -= self._height(row)
            row += 1
        height = self._height(row)
        bar.setValue(row * UNIT + max(0, min(offset, height)) * UNIT // height)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            index = self.indexAt(event.pos())
            model = self.model()
            if index.isValid() and isinstance(model, TranscriptModel):
                line = model.line(index.row())
                if event.pos().x() < self._painter.text_left:
                    words = f"{line.speaker}, {local_day(line.at)}"
                    QToolTip.showText(event.globalPos(), words, self.viewport())
                    return True
            QToolTip.hideText()
            return True
        return super().viewportEvent(event)

    def reset(self) -> None:
        super().reset()
        self._painter.forget()
        self._follows = self._is_live
        self._newest.hide()
        self._refit()

    def rowsInserted(self, parent: Index, start: int, end: int) -> None:
        super().rowsInserted(parent, start, end)
        self._refit()

    def dataChanged(self, top: Index, bottom: Index, roles: Sequence[int] = ()) -> None:
        super().dataChanged(top, bottom, roles)
        self._refit()

    def updateGeometries(self) -> None:
        super().updateGeometries()
        self._refit()

    def indexAt(self, point: QPoint) -> QModelIndex:
        for row, box in self._in_sight():
            if box.contains(point):
                return self.model().index(row, 0)
        return QModelIndex()

    def visualRect(self, index: Index) -> QRect:
        for row, box in self._in_sight():
            if row == index.row():
                return box
        return QRect()

    def scrollTo(
        self,
        index: Index,
        hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible,
    ) -> None:
        box = self.visualRect(index)
        if box.isValid() and hint == QAbstractItemView.ScrollHint.EnsureVisible:
            if box.top() < 0:
                self.scroll_pixels(box.top() - _PAD)
            elif box.bottom() > self.viewport().height():
                self.scroll_pixels(box.bottom() - self.viewport().height() + _PAD)
            return
        self.verticalScrollBar().setValue(index.row() * UNIT)

    def moveCursor(
        self, action: QAbstractItemView.CursorAction, _modifiers: Qt.KeyboardModifier
    ) -> QModelIndex:
        last = self._rows() - 1
        if last < 0:
            return QModelIndex()
        page = max(1, self.viewport().height() // 40)
        now = self.currentIndex().row()
        if now < 0:
            return self.model().index(last, 0)
        steps = {
            QAbstractItemView.CursorAction.MoveUp: now - 1,
            QAbstractItemView.CursorAction.MoveDown: now + 1,
            QAbstractItemView.CursorAction.MovePageUp: now - page,
            QAbstractItemView.CursorAction.MovePageDown: now + page,
            QAbstractItemView.CursorAction.MoveHome: 0,
            QAbstractItemView.CursorAction.MoveEnd: last,
        }
        return self.model().index(min(last, max(0, steps.get(action, now))), 0)

    def horizontalOffset(self) -> int:
        return 0

    def verticalOffset(self) -> int:
        return self.verticalScrollBar().value()

    def isIndexHidden(self, _index: Index) -> bool:
        return False

    def setSelection(self, rect: QRect, command: QItemSelectionModel.SelectionFlag) -> None:
        box = rect.normalized()
        hit = [row for row, place in self._in_sight() if place.intersects(box)]
        model = self.model()
        selection = QItemSelection()
        if hit:
            selection.select(model.index(hit[0], 0), model.index(hit[-1], 0))
        self.selectionModel().select(selection, command)

    def visualRegionForSelection(self, selection: QItemSelection) -> QRegion:
        region = QRegion()
        for index in selection.indexes():
            region = region.united(QRegion(self.visualRect(index)))
        return region
