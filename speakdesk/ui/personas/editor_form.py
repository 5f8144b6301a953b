"""The form: a tab for each section, with the count of what is wrong in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QScrollArea, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from speakdesk.app.personas.editing import PersonaEdit
from speakdesk.domain.persona import Persona
from speakdesk.ui.personas.editor_fields import Section
from speakdesk.ui.personas.editor_knowledge import KnowledgeSection
from speakdesk.ui.personas.editor_person import PersonSection
from speakdesk.ui.personas.editor_prompt import CharacterSection, PromptSection
from speakdesk.ui.personas.editor_talk import ServicesSection, TalkSection
from speakdesk.ui.personas.editor_voice import VoiceSection
from speakdesk.ui.theme import Look

SomeSection = TypeVar("SomeSection", bound=Section)


class PersonaForm(QWidget):
    """Emits `edited` where something was typed that `commit` is to put into the file."""

    edited = Signal()
    person: PersonSection
    prompt: PromptSection
    character: CharacterSection
    voice: VoiceSection
    knowledge: KnowledgeSection
    talk: TalkSection
    services: ServicesSection

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self.model = ""
        self.sections: tuple[Section, ...] = ()
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 4, 8, 8)
        column.setSpacing(0)
        self.tabs = QTabBar()
        self.tabs.setObjectName("panel")
        self.tabs.setExpanding(False)
        self.tabs.setDrawBase(False)
        self.tabs.setUsesScrollButtons(True)
        self.tabs.setAccessibleName("Parts of the persona")
        self.pages = QStackedWidget()
        self.tabs.currentChanged.connect(self.pages.setCurrentIndex)
        column.addWidget(self.tabs)
        column.addWidget(self.pages, 1)

    def build(self) -> Iterator[None]:
        """Make the sections; between two of them the window may answer."""
        self.person = self._add(PersonSection(self._look))
        yield
        self.prompt = self._add(PromptSection())
        yield
        self.character = self._add(CharacterSection())
        yield
        self.voice = self._add(VoiceSection())
        yield
        self.knowledge = self._add(KnowledgeSection())
        yield
        self.talk = self._add(TalkSection())
        yield
        self.services = self._add(ServicesSection())

    def _add(self, section: SomeSection) -> SomeSection:
        self.sections = (*self.sections, section)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.viewport().setAutoFillBackground(False)
        area.setWidget(section)
        self.pages.addWidget(area)
        self.tabs.addTab(section.title)
        section.edited.connect(lambda _place: self.edited.emit())
        return section

    @property
    def is_pending(self) -> bool:
        """True where something typed is not in the file's text yet."""
        return any(section.is_pending for section in self.sections)

    def load(self, persona: Persona) -> None:
        """Show a persona; what did not change is left alone."""
        for section in self.sections:
            section.load(persona)
        self._show_size(persona)

    def set_model(self, model: str, persona: Persona) -> None:
        """The language model that texts are measured for; empty for an unknown one."""
        self.model = model
        self._show_size(persona)

    def _show_size(self, persona: Persona) -> None:
        self.prompt.show_size(persona, self.model)
        self.knowledge.show_size(persona, self.model)

    def forget(self) -> None:
        """Be ready for another persona."""
        for section in self.sections:
            section.forget()
        self.tabs.setCurrentIndex(0)

    def commit(self, edit: PersonaEdit) -> dict[str, str]:
        """Put what was typed into the text; what cannot be, by place."""
        wrong: dict[str, str] = {}
        for section in self.sections:
            wrong |= section.commit(edit)
        return wrong

    def tell(self, problems: Mapping[str, str]) -> None:
        """Say beside each field what is wrong, and on the tabs how much."""
        for place, section in enumerate(self.sections):
            wrong = section.tell(dict(problems))
            words = f"{section.title} ({wrong})" if wrong else section.title
            if self.tabs.tabText(place) != words:
                self.tabs.setTabText(place, words)

    def show_place(self, place: str) -> bool:
        """Go to where a place is edited; False where the form has none."""
        for number, section in enumerate(self.sections):
            if section.show_place(place):
                self.tabs.setCurrentIndex(number)
                # Only what can be seen takes the focus.
                section.show_place(place)
                return True
        return False
