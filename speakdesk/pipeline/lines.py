"""The bot's own lines on their way out: told as they are spoken, ended with what was said."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from speakdesk.domain.clock import utc_now
from speakdesk.domain.events import Event, LineFinal, LinePartial
from speakdesk.pipeline.spoken import SpokenLine

PARTIAL_EVERY_S = 0.4


@dataclass(slots=True, eq=False)
class OutgoingLine:
    """One line: its text over positions of the outgoing sound, and when its first sound left."""

    spoken: SpokenLine
    start: int
    rate_hz: int
    began_at: datetime | None = None
    text_shown: str = ""
    shown_at_s: float = float("-inf")
    clock_base: tuple[int, int] | None = None


class BotLines:
    """All lines of one bot that are queued or being spoken, oldest first.

    A line is what lies between two ends of speech of the TTS service. Positions are samples of the
    outgoing stream; `sent` is how many of them have left.
    """

    def __init__(self, bot_id: str, bot_name: str, emit: Callable[[Event], None]) -> None:
        self._bot_id, self._bot_name = bot_id, bot_name
        self._emit = emit
        self._lines: list[OutgoingLine] = []
        self._open: OutgoingLine | None = None

    def open(self, position: int, rate_hz: int) -> OutgoingLine:
        """The line that is being made, begun at `position` where there is none."""
        if self._open is None:
            spoken = SpokenLine(uuid.uuid4().hex[:12], rate_hz)
            self._open = OutgoingLine(spoken, position, rate_hz)
            self._lines.append(self._open)
        return self._open

    def position_of(self, pts_ns: int, otherwise: int) -> int:
        """Where in the stream a moment of the service's own playing clock is."""
        if self._open is None or self._open.clock_base is None:
            return otherwise
        base_ns, base_position = self._open.clock_base
        ahead_s = max(0, pts_ns - base_ns) / 1_000_000_000
        return base_position + round(ahead_s * self._open.rate_hz)

    def close_sentence(self, position: int) -> None:
        """The sentence being made has all its sound."""
        if self._open is not None:
            self._open.spoken.close(position)

    def end(self, position: int) -> OutgoingLine | None:
        """The line being made has all its sound; returns it, or None where there is none."""
        self.close_sentence(position)
        line, self._open = self._open, None
        return line

    def recorded(self, sent: int) -> None:
        """The conversation has taken in every sentence that has left by now."""
        for line in self._lines:
            line.spoken.recorded(sent)

    def progressed(self, sent: int, now_s: float) -> None:
        """More sound has left: tell the line as far as it is spoken, now and then."""
        line = next((x for x in reversed(self._lines) if x.start < sent), None)
        if line is None:
            return
        if line.began_at is None:
            line.began_at = utc_now()
        if now_s - line.shown_at_s < PARTIAL_EVERY_S:
            return
        text = line.spoken.said(sent)
        if text and text != line.text_shown:
            line.text_shown, line.shown_at_s = text, now_s
            self._emit(
                LinePartial(
                    bot_id=self._bot_id,
                    at=line.began_at,
                    line_id=line.spoken.line_id,
                    speaker=self._bot_name,
                    text=text,
                    is_bot=True,
                )
            )

    def finish(self, line: OutgoingLine, sent: int) -> None:
        """The whole line has left."""
        if line in self._lines:
            self._lines.remove(line)
            self._tell(line, sent, interrupted=False)

    def cut(self, queued: int, sent: int) -> str:
        """All is dropped: end the lines with what was said of them.

        Returns what was spoken of sentences that the conversation has not taken in.
        """
        self.close_sentence(queued)
        lines, self._lines, self._open = self._lines, [], None
        for line in lines:
            self._tell(line, sent, interrupted=True)
        return " ".join(part for line in lines if (part := line.spoken.unrecorded(sent)))

    def _tell(self, line: OutgoingLine, sent: int, *, interrupted: bool) -> None:
        text = line.spoken.said(sent)
        if not text or line.began_at is None:
            return
        self._emit(
            LineFinal(
                bot_id=self._bot_id,
                at=line.began_at,
                line_id=line.spoken.line_id,
                speaker=self._bot_name,
                text=text,
                is_bot=True,
                interrupted=interrupted,
                seconds=round((sent - line.start) / line.rate_hz, 2),
            )
        )
