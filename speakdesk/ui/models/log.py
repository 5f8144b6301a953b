"""The log as a table: a ring of 100,000 lines with cheap filters by level, bot and text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor

from speakdesk.domain.events import LogLine
from speakdesk.ui.words import local_time

LEVELS = ("debug", "info", "warning", "error")
COLUMNS = ("Time", "Level", "Bot", "From", "Message")
CAPACITY = 100_000
_TRIM = 5_000
_RANK = {
    "trace": 0,
    "debug": 0,
    "info": 1,
    "success": 1,
    "warning": 2,
    "error": 3,
    "critical": 3,
}
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One line of the log, ready to be shown. `number` counts from the first line ever."""

    number: int
    rank: int
    bot_id: str
    cells: tuple[str, str, str, str, str]
    sought: str


class LogModel(QAbstractTableModel):
    """What the filters let through of the newest `capacity` lines; oldest first.

    `first_kept` is emitted when a line is kept for the first time, shown or not.
    """

    first_kept = Signal()

    def __init__(self, parent: QObject | None = None, capacity: int = CAPACITY) -> None:
        super().__init__(parent)
        self._capacity = capacity
        self._entries: list[LogEntry] = []
        self._shown: list[LogEntry] = []
        self._next = 0
        self._rank = 1
        self._bot = ""
        self._text = ""
        self._colours: dict[int, QColor] = {}

    def set_colours(self, muted: QColor, attention: QColor, bad: QColor) -> None:
        """The colours of debug, warning and error lines."""
        self._colours = {0: muted, 2: attention, 3: bad}
        if self._shown:
            last = self.index(len(self._shown) - 1, len(COLUMNS) - 1)
            self.dataChanged.emit(self.index(0, 0), last, [Qt.ItemDataRole.ForegroundRole])

    def add(self, lines: Sequence[tuple[LogLine, str]]) -> None:
        """Append a batch of lines, each with the name of its bot; the oldest ones may go."""
        fresh = []
        for event, bot_name in lines:
            rank = _RANK.get(event.level.lower(), 1)
            source = event.source.removeprefix("speakdesk.")
            text = " ".join(event.text.split())
            cells = (local_time(event.at), LEVELS[rank], bot_name, source, text)
            sought = f"{source} {text}".casefold()
            fresh.append(LogEntry(self._next, rank, event.bot_id, cells, sought))
            self._next += 1
        was_empty = not self._entries
        self._entries.extend(fresh)
        shown = [entry for entry in fresh if self._accepts(entry)]
        if shown:
            first = len(self._shown)
            self.beginInsertRows(QModelIndex(), first, first + len(shown) - 1)
            self._shown.extend(shown)
            self.endInsertRows()
        if was_empty and fresh:
            self.first_kept.emit()
        if len(self._entries) > self._capacity + min(_TRIM, self._capacity // 4):
            self._trim()

    def _trim(self) -> None:
        del self._entries[: len(self._entries) - self._capacity]
        oldest = self._entries[0].number
        gone = 0
        while gone < len(self._shown) and self._shown[gone].number < oldest:
            gone += 1
        if gone:
            self.beginRemoveRows(QModelIndex(), 0, gone - 1)
            del self._shown[:gone]
            self.endRemoveRows()

    def filter(self, *, level: str, bot_id: str, text: str) -> None:
        """Show lines of at least `level`, of one bot (empty: of all), that hold `text`."""
        wanted = (_RANK.get(level, 1), bot_id, text.strip().casefold())
        if wanted == (self._rank, self._bot, self._text):
            return
        self.beginResetModel()
        self._rank, self._bot, self._text = wanted
        self._shown = [entry for entry in self._entries if self._accepts(entry)]
        self.endResetModel()

    def _accepts(self, entry: LogEntry) -> bool:
        return (
            entry.rank >= self._rank
            and (not self._bot or entry.bot_id == self._bot)
            and (not self._text or self._text in entry.sought)
        )

    @property
    def total(self) -> int:
        """How many lines are kept, shown or not."""
        return len(self._entries)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.DisplayRole:
            return self._shown[index.row()].cells[index.column()]
        if role == Qt.ItemDataRole.ForegroundRole:
            rank = self._shown[index.row()].rank
            if index.column() in (1, 4):
                return self._colours.get(rank)
            return self._colours.get(0)
        if role == Qt.ItemDataRole.ToolTipRole and index.column() in (3, 4):
            return self._shown[index.row()].cells[index.column()]
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return " ".join(self._shown[index.row()].cells)
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return COLUMNS[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return None

    def as_text(self, rows: Sequence[int]) -> str:
        """Lines for the clipboard."""
        return "\n".join("  ".join(self._shown[row].cells) for row in rows)
