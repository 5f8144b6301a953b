"""The Details tab: evidence with times, the provider's words, the plan and why, problems."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from speakdesk.app.offers import service_offers
from speakdesk.domain.bot import Evidence
from speakdesk.domain.errors import Problem
from speakdesk.domain.launch import BotView
from speakdesk.domain.speech import Role, ServiceChoice
from speakdesk.ui.face import Face
from speakdesk.ui.widgets.basics import label
from speakdesk.ui.widgets.empty import EmptyNote
from speakdesk.ui.words import EVIDENCE_WORDS, local_day, local_time


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the details; a heading has no value."""

    name: str
    value: str = ""
    is_heading: bool = False


def facts_of(view: BotView, platform_words: str, services: Mapping[str, str]) -> list[Fact]:
    """Everything the desk knows about a bot, in the order to read it."""
    facts = [Fact("What is proven", is_heading=True)]
    marks = {mark.evidence: mark for mark in view.marks}
    for evidence in Evidence:
        mark = marks.get(evidence)
        if mark is None:
            words = "not yet"
        else:
            detail = f" — {mark.detail}" if mark.detail else ""
            words = f"✓ {local_time(mark.at)}{detail}"
        facts.append(Fact(EVIDENCE_WORDS[evidence].capitalize(), words))
    facts.append(Fact("The meeting", is_heading=True))
    facts += [
        Fact("Meeting", view.meeting.display),
        Fact("Provider", platform_words),
        Fact("Provider's status", view.provider_status or "nothing said yet"),
        Fact("State", f"{view.state.value.replace('_', ' ')} since {local_time(view.since)}"),
        Fact("Launched", local_day(view.created)),
    ]
    if view.cause:
        facts.append(Fact("Why it ended", view.cause))
    facts.append(Fact("The voice", is_heading=True))
    facts += [
        Fact("Hears with", _service(view.plan.stt, services)),
        Fact("Thinks with", _service(view.plan.llm, services)),
        Fact("Speaks with", _service(view.plan.tts, services)),
        Fact("Lines", str(view.line_count)),
    ]
    problems = ([view.problem] if view.problem is not None else []) + list(view.troubles)
    if problems:
        facts.append(Fact("Problems", is_heading=True))
        facts += [Fact(problem.stage.value.capitalize(), _problem(problem)) for problem in problems]
    facts.append(Fact("Ids", is_heading=True))
    facts += [
        Fact("Bot", view.bot_id),
        Fact("Provider's bot", view.provider_bot_id or "none yet"),
        Fact("Meeting record", view.meeting_id),
        Fact("Persona", view.persona),
    ]
    return facts


def _service(choice: ServiceChoice, services: Mapping[str, str]) -> str:
    name = services.get(choice.key, choice.key)
    parts = [part for part in (name, choice.model, choice.voice) if part]
    why = f" — {choice.why}" if choice.why else ""
    return " · ".join(parts) + why


def _problem(problem: Problem) -> str:
    said = f" They said: “{problem.vendor_words}”" if problem.vendor_words else ""
    return f"{problem.sentence} {problem.next_step}{said}".strip()


class DetailsPanel(QWidget):
    """Shows one bot; asks to choose one where none is."""

    def __init__(self, face: Face, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._face = face
        self._services = {o.key: o.name for role in Role for o in service_offers(role)}
        self._shape: list[tuple[str, bool]] = []
        self._values: list[QLabel] = []
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
        self._scroll.setVisible(view is not None)
        self._empty.setVisible(view is None)
        if view is None:
            return
        provider = next(
            (p.name for p in self._face.desk.providers() if p.key == view.provider), view.provider
        )
        facts = facts_of(view, provider, self._services)
        shape = [(fact.name, fact.is_heading) for fact in facts]
        if shape != self._shape:
            self._build(facts)
            self._shape = shape
            return
        values = (fact.value for fact in facts if not fact.is_heading)
        for widget, value in zip(self._values, values, strict=True):
            if widget.text() != value:
                widget.setText(value)

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
