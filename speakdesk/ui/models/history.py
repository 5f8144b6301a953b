"""Past meetings as a list model, a page at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from speakdesk.ui.models.lines import Line, LineKind
from speakdesk.ui.words import clock, count, local_day

SUMMARY_ROLE = Qt.ItemDataRole.UserRole + 1
RECORDED_ROLE = Qt.ItemDataRole.UserRole + 2
Index = QModelIndex | QPersistentModelIndex


def when_words(summary: Any) -> str:
    """`20 Nov 2026, 10:02 · 4:12 · 18 lines`."""
    parts = [local_day(summary.started)]
    seconds = summary.seconds
    parts.append("still running" if seconds is None else clock(seconds))
    parts.append(count(summary.line_count, "line"))
    return " · ".join(parts)


def lines_of(record: Any) -> list[Line]:
    """A past meeting's lines and chat, in the order of time, each person's line once."""
    ears = record.bots[0].id if record.bots else ""
    names = {bot.name for bot in record.bots}
    heard_by = {line.bot_id for line in record.lines if not line.is_bot}
    first = ears if ears in heard_by or not heard_by else sorted(heard_by)[0]
    found: list[Line] = []
    for said in record.lines:
        if not said.is_bot and (said.bot_id != first or said.speaker in names):
            continue
        line = Line(said.line_id, said.bot_id, said.at, said.speaker, said.text, said.is_bot)
        line.interrupted = said.interrupted
        found.append(line)
    for wrote in record.chat:
        line = Line("", wrote.bot_id, wrote.at, wrote.sender, wrote.text, wrote.from_bot)
        line.kind = LineKind.CHAT
        found.append(line)
    found.sort(key=lambda line: line.at)
    return found


def provider_lines_of(record: Any) -> list[Line]:
    """The provider's own lines, at the time of day they were said."""
    began = record.provider_began
    names = {bot.name for bot in record.bots}
    return [
        Line(
            str(number),
            said.bot_id,
            began + timedelta(seconds=said.start_s),
            said.speaker or "Somebody",
            said.text,
            said.speaker in names,
        )
        for number, said in enumerate(record.provider_lines)
    ]


class HistoryModel(QAbstractListModel):
    """Meeting summaries, newest first."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[Any] = []
        self._recorded: frozenset[str] = frozenset()
        self.is_complete = False

    def set_rows(self, rows: Iterable[Any], *, is_complete: bool) -> None:
        """Show these summaries."""
        self.beginResetModel()
        self._rows = list(rows)
        self.is_complete = is_complete
        self.endResetModel()

    def set_recorded(self, meeting_ids: Iterable[str]) -> None:
        """Mark these meetings as recorded."""
        found = frozenset(meeting_ids)
        if found != self._recorded:
            self._recorded = found
            if self._rows:
                self.dataChanged.emit(self.index(0), self.index(len(self._rows) - 1))

    def append(self, rows: Sequence[Any], *, is_complete: bool) -> None:
        """Add the next page."""
        self.is_complete = is_complete
        if rows:
            first = len(self._rows)
            self.beginInsertRows(QModelIndex(), first, first + len(rows) - 1)
            self._rows.extend(rows)
            self.endInsertRows()

    def remove(self, meeting_id: str) -> None:
        """Take one meeting off the list."""
        for row, summary in enumerate(self._rows):
            if summary.id == meeting_id:
                self.beginRemoveRows(QModelIndex(), row, row)
                del self._rows[row]
                self.endRemoveRows()
                return

    def summary(self, row: int) -> Any:
        """The summary in a row."""
        return self._rows[row]

    @property
    def last_id(self) -> str | None:
        """The id from which the next page goes on."""
        return self._rows[-1].id if self._rows else None

    def row_of(self, meeting_id: str) -> int:
        """Where a meeting stands; -1 where it does not."""
        return next((i for i, row in enumerate(self._rows) if row.id == meeting_id), -1)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        summary = self._rows[index.row()]
        if role == SUMMARY_ROLE:
            return summary
        if role == RECORDED_ROLE:
            return summary.id in self._recorded
        if role == Qt.ItemDataRole.DisplayRole:
            return summary.title
        recorded = "with a recording" if summary.id in self._recorded else ""
        if role == Qt.ItemDataRole.AccessibleTextRole:
            when = f"{when_words(summary)}, {recorded}" if recorded else when_words(summary)
            return f"{summary.title}, {when}. {summary.snippet}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join(filter(None, (summary.title, when_words(summary), recorded)))
        return None
