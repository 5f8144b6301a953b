"""The Timing tab: the stages of every answer as bars, a legend, and the numbers of one turn."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from speakdesk.domain.events import TurnTimed
from speakdesk.ui.face import Face
from speakdesk.ui.models.timing import STAGES, TimingBook, median_ms, parts_of, total_of
from speakdesk.ui.theme import Look
from speakdesk.ui.widgets.basics import ElidedLabel
from speakdesk.ui.widgets.empty import EmptyNote
from speakdesk.ui.widgets.timing_plot import TimingPlot, stage_colours
from speakdesk.ui.words import count


class Legend(QWidget):
    """The stages' colours and names, in the order they happen."""

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._font = look.font(-1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        names = ", ".join(label for _name, label in STAGES)
        self.setAccessibleName(f"Stages from bottom to top: {names}")
        look.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(420, 22)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._font)
        metrics = QFontMetrics(self._font)
        x = 4.0
        for name, colour in stage_colours(self._look.theme.name).items():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colour))
            painter.drawRoundedRect(QRectF(x, self.height() / 2 - 5, 10, 10), 3, 3)
            painter.setPen(self._look.color("muted"))
            width = metrics.horizontalAdvance(name)
            align = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
            painter.drawText(QRectF(x + 16, 0, width + 4, self.height()), align, name)
            x += 16 + width + 18
        painter.end()


def turn_words(turn: TurnTimed) -> str:
    """`Turn 4: turn decided 210 ms · transcript 120 ms · … in all 0.90 s`."""
    parts = " · ".join(f"{label} {value:.0f} ms" for label, value in parts_of(turn))
    return f"Turn {turn.turn}: {parts} — in all {total_of(turn) / 1000:.2f} s"


class TimingPanel(QWidget):
    """Shows the turns of one bot, or of all."""

    def __init__(self, face: Face, book: TimingBook, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._book = book
        self._scope = ""
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(4)
        self._legend = Legend(face.look)
        self.plot = TimingPlot(face.look)
        self.readout = ElidedLabel(tone="muted")
        self._empty = EmptyNote(
            "How long each answer takes appears here, stage by stage.",
            "Ask the bot something.",
        )
        column.addWidget(self._legend)
        column.addWidget(self.plot, 1)
        column.addWidget(self.readout)
        column.addWidget(self._empty, 1)
        self.plot.turn_pointed.connect(self._on_pointed)
        book.changed.connect(self._refresh)
        self._refresh()

    def show_bot(self, bot_id: str) -> None:
        """Show this bot's turns; all bots' for an empty id."""
        self._scope = bot_id
        self._refresh()

    def _refresh(self) -> None:
        turns = self._book.turns(self._scope)
        for widget in (self._legend, self.plot, self.readout):
            widget.setVisible(bool(turns))
        self._empty.setVisible(not turns)
        self.plot.set_turns(turns)
        self._on_pointed(None)

    def _on_pointed(self, turn: TurnTimed | None) -> None:
        if turn is not None:
            self.readout.set_text(turn_words(turn))
            return
        turns = self._book.turns(self._scope)
        middle = median_ms(turns)
        if middle is not None:
            slowest = max(total_of(t) for t in turns)
            self.readout.set_text(
                f"{count(len(turns), 'answer')}, median {middle / 1000:.2f} s, "
                f"slowest {slowest / 1000:.2f} s. Point at a bar for its stages."
            )
