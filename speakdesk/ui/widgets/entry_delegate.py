"""Paints a row of two lines with a status mark: calendars and scheduled bots."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from speakdesk.ui.models.entries import ENTRY_ROLE, Entry
from speakdesk.ui.theme import Look
from speakdesk.ui.widgets.basics import dot

HEIGHT = 62
Index = QModelIndex | QPersistentModelIndex
_LEFT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft


def paint_ground(painter: QPainter, look: Look, body: QRectF, state: QStyle.StateFlag) -> None:
    """The round ground of a chosen row or of the one under the mouse, and the ring of the focus."""
    is_selected = bool(state & QStyle.StateFlag.State_Selected)
    if is_selected or state & QStyle.StateFlag.State_MouseOver:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.color("accent_soft" if is_selected else "raised"))
        painter.drawRoundedRect(body, 8, 8)
    if state & QStyle.StateFlag.State_HasFocus:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(look.color("accent"), 2))
        painter.drawRoundedRect(body.adjusted(1, 1, -1, -1), 7, 7)


def paint_words(painter: QPainter, box: QRectF, text: str) -> None:
    """One line of text, cut short with … where it does not fit."""
    metrics = QFontMetrics(painter.font())
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(box.width()))
    painter.drawText(box, _LEFT, shown)


class EntryDelegate(QStyledItemDelegate):
    """All rows have the same height; the status stands at the right of the first line."""

    def __init__(self, look: Look) -> None:
        super().__init__(look)
        self._look = look
        self._title = look.font(0, QFont.Weight.DemiBold)
        self._small = look.figures(-1)

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(200, HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        entry: Entry = index.data(ENTRY_ROLE)
        look = self._look
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        body = QRectF(option.rect).adjusted(1, 2, -1, -2)
        paint_ground(painter, look, body, option.state)
        left, room = body.left() + 12, body.width() - 24
        status = QFontMetrics(self._small).horizontalAdvance(entry.status)
        mark = min(room / 2, status + 16) if entry.status else 0
        painter.setFont(self._title)
        painter.setPen(look.color("text"))
        paint_words(painter, QRectF(left, body.top() + 9, room - mark - 8, 20), entry.title)
        if entry.status:
            x = left + room - mark
            painter.setPen(look.color(entry.tone))
            dot(painter, x + 5, body.top() + 19, 3.8, entry.tone)
            painter.setFont(self._small)
            painter.setPen(look.color("muted"))
            paint_words(painter, QRectF(x + 14, body.top() + 9, mark - 13, 20), entry.status)
        painter.setFont(self._small)
        painter.setPen(look.color("muted"))
        paint_words(painter, QRectF(left, body.top() + 30, room, 20), entry.detail)
        painter.restore()
