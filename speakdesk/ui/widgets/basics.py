"""Small building blocks: labels with a tone, buttons with a kind, cards, rules and spacers."""

from __future__ import annotations

from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QSizePolicy, QWidget


def label(
    text: str = "",
    *,
    tone: str = "",
    size: str = "",
    strong: bool = False,
    wrap: bool = False,
    selectable: bool = False,
) -> QLabel:
    """A label. `tone`: muted, good, attention, bad; `size`: small, title, large, caption."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    if tone:
        made.setProperty("tone", tone)
    if size:
        made.setProperty("type", size)
    if strong:
        made.setProperty("strong", "true")
    made.setWordWrap(wrap)
    if selectable:
        made.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        made.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
    return made


def set_tone(widget: QWidget, tone: str) -> None:
    """Change the tone of a label."""
    if widget.property("tone") != tone:
        widget.setProperty("tone", tone)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def button(text: str, *, kind: str = "", tip: str = "", name: str = "") -> QPushButton:
    """A button. `kind`: primary, danger, small, quiet; `name` is what a screen reader says."""
    made = QPushButton(text)
    made.setProperty("kind", kind)
    made.setAutoDefault(False)
    made.setCursor(Qt.CursorShape.PointingHandCursor)
    if tip:
        made.setToolTip(tip)
    made.setAccessibleName(name or text)
    return made


def card() -> QFrame:
    """A surface with a thin line around it and round corners."""
    frame = QFrame()
    frame.setProperty("card", "true")
    return frame


def rule() -> QFrame:
    """A thin horizontal line."""
    frame = QFrame()
    frame.setObjectName("rule")
    frame.setFixedHeight(1)
    return frame


class ElidedLabel(QWidget):
    """One line of text that ends in … where it does not fit; the tooltip then holds all of it."""

    def __init__(self, text: str = "", *, tone: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = text
        self._tip = ""
        self._align = Qt.AlignmentFlag.AlignLeft
        self._inner = QLabel(self)
        self._inner.setTextFormat(Qt.TextFormat.PlainText)
        self._inner.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        if tone:
            self._inner.setProperty("tone", tone)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.set_text(text)

    @property
    def inner(self) -> QLabel:
        """The label that is drawn; style it."""
        return self._inner

    def set_tone(self, tone: str) -> None:
        """Change the colour of the text."""
        set_tone(self._inner, tone)

    def set_alignment(self, align: Qt.AlignmentFlag) -> None:
        """Left or right."""
        self._align = align
        self._inner.setAlignment(align | Qt.AlignmentFlag.AlignVCenter)

    def set_text(self, text: str, tip: str = "") -> None:
        """Show `text`; `tip` is shown in the tooltip in any case."""
        if (text, tip) == (self._text, self._tip) and self._inner.text():
            return
        self._text, self._tip = text, tip
        self.setAccessibleName(text)
        self._fit()
        self.updateGeometry()

    @property
    def text(self) -> str:
        """The whole text."""
        return self._text

    def sizeHint(self) -> QSize:
        self._inner.ensurePolished()
        metrics = self._inner.fontMetrics()
        return QSize(metrics.horizontalAdvance(self._text) + 2, metrics.height() + 2)

    def minimumSizeHint(self) -> QSize:
        return QSize(24, self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._inner.setGeometry(self.rect())
        self._fit()

    def _fit(self) -> None:
        self._inner.ensurePolished()
        metrics = self._inner.fontMetrics()
        shown = metrics.elidedText(self._text, Qt.TextElideMode.ElideRight, max(0, self.width()))
        self._inner.setText(shown)
        self.setToolTip(self._tip or (self._text if shown != self._text else ""))


def dot(painter: QPainter, x: float, y: float, radius: float, tone: str) -> None:
    """A status mark whose shape differs with its meaning; the pen's colour is the caller's.

    good: a full disc, attention: a half disc in a ring, bad: a cross, anything else: a ring.
    """
    colour = painter.pen().color()
    pen = QPen(colour, 1.6)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    painter.setPen(pen)
    box = QRectF(x - radius, y - radius, 2 * radius, 2 * radius)
    if tone in ("good", "accent"):
        painter.setBrush(colour)
        painter.drawEllipse(box)
    elif tone == "attention":
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(box)
        painter.setBrush(colour)
        painter.drawPie(box, 90 * 16, 180 * 16)
    elif tone == "bad":
        r = radius * 0.8
        painter.drawLine(QLineF(QPointF(x - r, y - r), QPointF(x + r, y + r)))
        painter.drawLine(QLineF(QPointF(x - r, y + r), QPointF(x + r, y - r)))
    else:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(box)
    painter.setBrush(Qt.BrushStyle.NoBrush)
