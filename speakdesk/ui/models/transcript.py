"""The transcript as a list model: appended in batches, partial lines changed in place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from speakdesk.domain.events import Event
from speakdesk.domain.launch import BotView
from speakdesk.ui.models.lines import Line, LineBook, LineKind, belongs_to_all
from speakdesk.ui.words import local_time

LINE_ROLE = Qt.ItemDataRole.UserRole + 1
Index = QModelIndex | QPersistentModelIndex
_LOOK_BACK = 400


class TranscriptModel(QAbstractListModel):
    """The lines of one bot, or of all of them (`scope` empty)."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._book = LineBook()
        self._lines: list[Line] = []
        self._scope = ""

    @property
    def scope(self) -> str:
        """The bot whose lines are shown; empty for all."""
        return self._scope

    def line(self, row: int) -> Line:
        """The line in `row`."""
        return self._lines[row]

    def show_bot(self, bot_id: str, bots: Mapping[str, BotView]) -> None:
        """Show one bot's lines, or all bots' for an empty id."""
        self.beginResetModel()
        self._scope = bot_id
        if bot_id:
            self._lines = list(self._book.by_bot.get(bot_id, ()))
        else:
            self._lines = [line for line in self._book.lines if belongs_to_all(line, bots)]
        self.endResetModel()

    def set_lines(self, lines: Iterable[Line]) -> None:
        """Show exactly these lines: a meeting of the past."""
        self.beginResetModel()
        self._lines = list(lines)
        self.endResetModel()

    def apply(self, events: Sequence[Event], bots: Mapping[str, BotView]) -> None:
        """Take a batch of events; at most one insertion and one change come of it."""
        fresh: list[Line] = []
        changed: list[Line] = []
        for event in events:
            line, is_new = self._book.take(event, bots)
            if line is None or (self._scope and line.bot_id != self._scope):
                continue
            if not is_new:
                changed.append(line)
            elif self._scope or belongs_to_all(line, bots):
                fresh.append(line)
        known = len(self._lines)
        rows = [row for line in changed if (row := self._row_of(line, known)) is not None]
        if fresh:
            self.beginInsertRows(QModelIndex(), known, known + len(fresh) - 1)
            self._lines.extend(fresh)
            self.endInsertRows()
        if rows:
            self.dataChanged.emit(self.index(min(rows)), self.index(max(rows)))

    def _row_of(self, line: Line, end: int) -> int | None:
        for row in range(end - 1, max(-1, end - 1 - _LOOK_BACK), -1):
            if self._lines[row] is line:
                return row
        return None

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._lines)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        line = self._lines[index.row()]
        if role == LINE_ROLE:
            return line
        if role == Qt.ItemDataRole.DisplayRole:
            return line.text
        if role == Qt.ItemDataRole.AccessibleTextRole:
            said = "wrote" if line.kind is LineKind.CHAT else "said"
            return f"{local_time(line.at)}, {line.speaker} {said}: {line.text}"
        return None

    def as_text(self, rows: Iterable[int]) -> str:
        """Lines for the clipboard, `10:02:11  Ada: …`."""
        lines = (self._lines[row] for row in rows)
        return "\n".join(f"{local_time(n.at)}  {n.speaker}: {n.text}" for n in lines)
