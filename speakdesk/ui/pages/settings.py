"""The Settings page: every change is kept at once; keys go to the key store and are never shown."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from speakdesk.domain.errors import SpeakDeskError
from speakdesk.domain.speech import Role
from speakdesk.ui.components.checks_card import ChecksCard
from speakdesk.ui.components.flight_switch import FLIGHT_HOLDS
from speakdesk.ui.components.folders_card import FoldersCard
from speakdesk.ui.components.join_card import JoinCard
from speakdesk.ui.components.keys_card import KeysCard
from speakdesk.ui.components.options.voice import ROLE_WORDS, TOOLS, service_combo
from speakdesk.ui.components.sound_card import SoundCard
from speakdesk.ui.components.tunnel_card import TunnelCard
from speakdesk.ui.face import Face
from speakdesk.ui.widgets.basics import card, label

THEMES = (("As the system", "system"), ("Light", "light"), ("Dark", "dark"))
KEEP = (
    ("For good", 0),
    ("For a year", 365),
    ("For 90 days", 90),
    ("For 30 days", 30),
    ("For 7 days", 7),
)
LOG_LEVELS = (
    ("Everything", "debug"),
    ("Info", "info"),
    ("Warnings", "warning"),
    ("Errors", "error"),
)
FLIGHT_SWITCHES = (
    ("record_flights", "Record every meeting, unless the launch says otherwise"),
    ("flight_hide_names", "Write Person 1, Person 2 … for people's names; what is heard stays"),
)
COMBOS = (
    "theme",
    "history_days",
    "flight_days",
    "log_level",
    "summarise",
    "fetch_recordings",
)
AFTER: tuple[tuple[str, str, tuple[tuple[str, Any], ...]], ...] = (
    ("summarise", "Summary", (("When I ask for it", "never"), ("Always", "always"))),
    (
        "fetch_recordings",
        "The provider's recording",
        (("Leave it there", "off"), ("Fetch the sound", "audio"), ("Fetch the video", "video")),
    ),
)
_TEXTS = (
    ("llm_model", "Language model", "Empty: the service's own"),
    ("llm_base_url", "Its address", "http://localhost:11434/v1 for a server of your own"),
)


class SettingsPage(QWidget):
    """Emits `theme_chosen` at once, before the file is written."""

    theme_chosen = Signal(str)

    def __init__(self, face: Face, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._face = face
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        scroll = self.area = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.viewport().setAutoFillBackground(False)
        outer.addWidget(scroll)
        inside = QWidget()
        inside.setObjectName("inside")
        scroll.setWidget(inside)
        middle = QHBoxLayout(inside)
        middle.setContentsMargins(20, 16, 20, 24)
        column = QVBoxLayout()
        column.setSpacing(16)
        holder = QWidget()
        holder.setObjectName("transparent")
        holder.setMaximumWidth(980)
        holder.setLayout(column)
        column.setContentsMargins(0, 0, 0, 0)
        middle.addStretch(1)
        middle.addWidget(holder, 20)
        middle.addStretch(1)
        self._combos: dict[str, QComboBox] = {}
        self._lines: dict[str, QLineEdit] = {}
        self._tools: dict[str, QCheckBox] = {}
        self.switches: dict[str, QCheckBox] = {}
        self._section(column, "Look", "", self._make_look())
        self.sound = SoundCard(face)
        self.sound.changed.connect(lambda field, value: self._change(**{field: value}))
        self._section(column, "Sound", "Used in the practice room.", self.sound)
        self._section(
            column,
            "Speech",
            "What bots hear, think and speak with, unless a persona or a launch says otherwise.",
            self._make_speech(),
        )
        self.keys = KeysCard(face)
        self._section(column, "Keys", "", self.keys)
        self.join = JoinCard()
        self.join.changed.connect(self._change_join)
        self._section(
            column,
            "Joining a meeting",
            "Where a launch says nothing else under More options. Times are minutes, or 90 s.",
            self.join,
        )
        self.tunnel = TunnelCard()
        self.tunnel.changed.connect(self._change_tunnel)
        self._section(
            column,
            "The way in from meetings",
            "A meeting's bot dials this desk; the practice room needs none of this.",
            self.tunnel,
        )
        self.folders = FoldersCard(face)
        self.folders.changed.connect(lambda found: self._change(persona_folders=found))
        self._section(column, "Persona folders", "", self.folders)
        self._section(column, "After a meeting", "", self._make_after())
        self._section(column, "Kept on this computer", "", self._make_kept())
        self.checks = ChecksCard(face)
        self._section(
            column, "Checks", "What works here, and what to do where it does not.", self.checks
        )
        column.addStretch(1)
        self.load()

    def _section(self, column: QVBoxLayout, title: str, detail: str, content: QWidget) -> None:
        frame = card()
        inner = QVBoxLayout(frame)
        inner.setContentsMargins(20, 16, 20, 18)
        inner.setSpacing(4)
        inner.addWidget(label(title, size="title"))
        if detail:
            inner.addWidget(label(detail, tone="muted", wrap=True))
        inner.addSpacing(8)
        inner.addWidget(content)
        column.addWidget(frame)

    @staticmethod
    def _form() -> tuple[QWidget, QGridLayout]:
        holder = QWidget()
        holder.setObjectName("transparent")
        grid = QGridLayout(holder)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(8)
        grid.setColumnMinimumWidth(0, 150)
        grid.setColumnStretch(2, 1)
        return holder, grid

    def _combo(
        self,
        grid: QGridLayout,
        row: int,
        field: str,
        words: str,
        choices: tuple[tuple[str, Any], ...],
    ) -> QComboBox:
        combo = QComboBox()
        combo.setAccessibleName(words)
        combo.setMinimumWidth(240)
        for text, value in choices:
            combo.addItem(text, value)
        grid.addWidget(label(words, tone="muted"), row, 0)
        grid.addWidget(combo, row, 1)
        self._combos[field] = combo
        return combo

    def _make_look(self) -> QWidget:
        holder, grid = self._form()
        theme = self._combo(grid, 0, "theme", "Theme", THEMES)
        theme.activated.connect(lambda _i: self._on_theme(theme.currentData()))
        return holder

    def _make_speech(self) -> QWidget:
        holder, grid = self._form()
        row = 0
        for role, words in ROLE_WORDS:
            combo = service_combo(role, "Best with the keys at hand")
            combo.setAccessibleName(words)
            combo.setMinimumWidth(240)
            combo.activated.connect(
                lambda _i, r=role, c=combo: self._change_speech(**{r.value: c.currentData()})
            )
            grid.addWidget(label(words, tone="muted"), row, 0)
            grid.addWidget(combo, row, 1)
            self._combos[role.value] = combo
            row += 1
        for field, words, hint in _TEXTS:
            line = QLineEdit()
            line.setAccessibleName(words)
            line.setPlaceholderText(hint)
            line.editingFinished.connect(
                lambda f=field, e=line: self._change_speech(**{f: e.text().strip()})
            )
            grid.addWidget(label(words, tone="muted"), row, 0)
            grid.addWidget(line, row, 1, 1, 2)
            self._lines[field] = line
            row += 1
        tools = QHBoxLayout()
        tools.setSpacing(16)
        for key, words in TOOLS:
            box = QCheckBox(words)
            box.clicked.connect(lambda _on=False: self._change(tools=self._chosen_tools()))
            tools.addWidget(box)
            self._tools[key] = box
        tools.addStretch(1)
        grid.addWidget(label("Tools", tone="muted"), row, 0)
        grid.addLayout(tools, row, 1, 1, 2)
        return holder

    def _make_after(self) -> QWidget:
        holder, grid = self._form()
        for row, (field, words, choices) in enumerate(AFTER):
            combo = self._combo(grid, row, field, words, choices)
            combo.activated.connect(
                lambda _i, f=field, c=combo: self._change(**{f: c.currentData()})
            )
        note = label(
            "A summary needs a language model: an API key, or a server of your own.",
            tone="muted",
            size="small",
            wrap=True,
        )
        grid.addWidget(note, len(AFTER), 1, 1, 2)
        return holder

    def _make_kept(self) -> QWidget:
        holder, grid = self._form()
        keep = self._combo(grid, 0, "history_days", "Past meetings", KEEP)
        keep.activated.connect(lambda _i: self._change(history_days=keep.currentData()))
        log = self._combo(grid, 1, "log_level", "Log", LOG_LEVELS)
        log.activated.connect(lambda _i: self._change(log_level=log.currentData()))
        flights = self._combo(grid, 2, "flight_days", "Recordings", KEEP)
        flights.setToolTip("Older ones are deleted when SpeakDesk starts")
        flights.activated.connect(lambda _i: self._change(flight_days=flights.currentData()))
        for row, (field, words) in enumerate(FLIGHT_SWITCHES, start=3):
            box = QCheckBox(words)
            box.clicked.connect(lambda on, f=field: self._change(**{f: on}))
            grid.addWidget(label("Flight recorder" if row == 3 else "", tone="muted"), row, 0)
            grid.addWidget(box, row, 1, 1, 2)
            self.switches[field] = box
        note = label(FLIGHT_HOLDS, tone="muted", size="small", wrap=True)
        grid.addWidget(note, 3 + len(FLIGHT_SWITCHES), 1, 1, 2)
        return holder

    def _chosen_tools(self) -> tuple[str, ...]:
        return tuple(key for key, box in self._tools.items() if box.isChecked())

    def load(self) -> None:
        """Show the settings as they are."""
        settings = self._face.desk.settings.current
        for field in COMBOS:
            value = getattr(settings, field)
            combo = self._combos[field]
            plain = value if isinstance(value, int) else str(value)
            if combo.findData(plain) < 0:
                combo.addItem(f"For {plain} days", plain)
            combo.setCurrentIndex(combo.findData(plain))
        for role in Role:
            combo = self._combos[role.value]
            combo.setCurrentIndex(max(0, combo.findData(getattr(settings.speech, role.value))))
        for field, line in self._lines.items():
            if not line.hasFocus():
                line.setText(getattr(settings.speech, field))
        for key, box in self._tools.items():
            box.setChecked(key in settings.tools)
        for field, box in self.switches.items():
            box.setChecked(getattr(settings, field))
        self.folders.show_folders(settings.persona_folders)
        self.join.load(settings.join)
        self.tunnel.load(settings, self._face.desk.keys.keys.get("BASE_URL"))
        self.keys.refresh()

    def show_keys(self) -> None:
        """Scroll to the keys."""
        QTimer.singleShot(0, self, self._scroll_to_keys)

    def _scroll_to_keys(self) -> None:
        bar = self.area.verticalScrollBar()
        inside = self.area.widget()
        frame = self.keys.parentWidget()
        if inside is not None and frame is not None:
            bar.setValue(frame.mapTo(inside, frame.rect().topLeft()).y() - 16)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.sound.look_for_devices()

    def _on_theme(self, choice: str) -> None:
        self.theme_chosen.emit(choice)
        self._change(theme=choice)

    def _change_speech(self, **changes: str) -> None:
        speech = self._face.desk.settings.current.speech
        if any(getattr(speech, field) != value for field, value in changes.items()):
            self._change(speech={**speech.model_dump(), **changes})

    def _change_join(self, changes: dict[str, Any]) -> None:
        join = self._face.desk.settings.current.join
        if any(getattr(join, field) != value for field, value in changes.items()):
            self._change(join={**join.model_dump(), **changes})

    def _change_tunnel(self, changes: dict[str, Any]) -> None:
        settings = self._face.desk.settings.current
        if "tunnel" in changes:
            before = settings.tunnel.model_dump()
            changes = {**changes, "tunnel": {**before, **changes["tunnel"]}}
            if changes["tunnel"] == before:
                return
        elif settings.port == changes["port"]:
            return
        self._change(**changes)

    def _change(self, **changes: Any) -> None:
        self._face.tasks.start(self._save(changes), "save settings")

    async def _save(self, changes: dict[str, Any]) -> None:
        desk = self._face.desk
        try:
            await desk.save_settings(desk.settings.current.with_changes(**changes))
        except SpeakDeskError as e:
            self._face.tell_problem(e.problem)
        self.load()
