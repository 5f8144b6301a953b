"""The timed turns, per bot, and their stages in the order they happen."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from statistics import median

from PySide6.QtCore import QObject, Signal

from speakdesk.domain.events import TurnTimed

STAGES: tuple[tuple[str, str], ...] = (
    ("turn_decided_ms", "turn decided"),
    ("transcript_ms", "transcript"),
    ("first_token_ms", "first word thought"),
    ("first_audio_ms", "first sound"),
    ("on_wire_ms", "sent"),
)
KEPT = 200


def parts_of(turn: TurnTimed) -> tuple[tuple[str, float], ...]:
    """The stages that occurred, each with its name and milliseconds."""
    found = ((label, getattr(turn, name)) for name, label in STAGES)
    return tuple((label, max(0.0, value)) for label, value in found if value is not None)


def total_of(turn: TurnTimed) -> float:
    """End of speech to sound on the wire, in milliseconds."""
    if turn.total_ms is not None:
        return turn.total_ms
    return sum(value for _label, value in parts_of(turn))


class TimingBook(QObject):
    """The newest `KEPT` turns of every bot."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._turns: deque[TurnTimed] = deque(maxlen=KEPT * 16)

    def add(self, turns: Sequence[TurnTimed]) -> None:
        """Note a batch of turns."""
        if turns:
            self._turns.extend(turns)
            self.changed.emit()

    def turns(self, bot_id: str = "") -> tuple[TurnTimed, ...]:
        """The turns of one bot, or of all, oldest first."""
        found = [turn for turn in self._turns if not bot_id or turn.bot_id == bot_id]
        return tuple(found[-KEPT:])


def median_ms(turns: Sequence[TurnTimed]) -> float | None:
    """The median answer time of these turns, or None without any."""
    return median(total_of(turn) for turn in turns) if turns else None
