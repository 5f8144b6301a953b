"""One persona as a card: picture, name, what it is for, language, voice, tags, whose it is."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPen, QTextLayout, QTextOption
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from speakdesk.domain.persona import Persona
from speakdesk.ui.models.persona_cards import (
    BROKEN_ROLE,
    BUNDLED,
    PLACE_ROLE,
    VOICE_ROLE,
    VoiceLine,
    where_broken,
)
from speakdesk.ui.models.personas import PERSONA_ROLE
from speakdesk.ui.theme import Look
from speakdesk.ui.widgets.avatar import paint_persona
from speakdesk.ui.widgets.basics import dot
from speakdesk.ui.widgets.persona_delegate import fitting_subtitle

Index = QModelIndex | QPersistentModelIndex
WIDTH = 240
HEIGHT = 168
GAP = 12
_PAD = 14
_DISC = 44
_LEFT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft


class CardDelegate(QStyledItemDelegate):
    """Paints cards of one size; `set_width` makes them fill a row."""

    def __init__(self, look: Look) -> None:
        super().__init__(look)
        self._look = look
        self._name = look.font(1, QFont.Weight.DemiBold)
        self._small = look.font(-1)
        self._tiny = look.font(-2, QFont.Weight.DemiBold)
        self._width = WIDTH

    def set_width(self, width: int) -> None:
        """How wide a card is, with the gap to its right."""
        self._width = width

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(self._width, HEIGHT + GAP)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        look, state = self._look, option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        body = QRectF(option.rect).adjusted(1, 1, -GAP, -GAP)
        is_selected = bool(state & QStyle.StateFlag.State_Selected)
        has_focus = bool(state & QStyle.StateFlag.State_HasFocus)
        painter.setBrush(look.color("accent_soft" if is_selected else "surface"))
        width = 2 if has_focus else 1
        painter.setPen(QPen(look.color("accent" if is_selected or has_focus else "line"), width))
        painter.drawRoundedRect(body, 12, 12)
        inside = body.adjusted(_PAD, _PAD, -_PAD, -10)
        broken = index.data(BROKEN_ROLE)
        if broken is not None:
            self._paint_broken(painter, inside, broken.key, where_broken(broken), broken.sentence)
        else:
            self._paint_persona(painter, inside, index)
        painter.restore()

    def _paint_persona(self, painter: QPainter, inside: QRectF, index: Index) -> None:
        persona: Persona = index.data(PERSONA_ROLE)
        voice: VoiceLine = index.data(VOICE_ROLE)
        place: str = index.data(PLACE_ROLE)
        look = self._look
        painter.setFont(self._name)
        disc = QRectF(inside.left(), inside.top(), _DISC, _DISC)
        paint_persona(painter, disc, persona.key, persona.name, look)
        left = disc.right() + 12
        mark = self._mark(painter, inside, place)
        painter.setFont(self._name)
        name = QRectF(left, inside.top() + 2, inside.right() - left - mark, 20)
        self._text(painter, name, persona.name, "text")
        painter.setFont(self._small)
        below = QRectF(left, inside.top() + 23, inside.right() - left, 18)
        about = fitting_subtitle(persona, QFontMetrics(self._small), int(below.width()))
        self._text(painter, below, about, "muted")
        words = persona.meta("summary") or persona.prompt[:600].strip().split("\n\n")[0]
        self._two_lines(
            painter,
            QRectF(inside.left(), disc.bottom() + 8, inside.width(), 38),
            " ".join(words[:400].split()),
        )
        self._tags(
            painter, QRectF(inside.left(), inside.bottom() - 43, inside.width(), 19), persona
        )
        self._voice(painter, QRectF(inside.left(), inside.bottom() - 18, inside.width(), 18), voice)

    def _paint_broken(
        self, painter: QPainter, inside: QRectF, key: str, where: str, sentence: str
    ) -> None:
        look = self._look
        painter.setPen(look.color("bad"))
        dot(painter, inside.left() + _DISC / 2, inside.top() + _DISC / 2, 9, "bad")
        left = inside.left() + _DISC + 12
        painter.setFont(self._name)
        self._text(painter, QRectF(left, inside.top() + 2, inside.right() - left, 20), key, "text")
        painter.setFont(self._small)
        line = QRectF(left, inside.top() + 23, inside.right() - left, 18)
        self._text(painter, line, "Cannot be read", "bad_text")
        place = QRectF(inside.left(), inside.top() + _DISC + 8, inside.width(), 18)
        self._text(painter, place, where, "muted", Qt.TextElideMode.ElideLeft)
        told = QRectF(inside.left(), place.bottom() + 2, inside.width(), 38)
        self._two_lines(painter, told, sentence, "text")

    def _mark(self, painter: QPainter, inside: QRectF, place: str) -> float:
        """Whose it is, at the top right; returns the room it takes."""
        if place == BUNDLED:
            return 0
        painter.setFont(self._tiny)
        width = QFontMetrics(self._tiny).horizontalAdvance(place) + 14
        box = QRectF(inside.right() - width, inside.top() + 3, width, 18)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._look.color("raised"))
        painter.drawRoundedRect(box, 9, 9)
        painter.setPen(self._look.color("muted"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, place)
        return width + 8

    def _tags(self, painter: QPainter, box: QRectF, persona: Persona) -> None:
        metrics = QFontMetrics(self._tiny)
        painter.setFont(self._tiny)
        left = box.left()
        for tag in persona.tags:
            width = metrics.horizontalAdvance(tag) + 14
            if left + width > box.right():
                break
            pill = QRectF(left, box.top(), width, box.height())
            painter.setPen(QPen(self._look.color("line_strong"), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(pill, 9, 9)
            painter.setPen(self._look.color("muted"))
            painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, tag)
            left += width + 6

    def _voice(self, painter: QPainter, box: QRectF, voice: VoiceLine) -> None:
        painter.setFont(self._small)
        token = "muted"
        if voice.problem is not None:
            token = "attention_text"
            painter.setPen(self._look.color("attention"))
            dot(painter, box.left() + 6, box.center().y(), 5, "attention")
            box = box.adjusted(18, 0, 0, 0)
        self._text(painter, box, voice.words, token)

    def _text(
        self,
        painter: QPainter,
        box: QRectF,
        text: str,
        token: str,
        elide: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
    ) -> None:
        painter.setPen(self._look.color(token))
        metrics = QFontMetrics(painter.font())
        painter.drawText(box, _LEFT, metrics.elidedText(text, elide, int(box.width())))

    def _two_lines(self, painter: QPainter, box: QRectF, text: str, token: str = "muted") -> None:
        layout = QTextLayout(text, painter.font())
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WordWrap)
        layout.setTextOption(option)
        layout.beginLayout()
        first = layout.createLine()
        if first.isValid():
            first.setLineWidth(box.width())
        layout.endLayout()
        cut = first.textLength() if first.isValid() else 0
        height = box.height() / 2
        at = QPointF(box.left(), box.top())
        self._text(painter, QRectF(at.x(), at.y(), box.width() + 4, height), text[:cut], token)
        rest = text[cut:].strip()
        self._text(painter, QRectF(at.x(), at.y() + height, box.width(), height), rest, token)
