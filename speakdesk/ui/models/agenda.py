"""Coming events as a list model with a heading before each day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from speakdesk.app.calendar.agenda import AgendaEvent

ROW_ROLE = Qt.ItemDataRole.UserRole + 1
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class DayHeading:
    """The row above a day's events."""

    words: str


def day_words(day: date, today: date) -> str:
    """`Today, Friday 20 November`, `Monday 23 November`."""
    plain = f"{day:%A} {day.day} {day:%B}"
    if day == today:
        return f"Today, {plain}"
    return f"Tomorrow, {plain}" if day == today + timedelta(days=1) else plain


def time_words(entry: AgendaEvent) -> str:
    """`15:00`, or `all day`."""
    return "all day" if entry.event.is_all_day else f"{entry.start.astimezone():%H:%M}"


def span_words(entry: AgendaEvent) -> str:
    """`15:00 to 15:30`."""
    start, end = entry.start.astimezone(), entry.end.astimezone()
    if entry.event.is_all_day:
        return "all day"
    until = f"{end:%H:%M}" if end.date() == start.date() else f"{end.day} {end:%b}, {end:%H:%M}"
    return f"{start:%H:%M} to {until}"


def place_words(entry: AgendaEvent) -> str:
    """`Google Meet · Work · repeats`, or why no bot can go there."""
    parts = [entry.link.platform.label if entry.link is not None else entry.no_link.rstrip(".")]
    parts.append(entry.calendar_name)
    if entry.event.is_recurring:
        parts.append("repeats")
    return " · ".join(part for part in parts if part)


def bot_words(entry: AgendaEvent) -> str:
    """Who goes there: `Ada goes`, `Recorder records`, `a bot set elsewhere`; empty for nobody."""
    names = [bot.name for bot in entry.bots]
    parts = []
    if names:
        verb = "goes" if len(names) == 1 else "go"
        parts.append(f"{' and '.join(names)} {verb}")
    if entry.sent_name:
        parts.append(f"{entry.sent_name} records")
    elif entry.event.has_bot:
        parts.append("a bot set elsewhere")
    return ", ".join(parts)


class AgendaModel(QAbstractListModel):
    """Days and events, in the order of time."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[DayHeading | AgendaEvent] = []

    def set_events(self, events: Sequence[AgendaEvent], now: datetime) -> None:
        """Show these. Nothing is reset where only their words differ."""
        rows: list[DayHeading | AgendaEvent] = []
        today = now.astimezone().date()
        shown: date | None = None
        for entry in events:
            day = max(entry.start.astimezone().date(), today)
            if day != shown:
                rows.append(DayHeading(day_words(day, today)))
                shown = day
            rows.append(entry)
        if _shape(rows) == _shape(self._rows):
            self._rows = rows
            if rows:
                self.dataChanged.emit(self.index(0), self.index(len(rows) - 1))
            return
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def entry(self, row: int) -> AgendaEvent | None:
        """The event in a row; None for a heading."""
        found = self._rows[row] if 0 <= row < len(self._rows) else None
        return found if isinstance(found, AgendaEvent) else None

    def row_of(self, event_id: str) -> int:
        """Where an event stands; -1 where it does not."""
        for row, found in enumerate(self._rows):
            if isinstance(found, AgendaEvent) and found.event.event_id == event_id:
                return row
        return -1

    def first_row(self) -> int:
        """The row of the first event; -1 without any."""
        return next((i for i, r in enumerate(self._rows) if isinstance(r, AgendaEvent)), -1)

    @property
    def count(self) -> int:
        """How many events are shown."""
        return sum(isinstance(row, AgendaEvent) for row in self._rows)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._rows)

    def flags(self, index: Index) -> Qt.ItemFlag:
        if index.isValid() and isinstance(self._rows[index.row()], DayHeading):
            return Qt.ItemFlag.NoItemFlags
        return super().flags(index)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row = self._rows[index.row()]
        if role == ROW_ROLE:
            return row
        if isinstance(row, DayHeading):
            shown = (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole)
            return row.words if role in shown else None
        title = row.event.title or "(no title)"
        if role == Qt.ItemDataRole.DisplayRole:
            return title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(
                filter(None, (time_words(row), title, place_words(row), bot_words(row)))
            )
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join(
                filter(None, (title, span_words(row), place_words(row), bot_words(row)))
            )
        return None


def _shape(rows: Sequence[DayHeading | AgendaEvent]) -> list[str]:
    return [row.words if isinstance(row, DayHeading) else row.event.event_id for row in rows]
