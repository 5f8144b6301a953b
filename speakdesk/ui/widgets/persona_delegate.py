"""One persona in the list: disc, name, role and language, and a ring or a tick to choose it."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from speakdesk.domain.persona import Persona
from speakdesk.ui.models.personas import CHOSEN_ROLE, PERSONA_ROLE, role_words, subtitle
from speakdesk.ui.theme import Look
from speakdesk.ui.widgets.avatar import paint_persona

HEIGHT = 58
CHECK_WIDTH = 40
Index = QModelIndex | QPersistentModelIndex


def fitting_subtitle(persona: Persona, metrics: QFontMetrics, width: int) -> str:
    """Role and language; where that is too long the language's tag stays and the role is cut."""
    whole = subtitle(persona)
    tag = f" · {persona.language.split('-')[0].upper()}"
    if metrics.horizontalAdvance(whole) <= width:
        return whole
    room = width - metrics.horizontalAdvance(tag)
    return metrics.elidedText(role_words(persona), Qt.TextElideMode.ElideRight, room) + tag


class PersonaDelegate(QStyledItemDelegate):
    """Paints a row of the persona list; all rows have the same height."""

    def __init__(self, look: Look) -> None:
        super().__init__(look)
        self._look = look
        self._name = look.font(0, QFont.Weight.DemiBold)
        self._small = look.font(-1)

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(120, HEIGHT)

    @staticmethod
    def check_box(row: QRect) -> QRect:
        """The part of a row that adds to or takes from the choice when clicked."""
        return QRect(row.right() - CHECK_WIDTH, row.top(), CHECK_WIDTH + 1, row.height())

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        persona: Persona = index.data(PERSONA_ROLE)
        is_chosen: bool = index.data(CHOSEN_ROLE)
        state = option.state
        rect: QRect = option.rect
        is_hovered = bool(state & QStyle.StateFlag.State_MouseOver)
        has_focus = bool(state & QStyle.StateFlag.State_HasFocus)
        look = self._look
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        body = QRectF(rect).adjusted(1, 2, -1, -4)
        painter.setPen(Qt.PenStyle.NoPen)
        if is_chosen or is_hovered:
            painter.setBrush(look.color("accent_soft" if is_chosen else "raised"))
            painter.drawRoundedRect(body, 8, 8)
        if has_focus:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(look.color("accent"), 2))
            painter.drawRoundedRect(body.adjusted(1, 1, -1, -1), 7, 7)
        painter.setFont(self._name)
        disc = QRectF(body.left() + 10, body.center().y() - 18, 36, 36)
        paint_persona(painter, disc, persona.key, persona.name, look)
        left = disc.right() + 10
        width = body.right() - left - CHECK_WIDTH + 4
        self._line(painter, QRectF(left, body.top() + 7, width, 20), persona.name, "text")
        painter.setFont(self._small)
        words = fitting_subtitle(persona, QFontMetrics(self._small), int(width))
        self._line(painter, QRectF(left, body.top() + 27, width, 18), words, "muted")
        self._mark(painter, QPointF(body.right() - 17, body.center().y()), is_chosen)
        painter.restore()

    def _line(self, painter: QPainter, box: QRectF, text: str, token: str) -> None:
        painter.setPen(self._look.color(token))
        metrics = QFontMetrics(painter.font())
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(box.width()))
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)

    def _mark(self, painter: QPainter, at: QPointF, is_chosen: bool) -> None:
        look = self._look
        if not is_chosen:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(look.color("line_strong"), 1.4))
            painter.drawEllipse(at, 7.5, 7.5)
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.color("accent"))
        painter.drawEllipse(at, 8.2, 8.2)
        pen = QPen(look.color("on_accent"), 1.8)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.drawPolyline(
            QPolygonF((at + QPointF(-3.6, 0.3), at + QPointF(-1.0, 2.9), at + QPointF(3.7, -2.7)))
        )
