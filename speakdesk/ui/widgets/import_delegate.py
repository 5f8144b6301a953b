"""One persona of an import: a tick, its name, and what would happen to it."""

from __future__ import annotations

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import QFont, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from speakdesk.app.personas.sharing import PersonaAction, PlannedPersona
from speakdesk.ui.models.import_rows import NOTE_ROLE, PLANNED_ROLE
from speakdesk.ui.theme import Look

HEIGHT = 52
CHECK_WIDTH = 36
Index = QModelIndex | QPersistentModelIndex


class ImportDelegate(QStyledItemDelegate):
    """A click on the tick or Space takes the row in or leaves it out."""

    def __init__(self, look: Look) -> None:
        super().__init__(look)
        self._look = look
        self._name = look.font(0, QFont.Weight.DemiBold)
        self._small = look.font(-1)

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(160, HEIGHT)

    def editorEvent(
        self,
        event: QEvent,
        model: QAbstractItemModel,
        option: QStyleOptionViewItem,
        index: Index,
    ) -> bool:
        is_click = (
            isinstance(event, QMouseEvent)
            and event.type() == QEvent.Type.MouseButtonRelease
            and event.position().x() < option.rect.left() + CHECK_WIDTH
        )
        is_key = (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.KeyPress
            and event.key() == Qt.Key.Key_Space
        )
        if not (is_click or is_key):
            return False
        is_taken = index.data(Qt.ItemDataRole.CheckStateRole) == Qt.CheckState.Checked
        wanted = Qt.CheckState.Unchecked if is_taken else Qt.CheckState.Checked
        return model.setData(index, wanted, Qt.ItemDataRole.CheckStateRole)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        planned: PlannedPersona = index.data(PLANNED_ROLE)
        look, state = self._look, option.state
        is_taken = index.data(Qt.ItemDataRole.CheckStateRole) == Qt.CheckState.Checked
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        body = QRectF(option.rect).adjusted(1, 1, -1, -3)
        if state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.color("accent_soft"))
            painter.drawRoundedRect(body, 8, 8)
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(look.color("accent"), 2))
            painter.drawRoundedRect(body.adjusted(1, 1, -1, -1), 7, 7)
        self._tick(painter, QRectF(body.left() + 10, body.center().y() - 8, 16, 16), is_taken)
        left = body.left() + CHECK_WIDTH
        width = body.right() - left - 8
        painter.setFont(self._name)
        name = QRectF(left, body.top() + 6, width, 19)
        self._text(painter, name, planned.name, "text" if is_taken else "muted")
        painter.setFont(self._small)
        overwrites = planned.action is PersonaAction.CHANGED and bool(planned.overwrites)
        token = "attention_text" if overwrites and is_taken else "muted"
        words = str(index.data(NOTE_ROLE)) if is_taken else "left out"
        self._text(painter, QRectF(left, body.top() + 25, width, 18), words, token)
        painter.restore()

    def _tick(self, painter: QPainter, box: QRectF, is_taken: bool) -> None:
        look = self._look
        painter.setPen(QPen(look.color("accent" if is_taken else "muted"), 1))
        painter.setBrush(look.color("accent" if is_taken else "surface"))
        painter.drawRoundedRect(box, 4, 4)
        if is_taken:
            pen = QPen(look.color("on_accent"), 1.8)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            at = box.center()
            marks = (QPointF(-3.6, 0.3), QPointF(-1.0, 2.9), QPointF(3.7, -2.7))
            painter.drawPolyline(QPolygonF([at + mark for mark in marks]))

    def _text(self, painter: QPainter, box: QRectF, text: str, token: str) -> None:
        painter.setPen(self._look.color(token))
        metrics = QFontMetrics(painter.font())
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(box.width()))
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
