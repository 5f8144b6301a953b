"""What is drawn over the voices: where one was cut off, where the socket was lost, the cursor."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from speakdesk.ui.player.time_scale import TimeScale
from speakdesk.ui.theme import Look
from speakdesk.ui.widgets.waveform_lanes import Block

_BAND_ALPHA = 36


def paint_cuts(
    painter: QPainter, cuts: Sequence[Block], time: TimeScale, top: float, bottom: float, look: Look
) -> None:
    """A dashed line through the bot's voice, from `top` to `bottom`, where it was cut off."""
    painter.setPen(QPen(look.color("bad"), 1.2, Qt.PenStyle.DashLine))
    for block in cuts:
        x = time.x_of(block.since_s)
        painter.drawLine(QPointF(x, top), QPointF(x, bottom))


def paint_losses(
    painter: QPainter,
    sockets: Sequence[Block],
    time: TimeScale,
    top: float,
    bottom: float,
    look: Look,
) -> None:
    """A band over both voices where the socket was lost."""
    band = QColor(look.color("bad"))
    band.setAlpha(_BAND_ALPHA)
    for block in sockets:
        if block.is_hatched:
            left, right = time.x_of(block.since_s), time.x_of(block.until_s)
            painter.fillRect(QRectF(left, top, max(1.0, right - left), bottom - top), band)


def paint_cursor(painter: QPainter, x: float, top: float, height: float, look: Look) -> None:
    """The place that is heard: a line from `top` down, with a head above it."""
    colour = look.color("text")
    painter.setPen(QPen(colour, 1.4))
    painter.drawLine(QPointF(x, top - 4), QPointF(x, height))
    painter.setBrush(colour)
    painter.setPen(Qt.PenStyle.NoPen)
    head = [QPointF(x - 5, top - 12), QPointF(x + 5, top - 12), QPointF(x, top - 4)]
    painter.drawPolygon(QPolygonF(head))


def paint_focus(painter: QPainter, width: float, height: float, look: Look) -> None:
    """The ring that says: keys go here."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(look.color("accent"), 2))
    painter.drawRoundedRect(QRectF(1, 1, width - 2, height - 2), 6, 6)
