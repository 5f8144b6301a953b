"""A recording's lines for the list beside it: when each began, and how it is painted."""

from __future__ import annotations

import bisect
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QFont, QPainter

from speakdesk.app.flight.story import Story
from speakdesk.domain.events import ChatMessage
from speakdesk.ui.models.lines import Line, LineKind
from speakdesk.ui.theme import Look
from speakdesk.ui.widgets.avatar import paint_avatar
from speakdesk.ui.widgets.line_painter import LinePainter
from speakdesk.ui.words import clock

_HEAD = 24
_DISC = 18
_LEFT = 12
# A recording without a readable beginning counts from here.
SOME_DAY = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class FlightLines:
    """Lines in the order they began, and their moments in seconds."""

    lines: tuple[Line, ...] = ()
    starts_s: tuple[float, ...] = ()

    @classmethod
    def of(cls, story: Story, began: datetime, bot_name: str) -> FlightLines:
        """What was said, written in the chat and looked up."""
        found: list[tuple[float, Line]] = []
        for said in story.lines:
            at = began + timedelta(seconds=said.since_s)
            line = Line(said.line_id, "", at, said.speaker, said.text, said.is_any_bot)
            line.interrupted = said.interrupted
            found.append((said.since_s, line))
        for remark in story.remarks:
            event, at = remark.event, began + timedelta(seconds=remark.at_s)
            if isinstance(event, ChatMessage):
                line = Line("", "", at, event.sender, event.text, event.from_bot, LineKind.CHAT)
            else:
                took = f"{event.took_ms / 1000:.1f} s"
                words = f"used {event.tool} ({took})" if event.ok else event.failed
                line = Line("", "", at, bot_name, words, True, LineKind.TOOL)
            found.append((remark.at_s, line))
        found.sort(key=lambda pair: pair[0])
        return cls(tuple(line for _, line in found), tuple(at_s for at_s, _ in found))

    def row_at(self, at_s: float) -> int:
        """The line that began last; -1 before the first."""
        return bisect.bisect_right(self.starts_s, at_s + 0.02) - 1


class FlightLinePainter(LinePainter):
    """Name and moment on a row of their own, the words under them: for a narrow list."""

    def __init__(self, look: Look) -> None:
        super().__init__(look)
        self._look_of = look
        self._head = look.font(-1, QFont.Weight.DemiBold)
        self._moment = look.figures(-1)
        self.began = SOME_DAY

    @property
    def text_left(self) -> int:
        """Where the words begin."""
        return _LEFT

    def height(self, line: Line, width: int) -> int:
        """The height of a row `width` pixels wide."""
        return super().height(line, width) + _HEAD - 8

    def paint(
        self, painter: QPainter, line: Line, box: QRect, *, selected: bool, focus: bool
    ) -> None:
        """Paint one row into `box`."""
        look = self._look_of
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        body = QRectF(box).adjusted(2, 1, -2, -1)
        if selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.color("accent_soft"))
            painter.drawRoundedRect(body, 6, 6)
            painter.setBrush(look.color("accent"))
            bar = QRectF(body.left(), body.top() + 6, 3, body.height() - 12)
            painter.drawRoundedRect(bar, 1, 1)
        if focus:
            painter.setPen(look.color("accent"))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(body.adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        head = QRect(box.left() + _LEFT, box.top() + 4, box.width() - 2 * _LEFT, _HEAD - 4)
        disc = QRectF(head.left(), head.top() + 1, _DISC, _DISC)
        paint_avatar(painter, disc, line.speaker, look.avatar_colour(line.speaker))
        painter.setFont(self._moment)
        painter.setPen(look.color("muted"))
        words = clock((line.at - self.began).total_seconds())
        right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(head, right, words)
        taken = painter.fontMetrics().horizontalAdvance(words) + 8
        painter.setFont(self._head)
        painter.setPen(look.color("text"))
        room = head.adjusted(_DISC + 8, 0, -taken, 0)
        name = painter.fontMetrics().elidedText(
            line.speaker, Qt.TextElideMode.ElideRight, room.width()
        )
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, name)
        is_quiet = line.kind is not LineKind.SPEECH or line.interrupted
        painter.setPen(look.color("muted" if is_quiet else "text"))
        layout = self._shape(line, box.width()).layout
        layout.draw(painter, QPointF(box.left() + _LEFT, box.top() + _HEAD + 2))
