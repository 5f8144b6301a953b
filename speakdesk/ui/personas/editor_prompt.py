"""The sections about what a persona is told to be: its prompt, its character, its tone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtWidgets import QHBoxLayout, QWidget

from speakdesk.app.personas.preview import prompt_count
from speakdesk.domain.persona import Persona
from speakdesk.domain.persona_size import size_of
from speakdesk.ui.personas.editor_fields import Bound, Section
from speakdesk.ui.personas.editor_list import ItemList
from speakdesk.ui.personas.editor_text import FileText
from speakdesk.ui.widgets.basics import label, set_tone


class PromptSection(Section):
    """The prompt with its count; headings inside it keep working."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Prompt", parent)
        self.text = FileText("Prompt")
        self.text.setPlaceholderText(
            "You are … Say who it is, what it does in a meeting, and what it must not do."
        )
        self.text.setMinimumHeight(220)
        self.column.addWidget(
            label(
                "Who it is and how it shall behave, as you would tell a new colleague.",
                tone="muted",
                size="small",
            )
        )
        self.column.addWidget(self.text, 1)
        self.count = label(tone="muted", size="small", wrap=True)
        self.problem = label(tone="bad", size="small", wrap=True)
        self.column.addWidget(self.count)
        self.column.addWidget(self.problem)
        self.bind(
            Bound(
                "prompt",
                self.text,
                lambda persona: persona.prompt,
                lambda: self.text.text,
                self.text.set_text,
                lambda edit, value: edit.set_prompt(value),
                self._tell,
            )
        )
        self._tell("")
        self.text.edited.connect(lambda _text: self.note("prompt"))

    def _tell(self, problem: str) -> None:
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))
        self.text.setAccessibleDescription(problem)

    def show_size(self, persona: Persona, model: str) -> None:
        """Say how long it is, measured by what this model is told."""
        self.count.setText(prompt_count(persona, model))
        is_long = bool(size_of(persona, model).prompt_left_out)
        set_tone(self.count, "attention" if is_long else "muted")


class CharacterSection(Section):
    """The two lists the model is told beside the prompt."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Character", parent)
        self.traits = ItemList("What it is like", "Calm and curious")
        self.tone = ItemList("How it sounds", "Warm, in short sentences")
        row = QHBoxLayout()
        row.setSpacing(24)
        row.addWidget(self.traits, 1)
        row.addWidget(self.tone, 1)
        self.column.addLayout(row, 1)
        self._bind("characteristics", self.traits, lambda persona: persona.characteristics)
        self._bind("voice", self.tone, lambda persona: persona.voice_tone)

    def _bind(self, place: str, items: ItemList, read: Callable[[Persona], Any]) -> None:
        self.bind(
            Bound(
                place,
                items.view,
                read,
                lambda: items.items,
                items.set_items,
                lambda edit, value: edit.set_items(place, value),
                items.set_problem,
            )
        )
        items.edited.connect(lambda: self.note(place))
