"""Both voices of a recording over its time, with what happened under them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QHelpEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QToolTip, QWidget

from speakdesk.app.flight.peaks import FINEST_S, Columns, FlightPeaks
from speakdesk.app.flight.story import Story
from speakdesk.app.flight.view import Side
from speakdesk.ui.player.time_scale import TimeScale
from speakdesk.ui.theme import Look
from speakdesk.ui.widgets.waveform_axis import paint_axis
from speakdesk.ui.widgets.waveform_lanes import Lane, lanes_of, paint_lane
from speakdesk.ui.widgets.waveform_overlay import (
    paint_cursor,
    paint_cuts,
    paint_focus,
    paint_losses,
)
from speakdesk.ui.widgets.waveform_tiles import WaveformTiles
from speakdesk.ui.words import clock

GUTTER = 92
AXIS = 28
_DRAG_PX = 5
_LEAST_WAVE, _MOST_WAVE = 44, 260
_LOUDEST_GAIN = 8.0
_WHEEL_STEP = 120


@dataclass(frozen=True, slots=True)
class Wanted:
    """Columns that want decoded sound."""

    side: Side
    since_s: float
    step_s: float
    count: int


class Waveform(QWidget):
    """Emits `sought` where a moment was clicked, `selected` with a part or None.

    `wanted` carries a `Wanted` that `refine` answers. Keys are the player's.
    """

    sought = Signal(float)
    selected = Signal(object)
    wanted = Signal(object)
    scaled = Signal()

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self.time = TimeScale()
        self._story = Story()
        self._bot_name = ""
        self._lanes: tuple[Lane, ...] = ()
        self._position_s = 0.0
        self._selection: tuple[float, float] | None = None
        self._pressed_s: float | None = None
        self._pressed_x = 0.0
        self._pressed_block_s: float | None = None
        self._small = look.figures(-2)
        self._tiles = {
            side: WaveformTiles(self._asks(side)) for side in (Side.MEETING, Side.BOT)
        } | {Side.DISCARDED: WaveformTiles()}
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setMinimumHeight(AXIS + 2 * _LEAST_WAVE + 5 * 26 + 20)
        self.setAccessibleName("Both voices over the time of the recording")
        look.changed.connect(self._on_look)
        self._build_lanes()

    def _asks(self, side: Side) -> Callable[[float, float, int], None]:
        return lambda since_s, step_s, count: self.wanted.emit(Wanted(side, since_s, step_s, count))

    # -- what is shown ---------------------------------------------------------------------------

    def show_recording(self, duration_s: float, bot_name: str) -> None:
        """Begin with another recording; its peaks and story come when they are read."""
        self._bot_name = bot_name
        self._position_s = 0.0
        self._selection = None
        self.time.set_duration(duration_s)
        for tiles in self._tiles.values():
            tiles.set_shape(None, 1.0)
        self.set_story(Story())
        self.scaled.emit()

    def set_peaks(self, peaks: FlightPeaks) -> None:
        """Draw the voices from these."""
        for side, tiles in self._tiles.items():
            ears = Side.BOT if side is Side.DISCARDED else side
            whole = peaks.columns(ears, 0.0, max(FINEST_S, self.time.duration_s), 1)
            loudest = float(abs(whole).max()) if whole.size else 0.0
            scale = min(_LOUDEST_GAIN, 0.95 / loudest) if loudest else 1.0
            tiles.set_shape(partial(peaks.columns, side), scale, FINEST_S)
        self.update()

    def refine(self, wanted: Wanted, columns: Columns) -> None:
        """Draw a part from its decoded sound."""
        self._tiles[wanted.side].refine(wanted.since_s, wanted.step_s, columns)
        self.update()

    def set_story(self, story: Story) -> None:
        """Show what happened."""
        self._story = story
        self._build_lanes()
        self.update()

    def _build_lanes(self) -> None:
        self._lanes = lanes_of(self._story, self._look, self._bot_name)

    def _on_look(self) -> None:
        self._build_lanes()
        self.update()

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """What stands under the voices."""
        return self._lanes

    # -- position, selection, scale ----------------------------------------------------------------

    def set_position(self, at_s: float, *, follow: bool) -> None:
        """Move the cursor; with `follow`, turn to where it is."""
        before = self._cursor_box()
        self._position_s = at_s
        if follow and self.time.reveal(at_s):
            self.rescaled()
            return
        self.update(before)
        self.update(self._cursor_box())

    def describe(self, words: str) -> None:
        """What a screen reader is told of the place."""
        self.setAccessibleDescription(words)

    @property
    def selection(self) -> tuple[float, float] | None:
        """The chosen part in seconds."""
        return self._selection

    def select(self, part: tuple[float, float] | None) -> None:
        """Choose a part, or nothing."""
        if part is not None:
            since_s, until_s = sorted(part)
            part = (max(0.0, since_s), min(self.time.duration_s, until_s))
            if part[1] - part[0] < 1e-3:
                part = None
        if part != self._selection:
            self._selection = part
            self.selected.emit(part)
            self.update()

    def zoom(self, steps: float) -> None:
        """Nearer or farther around the cursor, or the middle where that is not in sight."""
        time = self.time
        is_seen = time.left_s <= self._position_s <= time.right_s
        time.zoom(steps, self._position_s if is_seen else time.left_s + time.shown_s / 2)
        self.rescaled()

    def fit(self) -> None:
        """All of the recording."""
        self.time.fit()
        self.rescaled()

    def scroll_pages(self, pages: float) -> None:
        """Later for more than 0."""
        self.time.scroll(pages * self.time.shown_s)
        self.rescaled()

    def rescaled(self) -> None:
        """The part in sight is another one."""
        self.update()
        self.scaled.emit()

    # -- geometry --------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        return QSize(640, 420)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.time.set_width(self.width() - GUTTER)
        self.scaled.emit()

    @property
    def wave_height(self) -> int:
        """Pixels of one voice."""
        lanes = sum(lane.height for lane in self._lanes)
        room = (self.height() - AXIS - lanes - 8) // 2
        return int(min(_MOST_WAVE, max(_LEAST_WAVE, room)))

    def _wave_top(self, place: int) -> int:
        return AXIS + place * self.wave_height

    def _lane_tops(self) -> list[tuple[Lane, int]]:
        top = AXIS + 2 * self.wave_height + 8
        found = []
        for lane in self._lanes:
            found.append((lane, top))
            top += lane.height
        return found

    def _cursor_box(self) -> QRect:
        x = GUTTER + round(self.time.x_of(self._position_s))
        return QRect(x - 7, 0, 14, self.height())

    # -- the mouse -------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        x = event.position().x()
        if event.button() != Qt.MouseButton.LeftButton or x < GUTTER:
            return
        self._pressed_x, self._pressed_s = x, self.time.s_of(x - GUTTER)
        self._pressed_block_s = None
        lane, y = self._lane_at(event.position())
        if lane is not None and lane is self._lanes[0]:
            block = lane.hit(self._pressed_s, y, 2 * self.time.step_s)
            self._pressed_block_s = block.since_s if block is not None else None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed_s is None or not event.buttons() & Qt.MouseButton.LeftButton:
            return
        x = event.position().x()
        if self._selection is not None or abs(x - self._pressed_x) > _DRAG_PX:
            self.select((self._pressed_s, self.time.s_of(x - GUTTER)))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed_s, self._pressed_s = self._pressed_s, None
        if pressed_s is None or event.button() != Qt.MouseButton.LeftButton:
            return
        if abs(event.position().x() - self._pressed_x) <= _DRAG_PX:
            self.select(None)
            block_s = self._pressed_block_s
            self.sought.emit(pressed_s if block_s is None else block_s)

    def wheelEvent(self, event: QWheelEvent) -> None:
        turn = event.angleDelta()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            around_s = self.time.s_of(event.position().x() - GUTTER)
            self.time.zoom(turn.y() / _WHEEL_STEP, around_s)
        else:
            pixels = event.pixelDelta().x() or event.pixelDelta().y()
            if not pixels:
                pixels = (turn.x() or turn.y()) * 100 // _WHEEL_STEP
            self.time.scroll(-pixels * self.time.step_s)
        self.rescaled()
        event.accept()

    def _lane_at(self, point: QPointF) -> tuple[Lane | None, float]:
        for lane, top in self._lane_tops():
            if top <= point.y() < top + lane.height:
                return lane, point.y() - top
        return None, 0.0

    def tip_at(self, point: QPointF) -> str:
        """What is told of a place."""
        lane, y = self._lane_at(point)
        at_s = self.time.s_of(point.x() - GUTTER)
        if lane is None or point.x() < GUTTER:
            return "" if point.x() < GUTTER else clock(at_s)
        block = lane.hit(at_s, y, 3 * self.time.step_s)
        return block.tip if block is not None else "" if lane.blocks else lane.none

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            words = self.tip_at(QPointF(event.pos()))
            if words:
                QToolTip.showText(event.globalPos(), words, self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    # -- painting --------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(self._small)
        if event.rect().left() < GUTTER:
            self._paint_names(painter)
        painter.translate(GUTTER, 0)
        clip = (
            QRectF(event.rect())
            .translated(-GUTTER, 0)
            .intersected(QRectF(0, 0, self.time.width, self.height()))
        )
        painter.setClipRect(clip)
        self._paint_ground(painter)
        paint_axis(painter, self.time, clip, AXIS, self._look)
        self._paint_waves(painter, clip)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for lane, top in self._lane_tops():
            paint_lane(painter, lane, top, self.time, clip, self._look)
        self._paint_over(painter, clip)
        painter.end()

    def _paint_names(self, painter: QPainter) -> None:
        metrics = painter.fontMetrics()
        names = [("Meeting", self._wave_top(0), self.wave_height)]
        names.append((self._bot_name or "Bot", self._wave_top(1), self.wave_height))
        names += [(lane.name, top, lane.height) for lane, top in self._lane_tops()]
        painter.setPen(self._look.color("muted"))
        for name, top, height in names:
            shown = metrics.elidedText(name, Qt.TextElideMode.ElideRight, GUTTER - 14)
            box = QRectF(4, top, GUTTER - 14, height)
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)

    def _paint_ground(self, painter: QPainter) -> None:
        line = self._look.color("line")
        width = self.time.width
        if self._selection is not None:
            left, right = (self.time.x_of(s) for s in self._selection)
            box = QRectF(left, AXIS, right - left, self.height() - AXIS)
            painter.fillRect(box, self._look.color("accent_soft"))
            painter.setPen(self._look.color("accent"))
            for x in (left, right):
                painter.drawLine(QPointF(x, AXIS), QPointF(x, self.height()))
        painter.setPen(line)
        for place in (0, 1):
            middle = self._wave_top(place) + self.wave_height / 2
            painter.drawLine(QPointF(0, middle), QPointF(width, middle))
        for _lane, top in self._lane_tops():
            painter.drawLine(QPointF(0, top), QPointF(width, top))

    def _paint_waves(self, painter: QPainter, clip: QRectF) -> None:
        faint = QColor(self._look.color("bad"))
        faint.setAlpha(150)
        for side, place, colour in (
            (Side.MEETING, 0, self._look.color("muted")),
            (Side.DISCARDED, 1, faint),
            (Side.BOT, 1, self._look.color("accent")),
        ):
            area = (clip.left(), clip.right(), self._wave_top(place) + 3, self.wave_height - 6)
            self._tiles[side].paint(painter, self.time.left_s, self.time.step_s, area, colour)

    def _paint_over(self, painter: QPainter, clip: QRectF) -> None:
        time, look, (_, _, cuts, sockets, *_) = self.time, self._look, self._lanes
        since_s = time.left_s + clip.left() * time.step_s
        until_s = time.left_s + clip.right() * time.step_s
        top, bottom = self._wave_top(1), self._wave_top(1) + self.wave_height
        paint_cuts(painter, tuple(cuts.between(since_s, until_s)), time, top + 4, bottom, look)
        paint_losses(painter, tuple(sockets.between(since_s, until_s)), time, AXIS, bottom, look)
        paint_cursor(painter, time.x_of(self._position_s), AXIS, self.height(), look)
        if self.hasFocus():
            paint_focus(painter, time.width, self.height(), look)
