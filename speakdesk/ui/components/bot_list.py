"""The bots of the desk, one row each, with what can be done to all of them."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from speakdesk.domain.clock import utc_now
from speakdesk.domain.launch import BotView, FloorPlace
from speakdesk.ui.components.bot_row import BotRow
from speakdesk.ui.face import Face
from speakdesk.ui.models.bots import BotsModel
from speakdesk.ui.widgets.basics import button, label

MOST_HEIGHT = 300
_EMPTY_HEIGHT = 58
_LEAST_HEIGHT = 112


def floor_holder(view: BotView, views: Iterable[BotView]) -> str:
    """The name of the other bot that has the floor of this one's meeting; empty for none."""
    if view.floor is not FloorPlace.WAITS:
        return ""
    place = (view.meeting.platform, view.meeting.meeting_id)
    for other in views:
        there = (other.meeting.platform, other.meeting.meeting_id)
        if other.is_live and other.floor is FloorPlace.HOLDS and there == place:
            return other.name
    return ""


class _Rows(QScrollArea):
    """Scrolls where there are more bots than fit."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        self.viewport().setAutoFillBackground(False)

    def setWidget(self, widget: QWidget) -> None:
        super().setWidget(widget)
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()

    def sizeHint(self) -> QSize:
        inner = self.widget()
        layout = inner.layout() if inner is not None else None
        height = 0
        if layout is not None:
            height = layout.totalSizeHint().height()
            if layout.hasHeightForWidth():
                height = layout.totalHeightForWidth(max(320, self.viewport().width()))
        return QSize(480, min(MOST_HEIGHT, height))

    def minimumSizeHint(self) -> QSize:
        return QSize(320, min(_LEAST_HEIGHT, self.sizeHint().height()))


class BotList(QWidget):
    """`chosen_changed` carries the id of the bot the panel is about."""

    chosen_changed = Signal(str)
    hush_asked = Signal(str)
    leave_asked = Signal(str)
    again_asked = Signal(str)
    clear_asked = Signal(str)
    pause_asked = Signal(str)
    resume_asked = Signal(str)
    chat_asked = Signal(str)
    details_asked = Signal(str)
    settings_asked = Signal()
    hush_all_asked = Signal()
    leave_all_asked = Signal()
    clear_all_asked = Signal()

    def __init__(self, face: Face, model: BotsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._face = face
        self._model = model
        self._rows: list[BotRow] = []
        self._chosen = ""
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(self._make_header())
        self._card = QFrame()
        self._card.setProperty("card", "true")
        inside_card = QVBoxLayout(self._card)
        inside_card.setContentsMargins(1, 5, 1, 5)
        self._scroll = _Rows()
        inside = QWidget()
        inside.setObjectName("inside")
        self._column = QVBoxLayout(inside)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._scroll.setWidget(inside)
        self._empty = label("Bots appear here. Choose a persona and press Launch.", tone="muted")
        self._empty.setMinimumHeight(_EMPTY_HEIGHT - 12)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        inside_card.addWidget(self._empty)
        inside_card.addWidget(self._scroll)
        column.addWidget(self._card)
        model.rowsInserted.connect(self._on_inserted)
        model.rowsRemoved.connect(self._on_removed)
        model.dataChanged.connect(self._on_changed)
        self._refit()

    def _make_header(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(label("BOTS", size="caption"))
        row.addStretch(1)
        self.clear_all = button("Clear finished", kind="quiet", tip="Take ended bots off this list")
        self.hush_all = button(
            "Hush all  Ctrl+.", kind="quiet", name="Hush all", tip="Silence every bot at once"
        )
        self.leave_all = button("Leave all", kind="quiet", tip="Every bot leaves its meeting")
        self.clear_all.clicked.connect(self.clear_all_asked)
        self.hush_all.clicked.connect(self.hush_all_asked)
        self.leave_all.clicked.connect(self.leave_all_asked)
        for made in (self.clear_all, self.hush_all, self.leave_all):
            row.addWidget(made)
        return row

    @property
    def rows(self) -> tuple[BotRow, ...]:
        """The rows on screen."""
        return tuple(self._rows)

    @property
    def chosen(self) -> str:
        """The bot the panel is about; empty for all."""
        return self._chosen

    def choose(self, bot_id: str) -> None:
        """Mark one bot; empty for none."""
        if bot_id == self._chosen:
            return
        self._chosen = bot_id
        for row in self._rows:
            row.set_chosen(row.view.bot_id == bot_id)
        # A row that has just come has no place yet.
        QTimer.singleShot(0, self, self._show_chosen)
        self.chosen_changed.emit(bot_id)

    def _show_chosen(self) -> None:
        for row in self._rows:
            if row.view.bot_id == self._chosen:
                self._scroll.ensureWidgetVisible(row, 0, 0)

    def tick(self) -> None:
        """Move the clocks of live bots."""
        now = utc_now()
        for row in self._rows:
            if row.view.is_live:
                row.tick(now)

    def sample(self) -> None:
        """Move the level meters."""
        for row in self._rows:
            if row.view.is_live:
                levels = self._face.desk.levels(row.view.bot_id)
                row.set_levels(levels.heard, levels.spoken)

    def _on_inserted(self, _parent: object, first: int, last: int) -> None:
        for place in range(first, last + 1):
            view = self._model.views[place]
            row = BotRow(self._face.look, view, self._abilities(view.provider))
            row.chosen.connect(self.choose)
            row.pause_asked.connect(self.pause_asked)
            row.resume_asked.connect(self.resume_asked)
            row.chat_asked.connect(self.chat_asked)
            row.details_asked.connect(self.details_asked)
            row.settings_asked.connect(self.settings_asked)
            row.hush_asked.connect(self.hush_asked)
            row.leave_asked.connect(self.leave_asked)
            row.again_asked.connect(self.again_asked)
            row.clear_asked.connect(self.clear_asked)
            row.moved.connect(self._on_moved)
            row.set_chosen(view.bot_id == self._chosen)
            self._rows.insert(place, row)
            self._column.insertWidget(place, row)
            row.show()
        self._on_changed()

    def _on_removed(self, _parent: object, first: int, last: int) -> None:
        for row in self._rows[first : last + 1]:
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        del self._rows[first : last + 1]
        if self._chosen and self._model.find(self._chosen) is None:
            self.choose("")
        self._refit()

    def _on_changed(self, *_place: object) -> None:
        now = utc_now()
        views = self._model.views
        for row, view in zip(self._rows, views, strict=True):
            holder = floor_holder(view, views)
            if row.view is not view or row.holder != holder:
                row.show_view(view, now, holder)
        self._refit()

    def _abilities(self, provider: str) -> frozenset[str]:
        found = (p.capabilities for p in self._face.desk.providers() if p.key == provider)
        return next(found, frozenset())

    def _on_moved(self, step: int) -> None:
        focused = next((i for i, row in enumerate(self._rows) if row.hasFocus()), None)
        if focused is None:
            return
        target = min(len(self._rows) - 1, max(0, focused + step))
        self._rows[target].setFocus(Qt.FocusReason.TabFocusReason)
        self.choose(self._rows[target].view.bot_id)
        self._scroll.ensureWidgetVisible(self._rows[target])

    def _refit(self) -> None:
        has_rows = bool(self._rows)
        live = bool(self._model.live)
        self._empty.setVisible(not has_rows)
        self._scroll.setVisible(has_rows)
        self.clear_all.setVisible(any(not row.view.is_live for row in self._rows))
        self.hush_all.setEnabled(live)
        self.leave_all.setEnabled(live)
        self._scroll.updateGeometry()
