"""The Personas page: the whole library as cards, everything about the one chosen, the editor."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRectF, Qt, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QShortcut,
    QShowEvent,
)
from PySide6.QtWidgets import QHBoxLayout, QMenu, QStackedWidget, QVBoxLayout, QWidget

from speakdesk.domain.errors import SpeakDeskError
from speakdesk.domain.events import Event, SettingsChanged
from speakdesk.domain.persona import Persona
from speakdesk.ui.components import persona_details as wanted
from speakdesk.ui.components.persona_details import PersonaDetails, fill_menu
from speakdesk.ui.components.persona_filters import PersonaFilters
from speakdesk.ui.face import Face
from speakdesk.ui.models.persona_cards import BROKEN_ROLE, CardFilter, PersonaCards
from speakdesk.ui.models.personas import PERSONA_ROLE, PersonasModel
from speakdesk.ui.personas.actions import ExportChoice, PersonaActions
from speakdesk.ui.personas.voice_words import voice_line
from speakdesk.ui.sample_player import SamplePlayer
from speakdesk.ui.theme import Look
from speakdesk.ui.widgets.card_view import CardView
from speakdesk.ui.widgets.empty import EmptyNote
from speakdesk.ui.widgets.undo_bar import UndoBar
from speakdesk.ui.words import local_day

if TYPE_CHECKING:
    from speakdesk.app.personas.shelf import BrokenPersona
    from speakdesk.ui.personas.editor import PersonaEditor

_LIBRARY, _EDITOR = 0, 1
_MOST_DELETED = 15
_HEAR = "play a persona's voice"


class _DropHere(QWidget):
    """Lies over the page while something that can be taken in hangs above it."""

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self._look = look
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setVisible(False)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground = self._look.color("background")
        ground.setAlpha(225)
        painter.fillRect(self.rect(), ground)
        painter.setPen(QPen(self._look.color("accent"), 2, Qt.PenStyle.DashLine))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(20, 20, -20, -20), 12, 12)
        painter.setFont(self._look.font(3))
        painter.setPen(self._look.color("text"))
        words = "Drop it to see what is in it. Nothing is written before you say so."
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, words)
        painter.end()


class PersonasPage(QWidget):
    """Emits `used` with a persona's key, and `tried` with a persona, saved or not."""

    used = Signal(str)
    tried = Signal(object)

    def __init__(self, face: Face, shared: PersonasModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._face = face
        self._shared = shared
        self._editor: PersonaEditor | None = None
        self._wished = ""
        self.setAcceptDrops(True)
        self.model = PersonaCards(partial(voice_line, face), face.desk.personas.is_own, self)
        self.deeds = PersonaActions(face, self)
        self.player = SamplePlayer(face, self)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        self.stack = QStackedWidget()
        outer.addWidget(self.stack)
        self.library = self._make_library()
        self.stack.addWidget(self.library)
        self._drop = _DropHere(face.look, self)
        self._connect()
        self.load()
        face.tasks.start(self._mark_unsaved(), "mark unsaved personas", preempt=True)

    def _make_library(self) -> QWidget:
        holder = QWidget()
        holder.setObjectName("page")
        column = QVBoxLayout(holder)
        column.setContentsMargins(20, 16, 20, 18)
        column.setSpacing(12)
        self.filters = PersonaFilters(self._face.look)
        column.addWidget(self.filters)
        row = QHBoxLayout()
        row.setSpacing(4)
        self.cards = CardView(self._face.look)
        self.cards.setModel(self.model)
        self._empty = EmptyNote("", "")
        self.details = PersonaDetails(self._face.look)
        self.details.setMinimumWidth(360)
        self.details.setMaximumWidth(440)
        row.addWidget(self.cards, 1)
        row.addWidget(self._empty, 1)
        row.addWidget(self.details)
        column.addLayout(row, 1)
        self.undo = UndoBar()
        column.addWidget(self.undo)
        return holder

    def _connect(self) -> None:
        filters, cards, details, actions = self.filters, self.cards, self.details, self.deeds
        filters.changed.connect(self._on_filter)
        filters.new_asked.connect(actions.new)
        filters.describe_asked.connect(actions.describe)
        filters.import_asked.connect(actions.ask_import)
        filters.folder_asked.connect(actions.ask_import_folder)
        self._face.tasks.connect(filters.deleted_asked, self._show_deleted, "list deleted personas")
        cards.opened.connect(lambda: self._on_asked(wanted.EDIT))
        cards.delete_pressed.connect(lambda: self._on_asked(wanted.DELETE))
        cards.copy_pressed.connect(lambda: self._on_asked(wanted.DUPLICATE))
        cards.menu_asked.connect(self._on_menu)
        cards.selectionModel().currentChanged.connect(lambda *_: self._on_current())
        details.asked.connect(self._on_asked)
        details.export_asked.connect(self._on_export)
        details.look_again_asked.connect(actions.look_again)
        actions.told.connect(self.undo.tell)
        actions.chosen.connect(self.choose)
        actions.edit_asked.connect(self.edit)
        self.player.changed.connect(self._on_player)
        self._face.look.changed.connect(self._on_current)
        self._shared.modelReset.connect(self.load)
        for keys, act in (
            (QKeySequence(QKeySequence.StandardKey.Find), self._find),
            (QKeySequence(QKeySequence.StandardKey.New), actions.new),
            (QKeySequence(QKeySequence.StandardKey.Refresh), actions.look_again),
        ):
            made = QShortcut(keys, self.library)
            made.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            made.activated.connect(act)

    def _find(self) -> None:
        self.filters.words.setFocus()
        self.filters.words.selectAll()

    # -- what is shown --------------------------------------------------------------------------

    def load(self) -> None:
        """Show the library as it is now, keeping the chosen card and the place."""
        key = self._current_key()
        at = self.cards.verticalScrollBar().value()
        self.model.set_library(self._shared.personas, self._face.desk.personas.broken())
        self.filters.offer(self.model)
        self._select(self._wished or key)
        self.cards.verticalScrollBar().setValue(at)
        if self._wished and self._wished == self._current_key():
            self.cards.scrollTo(self.cards.currentIndex())
            self._wished = ""

    def choose(self, key: str) -> None:
        """Show the card of this persona, now or as soon as it is there."""
        if self.model.row_of(key) < 0 and not self.model.filter.is_open:
            self.filters.clear()
        if self.model.row_of(key) < 0:
            self._wished = key
            return
        self._select(key)
        self.cards.scrollTo(self.cards.currentIndex())

    def _on_filter(self, chosen: CardFilter) -> None:
        key = self._current_key()
        self.model.set_filter(chosen)
        self.filters.tell_number(self.model)
        self._select(key)

    def _select(self, key: str) -> None:
        has_any = self.model.rowCount() > 0
        self.cards.setVisible(has_any)
        self.details.setVisible(has_any)
        self._empty.setVisible(not has_any)
        if has_any:
            self.cards.setCurrentIndex(self.model.index(max(0, self.model.row_of(key))))
            self._on_current()
        elif self.model.total:
            self._empty.set_words("No persona matches.", "Clear the search to see all of them.")
        else:
            self._empty.set_words(
                "Your personas appear here.",
                "Choose New persona, drop a folder, a zip or a character card on this page, or "
                "add a folder in Settings.",
            )

    def _current_key(self) -> str:
        one = self.persona or self.broken
        return one.key if one is not None else ""

    @property
    def persona(self) -> Persona | None:
        """The persona of the chosen card."""
        found = self.cards.currentIndex().data(PERSONA_ROLE)
        return found if isinstance(found, Persona) else None

    @property
    def broken(self) -> BrokenPersona | None:
        """The folder of the chosen card, where it could not be read."""
        found: BrokenPersona | None = self.cards.currentIndex().data(BROKEN_ROLE)
        return found

    def _on_current(self) -> None:
        persona, broken = self.persona, self.broken
        if persona is not None:
            self.details.show_persona(
                persona, self.model.place_of(persona), self.model.voice_of(persona)
            )
        elif broken is not None:
            self.details.show_broken(broken)

    def apply(self, events: Iterable[Event]) -> None:
        """Take a batch of events; the library itself comes with the Desk page's model."""
        if any(isinstance(event, SettingsChanged) for event in events):
            self.model.forget_voices()
            self._on_current()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.model.forget_voices()
        self._on_current()

    # -- what the person asks -------------------------------------------------------------------

    def _on_asked(self, what: str) -> None:
        persona, actions = self.persona, self.deeds
        if what == wanted.FOLDER:
            one = persona or self.broken
            actions.open_folder(one.folder if one is not None else None)
        if persona is None:
            return
        if what == wanted.USE:
            self.used.emit(persona.key)
        elif what == wanted.TRY:
            self.tried.emit(persona)
        elif what == wanted.EDIT:
            self.edit(persona)
        elif what == wanted.DUPLICATE:
            actions.duplicate(persona)
        elif what == wanted.DELETE:
            self._delete(persona)
        elif what == wanted.VOICE:
            actions.choose_voice(persona)
        elif what == wanted.PICTURE:
            actions.choose_picture(persona)
        elif what == wanted.PLAY:
            self._hear(persona)

    def _delete(self, persona: Persona) -> None:
        if self._face.desk.personas.is_own(persona):
            self.deeds.delete(persona)
        else:
            self.undo.tell(f"{persona.name} is not yours, so it cannot be deleted here.")

    def _on_export(self, choice: ExportChoice) -> None:
        if (persona := self.persona) is not None:
            self.deeds.export(persona, choice)

    def _on_menu(self, at: QPoint) -> None:
        persona = self.persona
        if persona is None:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        fill_menu(menu, persona, self.model.place_of(persona), self._on_asked, self._on_export)
        menu.popup(at)

    async def _show_deleted(self) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        found = await self._face.desk.personas.deleted()
        for entry in found[:_MOST_DELETED]:
            words = f"{entry.name} ({entry.key}), {local_day(entry.deleted)}"
            act = menu.addAction(words)
            act.triggered.connect(partial(self._restore, entry.id))
        if not found:
            menu.addAction("Nothing was deleted.").setEnabled(False)
        below = self.filters.new.mapToGlobal(QPoint(0, self.filters.new.height()))
        menu.popup(below)

    def _restore(self, entry_id: str, _checked: bool = False) -> None:
        self.deeds.start_restore(entry_id)

    # -- hearing --------------------------------------------------------------------------------

    def _hear(self, persona: Persona) -> None:
        if self.player.is_playing:
            self.player.stop()
        else:
            self._face.tasks.start(self._play(persona), _HEAR, preempt=True)

    async def _play(self, persona: Persona) -> None:
        desk = self._face.desk
        self.details.set_playing("One moment…")
        try:
            sample = await desk.studio.hear(persona, desk.plan(persona))
            silent = await self.player.play(sample)
        except SpeakDeskError as e:
            silent = str(e.problem)
        finally:
            self._on_player()
        if silent:
            self.undo.tell(silent)

    def _on_player(self) -> None:
        self.details.set_playing("Stop" if self.player.is_playing else "Play")

    # -- the editor -----------------------------------------------------------------------------

    def edit(self, persona: Persona, is_new: bool = False) -> None:
        """Open a persona in the editor."""
        if self._editor is None:
            from speakdesk.ui.personas.editor import PersonaEditor

            self._editor = PersonaEditor(self._face)
            self._editor.closed.connect(self._on_editor_closed)
            self._editor.saved.connect(self._on_saved)
            self._editor.try_asked.connect(self.tried)
            self.stack.addWidget(self._editor)
        self.player.stop()
        self.stack.setCurrentIndex(_EDITOR)
        self._editor.open(persona, is_new=is_new)

    @property
    def editor(self) -> PersonaEditor | None:
        """The editor, once it was needed."""
        return self._editor

    async def _mark_unsaved(self) -> None:
        self.model.set_unsaved(await self._face.desk.personas.unsaved())

    def _on_saved(self, key: str) -> None:
        self._wished = key

    def _on_editor_closed(self) -> None:
        self.stack.setCurrentIndex(_LIBRARY)
        self._face.tasks.start(self._mark_unsaved(), "mark unsaved personas", preempt=True)
        if self._wished:
            wished, self._wished = self._wished, ""
            self.choose(wished)
        self.cards.setFocus()

    # -- dropping -------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self.stack.currentIndex() == _LIBRARY and _local_paths(event):
            event.acceptProposedAction()
            self._drop.raise_()
            self._drop.setVisible(True)

    def dragLeaveEvent(self, _event: QDragLeaveEvent) -> None:
        self._drop.setVisible(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self._drop.setVisible(False)
        if paths := _local_paths(event):
            event.acceptProposedAction()
            self.deeds.take_in(paths)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._drop.setGeometry(self.rect())


def _local_paths(event: QDragEnterEvent | QDropEvent) -> list[Path]:
    return [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
