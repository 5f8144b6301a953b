"""One past meeting in the list: its title, when it was, and what was said."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from speakdesk.ui.models.history import SUMMARY_ROLE, when_words
from speakdesk.ui.theme import Look

HEIGHT = 78
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
        for font, text, token in rows:
            painter.setFont(font)
            painter.setPen(look.color(token))
            box = QRectF(body.left() + 12, y, body.width() - 24, 20)
            metrics = QFontMetrics(font)
            shown = metrics.elidedText(
                " ".join(text.split()), Qt.TextElideMode.ElideRight, int(box.width())
            )
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
            y += 20
        painter.restore()
