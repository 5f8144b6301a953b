"""Paints the coming events: a day's heading, or time, title, place and who goes there."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize
from PySide6.QtGui import QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from speakdesk.ui.models.agenda import (
    ROW_ROLE,
    DayHeading,
    bot_words,
    place_words,
    time_words,
)
from speakdesk.ui.theme import Look
from speakdesk.ui.widgets.basics import dot
from speakdesk.ui.widgets.entry_delegate import paint_ground, paint_words

HEADING_HEIGHT = 40
EVENT_HEIGHT = 58
_TIME = 68
Index = QModelIndex | QPersistentModelIndex


class AgendaDelegate(QStyledItemDelegate):
    """Headings are lower than events."""

    def __init__(self, look: Look) -> None:
        super().__init__(look)
        self._look = look
        self._heading = look.font(-1, QFont.Weight.DemiBold)
        self._title = look.font(0, QFont.Weight.DemiBold)
        self._time = look.figures(0)
        self._small = look.figures(-1)

    def sizeHint(self, _option: QStyleOptionViewItem, index: Index) -> QSize:
        is_heading = isinstance(index.data(ROW_ROLE), DayHeading)
        return QSize(200, HEADING_HEIGHT if is_heading else EVENT_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row = index.data(ROW_ROLE)
        look = self._look
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(option.rect)
        if isinstance(row, DayHeading):
            painter.setFont(self._heading)
            painter.setPen(look.color("muted"))
            paint_words(painter, box.adjusted(12, 14, -12, 0), row.words)
            painter.restore()
            return
        body = box.adjusted(1, 1, -1, -1)
        paint_ground(painter, look, body, option.state)
        can_go = row.link is not None
        left, top = body.left() + 12, body.top() + 8
        painter.setFont(self._time)
        painter.setPen(look.color("text" if can_go else "muted"))
        paint_words(painter, QRectF(left, top, _TIME - 8, 20), time_words(row))
        who = bot_words(row)
        width = QFontMetrics(self._small).horizontalAdvance(who) + 18 if who else 0
        room = body.width() - 24 - _TIME
        width = int(min(width, room * 0.45))
        painter.setFont(self._title)
        words = QRectF(left + _TIME, top, room - width - (12 if who else 0), 20)
        paint_words(painter, words, row.event.title or "(no title)")
        painter.setFont(self._small)
        painter.setPen(look.color("muted"))
        paint_words(painter, QRectF(left + _TIME, top + 21, room, 20), place_words(row))
        if who:
            x = left + _TIME + room - width
            tone = "attention" if row.has_other_bot and not row.bots else "good"
            painter.setPen(look.color(tone))
            dot(painter, x + 5, top + 10, 3.8, tone)
            painter.setPen(look.color("text"))
            paint_words(painter, QRectF(x + 15, top, width - 14, 20), who)
        painter.restore()
