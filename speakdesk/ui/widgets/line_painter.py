"""How one transcript line is laid out and painted; layouts are cached for the lines in sight."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QTextLayout, QTextOption

from speakdesk.ui.models.lines import Line, LineKind
from speakdesk.ui.theme import Look
from speakdesk.ui.widgets.avatar import paint_avatar
from speakdesk.ui.words import local_time

_CACHED = 600
_PAD = 7
_MIN_HEIGHT = 34
_DISC = 22
_SPEAKER = 112


@dataclass(slots=True)
class _Shape:
    text: str
    width: int
    layout: QTextLayout
    height: int


class LinePainter:
    """Measures and paints lines for one view."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._text = look.font(0)
        self._name = look.font(0, QFont.Weight.DemiBold)
        self._time = look.figures(-1)
        self._name_metrics = QFontMetrics(self._name)
        self._time_width = QFontMetrics(self._time).horizontalAdvance("00:00:00") + 16
        self._shapes: OrderedDict[int, _Shape] = OrderedDict()

    @property
    def text_left(self) -> int:
        """Where the spoken text begins, in pixels from the left edge of a row."""
        return 8 + self._time_width + _DISC + 10 + _SPEAKER + 12

    def forget(self) -> None:
        """Drop all cached layouts."""
        self._shapes.clear()

    def height(self, line: Line, width: int) -> int:
        """The height of a row `width` pixels wide."""
        return self._shape(line, width).height

    def _words(self, line: Line) -> str:
        if line.kind is LineKind.CHAT:
            return f"in the chat: {line.text}"
        if line.interrupted:
            return f"{line.text} — interrupted"
        return line.text if line.is_final else f"{line.text} …"

    def _shape(self, line: Line, row_width: int) -> _Shape:
        width = max(80, row_width - self.text_left - 12)
        text = self._words(line)
        known = self._shapes.get(id(line))
        if known is not None and known.width == width and known.text == text:
            self._shapes.move_to_end(id(line))
            return known
        layout = QTextLayout(text, self._text)
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        layout.setTextOption(option)
        layout.beginLayout()
        y = 0.0
        while True:
            piece = layout.createLine()
            if not piece.isValid():
                break
            piece.setLineWidth(width)
            piece.setPosition(QPointF(0, y))
            y += piece.height() * 1.12
        layout.endLayout()
        shape = _Shape(text, width, layout, max(_MIN_HEIGHT, int(y) + 2 * _PAD))
        self._shapes[id(line)] = shape
        if len(self._shapes) > _CACHED:
            self._shapes.popitem(last=False)
        return shape

    def paint(
        self, painter: QPainter, line: Line, box: QRect, *, selected: bool, focus: bool
    ) -> None:
        """Paint one row into `box`."""
        look = self._look
        shape = self._shape(line, box.width())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.color("accent_soft"))
            painter.drawRoundedRect(QRectF(box).adjusted(2, 1, -2, -1), 6, 6)
        if focus:
            painter.setPen(look.color("accent"))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(box).adjusted(2.5, 1.5, -2.5, -1.5), 6, 6)
        top, first = box.top(), _MIN_HEIGHT
        middle = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        x = box.left() + 8
        painter.setFont(self._time)
        painter.setPen(look.color("muted"))
        painter.drawText(QRect(x, top, self._time_width, first), middle, local_time(line.at))
        x += self._time_width
        painter.setFont(self._name)
        if line.kind is LineKind.TOOL:
            painter.setPen(look.color("line_strong"))
            painter.drawLine(x + _DISC // 2, top + 8, x + _DISC // 2, top + first - 8)
        else:
            disc = QRectF(x, top + (first - _DISC) / 2, _DISC, _DISC)
            paint_avatar(painter, disc, line.speaker, look.avatar_colour(line.speaker))
        x += _DISC + 10
        name = self._name_metrics.elidedText(line.speaker, Qt.TextElideMode.ElideRight, _SPEAKER)
        painter.setPen(look.color("text" if line.kind is not LineKind.TOOL else "muted"))
        painter.drawText(QRect(x, top, _SPEAKER, first), middle, name)
        quiet = not line.is_final or line.kind is not LineKind.SPEECH or line.interrupted
        painter.setPen(self._ink("muted" if quiet else "text"))
        single = shape.layout.lineAt(0).height() if shape.layout.lineCount() else 0
        where = QPointF(box.left() + self.text_left, top + (first - single) / 2)
        shape.layout.draw(painter, where)

    def _ink(self, token: str) -> QColor:
        return self._look.color(token)
