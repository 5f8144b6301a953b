"""Launch options about the bots themselves: names, picture, a message into the chat."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtWidgets import QGridLayout, QLineEdit, QWidget

from speakdesk.domain.persona import Persona
from speakdesk.ui.components.options.group import OptionGroup
from speakdesk.ui.components.options.typed import address_problem, message_problem, name_problem
from speakdesk.ui.widgets.field import Field


class BotOptions(OptionGroup):
    """One line for the name of each chosen persona; what was typed survives another choice."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Bots", parent)
        self._typed: dict[str, str] = {}
        self._personas: tuple[Persona, ...] = ()
        self._reasons: Mapping[str, str] = {}
        self.names: dict[str, QLineEdit] = {}
        self._fields: dict[str, Field] = {}
        self._names = QGridLayout()
        self._names.setHorizontalSpacing(12)
        self._names.setVerticalSpacing(8)
        for place in range(3):
            self._names.setColumnStretch(place, 1)
            self._names.setColumnMinimumWidth(place, 96)
        self._column.insertLayout(0, self._names)
        self.picture = self.add_line(
            "picture_url",
            "Picture",
            0,
            0,
            placeholder="https://… (JPEG or PNG)",
            hint="A public address; empty: each persona's",
            problem=address_problem,
        )
        self.message = self.add_line(
            "entry_message",
            "Chat message on arrival",
            0,
            1,
            width=2,
            placeholder="Nothing is written into the meeting's chat",
            problem=message_problem,
        )

    def set_personas(self, personas: tuple[Persona, ...]) -> None:
        """Show a line for each of these."""
        if [p.key for p in personas] == [p.key for p in self._personas] and self.names:
            return
        self._personas = personas
        while (item := self._names.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        self.names.clear()
        self._fields.clear()
        for number, persona in enumerate(personas):
            line = QLineEdit(self._typed.get(persona.key, ""))
            line.setPlaceholderText(persona.name)
            field = Field(f"Name of {persona.name}" if len(personas) > 1 else "Name", line)
            line.textChanged.connect(lambda text, k=persona.key: self._on_name(k, text))
            self._names.addWidget(field, number // 3, number % 3)
            self.names[persona.key] = line
            self._fields[persona.key] = field
        self.check()

    def _on_name(self, key: str, text: str) -> None:
        self._typed[key] = text
        self._on_edit()

    def check(self) -> None:
        super().check()
        for key, field in self._fields.items():
            field.set_problem(name_problem(self.names[key].text().strip()))

    @property
    def change_count(self) -> int:
        return super().change_count + sum(bool(e.text().strip()) for e in self.names.values())

    @property
    def problems(self) -> tuple[str, ...]:
        wrong = tuple(
            f"{field.caption}: {problem}"
            for key, field in self._fields.items()
            if (problem := name_problem(self.names[key].text().strip()))
        )
        return wrong + super().problems

    def reset(self) -> None:
        super().reset()
        self._typed.clear()
        for line in self.names.values():
            line.clear()

    @property
    def chosen_names(self) -> tuple[str, ...]:
        """The names in the personas' order, empty where the persona's stands; () for none."""
        names = tuple(line.text().strip() for line in self.names.values())
        return names if any(names) else ()

    @property
    def picture_url(self) -> str:
        """The picture for all, or nothing."""
        return self.text_of("picture_url", self.picture)

    @property
    def entry_message(self) -> str:
        """What is written into the chat on arrival."""
        return self.text_of("entry_message", self.message)
