"""The section with a persona's knowledge files: add, drop in, edit, reorder, take out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from PySide6.QtCore import QStringListModel, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLineEdit,
    QListView,
    QVBoxLayout,
    QWidget,
)

from speakdesk.app.personas.knowledge import is_knowledge_file, knowledge_name
from speakdesk.app.personas.preview import knowledge_count
from speakdesk.domain.errors import PersonaError
from speakdesk.domain.persona import Knowledge, Persona
from speakdesk.domain.persona_size import size_of
from speakdesk.ui.personas.editor_fields import Section
from speakdesk.ui.personas.editor_text import FileText
from speakdesk.ui.widgets.basics import button, label, set_tone
from speakdesk.ui.widgets.empty import EmptyNote


class KnowledgeSection(Section):
    """Emits `changed` with a place and all files, `files_asked`, and `dropped` with paths."""

    changed = Signal(str, object)
    files_asked = Signal()
    dropped = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Knowledge", parent)
        self._files: tuple[Knowledge, ...] = ()
        self.setAcceptDrops(True)
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addLayout(self._make_list())
        row.addLayout(self._make_text(), 1)
        self.column.addLayout(row, 1)
        self.count = label(tone="muted", size="small", wrap=True)
        self.problem = label(tone="bad", size="small", wrap=True)
        self.problem.setVisible(False)
        self.column.addWidget(self.count)
        self.column.addWidget(self.problem)
        self._show_current()

    def _make_list(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(6)
        self.model = QStringListModel(self)
        self.view = QListView()
        self.view.setModel(self.model)
        self.view.setAccessibleName("Knowledge files")
        self.view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.view.setFixedWidth(230)
        self.view.viewport().setAutoFillBackground(False)
        self.view.setProperty("rows", "true")
        self.view.selectionModel().currentChanged.connect(self._show_current)
        column.addWidget(self.view, 1)
        first, second = QHBoxLayout(), QHBoxLayout()
        self.new = button("New file", kind="small", tip="An empty file to write into")
        self.new.clicked.connect(self.add_empty)
        self.add = button("Add files…", kind="small", tip=".md or .txt; or drop them here")
        self.add.clicked.connect(self.files_asked)
        self.up = button("Up", kind="small", name="Move the knowledge file up")
        self.up.clicked.connect(lambda: self.move_current(-1))
        self.down = button("Down", kind="small", name="Move the knowledge file down")
        self.down.clicked.connect(lambda: self.move_current(1))
        self.out = button("Remove", kind="small", name="Remove the knowledge file")
        self.out.clicked.connect(self.remove_current)
        for line, made in ((first, (self.new, self.add)), (second, (self.up, self.down, self.out))):
            line.setSpacing(6)
            for one in made:
                line.addWidget(one)
            line.addStretch(1)
            column.addLayout(line)
        return column

    def _make_text(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(6)
        self.name = QLineEdit()
        self.name.setAccessibleName("Name of the knowledge file")
        self.name.installEventFilter(self._keys)
        self.name.editingFinished.connect(self._on_named)
        self.text = FileText("Text of the knowledge file")
        self.text.edited.connect(self._on_text)
        self.empty = EmptyNote(
            "What the persona knows appears here: facts, prices, rules, in Markdown.",
            "Drop .md or .txt files here, or choose New file.",
        )
        column.addWidget(self.name)
        column.addWidget(self.text, 1)
        column.addWidget(self.empty, 1)
        return column

    # -- the persona ----------------------------------------------------------------------------

    def load(self, persona: Persona) -> None:
        super().load(persona)
        if persona.knowledge == self._files:
            return
        names = [item.name for item in persona.knowledge]
        current = self.current
        self._files = persona.knowledge
        if names != self.model.stringList():
            self.model.setStringList(names)
            if names:
                row = names.index(current) if current in names else min(self._row, len(names) - 1)
                self.view.setCurrentIndex(self.model.index(max(0, row)))
        self._show_current()

    def show_size(self, persona: Persona, model: str) -> None:
        """Say how long all of it is, measured by what this model is told."""
        self.count.setText(knowledge_count(persona, model))
        is_long = bool(size_of(persona, model).knowledge_left_out)
        set_tone(self.count, "attention" if is_long else "muted")

    @property
    def _row(self) -> int:
        return self.view.currentIndex().row()

    @property
    def current(self) -> str:
        """The name of the file that is shown; empty for none."""
        index = self.view.currentIndex()
        return str(index.data()) if index.isValid() else ""

    def _show_current(self) -> None:
        row = self._row
        has_any = 0 <= row < len(self._files)
        self.name.setVisible(has_any)
        self.text.setVisible(has_any)
        self.empty.setVisible(not has_any)
        self.up.setEnabled(has_any and row > 0)
        self.down.setEnabled(has_any and row < len(self._files) - 1)
        self.out.setEnabled(has_any)
        if has_any:
            item = self._files[row]
            if not self.name.hasFocus() or not self.name.isModified():
                self.name.setText(item.name)
            self.text.set_text(item.text)

    def say(self, problem: str) -> None:
        """Say what is wrong here; empty where nothing is."""
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))

    def tell(self, problems: Mapping[str, str]) -> int:
        """What is wrong with the files, in place."""
        told = problems.get("knowledge", "")
        self.say(told)
        return int(bool(told))

    def show_place(self, place: str) -> bool:
        """Go to a file of this section; False where it has none of that name."""
        name = place.removeprefix("knowledge:")
        names = self.model.stringList()
        if place == name and place not in ("knowledge", "knowledge_order"):
            return False
        if name in names:
            self.view.setCurrentIndex(self.model.index(names.index(name)))
        self.text.setFocus()
        return True

    # -- what a person does ---------------------------------------------------------------------

    def take(self, found: Iterable[Knowledge]) -> None:
        """Add files; one of the same name replaces what was there."""
        new = {item.name: item for item in found}
        if not new:
            return
        kept = [new.pop(item.name, item) for item in self._files]
        names = [*new]
        self.changed.emit("knowledge", (*kept, *new.values()))
        if names:
            self.show_place(f"knowledge:{names[0]}")

    def add_empty(self) -> None:
        """A new file with a free name, ready to be written into and renamed."""
        taken = {item.name.casefold() for item in self._files}
        name, number = "Knowledge.md", 2
        while name.casefold() in taken:
            name, number = f"Knowledge-{number}.md", number + 1
        self.take((Knowledge(name, ""),))
        self.name.setFocus()
        self.name.selectAll()

    def remove_current(self) -> None:
        """Take the shown file out."""
        if self.current:
            left = tuple(item for item in self._files if item.name != self.current)
            self.changed.emit("knowledge", left)

    def move_current(self, step: int) -> None:
        """Move the shown file up or down; the model reads them in this order."""
        row, files = self._row, list(self._files)
        to = row + step
        if 0 <= row < len(files) and 0 <= to < len(files):
            files[row], files[to] = files[to], files[row]
            self.changed.emit("knowledge", tuple(files))

    def _on_text(self, text: str) -> None:
        row = self._row
        if 0 <= row < len(self._files):
            files = list(self._files)
            files[row] = Knowledge(files[row].name, text)
            self._files = tuple(files)
            self.changed.emit(f"knowledge:{files[row].name}", self._files)

    def _on_named(self) -> None:
        row = self._row
        if not 0 <= row < len(self._files) or not self.name.isModified():
            return
        self.name.setModified(False)
        try:
            name = knowledge_name(self.name.text())
        except PersonaError as e:
            self.say(f"{e.problem.sentence} {e.problem.next_step}")
            return
        files = list(self._files)
        if any(f.name.casefold() == name.casefold() for n, f in enumerate(files) if n != row):
            self.say(f"There is a file {name} already; choose another name.")
            return
        self.say("")
        files[row] = Knowledge(name, files[row].text)
        self.model.setData(self.model.index(row), name)
        self.changed.emit("knowledge", tuple(files))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _paths(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = _paths(event)
        if paths:
            event.acceptProposedAction()
            self.dropped.emit(paths)


def _paths(event: QDragEnterEvent | QDropEvent) -> tuple[Path, ...]:
    urls = (url for url in event.mimeData().urls() if url.isLocalFile())
    return tuple(p for url in urls if is_knowledge_file(p := Path(url.toLocalFile())))
