"""A bare prompt instead of a persona: a temporary one for a single launch, never saved."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from speakdesk.domain.persona import Persona, temporary_persona
from speakdesk.ui.dialogs.ask import answer_of
from speakdesk.ui.widgets.basics import button, label, set_tone
from speakdesk.ui.widgets.field import Field


class Way(Protocol):
    """Where the launch would go: the launch card."""

    @property
    def where(self) -> str: ...

    def obstacle_for(self, persona: Persona) -> str: ...


async def prompt_dialog(way: Way, parent: QWidget | None = None) -> Persona | None:
    """A temporary persona to launch that `way`; None where the person gave up."""
    dialog = PromptDialog(way, parent or QApplication.activeWindow())
    code = await answer_of(dialog)
    return dialog.persona() if code == QDialog.DialogCode.Accepted else None


class PromptDialog(QDialog):
    """The prompt, and what a bot needs besides."""

    def __init__(self, way: Way, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._way = way
        self.setWindowTitle("Launch from a prompt")
        self.setModal(True)
        self.resize(600, 540)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 18)
        column.setSpacing(10)
        column.addWidget(label("Launch from a prompt", size="title"))
        column.addWidget(
            label(
                "One bot with nothing but these instructions. It is not kept as a persona.",
                tone="muted",
                wrap=True,
            )
        )
        self.prompt = QPlainTextEdit()
        self.prompt.setPlaceholderText("You are Ada, a calm facilitator. You …")
        self.prompt.setAccessibleName("Prompt")
        self.prompt.setTabChangesFocus(True)
        self.prompt.textChanged.connect(self._refresh)
        column.addWidget(self.prompt, 1)
        row = QHBoxLayout()
        row.setSpacing(12)
        self.name = QLineEdit()
        self.name.textChanged.connect(self._refresh)
        self.name_field = Field("Name in the meeting", self.name)
        self.language = QLineEdit()
        self.language.setPlaceholderText("en")
        self.language.setMaximumWidth(120)
        row.addWidget(self.name_field, 2)
        row.addWidget(Field("Language", self.language, "such as en, de"), 1)
        column.addLayout(row)
        self.greeting = QLineEdit()
        column.addWidget(Field("Says first", self.greeting, "empty: it waits to be spoken to"))
        self.where = label(tone="muted", wrap=True, selectable=True)
        self.where.setAccessibleName("Where it goes")
        column.addWidget(self.where)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        self.cancel = button("Cancel")
        self.go = button("Launch", kind="primary")
        self.cancel.clicked.connect(self.reject)
        self.go.clicked.connect(self.accept)
        buttons.addStretch(1)
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.go)
        column.addLayout(buttons)
        self._refresh()

    def persona(self) -> Persona:
        """What was typed, as a persona of this one launch."""
        return temporary_persona(
            self.prompt.toPlainText(),
            self.name.text(),
            language_code=self.language.text().strip(),
            greeting=" ".join(self.greeting.text().split()),
        )

    def _refresh(self) -> None:
        persona = self.persona()
        obstacle = self._way.obstacle_for(persona)
        where = self._way.where
        self.where.setText(obstacle or f"It goes {where}, with the options chosen on the Desk.")
        set_tone(self.where, "bad" if obstacle else "muted")
        self.go.setEnabled(bool(persona.prompt) and not obstacle)
        taken = persona.name
        self.name_field.set_hint("" if self.name.text().strip() else f"{taken}, if you leave it")
