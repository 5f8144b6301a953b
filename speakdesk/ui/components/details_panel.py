"""The Details tab: evidence with times, the provider's words, the plan and why, problems."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from speakdesk.app.offers import service_offers
from speakdesk.domain.aftermath import Cost
from speakdesk.domain.errors import SpeakDeskError
from speakdesk.domain.launch import BotView
from speakdesk.domain.speech import Role
from speakdesk.ui.components.bot_facts import Fact, Surrounding, facts_of
from speakdesk.ui.face import Face
from speakdesk.ui.widgets.basics import label
from speakdesk.ui.widgets.empty import EmptyNote


class DetailsPanel(QWidget):
    """Shows one bot; asks to choose one where none is."""

    def __init__(self, face: Face, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._face = face
        self._services = {o.key: o.name for role in Role for o in service_offers(role)}
        self._shape: list[tuple[str, bool]] = []
        self._values: list[QLabel] = []
        self._view: BotView | None = None
        self._public_url = ""
        self._costs: dict[str, Cost] = {}
        self._asked: set[str] = set()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setAccessibleName("Details of the bot")
        self._scroll.viewport().setAutoFillBackground(False)
        self._empty = EmptyNote(
            "Everything known about one bot appears here.", "Choose a bot above."
        )
        column.addWidget(self._scroll, 1)
        column.addWidget(self._empty, 1)
        self.show_bot(None)

    def show_bot(self, view: BotView | None) -> None:
        """Show this bot; the text stays selected where only values change."""
        self._view = view
        self._scroll.setVisible(view is not None)
        self._empty.setVisible(view is None)
        if view is None:
            return
        facts = facts_of(view, self._surrounding(view))
        shape = [(fact.name, fact.is_heading) for fact in facts]
        if shape != self._shape:
            self._build(facts)
            self._shape = shape
            return
        values = (fact.value for fact in facts if not fact.is_heading)
        for widget, value in zip(self._values, values, strict=True):
            if widget.text() != value:
                widget.setText(value)

    def _surrounding(self, view: BotView) -> Surrounding:
        desk = self._face.desk
        provider = next((p.name for p in desk.providers() if p.key == view.provider), view.provider)
        try:
            launch = desk.launch_of(view.bot_id)
        except SpeakDeskError:
            launch = None
        if not view.is_live and view.bot_id not in self._asked:
            self.look_up_cost(view)
        cost = self._costs.get(view.bot_id)
        return Surrounding(provider, self._services, self._public_url, launch, cost)

    def set_public_url(self, url: str) -> None:
        """Where meetings reach this desk now, empty for nowhere; only its host is shown."""
        self._public_url = url
        self.show_bot(self._view)

    def note_aftermath(self, meeting_id: str) -> None:
        """The provider told more of a meeting: what its bots cost may be among it."""
        view = self._view
        if view is not None and view.meeting_id == meeting_id:
            self.look_up_cost(view)

    def look_up_cost(self, view: BotView) -> None:
        """Ask the history what this bot cost; it is shown once it is known."""
        self._asked.add(view.bot_id)
        self._face.tasks.start(self._look_up(view), "cost of a bot", preempt=True)

    async def _look_up(self, view: BotView) -> None:
        try:
            record = await self._face.desk.history.meeting(view.meeting_id)
        except SpeakDeskError:
            # A meeting without a record has no cost to show.
            return
        found = record.after(view.bot_id)
        if found is not None and found.cost is not None:
            self._costs[view.bot_id] = found.cost
            self.show_bot(self._view)

    def _build(self, facts: list[Fact]) -> None:
        self._values = []
        inside = QWidget()
        inside.setObjectName("inside")
        grid = QGridLayout(inside)
        grid.setContentsMargins(4, 4, 12, 12)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(6)
        grid.setColumnMinimumWidth(0, 132)
        grid.setColumnStretch(1, 1)
        top = Qt.AlignmentFlag.AlignTop
        for row, fact in enumerate(facts):
            if fact.is_heading:
                heading = label(fact.name, strong=True)
                heading.setContentsMargins(0, 10 if row else 0, 0, 0)
                grid.addWidget(heading, row, 0, 1, 2)
                continue
            value = label(fact.value, wrap=True, selectable=True)
            value.setAccessibleName(fact.name)
            grid.addWidget(label(fact.name, tone="muted"), row, 0, top)
            grid.addWidget(value, row, 1, top)
            self._values.append(value)
        grid.setRowStretch(len(facts), 1)
        self._scroll.setWidget(inside)

    @property
    def text(self) -> str:
        """All values, for tests and screen readers."""
        return "\n".join(value.text() for value in self._values)
