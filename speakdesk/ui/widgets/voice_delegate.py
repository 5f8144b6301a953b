"""One voice in a list: its name, language and gender, and what its service says of it."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from speakdesk.domain.voice import VoiceEntry
from speakdesk.ui.models.voices import CURRENT_ROLE, VOICE_ROLE, about_voice
from speakdesk.ui.theme import Look

HEIGHT = 54
Index = QModelIndex | QPersistentModelIndex


class VoiceDelegate(QStyledItemDelegate):
    """All rows have the same height; the persona's present voice says so."""

    def __init__(self, look: Look) -> None:
        super().__init__(look)
        self._look = look
        self._name = look.font(0, QFont.Weight.DemiBold)
        self._small = look.font(-1)

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(160, HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        voice: VoiceEntry = index.data(VOICE_ROLE)
        look, state = self._look, option.state
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
        inside = body.adjusted(12, 6, -12, -6)
        about = about_voice(voice)
        if index.data(CURRENT_ROLE):
            about = f"present voice · {about}"
        painter.setFont(self._small)
        width = QFontMetrics(self._small).horizontalAdvance(about) + 4
        right = QRectF(inside.right() - width, inside.top(), width, 19)
        painter.setPen(look.color("muted"))
        painter.drawText(right, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, about)
        painter.setFont(self._name)
        name = QRectF(inside.left(), inside.top(), inside.width() - width - 12, 19)
        self._text(painter, name, voice.name, "text")
        painter.setFont(self._small)
        below = QRectF(inside.left(), inside.top() + 20, inside.width(), 18)
        self._text(painter, below, voice.description or voice.id, "muted")
        painter.restore()

    def _text(self, painter: QPainter, box: QRectF, text: str, token: str) -> None:
        painter.setPen(self._look.color(token))
        metrics = QFontMetrics(painter.font())
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(box.width()))
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
