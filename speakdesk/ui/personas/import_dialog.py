"""Taking personas in: first what would happen file by file, then, if wanted, exactly that."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QDialog,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QListView,
    QPlainTextEdit,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)

from speakdesk.app.personas.sharing import (
    FileAction,
    ImportPlan,
    PersonaAction,
    PlannedFile,
    PlannedPersona,
)
from speakdesk.domain.errors import Problem, SpeakDeskError
from speakdesk.ui.dialogs.ask import answer_of
from speakdesk.ui.face import Face
from speakdesk.ui.models.import_rows import PLANNED_ROLE, ImportRows, action_words
from speakdesk.ui.widgets.basics import ElidedLabel, button, label
from speakdesk.ui.widgets.field import Field
from speakdesk.ui.widgets.import_delegate import ImportDelegate
from speakdesk.ui.widgets.problem_note import ProblemNote
from speakdesk.ui.words import count

_TYPING_MS = 250
_FILE_WORDS = {
    FileAction.NEW: "is new",
    FileAction.CHANGED: "overwrites yours",
    FileAction.SAME: "is the same as yours",
    FileAction.STAYS: "of yours stays as it is",
    FileAction.LEFT_OUT: "is left out",
}


async def import_dialog(
    face: Face, paths: Sequence[Path], parent: QWidget | None = None
) -> tuple[str, ...]:
    """Look at these files and folders, ask, and take them in; the keys that are new or changed."""
    dialog = ImportDialog(face, paths, parent or QApplication.activeWindow())
    dialog.load()
    try:
        code = await answer_of(dialog)
        return dialog.done_keys if code == QDialog.DialogCode.Accepted else ()
    finally:
        dialog.close_down()


class ImportDialog(QDialog):
    """Nothing is written before the person says so; `done_keys` is what then was."""

    def __init__(self, face: Face, paths: Sequence[Path], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._face = face
        self._paths = tuple(paths)
        self._plans: list[ImportPlan] = []
        self._origins: list[tuple[int, str]] = []
        self._keys: list[dict[str, str]] = [{} for _ in paths]
        self._problems: list[Problem] = []
        self._key_problem = ""
        self._work: asyncio.Task[None] | None = None
        self._is_writing = False
        self.done_keys: tuple[str, ...] = ()
        self.model = ImportRows(self)
        self.model.ticked.connect(self._refresh)
        name = paths[0].name if len(paths) == 1 else count(len(paths), "file")
        self.setWindowTitle("Import personas")
        self.setModal(True)
        self.resize(800, 560)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 18)
        column.setSpacing(10)
        self._title = ElidedLabel(f"What is in {name}")
        self._title.inner.setProperty("type", "title")
        column.addWidget(self._title)
        self.told = label("Looking at it. Nothing is written yet.", tone="muted", wrap=True)
        column.addWidget(self.told)
        self.bar = QProgressBar()
        self.bar.setRange(0, 0)
        self.bar.setAccessibleName("Looking at the files")
        column.addWidget(self.bar)
        self.trouble = ProblemNote("Why something cannot be taken in")
        column.addWidget(self.trouble)
        sides = QHBoxLayout()
        sides.setSpacing(16)
        sides.addWidget(self._make_list(), 2)
        sides.addWidget(self._make_details(), 3)
        column.addLayout(sides, 1)
        column.addLayout(self._make_buttons())
        self._timer = QTimer(self, singleShot=True, interval=_TYPING_MS)
        self._timer.timeout.connect(self._on_key)
        self._refresh()

    def _make_list(self) -> QListView:
        self.list = QListView()
        self.list.setModel(self.model)
        self.list.setItemDelegate(ImportDelegate(self._face.look))
        self.list.setUniformItemSizes(True)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setAccessibleName("Personas found; Space leaves one out or takes it in")
        self.list.selectionModel().currentChanged.connect(lambda *_: self._show_details())
        return self.list

    def _make_details(self) -> QFrame:
        self.details = QFrame()
        self.details.setProperty("card", "true")
        column = QVBoxLayout(self.details)
        column.setContentsMargins(14, 12, 14, 12)
        column.setSpacing(8)
        self.key = QLineEdit()
        self.key.setAccessibleName("The persona's key here")
        self.key.textEdited.connect(lambda _text: self._timer.start())
        self.key_field = Field("Its key here", self.key)
        self.files = QPlainTextEdit()
        self.files.setReadOnly(True)
        self.files.setFrameShape(QFrame.Shape.NoFrame)
        self.files.setAccessibleName("What happens to each file")
        self.files.setTabChangesFocus(True)
        column.addWidget(self.key_field)
        column.addWidget(self.files, 1)
        return self.details

    def _make_buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        self.cancel = button("Cancel")
        self.go = button("Import", kind="primary")
        self.cancel.clicked.connect(self.reject)
        self.go.clicked.connect(self._on_go)
        row.addStretch(1)
        row.addWidget(self.cancel)
        row.addWidget(self.go)
        return row

    # -- looking --------------------------------------------------------------------------------

    def load(self) -> None:
        """Look at the files; nothing is written."""
        self._start(self._look())

    async def _look(self) -> None:
        plans: list[ImportPlan] = []
        origins: list[tuple[int, str]] = []
        problems: list[Problem] = []
        for place, path in enumerate(self._paths):
            try:
                plan = await self._face.desk.sharing.plan_import(path)
            except SpeakDeskError as e:
                problems.append(e.problem)
                plan = ImportPlan(path.name, ())
            problems += plan.unread
            plans.append(plan)
            origins += [(place, one.key) for one in plan.personas]
        self._plans, self._origins, self._problems = plans, origins, problems
        self._show_rows()
        if self.model.rowCount():
            self.list.setVisible(True)
            self.list.setCurrentIndex(self.model.index(0))
            self.list.setFocus()

    def _on_key(self) -> None:
        row = self.list.currentIndex().row()
        if not 0 <= row < len(self._origins):
            return
        place, key = self._origins[row]
        self._start(self._look_again(place, key, self.key.text().strip()))

    async def _look_again(self, place: int, key: str, wanted: str) -> None:
        keys = {**self._keys[place], key: wanted}
        sharing = self._face.desk.sharing
        try:
            plan = await sharing.plan_import(self._paths[place], keys)
        except SpeakDeskError as e:
            self._key_problem = str(e.problem)
            self.key_field.set_problem(self._key_problem)
            return
        self._key_problem = ""
        self._keys[place] = keys
        self._plans[place] = plan
        self._show_rows()

    def _show_rows(self) -> None:
        self.model.set_rows([one for plan in self._plans for one in plan.personas])
        self.trouble.show_problems(*self._problems)
        self._show_details()

    def _show_details(self) -> None:
        planned: PlannedPersona | None = self.list.currentIndex().data(PLANNED_ROLE)
        self._timer.stop()
        self._key_problem = ""
        if planned is None:
            self.files.setPlainText("")
            return
        if not self.key.hasFocus():
            self.key.setText(planned.key)
        self.key_field.set_problem("")
        self.key_field.set_hint(f"{planned.name}: {action_words(planned)}")
        self.files.setPlainText(_details(planned))
        self._refresh()

    # -- writing --------------------------------------------------------------------------------

    def _on_go(self) -> None:
        self._start(self._write(), is_writing=True)

    async def _write(self) -> None:
        if self._timer.isActive():
            self._timer.stop()
            row = self.list.currentIndex().row()
            place, key = self._origins[row]
            await self._look_again(place, key, self.key.text().strip())
            if self._key_problem or self.model.doubles():
                return
        taken = {id(one) for one in self.model.taken()}
        done: list[str] = []
        for plan in self._plans:
            left = [one.key for one in plan.personas if id(one) not in taken]
            wanted = plan.without(*left)
            if wanted.personas:
                done += await self._face.desk.sharing.carry_out(wanted)
        self.done_keys = tuple(done)
        self.accept()

    # -- inside ---------------------------------------------------------------------------------

    def _start(self, work: Coroutine[Any, Any, None], *, is_writing: bool = False) -> None:
        self._stop()
        self._is_writing = is_writing

        async def told() -> None:
            try:
                await work
            except SpeakDeskError as e:
                self.trouble.show_problems(*self._problems, e.problem)

        task = self._face.tasks.start(told(), "import personas")
        self._work = task
        task.add_done_callback(self._on_done)
        self._refresh()

    def _stop(self) -> None:
        task, self._work = self._work, None
        if task is not None:
            task.cancel()

    def _on_done(self, task: asyncio.Task[None]) -> None:
        if self._work is task:
            self._work = None
            self._is_writing = False
            self._refresh()

    def _refresh(self) -> None:
        is_busy = self._work is not None
        taken = [o for o in self.model.taken() if o.action is not PersonaAction.SAME]
        doubles = self.model.doubles()
        self.bar.setVisible(is_busy)
        has_rows = self.model.rowCount() > 0
        self.list.setVisible(has_rows)
        self.details.setVisible(has_rows)
        self.told.setText(self._sentence(taken, doubles, is_busy))
        self.go.setText(f"Import {count(len(taken), 'persona')}" if taken else "Import")
        self.go.setAccessibleName(self.go.text())
        can = bool(taken) and not is_busy and not doubles and not self._key_problem
        self.go.setEnabled(can)
        self.cancel.setEnabled(not self._is_writing)
        self.details.setEnabled(not self._is_writing)

    def _sentence(
        self, taken: Sequence[PlannedPersona], doubles: Sequence[str], is_busy: bool
    ) -> str:
        if self._is_writing:
            return "Writing…"
        if is_busy and not self.model.rowCount():
            return "Looking at it. Nothing is written yet."
        if doubles:
            return f"Two of these would have the key {doubles[0]}. Give one of them another key."
        if not self.model.rowCount():
            return "There is no persona to take in. Nothing was written."
        if not taken:
            return "Nothing would change. Tick what you want to take in."
        new = sum(one.action is PersonaAction.NEW for one in taken)
        parts = [count(new, "new persona")] if new else []
        if changed := len(taken) - new:
            parts.append(f"{changed} of yours changed")
        kept = " What is overwritten goes into the trash." if changed else ""
        return f"Nothing is written yet. Import would bring {' and '.join(parts)}.{kept}"

    def reject(self) -> None:
        """Escape: nothing is written; while it is being written, it is too late."""
        if not self._is_writing:
            super().reject()

    def close_down(self) -> None:
        """Stop looking."""
        self._timer.stop()
        self._stop()


def _details(planned: PlannedPersona) -> str:
    lines = [_file_words(file) for file in planned.files]
    if planned.notes:
        lines += ["", *planned.notes]
    if planned.issues:
        lines += ["", "To look at:"]
        lines += [f"{i.file}, line {i.line}: {i.sentence}" for i in planned.issues]
    return "\n".join(lines)


def _file_words(file: PlannedFile) -> str:
    size = f" ({_size(file.size_bytes)})" if file.size_bytes else ""
    note = f": {file.note}" if file.note else ""
    return f"{file.name}{size} {_FILE_WORDS[file.action]}{note}"


def _size(size_bytes: int) -> str:
    if size_bytes >= 1_000_000:
        return f"{size_bytes / 1_000_000:.1f} MB"
    return f"{size_bytes / 1000:.1f} kB" if size_bytes >= 1000 else f"{size_bytes} B"
