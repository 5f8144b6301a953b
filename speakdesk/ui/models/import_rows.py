"""What an import would do, one persona a row, each with a tick to leave it out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from speakdesk.app.personas.sharing import PersonaAction, PlannedPersona
from speakdesk.ui.words import count

PLANNED_ROLE = Qt.ItemDataRole.UserRole + 1
NOTE_ROLE = Qt.ItemDataRole.UserRole + 2
Index = QModelIndex | QPersistentModelIndex


def action_words(planned: PlannedPersona) -> str:
    """`new`, `changes README.md`, `changes 3 files`, `nothing new`."""
    if planned.action is PersonaAction.NEW:
        return "new"
    if planned.action is PersonaAction.SAME:
        return "nothing new, it is here already"
    names = planned.overwrites
    if not names:
        return "adds files to yours"
    return f"overwrites {names[0] if len(names) == 1 else count(len(names), 'file')} of yours"


class ImportRows(QAbstractListModel):
    """Emits `ticked` when a persona is left out or taken in."""

    ticked = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[PlannedPersona, ...] = ()
        self._left_out: set[int] = set()

    def set_rows(self, rows: Sequence[PlannedPersona]) -> None:
        """Show these; the ticks stay where the number of rows does."""
        if len(rows) == len(self._rows) and rows:
            self._rows = tuple(rows)
            self.dataChanged.emit(self.index(0), self.index(len(rows) - 1))
            return
        self.beginResetModel()
        self._rows = tuple(rows)
        self._left_out = {n for n, r in enumerate(rows) if r.action is PersonaAction.SAME}
        self.endResetModel()

    @property
    def rows(self) -> tuple[PlannedPersona, ...]:
        """All of them."""
        return self._rows

    def is_taken(self, row: int) -> bool:
        """True where the row is ticked."""
        return row not in self._left_out

    def taken(self) -> tuple[PlannedPersona, ...]:
        """The ticked ones."""
        return tuple(one for row, one in enumerate(self._rows) if self.is_taken(row))

    def doubles(self) -> tuple[str, ...]:
        """The keys that two ticked rows would have."""
        counts = Counter(one.key for one in self.taken())
        return tuple(key for key, number in counts.items() if number > 1)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._rows)

    def flags(self, index: Index) -> Qt.ItemFlag:
        return super().flags(index) | Qt.ItemFlag.ItemIsUserCheckable

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        one = self._rows[index.row()]
        if role == PLANNED_ROLE:
            return one
        if role == NOTE_ROLE:
            return action_words(one)
        if role == Qt.ItemDataRole.DisplayRole:
            return one.name
        if role == Qt.ItemDataRole.CheckStateRole:
            is_taken = self.is_taken(index.row())
            return Qt.CheckState.Checked if is_taken else Qt.CheckState.Unchecked
        if role == Qt.ItemDataRole.AccessibleTextRole:
            taken = "" if self.is_taken(index.row()) else ", left out"
            return f"{one.name}, key {one.key}, {action_words(one)}{taken}"
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if role != Qt.ItemDataRole.CheckStateRole or not index.isValid():
            return False
        if Qt.CheckState(value) == Qt.CheckState.Checked:
            self._left_out.discard(index.row())
        else:
            self._left_out.add(index.row())
        self.dataChanged.emit(index, index)
        self.ticked.emit()
        return True
