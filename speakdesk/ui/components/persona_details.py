"""Everything about one persona of the library, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from html import escape
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QStackedWidget, QVBoxLayout, QWidget

from speakdesk.domain.persona import Persona
from speakdesk.ui.languages import language_name
from speakdesk.ui.models.persona_cards import BUNDLED, YOURS, VoiceLine, where_broken
from speakdesk.ui.models.personas import subtitle
from speakdesk.ui.personas.actions import EXPORTS, ExportChoice
from speakdesk.ui.personas.editor_preview import HarmlessBrowser
from speakdesk.ui.theme import Look
from speakdesk.ui.widgets.avatar import AvatarButton
from speakdesk.ui.widgets.basics import ElidedLabel, button, label
from speakdesk.ui.widgets.problem_note import ProblemNote
from speakdesk.ui.words import count

if TYPE_CHECKING:
    from speakdesk.app.personas.shelf import BrokenPersona

USE, TRY, EDIT, DUPLICATE, DELETE = "use", "try", "edit", "duplicate", "delete"
VOICE, PICTURE, FOLDER, PLAY = "voice", "picture", "folder", "play"
_PLACES = {YOURS: "Yours", BUNDLED: "Comes with SpeakDesk"}
_MOST_SHOWN = 6000
Ask = Callable[[str], None]
Export = Callable[[ExportChoice], None]


def fill_menu(menu: QMenu, persona: Persona, place: str, ask: Ask, export: Export) -> None:
    """What can be done with a persona, for the More button and for a right click."""
    menu.addAction("Use on the Desk").triggered.connect(lambda: ask(USE))
    menu.addAction("Try in the practice room").triggered.connect(lambda: ask(TRY))
    menu.addSeparator()
    words = "Edit…" if place == YOURS else "Edit a copy…"
    menu.addAction(words).triggered.connect(lambda: ask(EDIT))
    menu.addAction("Voice…").triggered.connect(lambda: ask(VOICE))
    menu.addAction("Picture…").triggered.connect(lambda: ask(PICTURE))
    menu.addAction("Duplicate").triggered.connect(lambda: ask(DUPLICATE))
    sub = menu.addMenu("Export as")
    for choice in EXPORTS:
        sub.addAction(choice.title).triggered.connect(partial(_export, export, choice))
    menu.addSeparator()
    folder = menu.addAction("Open folder")
    folder.triggered.connect(lambda: ask(FOLDER))
    folder.setEnabled(persona.folder is not None)
    delete = menu.addAction("Delete" if place == YOURS else f"Delete (not yours: {place.lower()})")
    delete.triggered.connect(lambda: ask(DELETE))
    delete.setEnabled(place == YOURS)


def _export(export: Export, choice: ExportChoice, _checked: bool = False) -> None:
    export(choice)


def details_html(persona: Persona, muted: str) -> str:
    """Everything about a persona; what its file says is shown as text, never as mark-up."""

    def section(title: str, body: str) -> str:
        heading = f'<p style="margin:14px 0 4px 0; color:{muted}; font-weight:600">{title}</p>'
        return heading + body

    def paragraphs(text: str) -> str:
        parts = (part for part in text.strip().split("\n\n") if part.strip())
        return "".join(
            f'<p style="margin:0 0 8px 0; line-height:130%">{lines(part)}</p>' for part in parts
        )

    def lines(text: str) -> str:
        return "<br>".join(escape(" ".join(line.split())) for line in text.strip().splitlines())

    def listed(items: Iterable[str]) -> str:
        rows = (f'<p style="margin:0 0 4px 0">•&nbsp; {escape(item)}</p>' for item in items)
        return "".join(rows)

    prompt = persona.prompt
    if len(prompt) > _MOST_SHOWN:
        prompt = f"{prompt[:_MOST_SHOWN].rstrip()}…\n\nThe editor shows all of it."
    files = [f"{k.name}, {count(len(k.text.split()), 'word')}" for k in persona.knowledge]
    parts = [
        section("Says first", paragraphs(f"“{persona.greeting}”")) if persona.greeting else "",
        section("Knows", listed(files) if files else paragraphs("No knowledge files.")),
        section("Characteristics", listed(persona.characteristics))
        if persona.characteristics
        else "",
        section("Tone of voice", listed(persona.voice_tone)) if persona.voice_tone else "",
        section("Prompt", paragraphs(prompt)),
    ]
    return "".join(parts)


class PersonaDetails(QFrame):
    """Emits `asked` with what the person wants done, `export_asked` with an ExportChoice, and
    `look_again_asked` for a folder that could not be read."""

    asked = Signal(str)
    export_asked = Signal(object)
    look_again_asked = Signal()

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._persona: Persona | None = None
        self._place = ""
        self.setProperty("card", "true")
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 16, 18, 16)
        self.stack = QStackedWidget()
        self.stack.addWidget(self._make_persona())
        self.stack.addWidget(self._make_broken())
        column.addWidget(self.stack)

    def _make_persona(self) -> QWidget:
        holder = QWidget()
        holder.setObjectName("transparent")
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        head = QHBoxLayout()
        head.setSpacing(14)
        self.picture = AvatarButton(self._look, 64)
        self.picture.setToolTip("Choose a picture")
        self.picture.clicked.connect(partial(self._ask, PICTURE))
        names = QVBoxLayout()
        names.setSpacing(1)
        self._name = ElidedLabel()
        self._name.inner.setProperty("type", "title")
        self._role = ElidedLabel(tone="muted")
        self._facts = ElidedLabel(tone="muted")
        self._facts.inner.setProperty("type", "small")
        for line in (self._name, self._role, self._facts):
            names.addWidget(line)
        head.addWidget(self.picture)
        head.addLayout(names, 1)
        column.addLayout(head)
        row = QHBoxLayout()
        row.setSpacing(8)
        self.use = button("Use", kind="primary", tip="Choose this persona and go to the Desk")
        self.try_it = button("Try", tip="Meet it in the practice room on this computer")
        self.edit = button("Edit", tip="Enter")
        self.more = button("More ▾", name="More about this persona")
        self.menu = QMenu(self.more)
        self.menu.aboutToShow.connect(self._fill_menu)
        self.more.setMenu(self.menu)
        for made, what in ((self.use, USE), (self.try_it, TRY), (self.edit, EDIT)):
            made.clicked.connect(partial(self._ask, what))
        for made in (self.use, self.try_it, self.edit, self.more):
            row.addWidget(made)
        row.addStretch(1)
        column.addLayout(row)
        column.addLayout(self._make_voice())
        self.trouble = ProblemNote("What is wrong with its voice")
        column.addWidget(self.trouble)
        self.body = HarmlessBrowser("About this persona")
        self.body.document().setDocumentMargin(0)
        column.addWidget(self.body, 1)
        return holder

    def _make_voice(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        self._voice = ElidedLabel(tone="muted")
        self.play = button("Play", kind="small", tip="Hear its greeting in its voice")
        self.play.clicked.connect(partial(self._ask, PLAY))
        self.voice = button("Voice…", kind="small", name="Choose another voice")
        self.voice.clicked.connect(partial(self._ask, VOICE))
        row.addWidget(self._voice, 1)
        for made in (self.play, self.voice):
            row.addWidget(made)
        return row

    def _make_broken(self) -> QWidget:
        holder = QWidget()
        holder.setObjectName("transparent")
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        self._broken_name = ElidedLabel()
        self._broken_name.inner.setProperty("type", "title")
        column.addWidget(self._broken_name)
        column.addWidget(
            label("This folder could not be read as a persona.", tone="bad", wrap=True)
        )
        self._broken_words = label(wrap=True, selectable=True)
        column.addWidget(self._broken_words)
        self._broken_folder = label(tone="muted", size="small", wrap=True, selectable=True)
        column.addWidget(self._broken_folder)
        row = QHBoxLayout()
        row.setSpacing(8)
        self.open_folder = button("Open folder", kind="primary")
        self.open_folder.clicked.connect(partial(self._ask, FOLDER))
        self.look_again = button("Read it again", tip="It is also read by itself once it changes")
        self.look_again.clicked.connect(self.look_again_asked)
        row.addWidget(self.open_folder)
        row.addWidget(self.look_again)
        row.addStretch(1)
        column.addLayout(row)
        column.addStretch(1)
        return holder

    # -- what is shown --------------------------------------------------------------------------

    def show_persona(self, persona: Persona, place: str, voice: VoiceLine) -> None:
        """Show this persona; the text stays where it was scrolled to while it is the same one."""
        is_same = self._persona is not None and self._persona.key == persona.key
        self._persona, self._place = persona, place
        self.stack.setCurrentIndex(0)
        self.picture.set_persona(persona.key, persona.name)
        self._name.set_text(persona.name)
        self._role.set_text(subtitle(persona))
        tools = persona.tools
        asked = "tools as set" if tools is None else f"tools: {', '.join(tools) or 'none'}"
        whose = _PLACES.get(place, place)
        words = (whose, asked, ", ".join(persona.tags))
        told = " · ".join(word for word in words if word)
        self._facts.set_text(told, f"{told}\n{language_name(persona.language)}, {persona.key}")
        self._voice.set_text(f"Speaks with {voice.words}" if voice.words else "No voice")
        self.trouble.show_problems(
            *((voice.problem,) if voice.problem is not None else ()), tone="attention"
        )
        at = self.body.verticalScrollBar().value() if is_same else 0
        self.body.setHtml(details_html(persona, self._look.theme.muted))
        self.body.verticalScrollBar().setValue(at)
        self.edit.setText("Edit" if place == YOURS else "Edit a copy")
        for made, verb in ((self.use, "Use"), (self.try_it, "Try"), (self.edit, "Edit")):
            made.setAccessibleName(f"{verb} {persona.name}")

    def show_broken(self, broken: BrokenPersona) -> None:
        """Show a folder that could not be read, and why."""
        self._persona = None
        self.stack.setCurrentIndex(1)
        self._broken_name.set_text(broken.key)
        where = f"{where_broken(broken)}: " if broken.line else ""
        self._broken_words.setText(f"{where}{broken.sentence}")
        self._broken_folder.setText(str(broken.folder))

    def set_playing(self, words: str) -> None:
        """What the Play button says now: Play, Stop."""
        self.play.setText(words)

    def _ask(self, what: str, _checked: bool = False) -> None:
        self.asked.emit(what)

    def _fill_menu(self) -> None:
        self.menu.clear()
        if self._persona is not None:
            export = self.export_asked.emit
            fill_menu(self.menu, self._persona, self._place, self.asked.emit, export)
