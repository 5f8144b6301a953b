"""A group of launch options: what was changed, what is wrong, and what cannot be used here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QLineEdit, QVBoxLayout, QWidget

from speakdesk.ui.widgets.field import Field


def _nothing_wrong() -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a group; `name` is the one of `app.option_limits`."""

    name: str
    field: Field
    is_changed: Callable[[], bool]
    reset: Callable[[], None]
    problem: Callable[[], str] = _nothing_wrong


class OptionGroup(QWidget):
    """Emits `changed` with every edit. An option that is barred counts as not set."""

    changed = Signal()

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("transparent")
        self.title = title
        self.options: dict[str, Option] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(8)
        for place in range(3):
            self._grid.setColumnStretch(place, 1)
            self._grid.setColumnMinimumWidth(place, 96)
        self._column.addLayout(self._grid)

    def add(self, option: Option, row: int, place: int, width: int = 1) -> Option:
        """Show an option at a place of the grid, which has three columns."""
        self.options[option.name] = option
        self._grid.addWidget(option.field, row, place, 1, width, Qt.AlignmentFlag.AlignTop)
        return option

    def bar(self, reasons: Mapping[str, str]) -> None:
        """Grey out what has a reason against it."""
        for name, option in self.options.items():
            option.field.set_barred(reasons.get(name, ""))
        self.check()

    def check(self) -> None:
        """Say beside each option what is wrong with it."""
        for option in self.options.values():
            option.field.set_problem("" if option.field.is_barred else option.problem())

    def is_free(self, name: str) -> bool:
        """True where the option can be used."""
        return not self.options[name].field.is_barred

    @property
    def change_count(self) -> int:
        """How many options differ from what they are by default."""
        return sum(
            not option.field.is_barred and option.is_changed() for option in self.options.values()
        )

    @property
    def problems(self) -> tuple[str, ...]:
        """`Caption: what is wrong`, for each wrong option."""
        found = []
        for option in self.options.values():
            if not option.field.is_barred and (problem := option.problem()):
                found.append(f"{option.field.caption}: {problem}")
        return tuple(found)

    def reset(self) -> None:
        """Every option as it is by default."""
        for option in self.options.values():
            option.reset()

    def _on_edit(self) -> None:
        self.check()
        self.changed.emit()

    def add_line(
        self,
        name: str,
        caption: str,
        row: int,
        place: int,
        *,
        width: int = 1,
        placeholder: str = "",
        hint: str = "",
        problem: Callable[[str], str] = lambda text: "",
        is_secret: bool = False,
    ) -> QLineEdit:
        """One line of text; empty by default."""
        line = QLineEdit()
        line.setPlaceholderText(placeholder)
        if is_secret:
            line.setEchoMode(QLineEdit.EchoMode.Password)
        option = Option(
            name,
            Field(caption, line, hint),
            is_changed=lambda: bool(line.text().strip()),
            reset=line.clear,
            problem=lambda: problem(line.text().strip()) if line.text().strip() else "",
        )
        self.add(option, row, place, width)
        line.textChanged.connect(self._on_edit)
        return line

    def add_choice(
        self,
        name: str,
        caption: str,
        row: int,
        place: int,
        choices: tuple[tuple[str, object], ...],
        hint: str = "",
        problem: Callable[[object], str] = lambda value: "",
    ) -> Choice:
        """One of several; the first by default, or what `set_default` says."""
        combo = Choice(choices)
        self.add(
            Option(
                name,
                Field(caption, combo, hint),
                is_changed=lambda: combo.is_changed,
                reset=combo.reset,
                problem=lambda: problem(combo.currentData()),
            ),
            row,
            place,
        )
        combo.currentIndexChanged.connect(self._on_edit)
        return combo

    def text_of(self, name: str, line: QLineEdit) -> str:
        """What was typed, or nothing where the option is barred."""
        return line.text().strip() if self.is_free(name) else ""


class Choice(QComboBox):
    """A combo that knows its default."""

    def __init__(self, choices: tuple[tuple[str, object], ...]) -> None:
        super().__init__()
        for words, value in choices:
            self.addItem(words, value)
        self._default = choices[0][1] if choices else None

    @property
    def is_changed(self) -> bool:
        """True where another than the default is chosen."""
        return bool(self.currentData() != self._default)

    def set_default(self, value: object) -> None:
        """Make this the default, and choose it where nothing else was."""
        was_changed = self.is_changed
        if self.findData(value) >= 0:
            self._default = value
            if not was_changed:
                self.reset()

    def reset(self) -> None:
        """Choose the default."""
        self.setCurrentIndex(max(0, self.findData(self._default)))
