"""The Details tab: evidence with times, the provider's words, the plan and why, problems."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from speakdesk.app.offers import service_offers
from speakdesk.domain.aftermath import Cost
from speakdesk.domain.errors import SpeakDeskError
from speakdesk.domain.launch import BotView
from speakdesk.domain.speech import Role
from speakdesk.ui.components.bot_facts import Surrounding, facts_of
from speakdesk.ui.face import Face
from speakdesk.ui.widgets.empty import EmptyNote
from speakdesk.ui.widgets.fact_grid import FactGrid


class DetailsPanel(QWidget):
    """Shows one bot; asks to choose one where none is."""

    def __init__(self, face: Face, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._face = face
        self._services = {o.key: o.name for role in Role for o in service_offers(role)}
        self._view: BotView | None = None
        self._public_url = ""
        self._costs: dict[str, Cost] = {}
        self._asked: set[str] = set()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        self._facts = FactGrid("Details of the bot")
        self._empty = EmptyNote(
            "Everything known about one bot appears here.", "Choose a bot above."
        )
        column.addWidget(self._facts, 1)
        column.addWidget(self._empty, 1)
        self.show_bot(None)

    def show_bot(self, view: BotView | None) -> None:
        """Show this bot; the text stays selected where only values change."""
        self._view = view
        self._facts.setVisible(view is not None)
        self._empty.setVisible(view is None)
        if view is None:
            return
        self._facts.show_facts(facts_of(view, self._surrounding(view)))

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

    @property
    def text(self) -> str:
        """All that is shown, for tests and screen readers."""
        return self._facts.text
