"""The time above a waveform."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter

from speakdesk.ui.player.time_scale import TimeScale
from speakdesk.ui.theme import Look
from speakdesk.ui.words import clock


def paint_axis(painter: QPainter, time: TimeScale, clip: QRectF, height: int, look: Look) -> None:
    """Paint marks and their moments where they touch `clip`, in the uppermost `height` pixels."""
    tick_s = time.tick_s
    number = max(0, int((time.left_s + clip.left() * time.step_s) / tick_s) - 1)
    painter.setPen(look.color("line_strong"))
    painter.drawLine(QPointF(0, height - 0.5), QPointF(time.width, height - 0.5))
    while (at_s := number * tick_s) <= time.duration_s:
        x = time.x_of(at_s)
        if x > clip.right():
            break
        painter.setPen(look.color("line_strong"))
        painter.drawLine(QPointF(x, height - 6), QPointF(x, height))
        painter.setPen(look.color("muted"))
        words = clock(at_s + 1e-6)
        if tick_s < 1:
            words += f".{round(at_s * 10) % 10}"
        is_whole = 0 <= x <= time.width - painter.fontMetrics().horizontalAdvance(words) - 4
        if is_whole:
            painter.drawText(QPointF(x + 4, height - 9), words)
        number += 1
