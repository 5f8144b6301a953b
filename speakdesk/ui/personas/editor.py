"""The persona editor: form and Markdown as two views of one file, with one undo for both."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from speakdesk.app.personas.editing import PersonaEdit
from speakdesk.domain.errors import PersonaError
from speakdesk.domain.events import Event, PersonaChanged
from speakdesk.domain.persona import Persona
from speakdesk.domain.persona_issues import PersonaIssue
from speakdesk.ui.desk_port import Unsubscribe
from speakdesk.ui.face import Face
from speakdesk.ui.personas.editor_findings import Findings
from speakdesk.ui.personas.editor_form import PersonaForm
from speakdesk.ui.personas.editor_head import BOTH, FILE, FORM, EditorHead
from speakdesk.ui.personas.editor_keeping import Keeping
from speakdesk.ui.personas.editor_side import MARKDOWN, PersonaSide
from speakdesk.ui.personas.editor_strip import Strip, framed
from speakdesk.ui.personas.editor_studio import Studio

WIDE = 1400
_ROOMY, _ALL_SIDE_TABS = 1200, 490
_BUILT = object()
_TYPING_MS, _PARSING_MS, _LOOKING_MS, _IDLE_MS = 120, 150, 200, 900


class PersonaEditor(QWidget):
    """`open` shows a persona. Unsaved text is kept as a draft all the time.

    Emits `closed`, `try_asked` with the persona as it is typed, `saved` with a key, and
    `unsaved_changed` with the key and whether something is unsaved.
    """

    closed = Signal()
    try_asked = Signal(object)
    saved = Signal(str)
    unsaved_changed = Signal(str, bool)

    def __init__(self, face: Face, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.face = face
        self.edit: PersonaEdit | None = None
        self._building = asyncio.Lock()
        self.wrong: dict[str, str] = {}
        self.issues: tuple[PersonaIssue, ...] = ()
        self._name = ""
        self._told_unsaved = ("", False)
        self._view: int | None = None
        self._unsubscribe: Unsubscribe | None = None
        self._typing = self._timer(_TYPING_MS, self.flush)
        self._parsing = self._timer(_PARSING_MS, self._on_parsed)
        self._looking = self._timer(_LOOKING_MS, lambda: self.findings.look())
        self._idle = self._timer(_IDLE_MS, self._on_idle)
        self._steps: Iterator[None] | None = self._build()

    def _timer(self, interval_ms: int, act: Callable[[], None]) -> QTimer:
        made = QTimer(self, singleShot=True, interval=interval_ms)
        made.timeout.connect(act)
        return made

    def _build(self) -> Iterator[None]:
        """Make everything, a little at a time: all at once takes longer than a bot may wait."""
        look = self.face.look
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 12, 20, 18)
        column.setSpacing(10)
        self.head = EditorHead(look)
        self.strip = Strip(look, "About this edit")
        self.trouble = Strip(look, "What went wrong")
        column.addWidget(self.head)
        column.addWidget(self.strip)
        column.addWidget(self.trouble)
        yield
        self.form = PersonaForm(look)
        yield from self.form.build()
        yield
        self.side = PersonaSide(look)
        yield
        self._form_card, self._side_card = framed(self.form), framed(self.side)
        self.body = QSplitter(Qt.Orientation.Horizontal)
        self.body.setChildrenCollapsible(False)
        self.body.setHandleWidth(16)
        yield
        self.body.addWidget(self._form_card)
        yield
        self.body.addWidget(self._side_card)
        self.body.setStretchFactor(0, 3)
        self.body.setStretchFactor(1, 2)
        yield
        column.addWidget(self.body, 1)
        self.keeping = Keeping(self)
        self.findings = Findings(self)
        self.studio = Studio(self)
        self._connect()
        self._bind_keys()

    async def prepare(self) -> None:
        """Make what `open` needs; the window answers in between. Safe to call twice."""
        async with self._building:
            while self._steps is not None:
                if next(self._steps, _BUILT) is _BUILT:
                    self._steps = None
                await asyncio.sleep(0)

    def _connect(self) -> None:
        head, form, side = self.head, self.form, self.side
        head.back_asked.connect(self.leave)
        head.save_asked.connect(self.save)
        head.try_asked.connect(self._on_try)
        head.revert_asked.connect(self.revert)
        head.undo_asked.connect(self.undo)
        head.redo_asked.connect(self.redo)
        head.view_chosen.connect(self.show_view)
        form.edited.connect(self._on_typed)
        form.knowledge.changed.connect(self._on_knowledge)
        side.text.edited.connect(self._on_source)
        side.shown.connect(lambda _place: self.findings.show())

    def _bind_keys(self) -> None:
        redo = QKeySequence.keyBindings(QKeySequence.StandardKey.Redo)
        also = [k for name in ("Ctrl+Y", "Ctrl+Shift+Z") if (k := QKeySequence(name)) not in redo]
        for keys, act in (
            (QKeySequence.keyBindings(QKeySequence.StandardKey.Save), self.save),
            (QKeySequence.keyBindings(QKeySequence.StandardKey.Undo), self.undo),
            ([*redo, *also], self.redo),
        ):
            made = QShortcut(self)
            made.setKeys(keys)
            made.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            made.activated.connect(act)

    # -- opening and leaving --------------------------------------------------------------------

    def open(self, persona: Persona, *, is_new: bool = False) -> None:
        """Edit this persona; `is_new` for one that no folder holds. An earlier edit is left.

        The first time, the editor is made before, which takes a moment.
        """
        if self._steps is None:
            self._open(persona, is_new=is_new)
        else:
            self.face.tasks.start(
                self._open_later(persona, is_new=is_new), "persona editor", preempt=True
            )

    async def _open_later(self, persona: Persona, *, is_new: bool) -> None:
        await self.prepare()
        self._open(persona, is_new=is_new)

    def _open(self, persona: Persona, *, is_new: bool) -> None:
        self._stop()
        try:
            shelf = self.face.desk.personas
            self.edit = PersonaEdit(persona, is_new=is_new, key_for=shelf.free_key)
        except PersonaError as e:
            self.edit = None
            self.face.tell_problem(e.problem)
            self.closed.emit()
            return
        self.wrong, self.issues = {}, ()
        self.strip.close_strip()
        self.trouble.close_strip()
        self.form.forget()
        self.form.setEnabled(True)
        self.side.setEnabled(True)
        self._unsubscribe = self.face.desk.bus.subscribe(self._on_event)
        self.show_all()
        for text in (self.side.text, self.form.prompt.text, self.form.knowledge.text):
            text.to_top()
        self._arrange()
        self._share_width()
        self.keeping.offer_draft()
        self.studio.show_picture()
        self.findings.look()
        self.findings.list_versions()
        if is_new:
            self.form.person.begin()
        else:
            self.form.tabs.setFocus()

    @property
    def has_unsaved(self) -> bool:
        """True while something would be lost without a save (it is in the draft all the same)."""
        return self.edit is not None and (self.form.is_pending or self.edit.is_dirty)

    def leave(self) -> None:
        """Back to the personas; unsaved text stays in the draft and is offered next time."""
        if self.edit is None:
            return
        self.flush()
        self.keeping.leave()

    def finish(self) -> None:
        """End the edit without asking."""
        self._stop()
        self.edit = None
        self.closed.emit()

    def _stop(self) -> None:
        for timer in (self._typing, self._parsing, self._looking, self._idle):
            timer.stop()
        if self._steps is None:
            self.studio.stop()
            self.keeping.stop()
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None

    # -- typing ---------------------------------------------------------------------------------

    def flush(self) -> None:
        """Put what was typed into the form into the file's text, now."""
        self._typing.stop()
        edit = self.edit
        is_parsing = self._parsing.isActive()
        if edit is None or not (self.form.is_pending or is_parsing):
            return
        self._parsing.stop()
        key = edit.state.key
        if self.form.is_pending:
            self.wrong = self.form.commit(edit)
            self.side.text.set_text(edit.state.source)
        if is_parsing or edit.state.key != key:
            self.form.load(edit.persona)
        self.refresh()

    def _on_typed(self) -> None:
        self._typing.start()
        self.keeping.soon()

    async def keep_aside(self) -> None:
        """Put everything typed into the draft now: the window is going to close."""
        if self.edit is not None:
            self.flush()
            await self.keeping.keep_now(self.edit)

    def _on_source(self, text: str) -> None:
        edit = self.edit
        if edit is None:
            return
        edit.set_source(text)
        self.wrong = {}
        if self.form.is_pending:
            self.flush()
        self._parsing.start()
        self.keeping.soon()
        self._show_state(with_name=False)

    def _on_parsed(self) -> None:
        if self.edit is not None:
            self.form.load(self.edit.persona)
            self.refresh()

    def _on_knowledge(self, place: str, files: object) -> None:
        if self.edit is not None and isinstance(files, tuple):
            self.flush()
            try:
                self.edit.set_knowledge(place, files)
            except PersonaError as e:
                self.say_problem(e)
            self.show_all()

    def refresh(self) -> None:
        """The text differs: show how it stands, and look at it in a moment."""
        self._show_state()
        self._looking.start()
        self._idle.start()
        self.keeping.soon()

    def show_all(self) -> None:
        """Show the whole edit in both views; what is the same is left alone."""
        if self.edit is not None:
            self.side.text.set_text(self.edit.state.source)
            self.form.load(self.edit.persona)
            self.refresh()

    def _on_idle(self) -> None:
        if self.edit is not None:
            self.edit.end_run()

    # -- undo, revert, save, try ----------------------------------------------------------------

    def undo(self) -> None:
        """One step back, whichever view it was made in."""
        self._step(back=True)

    def redo(self) -> None:
        """One step forth."""
        self._step(back=False)

    def _step(self, *, back: bool) -> None:
        edit = self.edit
        if edit is None or not self.form.isEnabled():
            return
        self.flush()
        place = edit.undo() if back else edit.redo()
        if not place:
            return
        self.wrong = {}
        self.show_all()
        self.studio.show_picture()
        if not self.side.isVisible():
            self.form.show_place(place)

    def revert(self) -> None:
        """Back to what was saved last; undo brings the text back."""
        if self.edit is not None:
            self.flush()
            self.edit.revert()
            self.wrong = {}
            self.show_all()
            self.studio.show_picture()

    def save(self) -> None:
        """Write it, and say in place what stands in the way."""
        if self.edit is not None and self.form.isEnabled():
            self.flush()
            self.keeping.save()

    def _on_try(self) -> None:
        if self.edit is not None:
            self.flush()
            self.try_asked.emit(self.edit.persona)

    def _on_event(self, event: Event) -> None:
        edit = self.edit
        if edit is None or not isinstance(event, PersonaChanged):
            return
        if edit.base is not None and event.persona in ("", edit.base.key):
            self.keeping.look_outside()

    # -- how it stands --------------------------------------------------------------------------

    def say_problem(self, error: PersonaError) -> None:
        """Say in place what went wrong."""
        self.trouble.say_problem(error.problem)

    def _show_state(self, *, with_name: bool = True) -> None:
        edit = self.edit
        if edit is None:
            return
        is_dirty = self.has_unsaved
        if with_name:
            self._name = edit.persona.name
        name = self._name
        base = edit.base
        if base is None:
            words = "New; not saved yet"
        elif self.face.desk.personas.is_own(base):
            words = "Unsaved changes" if is_dirty else "Yours; saved"
        elif base.is_bundled:
            words = "Comes with SpeakDesk; Save makes your own copy"
        else:
            words = "From a further folder; Save makes your own copy"
        key = base.key if base is not None else ""
        self.head.show_persona(name, key, words, is_dirty=is_dirty)
        self.head.show_deeds(
            can_undo=edit.can_undo,
            can_redo=edit.can_redo,
            can_save=is_dirty or edit.is_new,
            can_revert=is_dirty and edit.can_undo,
        )
        if (key, is_dirty) != self._told_unsaved:
            self._told_unsaved = (key, is_dirty)
            self.unsaved_changed.emit(key, is_dirty)

    # -- views ----------------------------------------------------------------------------------

    def show_view(self, view: int) -> None:
        """FORM, BOTH or FILE; from now on also when the window gets another width."""
        self._view = view
        self._arrange()
        if view == FILE and self.side.current == MARKDOWN:
            self.side.text.setFocus()

    def _arrange(self) -> None:
        view = self._view
        if view is None:
            view = BOTH if self.width() >= WIDE else FORM
        self._form_card.setVisible(view != FILE)
        self._side_card.setVisible(view != FORM)
        self.head.show_view(view)
        self.findings.show()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._steps is None:
            if self._view is None:
                self._arrange()
            self._share_width()

    def _share_width(self) -> None:
        """The file's side shows all its tabs, unless the form needs the room."""
        self._side_card.setMinimumWidth(_ALL_SIDE_TABS if self.width() >= _ROOMY else 0)
