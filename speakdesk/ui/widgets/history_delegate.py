"""One past meeting in the list: its title, when it was, and what was said."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from speakdesk.ui.models.history import RECORDED_ROLE, SUMMARY_ROLE, when_words
from speakdesk.ui.theme import Look

HEIGHT = 78
_WAVE = 16
_MARK = _WAVE + 8
Index = QModelIndex | QPersistentModelIndex


class HistoryDelegate(QStyledItemDelegate):
    """All rows have the same height."""

    def __init__(self, look: Look) -> None:
        super().__init__(look)
        self._look = look
        self._title = look.font(0, QFont.Weight.DemiBold)
        self._small = look.figures(-1)

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(200, HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        summary = index.data(SUMMARY_ROLE)
        state = option.state
        look = self._look
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        body = QRectF(option.rect).adjusted(1, 2, -1, -2)
        painter.setPen(Qt.PenStyle.NoPen)
        if state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
            is_selected = bool(state & QStyle.StateFlag.State_Selected)
            painter.setBrush(look.color("accent_soft" if is_selected else "raised"))
            painter.drawRoundedRect(body, 8, 8)
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(look.color("accent"), 2))
            painter.drawRoundedRect(body.adjusted(1, 1, -1, -1), 7, 7)
        rows = (
            (self._title, summary.title, "text"),
            (self._small, when_words(summary), "muted"),
            (self._small, summary.snippet, "muted"),
        )
        y = body.top() + 8
        mark = _MARK if index.data(RECORDED_ROLE) else 0
        if mark:
            _paint_wave(painter, body.right() - 12 - _WAVE, y + 10, look)
        for font, text, token in rows:
            painter.setFont(font)
            painter.setPen(look.color(token))
            box = QRectF(body.left() + 12, y, body.width() - 24 - mark, 20)
            mark = 0
            metrics = QFontMetrics(font)
            shown = metrics.elidedText(
                " ".join(text.split()), Qt.TextElideMode.ElideRight, int(box.width())
            )
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
            y += 20
        painter.restore()


def _paint_wave(painter: QPainter, x: float, middle: float, look: Look) -> None:
    """The sign of a meeting that can be heard again: a small waveform."""
    pen = QPen(look.color("accent"), 1.8)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    painter.setPen(pen)
    for place, reach in enumerate((2.0, 5.0, 3.0, 6.0, 2.5)):
        at = x + 2 + place * 3
        painter.drawLine(QPointF(at, middle - reach), QPointF(at, middle + reach))
