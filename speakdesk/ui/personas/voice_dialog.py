"""Choosing a persona's voice: search the services' lists, hear it, or let SpeakDesk match one."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QComboBox,
    QDialog,
    QHBoxLayout,
    QLineEdit,
    QListView,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from speakdesk.app.personas.studio import VOICE_SERVICES
from speakdesk.domain.errors import SpeakDeskError
from speakdesk.domain.persona import Persona
from speakdesk.domain.voice import BY_MODEL, VoiceEntry, VoiceList, VoiceMatch, base_of
from speakdesk.ui.dialogs.ask import answer_of
from speakdesk.ui.face import Face
from speakdesk.ui.languages import language_name
from speakdesk.ui.models.voices import VoicesModel
from speakdesk.ui.personas.voice_words import speech_names
from speakdesk.ui.sample_player import SamplePlayer
from speakdesk.ui.widgets.basics import button, label, set_tone
from speakdesk.ui.widgets.empty import EmptyNote
from speakdesk.ui.widgets.problem_note import ProblemNote
from speakdesk.ui.widgets.voice_delegate import VoiceDelegate
from speakdesk.ui.words import count, local_day

_TYPING_MS = 120
_LIST, _PLAY, _MATCH = "list voices", "play a voice", "match a voice"
_GENDERS = (("Any gender", ""), ("Female", "FEMALE"), ("Male", "MALE"), ("Neutral", "NON-BINARY"))


async def voice_dialog(
    face: Face, persona: Persona, parent: QWidget | None = None
) -> VoiceEntry | None:
    """The voice a person chose for this persona (saved or not); None where they chose none."""
    dialog = VoiceDialog(face, persona, parent or QApplication.activeWindow())
    dialog.load()
    try:
        code = await answer_of(dialog)
        return dialog.voice if code == QDialog.DialogCode.Accepted else None
    finally:
        dialog.close_down()


class VoiceDialog(QDialog):
    """`load` begins; `voice` is the one selected."""

    def __init__(self, face: Face, persona: Persona, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._face = face
        self._persona = persona
        self._noted_id = ""
        self._tasks: dict[str, asyncio.Task[None]] = {}
        tts = face.desk.plan(persona).tts
        self._service = tts.key if tts.key in VOICE_SERVICES else VOICE_SERVICES[0]
        self.model = VoicesModel(tts.voice, self)
        self.player = SamplePlayer(face, self)
        self.player.changed.connect(self._refresh)
        self.setWindowTitle(f"A voice for {persona.name}")
        self.setModal(True)
        self.resize(760, 640)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 18)
        column.setSpacing(10)
        column.addWidget(label(f"A voice for {persona.name}", size="title"))
        column.addLayout(self._make_filters())
        column.addLayout(self._make_status())
        self.trouble = ProblemNote("What is wrong with the list of voices")
        column.addWidget(self.trouble)
        column.addWidget(self._make_list(), 1)
        self.note = label(wrap=True, selectable=True)
        self.note.setAccessibleName("About the selected voice")
        column.addWidget(self.note)
        column.addLayout(self._make_sample())
        column.addSpacing(4)
        column.addLayout(self._make_buttons())
        self._timer = QTimer(self, singleShot=True, interval=_TYPING_MS)
        self._timer.timeout.connect(self._search)
        self._refresh()

    # -- building -------------------------------------------------------------------------------

    def _make_filters(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        self.service = QComboBox()
        self.service.setAccessibleName("Service")
        for key in VOICE_SERVICES:
            self.service.addItem(speech_names().get(key, key), key)
        self.service.setCurrentIndex(self.service.findData(self._service))
        self.service.activated.connect(lambda _row: self._on_service())
        self.language = QComboBox()
        self.language.setAccessibleName("Language")
        self.language.setMinimumWidth(150)
        self.language.activated.connect(lambda _row: self._search())
        self.gender = QComboBox()
        self.gender.setAccessibleName("Gender")
        for words, key in _GENDERS:
            self.gender.addItem(words, key)
        self.gender.activated.connect(lambda _row: self._search())
        self.words = QLineEdit()
        self.words.setPlaceholderText("Search names and descriptions")
        self.words.setAccessibleName("Search voices")
        self.words.setClearButtonEnabled(True)
        self.words.textChanged.connect(lambda _text: self._timer.start())
        for widget in (self.service, self.language, self.gender):
            row.addWidget(widget)
        row.addWidget(self.words, 1)
        return row

    def _make_status(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        self.status = label(tone="muted", size="small")
        self.again = button("Fetch again", kind="quiet", tip="Ask the service for its list now")
        self.again.clicked.connect(lambda: self.load(refresh=True))
        row.addWidget(self.status, 1)
        row.addWidget(self.again)
        return row

    def _make_list(self) -> QStackedWidget:
        self.list = QListView()
        self.list.setModel(self.model)
        self.list.setItemDelegate(VoiceDelegate(self._face.look))
        self.list.setUniformItemSizes(True)
        self.list.setIconSize(QSize(0, 0))
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setAccessibleName("Voices")
        self.list.selectionModel().currentChanged.connect(lambda *_: self._refresh())
        self.list.doubleClicked.connect(lambda _index: self.play())
        self._empty = EmptyNote("", "")
        self.stack = QStackedWidget()
        self.stack.addWidget(self.list)
        self.stack.addWidget(self._empty)
        return self.stack

    def _make_sample(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        self.text = QLineEdit(" ".join(self._persona.greeting.split()))
        self.text.setPlaceholderText("What the voice says; empty for a short sentence")
        self.text.setAccessibleName("What the voice says")
        self.text.setCursorPosition(0)
        self.hear = button("Play", tip="Hear the selected voice say this")
        self.hear.setMinimumWidth(96)
        self.hear.clicked.connect(self._on_hear)
        row.addWidget(self.text, 1)
        row.addWidget(self.hear)
        return row

    def _make_buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        self.match = button("Match one for me", tip="Which of these voices suits this persona best")
        self.cancel = button("Cancel")
        self.choose = button("Choose", kind="primary")
        self.match.clicked.connect(self._on_match)
        self.cancel.clicked.connect(self.reject)
        self.choose.clicked.connect(self.accept)
        row.addWidget(self.match)
        row.addStretch(1)
        row.addWidget(self.cancel)
        row.addWidget(self.choose)
        return row

    # -- the list -------------------------------------------------------------------------------

    @property
    def voice(self) -> VoiceEntry | None:
        """The voice selected."""
        index = self.list.currentIndex()
        return self.model.voice(index.row()) if index.isValid() else None

    def load(self, *, refresh: bool = False) -> None:
        """List the chosen service's voices."""
        self._start(_LIST, self._load(refresh))

    async def _load(self, refresh: bool) -> None:
        name = self.service.currentText()
        self.status.setText(f"Reading the voices of {name}…")
        found = await self._face.desk.studio.voices(
            self._service,
            refresh=refresh,
            on_progress=lambda number: self.status.setText(f"{name}: {number} voices so far…"),
        )
        self._show_list(found)

    def _show_list(self, found: VoiceList) -> None:
        selected = self.voice
        self.model.set_voices(found.voices)
        chosen = self.language.currentData() if self.language.count() else None
        self.language.clear()
        self.language.addItem("All languages", "")
        for tag, words in self.model.languages():
            self.language.addItem(words, tag)
        wanted = base_of(self._persona.language) if chosen is None else str(chosen)
        self.language.setCurrentIndex(max(0, self.language.findData(wanted)))
        self.language.setEnabled(self.language.count() > 1)
        self.gender.setEnabled(self.model.has_genders())
        self.trouble.show_problems(
            *((found.problem,) if found.problem else ()),
            tone="attention" if found.voices else "bad",
        )
        self.status.setText(_told(found))
        self.again.setVisible(found.fetched_at is not None or found.problem is not None)
        self._search()
        present = self._face.desk.plan(self._persona).tts.voice
        self._select(selected.id if selected is not None else present)

    def _search(self) -> None:
        self._timer.stop()
        kept = self.voice
        self.model.search(
            str(self.language.currentData() or ""),
            str(self.gender.currentData() or "") if self.gender.isEnabled() else "",
            self.words.text(),
        )
        self._select(kept.id if kept is not None else "")

    def _select(self, voice_id: str) -> None:
        row = max(0, self.model.row_of(voice_id))
        has_any = self.model.rowCount() > 0
        if has_any:
            self.list.setCurrentIndex(self.model.index(row))
            self.list.scrollTo(self.model.index(row))
        self.stack.setCurrentIndex(0 if has_any else 1)
        if self.model.total:
            self._empty.set_words("No voice matches.", "Clear the search, or choose all languages.")
        else:
            self._empty.set_words(
                f"The voices of {self.service.currentText()} appear here.",
                "Read above why there are none, or choose another service.",
            )
        self._refresh()

    def _on_service(self) -> None:
        self._service = str(self.service.currentData())
        self.words.clear()
        self.language.clear()
        self.gender.setCurrentIndex(0)
        self.model.set_voices(())
        self.load()

    # -- hearing --------------------------------------------------------------------------------

    def play(self) -> None:
        """Let the selected voice say the text."""
        if (voice := self.voice) is not None:
            self._start(_PLAY, self._play(voice))

    async def _play(self, voice: VoiceEntry) -> None:
        self.player.stop()
        self._refresh()
        language = self._persona.language if voice.speaks(self._persona.language) else ""
        try:
            sample = await self._face.desk.studio.sample(
                voice, self.text.text(), language or voice.language, self._persona.speed
            )
            silent = await self.player.play(sample)
        except SpeakDeskError as e:
            self._tell(f"{e.problem}", "bad")
            return
        if silent:
            self._tell(silent, "attention")

    def _on_hear(self) -> None:
        if self.player.is_playing:
            self.player.stop()
        elif self._is_running(_PLAY):
            self._stop(_PLAY)
        else:
            self.play()

    # -- matching -------------------------------------------------------------------------------

    def _on_match(self) -> None:
        if self._is_running(_MATCH):
            self._stop(_MATCH)
            self._tell("Matching was stopped.", "muted")
        else:
            self._start(_MATCH, self._match())

    async def _match(self) -> None:
        self._tell(f"Looking for the voice that suits {self._persona.name}…", "muted")
        try:
            found = await self._face.desk.studio.match_voice(self._persona, self._service)
        except SpeakDeskError as e:
            self._tell(str(e.problem), "bad")
            return
        self._show_match(found)

    def _show_match(self, found: VoiceMatch) -> None:
        self.words.clear()
        self.gender.setCurrentIndex(0)
        self.language.setCurrentIndex(max(0, self.language.findData(base_of(found.voice.language))))
        self._search()
        self._select(found.voice.id)
        by = "The language model" if found.by == BY_MODEL else "The ranking"
        words = f"{by} chose {found.voice.name}: {found.why}"
        if found.alternatives:
            names = ", ".join(voice.name for voice in found.alternatives[:3])
            words += f" Next best: {names}."
        if found.problem is not None:
            words += f" {found.problem.sentence}"
        self._tell(words, "attention" if found.problem is not None else "muted")

    # -- what is shown --------------------------------------------------------------------------

    def _start(self, name: str, coro: Coroutine[Any, Any, None]) -> None:
        self._stop(name)
        task = self._face.tasks.start(coro, f"{name} in a dialog")
        self._tasks[name] = task
        task.add_done_callback(lambda done: self._on_done(name, done))
        self._refresh()

    def _stop(self, name: str) -> None:
        if (task := self._tasks.pop(name, None)) is not None:
            task.cancel()
        self._refresh()

    def _on_done(self, name: str, task: asyncio.Task[None]) -> None:
        if self._tasks.get(name) is task:
            del self._tasks[name]
            self._refresh()

    def _is_running(self, name: str) -> bool:
        return name in self._tasks

    def _tell(self, words: str, tone: str) -> None:
        self.note.setText(words)
        set_tone(self.note, tone)

    def _refresh(self) -> None:
        voice = self.voice
        if voice is not None and self._noted_id != voice.id:
            self._noted_id = voice.id
            self._tell(*self._warning(voice))
        is_busy, is_playing = self._is_running(_PLAY), self.player.is_playing
        self.hear.setText("Stop" if is_playing or is_busy else "Play")
        self.hear.setEnabled(voice is not None)
        self.hear.setAccessibleName(f"{self.hear.text()} {voice.name}" if voice else "Play")
        self.match.setText("Stop matching" if self._is_running(_MATCH) else "Match one for me")
        self.match.setEnabled(self.model.total > 0 or self._is_running(_MATCH))
        self.again.setEnabled(not self._is_running(_LIST))
        self.choose.setEnabled(voice is not None)
        name = voice.name if voice is not None else ""
        shown = name if len(name) <= 24 else f"{name[:24]}…"
        self.choose.setText(f"Choose {shown}".strip())
        self.choose.setAccessibleName(f"Choose {name}".strip())

    def _warning(self, voice: VoiceEntry) -> tuple[str, str]:
        persona = self._persona
        if voice.speaks(persona.language):
            return "", "muted"
        return (
            f"{voice.name} is made for {language_name(voice.language)}, and {persona.name} speaks "
            f"{language_name(persona.language)}: it would speak with an accent, or badly.",
            "attention",
        )

    def close_down(self) -> None:
        """Stop everything that is under way."""
        self._timer.stop()
        for name in list(self._tasks):
            self._stop(name)
        self.player.stop()


def _told(found: VoiceList) -> str:
    number = count(len(found.voices), "voice")
    if found.fetched_at is None:
        return f"{number}, always at hand." if found.voices else ""
    kept = "kept since" if found.from_cache else "fetched"
    return f"{number}, {kept} {local_day(found.fetched_at)}."
