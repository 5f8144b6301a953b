"""What a form is made of: an editor bound to one place of a persona's file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QLineEdit, QVBoxLayout, QWidget

from speakdesk.app.personas.editing import PersonaEdit
from speakdesk.domain.errors import PersonaError
from speakdesk.domain.persona import Persona
from speakdesk.domain.persona_keys import ValueKind, find_key
from speakdesk.ui.personas.editor_text import UndoKeys
from speakdesk.ui.widgets.basics import label
from speakdesk.ui.widgets.field import Field

Write = Callable[[PersonaEdit, Any], None]
_NOTHING = object()


@dataclass(slots=True)
class Bound:
    """An editor and its place: `read` takes its value from a persona, `write` puts it back.

    `seen` is the value the persona had last; while it stays the same, the editor keeps what was
    typed, spaces at the end and all.
    """

    place: str
    editor: QWidget
    read: Callable[[Persona], Any]
    get: Callable[[], Any]
    put: Callable[[Any], None]
    write: Write
    tell: Callable[[str], None] = lambda problem: None
    seen: Any = field(default=_NOTHING)


def help_of(key: str) -> str:
    """What a metadata key means, and the numbers it may have."""
    known = find_key(key)
    if known is None:
        return ""
    if known.kind is ValueKind.NUMBER:
        return f"{known.help} {known.least:g} to {known.most:,g}."
    return known.help


def even_grid(columns: int) -> QGridLayout:
    """A grid with columns of the same width."""
    made = QGridLayout()
    made.setHorizontalSpacing(16)
    made.setVerticalSpacing(8)
    for place in range(columns):
        made.setColumnStretch(place, 1)
        made.setColumnMinimumWidth(place, 96)
    return made


class Section(QWidget):
    """A part of the form. Emits `edited` with a place; what was typed waits for `commit`."""

    edited = Signal(str)

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("inside")
        self.title = title
        self.bounds: dict[str, Bound] = {}
        self._pending: dict[str, None] = {}
        self._is_loading = False
        self._keys = UndoKeys(self)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(2, 12, 10, 12)
        self.column.setSpacing(12)

    # -- the persona ----------------------------------------------------------------------------

    def load(self, persona: Persona) -> None:
        """Show a persona; an editor whose value did not change is left alone."""
        self._is_loading = True
        try:
            for bound in self.bounds.values():
                value = bound.read(persona)
                if bound.place not in self._pending and value != bound.seen:
                    bound.seen = value
                    bound.put(value)
        finally:
            self._is_loading = False

    def forget(self) -> None:
        """Take the next persona as a new one: nothing is pending, nothing was seen."""
        self._pending.clear()
        for bound in self.bounds.values():
            bound.seen = _NOTHING
            bound.tell("")

    @property
    def is_pending(self) -> bool:
        """True where something was typed that `commit` has not put into the file yet."""
        return bool(self._pending)

    def commit(self, edit: PersonaEdit) -> dict[str, str]:
        """Put what was typed into the file's text; what cannot be put there, by place."""
        wrong: dict[str, str] = {}
        pending, self._pending = tuple(self._pending), {}
        for place in pending:
            bound = self.bounds[place]
            try:
                bound.write(edit, bound.get())
            except PersonaError as e:
                wrong[place] = f"{e.problem.sentence} {e.problem.next_step}"
            bound.seen = bound.read(edit.persona)
        return wrong

    def tell(self, problems: Mapping[str, str]) -> int:
        """Say beside each editor what is wrong; how many of them are."""
        for bound in self.bounds.values():
            bound.tell(problems.get(bound.place, ""))
        return sum(place in problems for place in self.bounds)

    def show_place(self, place: str) -> bool:
        """Put the focus on a place of this section; False where it has none."""
        bound = self.bounds.get(place)
        if bound is not None:
            bound.editor.setFocus()
        return bound is not None

    def note(self, place: str) -> None:
        """Something was typed at a place."""
        if not self._is_loading:
            self._pending[place] = None
            self.edited.emit(place)

    # -- making ---------------------------------------------------------------------------------

    def bind(self, bound: Bound) -> Bound:
        """Hold an editor that was made elsewhere."""
        self.bounds[bound.place] = bound
        return bound

    def grid(self, columns: int = 3) -> QGridLayout:
        """A grid with columns of the same width, below what is there already."""
        made = even_grid(columns)
        self.column.addLayout(made)
        return made

    def heading(self, words: str, detail: str = "") -> None:
        """A title for what follows."""
        self.column.addWidget(label(words, size="title"))
        if detail:
            self.column.addWidget(label(detail, tone="muted", size="small", wrap=True))

    def line(
        self,
        place: str,
        caption: str,
        *,
        read: Callable[[Persona], str] | None = None,
        write: Write | None = None,
        hint: str | None = None,
        placeholder: str = "",
    ) -> Field:
        """One line of text; by default the metadata value of that name."""
        editor = QLineEdit()
        editor.setPlaceholderText(placeholder)
        editor.installEventFilter(self._keys)
        made = Field(caption, editor, help_of(place) if hint is None else hint)
        editor.setToolTip(help_of(place) if hint is None else hint)

        def put(value: str) -> None:
            if editor.text() != value:
                cursor = editor.cursorPosition()
                editor.setText(value)
                editor.setCursorPosition(min(cursor, len(value)))

        self.bind(
            Bound(
                place,
                editor,
                read or (lambda persona: persona.meta(place)),
                editor.text,
                put,
                write or (lambda edit, value: edit.set_value(place, value)),
                made.set_problem,
            )
        )
        editor.textEdited.connect(lambda _text: self.note(place))
        return made

    def choice(
        self,
        place: str,
        caption: str,
        choices: Sequence[tuple[str, str]],
        *,
        hint: str | None = None,
        combo: QComboBox | None = None,
        plain: Callable[[str], str] = str.strip,
    ) -> Field:
        """One of several values; a value nobody knows is shown as it is.

        `plain` is how a value is spelled here: of several spellings the file may have.
        """
        editor = combo or QComboBox()
        for words, value in choices:
            editor.addItem(words, value)
        made = Field(caption, editor, help_of(place) if hint is None else hint)

        def put(value: str) -> None:
            at = editor.findData(value)
            if at < 0:
                editor.addItem(f"“{value}”", value)
                at = editor.count() - 1
            editor.setCurrentIndex(at)

        def write(edit: PersonaEdit, value: Any) -> None:
            if plain(edit.persona.meta(place)) != value:
                edit.set_value(place, str(value))

        self.bind(
            Bound(
                place,
                editor,
                lambda persona: plain(persona.meta(place)),
                editor.currentData,
                put,
                write,
                made.set_problem,
            )
        )
        editor.currentIndexChanged.connect(lambda _index: self.note(place))
        return made
