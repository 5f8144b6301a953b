"""A list of things that are each told in two lines and a status: calendars, scheduled bots."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

ENTRY_ROLE = Qt.ItemDataRole.UserRole + 1
Index = QModelIndex | QPersistentModelIndex
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Entry:
    """What one row shows. `tone` (good, attention, bad, muted) belongs to `status`."""

    title: str
    detail: str
    status: str = ""
    tone: str = "muted"
    tip: str = ""


class EntriesModel(QAbstractListModel, Generic[T]):
    """`key` tells one thing from the others, `words` what to show of it."""

    def __init__(
        self,
        key: Callable[[T], str],
        words: Callable[[T], Entry],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._key = key
        self._words = words
        self._items: list[T] = []
        self._entries: list[Entry] = []

    def set_items(self, items: Sequence[T]) -> None:
        """Show these; nothing is reset where only their words differ."""
        same = [self._key(i) for i in items] == [self._key(i) for i in self._items]
        if same:
            self._items = list(items)
            self.retell()
            return
        self.beginResetModel()
        self._items = list(items)
        self._entries = [self._words(item) for item in self._items]
        self.endResetModel()

    def retell(self) -> None:
        """Work the words out again: time has passed."""
        self._entries = [self._words(item) for item in self._items]
        if self._items:
            self.dataChanged.emit(self.index(0), self.index(len(self._items) - 1))

    def item(self, row: int) -> T | None:
        """The thing in a row."""
        return self._items[row] if 0 <= row < len(self._items) else None

    def row_of(self, key: str) -> int:
        """Where a thing stands; -1 where it does not."""
        return next((i for i, item in enumerate(self._items) if self._key(item) == key), -1)

    @property
    def items(self) -> tuple[T, ...]:
        """All of them."""
        return tuple(self._items)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._items)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        entry = self._entries[index.row()]
        if role == ENTRY_ROLE:
            return entry
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(filter(None, (entry.title, entry.detail, entry.status)))
        if role == Qt.ItemDataRole.ToolTipRole:
            lines = (entry.title, entry.detail, entry.status, entry.tip)
            return "\n".join(filter(None, lines))
        return None
