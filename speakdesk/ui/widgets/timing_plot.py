"""The time of each answer as stacked bars, one bar a turn, one colour a stage."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from speakdesk.domain.events import TurnTimed
from speakdesk.ui.models.timing import STAGES, median_ms, parts_of, total_of
from speakdesk.ui.theme import Look

_COLOURS = {
    "light": ("#2F6FED", "#0F8F83", "#C98A12", "#A23FA8", "#8A94A6"),
    "dark": ("#5B8DEF", "#3BB7A9", "#E3B341", "#C678D0", "#8B95A7"),
}
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 16, 14, 24
_SLOT = 34


def stage_colours(theme_name: str) -> dict[str, str]:
    """The colour of each stage by its name."""
    labels = (label for _name, label in STAGES)
    return dict(zip(labels, _COLOURS[theme_name], strict=True))


def nice_step(top: float) -> float:
    """A round distance of grid lines for an axis that goes up to `top`, at most five of them."""
    for step in (50.0, 100, 200, 250, 500, 1000, 2000, 5000, 10000, 20000, 60000):
        if top / step <= 4.5:
            return step
    return 60000.0


class TimingPlot(QWidget):
    """Emits `turn_pointed` with the turn under the mouse or the arrow keys, or None."""

    turn_pointed = Signal(object)

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._turns: tuple[TurnTimed, ...] = ()
        self._pointed: TurnTimed | None = None
        self._font = look.figures(-2)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Time of each answer")
        look.changed.connect(self.update)

    def set_turns(self, turns: Sequence[TurnTimed]) -> None:
        """Show these turns, oldest first; the newest that fit are drawn."""
        self._turns = tuple(turns)
        middle = median_ms(self._turns)
        summary = "no answer yet" if middle is None else f"median {middle / 1000:.1f} seconds"
        self.setAccessibleDescription(f"{len(self._turns)} answers, {summary}")
        if self._pointed is not None and self._pointed not in self._turns:
            self._point(None)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(480, 200)

    def _visible(self) -> tuple[TurnTimed, ...]:
        room = max(1, (self.width() - _LEFT - _RIGHT) // _SLOT)
        return self._turns[-room:]

    def _at(self, x: float) -> TurnTimed | None:
        shown = self._visible()
        place = int((x - _LEFT) // _SLOT)
        return shown[place] if 0 <= place < len(shown) else None

    def _point(self, turn: TurnTimed | None) -> None:
        if turn is not self._pointed:
            self._pointed = turn
            self.turn_pointed.emit(turn)
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._point(self._at(event.position().x()))

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        if not self.hasFocus():
            self._point(None)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if self._pointed is None and self._turns:
            self._point(self._turns[-1])
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._point(None)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        shown = self._visible()
        if step is None or not shown:
            super().keyPressEvent(event)
            return
        place = shown.index(self._pointed) if self._pointed in shown else len(shown) - 1
        self._point(shown[min(len(shown) - 1, max(0, place + step))])

    def paintEvent(self, _event: QPaintEvent) -> None:
        shown = self._visible()
        if not shown:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._font)
        area = QRectF(_LEFT, _TOP, self.width() - _LEFT - _RIGHT, self.height() - _TOP - _BOTTOM)
        top = max(100.0, max(total_of(turn) for turn in shown) * 1.08)
        self._paint_grid(painter, area, top)
        colours = stage_colours(self._look.theme.name)
        for place, turn in enumerate(shown):
            self._paint_turn(painter, area, top, place, turn, colours)
        self._paint_median(painter, area, top)
        if self.hasFocus():
            painter.setPen(QPen(self._look.color("accent"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 8, 8)
        painter.end()

    def _paint_grid(self, painter: QPainter, area: QRectF, top: float) -> None:
        step = nice_step(top)
        value = 0.0
        while value <= top:
            y = area.bottom() - area.height() * value / top
            painter.setPen(self._look.color("line"))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(self._look.color("muted"))
            words = f"{value / 1000:g} s"
            align = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(QRectF(0, y - 9, _LEFT - 8, 18), align, words)
            value += step

    def _paint_turn(
        self,
        painter: QPainter,
        area: QRectF,
        top: float,
        place: int,
        turn: TurnTimed,
        colours: dict[str, str],
    ) -> None:
        x = area.left() + place * _SLOT
        if turn is self._pointed:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._look.color("accent_soft"))
            painter.drawRoundedRect(QRectF(x, area.top() - 6, _SLOT, area.height() + 6), 6, 6)
        y = area.bottom()
        painter.setPen(Qt.PenStyle.NoPen)
        for name, value in parts_of(turn):
            height = area.height() * value / top
            painter.setBrush(QColor(colours[name]))
            bar = QRectF(x + 7, y - height, _SLOT - 14, max(1.0, height - 1))
            painter.drawRect(bar)
            y -= height
        painter.setPen(self._look.color("text" if turn is self._pointed else "muted"))
        box = QRectF(x, area.bottom() + 4, _SLOT, 18)
        painter.drawText(box, Qt.AlignmentFlag.AlignHCenter, str(turn.turn))

    def _paint_median(self, painter: QPainter, area: QRectF, top: float) -> None:
        middle = median_ms(self._turns)
        if middle is None or middle > top:
            return
        y = area.bottom() - area.height() * middle / top
        painter.setPen(QPen(self._look.color("text"), 1.2, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
        words = f"median {middle / 1000:.2f} s"
        width = painter.fontMetrics().horizontalAdvance(words) + 12
        tag = QRectF(area.right() - width, y - 20, width, 18)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._look.color("surface"))
        painter.drawRoundedRect(tag, 4, 4)
        painter.setPen(self._look.color("text"))
        painter.drawText(tag, Qt.AlignmentFlag.AlignCenter, words)
