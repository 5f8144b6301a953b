"""The section about who a persona is: picture, name, key, language and how it is found."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from speakdesk.domain.persona import Persona
from speakdesk.domain.persona_keys import GENDERS
from speakdesk.ui.languages import language_name
from speakdesk.ui.personas.editor_fields import Section, even_grid
from speakdesk.ui.personas.editor_picture import PictureFace
from speakdesk.ui.theme import Look
from speakdesk.ui.widgets.basics import button, label, set_tone

_TAGS = (
    "en en-GB en-US de de-AT de-CH fr fr-CA es es-MX it pt pt-BR nl pl sv da nb fi cs sk hu ro el "
    "tr ru uk ja zh ko hi ar he id vi th"
)
_GENDERS = {"MALE": "Male", "FEMALE": "Female", "NON-BINARY": "Non-binary"}
YES_NO = (("Yes, as usual", ""), ("Yes", "yes"), ("No", "no"))


def languages() -> tuple[tuple[str, str], ...]:
    """Languages to choose from, by name."""
    return tuple(sorted((f"{language_name(tag)} ({tag})", tag) for tag in _TAGS.split()))


def yes_no(text: str) -> str:
    """`yes` or `no` for any spelling of them; anything else as it is."""
    lowered = text.strip().lower()
    if lowered in ("yes", "true", "on", "1"):
        return "yes"
    return "no" if lowered in ("no", "false", "off", "0") else text.strip()


class PersonSection(Section):
    """Emits `picture_asked`."""

    picture_asked = Signal()

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__("Person", parent)
        top = QHBoxLayout()
        top.setSpacing(20)
        top.addLayout(self._make_picture(look))
        grid = even_grid(3)
        top.addLayout(grid, 1)
        self.column.addLayout(top)
        self.name = self.line(
            "name",
            "Name",
            read=lambda persona: persona.name,
            write=lambda edit, value: edit.set_name(value),
            hint="What it is called in a meeting.",
        )
        self.key = self.line(
            "key",
            "Key",
            read=lambda persona: persona.key,
            write=lambda edit, value: edit.set_key(value.strip()),
            hint="Its folder's name: small letters, digits and _.",
        )
        grid.addWidget(self.name, 0, 0)
        grid.addWidget(self.key, 0, 1)
        grid.addWidget(self.line("role", "Role"), 0, 2)
        grid.addWidget(self.line("summary", "In one line"), 1, 0, 1, 3)
        grid.addWidget(
            self.choice("language_code", "Language", (("English, as usual", ""), *languages())),
            2,
            0,
        )
        grid.addWidget(
            self.choice(
                "gender",
                "Gender",
                (("Not said", ""), *((_GENDERS[g], g) for g in GENDERS)),
                plain=lambda text: text.strip().upper(),
            ),
            2,
            1,
        )
        grid.addWidget(self.line("skin_tone", "Skin tone"), 2, 2)
        grid.addWidget(self.line("tags", "Tags"), 3, 0)
        grid.addWidget(self.line("aliases", "Also answers to"), 3, 1)
        grid.addWidget(
            self.choice("discloses_ai", "Says that it is an AI", YES_NO, plain=yes_no), 3, 2
        )
        grid.addWidget(self.line("relevant_links", "Links"), 4, 0, 1, 3)
        self.column.addStretch(1)

    def _make_picture(self, look: Look) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(8)
        self.face = PictureFace(look, 112)
        self.picture = button(
            "Picture…", kind="small", tip="Draw one, choose a file, crop", name="Choose a picture"
        )
        self.picture.clicked.connect(self.picture_asked)
        self._note = label(tone="muted", size="small", wrap=True)
        self._note.setFixedWidth(128)
        column.addWidget(self.face)
        column.addWidget(self.picture)
        column.addWidget(self._note)
        column.addStretch(1)
        return column

    def set_picture_note(self, words: str, *, is_wrong: bool = False) -> None:
        """Say something about the picture."""
        self._note.setText(words)
        set_tone(self._note, "bad" if is_wrong else "muted")

    def begin(self) -> None:
        """Let the person type the name."""
        editor = self.name.editor
        editor.setFocus()
        if isinstance(editor, QLineEdit):
            editor.selectAll()

    def load(self, persona: Persona) -> None:
        super().load(persona)
        self.face.set_name(persona.name)
