"""The bots as a list model: one row a bot, replaced when its view changes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from speakdesk.domain.launch import BotView

VIEW_ROLE = Qt.ItemDataRole.UserRole + 1
Index = QModelIndex | QPersistentModelIndex


class BotsModel(QAbstractListModel):
    """The desk's bots, newest last, without the finished ones a person has cleared away."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._views: list[BotView] = []
        self._cleared: set[str] = set()

    def sync(self, views: Iterable[BotView]) -> None:
        """Make the rows these views, in this order; only what differs is reported."""
        wanted = [view for view in views if view.bot_id not in self._cleared]
        keep = {view.bot_id for view in wanted}
        for row in range(len(self._views) - 1, -1, -1):
            if self._views[row].bot_id not in keep:
                self.beginRemoveRows(QModelIndex(), row, row)
                del self._views[row]
                self.endRemoveRows()
        for row, view in enumerate(wanted):
            if row < len(self._views) and self._views[row].bot_id == view.bot_id:
                if self._views[row] is not view:
                    self._views[row] = view
                    self.dataChanged.emit(self.index(row), self.index(row))
            else:
                self.beginInsertRows(QModelIndex(), row, row)
                self._views.insert(row, view)
                self.endInsertRows()

    def clear_finished(self) -> None:
        """Take bots in a final state off the list."""
        self._cleared.update(view.bot_id for view in self._views if not view.is_live)
        self.sync(list(self._views))

    def clear(self, bot_id: str) -> None:
        """Take one finished bot off the list."""
        self._cleared.add(bot_id)
        self.sync(list(self._views))

    @property
    def views(self) -> tuple[BotView, ...]:
        """The rows."""
        return tuple(self._views)

    @property
    def live(self) -> tuple[BotView, ...]:
        """The bots that have not reached a final state."""
        return tuple(view for view in self._views if view.is_live)

    def find(self, bot_id: str) -> BotView | None:
        """The row of that bot, where it is shown."""
        return next((view for view in self._views if view.bot_id == bot_id), None)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._views)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        view = self._views[index.row()]
        if role == VIEW_ROLE:
            return view
        if role == Qt.ItemDataRole.DisplayRole:
            return view.name
        return None
