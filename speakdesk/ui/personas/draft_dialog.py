"""A persona described in a sentence: a language model drafts it, a person looks it over."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QProgressBar,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from speakdesk.domain.errors import SpeakDeskError
from speakdesk.domain.persona import Persona
from speakdesk.domain.persona_draft import PersonaDraft
from speakdesk.ui.dialogs.ask import answer_of
from speakdesk.ui.face import Face
from speakdesk.ui.widgets.basics import button, label
from speakdesk.ui.widgets.problem_note import ProblemNote

_EXAMPLE = (
    "For example: a patient onboarding buddy for new nurses who speaks German, knows our shift "
    "rules from its notes, and never guesses."
)
_LINES = (
    ("name", "Name"),
    ("role", "Role"),
    ("summary", "In one line"),
    ("greeting", "Says first"),
    ("entry_message", "Writes into the chat"),
    ("language", "Language"),
    ("skin_tone", "Skin tone, for its picture"),
    ("tags", "Tags, with commas"),
)
_TEXTS = (
    ("prompt", "Prompt", 150),
    ("characteristics", "Characteristics, one a line", 92),
    ("voice_tone", "Tone of voice, one a line", 78),
)
_GENDERS = (("not said", ""), ("female", "FEMALE"), ("male", "MALE"), ("neutral", "NON-BINARY"))
_NEEDED = ("name", "prompt")


async def draft_dialog(face: Face, parent: QWidget | None = None) -> Persona | None:
    """An unsaved persona a person has looked over; None where they gave up."""
    dialog = DraftDialog(face, parent or QApplication.activeWindow())
    try:
        code = await answer_of(dialog)
        return dialog.persona() if code == QDialog.DialogCode.Accepted else None
    finally:
        dialog.close_down()


class DraftDialog(QDialog):
    """First the sentence, then every field of the draft with a tick to leave it out."""

    def __init__(self, face: Face, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._face = face
        self._draft: PersonaDraft | None = None
        self._work: asyncio.Task[None] | None = None
        self.setWindowTitle("Describe a persona")
        self.setModal(True)
        self.resize(680, 600)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 18)
        column.setSpacing(10)
        self._title = label("Describe a persona in a sentence", size="title")
        column.addWidget(self._title)
        self.stack = QStackedWidget()
        self.stack.addWidget(self._make_question())
        self.stack.addWidget(self._make_review())
        column.addWidget(self.stack, 1)
        self.trouble = ProblemNote("Why there is no draft")
        column.addWidget(self.trouble)
        column.addLayout(self._make_buttons())
        self._refresh()

    def _make_question(self) -> QWidget:
        holder = QWidget()
        holder.setObjectName("transparent")
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(label(_EXAMPLE, tone="muted", wrap=True))
        self.sentence = QPlainTextEdit()
        self.sentence.setAccessibleName("Who the persona is and what it is for")
        self.sentence.setPlaceholderText("Who is it, what is it for, which language does it speak?")
        self.sentence.setTabChangesFocus(True)
        self.sentence.textChanged.connect(self._refresh)
        column.addWidget(self.sentence, 1)
        self.bar = QProgressBar()
        self.bar.setRange(0, 0)
        self.bar.setAccessibleName("The language model writes")
        column.addWidget(self.bar)
        return holder

    def _make_review(self) -> QScrollArea:
        inside = QWidget()
        inside.setObjectName("inside")
        self._grid = QGridLayout(inside)
        self._grid.setContentsMargins(0, 0, 8, 0)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(8)
        self._grid.setColumnStretch(1, 1)
        self._ticks: dict[str, QCheckBox] = {}
        self.lines: dict[str, QLineEdit] = {}
        self.texts: dict[str, QPlainTextEdit] = {}
        self._grid.addWidget(
            label(
                "Look it over: change what does not fit, untick what you do not want. Nothing is "
                "saved yet.",
                tone="muted",
                wrap=True,
            ),
            0,
            0,
            1,
            2,
        )
        self._add_line("name", "Name")
        for name, title, height in _TEXTS[:1]:
            self._add_text(name, title, height)
        for name, title in _LINES[1:]:
            self._add_line(name, title)
        self.gender = QComboBox()
        for words, key in _GENDERS:
            self.gender.addItem(words, key)
        self._add("gender", "Gender", self.gender)
        for name, title, height in _TEXTS[1:]:
            self._add_text(name, title, height)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.viewport().setAutoFillBackground(False)
        area.setWidget(inside)
        return area

    def _add_line(self, name: str, title: str) -> None:
        line = QLineEdit()
        line.textChanged.connect(self._refresh)
        self.lines[name] = line
        self._add(name, title, line)

    def _add_text(self, name: str, title: str, height: int) -> None:
        text = QPlainTextEdit()
        text.setTabChangesFocus(True)
        text.setFixedHeight(height)
        text.textChanged.connect(self._refresh)
        self.texts[name] = text
        self._add(name, title, text)

    def _add(self, name: str, title: str, editor: QWidget) -> None:
        row = self._grid.rowCount()
        tick = QCheckBox(title)
        tick.setChecked(True)
        tick.setAccessibleName(f"Take {title}")
        tick.setEnabled(name not in _NEEDED)
        tick.toggled.connect(editor.setEnabled)
        editor.setAccessibleName(title)
        self._ticks[name] = tick
        self._grid.addWidget(tick, row, 0, Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(editor, row, 1)

    def _make_buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        self.back = button("Back", tip="Describe it differently")
        self.cancel = button("Cancel")
        self.go = button("Draft it", kind="primary")
        self.back.clicked.connect(self._on_back)
        self.cancel.clicked.connect(self.reject)
        self.go.clicked.connect(self._on_go)
        row.addWidget(self.back)
        row.addStretch(1)
        row.addWidget(self.cancel)
        row.addWidget(self.go)
        return row

    # -- what the person does -------------------------------------------------------------------

    @property
    def is_reviewing(self) -> bool:
        """True while the draft is looked over."""
        return self.stack.currentIndex() == 1

    def _on_go(self) -> None:
        if self.is_reviewing:
            self.accept()
        elif self._work is not None:
            self._stop()
        else:
            self.trouble.show_problems()
            self.go.setFocus()
            task = self._face.tasks.start(self._make_draft(), "draft a persona")
            self._work = task
            task.add_done_callback(self._on_done)
            self._refresh()

    async def _make_draft(self) -> None:
        try:
            draft = await self._face.desk.studio.draft(self.sentence.toPlainText())
        except SpeakDeskError as e:
            self.trouble.show_problems(e.problem)
            self.sentence.setEnabled(True)
            self.sentence.setFocus()
            return
        self._draft = draft
        self._fill(draft)
        self.stack.setCurrentIndex(1)
        self.lines["name"].setFocus()

    def _fill(self, draft: PersonaDraft) -> None:
        for name, line in self.lines.items():
            value = getattr(draft, name)
            line.setText(value if isinstance(value, str) else ", ".join(value))
            line.setCursorPosition(0)
        for name, text in self.texts.items():
            value = getattr(draft, name)
            text.setPlainText(value if isinstance(value, str) else "\n".join(value))
        self.gender.setCurrentIndex(max(0, self.gender.findData(draft.gender)))
        for tick in self._ticks.values():
            tick.setChecked(True)

    def _on_back(self) -> None:
        self.stack.setCurrentIndex(0)
        self._refresh()
        self.sentence.setFocus()

    def _stop(self) -> None:
        task, self._work = self._work, None
        if task is not None:
            task.cancel()
        self._refresh()

    def _on_done(self, task: asyncio.Task[None]) -> None:
        if self._work is task:
            self._work = None
            self._refresh()

    def persona(self) -> Persona | None:
        """The persona as it was looked over, not saved; None before there was a draft."""
        if self._draft is None:
            return None
        taken = replace(
            self._draft,
            name=self._line("name"),
            prompt=self.texts["prompt"].toPlainText().strip(),
            role=self._line("role"),
            summary=self._line("summary"),
            greeting=self._line("greeting"),
            entry_message=self._line("entry_message"),
            language=self._line("language") or "en",
            skin_tone=self._line("skin_tone"),
            tags=tuple(tag for part in self._line("tags").split(",") if (tag := part.strip())),
            gender=str(self.gender.currentData()) if self._is_taken("gender") else "",
            characteristics=self._items("characteristics"),
            voice_tone=self._items("voice_tone"),
        )
        key = self._draft.key
        if taken.name != self._draft.name:
            key = self._face.desk.personas.free_key(taken.name)
        return replace(taken, key=key).persona()

    def _is_taken(self, name: str) -> bool:
        return self._ticks[name].isChecked()

    def _line(self, name: str) -> str:
        return " ".join(self.lines[name].text().split()) if self._is_taken(name) else ""

    def _items(self, name: str) -> tuple[str, ...]:
        if not self._is_taken(name):
            return ()
        lines = (line.strip(" \t-*•") for line in self.texts[name].toPlainText().splitlines())
        return tuple(dict.fromkeys(line for line in lines if line))

    def _refresh(self) -> None:
        is_busy, is_reviewing = self._work is not None, self.is_reviewing
        self._title.setText(
            "Look the draft over" if is_reviewing else "Describe a persona in a sentence"
        )
        self.back.setVisible(is_reviewing)
        self.bar.setVisible(is_busy)
        self.sentence.setEnabled(not is_busy)
        if is_reviewing:
            self.go.setText("Open in the editor")
            has_all = bool(self._line("name") and self.texts["prompt"].toPlainText().strip())
            self.go.setEnabled(has_all)
        else:
            self.go.setText("Stop" if is_busy else "Draft it")
            self.go.setEnabled(is_busy or bool(self.sentence.toPlainText().strip()))
        self.go.setAccessibleName(self.go.text())

    def close_down(self) -> None:
        """Stop what is under way."""
        self._stop()
