"""What happened, under the waveforms: lines, states, interruptions, the socket, answers."""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetrics, QPainter

from speakdesk.app.flight.story import SocketChange, Story
from speakdesk.ui.models.timing import parts_of, total_of
from speakdesk.ui.player.time_scale import TimeScale
from speakdesk.ui.theme import Look
from speakdesk.ui.widgets.timing_plot import stage_colours
from speakdesk.ui.words import TONES, clock

ROW = 20
GAP = 3
_SOFT = 70
_LEAST_WORDS_PX = 26
# The words beside an answer may stand over so much of the time that follows.
_WORDS_S = 8.0


@dataclass(frozen=True, slots=True)
class Block:
    """Something that lasted. `row` counts from 0 inside its lane; `tip` says all of it."""

    since_s: float
    until_s: float
    words: str
    tip: str
    colour: QColor
    row: int = 0
    is_hatched: bool = False
    is_solid: bool = False


@dataclass(slots=True)
class Lane:
    """One kind of thing; `none` is said where there is nothing of it."""

    name: str
    none: str
    rows: int = 1
    blocks: list[Block] = field(default_factory=list)
    _starts: list[float] = field(default_factory=list)
    _longest_s: float = 0.0

    @property
    def height(self) -> int:
        """Pixels."""
        return self.rows * ROW + 2 * GAP

    def fill(self, blocks: Iterable[Block]) -> Lane:
        """Hold these."""
        self.blocks = sorted(blocks, key=lambda block: block.since_s)
        self._starts = [block.since_s for block in self.blocks]
        self._longest_s = max((b.until_s - b.since_s for b in self.blocks), default=0.0)
        return self

    def between(self, since_s: float, until_s: float) -> Iterator[Block]:
        """Those that touch a part."""
        first = bisect.bisect_left(self._starts, since_s - self._longest_s)
        for block in self.blocks[first:]:
            if block.since_s > until_s:
                return
            if block.until_s >= since_s:
                yield block

    def hit(self, at_s: float, y: float, slack_s: float) -> Block | None:
        """What is at a place; `y` counts from the lane's top."""
        row = min(self.rows - 1, max(0, int((y - GAP) // ROW)))
        found = [b for b in self.between(at_s - slack_s, at_s + slack_s) if b.row == row]
        return found[-1] if found else None


def lanes_of(story: Story, look: Look, bot_name: str) -> tuple[Lane, ...]:
    """The lanes of a recording in the present colours."""
    return (
        Lane("Lines", "Nothing was said.", 2).fill(_lines(story, look, bot_name)),
        Lane("State", "No state is known.").fill(_states(story, look)),
        Lane("Cut off", "The bot was never interrupted.").fill(_cuts(story, look)),
        Lane("Socket", "No socket ever opened.").fill(_sockets(story, look)),
        Lane("Answers", "No answer was timed.").fill(_answers(story, look)),
    )


def _lines(story: Story, look: Look, bot_name: str) -> Iterator[Block]:
    for line in story.lines:
        cut = " — interrupted" if line.interrupted else ""
        until_s = max(line.until_s, line.since_s + 0.05)
        tip = f"{clock(line.since_s)}  {line.speaker}: {line.text}{cut}"
        colour = look.avatar_colour(line.speaker or bot_name)
        yield Block(line.since_s, until_s, line.text, tip, colour, int(line.is_bot))


def _states(story: Story, look: Look) -> Iterator[Block]:
    for span in story.states:
        name = span.state.value.replace("_", " ").capitalize()
        because = f": {span.cause}" if span.cause else ""
        tip = f"{name} from {clock(span.since_s)} to {clock(span.until_s)}{because}"
        yield Block(span.since_s, span.until_s, name, tip, look.color(TONES[span.state]))


def _cuts(story: Story, look: Look) -> Iterator[Block]:
    followers = [cut.at_s for cut in story.interruptions[1:]] + [float("inf")]
    for cut, next_s in zip(story.interruptions, followers, strict=False):
        unheard = f"{cut.discarded_s:.1f} s unheard"
        tip = f"Interrupted at {clock(cut.at_s)}: {cut.discarded_s:.1f} s were never heard"
        until_s = min(next_s, max(cut.until_s, cut.at_s + 0.05))
        yield Block(cut.at_s, until_s, unheard, tip, look.color("bad"), is_hatched=True)


def _sockets(story: Story, look: Look) -> Iterator[Block]:
    good, bad = look.color("good"), look.color("bad")
    for place, span in enumerate(story.sockets):
        tip = f"The socket was open from {clock(span.since_s)} to {clock(span.until_s)}"
        yield Block(span.since_s, span.until_s, "Open", tip, good)
        if span.is_lost and place + 1 < len(story.sockets):
            again_s = story.sockets[place + 1].since_s
            gone_s = again_s - span.until_s
            why = _closing_words(story, span.until_s)
            tip = f"The socket was lost at {clock(span.until_s)} for {gone_s:.1f} s{why}"
            words = f"Lost {gone_s:.1f} s"
            yield Block(span.until_s, again_s, words, tip, bad, is_hatched=True)
    for record in story.socket_records:
        if record.change is SocketChange.REFUSED:
            tip = f"A socket was refused at {clock(record.at_s)}: {record.reason or 'no reason'}"
            yield Block(record.at_s, record.at_s, "", tip, bad, is_solid=True)


def _closing_words(story: Story, at_s: float) -> str:
    for record in story.socket_records:
        if record.change is SocketChange.CLOSED and record.at_s == at_s:
            words = [str(record.code) if record.code else "", record.reason]
            said = " ".join(word for word in words if word)
            return f" ({said})" if said else ""
    return ""


def _answers(story: Story, look: Look) -> Iterator[Block]:
    colours = stage_colours(look.theme.name)
    followers = [timed.since_s for timed in story.timed[1:]] + [float("inf")]
    for timed, next_s in zip(story.timed, followers, strict=False):
        parts = parts_of(timed.turn)
        total_s = total_of(timed.turn) / 1000
        each = ", ".join(f"{name} {ms:.0f} ms" for name, ms in parts)
        tip = f"Answer {timed.turn.turn} at {clock(timed.at_s)} after {total_s:.2f} s: {each}"
        at_s = timed.since_s
        for name, ms in parts:
            until_s = at_s + ms / 1000
            yield Block(at_s, until_s, "", tip, QColor(colours[name]), is_solid=True)
            at_s = until_s
        clear = QColor(0, 0, 0, 0)
        words_until_s = min(next_s, at_s + _WORDS_S)
        yield Block(at_s, words_until_s, f"{total_s:.1f} s", tip, clear, is_solid=True)


def paint_lane(
    painter: QPainter, lane: Lane, top: int, time: TimeScale, clip: QRectF, look: Look
) -> None:
    """Paint a lane's blocks where they touch `clip`, x counting from the time's first pixel."""
    since_s = time.left_s + clip.left() * time.step_s
    until_s = time.left_s + clip.right() * time.step_s
    metrics = QFontMetrics(painter.font())
    drawn_until = [-1e9] * lane.rows
    for block in lane.between(since_s, until_s):
        x = time.x_of(block.since_s)
        if block.is_solid and block.words and x < 0:
            continue
        x = max(-4.0, x)
        right = min(time.width + 4.0, time.x_of(block.until_s))
        width = max(2.0, right - x - 1)
        if width <= 2.0 and x < drawn_until[block.row]:
            continue
        drawn_until[block.row] = x + 2.0
        box = QRectF(x, top + GAP + block.row * ROW + 1, width, ROW - 2)
        _paint_block(painter, block, box, metrics, look)


def _paint_block(
    painter: QPainter, block: Block, box: QRectF, metrics: QFontMetrics, look: Look
) -> None:
    radius = 4 if box.width() > 8 else 0
    painter.setPen(Qt.PenStyle.NoPen)
    if block.is_solid:
        painter.setBrush(block.colour)
        painter.drawRect(box)
    else:
        soft = QColor(block.colour)
        soft.setAlpha(_SOFT)
        painter.setBrush(soft)
        painter.drawRoundedRect(box, radius, radius)
        if block.is_hatched:
            painter.setBrush(QBrush(block.colour, Qt.BrushStyle.BDiagPattern))
            painter.drawRoundedRect(box, radius, radius)
        painter.setBrush(block.colour)
        painter.drawRect(QRectF(box.left(), box.top(), min(2.0, box.width()), box.height()))
    room = box.adjusted(6, 0, -3, 0)
    if block.words and room.width() >= _LEAST_WORDS_PX:
        if block.is_hatched:
            width = min(room.width(), metrics.horizontalAdvance(block.words) + 6.0)
            painter.setBrush(look.color("surface"))
            painter.drawRoundedRect(QRectF(room.left() - 2, box.top() + 2, width, ROW - 6), 3, 3)
        painter.setPen(look.color("text"))
        shown = metrics.elidedText(block.words, Qt.TextElideMode.ElideRight, int(room.width()))
        align = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(room, align, shown)
